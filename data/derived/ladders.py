"""Monthly ladders 月排名 of units on any figure, and why there is none on petitions by default.

Ranking units by petitions tied their standing to who travelled to complain; provinces are reported to
have got no such ranking since March 2013. That ladder runs only where a settings file switches it on
and says why; it then shows counts from 1 to 4 as "<5" and nothing below the unit and month.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.derived.cases import Cases
from data.indicators import INDICATOR_CODES
from data.periods import Period
from data.store import Store
from geo.errors import SettingsError
from geo.ladder import LadderRule, Step, monthly_ladder, shown_counts
from geo.vocabulary import CATEGORY_CODES

PETITIONS = "petitions"

_RULE_KEYS = tuple(each.name for each in fields(LadderRule))


@dataclass(frozen=True, kw_only=True)
class LadderSettings:
    """What a ladder ranks and whether it may.

    Parameters
    ----------
    indicator
        Code of the registry, or any name of figures handed in.
    is_enabled
        Off for petitions unless a file switches it on.
    reason
        Why it is on; needed for petitions.
    rule
        Numbers of the ladder.
    """

    indicator: str
    is_enabled: bool = True
    reason: str = ""
    rule: LadderRule = field(default_factory=LadderRule)

    @property
    def is_suppressed(self) -> bool:
        """Whether counts from 1 to 4 are hidden; always so for petitions."""
        return self.indicator == PETITIONS

    @classmethod
    def of(cls, indicator: str) -> LadderSettings:
        """The default: on, but for petitions."""
        return cls(indicator=indicator, is_enabled=indicator != PETITIONS)

    @classmethod
    def from_toml(cls, text: str) -> LadderSettings:
        """Read ``[ladder]`` with ``indicator``, and any of ``is_enabled``, ``reason`` and the numbers of the rule.

        Raises
        ------
        SettingsError
            When a key is unknown or a value of the wrong type. One line.
        """
        try:
            table = tomllib.loads(text)["ladder"]
        except (tomllib.TOMLDecodeError, KeyError) as error:
            raise SettingsError(f"a ladder needs a TOML table [ladder]: {error}") from error
        known = {"indicator", "is_enabled", "reason", *_RULE_KEYS}
        if unknown := sorted(set(table) - known):
            raise SettingsError(f"[ladder]: unknown key {unknown[0]!r}")
        indicator = _typed(table, "indicator", str, None)
        default = cls.of(indicator)
        rule = {
            name: _typed(table, name, type(getattr(default.rule, name)), None)
            for name in _RULE_KEYS
            if name in table
        }
        if rule.get("direction", 1) not in (1, -1) or any(
            type(value) is int and value < 1
            for name, value in rule.items()
            if name != "direction"
        ):
            raise SettingsError("[ladder]: direction is 1 or -1, the other numbers are above 0")
        return cls(
            indicator=indicator,
            is_enabled=_typed(table, "is_enabled", bool, default.is_enabled),
            reason=_typed(table, "reason", str, ""),
            rule=LadderRule(**rule),
        )

    def require_enabled(self) -> None:
        """Refuse a ladder that is switched off, or one on petitions without a reason.

        Raises
        ------
        SettingsError
            One line that says how to switch it on.
        """
        if not self.is_enabled:
            raise SettingsError(
                f"the ladder on {self.indicator} is off: ranking units by it was given up in "
                "2013; a settings file with is_enabled = true and a reason switches it on"
            )
        if self.indicator == PETITIONS and not self.reason.strip():
            raise SettingsError("the ladder on petitions needs a reason in its settings file")


def ladder_board(values: pd.DataFrame, settings: LadderSettings) -> pd.DataFrame:
    """The ladder of monthly figures.

    Parameters
    ----------
    values
        Units × months (texts like ``2012-03``, one after the other); NaN where unknown.

    Returns
    -------
    DataFrame
        A row per unit and month: ``unit_code``, ``month``, ``shown`` (the figure as it may be shown), ``rank``
        (0: does not rank), ``is_top``, ``run``, ``times``, ``step`` (a :class:`geo.ladder.Step`), ``action`` (its name in
        lower case).

    Raises
    ------
    SettingsError
        When the ladder is switched off.
    FrameError
        When the months do not follow one another.
    """
    settings.require_enabled()
    figures = values.to_numpy(dtype=float)
    ladder = monthly_ladder(figures, np.array(values.columns, dtype=str), rule=settings.rule)
    shown = (
        shown_counts(figures)
        if settings.is_suppressed
        else ["–" if np.isnan(value) else f"{value:g}" for value in figures.ravel()]
    )
    names = {int(step): step.name.lower() for step in Step}
    return pd.DataFrame(
        {
            "unit_code": np.repeat(values.index.to_numpy(), values.shape[1]),
            "month": np.tile(np.array(values.columns, dtype=str), len(values)),
            "shown": shown,
            "rank": ladder.rank.ravel(),
            "is_top": ladder.is_top.ravel(),
            "run": ladder.run.ravel(),
            "times": ladder.times.ravel(),
            "step": ladder.step.ravel(),
            "action": [names[step] for step in ladder.step.ravel().tolist()],
        }
    )


def monthly_figures(
    store: Store, units: Iterable[str], indicator: str, first: Period, last: Period
) -> pd.DataFrame:
    """Reported months of an indicator: units × months, NaN where nobody reported.

    Raises
    ------
    SettingsError
        When the indicator is not in the registry.
    """
    if indicator not in INDICATOR_CODES:
        raise SettingsError(f"{indicator!r} is no indicator; see the registry of figures")
    table = store.indicators()
    months = _months(first, last).astype(str)
    table = table[(table["indicator"] == indicator) & table["period"].isin(months)]
    newest = table.sort_values("as_of", kind="stable").drop_duplicates(
        ["unit_code", "period"], keep="last"
    )
    wide = newest.pivot(index="unit_code", columns="period", values="value")
    return wide.reindex(index=pd.Index(units, name="unit_code"), columns=months)


def monthly_counts(
    cases: Cases, categories: Iterable[str], first: Period, last: Period
) -> pd.DataFrame:
    """Incidents of some categories: units × months of ``cases.region``."""
    columns, units, months = cases.columns, cases.region.units.index, _months(first, last)
    wanted = [CATEGORY_CODES.index(code) for code in categories]
    period = cases.days(first.first_day, last.last_day)
    place = cases.unit_rows[columns.unit[period]]
    month = columns.day[period].astype("datetime64[D]").astype("datetime64[M]")
    at = np.searchsorted(months, month)
    used = np.isin(columns.category[period], wanted) & (place >= 0)
    counts = np.zeros((len(units), len(months)))
    np.add.at(counts, (place[used], at[used]), 1)
    return pd.DataFrame(
        counts, index=pd.Index(units, name="unit_code"), columns=months.astype(str)
    )


def _months(first: Period, last: Period) -> npt.NDArray[np.datetime64]:
    """All months from the begin of one period to the end of another."""
    ends = np.array([first.first_day, last.last_day], dtype="datetime64[D]")
    start, end = ends.astype("datetime64[M]")
    return np.arange(start, end + 1)


def _typed(table: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
    value = table.get(key, default)
    if type(value) is not kind:
        raise SettingsError(f"[ladder]: {key} must be a {kind.__name__}")
    return value

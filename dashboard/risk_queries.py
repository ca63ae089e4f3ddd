"""What the risk page shows: indexes of a period, kept results, and rows ready to be read.

An index is kept by data version, region, period, base and what has been published, which
settles the colours. Nothing here is written to the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from dashboard.frame import Frame
from dashboard.i18n import language
from dashboard.lru import ByteLru
from dashboard.queries import unit_names
from dashboard.risk_state import RiskView
from dashboard.state import day_of
from data.derived.risk import IndexRun, reweigh, run_index
from data.derived.risk_archive import TABLES, open_index
from data.derived.risk_inputs import EDGE_DAYS
from data.periods import MONTHS, Length, Period
from data.region import RegionPack
from data.store import Store
from geo.errors import SafetyError
from geo.grades import GRADES, SURE

THIN = "thin"  # shown in place of a grade


def _size(run: IndexRun) -> int:
    return sum(int(getattr(run, name).memory_usage(deep=True).sum()) for name in TABLES)


_runs: ByteLru[IndexRun] = ByteLru(64 << 20, _size)


def clear() -> None:
    """Forget everything kept."""
    _runs.clear()


@dataclass(frozen=True, kw_only=True, eq=False)
class Risk:
    """One index ready to be shown; shared, not to be changed.

    ``index_id`` is the number of a kept result, ``None`` for one made now.
    """

    run: IndexRun
    index_id: int | None

    @cached_property
    def units(self) -> pd.DataFrame:
        """``run.units`` from rank 1 down, those without an index last, with ``colour`` and ``is_hatched``.

        ``colour`` is the grade to show, ``"thin"`` where there is too little to speak of, ``None``
        without an index. Hatched is what that colour holds with less than 60 % probability.
        """
        units = self.run.units.sort_values("rank", kind="stable", na_position="last")
        shown = units["shown_grade"].to_numpy(dtype=object)
        at = pd.Index(GRADES).get_indexer(pd.Index(shown))
        chances = units[[f"p_{grade}" for grade in GRADES]].to_numpy(dtype=float)
        sure = np.where(at >= 0, chances[np.arange(len(at)), at], np.nan)
        is_thin = units["is_thin"].to_numpy(dtype=bool) & (at >= 0)
        return units.assign(
            colour=np.where(is_thin, THIN, shown),
            p_shown=sure,
            is_hatched=(sure < SURE) | is_thin,
        )

    @cached_property
    def ranked(self) -> int:
        """How many units have a rank."""
        return int(self.units["rank"].notna().sum())

    @cached_property
    def arrows(self) -> dict[str, list[tuple[str, int]]]:
        """Unit → domains whose trend is clear, with 1 (up) or -1 (down)."""
        clear_ones = self.run.trend[self.run.trend["arrow"] != 0]
        found: dict[str, list[tuple[str, int]]] = {}
        for code, domain, arrow in zip(
            clear_ones["unit_code"], clear_ones["domain"], clear_ones["arrow"], strict=True
        ):
            found.setdefault(str(code), []).append((str(domain), int(arrow)))
        return found

    def unit(self, code: str | None) -> str:
        """``code`` when there is such a unit, else the one of rank 1."""
        return code if code in self.units.index else str(self.units.index[0])

    def domains_of(self, code: str) -> pd.DataFrame:
        """Domains of one unit, with ``times``: harm rate over that of the base period."""
        rows = self.run.domains[self.run.domains["unit_code"] == code]
        return rows.assign(times=rows["harm_rate"] / rows["reference_rate"])

    def indicators_of(self, code: str, domain: str) -> pd.DataFrame:
        """Indicators of one unit and domain, with ``harm`` of one event in days."""
        rows = self.run.indicators
        rows = rows[(rows["unit_code"] == code) & (rows["domain"] == domain)]
        harms = {each.id: each.harm for each in self.run.definition.indicators}
        return rows.assign(harm=rows["indicator"].map(harms))


@dataclass(frozen=True, kw_only=True, eq=False)
class Reweighed:
    """Ranks under other weights: ``geo.reweigh``'s frame with the published interval beside it."""

    table: pd.DataFrame
    moved: int
    beyond: int  # moved out of the published 90 % interval

    @classmethod
    def of(cls, risk: Risk, weights: Mapping[str, float]) -> Reweighed:
        """Try ``weights`` (domain → weight) on the scores of ``risk``."""
        known = risk.units
        table = reweigh(risk.run, weights).reindex(known.index)
        table = table.assign(rank_low=known["rank_low"], rank_high=known["rank_high"])
        beyond = (table["rank"] < table["rank_low"]) | (table["rank"] > table["rank_high"])
        return cls(
            table=table,
            moved=int((table["moved"] != 0).sum()),
            beyond=int(beyond.fillna(False).sum()),
        )


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Periods that the records reach, newest first by length, and years to compare with."""

    periods: Mapping[Length, list[str]]
    period: Period
    base: Period
    base_years: list[int]


def choices(frame: Frame, view: RiskView) -> Choices:
    """What can be chosen, and what is when ``view`` leaves it open; there must be incidents."""
    first, last = int(frame.columns.day[0]), int(frame.columns.day[-1])
    years = range(day_of(first).year, day_of(last).year + 1)
    periods: dict[Length, list[str]] = {}
    full: dict[Length, list[Period]] = {}
    for length, months in MONTHS.items():
        every = [
            Period(year, length, part + 1) for year in years for part in range(12 // months)
        ]
        reached = [p for p in every if p.last_day >= first and p.first_day <= last]
        periods[length] = [str(p) for p in reversed(reached)]
        full[length] = [
            p
            for p in reached
            if p.first_day >= first - EDGE_DAYS and p.last_day <= last + EDGE_DAYS
        ] or reached
    period = Period.parse(view.period) if view.period else full["year"][-1]
    covered = [p.year for p in full[period.length] if p.part == period.part] or [period.year]
    base_years = sorted({*covered, period.year})
    wanted = view.base_year if view.base_year in base_years else covered[0]
    return Choices(
        periods=periods,
        period=period,
        base=replace(period, year=min(wanted, period.year)),
        base_years=[year for year in base_years if year <= period.year],
    )


def risk(frame: Frame, view: RiskView) -> Risk:
    """The index that ``view`` asks for: a kept result, or one made now.

    Raises
    ------
    SafetyError
        When there is no such result, or no index can be made of the period.
    """
    if view.result is not None:
        number = view.result
        key = (frame.region.digest, frame.settings.database_url(frame.region.code), number)
        return Risk(
            run=_runs.get(key, lambda: open_index(frame.store, number)), index_id=number
        )
    chosen = choices(frame, view)
    return Risk(run=_made(frame, str(chosen.period), str(chosen.base)), index_id=None)


def current_risk(frame: Frame) -> Risk:
    """The index of the newest full year: the published one, else one made now."""
    kept = kept_results(frame)
    period = str(choices(frame, RiskView()).period)
    published = kept[(kept["period"] == period) & kept["published_at"].notna()]
    if len(published):
        number = int(published["published_at"].idxmax())
        return risk(frame, RiskView(result=number))
    return risk(frame, RiskView())


def warm_index(frame: Frame) -> None:
    """Make the index of :func:`current_risk` before somebody asks for it, if one can be made."""
    if len(frame.columns):
        with suppress(SafetyError):
            current_risk(frame)


def kept_results(frame: Frame) -> pd.DataFrame:
    """Results kept in the store, newest first; see ``data.archive``."""
    return frame.store.indexes.listed()


def names_of(frame: Frame, run: IndexRun) -> dict[str, str]:
    """Unit code → a name that no other unit has; units that the region has lost keep their code."""
    names = unit_names(frame, language())
    seen = pd.Series({code: names.get(str(code), str(code)) for code in run.units.index})
    twice = seen.duplicated(keep=False)
    return seen.where(~twice, seen + " " + seen.index.astype(str)).to_dict()


def _made(frame: Frame, period: str, base: str) -> IndexRun:
    published = kept_results(frame)["published_at"].dropna()
    settled_by = tuple(published.index)
    key = (frame.region.digest, frame.version, period, base, settled_by)
    store: Store = frame.store
    region: RegionPack = frame.region
    return _runs.get(
        key,
        lambda: run_index(store, region, period=period, base_period=base, cases=frame.cases),
    )

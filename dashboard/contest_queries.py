"""What the contest page shows: scoreboards of a period, published ones, and the fund tried out."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from dashboard.contest_state import ContestView
from dashboard.frame import Frame
from dashboard.i18n import localized
from dashboard.lru import ByteLru
from dashboard.state import day_of
from data.derived.contest import TABLES, ContestRun, fund_outlook, kept_contest, run_contest
from data.periods import Period
from geo.contest_definition import ContestDefinition

EDGE_DAYS = 31  # a year whose records end so early is still taken for a full one
VILLAGES = "village"


def _size(run: ContestRun) -> int:
    return sum(int(getattr(run, name).memory_usage(deep=True).sum()) for name in TABLES)


_runs: ByteLru[ContestRun] = ByteLru(32 << 20, _size)


def clear() -> None:
    """Forget everything kept."""
    _runs.clear()


def periods(frame: Frame) -> list[str]:
    """Years and quarters that the records reach, newest first; there must be incidents."""
    first, last = int(frame.columns.day[0]), int(frame.columns.day[-1])
    every = [
        period
        for year in range(day_of(last).year, day_of(first).year - 1, -1)
        for period in (
            Period(year, "year", 1),
            *(Period(year, "quarter", part) for part in (4, 3, 2, 1)),
        )
    ]
    return [str(p) for p in every if p.first_day <= last and p.last_day >= first]


def period_shown(frame: Frame, view: ContestView) -> str:
    """The period chosen, else the newest full year, else the newest year."""
    if view.period is not None:
        return view.period
    last = int(frame.columns.day[-1])
    years = [text for text in periods(frame) if "-" not in text]
    full = [year for year in years if Period.parse(year).last_day <= last + EDGE_DAYS]
    return (full or years)[0]


def contest(frame: Frame, view: ContestView) -> ContestRun:
    """The scoreboard that ``view`` asks for: a published one, or one made now.

    Raises
    ------
    SafetyError
        When there is no such result, or nothing of the period is recorded.
    """
    number = view.result
    if number is not None:
        key = (frame.region.digest, frame.settings.database_url(frame.region.code), number)
        return _runs.get(key, lambda: kept_contest(frame.store, number))
    period = period_shown(frame, view)
    # Winners are compared with what has been published, hazards with the ledger.
    published = tuple(kept_contests_of(frame).index)
    key = (frame.region.digest, frame.version, frame.store.ledger_version, published, period)
    return _runs.get(
        key, lambda: run_contest(frame.store, frame.region, period=period, cases=frame.cases)
    )


def kept_contests_of(frame: Frame) -> pd.DataFrame:
    """Published scoreboards, newest first."""
    return frame.store.contests.listed()


def prize_of(definition: ContestDefinition, group: str = VILLAGES) -> int | None:
    """Prize of a group without a quota; ``None`` when the definition has no such group."""
    for each in definition.groups:
        if each.id == group and each.quota is None:
            return each.prize_yuan
    return None


def outlook(
    run: ContestRun, number: int, prize_yuan: int, group: str = VILLAGES
) -> tuple[pd.Series, int]:
    """What the fund would do if so many villages qualified at such a prize, and how many it pays."""
    groups = tuple(
        replace(each, prize_yuan=prize_yuan) if each.id == group else each
        for each in run.definition.groups
    )
    tried = replace(run.definition, groups=groups)
    table, affordable = fund_outlook(tried, [number], run=run, group=group)
    return table.iloc[0], affordable


def measure_names(definition: ContestDefinition) -> dict[str, str]:
    """Measure → the names of what the definition marks or vetoes by it."""
    names: dict[str, list[str]] = {}
    items = [item for section in definition.sections for item in section.items]
    for each in (*items, *definition.vetoes):
        known = names.setdefault(each.measure, [])
        if localized(each.names) not in known:
            known.append(localized(each.names))
    return {measure: " / ".join(known) for measure, known in names.items()}

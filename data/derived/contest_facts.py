"""What the contest 平安杯 is marked on, taken from the store: events, figures, surveys, months.

Every measure says whether it is recorded. What is not takes no marks off and gives no veto, and the
board says so: silence is not merit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.derived.cases import Cases
from data.derived.ladders import monthly_figures
from data.derived.order import homicide_cases
from data.derived.risk_exposures import exposures_for
from data.derived.site_inspections import rhythm_board
from data.indicators import Status, figures_for
from data.periods import MONTHS, Period
from data.region import RegionPack
from data.store import Store
from geo.contest_marks import ContestFacts
from geo.inspection import Span, as_days
from geo.selection import day_of
from geo.vocabulary import CATEGORIES, CATEGORY_CODES, Domain, Severity

LEAST_BASE = 10  # no percentage on a smaller count
EDGE_DAYS = 31  # records may begin so late, or end so early, in a period that they cover
PREVENTABLE = ("robbery", "snatching", "burglary", "vehicle_theft", "theft")
ROBBERIES = ("robbery", "snatching")
THEFTS = ("burglary", "vehicle_theft", "theft")
CRIMES = CATEGORIES[Domain.CRIME]
ACCIDENTS = (*CATEGORIES[Domain.TRAFFIC], *CATEGORIES[Domain.WORK_SAFETY])
PAST_YEARS = 2

_TREATED = ("closed", "accepted", "monitoring", "merged", "rejected")
_EVENT = ("unit", "measure", "day", "size", "is_aggravated")


@dataclass(frozen=True, kw_only=True, eq=False)
class ContestInputs:
    """Facts of a contest period and what they rest on.

    Parameters
    ----------
    facts
        For :func:`geo.contest.score_contest`.
    measures
        ``measure``, ``is_recorded``, ``source`` (``incidents``, ``inspections``, ``hazards``, ``indicators``) and ``known``: events
        counted, or units with a figure.
    without_unit
        Events of no unit of the contest, which mark nobody.
    notes
        ``partial_period`` where the records plainly begin or end inside the period.
    """

    facts: ContestFacts
    measures: pd.DataFrame
    without_unit: int
    notes: tuple[str, ...]


def contest_inputs(
    store: Store,
    region: RegionPack,
    period: Period,
    *,
    groups: pd.Series | None = None,
    special: Sequence[Span] = (),
    references: Mapping[str, float] | None = None,
    cases: Cases | None = None,
) -> ContestInputs:
    """Collect the facts of a period.

    Parameters
    ----------
    groups
        Group of each unit of the contest; default: every unit of the region is a ``township``.
    special
        Special periods, first and last day included.
    references
        Means of the prefecture by measure, instead of those of the group.
    cases
        Incidents read before; default: read from the store.
    """
    if groups is None:
        groups = pd.Series("township", index=pd.Index(region.units.index, name="unit_code"))
    counts = _Counts(cases=cases or Cases.of(store, region), units=groups.index)
    events, sources = _events(store, counts, period)
    figures = _figures(store, region, counts, period)
    past = [
        _past(counts, Period(period.year - back, period.length, period.part))
        for back in range(1, PAST_YEARS + 1)
    ]
    survey = _survey(store, groups.index, period)
    monthly = monthly_figures(store, groups.index, "monthly_assessment", period, period)
    in_contest = events["unit"].isin(groups.index)
    known = events[in_contest]
    tally = known["measure"].value_counts()
    rows: list[tuple[str, bool, str, int]] = [
        (name, source is not None, source or "", int(tally.get(name, 0)))
        for name, source in sources.items()
    ]
    rows += [
        (name, bool(figures[name].notna().any()), source, int(figures[name].count()))
        for name, source in _SOURCE_OF.items()
    ]
    answered = int((survey["valid"] > 0).sum())
    rows.append(("safety_feeling", answered > 0, "indicators", answered))
    reported = int(monthly.notna().any(axis=1).sum())
    rows.append(("monthly_assessment", reported > 0, "indicators", reported))
    return ContestInputs(
        facts=ContestFacts(
            groups=groups,
            events=known.reset_index(drop=True),
            recorded=frozenset(name for name, source in sources.items() if source is not None),
            figures=figures,
            past=past,
            surveys={"safety_feeling": survey} if answered else {},
            monthly={"monthly_assessment": monthly} if reported else {},
            special=special,
            references=references or {},
        ),
        measures=pd.DataFrame(rows, columns=["measure", "is_recorded", "source", "known"]),
        without_unit=int((~in_contest).sum()),
        notes=("partial_period",) if counts.is_partial(period) else (),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Counts:
    """Incidents by unit of the contest."""

    cases: Cases
    units: pd.Index

    def chosen(self, period: Period, categories: Sequence[str]) -> npt.NDArray[np.int64]:
        """Positions of the incidents of these categories."""
        rows = self.cases.days(period.first_day, period.last_day)
        wanted = [CATEGORY_CODES.index(code) for code in categories]
        hit = np.isin(self.cases.columns.category[rows], wanted)
        at: npt.NDArray[np.int64] = np.flatnonzero(hit) + rows.start
        return at

    def codes(self, at: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
        """Unit code of incidents, None where they have none."""
        codes = np.array([*self.cases.columns.unit_codes, None], dtype=object)
        found: npt.NDArray[np.object_] = codes[self.cases.columns.unit[at]]
        return found

    def count(self, period: Period, categories: Sequence[str]) -> pd.Series:
        codes = pd.Series(self.codes(self.chosen(period, categories)), dtype=object)
        return codes.value_counts().reindex(self.units, fill_value=0).astype(float)

    def covers(self, period: Period, categories: Sequence[str]) -> bool:
        """Whether records of these categories reach back to the begin of a period."""
        columns = self.cases.columns
        wanted = [CATEGORY_CODES.index(code) for code in categories]
        days = columns.day[np.isin(columns.category, wanted)]
        return len(days) > 0 and bool(
            days.min() <= period.first_day + EDGE_DAYS and days.max() >= period.first_day
        )

    def is_partial(self, period: Period) -> bool:
        day = self.cases.columns.day
        return not len(day) or bool(
            day[0] > period.first_day + EDGE_DAYS or day[-1] < period.last_day - EDGE_DAYS
        )


def _events(
    store: Store, counts: _Counts, period: Period
) -> tuple[pd.DataFrame, dict[str, str | None]]:
    """Events of all measures, and the source of each measure, None where it is not recorded."""
    columns = counts.cases.columns
    fatal = counts.chosen(period, ACCIDENTS)
    fatal = fatal[columns.deaths[fatal] > 0]
    grave = counts.chosen(period, CRIMES)
    grave = grave[columns.severity[grave] >= Severity.SERIOUS]
    homicides = homicide_cases(store, period)
    unsolved = homicides[homicides["is_solved"].eq(False).fillna(False)]
    visits, spots = store.inspections(), _untreated(store, period, _today(store, counts))
    days = as_days(visits["inspected_on"]).astype(np.int64)
    in_period = (days >= period.first_day) & (days <= period.last_day)
    secret = visits[(visits["inspection_kind"] == "secret_visit").to_numpy() & in_period]
    parts = [
        _frame("accident", counts.codes(fatal), columns.day[fatal], columns.deaths[fatal]),
        _frame("grave_case", counts.codes(grave), columns.day[grave], 1.0),
        _frame(
            "homicide", homicides["unit_code"], _numbers(homicides["day"]), homicides["deaths"]
        ),
        _frame("homicide_unsolved", unsolved["unit_code"], _numbers(unsolved["day"]), 1.0),
        _problems(secret),
        _frame("untreated_spot", spots["unit_code"], period.last_day, 1.0),
    ]
    events = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    has_accidents = counts.covers(period, ACCIDENTS)
    has_crimes = counts.covers(period, CRIMES)
    has_states = has_crimes and bool(homicides["is_solved"].notna().all())
    # A register says nothing of a period that no record reaches.
    has_spots = (
        _today(store, counts) >= period.first_day and len(store.hazards(["disorder_spot"])) > 0
    )
    sources: dict[str, str | None] = {
        "accident": "incidents" if has_accidents else None,
        "grave_case": "incidents" if has_crimes else None,
        "homicide": "incidents" if has_crimes else None,
        "homicide_unsolved": "incidents" if has_states else None,
        "secret_visit_problem": "inspections" if len(secret) else None,
        "untreated_spot": "hazards" if has_spots else None,
    }
    return events, sources


def _frame(measure: str, unit: object, day: object, size: object) -> pd.DataFrame:
    units = np.asarray(unit, dtype=object)
    frame = pd.DataFrame(
        {"unit": units, "measure": measure, "day": day, "size": size, "is_aggravated": False}
    )
    return frame.astype({"day": float, "size": float})[list(_EVENT)]


def _problems(visits: pd.DataFrame) -> pd.DataFrame:
    """One event per problem that a secret visit found; those not fixed in time are aggravated."""
    found = visits["problems"].fillna(0).to_numpy(dtype=np.int64)
    unfixed = visits["unfixed"].fillna(0).to_numpy(dtype=np.int64)
    at = np.repeat(np.arange(len(visits)), found)
    number = np.arange(len(at)) - np.repeat(np.cumsum(found) - found, found)
    frame = _frame(
        "secret_visit_problem",
        visits["unit_code"].to_numpy(dtype=object)[at],
        _numbers(visits["inspected_on"])[at],
        1.0,
    )
    return frame.assign(is_aggravated=number < unfixed[at])


def _untreated(store: Store, period: Period, today: int) -> pd.DataFrame:
    """Disorder spots that are open past their deadline when the period ends."""
    spots = store.hazards(["disorder_spot"])
    closed = _numbers(spots["closed_on"])
    is_open = np.where(
        np.isnan(closed), ~spots["status"].isin(_TREATED), closed > period.last_day
    )
    late = _numbers(spots["due_on"]) < min(period.last_day, today)
    untreated: pd.DataFrame = pd.DataFrame(spots.drop(columns="geometry"))
    return untreated[is_open.astype(bool) & late]


_SOURCE_OF = {
    "fire_change_percent": "incidents",
    "theft_change_percent": "incidents",
    "vehicle_theft_change_percent": "incidents",
    "robbery_share_percent": "incidents",
    "preventable_crimes": "incidents",
    "crimes_per_1k": "incidents",
    "inspection_missed_percent": "inspections",
}


def _figures(store: Store, region: RegionPack, counts: _Counts, period: Period) -> pd.DataFrame:
    units = counts.units
    figures = pd.DataFrame(np.nan, index=units, columns=list(_SOURCE_OF))
    for name, categories, domain in (
        ("fire_change_percent", ("fire",), ACCIDENTS),
        ("theft_change_percent", THEFTS, CRIMES),
        ("vehicle_theft_change_percent", ("vehicle_theft",), CRIMES),
    ):
        if counts.covers(period.year_before, domain) and counts.covers(period, domain):
            base = counts.count(period.year_before, categories)
            change = 100 * (counts.count(period, categories) - base)
            figures[name] = change / base.where(base >= LEAST_BASE)
    if counts.covers(period, CRIMES):
        crimes = counts.count(period, CRIMES)
        robberies = counts.count(period, ROBBERIES)
        figures["robbery_share_percent"] = 100 * robberies / crimes.where(crimes >= LEAST_BASE)
        figures["preventable_crimes"] = counts.count(period, PREVENTABLE)
        people = exposures_for(store, region, period, ["population"]).values["population"]
        people = people.reindex(units)
        # The limit is for a year.
        yearly = crimes * MONTHS["year"] / MONTHS[period.length]
        figures["crimes_per_1k"] = 1000 * yearly / people.where(people > 0)
    first = day_of(period.first_day)
    last = day_of(min(period.last_day, _today(store, counts)))
    rhythm = rhythm_board(store, region, last, since=first)
    township = rhythm[rhythm["level"] == "township"].set_index("unit_code")
    missed = 100 * (1 - township["compliance"].astype(float))
    figures["inspection_missed_percent"] = missed.reindex(units)
    return figures


def _today(store: Store, counts: _Counts) -> int:
    """Last day that any record tells of: nobody is late on days that are not over."""
    visits = as_days(store.inspections()["inspected_on"]).astype(np.int64)
    return int(max([*visits.tolist(), *counts.cases.columns.day[-1:].tolist()], default=0))


def _past(counts: _Counts, period: Period) -> pd.DataFrame:
    """Figures of an earlier year; none where the records do not reach back to it."""
    if not counts.covers(period, CRIMES):
        return pd.DataFrame(index=counts.units)
    return pd.DataFrame({"preventable_crimes": counts.count(period, PREVENTABLE)})


def _survey(store: Store, units: pd.Index, period: Period) -> pd.DataFrame:
    """Answers of the period itself; those of another one are not asked again."""
    names = {"survey_positive": "positive", "survey_valid": "valid"}
    figures = figures_for(store, period, indicators=list(names))
    present = figures[figures["status"] == Status.PRESENT.value]
    wide = present.pivot(index="unit_code", columns="indicator", values="value")
    wide = wide.reindex(index=units, columns=list(names)).rename(columns=names).astype(float)
    is_whole = wide["positive"] <= wide["valid"]
    return wide.where(is_whole, 0.0).rename_axis(columns=None)


def _numbers(days: pd.Series) -> npt.NDArray[np.float64]:
    """Days since 1970, NaN where missing."""
    when = as_days(days)
    return np.where(np.isnat(when), np.nan, when.astype(np.int64))

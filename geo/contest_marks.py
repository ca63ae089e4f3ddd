"""How each kind of item of the contest 平安杯 takes marks off, for all units at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.contest_definition import Band, Item, Kind
from geo.errors import FrameError
from geo.inspection import as_days
from geo.ladder import competition_ranks
from geo.survey import wilson

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.object_]

_DIGITS = 9  # figures are compared to so many digits


@dataclass(frozen=True, kw_only=True, eq=False)
class ContestFacts:
    """Everything a contest year is marked on.

    Parameters
    ----------
    groups
        Group of each unit; its index names the units.
    events
        ``unit``, ``measure``, ``day``; optional ``size`` (deaths; 1 if there is no such column) and
        ``is_aggravated`` (a problem not fixed in time). All of the contest year.
    recorded
        Measures whose events are recorded; an item on another is not judged. None: all are.
    figures
        Units × measures of the year.
    past
        The same of the years before, last year first.
    surveys
        By measure: units × ``positive``, ``valid``.
    monthly
        By measure: units × months, more is better.
    special
        Special periods, first and last day included.
    references
        Means of the prefecture by measure, instead of the mean of the group.
    """

    groups: pd.Series
    events: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["unit", "measure", "day"])
    )
    recorded: frozenset[str] | None = None
    figures: pd.DataFrame = field(default_factory=pd.DataFrame)
    past: Sequence[pd.DataFrame] = ()
    surveys: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    monthly: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    special: Sequence[tuple[date, date]] = ()
    references: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Marks:
    """One item on all units: marks lost before the cap, and what they rest on."""

    lost: Floats  # NaN: not judged
    value: Floats
    reference: Floats
    times: Ints
    is_clear: Flags | None = None


def ordered_events(facts: ContestFacts) -> pd.DataFrame:
    """Events with the position of their unit, in order of time, the milder first of a day."""
    table = facts.events
    if missing := [name for name in ("unit", "measure", "day") if name not in table]:
        raise FrameError(f"the column {missing[0]!r} of the events is missing; add it")
    at = facts.groups.index.get_indexer(pd.Index(table["unit"]))
    day = as_days(table["day"])
    if (at < 0).any() or np.isnat(day).any():
        raise FrameError("each event needs a unit of the contest and a day")
    is_grave = (
        table["is_aggravated"].astype("boolean").fillna(False).to_numpy(dtype=bool)
        if "is_aggravated" in table
        else np.zeros(len(table), dtype=bool)
    )
    for first, last in facts.special:
        is_grave |= (day >= np.datetime64(first, "D")) & (day <= np.datetime64(last, "D"))
    size = table["size"].to_numpy(dtype=float) if "size" in table else np.ones(len(table))
    if not (size >= 0).all():
        raise FrameError("the size of an event must be known and not negative")
    events = pd.DataFrame(
        {
            "at": at,
            "measure": table["measure"].to_numpy(dtype=object),
            "day": day.astype(np.int64),
            "size": size,
            "is_grave": is_grave,
        }
    )
    return events.sort_values(["day", "is_grave", "size"], kind="stable", ignore_index=True)


def _by_band(bands: tuple[Band, ...], values: Floats, *, is_included: bool) -> Floats:
    """Points of the largest limit reached (included) or passed; none below the first."""
    limits = np.array([band.limit for band in bands])
    points = np.array([0.0, *(band.points for band in bands)])
    side: Literal["left", "right"] = "right" if is_included else "left"
    level = np.searchsorted(limits, np.round(values, _DIGITS), side=side)
    return np.where(np.isnan(values), np.nan, points[level])


def _mark_events(item: Item, facts: ContestFacts, events: pd.DataFrame, group: Groups) -> Marks:
    n = len(group)
    if facts.recorded is not None and item.measure not in facts.recorded:
        return _unknown(n)
    own = events[events["measure"] == item.measure]
    points = _by_band(item.bands, own["size"].to_numpy(), is_included=True)
    own, points = own[points > 0], points[points > 0]
    at = own["at"].to_numpy()
    is_repeat = own.groupby("at").cumcount().to_numpy() > 0
    factor = np.maximum(
        np.where(is_repeat, item.repeat_factor, 1.0),
        np.where(own["is_grave"], item.special_factor, 1.0),
    )
    times = np.bincount(at, minlength=n)
    return Marks(
        lost=np.bincount(at, weights=points * factor, minlength=n).astype(float),
        value=np.bincount(at, weights=own["size"], minlength=n).astype(float),
        reference=np.full(n, item.bands[0].limit),
        times=times,
    )


def _mark_peers(item: Item, facts: ContestFacts, _: pd.DataFrame, group: Groups) -> Marks:
    value = _figure(facts.figures, item.measure, facts)
    if item.measure in facts.references:
        mean = np.full(len(group), facts.references[item.measure])
    else:
        by_group = pd.Series(value).groupby(group)
        # One unit alone has no peers.
        mean = by_group.transform("mean").where(by_group.transform("count") > 1).to_numpy()
    return _plain(_by_band(item.bands, value - mean, is_included=False), value, mean)


def _mark_past(item: Item, facts: ContestFacts, _: pd.DataFrame, group: Groups) -> Marks:
    value = _figure(facts.figures, item.measure, facts)
    years = [_figure(frame, item.measure, facts) for frame in facts.past[: item.years]]
    # A year that is not known leaves no mean.
    mean = np.mean(years, axis=0) if len(years) == item.years else np.full(len(group), np.nan)
    base = np.where(mean >= item.least_base, mean, np.nan)
    percent = 100 * (value - base) / base
    return _plain(np.maximum(percent, 0) * item.per_percent, value, mean)


def _mark_level(item: Item, facts: ContestFacts, _: pd.DataFrame, group: Groups) -> Marks:
    value = _figure(facts.figures, item.measure, facts)
    lost = _by_band(item.bands, value, is_included=False)
    return _plain(lost, value, np.full(len(group), item.bands[0].limit))


def _mark_survey(item: Item, facts: ContestFacts, _: pd.DataFrame, group: Groups) -> Marks:
    if item.measure not in facts.surveys:
        return _unknown(len(group))
    table = facts.surveys[item.measure]
    if missing := [name for name in ("positive", "valid") if name not in table]:
        raise FrameError(f"the column {missing[0]!r} of the survey is missing; add it")
    answers = table.reindex(facts.groups.index)[["positive", "valid"]].fillna(0)
    shares = wilson(answers["positive"], answers["valid"])
    percent = 100 * shares["share"].to_numpy()
    lost = np.where(np.isnan(percent), np.nan, 0.0)
    # Each band marks the points between its limit and the next: no jump at a limit.
    lower = [*(band.limit for band in item.bands[1:]), 0.0]
    for band, end in zip(item.bands, lower, strict=True):
        lost += band.points * np.maximum(band.limit - np.maximum(percent, end), 0)
    first = item.bands[0].limit
    is_clear = 100 * shares["high"].to_numpy() < first
    if item.needs_significance:
        lost = np.where(is_clear, lost, 0 * lost)
    return Marks(
        lost=lost,
        value=percent,
        reference=np.full(len(group), first),
        times=shares["valid"].to_numpy(),
        is_clear=is_clear,
    )


def _mark_last_places(item: Item, facts: ContestFacts, _: pd.DataFrame, group: Groups) -> Marks:
    n = len(group)
    if item.measure not in facts.monthly:
        return _unknown(n)
    months = facts.monthly[item.measure].reindex(facts.groups.index).to_numpy(dtype=float)
    known = ~np.isnan(months)
    counts = known.sum(axis=1)
    mean = np.divide(
        np.where(known, months, 0).sum(axis=1), counts, out=np.full(n, np.nan), where=counts > 0
    )
    is_last = np.zeros((n, months.shape[1] + 1), dtype=bool)
    for each in np.unique(group):
        rows = np.flatnonzero(group == each)
        is_last[rows] = _last(np.column_stack([months, mean])[rows], item.places)
    times = is_last[:, :-1].sum(axis=1)
    lost = item.monthly * times + item.yearly * is_last[:, -1]
    return Marks(
        lost=np.where(counts > 0, lost, np.nan),
        value=mean,
        reference=np.full(n, float(item.places)),
        times=times,
    )


def _last(values: Floats, places: int) -> Flags:
    """Whether a unit is among the last in each column; where all are equal nobody is."""
    rank = competition_ranks(-np.round(values, _DIGITS))
    best = np.max(np.where(np.isnan(values), -np.inf, values), axis=0)
    is_last: Flags = (rank >= 1) & (rank <= places) & (values < best)
    return is_last


def _figure(figures: pd.DataFrame, measure: str, facts: ContestFacts) -> Floats:
    if measure not in figures:
        return np.full(len(facts.groups), np.nan)
    return figures[measure].reindex(facts.groups.index).to_numpy(dtype=float)


def _plain(lost: Floats, value: Floats, reference: Floats) -> Marks:
    times = (np.nan_to_num(lost) > 0).astype(np.int64)
    return Marks(lost=lost, value=value, reference=reference, times=times)


def _unknown(n: int) -> Marks:
    nothing = np.full(n, np.nan)
    return Marks(lost=nothing, value=nothing, reference=nothing, times=np.zeros(n, np.int64))


MARKS: Mapping[Kind, Callable[[Item, ContestFacts, pd.DataFrame, Groups], Marks]] = {
    Kind.EVENTS: _mark_events,
    Kind.PEERS: _mark_peers,
    Kind.PAST: _mark_past,
    Kind.LEVEL: _mark_level,
    Kind.SURVEY: _mark_survey,
    Kind.LAST_PLACES: _mark_last_places,
}

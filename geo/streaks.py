"""Spells without a recorded crime 零发案, with the chance of such a spell and a doubt where due.

A spell says little by itself: where crimes are few, weeks without one are common. So the Poisson chance
exp(-λt) of a spell at least as long stands beside it; and where people kept calling 110 as
often as ever while nothing was recorded, the record itself is in doubt (记录存疑).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError
from geo.inspection import Days, Ints, Rhythm, as_days, period_index

BASE_MONTHS = 24
RARE = 0.05  # only a spell rarer than this is worth doubting


def zero_streaks(
    unit: npt.ArrayLike,
    day: npt.ArrayLike | pd.Series,
    *,
    units: int,
    since: date,
    as_of: date,
    call_unit: npt.ArrayLike | None = None,
    call_day: npt.ArrayLike | pd.Series | None = None,
    rare: float = RARE,
) -> pd.DataFrame:
    """The spell that runs in each unit up to ``as_of``.

    The rate λ is that of the 24 months before the spell began (the day of the last crime), so
    that the spell does not lower the rate it is measured by, nor the crime that ends
    those months raise it. Records that begin later make the base shorter.

    Parameters
    ----------
    unit, day
        (n) position of the unit and day of each recorded crime.
    units
        Number of units.
    since, as_of
        First and last day that the records cover completely.
    call_unit, call_day
        (m) the same of 110 calls, if their records cover the same days.
    rare
        A spell is doubted only where its chance is below this. 1: doubt any spell.

    Returns
    -------
    DataFrame
        One row per unit: ``last_day`` of a crime (NaT: none since ``since``), ``streak_days`` whole days
        after it, ``streak_ten_days`` whole 旬, ``base_events`` and ``base_days``, ``rate_per_day`` and
        ``chance`` (NaN where there is no base: no crime at all), ``calls``,
        ``expected_calls`` (NaN without calls) and ``is_doubtful``.

    Raises
    ------
    FrameError
        When a record is of no unit or has no day, or ``as_of`` lies before ``since``.
    """
    start, end = np.datetime64(since, "D"), np.datetime64(as_of, "D")
    if end < start:
        raise FrameError("the last covered day lies before the first")
    if (call_unit is None) != (call_day is None):
        raise FrameError("110 calls need both their units and their days")
    place, when = _records(unit, day, units, start, end)
    last = np.full(units, np.datetime64("NaT"), dtype="datetime64[D]")
    order = np.argsort(when, kind="stable")
    last[place[order]] = when[order]
    has_crime = ~np.isnat(last)
    begins = np.where(has_crime, last, start - 1)  # the spell starts on the day after
    streak = (end - begins).astype(np.int64)
    base_from = _months_before(np.where(has_crime, last, start), BASE_MONTHS)
    base_from = np.maximum(base_from, start)
    base_days = np.where(has_crime, (last - base_from).astype(np.int64), 0)
    base_events = _count(place, when, base_from, last - 1, units)
    rate = _ratio(base_events, base_days)
    chance = np.exp(-rate * streak)
    if call_unit is None or call_day is None:
        calls = expected = np.full(units, np.nan)
    else:
        caller, called = _records(call_unit, call_day, units, start, end)
        calls = _count(caller, called, begins + 1, np.full(units, end), units).astype(float)
        base_calls = _count(caller, called, base_from, last - 1, units)
        expected = _ratio(base_calls, base_days) * streak
    return pd.DataFrame(
        {
            "last_day": last.astype("datetime64[s]"),
            "streak_days": streak,
            "streak_ten_days": np.maximum(
                period_index(np.full(units, end + 1), Rhythm.TEN_DAYS)
                - period_index(begins, Rhythm.TEN_DAYS)
                - 1,
                0,
            ),
            "base_events": base_events,
            "base_days": base_days,
            "rate_per_day": rate,
            "chance": chance,
            "calls": calls,
            "expected_calls": expected,
            "is_doubtful": (calls > 0) & (calls >= expected) & (chance < rare),
        }
    )


def _records(
    unit: npt.ArrayLike,
    day: npt.ArrayLike | pd.Series,
    units: int,
    start: np.datetime64,
    end: np.datetime64,
) -> tuple[Ints, Days]:
    place, when = np.asarray(unit, dtype=np.int64), as_days(day)
    if len(place) != len(when) or np.isnat(when).any():
        raise FrameError("each record needs a unit and a day")
    if ((place < 0) | (place >= units)).any():
        raise FrameError(f"a record is of no unit; positions run from 0 to {units - 1}")
    covered = (when >= start) & (when <= end)
    return place[covered], when[covered]


def _count(place: Ints, when: Days, first: Days, last: Days, units: int) -> Ints:
    """(units) records from each unit's ``first`` to its ``last`` day; none where that is NaT."""
    inside = (when >= first[place]) & (when <= last[place])
    return np.bincount(place[inside], minlength=units)


def _months_before(days: Days, months: int) -> Days:
    """The same day of an earlier month, or the last one where the month is shorter."""
    month = days.astype("datetime64[M]")
    earlier = month - months
    day_of_month = days - month.astype("datetime64[D]")
    last = (earlier + 1).astype("datetime64[D]") - 1
    same_day: Days = np.minimum(earlier.astype("datetime64[D]") + day_of_month, last)
    return same_day


def _ratio(events: Ints, days: Ints) -> npt.NDArray[np.float64]:
    rate: npt.NDArray[np.float64] = np.divide(
        events, days, out=np.full(len(events), np.nan), where=days > 0
    )
    return rate

"""Inspection rhythm 排查: who owes a record when, how many were made, what is overdue.

A city inspects once a calendar month, a township once in every ten days (旬: 1–10, 11–20, 21 to the
end), a village once an ISO week; in a special period (特殊时期) all of them daily.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
Span = tuple[date, date]  # first and last day, both included

_MONDAY = 3  # 1970-01-01 was a Thursday: days since 1970 plus 3 count from a Monday


class Rhythm(StrEnum):
    """How often a record is owed."""

    MONTH = "month"
    TEN_DAYS = "ten_days"  # 旬
    WEEK = "week"  # ISO, Monday to Sunday
    DAY = "day"


RHYTHM_OF: Mapping[str, Rhythm] = MappingProxyType(
    {"city": Rhythm.MONTH, "township": Rhythm.TEN_DAYS, "village": Rhythm.WEEK}
)


def as_days(values: npt.ArrayLike | pd.Series) -> Days:
    """Days as ``datetime64[D]``: from dates, timestamps, texts, or numbers of days since 1970.

    What is missing becomes NaT.
    """
    column = pd.Series(values) if not isinstance(values, pd.Series) else values
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
        days = np.full(len(numbers), np.datetime64("NaT"), dtype="datetime64[D]")
        known = ~np.isnan(numbers)
        days[known] = numbers[known].astype(np.int64).astype("datetime64[D]")
        return days
    return pd.to_datetime(column).to_numpy().astype("datetime64[D]")


def period_index(days: npt.ArrayLike, rhythm: Rhythm) -> Ints:
    """Number of the period that holds each day; successive periods have successive numbers."""
    day = np.asarray(days, dtype="datetime64[D]")
    if rhythm is Rhythm.DAY:
        return day.astype(np.int64)
    if rhythm is Rhythm.WEEK:
        return (day.astype(np.int64) + _MONDAY) // 7
    month = day.astype("datetime64[M]")
    if rhythm is Rhythm.MONTH:
        return month.astype(np.int64)
    of_month = (day - month.astype("datetime64[D]")).astype(np.int64)
    ten_days: Ints = month.astype(np.int64) * 3 + np.minimum(of_month // 10, 2)
    return ten_days


def obligations(
    rhythm: Rhythm,
    since: date,
    as_of: date,
    *,
    special: Sequence[Span] = (),
) -> pd.DataFrame:
    """Periods that have elapsed and in each of which one record is owed.

    A period counts once it is over, and when it began on ``since`` or later: nobody owes a record
    for a period of which he had but a part. In a special period every day counts for
    itself. A month, 旬 or week that lies partly in one still owes its record for the ordinary
    days; any record in it will do.

    Parameters
    ----------
    since
        First day of the duty.
    as_of
        Last day that is over.
    special
        Special periods, first and last day included; they may overlap.

    Returns
    -------
    DataFrame
        ``first_day``, ``last_day``, ``is_daily``, in the order of the first day.
    """
    start, end = np.datetime64(since, "D"), np.datetime64(as_of, "D")
    # A period is over when the day after ``as_of`` is in another one: look one period ahead.
    days = np.arange(start - 31, end + 32)
    is_special = np.zeros(len(days), dtype=bool)
    for first, last in special:
        is_special |= (days >= np.datetime64(first, "D")) & (days <= np.datetime64(last, "D"))
    index = period_index(days, rhythm)
    begins = np.flatnonzero(np.diff(index, prepend=index[0] - 1))
    ends = np.append(begins[1:], len(days)) - 1
    has_ordinary = np.logical_or.reduceat(~is_special, begins)
    owed = (days[begins] >= start) & (days[ends] <= end) & has_ordinary
    single = is_special & (days >= start) & (days <= end)
    frame = pd.DataFrame(
        {
            "first_day": np.concatenate([days[begins][owed], days[single]]),
            "last_day": np.concatenate([days[ends][owed], days[single]]),
            "is_daily": np.repeat(
                [rhythm is Rhythm.DAY, True], [int(owed.sum()), int(single.sum())]
            ),
        }
    )
    return frame.sort_values("first_day", kind="stable", ignore_index=True)


def compliance(
    unit: npt.ArrayLike,
    day: npt.ArrayLike | pd.Series,
    *,
    units: int,
    rhythm: Rhythm,
    since: date,
    as_of: date,
    special: Sequence[Span] = (),
) -> pd.DataFrame:
    """Compliance of every unit of one level.

    Parameters
    ----------
    unit
        (n) position of the unit of each inspection record, 0 to ``units`` - 1.
    day
        (n) day of each record; records outside ``since`` to ``as_of`` do not count.
    units
        How many units owe records.
    rhythm, since, as_of, special
        As :func:`obligations`.

    Returns
    -------
    DataFrame
        One row per unit: ``elapsed`` periods, ``met``, ``missed``, ``compliance`` (met / elapsed, NaN
        where none has elapsed), ``is_overdue`` (the last elapsed period has no record),
        ``overdue_since`` (first day of the run of periods missed up to now, NaT if none) and
        ``last_day`` of a record.

    Raises
    ------
    FrameError
        When a record is of no unit or has no day.
    """
    place = np.asarray(unit, dtype=np.int64)
    when = as_days(day)
    if len(place) != len(when) or np.isnat(when).any():
        raise FrameError("each inspection record needs a unit and a day")
    if ((place < 0) | (place >= units)).any():
        raise FrameError(f"a record is of no unit; positions run from 0 to {units - 1}")
    start, end = np.datetime64(since, "D"), np.datetime64(as_of, "D")
    counted = (when >= start) & (when <= end)
    place, when = place[counted], when[counted]
    owed = obligations(rhythm, since, as_of, special=special)
    met = _met(place, when, units, owed)
    elapsed, done = len(owed), met.sum(axis=1)
    # Periods missed since the last one met.
    at = np.arange(1, elapsed + 1)
    last_met = np.max(np.where(met, at, 0), axis=1, initial=0)
    firsts = np.append(
        as_days(owed["first_day"]), np.datetime64("NaT", "D")
    )  # one more: nothing missed
    last = np.full(units, np.datetime64("NaT"), dtype="datetime64[D]")
    order = np.argsort(when, kind="stable")
    last[place[order]] = when[order]
    return pd.DataFrame(
        {
            "elapsed": np.full(units, elapsed),
            "met": done,
            "missed": elapsed - done,
            "compliance": done / elapsed if elapsed else np.full(units, np.nan),
            "is_overdue": last_met < elapsed,
            "overdue_since": firsts[last_met].astype("datetime64[s]"),
            "last_day": last.astype("datetime64[s]"),
        }
    )


def _met(place: Ints, when: Days, units: int, owed: pd.DataFrame) -> Flags:
    """(units, obligations) whether a record lies in each."""
    met = np.zeros((units, len(owed)), dtype=bool)
    for is_daily in (False, True):
        rows = np.flatnonzero(owed["is_daily"].to_numpy() == is_daily)
        if not len(rows):
            continue
        firsts, lasts = as_days(owed["first_day"])[rows], as_days(owed["last_day"])[rows]
        at = np.searchsorted(firsts, when, side="right") - 1
        inside = (at >= 0) & (when <= lasts[np.maximum(at, 0)])
        met[place[inside], rows[at[inside]]] = True
    return met


def is_within_interval(
    last_day: npt.ArrayLike | pd.Series, as_of: date, *, interval_days: int
) -> Flags:
    """(n) whether the last visit of a site is at most ``interval_days`` old; never: it is not."""
    visited = as_days(last_day)
    age_days = (np.datetime64(as_of, "D") - visited).astype(np.int64)
    is_within: Flags = ~np.isnat(visited) & (age_days <= interval_days)
    return is_within

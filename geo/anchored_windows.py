"""Windows opened at the events of a line: exact stretches that hold enough of something.

Any stretch of a given length can be slid forward to its first event without losing one,
so the windows opened at each event miss none that holds enough. The same is true in time:
any period can be moved back until it ends on an event's day. Distances are whole
millimetres, so that an event on the edge of a window is surely inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MM = 1_000
# Pairs of events looked at in one go when any period counts: some 200 MB.
PAIRS_AT_ONCE = 2_000_000


def anchored_counts(group: ArrayLike, chain_m: ArrayLike, *, window_m: float) -> Ints:
    """How many of (n) events lie within ``window_m`` ahead of each, itself included.

    Parameters
    ----------
    group
        (n) number of the line of each event, from 0, ascending.
    chain_m
        (n) metres along that line, at or above 0, ascending within a line.
    """
    window_mm = round(window_m * MM)
    key = line_keys(np.asarray(group, dtype=np.int64), millimetres(chain_m), window_mm)
    counts: Ints = np.searchsorted(key, key + window_mm, side="right") - np.arange(len(key))
    return counts


def millimetres(metres: ArrayLike) -> Ints:
    """Metres as whole millimetres."""
    rounded: Ints = np.rint(np.asarray(metres, dtype=float) * MM).astype(np.int64)
    return rounded


def line_keys(group: Ints, chain_mm: Ints, window_mm: int) -> Ints:
    """Lines laid end to end, further apart than a window reaches."""
    return group * (int(chain_mm.max(initial=0)) + window_mm + 1) + chain_mm


def period_start_day(end_day: ArrayLike, years: int) -> Ints:
    """The last day before the periods of calendar years that end on days since 1970."""
    end = np.asarray(end_day).astype("datetime64[D]")
    month = end.astype("datetime64[M]")
    then = month - np.timedelta64(12 * years, "M")
    last = (then + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    start = np.minimum(
        then.astype("datetime64[D]") + (end - month.astype("datetime64[D]")), last
    )
    days: Ints = start.astype(np.int64)
    return days


@dataclass(frozen=True, eq=False)
class QualifyingWindows:
    """The (k) windows that hold enough, by positions in the sorted events.

    ``tight_first`` and ``tight_last`` bound the shortest stretch from the window's first
    event that holds enough; ``found`` (k, m) is what it holds.
    """

    first: Ints
    last: Ints
    tight_first: Ints
    tight_last: Ints
    found: Ints
    end_day: Ints

    def take(self, at: Ints) -> QualifyingWindows:
        return QualifyingWindows(
            *(getattr(self, column.name)[at] for column in fields(QualifyingWindows))
        )

    def covered(self, n: int) -> Flags:
        """(n) which events lie in any window."""
        steps = np.bincount(self.first, minlength=n + 1)
        steps -= np.bincount(self.last + 1, minlength=n + 1)
        return np.cumsum(steps[:-1]) > 0


@dataclass(frozen=True, eq=False)
class Sections:
    """Windows that overlap, merged into (s) sections of the sorted events.

    ``tightest`` holds one window per section: that with the shortest tight stretch, of equal
    ones the first, then the one that ends latest.
    """

    first: Ints
    last: Ints
    tightest: QualifyingWindows


def windows_of_period(
    key: Ints, values: Ints, needed: Ints, *, window_mm: int, end_day: ArrayLike
) -> QualifyingWindows:
    """Windows that hold what is needed.

    Parameters
    ----------
    key
        (n) ascending, from :func:`line_keys`.
    values
        (m, n) what each event adds, at or above 0.
    needed
        (m) how much a window must hold, above 0.
    end_day
        Last day of the period, passed on; one, or (n).
    """
    total = np.zeros((len(needed), len(key) + 1), dtype=np.int64)
    np.cumsum(values, axis=1, out=total[:, 1:])
    end = np.searchsorted(key, key + window_mm, side="right")
    first = np.flatnonzero((total[:, end] - total[:, :-1] >= needed[:, None]).all(axis=0))
    stop = np.ones(len(first), dtype=np.int64)
    for sums, number in zip(total, needed, strict=True):
        stop = np.maximum(stop, np.searchsorted(sums, sums[first] + number))
    # Events at the same spot as the last one needed are in the stretch too.
    stop = np.searchsorted(key, key[stop - 1], side="right")
    return QualifyingWindows(
        first=first,
        last=end[first] - 1,
        tight_first=first,
        tight_last=stop - 1,
        found=(total[:, stop] - total[:, first]).T,
        end_day=np.broadcast_to(np.asarray(end_day, dtype=np.int64), key.shape)[first],
    )


def windows_of_any_period(
    key: Ints, day: Ints, values: Ints, needed: Ints, *, window_mm: int, years: int
) -> Iterator[tuple[QualifyingWindows, Ints]]:
    """Windows that hold what is needed within some period of calendar years, in batches.

    Each event is taken as the last of its period; those within a window of it and not
    before the period are laid out as a line of their own. The work grows with the pairs of
    events within a window of each other: with the square of their number where the window
    is a whole route.

    Yields
    ------
    The windows, and the positions of all events that they hold.
    """
    start_day = period_start_day(day, years)
    low = np.searchsorted(key, key - window_mm)
    pairs = np.searchsorted(key, key + window_mm, side="right") - low
    batch = np.cumsum(pairs) // PAIRS_AT_ONCE
    edges = np.r_[0, np.flatnonzero(np.diff(batch)) + 1, len(key)]
    for begin, stop in pairwise(edges):
        size = pairs[begin:stop]
        last = np.repeat(np.arange(begin, stop), size)
        other = np.arange(len(last)) + np.repeat(low[begin:stop] - np.cumsum(size) + size, size)
        in_period = (day[other] <= day[last]) & (day[other] > start_day[last])
        last, other = last[in_period], other[in_period]
        line = (last - begin) * (3 * window_mm + 1) + key[other] - key[last] + window_mm
        found = windows_of_period(
            line, values[:, other], needed, window_mm=window_mm, end_day=day[last]
        )
        yield (
            QualifyingWindows(
                first=other[found.first],
                last=other[found.last],
                tight_first=other[found.tight_first],
                tight_last=other[found.tight_last],
                found=found.found,
                end_day=found.end_day,
            ),
            np.unique(other[found.covered(len(other))]),
        )


def merged(windows: list[QualifyingWindows]) -> QualifyingWindows:
    """Batches of windows as one."""
    return QualifyingWindows(
        *(
            np.concatenate([getattr(w, column.name) for w in windows])
            for column in fields(QualifyingWindows)
        )
    )


def sections_of(windows: QualifyingWindows, key: Ints) -> Sections:
    """Sections of the windows whose first to last events overlap or touch."""
    windows = windows.take(np.lexsort((windows.last, windows.first)))
    reach = np.maximum.accumulate(windows.last)
    is_new = np.r_[True, key[windows.first[1:]] > key[reach[:-1]]][: len(reach)]
    section = np.cumsum(is_new) - 1
    start = np.flatnonzero(is_new)
    length = key[windows.tight_last] - key[windows.tight_first]
    order = np.lexsort((-windows.end_day, windows.tight_first, length, section))
    return Sections(
        first=windows.first[start],
        last=reach[np.r_[start[1:], len(reach)][: len(start)] - 1],
        tightest=windows.take(order[start]),
    )

"""Events known only as "between then and then" (Ratcliffe 2000, 2002).

An event with a start and an end spreads its weight evenly over the interval; each time bin gets
the share that lies in it. An event at one instant gives its whole weight to one bin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]

HOUR_S = 3_600
WEEK_HOURS = 168
WEEK_S = WEEK_HOURS * HOUR_S
_MONDAY_S = 4 * 86_400  # 5 January 1970, the first Monday of the epoch


def aoristic_weights(
    from_s: npt.ArrayLike, to_s: npt.ArrayLike, *, edges_s: npt.ArrayLike
) -> Floats:
    """Share of each event in each time bin.

    Parameters
    ----------
    from_s, to_s
        (n) first and last possible time, in seconds of one clock.
    edges_s
        (bins + 1) rising edges; a bin holds its lower edge but not its upper one.

    Returns
    -------
    (n, bins) shares; a row sums to 1 when the bins cover its interval.

    Raises
    ------
    FrameError
        When an event ends before it starts, or the edges do not rise.
    """
    start, end = _interval(from_s, to_s)
    edges = np.asarray(edges_s, dtype=np.float64)
    if len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise FrameError("the edges of the time bins must rise; sort them")
    left, right = edges[None, :-1], edges[None, 1:]
    start, end = start[:, None], end[:, None]
    overlap = np.clip(np.minimum(end, right) - np.maximum(start, left), 0.0, None)
    length = end - start
    instant = ((start >= left) & (start < right)).astype(np.float64)
    return np.where(length > 0, overlap / np.where(length > 0, length, 1.0), instant)


def hour_of_week_profile(
    from_local_s: npt.ArrayLike,
    to_local_s: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
) -> Floats:
    """Events in each hour of the week, intervals spread evenly; the sum is that of the weights.

    Parameters
    ----------
    from_local_s, to_local_s
        (n) first and last possible local wall-clock time, in seconds since 1970.
    weights
        (n) one each by default.

    Returns
    -------
    (7, 24) Monday first, hour 0 first.
    """
    start, end = _interval(from_local_s, to_local_s)
    weight = np.ones(len(start)) if weights is None else np.asarray(weights, dtype=np.float64)
    length = end - start
    weeks = np.floor(length / WEEK_S)
    remainder = length - weeks * WEEK_S
    rate = np.divide(weight, length, out=np.zeros(len(start)), where=length > 0)
    # In hours from Monday, the rest of the interval after whole weeks: less than two weeks.
    a = np.mod(start - _MONDAY_S, WEEK_S) / HOUR_S
    b = a + remainder / HOUR_S
    first, last = np.floor(a).astype(np.int64), np.floor(b).astype(np.int64)
    hourly = rate * HOUR_S
    hours = np.zeros(2 * WEEK_HOURS + 2)
    steps = np.zeros(2 * WEEK_HOURS + 2)
    # Every hour touched gets a full share by difference, then both ends give back.
    np.add.at(steps, first, hourly)
    np.add.at(steps, last + 1, -hourly)
    np.add.at(hours, first, -hourly * (a - first))
    np.add.at(hours, last, -hourly * (last + 1 - b))
    np.add.at(hours, first, np.where(length > 0, 0.0, weight))
    hours += np.cumsum(steps)
    profile = hours[:WEEK_HOURS] + hours[WEEK_HOURS : 2 * WEEK_HOURS]
    profile += (weeks * hourly).sum()
    return np.clip(profile, 0.0, None).reshape(7, 24)  # round-off below zero


def _interval(from_s: npt.ArrayLike, to_s: npt.ArrayLike) -> tuple[Floats, Floats]:
    start, end = np.asarray(from_s, dtype=np.float64), np.asarray(to_s, dtype=np.float64)
    if start.shape != end.shape or not (np.isfinite(start) & np.isfinite(end)).all():
        raise FrameError("each event needs a first and a last possible time; drop the others")
    if (end < start).any():
        raise FrameError(
            f"{int((end < start).sum())} events end before they start; swap or drop them"
        )
    return start, end

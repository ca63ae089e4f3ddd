"""Near repeats: pairs of events close in both space and time (Knox 1964).

The table counts pairs by distance and by days apart. If times were dealt to the places at
random, the mean and the variance of each cell follow in closed form from the degrees of
the two graphs "close in space" and "close in time" (Barton & David 1966), so nothing
is simulated and the ratio has no Monte Carlo noise. Pairs are counted by a sweep over grid cells;
the open outermost band follows by subtraction, never by listing all pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import betainc, gammainc

from geo.errors import FrameError
from geo.near_pairs import count_pairs, link_events

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Metric = Literal["euclidean", "manhattan"]


class RepeatRole(StrEnum):
    """The part an event plays in a chain of near repeats."""

    ORIGINATOR = "originator"  # first of a chain: only later events are near
    REPEAT = "repeat"  # follows an earlier event at the same place
    NEAR_REPEAT = "near_repeat"  # follows an earlier event near by
    ISOLATED = "isolated"


def near_repeat_table(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    days: npt.ArrayLike,
    *,
    distance_edges_m: Sequence[float] = (0, 1, 100, 200, 300, 400),
    day_edges: Sequence[float] = (0, 7, 14, 21, 28),
    metric: Metric = "euclidean",
) -> pd.DataFrame:
    """Observed and expected pairs in each band of distance and of days apart.

    Parameters
    ----------
    x_m, y_m
        (n) coordinates in a metric CRS.
    days
        (n) times in days, whole or with fractions.
    distance_edges_m, day_edges
        Rising edges from 0; a band holds its lower edge but not its upper one. Beyond the last
        edge follows an open band.
    metric
        ``manhattan`` for comparison with the Near Repeat Calculator.

    Returns
    -------
    Frame with one row per cell, distance bands outer: ``from_m, to_m, from_days, to_days,
    observed, expected, sd, ratio`` (observed / expected), ``z, p_high``. ``p_high`` is P(N ≥
    observed) for the binomial, Poisson or negative binomial law with the exact mean and variance.

    Raises
    ------
    FrameError
        With fewer than four events, missing values, or edges that do not rise from 0.
    """
    x, y, t = _checked(x_m, y_m, days)
    space_edges, time_edges = _edges(distance_edges_m), _edges(day_edges)
    observed, space, time = count_pairs(
        x,
        y,
        t,
        distance_edges_m=space_edges,
        day_edges=time_edges,
        is_manhattan=metric == "manhattan",
    )
    space_moments = [_moments(degrees) for degrees in space.T]
    time_moments = [_moments(degrees) for degrees in time.T]
    rows = []
    for s, (from_m, to_m) in enumerate(pairwise([*space_edges, np.inf])):
        for d, (from_days, to_days) in enumerate(pairwise([*time_edges, np.inf])):
            mean, variance = _null_moments(len(x), space_moments[s], time_moments[d])
            rows.append(
                (from_m, to_m, from_days, to_days, int(observed[s, d]), mean, variance**0.5)
            )
    columns = ["from_m", "to_m", "from_days", "to_days", "observed", "expected", "sd"]
    table = pd.DataFrame(rows, columns=columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["ratio"] = table["observed"] / table["expected"]
        table["z"] = (table["observed"] - table["expected"]) / table["sd"]
    table["p_high"] = [
        _p_high(*row) for row in table[["observed", "expected", "sd"]].itertuples(index=False)
    ]
    return table


def repeat_roles(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    days: npt.ArrayLike,
    *,
    distance_m: float,
    days_apart: float,
    same_place_m: float = 1.0,
) -> pd.DataFrame:
    """Which events start a chain, which follow, which stand alone.

    Two events belong together when at most ``distance_m`` (Euclidean) and ``days_apart``
    lie between them; events at the same time are ordered by their rows.

    Returns
    -------
    Frame of n rows: ``role`` (:class:`RepeatRole`), ``earlier``, ``later`` (number of linked
    events before and after) and ``chain`` (number of the connected chain, −1 when isolated).
    """
    x, y, t = _checked(x_m, y_m, days, fewest=0)
    earlier, later, same, root = link_events(
        x, y, t, distance_m=distance_m, days_apart=days_apart, same_m=same_place_m
    )
    role = np.select(
        [same > 0, earlier > 0, later > 0],
        [RepeatRole.REPEAT, RepeatRole.NEAR_REPEAT, RepeatRole.ORIGINATOR],
        RepeatRole.ISOLATED,
    )
    linked = (earlier > 0) | (later > 0)
    chain = np.full(len(x), -1, dtype=np.int64)
    chain[linked] = np.unique(root[linked], return_inverse=True)[1]
    return pd.DataFrame({"role": role, "earlier": earlier, "later": later, "chain": chain})


def _moments(degrees: Integers) -> tuple[int, int, int]:
    """Pairs, paths of two pairs, and disjoint pairs of pairs, as exact integers."""
    pairs = int(degrees.sum()) // 2
    paths = (sum(int(part) for part in _squares(degrees)) - 2 * pairs) // 2
    return pairs, paths, pairs * (pairs - 1) // 2 - paths


def _squares(degrees: Integers) -> Integers:
    """Sums of squares in blocks short enough for 64 bits."""
    starts = np.arange(0, len(degrees), 1024)
    return np.add.reduceat(degrees.astype(np.int64) ** 2, starts)


def _null_moments(
    n: int, space: tuple[int, int, int], time: tuple[int, int, int]
) -> tuple[float, float]:
    """Mean and variance of the cell when times are dealt at random, in exact arithmetic.

    A float loses the variance of the open bands, a difference of squares of 10¹⁰ and more.
    """
    mean = Fraction(space[0] * time[0] * 2, n * (n - 1))
    paths = Fraction(2 * space[1] * time[1] * 2, n * (n - 1) * (n - 2))
    disjoint = Fraction(2 * space[2] * time[2] * 8, n * (n - 1) * (n - 2) * (n - 3))
    return float(mean), float(mean + paths + disjoint - mean * mean)


def _p_high(observed: float, mean: float, sd: float) -> float:
    """P(N ≥ observed) for the count law with this mean and variance."""
    variance = sd * sd
    if observed <= 0:
        return 1.0
    if variance <= 0:
        return float(observed <= mean)
    if abs(variance - mean) < 1e-9 * mean:
        return float(gammainc(observed, mean))
    if variance < mean:  # binomial, of a number of trials that need not be whole
        trials = mean * mean / (mean - variance)
        if observed > trials:
            return 0.0
        return float(betainc(observed, trials - observed + 1, 1 - variance / mean))
    size = mean * mean / (variance - mean)  # negative binomial
    return float(betainc(observed, size, 1 - mean / variance))


def _checked(
    x_m: npt.ArrayLike, y_m: npt.ArrayLike, days: npt.ArrayLike, *, fewest: int = 4
) -> tuple[Floats, Floats, Floats]:
    x, y, t = (np.asarray(each, dtype=np.float64) for each in (x_m, y_m, days))
    if not len(x) == len(y) == len(t):
        raise FrameError(f"{len(x)}, {len(y)} and {len(t)} values; give one of each per event")
    if len(x) < fewest:
        raise FrameError(f"{len(x)} events; a near-repeat table needs at least {fewest}")
    if not (np.isfinite(x).all() and np.isfinite(y).all() and np.isfinite(t).all()):
        raise FrameError("an event has no place or time; leave it out first")
    return x, y, t


def _edges(edges: Sequence[float]) -> Floats:
    checked = np.asarray(edges, dtype=np.float64)
    if len(checked) < 2 or checked[0] != 0 or not (np.diff(checked) > 0).all():
        raise FrameError(f"edges {tuple(edges)} must rise from 0")
    if not np.isfinite(checked).all():
        raise FrameError("leave the open band out of the edges; it is always added")
    return checked

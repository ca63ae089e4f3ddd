"""The list of windows that do not overlap, and how much its choice flatters it.

Of overlapping windows the list takes the best placed. A window is thus chosen *for* its
accidents, and even the empirical-Bayes expectation of the chosen ones promises too much. How
much is learnt by screening invented counties: true means are drawn about the prediction, accidents
from them, the list is made in the same way, and what it promises is compared with what is true
there, rank by rank.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.empirical_bayes import expected_count
from geo.road_axis import Windows, running_total
from geo.road_prediction import RoadPrediction

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Ranks whose flattery is averaged: the first ten, the next ten, and so on.
_RANK_GROUPS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)


def listed_windows(key: Floats, windows: Windows) -> Integers:
    """Windows that do not overlap, best first.

    Parameters
    ----------
    key
        (n) what ranks them; equal keys come in the order of the road.
    windows
        (n) in the order of the road, as :meth:`geo.road_axis.RoadAxis.windows` gives.
    """
    order = np.lexsort((np.arange(len(key)), -np.round(key, 9)))
    is_free = _take_free(order, windows.stretch, windows.from_m, windows.to_m)
    return order[is_free[order]]


def list_optimism(
    prediction: RoadPrediction,
    *,
    window_m: float,
    step_m: float,
    by_excess: bool = False,
    runs: int = 40,
    seed: int = 0,
) -> Floats:
    """True over promised accidents of the list, by rank, on invented counties.

    True means differ from block to block of one window's length, as the prediction's k says.

    Parameters
    ----------
    by_excess
        The list is ranked by excess instead of expected accidents.

    Returns
    -------
    (longest list) factor for the first, second, … of a list; below 1 where lists flatter.
    """
    axis = prediction.axis
    own = axis.windows(window_m, step_m)
    predicted, k = prediction.between(own.from_m, own.to_m)
    stretch, edges_from, edges_to = _blocks(axis.from_m, axis.to_m, window_m)
    block_mean, block_k = prediction.between(edges_from, edges_to)
    knots = running_total(axis, prediction.density)
    at_from, at_to = np.interp(own.from_m, *knots), np.interp(own.to_m, *knots)
    at_block = np.interp(edges_from, *knots)
    first = np.searchsorted(edges_from, own.from_m, side="right") - 1
    last = np.searchsorted(edges_from, own.to_m, side="left") - 1
    rng = np.random.default_rng(seed)
    promised, true = np.zeros(len(own)), np.zeros(len(own))
    for _ in range(runs):
        factor = np.ones(len(block_mean))
        if prediction.k_km > 0:
            factor = rng.gamma(1 / block_k, block_k)
        truth = factor * block_mean
        before = np.cumsum(truth) - truth
        count = rng.poisson(truth)
        at = np.repeat(np.arange(len(count)), count)
        position = edges_from[at] + rng.random(len(at)) * (edges_to - edges_from)[at]
        observed = axis.window_sums(position, stretch[at], window_m=window_m, step_m=step_m)
        expected = expected_count(observed, predicted, k).expected
        chosen = listed_windows(expected - predicted if by_excess else expected, own)
        inside = (before[last] + factor[last] * (at_to - at_block[last])) - (
            before[first] + factor[first] * (at_from - at_block[first])
        )
        promised[: len(chosen)] += expected[chosen]
        true[: len(chosen)] += inside[chosen]
    group = np.searchsorted(_RANK_GROUPS, np.arange(len(own)), side="right")
    sums = np.bincount(group, promised)
    ratio = np.divide(np.bincount(group, true), sums, out=np.ones(len(sums)), where=sums > 0)
    factors: Floats = ratio[group]
    return factors


def _blocks(from_m: Floats, to_m: Floats, block_m: float) -> tuple[Integers, Floats, Floats]:
    """Stretch and both ends of equal blocks near ``block_m``."""
    number = np.maximum(np.rint((to_m - from_m) / block_m), 1).astype(np.int64)
    stretch = np.repeat(np.arange(len(number)), number)
    nth = np.arange(len(stretch)) - np.repeat(np.cumsum(number) - number, number)
    size = ((to_m - from_m) / number)[stretch]
    return stretch, from_m[stretch] + nth * size, from_m[stretch] + (nth + 1) * size


@compiled
def _take_free(
    order: Integers, stretch: Integers, from_m: Floats, to_m: Floats
) -> npt.NDArray[np.bool_]:
    """Take windows in order, each unless it overlaps one already taken."""
    n = len(order)
    is_taken = np.zeros(n, np.bool_)
    is_blocked = np.zeros(n, np.bool_)
    for place in range(n):
        i = order[place]
        if is_blocked[i]:
            continue
        is_taken[i] = True
        j = i - 1
        while j >= 0 and stretch[j] == stretch[i] and to_m[j] > from_m[i] + 1e-6:
            is_blocked[j] = True
            j -= 1
        j = i + 1
        while j < n and stretch[j] == stretch[i] and from_m[j] < to_m[i] - 1e-6:
            is_blocked[j] = True
            j += 1
    return is_taken

"""Emerging hot spots: how each place's significance runs through time.

A cube of counts (places × steps) is tested bin by bin: the sum over the bin's neighbours in
space in the same and the previous steps, with the exact conditional p-value and the false
discovery rate over the whole cube. The runs of significant steps and the Mann–Kendall trend of
Gi* then give each place one of seventeen classes: eight hot, eight cold, none.

With *final* the last step, *share* the part of steps that are significantly hot, and the trend of
Gi* at ``trend_level``, the first line that holds decides; cold classes mirror hot ones.

=============  ===========================================================================
class          condition
=============  ===========================================================================
new            final is hot, no earlier step is
consecutive    final is hot, one unbroken run of two or more hot steps, share < 90 %
intensifying   final is hot, share ≥ 90 %, trend rises (falls for cold: more intense)
diminishing    final is hot, share ≥ 90 %, trend falls
persistent     final is hot, share ≥ 90 %, no trend
oscillating    final is hot, share < 90 %, some earlier step is cold
sporadic       final is hot, share < 90 %, on and off, no step is cold
historical     final is neither hot nor cold, share ≥ 90 %
=============  ===========================================================================

The final step decides first whether the hot or the cold classes apply. The class names and the
90 % rule follow Esri's Emerging Hot Spot Analysis; its z-based significance does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError
from geo.neighbours import Neighbours
from geo.significance import benjamini_hochberg, exact_tails, simulated_tails
from geo.trend import mann_kendall

Floats = npt.NDArray[np.float64]

MOST_STEPS = 0.9  # share of significant steps that makes a place a standing one


class Emergence(StrEnum):
    """Class of a place through time."""

    NEW_HOT = "new_hot"
    CONSECUTIVE_HOT = "consecutive_hot"
    INTENSIFYING_HOT = "intensifying_hot"
    PERSISTENT_HOT = "persistent_hot"
    DIMINISHING_HOT = "diminishing_hot"
    SPORADIC_HOT = "sporadic_hot"
    OSCILLATING_HOT = "oscillating_hot"
    HISTORICAL_HOT = "historical_hot"
    NEW_COLD = "new_cold"
    CONSECUTIVE_COLD = "consecutive_cold"
    INTENSIFYING_COLD = "intensifying_cold"
    PERSISTENT_COLD = "persistent_cold"
    DIMINISHING_COLD = "diminishing_cold"
    SPORADIC_COLD = "sporadic_cold"
    OSCILLATING_COLD = "oscillating_cold"
    HISTORICAL_COLD = "historical_cold"
    NONE = "none"


@dataclass(frozen=True, eq=False)
class EmergingHotspots:
    """Result of :func:`emerging_hotspots`.

    Parameters
    ----------
    gi_star
        (places, steps) z-scores within the cube.
    states
        (places, steps) int8: 1 significantly hot, −1 cold, 0 neither.
    places
        Frame of one row per place: ``emergence`` (:class:`Emergence`), ``trend_z``,
        ``trend_p``, ``hot_steps, cold_steps, events``.
    """

    gi_star: Floats
    states: npt.NDArray[np.int8]
    places: pd.DataFrame


def emerging_hotspots(
    cube: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    previous_steps: int = 1,
    level: float = 0.05,
    trend_level: float = 0.05,
    null: Literal["exact", "simulated"] = "exact",
) -> EmergingHotspots:
    """Classify places by their hot and cold steps and the trend of Gi*.

    Parameters
    ----------
    cube
        (places, steps) counts, oldest step first; see :func:`count_cube`.
    neighbours
        Of the places, in space.
    previous_steps
        How many earlier steps belong to a bin's neighbourhood (the place itself included).
    level
        False discovery rate over all bins, for hot and for cold each.
    trend_level
        Two-sided level of the Mann–Kendall test.
    null
        ``simulated`` for rates.

    Raises
    ------
    ExactCostError
        When the exact null would take too long for these counts; simulate it then.
    FrameError
        When the cube has fewer than two steps or does not fit the neighbours.
    """
    counts = np.ascontiguousarray(cube, dtype=np.float64)
    if counts.ndim != 2 or len(counts) != len(neighbours) or counts.shape[1] < 2:
        raise FrameError(
            f"cube of shape {counts.shape} for {len(neighbours)} places; "
            "give one row per place and at least two steps"
        )
    sums, degrees = _surround(counts, neighbours, previous_steps)
    tails_of = exact_tails if null == "exact" else simulated_tails
    tails = tails_of(counts.ravel(), sums.ravel(), degrees.ravel())
    hot = _rejected(tails.high, level).reshape(counts.shape)
    cold = _rejected(tails.low, level).reshape(counts.shape)
    states = hot.astype(np.int8) - (cold & ~hot).astype(np.int8)
    gi_star = _gi_star(counts, sums, degrees)
    trend = mann_kendall(gi_star)
    direction = np.where(trend.p <= trend_level, np.sign(trend.s), 0).astype(np.int8)
    places = pd.DataFrame(
        {
            "emergence": classify_runs(states, direction),
            "trend_z": trend.z,
            "trend_p": trend.p,
            "hot_steps": (states > 0).sum(axis=1),
            "cold_steps": (states < 0).sum(axis=1),
            "events": counts.sum(axis=1),
        }
    )
    return EmergingHotspots(gi_star, states, places)


def classify_runs(states: npt.ArrayLike, trend: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """Class of each place from its steps, by the table in this module's head.

    Parameters
    ----------
    states
        (places, steps) 1 hot, −1 cold, 0 neither.
    trend
        (places) 1 rising Gi*, −1 falling, 0 no significant trend.
    """
    steps = np.atleast_2d(np.asarray(states, dtype=np.int8))
    direction = np.asarray(trend, dtype=np.int8)
    conditions: list[npt.NDArray[np.bool_]] = []
    names: list[str] = []
    for sign, kind in ((1, "hot"), (-1, "cold")):
        is_on = steps == sign
        on = is_on.sum(axis=1)
        is_final = is_on[:, -1]
        is_most = on >= MOST_STEPS * steps.shape[1]
        # The run that ends at the last step: steps from the end up to the first gap.
        gap = np.argmin(is_on[:, ::-1], axis=1)
        run = np.where(is_on.all(axis=1), steps.shape[1], gap)
        intensity = direction * sign
        has_opposite = (steps == -sign).any(axis=1)
        cases = {
            "new": is_final & (on == 1),
            "consecutive": is_final & (run == on) & (on >= 2) & ~is_most,
            "intensifying": is_final & is_most & (intensity > 0),
            "diminishing": is_final & is_most & (intensity < 0),
            "persistent": is_final & is_most,
            "oscillating": is_final & has_opposite,
            "sporadic": is_final,
            "historical": (steps[:, -1] == 0) & is_most,
        }
        conditions.extend(cases.values())
        names.extend(Emergence(f"{name}_{kind}").value for name in cases)
    return np.select(conditions, names, Emergence.NONE.value)


def count_cube(place: npt.ArrayLike, step: npt.ArrayLike, *, places: int, steps: int) -> Floats:
    """(places, steps) number of events; those with a position outside do not count.

    Parameters
    ----------
    place, step
        (n) positions, negative where outside (see ``assign`` of the grids).
    """
    at, when = np.asarray(place, dtype=np.int64), np.asarray(step, dtype=np.int64)
    inside = (at >= 0) & (at < places) & (when >= 0) & (when < steps)
    flat = np.bincount(at[inside] * steps + when[inside], minlength=places * steps)
    return flat.reshape(places, steps).astype(np.float64)


def _rejected(p: Floats, level: float) -> npt.NDArray[np.bool_]:
    small = p <= level
    rejected = np.zeros(len(p), dtype=bool)
    rejected[small] = benjamini_hochberg(p[small], family=len(p)) <= level
    return rejected


def _surround(
    counts: Floats, neighbours: Neighbours, previous_steps: int
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Sum over, and number of, the other bins in each bin's space-time neighbourhood."""
    steps = counts.shape[1]
    with_self = neighbours.sums(counts) + counts
    sums = with_self.copy()
    for back in range(1, min(previous_steps, steps - 1) + 1):
        sums[:, back:] += with_self[:, :-back]
    layers = np.minimum(np.arange(steps), previous_steps) + 1
    return sums - counts, (neighbours.degrees[:, None] + 1) * layers[None, :] - 1


def _gi_star(counts: Floats, sums: Floats, degrees: npt.NDArray[np.int64]) -> Floats:
    """Gi* of each bin against the whole cube; 0 when all bins are equal."""
    n, weight = counts.size, degrees + 1.0
    spread = counts.std() * np.sqrt((n * weight - weight * weight) / (n - 1))
    excess = sums + counts - counts.mean() * weight
    scores: Floats = np.divide(excess, spread, out=np.zeros_like(excess), where=spread > 0)
    return scores

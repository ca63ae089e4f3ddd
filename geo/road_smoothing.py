"""Accidents spread over neighbouring road segments: the curve of a high-injury network.

Every accident keeps its weight of one: what would fall beyond the end of its stretch is shared
out over the part that lies on it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.errors import FrameError
from geo.road_axis import RoadAxis

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def triangular_shares(
    axis: RoadAxis,
    position_m: npt.ArrayLike,
    stretch: npt.ArrayLike,
    *,
    reach_m: float,
    weights: npt.ArrayLike | None = None,
) -> Floats:
    """(segments, in the order of the axis) accidents under a triangle of ± ``reach_m``.

    Parameters
    ----------
    position_m, stretch
        (n) as :meth:`RoadAxis.locate` gives; accidents off the axis do not count.
    weights
        (n) one each by default.

    Raises
    ------
    FrameError
        When the reach is not positive.
    """
    if not reach_m > 0:
        raise FrameError(f"reach_m = {reach_m} must be positive")
    position, at, weight = _on_road(position_m, stretch, weights)
    first = np.maximum(axis.from_m[at], position - reach_m)
    last = np.minimum(axis.to_m[at], position + reach_m)
    low = np.searchsorted(axis.segment_to_m, first, side="right")
    high = np.searchsorted(axis.segment_from_m, last, side="left")
    event, segment = _spans(low, high)
    middle = position[event]
    part = _below((axis.segment_to_m[segment] - middle) / reach_m) - _below(
        (axis.segment_from_m[segment] - middle) / reach_m
    )
    whole = np.bincount(event, part, minlength=len(position))
    shares: Floats = np.bincount(
        segment, part * (weight / whole)[event], minlength=len(axis.segment_from_m)
    ).astype(np.float64)
    return shares


def decayed_shares(
    axis: RoadAxis,
    position_m: npt.ArrayLike,
    stretch: npt.ArrayLike,
    *,
    neighbours: int,
    weights: npt.ArrayLike | None = None,
) -> Floats:
    """(segments, in the order of the axis) accidents shared with so many segments each way.

    A segment s steps away takes 1 − s/(neighbours + 1) of the home segment's part.
    """
    if neighbours < 0:
        raise FrameError("neighbours must be 0 or more")
    position, at, weight = _on_road(position_m, stretch, weights)
    # A position on a border belongs to the segment that begins there.
    own = np.searchsorted(axis.segment_from_m, position, side="right") - 1
    opens = np.searchsorted(axis.segment_from_m, axis.from_m)
    closes = np.r_[opens[1:], len(axis.segment_from_m)]
    event, segment = _spans(
        np.maximum(own - neighbours, opens[at]), np.minimum(own + neighbours + 1, closes[at])
    )
    part = 1 - np.abs(segment - own[event]) / (neighbours + 1)
    whole = np.bincount(event, part, minlength=len(position))
    shares: Floats = np.bincount(
        segment, part * (weight / whole)[event], minlength=len(axis.segment_from_m)
    ).astype(np.float64)
    return shares


def _on_road(
    position_m: npt.ArrayLike, stretch: npt.ArrayLike, weights: npt.ArrayLike | None
) -> tuple[Floats, Integers, Floats]:
    at = np.asarray(stretch, dtype=np.int64)
    weight = np.ones(len(at)) if weights is None else np.asarray(weights, dtype=np.float64)
    is_on = at >= 0
    return np.asarray(position_m, dtype=np.float64)[is_on], at[is_on], weight[is_on]


def _spans(low: Integers, high: Integers) -> tuple[Integers, Integers]:
    """Each number from low to high (exclusive) of each row, with the row it belongs to."""
    number = high - low
    row = np.repeat(np.arange(len(low)), number)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    return row, low[row] + nth


def _below(t: Floats) -> Floats:
    """Part of a triangle on (-1, 1) that lies below t."""
    u = np.clip(t, -1, 1)
    part: Floats = np.where(u < 0, (1 + u) ** 2 / 2, 1 - (1 - u) ** 2 / 2)
    return part

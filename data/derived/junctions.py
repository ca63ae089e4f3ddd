"""Whether two roads that rival for a place meet right there."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

# Roads as near as this touch: digitised ends rarely share a vertex.
TOUCH_M = 2.0
# A place this near to where roads meet belongs to the junction.
JUNCTION_M = 25.0
# Roads that keep together for longer run side by side; there is no junction to name.
LONGEST_MEETING_M = 60.0


def at_junction(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    road: NDArray[np.int64],
    rival: NDArray[np.int64],
    *,
    lines: NDArray[np.object_],
) -> NDArray[np.bool_]:
    """Which of (n) places lie where their two roads meet.

    Parameters
    ----------
    x_m, y_m
        Places on ``road``, in the metric CRS of the lines.
    road, rival
        Positions in ``lines``; -1 for none.
    lines
        The roads.
    """
    is_there = np.zeros(len(road), dtype=np.bool_)
    rows = np.flatnonzero((road >= 0) & (rival >= 0))
    if not len(rows):
        return is_there
    pairs, of_row = np.unique(
        np.column_stack([road[rows], rival[rows]]), axis=0, return_inverse=True
    )
    shared = shapely.intersection(
        lines[pairs[:, 0]], shapely.buffer(lines[pairs[:, 1]], TOUCH_M)
    )
    # A line that touches another in several places is cut into as many parts.
    parts, pair = shapely.get_parts(shapely.line_merge(shared), return_index=True)
    short = shapely.length(parts) <= LONGEST_MEETING_M
    meeting = np.array([shapely.GeometryCollection()] * len(pairs), dtype=object)
    for at in np.unique(pair[short]):
        meeting[at] = shapely.multilinestrings(parts[short & (pair == at)])
    points = shapely.points(x_m[rows], y_m[rows])
    away = shapely.distance(points, meeting[of_row.ravel()])
    # An empty meeting is at no distance at all.
    is_there[rows] = np.nan_to_num(away, nan=np.inf) <= JUNCTION_M
    return is_there

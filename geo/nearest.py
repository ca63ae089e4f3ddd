"""The nearest straight segment to each of very many points, exactly and fast.

Segments are entered in every cell of a uniform grid they pass through. A point looks at its
own cell, then at the ring of cells around it, and so on, until no unseen cell can hold
anything nearer: a handful of cells and segments per point, whatever the size of the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.compiled import compiled
from geo.errors import FrameError
from geo.segments import Floats, Ints, Segments

NONE = -1
_SLACK = 1e-8  # of a cell: what round-off may move a point or a border
_MOST_CELLS = 1 << 22  # 16 MB of cell starts; reached only when a few roads lie far away


@dataclass(frozen=True)
class NearestPlaces:
    """The place on the nearest segment, for each of m points.

    Parameters
    ----------
    segment
        (m) position of the segment, :data:`NONE` (-1) where there is none within reach.
    along_m
        (m) metres from the start of the segment, NaN where there is none.
    distance_m
        (m) metres from the point, NaN where there is none.
    """

    segment: Ints
    along_m: Floats
    distance_m: Floats


class NearestSegment:
    """Segments ready to be searched any number of times, by several threads at once.

    Parameters
    ----------
    segments
        (k) straight segments in a metric CRS; ``query`` takes points in the same CRS.
    """

    def __init__(self, segments: Segments) -> None:
        # One row per segment: a look at one is a look at one place of memory.
        self._rows = np.column_stack(
            [segments.x_m, segments.y_m, segments.ux, segments.uy, segments.length_m]
        )
        self._west, self._south, self._cell_m, self._shape = 0.0, 0.0, 1.0, (0, 0)
        if len(segments):
            start = np.column_stack([segments.x_m, segments.y_m])
            end = (
                start + np.column_stack([segments.ux, segments.uy]) * segments.length_m[:, None]
            )
            corner = np.minimum(start, end).min(axis=0)
            width, height = np.maximum(start, end).max(axis=0) - corner
            self._west, self._south = float(corner[0]), float(corner[1])
            self._cell_m = _cell_size(segments, width, height)
            self._shape = int(height / self._cell_m) + 1, int(width / self._cell_m) + 1
        self._starts, self._members = _enter(
            self._rows, self._west, self._south, self._cell_m, self._shape
        )

    def __len__(self) -> int:
        return len(self._rows)

    def query(
        self, x_m: ArrayLike, y_m: ArrayLike, *, max_distance_m: float = np.inf
    ) -> NearestPlaces:
        """Nearest segment of each point.

        Parameters
        ----------
        x_m, y_m
            (m) coordinates; NaN has no nearest segment.
        max_distance_m
            Segments farther away are not considered.

        Returns
        -------
        Of several segments equally near, any one; the same in every call.

        Raises
        ------
        FrameError
            When ``max_distance_m`` is negative or there are not as many x as y.
        """
        x = np.ascontiguousarray(x_m, dtype=np.float64)
        y = np.ascontiguousarray(y_m, dtype=np.float64)
        if x.shape != y.shape or not max_distance_m >= 0:
            raise FrameError(
                f"{len(x)} x, {len(y)} y, max_distance_m = {max_distance_m}; "
                "give one of each per point and a distance not below zero"
            )
        segment = np.full(len(x), NONE, dtype=np.int64)
        along, distance = np.full(len(x), np.nan), np.full(len(x), np.nan)
        if len(self):
            _search(
                x,
                y,
                float(max_distance_m),
                self._rows,
                self._west,
                self._south,
                self._cell_m,
                self._shape,
                self._starts,
                self._members,
                segment,
                along,
                distance,
            )
        return NearestPlaces(segment, along, distance)


def _cell_size(segments: Segments, width_m: float, height_m: float) -> float:
    """Side of a cell: about one segment per cell where most of the segments lie."""
    extent = [
        max(float(np.ptp(np.quantile(values, (0.01, 0.99)))), float(segments.length_m.mean()))
        for values in (segments.x_m, segments.y_m)
    ]
    wanted = np.sqrt(extent[0] * extent[1] / len(segments))
    # A road at a mistaken place far away must not ask for a grid of half the world, and a
    # cell must stay far above the round-off of coordinates.
    floor = max(
        np.sqrt(width_m * height_m / _MOST_CELLS),
        2 * max(width_m, height_m) / _MOST_CELLS,
        1e-6 * float(np.abs([segments.x_m, segments.y_m]).max()),
    )
    return float(max(wanted, floor))


@compiled
def _enter(
    rows: Floats, west: float, south: float, cell: float, shape: tuple[int, int]
) -> tuple[Ints, NDArray[np.int32]]:
    """Cells in row order as compressed sparse rows of the segments that pass through them."""
    slack = _SLACK * cell
    starts = np.zeros(shape[0] * shape[1] + 1, dtype=np.int64)
    members = np.empty(0, dtype=np.int32)
    for writes in (False, True):
        for i in range(len(rows)):
            x, y, ux, uy, length = rows[i]
            end_x, end_y = x + ux * length, y + uy * length
            low, high = min(y, end_y), max(y, end_y)
            first_row = max(0, int((low - slack - south) / cell))
            last_row = min(shape[0] - 1, int((high + slack - south) / cell))
            for row in range(first_row, last_row + 1):
                # The part of the segment between the two lines that bound the row.
                left, right = min(x, end_x), max(x, end_x)
                if last_row > first_row and uy != 0.0:
                    bottom = max(low, south + row * cell - slack)
                    top = min(high, south + (row + 1) * cell + slack)
                    a, b = x + (bottom - y) / uy * ux, x + (top - y) / uy * ux
                    left, right = max(left, min(a, b)), min(right, max(a, b))
                first = max(0, int((left - slack - west) / cell))
                last = min(shape[1] - 1, int((right + slack - west) / cell))
                for at in range(row * shape[1] + first, row * shape[1] + last + 1):
                    if writes:
                        starts[at] -= 1
                        members[starts[at]] = i
                    else:
                        starts[at] += 1
        if not writes:
            starts = np.cumsum(starts)
            members = np.empty(starts[-1], dtype=np.int32)
    return starts, members


@compiled
def _search(
    xs: Floats,
    ys: Floats,
    max_distance: float,
    rows: Floats,
    west: float,
    south: float,
    cell: float,
    shape: tuple[int, int],
    starts: Ints,
    members: NDArray[np.int32],
    segment: Ints,
    along: Floats,
    distance: Floats,
) -> None:
    east, north = west + shape[1] * cell, south + shape[0] * cell
    for i in range(len(xs)):
        x, y = xs[i], ys[i]
        if not (np.isfinite(x) and np.isfinite(y)):
            continue
        # From outside, the search starts where the grid is nearest: what lies d from there
        # is at least √(d² + outside²) from the point.
        inner_x, inner_y = min(max(x, west), east), min(max(y, south), north)
        outside = (x - inner_x) ** 2 + (y - inner_y) ** 2
        column = min(int((inner_x - west) / cell), shape[1] - 1)
        row = min(int((inner_y - south) / cell), shape[0] - 1)
        edge = min(
            inner_x - (west + column * cell),
            west + (column + 1) * cell - inner_x,
            inner_y - (south + row * cell),
            south + (row + 1) * cell - inner_y,
        )
        edge = max(edge - _SLACK * cell, 0.0)
        best, chosen, foot = max_distance * max_distance, -1, 0.0
        ring = 0
        while True:
            first_row, last_row = max(row - ring, 0), min(row + ring, shape[0] - 1)
            first, last = max(column - ring, 0), min(column + ring, shape[1] - 1)
            for r in range(first_row, last_row + 1):
                is_rim = r == row - ring or r == row + ring
                c = first
                while c <= last:
                    if not is_rim and c > column - ring and c < column + ring:
                        c = column + ring  # the inside of the ring has been seen
                        continue
                    at = r * shape[1] + c
                    for k in range(starts[at], starts[at + 1]):
                        s = members[k]
                        dx, dy = x - rows[s, 0], y - rows[s, 1]
                        reach = rows[s, 2] * dx + rows[s, 3] * dy
                        reach = min(max(reach, 0.0), rows[s, 4])
                        off_x, off_y = dx - reach * rows[s, 2], dy - reach * rows[s, 3]
                        square = off_x * off_x + off_y * off_y
                        if square < best or (square == best and chosen < 0):
                            best, chosen, foot = square, s, reach
                    c += 1
            seen_all = first_row == 0 and last_row == shape[0] - 1
            seen_all = seen_all and first == 0 and last == shape[1] - 1
            unseen = edge + ring * cell
            if seen_all or outside + unseen * unseen > best:
                break
            ring += 1
        if chosen >= 0:
            segment[i], along[i], distance[i] = chosen, foot, np.sqrt(best)

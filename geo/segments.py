"""Lines as arrays of straight segments: the ground on which stakes and snapping stand.

A point is projected on a segment with a dozen array operations, whatever the length of
the line it belongs to; a geometry library walks the whole line for each point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import FrameError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LINE_TYPES = (
    shapely.GeometryType.MISSING,
    shapely.GeometryType.LINESTRING,
    shapely.GeometryType.LINEARRING,
    shapely.GeometryType.MULTILINESTRING,
)


@dataclass(frozen=True)
class Segments:
    """The straight segments of some lines, in the order and direction of the lines.

    Parameters
    ----------
    line
        (k) position of the line each segment belongs to, ascending.
    x_m, y_m
        (k) where the segment starts, in the lines' metric CRS.
    ux, uy
        (k) its unit direction.
    length_m
        (k) its length, above zero.
    chain_m
        (k) length of the line before it. Gaps between the parts of a line count nothing.
    """

    line: Ints
    x_m: Floats
    y_m: Floats
    ux: Floats
    uy: Floats
    length_m: Floats
    chain_m: Floats

    def __len__(self) -> int:
        return len(self.line)

    def take(self, at: slice | Ints | NDArray[np.bool_]) -> Segments:
        """The segments at some positions."""
        return Segments(
            self.line[at],
            self.x_m[at],
            self.y_m[at],
            self.ux[at],
            self.uy[at],
            self.length_m[at],
            self.chain_m[at],
        )

    def along_m(self, at: Ints, x_m: Floats, y_m: Floats) -> Floats:
        """Distance from the start of segments ``at`` to the foot of each point, (m)."""
        reach = self.ux[at] * (x_m - self.x_m[at]) + self.uy[at] * (y_m - self.y_m[at])
        return np.clip(reach, 0.0, self.length_m[at])

    def right_m(self, at: Ints, x_m: Floats, y_m: Floats) -> Floats:
        """How far each point lies to the right of the axis of segments ``at``, (m)."""
        return self.uy[at] * (x_m - self.x_m[at]) - self.ux[at] * (y_m - self.y_m[at])

    def place(self, at: Ints, along_m: Floats) -> tuple[Floats, Floats]:
        """Coordinates at ``along_m`` metres from the start of segments ``at``."""
        return self.x_m[at] + self.ux[at] * along_m, self.y_m[at] + self.uy[at] * along_m

    def reach_tree(self, reach_m: float) -> shapely.STRtree:
        """An index that gives each point the segments perhaps within ``reach_m`` of it.

        Only the envelopes matter to it: they are those of the segments, widened.
        """
        start = np.column_stack([self.x_m, self.y_m])
        end = np.column_stack(self.place(np.arange(len(self)), self.length_m))
        low, high = np.minimum(start, end) - reach_m, np.maximum(start, end) + reach_m
        return shapely.STRtree(shapely.linestrings(np.stack([low, high], axis=1)))


def segments_of(lines: Sequence[Any] | NDArray[np.object_]) -> Segments:
    """Cut lines into their straight segments.

    Parameters
    ----------
    lines
        (n) LineStrings or MultiLineStrings; missing and empty ones give no segment, and
        heights are ignored.

    Raises
    ------
    FrameError
        When a geometry is not a line.
    """
    geometries = np.asarray(lines, dtype=object)
    if not np.isin(shapely.get_type_id(geometries), _LINE_TYPES).all():
        raise FrameError("roads must be lines; drop the points and polygons first")
    parts, line_of_part = shapely.get_parts(geometries, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    joined = part[1:] == part[:-1]
    step = np.diff(xy, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    kept = np.flatnonzero(joined & (length > 0))
    line = line_of_part[part[kept]].astype(np.int64)
    length = length[kept]
    chain = np.cumsum(length) - length
    if len(line):
        first = np.flatnonzero(np.r_[True, line[1:] != line[:-1]])
        chain -= np.repeat(chain[first], np.diff(np.r_[first, len(line)]))
    ux, uy = (step[kept] / length[:, None]).T
    return Segments(line, xy[kept, 0], xy[kept, 1], ux.copy(), uy.copy(), length, chain)


def concatenate(parts: Sequence[Segments]) -> Segments:
    """Segments laid end to end; their lines and chains stay as they are."""
    none = segments_of([])
    return Segments(
        *(
            np.concatenate([getattr(part, column.name) for part in (none, *parts)])
            for column in fields(Segments)
        )
    )

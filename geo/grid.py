"""Regular cells over a district: squares and hexagons, in a metric CRS.

Both grids answer the same four questions: which cell holds a point, where the centres and
polygons are, and which cells are neighbours. Cells are numbered row by row from the south-west.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import FrameError
from geo.neighbours import Neighbours

OUTSIDE = -1
MAX_CELLS = 5_000_000

Bounds = tuple[float, float, float, float]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class _Grid(ABC):
    """What squares and hexagons share.

    Parameters
    ----------
    west_m, south_m
        Outer corner of the first cell (of its bounding box for hexagons).
    cell_m
        Distance between the centres of neighbouring cells in one row.
    rows, columns
        Number of cells.
    """

    west_m: float
    south_m: float
    cell_m: float
    rows: int
    columns: int

    def __len__(self) -> int:
        return self.rows * self.columns

    def count(
        self, x_m: npt.ArrayLike, y_m: npt.ArrayLike, *, weights: npt.ArrayLike | None = None
    ) -> Floats:
        """(cells) number of points, or sum of their weights; points outside do not count."""
        cell = self.assign(x_m, y_m)
        inside = cell != OUTSIDE
        weight = None if weights is None else np.asarray(weights, dtype=float)[inside]
        counted = np.bincount(cell[inside], weights=weight, minlength=len(self))
        return counted.astype(np.float64)

    def assign(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """(n) cell of each point, :data:`OUTSIDE` (-1) where none; NaN is outside."""
        x, y = np.atleast_1d(x_m).astype(float), np.atleast_1d(y_m).astype(float)
        known = np.isfinite(x) & np.isfinite(y)
        row, column = self._locate(
            np.where(known, x - self.west_m, -self.cell_m),
            np.where(known, y - self.south_m, -self.cell_m),
        )
        inside = known & (row >= 0) & (row < self.rows) & (column >= 0)
        inside &= column < self.columns
        return np.where(inside, row * self.columns + column, OUTSIDE).astype(np.int32)

    def touching(self, boundary: shapely.Geometry) -> npt.NDArray[np.bool_]:
        """(cells) whether each cell shares area with the boundary polygon."""
        shapely.prepare(boundary)
        touched: npt.NDArray[np.bool_] = shapely.intersects(boundary, self.polygons())
        return touched

    def polygons(self, cells: Integers | None = None) -> npt.NDArray[np.object_]:
        """Shapely polygons of all cells, or of those asked for."""
        centres = self.centres_m() if cells is None else self.centres_m()[cells]
        corners = centres[:, None, :] + self._corners_m()[None, :, :]
        made: npt.NDArray[np.object_] = shapely.polygons(corners)
        return made

    @abstractmethod
    def centres_m(self) -> Floats:
        """(cells, 2) x and y of the centres."""

    @abstractmethod
    def _locate(self, east_m: Floats, north_m: Floats) -> tuple[Integers, Integers]:
        """Row and column of each point, given from the grid's corner; may lie outside."""

    @abstractmethod
    def _corners_m(self) -> Floats:
        """(corners, 2) of a cell, from its centre."""

    def _link(self, steps: list[tuple[Integers, Integers]]) -> Neighbours:
        """Neighbours one step away, each step given as (rows, columns) for every cell."""
        row, column = np.divmod(np.arange(len(self)), self.columns)
        sources, targets = [], []
        for up, right in steps:
            to_row, to_column = row + up, column + right
            inside = (to_row >= 0) & (to_row < self.rows)
            inside &= (to_column >= 0) & (to_column < self.columns)
            sources.append(np.flatnonzero(inside))
            targets.append((to_row * self.columns + to_column)[inside])
        return Neighbours.from_links(
            len(self), np.concatenate(sources), np.concatenate(targets)
        )


@dataclass(frozen=True, kw_only=True)
class SquareGrid(_Grid):
    """Square cells of side ``cell_m``."""

    @classmethod
    def covering(cls, bounds_m: Bounds, *, cell_m: float) -> SquareGrid:
        """Grid from the south-west corner of the bounds, widened to whole cells.

        Raises
        ------
        FrameError
            When the bounds are empty or would need more than :data:`MAX_CELLS` cells.
        """
        width, height = _extent(bounds_m, cell_m)
        rows, columns = int(np.ceil(height / cell_m)), int(np.ceil(width / cell_m))
        return cls(
            west_m=bounds_m[0],
            south_m=bounds_m[1],
            cell_m=cell_m,
            rows=_checked(rows, columns, cell_m),
            columns=columns,
        )

    def centres_m(self) -> Floats:
        row, column = np.divmod(np.arange(len(self)), self.columns)
        return np.column_stack(
            [
                self.west_m + (column + 0.5) * self.cell_m,
                self.south_m + (row + 0.5) * self.cell_m,
            ]
        )

    def neighbours(self, *, reach: int = 1, has_corners: bool = True) -> Neighbours:
        """Cells up to ``reach`` rows and columns away (queen), or without corners (rook)."""
        offsets = range(-reach, reach + 1)
        steps = [
            (np.array(up), np.array(right))
            for up in offsets
            for right in offsets
            if (up or right) and (has_corners or abs(up) + abs(right) <= reach)
        ]
        return self._link(steps)

    def _locate(self, east_m: Floats, north_m: Floats) -> tuple[Integers, Integers]:
        return (
            np.floor(north_m / self.cell_m).astype(np.int64),
            np.floor(east_m / self.cell_m).astype(np.int64),
        )

    def _corners_m(self) -> Floats:
        half = self.cell_m / 2
        return np.array([[-half, -half], [half, -half], [half, half], [-half, half]])


@dataclass(frozen=True, kw_only=True)
class HexGrid(_Grid):
    """Hexagons with a vertex to the north, ``cell_m`` wide; odd rows lie half a cell east."""

    _ROW: ClassVar[float] = np.sqrt(3) / 2  # distance of rows, in cells

    @classmethod
    def covering(cls, bounds_m: Bounds, *, cell_m: float) -> HexGrid:
        """Grid whose cells cover the bounds wholly.

        Raises
        ------
        FrameError
            When the bounds are empty or would need more than :data:`MAX_CELLS` cells.
        """
        width, height = _extent(bounds_m, cell_m)
        # Half a cell on each side: the slanting edges leave gaps at the outer rim.
        rows = int(np.ceil(height / (cell_m * cls._ROW))) + 2
        columns = int(np.ceil(width / cell_m)) + 2
        return cls(
            west_m=bounds_m[0] - cell_m,
            south_m=bounds_m[1] - cell_m,
            cell_m=cell_m,
            rows=_checked(rows, columns, cell_m),
            columns=columns,
        )

    @property
    def area_m2(self) -> float:
        """Area of one cell."""
        return float(self._ROW * self.cell_m**2)

    def centres_m(self) -> Floats:
        row, column = np.divmod(np.arange(len(self)), self.columns)
        return np.column_stack(
            [
                self.west_m + (column + 0.5 + 0.5 * (row % 2)) * self.cell_m,
                self.south_m + self.cell_m / np.sqrt(3) + row * self._ROW * self.cell_m,
            ]
        )

    def neighbours(self, *, reach: int = 1) -> Neighbours:
        """Cells up to ``reach`` rings away: 6, 18, 36 …"""
        odd = (np.arange(len(self)) // self.columns) % 2
        steps: list[tuple[Integers, Integers]] = []
        for up in range(-reach, reach + 1):
            # In axial coordinates a ring is |q| + |r| + |q + r| ≤ 2·reach; the column of
            # an odd row is half a cell further east than its number says.
            shift = (up - (up % 2)) // 2 + (up % 2) * odd
            ring = range(max(-reach, -reach - up), min(reach, reach - up) + 1)
            steps.extend((np.array(up), along + shift) for along in ring if up or along)
        return self._link(steps)

    def _locate(self, east_m: Floats, north_m: Floats) -> tuple[Integers, Integers]:
        # Nearest centre by rounding cube coordinates (the three sum to zero).
        r = (north_m / self.cell_m - 1 / np.sqrt(3)) / self._ROW
        q = east_m / self.cell_m - 0.5 - r / 2
        s = -q - r
        near_q, near_r, near_s = np.rint(q), np.rint(r), np.rint(s)
        off_q, off_r, off_s = np.abs(near_q - q), np.abs(near_r - r), np.abs(near_s - s)
        fix_q = (off_q > off_r) & (off_q > off_s)
        fix_r = ~fix_q & (off_r > off_s)
        row = np.where(fix_r, -near_q - near_s, near_r).astype(np.int64)
        axial = np.where(fix_q, -near_r - near_s, near_q).astype(np.int64)
        return row, axial + (row - row % 2) // 2

    def _corners_m(self) -> Floats:
        angle = np.pi / 6 + np.arange(6) * np.pi / 3
        ring: Floats = np.column_stack([np.cos(angle), np.sin(angle)])
        ring *= self.cell_m / np.sqrt(3)
        return ring


def _extent(bounds_m: Bounds, cell_m: float) -> tuple[float, float]:
    west, south, east, north = bounds_m
    if not 0 < cell_m < np.inf:
        raise FrameError(f"cell_m = {cell_m} must be a positive number of metres")
    if not (east > west and north > south):
        raise FrameError(f"bounds {bounds_m} are empty; give an area")
    return east - west, north - south


def _checked(rows: int, columns: int, cell_m: float) -> int:
    if rows * columns > MAX_CELLS:
        raise FrameError(
            f"{rows} × {columns} cells of {cell_m} m are too many; "
            "clip stray points to the boundary or take larger cells"
        )
    return rows

"""The cells of a county: which there are, who neighbours whom, how they are drawn.

A cell belongs to the county when its centre lies inside the boundary, so that every cell
stands for about the same area: slivers along the border would look cold and would make a
flagged share of the area mean something else. An incident in a border cell that does not
belong is counted as outside. A county too small to hold a centre takes the cells it touches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from data.derived.cases import Cases
from geo.crs import WGS84
from geo.errors import FrameError
from geo.grid import OUTSIDE, HexGrid, SquareGrid
from geo.neighbours import Neighbours

Shape = Literal["square", "hex"]
SHAPES: tuple[Shape, ...] = ("square", "hex")


@dataclass(frozen=True, kw_only=True, eq=False)
class CountyCells:
    """The cells of one county.

    Parameters
    ----------
    grid
        All cells over the county's bounds.
    inside
        (cells of the grid) which belong to the county.
    metric_crs
        CRS of the grid.
    """

    grid: SquareGrid | HexGrid
    inside: npt.NDArray[np.bool_]
    metric_crs: str

    def __len__(self) -> int:
        return int(self.inside.sum())

    @cached_property
    def number(self) -> npt.NDArray[np.int32]:
        """(cells of the grid) number among the county's cells, -1 where none."""
        return np.where(self.inside, np.cumsum(self.inside) - 1, OUTSIDE).astype(np.int32)

    @cached_property
    def neighbours(self) -> Neighbours:
        """Adjacent cells within the county: up to eight for squares, six for hexagons."""
        return self.grid.neighbours().restrict(self.inside)

    @cached_property
    def polygons(self) -> npt.NDArray[np.object_]:
        """(cells) polygons in EPSG:4326."""
        drawn = gpd.GeoSeries(self.grid.polygons()[self.inside], crs=self.metric_crs)
        polygons: npt.NDArray[np.object_] = drawn.to_crs(WGS84).to_numpy()
        return polygons

    def assign(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """(n) number of the county cell of each point, -1 where none."""
        cell = self.grid.assign(x_m, y_m)
        numbered: npt.NDArray[np.int32] = np.where(cell == OUTSIDE, OUTSIDE, self.number[cell])
        return numbered

    def drawn(self, table: pd.DataFrame, chosen: npt.NDArray[np.bool_]) -> gpd.GeoDataFrame:
        """The chosen rows of a table of all county cells, as polygons."""
        rows = table[chosen].reset_index(drop=True)
        return gpd.GeoDataFrame(rows, geometry=self.polygons[chosen], crs=WGS84)


def county_cells(
    cases: Cases,
    *,
    cell_m: float,
    shape: Shape = "square",
    units: tuple[str, ...] | None = None,
) -> CountyCells:
    """The cells of the cases' county, or of some of its units; made once and kept.

    Raises
    ------
    FrameError
        When the shape is unknown, or the cells are not positive or far too many.
    """
    if shape not in SHAPES:
        raise FrameError(f"unknown shape {shape!r} of cells; use square or hex")
    key = _Key(
        digest=cases.region.digest,
        units=units,
        cell_m=float(cell_m),
        shape=shape,
        cases=cases,
    )
    return _county_cells(key)


@dataclass(frozen=True, kw_only=True)
class _Key:
    """What tells cells apart, and where to get the boundary when they must be made."""

    digest: str
    units: tuple[str, ...] | None
    cell_m: float
    shape: Shape
    cases: Cases = field(compare=False, repr=False)


@lru_cache(maxsize=8)
def _county_cells(key: _Key) -> CountyCells:
    area = key.cases.area_m(key.units)
    kind = SquareGrid if key.shape == "square" else HexGrid
    # All cells of one county share one origin, whichever units are chosen.
    grid = kind.covering(key.cases.boundary_m.bounds, cell_m=key.cell_m)
    inside = shapely.contains_xy(area, grid.centres_m())
    if not inside.any():
        inside = grid.touching(area)
    return CountyCells(grid=grid, inside=inside, metric_crs=key.cases.region.metric_crs)

"""The cells of a county: which there are, who neighbours whom, how they are drawn.

A cell belongs to the county when its centre lies inside the boundary, so that every cell
stands for about the same area: slivers along the border would look cold and would make a
flagged share of the area mean something else. An incident in a border cell that does not
belong is counted as outside. A county too small to hold a centre takes the cells it touches.
"""

from __future__ import annotations

from dataclasses import dataclass
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
from geo.grid import OUTSIDE, Bounds, HexGrid, SquareGrid
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

    def assign(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """(n) number of the county cell of each point, -1 where none."""
        cell = self.grid.assign(x_m, y_m)
        numbered: npt.NDArray[np.int32] = np.where(cell == OUTSIDE, OUTSIDE, self.number[cell])
        return numbered

    def drawn(self, table: pd.DataFrame, chosen: npt.NDArray[np.bool_]) -> gpd.GeoDataFrame:
        """The chosen rows of a table of all county cells, as polygons."""
        cells = gpd.GeoDataFrame(
            table[chosen].reset_index(drop=True),
            geometry=self.grid.polygons(np.flatnonzero(self.inside)[chosen]),
            crs=self.metric_crs,
        )
        return cells.to_crs(WGS84)


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
    area, around = cases.area_m(units), cases.boundary_m
    bounds: Bounds = tuple(shapely.bounds(around).tolist())
    return _county_cells(area, bounds, float(cell_m), shape, str(cases.region.metric_crs))


@lru_cache(maxsize=8)
def _county_cells(
    area: shapely.Geometry, bounds: Bounds, cell_m: float, shape: Shape, metric_crs: str
) -> CountyCells:
    kind = SquareGrid if shape == "square" else HexGrid
    # All cells of one county share one origin, whichever units are chosen.
    grid = kind.covering(bounds, cell_m=cell_m)
    inside = shapely.contains_xy(area, grid.centres_m())
    if not inside.any():
        inside = grid.touching(area)
    return CountyCells(grid=grid, inside=inside, metric_crs=metric_crs)

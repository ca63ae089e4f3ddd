"""Points to units, exactly and fast.

A label raster answers every point whose cell lies wholly inside one unit (or
wholly outside all) by table look-up; only points in border cells take an
exact test against the units whose envelopes hold them. The raster is refined as a quadtree along the
borders, so it costs O(border length / cell) to build, and a point costs one
gather. The result equals ``geopandas.sjoin(predicate="intersects")``, with
points on a shared border given to the first unit in frame order.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.compiled import compiled

OUTSIDE = -1
_BORDER = -2
_ROOT_CELLS = 16  # boxes per side before refinement
_REFINEMENTS = 5  # 16 · 2⁵ = 512 label cells per side: 1 MB


class UnitIndex:
    """Exact point-in-unit look-up for one fixed set of polygons.

    Parameters
    ----------
    units
        (n) polygons, in any one CRS; ``assign`` takes coordinates in the same CRS.
    """

    def __init__(self, units: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
        self._polygons = np.asarray(units.geometry.values)
        # Prepared, a polygon answers in the logarithm of its vertices. The first answer
        # completes the preparation: later ones may come from several threads at once.
        shapely.prepare(self._polygons)
        shapely.intersects(self._polygons, shapely.point_on_surface(self._polygons))
        self._tree = shapely.STRtree(self._polygons)
        self._cells = _ROOT_CELLS << _REFINEMENTS
        if len(self._polygons):
            west, south, east, north = shapely.total_bounds(self._polygons)
        else:
            west = south = east = north = 0.0
        # A hair wider than the bounds, so that points on the outer edge have a cell.
        margin_x, margin_y = (east - west) * 1e-6 + 1e-9, (north - south) * 1e-6 + 1e-9
        self._west, self._south = west - margin_x, south - margin_y
        self._width = east + margin_x - self._west
        self._height = north + margin_y - self._south
        self._labels = self._label_cells()

    def assign(self, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Position of the unit that holds each point.

        Parameters
        ----------
        x, y
            (m) coordinates in the units' CRS; NaN is outside.

        Returns
        -------
        (m) int32 array of positions in the frame, :data:`OUTSIDE` (-1) where none.
        """
        x = np.ascontiguousarray(x, dtype=np.float64)
        y = np.ascontiguousarray(y, dtype=np.float64)
        if not len(self._polygons):
            return np.full(len(x), OUTSIDE, dtype=np.int32)
        found = _look_up(
            x,
            y,
            self._west,
            self._south,
            self._cells / self._width,
            self._cells / self._height,
            self._labels,
        )
        doubtful = np.flatnonzero(found == _BORDER)
        found[doubtful] = self._test_exactly(x[doubtful], y[doubtful])
        return found

    def _test_exactly(
        self, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.int32]:
        point, unit = self._tree.query(shapely.points(x, y))
        is_in = shapely.intersects_xy(self._polygons[unit], x[point], y[point])
        found = np.full(len(x), np.iinfo(np.int32).max, dtype=np.int32)
        np.minimum.at(found, point[is_in], unit[is_in].astype(np.int32))
        return np.where(found == np.iinfo(np.int32).max, OUTSIDE, found).astype(np.int32)

    def _label_cells(self) -> npt.NDArray[np.int32]:
        labels = np.full((self._cells, self._cells), OUTSIDE, dtype=np.int32)
        if not len(self._polygons):
            return labels
        side = self._cells // _ROOT_CELLS
        rows, columns = (
            axis.ravel() * side
            for axis in np.indices((_ROOT_CELLS, _ROOT_CELLS), dtype=np.int64)
        )
        while True:
            owner = self._owner_of_boxes(rows, columns, side)
            for row, column, unit in zip(rows, columns, owner, strict=True):
                labels[row : row + side, column : column + side] = unit
            border = owner == _BORDER
            if side == 1 or not border.any():
                return labels
            side //= 2
            rows, columns = rows[border], columns[border]
            rows = np.concatenate([rows, rows, rows + side, rows + side])
            columns = np.concatenate([columns, columns + side, columns, columns + side])

    def _owner_of_boxes(
        self, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], side: int
    ) -> npt.NDArray[np.int32]:
        step_x, step_y = self._width / self._cells, self._height / self._cells
        # Boxes overlap their neighbours by a hair: a point that floating-point
        # division puts one cell off still gets the right answer.
        slack_x, slack_y = step_x * 1e-6, step_y * 1e-6
        boxes = shapely.box(
            self._west + columns * step_x - slack_x,
            self._south + rows * step_y - slack_y,
            self._west + (columns + side) * step_x + slack_x,
            self._south + (rows + side) * step_y + slack_y,
        )
        touching = np.bincount(
            self._tree.query(boxes, predicate="intersects")[0], minlength=len(boxes)
        )
        within, unit = self._tree.query(boxes, predicate="covered_by")
        owner = np.where(touching == 0, OUTSIDE, _BORDER).astype(np.int32)
        # Wholly inside one unit and touching no other: the raster may answer alone.
        sole = touching[within] == 1
        owner[within[sole]] = unit[sole]
        return owner


@compiled
def _look_up(
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    west: float,
    south: float,
    cells_per_x: float,
    cells_per_y: float,
    labels: npt.NDArray[np.int32],
) -> npt.NDArray[np.int32]:
    rows, columns = labels.shape
    found = np.full(len(x), OUTSIDE, dtype=np.int32)
    for i in range(len(x)):
        column, row = (x[i] - west) * cells_per_x, (y[i] - south) * cells_per_y
        # Written so that NaN falls outside.
        if 0 <= column < columns and 0 <= row < rows:
            found[i] = labels[int(row), int(column)]
    return found

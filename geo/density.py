"""Kernel density in events per km²: binned, edge-corrected and per head.

Points are spread linearly over the four nearest cells (linear binning, Wand 1994,
doi:10.1080/10618600.1994.10474656) and convolved with a radial kernel by FFT, so a
surface costs O(n + cells · log cells) whatever the bandwidth. The discrete kernel sums to
one: every event inside the grid adds exactly one to the integral, less what the kernel
carries over the grid's edge. With a boundary each event is divided by the part of its
kernel that lies inside (Diggle 1985, doi:10.2307/2347366), so nothing is lost there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.ndimage import map_coordinates

from geo.compiled import compiled
from geo.errors import FrameError

Floats = npt.NDArray[np.float64]
Kernel = Literal["quartic", "epanechnikov", "gaussian"]

PER_PEOPLE = 10_000.0

_ROUNDING = 1e-9  # of the area of a block: what clipping may lose
GAUSSIAN_REACH = 4.0  # bandwidths; beyond it lies 0.03 % of the mass


@dataclass(frozen=True, kw_only=True)
class DensityGrid:
    """A density surface on square cells.

    Parameters
    ----------
    values
        (rows, columns) events per km²; row 0 is the southernmost.
    west_m, south_m
        Outer corner of cell (0, 0) in the metric CRS.
    cell_m
        Side of a cell.
    bandwidth_m
        Radius of the kernel (standard deviation for the Gaussian); the geometric mean
        where it adapts.
    count
        Number of events (or sum of weights) inside the grid.
    """

    values: Floats
    west_m: float
    south_m: float
    cell_m: float
    bandwidth_m: float
    count: float

    def sample(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> Floats:
        """Bilinear density at points of any shape (a scalar gives one value); zero outside."""
        column = (np.atleast_1d(x_m).astype(float) - self.west_m) / self.cell_m - 0.5
        row = (np.atleast_1d(y_m).astype(float) - self.south_m) / self.cell_m - 0.5
        sampled: Floats = map_coordinates(
            self.values, np.stack([row, column]), order=1, mode="constant", cval=0.0
        )
        return sampled


@dataclass(frozen=True, kw_only=True, eq=False)
class Interior:
    """How much of a grid lies inside a boundary: measured once, used for many surfaces.

    Parameters
    ----------
    covered
        (rows, columns) share of each cell's area inside, see :func:`inside_share`.
    mass
        (rows, columns) part of a kernel at each cell that lies inside.
    """

    covered: Floats
    mass: Floats

    @classmethod
    def of(
        cls,
        boundary: shapely.Geometry,
        *,
        bounds_m: tuple[float, float, float, float],
        cell_m: float,
        bandwidth_m: float,
        kernel: Kernel = "quartic",
    ) -> Interior:
        """Inside a polygon, for surfaces of :func:`density_grid` with the same options."""
        shape = grid_shape(bounds_m, cell_m)
        covered = inside_share(boundary, bounds_m[0], bounds_m[1], cell_m, shape)
        return cls(
            covered=covered,
            mass=_convolved(covered, _kernel_weights(kernel, bandwidth_m / cell_m)),
        )


def density_grid(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    *,
    bounds_m: tuple[float, float, float, float],
    cell_m: float,
    bandwidth_m: float,
    kernel: Kernel = "quartic",
    weights: npt.ArrayLike | None = None,
    boundary: shapely.Geometry | None = None,
    interior: Interior | None = None,
) -> DensityGrid:
    """Kernel density of points on a grid covering ``bounds_m``.

    Parameters
    ----------
    x_m, y_m
        (n) coordinates in a metric CRS; points outside the grid do not count.
    bounds_m
        (west, south, east, north), widened east and north to whole cells.
    cell_m, bandwidth_m
        Metres; ``cell_m`` should be at most a quarter of ``bandwidth_m``.
    weights
        (n) weights, one each by default.
    boundary
        Polygon of the county in the same CRS: points outside do not count, each event
        inside spreads inside only, and cells without area inside are zero.
    interior
        In place of a boundary, where it is known with these options which points lie inside:
        the caller leaves out those that do not.

    Raises
    ------
    FrameError
        When the bounds are empty, the cell is not positive or wider than the bandwidth, or
        the interior belongs to another grid.
    """
    x, y, weight, shape = _prepared(x_m, y_m, weights, bounds_m, cell_m, bandwidth_m)
    west, south = bounds_m[:2]
    if boundary is not None:
        shapely.prepare(boundary)
        within = shapely.intersects_xy(boundary, x, y)
        x, y, weight = x[within], y[within], weight[within]
        interior = Interior.of(
            boundary, bounds_m=bounds_m, cell_m=cell_m, bandwidth_m=bandwidth_m, kernel=kernel
        )
    if interior is not None and interior.covered.shape != shape:
        raise FrameError("the interior belongs to another grid; measure it with these options")
    counts = np.zeros(shape)
    _bin_linearly((x - west) / cell_m, (y - south) / cell_m, weight, counts)
    if interior is not None:
        # Linear binning may put part of a border event into a cell wholly outside.
        np.divide(counts, interior.mass, out=counts, where=interior.mass > 1e-6)
    spread = _convolved(counts, _kernel_weights(kernel, bandwidth_m / cell_m))
    # FFT round-off leaves ±1e-15 where nothing is: an empty map must be exactly empty.
    spread[spread < 1e-9] = 0.0
    if interior is not None:
        spread *= interior.covered > 0
    return DensityGrid(
        values=spread / (cell_m / 1000.0) ** 2,
        west_m=west,
        south_m=south,
        cell_m=cell_m,
        bandwidth_m=bandwidth_m,
        count=float(weight.sum()),
    )


def risk_adjusted(
    events: DensityGrid,
    exposure: DensityGrid,
    *,
    least_exposure: float,
    per: float = PER_PEOPLE,
) -> DensityGrid:
    """Events per ``per`` people (or other exposure): the ratio of two densities.

    Parameters
    ----------
    events, exposure
        Surfaces on one grid with one bandwidth; exposure by weights, for example
        residents of each village.
    least_exposure
        Exposure per km² below which the ratio is NaN: too few people for a rate.

    Raises
    ------
    FrameError
        When the two surfaces do not share grid and bandwidth.
    """
    frames = [
        (grid.values.shape, grid.west_m, grid.south_m, grid.cell_m, grid.bandwidth_m)
        for grid in (events, exposure)
    ]
    if frames[0] != frames[1]:
        raise FrameError(
            "events and exposure must share grid and bandwidth; compute both alike"
        )
    known = exposure.values >= max(least_exposure, np.finfo(float).tiny)
    ratio = np.full(events.values.shape, np.nan)
    np.divide(events.values * per, exposure.values, out=ratio, where=known)
    return replace(events, values=ratio)


def inside_share(
    boundary: shapely.Geometry,
    west_m: float,
    south_m: float,
    cell_m: float,
    shape: tuple[int, int],
) -> npt.NDArray[np.float64]:
    """(rows, columns) exact share of each cell's area that lies inside the boundary.

    Blocks of cells that the border crosses are quartered with the piece of the polygon in
    them, so the cost follows the length of the border and not the number of cells.
    """
    rows, columns = shape
    share = np.zeros(shape)
    side = 1 << max(rows - 1, columns - 1, 1).bit_length()
    row, column = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    pieces = np.array([boundary], dtype=object)
    while len(pieces):
        west, south = west_m + column * cell_m, south_m + row * cell_m
        boxes = shapely.box(west, south, west + side * cell_m, south + side * cell_m)
        pieces = shapely.intersection(pieces, boxes)
        area = shapely.area(pieces) / (side * cell_m) ** 2
        is_whole = area > 1 - _ROUNDING
        for at, to in zip(row[is_whole].tolist(), column[is_whole].tolist(), strict=True):
            share[at : at + side, to : to + side] = 1.0
        crossed = (area > 0) & ~is_whole
        if side == 1:
            share[row[crossed], column[crossed]] = area[crossed]
            break
        side //= 2
        row = (row[crossed] + side * np.array([[0], [0], [1], [1]])).ravel()
        column = (column[crossed] + side * np.array([[0], [1], [0], [1]])).ravel()
        pieces = np.tile(pieces[crossed], 4)
        in_grid = (row < rows) & (column < columns)
        row, column, pieces = row[in_grid], column[in_grid], pieces[in_grid]
    return share


def _prepared(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    weights: npt.ArrayLike | None,
    bounds_m: tuple[float, float, float, float],
    cell_m: float,
    bandwidth_m: float,
) -> tuple[Floats, Floats, Floats, tuple[int, int]]:
    """Points inside the grid with their weights, and the grid's shape."""
    shape = grid_shape(bounds_m, cell_m)
    if cell_m > bandwidth_m:
        raise FrameError(
            f"cell_m = {cell_m} must be positive and not wider than bandwidth_m = {bandwidth_m}"
        )
    x, y = np.asarray(x_m, dtype=float), np.asarray(y_m, dtype=float)
    weight = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    inside = inside_grid(x, y, bounds_m, cell_m, shape)
    if not inside.all():
        x, y, weight = x[inside], y[inside], weight[inside]
    return x, y, weight, shape


def inside_grid(
    x: Floats,
    y: Floats,
    bounds_m: tuple[float, float, float, float],
    cell_m: float,
    shape: tuple[int, int],
) -> npt.NDArray[np.bool_]:
    """(n) whether each point lies on the grid."""
    west, south = bounds_m[:2]
    inside: npt.NDArray[np.bool_] = (x >= west) & (x < west + shape[1] * cell_m)
    inside &= (y >= south) & (y < south + shape[0] * cell_m)
    return inside


def grid_shape(bounds_m: tuple[float, float, float, float], cell_m: float) -> tuple[int, int]:
    """Rows and columns of cells that cover the bounds; FrameError when there are none."""
    west, south, east, north = bounds_m
    if not (east > west and north > south):
        raise FrameError(f"the bounds {bounds_m} are empty; give west < east and south < north")
    if not cell_m > 0:
        raise FrameError(f"cell_m = {cell_m} must be positive and not wider than the bandwidth")
    return int(np.ceil((north - south) / cell_m)), int(np.ceil((east - west) / cell_m))


@compiled
def _bin_linearly(column: Floats, row: Floats, weight: Floats, counts: Floats) -> None:
    """Share each point among the four cell centres around it, in proportion to nearness."""
    rows, columns = counts.shape
    for i in range(len(column)):
        left, low = np.floor(column[i] - 0.5), np.floor(row[i] - 0.5)
        along, up = column[i] - 0.5 - left, row[i] - 0.5 - low
        # The outermost half cell has no centre beyond it: keep its mass inside.
        west, east = max(int(left), 0), min(int(left) + 1, columns - 1)
        south, north = max(int(low), 0), min(int(low) + 1, rows - 1)
        counts[south, west] += weight[i] * (1 - up) * (1 - along)
        counts[south, east] += weight[i] * (1 - up) * along
        counts[north, west] += weight[i] * up * (1 - along)
        counts[north, east] += weight[i] * up * along


def _convolved(values: Floats, weights: Floats) -> Floats:
    """Convolution with an odd, symmetric kernel, of the shape of ``values``."""
    rows, columns = (
        next_fast_len(size + reach - 1, real=True)
        for size, reach in zip(values.shape, weights.shape, strict=True)
    )
    product = rfft2(values, (rows, columns)) * rfft2(weights, (rows, columns))
    reach = weights.shape[0] // 2
    full: Floats = irfft2(product, (rows, columns))
    return full[reach : reach + values.shape[0], reach : reach + values.shape[1]]


def _kernel_weights(kernel: Kernel, bandwidth_cells: float) -> Floats:
    reach = int(np.ceil(bandwidth_cells * (GAUSSIAN_REACH if kernel == "gaussian" else 1.0)))
    offset = np.arange(-reach, reach + 1) / bandwidth_cells
    squared = offset[:, None] ** 2 + offset[None, :] ** 2
    if kernel == "gaussian":
        weights = np.exp(-squared / 2)
    else:
        weights = np.clip(1 - squared, 0, None) ** (2 if kernel == "quartic" else 1)
    normalised: Floats = weights / weights.sum()
    return normalised

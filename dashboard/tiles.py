"""Density as map tiles.

For each selection the density is computed once on a metric grid; a tile only samples that
grid, so its cost does not depend on the number of incidents. Web-Mercator pixels are
projected on a coarse lattice and interpolated between: over a tile the metric projection
bends by far less than one grid cell.
"""

from __future__ import annotations

import io
import math
import threading
from dataclasses import asdict, dataclass, replace
from functools import cache

import numpy as np
from PIL import Image
from pyproj import Transformer

from dashboard.frame import Frame
from dashboard.lru import ByteLru
from dashboard.palette import Theme, density_ramp
from dashboard.rows import rows_of
from data.derived.hotspots import density
from data.derived.results import Facts
from geo.crs import WGS84
from geo.density import DensityGrid, Kernel, density_grid
from geo.selection import IncidentSelection

TILE_PX = 512
MAX_ZOOM = 19
_LEVELS = 48
_BREAKS = 6
_LATTICE = 5  # points along a tile's side
_CELLS_PER_BANDWIDTH = 5
_MAX_CELLS = 4_000_000
_HALF_WORLD_M = math.pi * 6_378_137.0

_grids: ByteLru[DensityGrid] = ByteLru(192 << 20, lambda grid: int(grid.values.nbytes))
_measures: ByteLru[tuple[DensityGrid, Facts]] = ByteLru(
    192 << 20, lambda measured: int(measured[0].values.nbytes)
)
_sharp: ByteLru[np.ndarray] = ByteLru(32 << 20, lambda flags: int(flags.nbytes))
_breaks: ByteLru[tuple[float, ...]] = ByteLru(1 << 16, lambda _: 8 * _BREAKS)
_tiles: ByteLru[bytes] = ByteLru(64 << 20, len)
# Where the samples of a tile lie, the same for every selection: east and north in metres.
_positions: ByteLru[tuple[np.ndarray, np.ndarray]] = ByteLru(
    48 << 20, lambda pair: pair[0].nbytes + pair[1].nbytes
)
# Making a projection takes longer than drawing a tile, and pyproj makes it anew in every
# thread: what comes out of it is kept.
_projecting = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Surface:
    """How the density of the hot-spot page is made: see :func:`data.derived.hotspots.density`."""

    kernel: Kernel = "quartic"
    is_adaptive: bool = False
    per_people: bool = False


@dataclass(frozen=True, kw_only=True)
class HeatRequest:
    """What a family of tiles shows; without a ``surface`` the plain density."""

    selection: IncidentSelection
    bandwidth_m: float
    theme: Theme
    surface: Surface | None = None


def sharp_enough(frame: Frame, bandwidth_m: float) -> np.ndarray:
    """(n) placed and with the 95 % radius within the bandwidth; others would only blur."""
    key = (frame.region.digest, frame.version, bandwidth_m)
    return _sharp.get(
        key, lambda: (frame.columns.r95_m <= bandwidth_m) & np.isfinite(frame.x_m)
    )


def heat_grid(
    frame: Frame,
    selection: IncidentSelection,
    bandwidth_m: float,
    surface: Surface | None = None,
) -> DensityGrid:
    """Density of the selected, sharply placed incidents over the region; cached."""
    if surface is not None:
        return heat_measure(frame, selection, bandwidth_m, surface)[0]
    key = (frame.region.digest, frame.version, selection, bandwidth_m)
    return _grids.get(key, lambda: _compute_grid(frame, selection, bandwidth_m))


def heat_measure(
    frame: Frame, selection: IncidentSelection, bandwidth_m: float, surface: Surface
) -> tuple[DensityGrid, Facts]:
    """Density with the facts that belong beside it; cached. No rate counts as none."""
    key = (frame.region.digest, frame.version, selection, bandwidth_m, surface)

    def measure() -> tuple[DensityGrid, Facts]:
        grid, facts = density(
            frame.cases, selection, bandwidth_m=bandwidth_m, **asdict(surface)
        )
        return replace(grid, values=np.nan_to_num(grid.values)), facts

    return _measures.get(key, measure)


def _compute_grid(
    frame: Frame, selection: IncidentSelection, bandwidth_m: float
) -> DensityGrid:
    rows = rows_of(frame, selection)
    rows = rows[sharp_enough(frame, bandwidth_m)[rows]]
    west, south, east, north = _bounds_m(frame.region.bounds, str(frame.region.metric_crs))
    edge = bandwidth_m
    bounds = (west - edge, south - edge, east + edge, north + edge)
    area = (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])
    cell_m = max(bandwidth_m / _CELLS_PER_BANDWIDTH, math.sqrt(area / _MAX_CELLS))
    return density_grid(
        frame.x_m[rows],
        frame.y_m[rows],
        bounds_m=bounds,
        cell_m=min(cell_m, bandwidth_m),
        bandwidth_m=bandwidth_m,
    )


@cache
def _bounds_m(
    bounds: tuple[float, float, float, float], crs: str
) -> tuple[float, float, float, float]:
    with _projecting:
        to_metric = _projection(str(WGS84), crs)
        west, south, east, north = to_metric.transform_bounds(*bounds)
    return west, south, east, north


@cache
def _projection(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def heat_breaks(
    frame: Frame, bandwidth_m: float, surface: Surface | None = None
) -> tuple[float, ...]:
    """Densities (events per km², or per people) at equal steps along the colour ramp.

    Geometric, from half the peak of one lone event to the 99.9 % quantile of the unfiltered
    layer: fixed per data version, bandwidth and surface, so colours mean the same under every
    filter and a single event is never invisible. A rate starts at its middle instead.
    """
    key = (frame.region.digest, frame.version, bandwidth_m, surface)
    return _breaks.get(key, lambda: _compute_breaks(frame, bandwidth_m, surface))


def _compute_breaks(
    frame: Frame, bandwidth_m: float, surface: Surface | None
) -> tuple[float, ...]:
    values = heat_grid(frame, IncidentSelection(), bandwidth_m, surface).values
    if surface is not None and surface.per_people:
        some = values[values > 0]
        low, top = np.quantile(some, [0.5, 0.999]) if some.size else (1.0, 1.0)
        return tuple(np.geomspace(low, max(top, 4 * low), _BREAKS).tolist())
    peak_of_one = 3.0 / (math.pi * (bandwidth_m / 1000.0) ** 2)
    positive = values[values > 0.01 * peak_of_one]
    top = float(np.quantile(positive, 0.999)) if positive.size else 0.0
    low = peak_of_one / 2
    return tuple(np.geomspace(low, max(top, 16 * low), _BREAKS).tolist())


def heat_tile(frame: Frame, request: HeatRequest, z: int, x: int, y: int) -> bytes:
    """PNG of one tile (512 px, palette with transparency); cached."""
    key = (frame.region.digest, frame.version, request, z, x, y)
    return _tiles.get(key, lambda: _draw_tile(frame, request, z, x, y))


def _draw_tile(frame: Frame, request: HeatRequest, z: int, x: int, y: int) -> bytes:
    surface = request.surface
    grid = heat_grid(frame, request.selection, request.bandwidth_m, surface)
    samples = _samples(grid.cell_m, z)
    place = (str(frame.region.metric_crs), z, x, y, samples)
    east_m, north_m = _positions.get(place, lambda: _positions_m(*place))
    rows, columns = grid.values.shape
    if (
        east_m.max() < grid.west_m
        or north_m.max() < grid.south_m
        or east_m.min() > grid.west_m + columns * grid.cell_m
        or north_m.min() > grid.south_m + rows * grid.cell_m
    ):
        return BLANK_PNG
    # Below the lowest break the ramp fades out linearly to level 0.
    densities = np.concatenate([[0.0], heat_breaks(frame, request.bandwidth_m, surface)])
    steps = np.concatenate([[0.0], np.linspace(4, _LEVELS - 1, _BREAKS)])
    level = np.interp(grid.sample(east_m, north_m), densities, steps).astype(np.float32)
    if not level.any():
        return BLANK_PNG
    return _encode(level, request.theme)


def _samples(cell_m: float, z: int) -> int:
    """Samples along a tile's side: at least one per grid cell, never more than pixels."""
    # A tile is widest at the equator, so elsewhere this is on the dense side.
    side_m = 2 * _HALF_WORLD_M / (1 << z)
    return int(np.clip(math.ceil(side_m / cell_m), 8, TILE_PX))


def _positions_m(
    crs: str, z: int, x: int, y: int, samples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Metric coordinates of (samples, samples) cell centres of a tile."""
    ends = np.linspace(0.0, 1.0, _LATTICE)
    side = 2 * _HALF_WORLD_M / (1 << z)
    mercator_x, mercator_y = np.meshgrid(
        (x + ends) * side - _HALF_WORLD_M, _HALF_WORLD_M - (y + ends) * side
    )
    with _projecting:
        lattice = _projection("EPSG:3857", crs).transform(mercator_x, mercator_y)
    # Linear interpolation between lattice points, as two small matrix products; not by the
    # linear algebra library, whose threads would cost more than they save.
    at = (np.arange(samples) + 0.5) / samples * (_LATTICE - 1)
    weights = np.clip(1 - np.abs(at[:, None] - np.arange(_LATTICE)), 0, None)
    east, north = (
        np.einsum("rc,sc->rs", np.einsum("ri,ic->rc", weights, axis), weights)
        for axis in lattice
    )
    return east, north


def _encode(level: np.ndarray, theme: Theme) -> bytes:
    smooth = Image.fromarray(level).resize((TILE_PX, TILE_PX), Image.Resampling.BILINEAR)
    image = Image.fromarray(np.asarray(smooth).round().astype(np.uint8)).convert("P")
    ramp = density_ramp(theme, _LEVELS)
    image.putpalette(ramp[:, :3].tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", transparency=ramp[:, 3].tobytes(), compress_level=3)
    return file.getvalue()


def _blank() -> bytes:
    file = io.BytesIO()
    Image.new("LA", (1, 1)).save(file, "PNG")
    return file.getvalue()


BLANK_PNG = _blank()

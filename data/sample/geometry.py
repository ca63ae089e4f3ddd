"""Schematic township polygons from published facts alone: bounding boxes, seats, an outline.

Each unit bids for the cells of a 150 m raster with a super-elliptic distance stretched
over its bounding box. The stretch of each of its four sides is adjusted until the cells
it wins reach the box's side and no further. Borders are bent by smooth noise, cut into
arcs between junctions, smoothed arc by arc, and put together again, so that neighbours
share every vertex: no gaps, no overlaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from geo.crs import WGS84
from geo.errors import FrameError

CELL_LON, CELL_LAT = 0.0016, 0.00135  # degrees; about 148 m × 150 m
MARGIN_CELLS = 12
ROUNDS = 25
POWER = 2.5  # between an ellipse (2) and the full box (∞)
OUTSIDE_PENALTY = 2.0  # per cell beyond the box
SEAT_CELLS = 5  # every seat keeps a disc of this radius
TONGUE_CELLS = 2  # a unit is nowhere narrower than about 700 m
SMOOTHING_CELLS = 1.8
SIMPLIFY_DEG = 0.00035
DECIMALS = 5
KM_PER_DEGREE = 111.06  # mean of the two directions at 34° N, per degree of arc

Labels = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Raster:
    """Cell centres over the outline's bounds, one row per latitude from the south."""

    west: float
    south: float
    lon: Floats
    lat: Floats

    @classmethod
    def over(cls, bounds: tuple[float, float, float, float]) -> Raster:
        """A raster with a margin of ``MARGIN_CELLS`` around ``bounds`` in degrees."""
        west, south, east, north = bounds
        west, south = west - MARGIN_CELLS * CELL_LON, south - MARGIN_CELLS * CELL_LAT
        columns = np.arange(int((east - west) / CELL_LON) + MARGIN_CELLS + 1)
        rows = np.arange(int((north - south) / CELL_LAT) + MARGIN_CELLS + 1)
        lon, lat = np.meshgrid(
            west + (columns + 0.5) * CELL_LON, south + (rows + 0.5) * CELL_LAT
        )
        return cls(west, south, lon, lat)

    def label_at(self, labels: Labels, lon: float, lat: float) -> int:
        """The label of the cell that holds a point."""
        row, column = int((lat - self.south) / CELL_LAT), int((lon - self.west) / CELL_LON)
        return int(labels[row, column])


def draw_units(
    outline: pd.DataFrame,
    units: pd.DataFrame,
    *,
    area_km2: float,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Polygons of all units.

    Parameters
    ----------
    outline
        ``lon``, ``lat`` of a coarse ring around the county, degrees.
    units
        ``seat_lon``, ``seat_lat``, ``west``, ``south``, ``east``, ``north`` in degrees.
    area_km2
        Published area of the county; the ring is shrunk or widened to give it.
    rng
        Bends the borders.

    Returns
    -------
    EPSG:4326 polygons in the order of ``units``, 5 decimals, sharing every vertex.

    Raises
    ------
    FrameError
        When smoothing tore a unit apart; lower ``SMOOTHING_CELLS``.
    """
    ring = shapely.Polygon(outline[["lon", "lat"]].to_numpy())
    raster = Raster.over(ring.bounds)
    bent = _bent(raster, rng)
    inside = _county(ring, bent, area_km2=area_km2)
    labels = _bid(raster, bent, inside, units)
    arcs = _smooth_arcs(raster, labels)
    faces = shapely.get_parts(shapely.polygonize(arcs))
    points = shapely.point_on_surface(faces)
    owner = np.array([raster.label_at(labels, point.x, point.y) for point in points])
    if sorted(owner) != list(range(len(units))):
        raise FrameError(f"{len(faces)} faces for {len(units)} units; lower SMOOTHING_CELLS")
    return gpd.GeoDataFrame(units.copy(), geometry=faces[np.argsort(owner)], crs=WGS84)


def box_agreement(units: gpd.GeoDataFrame) -> Floats:
    """Intersection over union of each drawn and each published bounding box, (n,)."""
    drawn = shapely.box(*units.bounds.to_numpy().T)
    known = shapely.box(*units[["west", "south", "east", "north"]].to_numpy(dtype=float).T)
    shared = shapely.area(shapely.intersection(drawn, known))
    return np.asarray(shared / shapely.area(shapely.union(drawn, known)))


def _bent(raster: Raster, rng: np.random.Generator) -> Raster:
    """The raster's cell centres displaced by two octaves of smooth noise."""
    shape = raster.lon.shape

    def noise() -> Floats:
        coarse = ndimage.gaussian_filter(rng.standard_normal(shape), 9.0)
        fine = ndimage.gaussian_filter(rng.standard_normal(shape), 3.0)
        return np.asarray(1.5 * coarse / coarse.std() + 1.2 * fine / fine.std())

    return Raster(
        raster.west,
        raster.south,
        raster.lon + CELL_LON * noise(),
        raster.lat + CELL_LAT * noise(),
    )


def _county(ring: shapely.Polygon, bent: Raster, *, area_km2: float) -> NDArray[np.bool_]:
    """The county's cells: one piece without holes, of the wanted area."""
    cell_km2 = (KM_PER_DEGREE**2 * CELL_LON * CELL_LAT) * np.cos(np.radians(bent.lat))
    low, high = -0.01, 0.01
    while high - low > 1e-5:
        offset = (low + high) / 2
        moved = shapely.buffer(ring, offset)
        shapely.prepare(moved)
        drawn = shapely.contains_xy(moved, bent.lon, bent.lat)
        pieces, _ = ndimage.label(ndimage.binary_fill_holes(drawn))
        largest = np.asarray(pieces == np.bincount(pieces[pieces > 0]).argmax())
        if cell_km2[largest].sum() > area_km2:
            high = offset
        else:
            low = offset
    return largest


def _bid(
    raster: Raster, bent: Raster, inside: NDArray[np.bool_], units: pd.DataFrame
) -> Labels:
    """Label of every cell (-1 outside), each unit one connected piece."""
    box = units[["west", "south", "east", "north"]].to_numpy(dtype=float)
    centre = np.column_stack([box[:, [0, 2]].mean(axis=1), box[:, [1, 3]].mean(axis=1)])
    # Half-extents toward west, south, east and north.
    reach = np.abs(box - np.tile(centre, 2))
    seats = units[["seat_lon", "seat_lat"]].to_numpy(dtype=float)
    lon, lat = bent.lon[inside], bent.lat[inside]
    true_lon, true_lat = raster.lon[inside], raster.lat[inside]
    # Box sides bend less than free borders: they are published to a hundred metres.
    side_lon, side_lat = (0.6 * true_lon + 0.4 * lon), (0.6 * true_lat + 0.4 * lat)
    dx, dy = lon[:, None] - centre[:, 0], lat[:, None] - centre[:, 1]
    beyond = np.maximum(
        np.maximum(box[:, 0] - side_lon[:, None], side_lon[:, None] - box[:, 2]) / CELL_LON,
        np.maximum(box[:, 1] - side_lat[:, None], side_lat[:, None] - box[:, 3]) / CELL_LAT,
    )
    penalty = OUTSIDE_PENALTY * np.clip(beyond, 0.0, None)
    to_seat = np.hypot(
        (true_lon[:, None] - seats[:, 0]) / CELL_LON,
        (true_lat[:, None] - seats[:, 1]) / CELL_LAT,
    )
    penalty[to_seat < SEAT_CELLS] -= 1e6

    best: tuple[float, Labels] | None = None
    stretch = np.ones_like(reach)
    for _ in range(ROUNDS):
        half = reach * stretch
        a = np.where(dx < 0, half[:, 0], half[:, 2])
        b = np.where(dy < 0, half[:, 1], half[:, 3])
        cost = np.abs(dx / a) ** POWER + np.abs(dy / b) ** POWER + penalty
        labels = np.full(inside.shape, -1, dtype=np.int32)
        labels[inside] = np.argmin(cost, axis=1)
        labels = _connected(raster, labels, seats)
        extent = _extents(raster, labels, len(units))
        agreement = box_agreement(
            gpd.GeoDataFrame(units, geometry=shapely.box(*extent.T), crs=WGS84)
        ).mean()
        if best is None or agreement > best[0]:
            best = (float(agreement), labels)
        reached = np.abs(extent - np.tile(centre, 2)) / reach
        stretch = np.clip(stretch * np.clip(1.0 / reached, 0.5, 2.0) ** 0.6, 0.4, 2.5)
    if best is None:
        raise FrameError("ROUNDS must be positive")
    trimmed = _connected(raster, best[1], seats, tongue_cells=TONGUE_CELLS)
    return _connected(raster, trimmed, seats)


def _connected(
    raster: Raster, labels: Labels, seats: Floats, *, tongue_cells: int = 0
) -> Labels:
    """Give stray pieces to their neighbours, keeping the piece that holds the seat.

    Tongues narrower than ``2 · tongue_cells + 1`` cells count as stray.
    """
    reach = np.arange(-tongue_cells, tongue_cells + 1)
    disc = np.hypot(*np.meshgrid(reach, reach)) <= tongue_cells + 0.3
    kept = np.full_like(labels, -2)
    kept[labels == -1] = -1
    for unit, (lon, lat) in enumerate(seats):
        own = labels == unit
        pieces, _ = ndimage.label(ndimage.binary_opening(own, disc) if tongue_cells else own)
        kept[pieces == raster.label_at(pieces, lon, lat)] = unit
    stray = kept == -2
    if stray.any():
        row, column = ndimage.distance_transform_edt(
            kept < 0, return_distances=False, return_indices=True
        )
        kept[stray] = kept[row[stray], column[stray]]
    return kept


def _extents(raster: Raster, labels: Labels, n: int) -> Floats:
    """West, south, east, north of every label, (n, 4) degrees."""
    extents = np.empty((n, 4))
    for unit, window in enumerate(ndimage.find_objects(labels + 1, max_label=n)):
        rows, columns = window
        extents[unit] = (
            raster.west + columns.start * CELL_LON,
            raster.south + rows.start * CELL_LAT,
            raster.west + columns.stop * CELL_LON,
            raster.south + rows.stop * CELL_LAT,
        )
    return extents


def _smooth_arcs(raster: Raster, labels: Labels) -> Any:
    """The borders between labels as smoothed arcs from junction to junction."""
    row, column = np.nonzero(labels[:, 1:] != labels[:, :-1])
    upright = np.stack([column + 1, row, column + 1, row + 1], axis=1)
    row, column = np.nonzero(labels[1:, :] != labels[:-1, :])
    level = np.stack([column, row + 1, column + 1, row + 1], axis=1)
    segments = np.concatenate([upright, level]).reshape(-1, 2, 2).astype(float)
    arcs = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(
        shapely.linestrings(segments)
    )))  # fmt: skip
    origin, cell = np.array([raster.west, raster.south]), np.array([CELL_LON, CELL_LAT])
    smoothed = []
    for arc in arcs:
        points = _smoothed(shapely.get_coordinates(arc))
        line = shapely.simplify(shapely.LineString(points * cell + origin), SIMPLIFY_DEG)
        smoothed.append(shapely.LineString(shapely.get_coordinates(line).round(DECIMALS)))
    return smoothed


def _smoothed(points: Floats) -> Floats:
    """Gaussian smoothing of a polyline; its two ends stay where they are."""
    steps = len(points) - 1
    sigma = min(SMOOTHING_CELLS, steps / 4)
    if steps < 3:
        return points
    pad = min(steps, int(4 * sigma) + 1)
    before = 2 * points[0] - points[pad:0:-1]
    after = 2 * points[-1] - points[-2 : -pad - 2 : -1]
    padded = np.concatenate([before, points, after])
    smooth = ndimage.gaussian_filter1d(padded, sigma, axis=0)[pad : pad + len(points)]
    smooth[[0, -1]] = points[[0, -1]]
    return np.asarray(smooth)

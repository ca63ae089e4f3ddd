"""A synthetic county of 60 × 45 km: points, units, roads and incidents, all seeded."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geo.grid import SquareGrid
from geo.selection import IncidentColumns
from geo.vocabulary import CATEGORY_CODES

CRS = "EPSG:4547"
WIDTH_M, HEIGHT_M = 60_000.0, 45_000.0
BOUNDS = (0.0, 0.0, WIDTH_M, HEIGHT_M)
UNITS = 26
FIRST_DAY, DAYS = 16_436, 3_650


def points(n: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """300 Gaussian clusters of very unequal size, and a fifth of the points anywhere.

    Of a dozen seeds, the default has the median of the largest counts per cell.
    """
    rng = np.random.default_rng(seed)
    weight = rng.pareto(1.2, 300)
    middle = rng.uniform((0, 0), (WIDTH_M, HEIGHT_M), (300, 2))
    spread = rng.uniform(150, 800, 300)
    # The clusters are drawn first: more points are more of the same county.
    cluster = rng.choice(300, n, p=weight / weight.sum())
    xy = rng.normal(0, 1, (n, 2))
    xy *= spread[cluster, None]
    xy += middle[cluster]
    is_outside = (xy <= 0).any(axis=1) | (xy >= [WIDTH_M, HEIGHT_M]).any(axis=1)
    anywhere = np.flatnonzero(is_outside | (rng.random(n) < 0.2))
    xy[anywhere] = rng.uniform((0, 0), (WIDTH_M, HEIGHT_M), (len(anywhere), 2))
    return xy[:, 0].copy(), xy[:, 1].copy()


def grid(cell_m: float) -> SquareGrid:
    return SquareGrid(
        west_m=0.0,
        south_m=0.0,
        cell_m=cell_m,
        rows=round(HEIGHT_M / cell_m),
        columns=round(WIDTH_M / cell_m),
    )


def units() -> gpd.GeoDataFrame:
    """26 townships of some 700 vertices each that share their winding borders."""
    seeds = np.random.default_rng(0).uniform((0, 0), (WIDTH_M, HEIGHT_M), (UNITS, 2))
    county = shapely.box(*BOUNDS)
    cells = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=county)
    straight = shapely.intersection(shapely.get_parts(cells), county)
    winding = shapely.transform(shapely.segmentize(straight, 60.0), _wind)
    return gpd.GeoDataFrame(geometry=winding, crs=CRS)


def _wind(xy: np.ndarray) -> np.ndarray:
    x, y = xy.T
    return np.column_stack(
        [
            x + 300 * np.sin(x / 900 + y / 700) + 60 * np.sin(y / 110),
            y + 300 * np.sin(x / 800 - y / 1000) + 60 * np.sin(x / 130),
        ]
    )


def roads(count: int = 650, pieces: int = 40, step_m: float = 150.0) -> np.ndarray:
    """Winding lines, by default 650 of 6 km each: 26,000 segments, 1.4 km of road per km²."""
    rng = np.random.default_rng(3)
    heading = rng.uniform(0, 2 * np.pi, (count, 1))
    heading = heading + np.cumsum(rng.normal(0, 0.08, (count, pieces)), axis=1)
    start = rng.uniform((0, 0), (WIDTH_M, HEIGHT_M), (count, 1, 2))
    steps = step_m * np.stack([np.cos(heading), np.sin(heading)], axis=2)
    xy = np.concatenate([start, start + np.cumsum(steps, axis=1)], axis=1)
    return shapely.linestrings(xy)


def streets(columns: int = 114, rows: int = 114, block_m: float = 400.0) -> gpd.GeoSeries:
    """A grid of streets split at its junctions: 25,764 sections by default."""
    column, row = (axis.ravel() for axis in np.indices((columns, rows)))
    at = np.column_stack([column, row]) * block_m
    east, north = np.array([block_m, 0.0]), np.array([0.0, block_m])
    across = np.stack([at, at + east], axis=1)[column < columns - 1]
    up = np.stack([at, at + north], axis=1)[row < rows - 1]
    return gpd.GeoSeries(shapely.linestrings(np.concatenate([across, up])), crs=CRS)


def incidents(n: int) -> IncidentColumns:
    """Ten years of incidents of all kinds in the 26 units."""
    rng = np.random.default_rng(2)
    zeros = np.zeros(n, dtype=np.uint8)
    return IncidentColumns(
        incident_id=np.arange(n),
        category=rng.integers(0, len(CATEGORY_CODES), n, dtype=np.uint8),
        severity=zeros,
        day=np.sort(rng.integers(FIRST_DAY, FIRST_DAY + DAYS, n, dtype=np.int32)),
        hour=zeros,
        unit=rng.integers(-1, UNITS, n, dtype=np.int16),
        match=zeros,
        lon=zeros,
        lat=zeros,
        r95_m=zeros,
        deaths=zeros,
        injured=zeros,
        unit_codes=tuple(f"unit{number:02d}" for number in range(UNITS)),
    )

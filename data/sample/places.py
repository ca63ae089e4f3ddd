"""Schematic gazetteer: villages spread over their township, seats, crossings, landmarks."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.crs import WGS84

CANDIDATES = 4000
RELAXATIONS = 12
TOWN_PULL = 5.0  # density at a seat over density in open country
TOWN_RADIUS_M = 1300.0
DECIMALS = 5
COMMUNITY = r"(?:社区居民委员会|社区居委会|居委会)$"

Floats = NDArray[np.float64]


def place_villages(
    villages: pd.DataFrame,
    units: gpd.GeoDataFrame,
    *,
    metric_crs: str,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Spread the villages of each unit evenly over it, denser around the seat.

    Communities (社区) take the points nearest to the seat, villages the others.

    Parameters
    ----------
    villages
        ``code`` (12 digits, the first nine are the unit's) and full ``name``.
    units
        EPSG:4326, with ``unit_code``, ``seat_lon``, ``seat_lat``.

    Returns
    -------
    ``place_code, name, unit_code, kind, aliases, lon, lat`` in the order given.
    """
    metric = units.to_crs(metric_crs)
    seats = gpd.points_from_xy(units["seat_lon"], units["seat_lat"], crs=WGS84)
    seat_xy = shapely.get_coordinates(seats.to_crs(metric_crs))
    is_community = villages["name"].str.contains(COMMUNITY)
    unit_of = villages["code"].str[:9]
    x, y = np.empty(len(villages)), np.empty(len(villages))
    for code, polygon, seat in zip(units["unit_code"], metric.geometry, seat_xy, strict=True):
        rows = np.flatnonzero(unit_of == code)
        points = _spread(polygon, seat, len(rows), rng)
        near_first = points[np.argsort(np.hypot(*(points - seat).T))]
        towns = int(is_community.iloc[rows].sum())
        rest = rng.permutation(near_first[towns:])
        order = np.concatenate(
            [
                rows[is_community.iloc[rows].to_numpy()],
                rows[~is_community.iloc[rows].to_numpy()],
            ]
        )
        x[order], y[order] = np.concatenate([near_first[:towns], rest]).T
    points = gpd.points_from_xy(x, y, crs=metric_crs).to_crs(WGS84)
    stem = villages["name"].str.replace(COMMUNITY, "", regex=True)
    stem = stem.str.replace(r"村委会$", "", regex=True)
    as_village = stem.where(stem.str.endswith("村"), stem + "村")
    return pd.DataFrame(
        {
            "place_code": villages["code"],
            "name": as_village.where(~is_community, stem + "社区"),
            "unit_code": unit_of,
            "kind": np.where(is_community, "community", "village"),
            "aliases": as_village.where(is_community, ""),
            "lon": shapely.get_x(points).round(DECIMALS),
            "lat": shapely.get_y(points).round(DECIMALS),
        }
    )


def _spread(
    polygon: shapely.Geometry, seat: Floats, n: int, rng: np.random.Generator
) -> Floats:
    """n points (n, 2) in metres: weighted Lloyd relaxation of random candidates."""
    west, south, east, north = polygon.bounds
    inner = shapely.buffer(polygon, -120.0)
    drawn = rng.uniform((west, south), (east, north), (CANDIDATES * 4, 2))
    drawn = drawn[shapely.contains_xy(inner, drawn[:, 0], drawn[:, 1])][:CANDIDATES]
    pull = np.exp(-((np.hypot(*(drawn - seat).T) / TOWN_RADIUS_M) ** 2))
    weight = 1.0 + (TOWN_PULL - 1.0) * pull
    points = drawn[rng.choice(len(drawn), n, replace=False, p=weight / weight.sum())]
    for _ in range(RELAXATIONS):
        _, owner = cKDTree(points).query(drawn)
        mass = np.bincount(owner, weight, minlength=n)
        for axis in (0, 1):
            points[:, axis] = np.bincount(owner, weight * drawn[:, axis], minlength=n) / mass
    # A centroid may fall outside a crooked unit: take the nearest candidate instead.
    outside = ~shapely.contains_xy(inner, points[:, 0], points[:, 1])
    points[outside] = drawn[cKDTree(drawn).query(points[outside])[1]]
    return np.asarray(points)

"""Schematic roads: routes through way-points, and the streets of the county town."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from data.region_layers import ROAD_COLUMNS
from geo.crs import WGS84

STEP_M = 200.0
SIMPLIFY_M = 12.0
DECIMALS = 5
TOWN_CENTRE = (113.4649, 34.1557)
TOWN_ROTATION_DEG = 4.0

Floats = NDArray[np.float64]


def draw_roads(
    routes: pd.DataFrame,
    streets: pd.DataFrame,
    county: shapely.Geometry,
    *,
    metric_crs: str,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """All routes and streets inside the county.

    Parameters
    ----------
    routes
        ``route_code, name, road_class, aliases, stake_from_m, via``; ``via`` holds
        ``lon lat`` pairs in degrees joined by ``;``, in the direction of the stakes.
    streets
        ``route_code, name, aliases, axis, offset_m, from_m, to_m`` on a grid of metres
        around :data:`TOWN_CENTRE`.
    county
        Polygon in ``metric_crs``; routes end at its border. Streets carry no stakes.
    rng
        Bends the lines.

    Returns
    -------
    EPSG:4326 with the columns of a region pack's roads.
    """
    lines, to_stake = [], []
    for via, stake_from_m in zip(routes["via"], routes["stake_from_m"], strict=True):
        way = np.array([pair.split() for pair in via.split(";")], dtype=float)
        points = gpd.points_from_xy(way[:, 0], way[:, 1], crs=WGS84).to_crs(metric_crs)
        line = _curve(shapely.get_coordinates(points), rng)
        inside = shapely.get_parts(shapely.intersection(line, county))
        longest = inside[np.argmax(shapely.length(inside))]
        lines.append(longest)
        to_stake.append(stake_from_m + round(float(shapely.length(longest))))
    through = routes.assign(stake_to_m=to_stake)

    centre = gpd.points_from_xy([TOWN_CENTRE[0]], [TOWN_CENTRE[1]], crs=WGS84)
    origin = shapely.get_coordinates(centre.to_crs(metric_crs))[0]
    lines += [
        _street(axis, offset_m, from_m, to_m, origin)
        for axis, offset_m, from_m, to_m in zip(
            streets["axis"],
            streets["offset_m"],
            streets["from_m"],
            streets["to_m"],
            strict=True,
        )
    ]
    town = streets.assign(road_class="street", stake_from_m=np.nan, stake_to_m=np.nan)
    table = pd.concat([through, town], ignore_index=True)[list(ROAD_COLUMNS)]
    frame = gpd.GeoDataFrame(
        table, geometry=shapely.simplify(lines, SIMPLIFY_M), crs=metric_crs
    ).to_crs(WGS84)
    frame["geometry"] = shapely.transform(
        frame.geometry.to_numpy(), lambda xy: xy.round(DECIMALS)
    )
    return frame


def crossing_points(crossings: pd.DataFrame, roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The point where each pair of named streets meets, EPSG:4326.

    Parameters
    ----------
    crossings
        ``street``, ``other``: names occurring in ``roads``.
    """
    line = dict(zip(roads["name"], roads.geometry, strict=True))
    points = [
        shapely.centroid(shapely.intersection(line[c.street], line[c.other]))
        for c in crossings.itertuples()
    ]
    return gpd.GeoDataFrame(crossings.copy(), geometry=points, crs=WGS84)


def _curve(way: Floats, rng: np.random.Generator) -> shapely.LineString:
    """A spline through way-points (n, 2) in metres, gently winding between them."""
    chord = np.hypot(*np.diff(way, axis=0).T)
    distance = np.concatenate([[0.0], np.cumsum(np.sqrt(chord))])
    spline = CubicSpline(distance, way)
    steps = int(chord.sum() / STEP_M) + 2
    at = np.linspace(0.0, distance[-1], steps)
    points = spline(at)
    tangent = spline(at, 1)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    normal /= np.hypot(*normal.T)[:, None]
    # Two wave lengths of winding that vanish at every way-point.
    nearest = np.abs(at[:, None] - distance).min(axis=1) / (np.diff(distance).max() / 2)
    phase = rng.uniform(0, 2 * np.pi, 2)
    run = np.linspace(0, chord.sum(), steps)
    wave = 130.0 * np.sin(run / 620.0 + phase[0]) + 70.0 * np.sin(run / 260.0 + phase[1])
    return shapely.LineString(points + normal * (wave * nearest)[:, None])


def _street(
    axis: str, offset_m: float, from_m: float, to_m: float, origin: Floats
) -> shapely.LineString:
    """One street of the town grid in metric coordinates: nearly straight, grid turned."""
    along = np.linspace(from_m, to_m, 15)
    across = offset_m + 25.0 * np.sin(along / 700.0 + offset_m / 900.0)
    x, y = (along, across) if axis == "ew" else (across, along)
    angle = np.radians(TOWN_ROTATION_DEG)
    turned = np.column_stack(
        [x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)]
    )
    return shapely.LineString(origin + turned)

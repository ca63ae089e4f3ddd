"""Schematic make of the roads: invented grades, lanes and traffic classes, in towns and outside."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.road_layers import SEGMENT_COLUMNS

# A stretch in or out of town shorter than this is not cut off.
LEAST_M = 300.0
# Of each class of road outside and inside towns: technical grade, lanes, median, design speed,
# traffic classes to draw from (the towns first), whether buses run.
_MAKE = {
    "expressway": ("expressway", 4, 1, 100, ("15000-25000", "10000-15000"), 0),
    "provincial": ("second", 2, 0, 80, ("10000-15000", "5000-10000"), 1),
    "county": ("third", 2, 0, 40, ("2000-5000", "400-2000"), 1),
    "lane": ("fourth", 1, 0, 20, ("400-2000", "<400"), 0),
    "street": ("", 4, 0, 40, ("5000-10000", "2000-5000"), 1),
}
# County roads shorter than this are built to the lowest grade.
_LANE_KM = 9.0


def draw_segments(
    roads: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    *,
    metric_crs: str,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Sections of one make for every road.

    Parameters
    ----------
    roads, units
        As in the pack; what lies in a unit of kind 街道 is in town.
    rng
        Draws the traffic classes.

    Returns
    -------
    The columns of a pack's segments, by route and stake; streets as a whole.
    """
    town = units.loc[units["kind"] == "街道"].to_crs(metric_crs).union_all()
    lines = roads.to_crs(metric_crs).geometry.to_numpy()
    rows = []
    for road, line in zip(roads.to_dict("records"), lines, strict=True):
        is_short = line.length < _LANE_KM * 1000
        kind = "lane" if road["road_class"] == "county" and is_short else road["road_class"]
        grade, lanes, median, speed, classes, bus = _MAKE[kind]
        for low, high, is_urban in _stretches(line, town, road):
            rows.append(
                {
                    "route_code": road["route_code"],
                    "stake_from_m": low,
                    "stake_to_m": high,
                    "tech_grade": grade,
                    "aadt_class": classes[0 if is_urban or rng.random() < 0.25 else 1],
                    "lanes": lanes,
                    "has_median": median,
                    "design_speed_kmh": min(speed, 60) if is_urban and bus else speed,
                    "is_urban": int(is_urban),
                    "is_bus_route": bus,
                }
            )
    table = pd.DataFrame(rows).reindex(columns=list(SEGMENT_COLUMNS))
    return table.astype({"stake_from_m": "Int64", "stake_to_m": "Int64"})


def _stretches(
    line: shapely.LineString, town: shapely.Geometry, road: dict[str, object]
) -> list[tuple[int | None, int | None, bool]]:
    """First and last stake of each stretch, and whether it is in town."""
    first, last = float(str(road["stake_from_m"])), float(str(road["stake_to_m"]))
    if np.isnan(first):
        return [(None, None, True)]
    inside = []
    for part in shapely.get_parts(shapely.intersection(line, town)):
        if part.is_empty:
            continue
        ends = shapely.points(shapely.get_coordinates(part))[[0, -1]]
        inside.append(sorted(shapely.line_locate_point(line, ends).tolist()))
    borders = [0.0]
    for along in sorted(at for pair in inside for at in pair):
        if along - borders[-1] >= LEAST_M and line.length - along >= LEAST_M:
            borders.append(along)
    borders.append(line.length)
    stretches: list[tuple[int | None, int | None, bool]] = []
    for low, high in pairwise(borders):
        is_urban = any(a <= (low + high) / 2 <= b for a, b in inside)
        stakes = [round(first + at / line.length * (last - first)) for at in (low, high)]
        if stretches and stretches[-1][2] == is_urban:
            stretches[-1] = (stretches[-1][0], stakes[1], is_urban)
        else:
            stretches.append((stakes[0], stakes[1], is_urban))
    return stretches

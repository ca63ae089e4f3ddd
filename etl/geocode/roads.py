"""Places on roads: crossings, house numbers, streets within a unit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

from data.region import RegionPack
from geo.crs import WGS84
from geo.vocabulary import R95_M, MatchCode

# Crossings nearer to each other than this are one (two carriageways).
SAME_CROSSING_M = 60.0
# Roads that do not meet cross where they come this close.
NEAREST_APPROACH_M = 150.0
TOWN_NUMBER_R95_M = 150.0
_SHARE_WITHIN = 0.95


@dataclass(frozen=True, slots=True)
class RoadPoint:
    """A point on a road: degrees, and the 95 % radius in metres."""

    lon: float
    lat: float
    r95_m: float


class RoadPlaces:
    """The roads and units of a region in metres.

    Roads and units are named by their position in the pack's frames and by unit code.
    """

    def __init__(self, region: RegionPack) -> None:
        self.routes: gpd.GeoDataFrame = region.roads.to_crs(region.metric_crs)
        self._lines = self.routes.geometry.to_numpy()
        self._units = region.units.geometry.to_crs(region.metric_crs)
        self._to_degrees = Transformer.from_crs(region.metric_crs, WGS84, always_xy=True)
        self._to_metres = Transformer.from_crs(WGS84, region.metric_crs, always_xy=True)
        self._crossings: dict[tuple[int, int], list[RoadPoint]] = {}

    def crossings(self, road: int, other: int) -> list[RoadPoint]:
        """Where two roads cross; else their nearest approach within 150 m; else nothing."""
        pair = (min(road, other), max(road, other))
        if pair not in self._crossings:
            self._crossings[pair] = self._cross(*pair)
        return self._crossings[pair]

    def house(self, road: int, number: int) -> RoadPoint | None:
        """The place of a house number between the numbers at the ends of the road."""
        row = self.routes.iloc[road]
        start, end = float(row["number_from"]), float(row["number_to"])
        if not (min(start, end) <= number <= max(start, end)) or start == end:
            return None
        in_town = row["road_class"] == "street"
        radius = TOWN_NUMBER_R95_M if in_town else R95_M[MatchCode.B3]
        share = (number - start) / (end - start)
        point = self._lines[road].interpolate(share, normalized=True)
        return self._point(point.x, point.y, radius)

    def within(self, road: int, unit: str | None) -> RoadPoint | None:
        """The middle of a road, or of its part in a unit, with half its length as radius.

        None where the road does not touch the unit.
        """
        line = self._lines[road]
        if unit is not None:
            part = shapely.intersection(line, self._units[unit])
            if part.length == 0.0:
                return None
            parts = shapely.get_parts(part)
            line = shapely.line_merge(shapely.multilinestrings(parts)) if len(parts) > 1 else part
        middle = shapely.line_interpolate_point(_longest(line), 0.5, normalized=True)
        reach = _SHARE_WITHIN * shapely.hausdorff_distance(line, middle)
        return self._point(middle.x, middle.y, max(reach, R95_M[MatchCode.C1]))

    def nearest(self, road: int, lon: float, lat: float) -> tuple[RoadPoint, float]:
        """The point of a road nearest to a place, and how far it is in metres."""
        point = shapely.Point(*self._to_metres.transform(lon, lat))
        line = self._lines[road]
        foot = line.interpolate(line.project(point))
        return self._point(foot.x, foot.y, math.nan), float(foot.distance(point))

    def degrees(self, x_m: np.ndarray, y_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Metric coordinates (n,) as longitudes and latitudes (n,)."""
        return self._to_degrees.transform(x_m, y_m)

    def unit_distance_m(self, unit: str, lon: float, lat: float) -> float:
        """How far a place lies outside a unit, 0 within."""
        return float(self._units[unit].distance(shapely.Point(*self._to_metres.transform(lon, lat))))

    def _cross(self, road: int, other: int) -> list[RoadPoint]:
        line, second = self._lines[road], self._lines[other]
        shared = shapely.intersection(line, second)
        radius = R95_M[MatchCode.B2]
        if shared.is_empty:
            gap = shapely.distance(line, second)
            if gap > NEAREST_APPROACH_M:
                return []
            ends = shapely.get_coordinates(shapely.shortest_line(line, second))
            middle = ends.mean(axis=0)
            return [self._point(*middle, math.hypot(radius, gap))]
        kept: list[shapely.Point] = []
        for part in shapely.get_parts(shared):
            point = part if part.geom_type == "Point" else part.interpolate(0.5, normalized=True)
            if all(point.distance(known) > SAME_CROSSING_M for known in kept):
                kept.append(point)
        return [self._point(point.x, point.y, radius) for point in kept]

    def _point(self, x: float, y: float, r95_m: float) -> RoadPoint:
        lon, lat = self._to_degrees.transform(x, y)
        return RoadPoint(lon, lat, float(r95_m))


def _longest(line: shapely.Geometry) -> shapely.LineString:
    return max(shapely.get_parts(line), key=lambda part: part.length)

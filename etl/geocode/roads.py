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


@dataclass(frozen=True, slots=True)
class RoadPart:
    """What a unit holds of a road: degrees of its middle, 95 % radius in metres."""

    unit: str
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
        self._parts: dict[int, list[RoadPart]] = {}
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

    def parts(self, road: int) -> list[RoadPart]:
        """The part of a road in each unit that holds more than a twentieth of it.

        A part's place is its middle, its radius holds 95 % of it.
        """
        if road not in self._parts:
            self._parts[road] = self._divide(self._lines[road])
        return self._parts[road]

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
        return float(
            self._units[unit].distance(shapely.Point(*self._to_metres.transform(lon, lat)))
        )

    def _divide(self, line: shapely.LineString) -> list[RoadPart]:
        parts = []
        for unit, polygon in self._units.items():
            inside = shapely.intersection(line, polygon)
            if inside.length <= (1 - _SHARE_WITHIN) * line.length:
                continue
            longest = max(shapely.get_parts(inside), key=shapely.length)
            middle = longest.interpolate(0.5, normalized=True)
            reach = _SHARE_WITHIN * shapely.hausdorff_distance(inside, middle)
            point = self._point(middle.x, middle.y, max(reach, R95_M[MatchCode.C1]))
            parts.append(RoadPart(str(unit), point.lon, point.lat, point.r95_m))
        return parts

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
            point = (
                part if part.geom_type == "Point" else part.interpolate(0.5, normalized=True)
            )
            if all(point.distance(known) > SAME_CROSSING_M for known in kept):
                kept.append(point)
        return [self._point(point.x, point.y, radius) for point in kept]

    def _point(self, x: float, y: float, r95_m: float) -> RoadPoint:
        lon, lat = self._to_degrees.transform(x, y)
        return RoadPoint(lon, lat, float(r95_m))

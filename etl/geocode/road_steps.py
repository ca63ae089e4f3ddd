"""The steps of the cascade along roads: stakes, crossings, house numbers, streets."""

from __future__ import annotations

import math

import numpy as np

from etl.geocode.anchor import (
    UNIT_SLACK_M,
    VARIANT_SCORE,
    Anchor,
    Found,
    is_fuzzy,
    unit_candidate,
)
from etl.geocode.gazetteer import Gazetteer, Place
from etl.geocode.parse import Parsed, RoadMention
from etl.geocode.protocol import Candidate
from etl.geocode.roads import RoadPlaces, RoadPoint
from etl.geocode.stake_text import ROUTE_CODE, route_code
from geo.stakes import RouteLocator
from geo.vocabulary import R95_M, MatchCode


class RoadSteps:
    """Reads places along the roads of one region.

    Parameters
    ----------
    gazetteer
        Of the region.
    locator
        Calibrated routes; default: those of the pack.
    """

    def __init__(self, gazetteer: Gazetteer, locator: RouteLocator | None) -> None:
        region = gazetteer.region
        self._gazetteer = gazetteer
        self._is_schematic = region.is_schematic
        self._roads = RoadPlaces(region)
        self._locator = locator or region.road_reference.locator
        routes = region.roads["route_code"].astype(str)
        self._routes = {route_code(code): code for code in routes if ROUTE_CODE.fullmatch(code)}
        known = [] if self._locator is None else self._locator.route_codes
        self._is_calibrated = region.roads["route_code"].isin(known).to_numpy()

    def route(self, said: Parsed) -> str | None:
        """The pack's own code of the route that a text names."""
        if said.stake is not None and said.stake.route is not None:
            return self._routes.get(route_code(said.stake.route))
        calibrated = {
            self._gazetteer.roads[one].route
            for road in said.roads
            for one in road.owners
            if self._is_calibrated[one]
        }
        return next(iter(calibrated)) if len(calibrated) == 1 else None

    def locate_stakes(self, said: list[Parsed]) -> dict[int, list[tuple[float, float]]]:
        """Longitude and latitude of every place of the stakes, by row."""
        rows, routes, stakes = [], [], []
        for i, one in enumerate(said):
            if one.stake is None or math.isnan(one.stake.from_m) or one.is_outside:
                continue
            if (route := self.route(one)) is not None:
                end = one.stake.to_m
                rows.append(i)
                routes.append(route)
                stakes.append(
                    one.stake.from_m if math.isnan(end) else (one.stake.from_m + end) / 2
                )
        if not rows or self._locator is None:
            return {}
        found = self._locator.locate(np.array(routes, dtype=object), np.array(stakes))
        places: dict[int, list[tuple[float, float]]] = {}
        lon, lat = self._roads.degrees(found.x_m, found.y_m)
        for row, x, y in zip(found.row.tolist(), lon.tolist(), lat.tolist(), strict=True):
            places.setdefault(rows[row], []).append((x, y))
        return places

    def borders(self, unit: str, place: Place) -> bool:
        """Whether a crossing lies at the edge of a unit, as streets often are one."""
        return (
            place.match_code == MatchCode.B2
            and self._roads.unit_distance_m(unit, place.lon, place.lat) <= UNIT_SLACK_M
        )

    def by_stake(
        self, said: Parsed, unit: str | None, stakes: list[tuple[float, float]] | None
    ) -> Found:
        if not stakes or said.stake is None:
            return None
        code = MatchCode.B1 if said.stake.has_metres else MatchCode.C1
        radius = R95_M[code]
        if not math.isnan(said.stake.to_m):
            radius = math.hypot(radius, abs(said.stake.to_m - said.stake.from_m) / 2)
        points = [RoadPoint(lon, lat, radius) for lon, lat in stakes]
        name = f"{self.route(said)} {_stake_name(said.stake.from_m)}"
        return self._choose(points, unit, code, name, fuzzy=is_fuzzy(said, *said.roads))

    def by_crossing(self, said: Parsed, unit: str | None) -> Found:
        roads = self.mentions(said)
        if not (said.is_crossing or (len(roads) > len(said.roads) and _is_crossing(said))):
            return None
        first = roads[0]
        other = next((road for road in roads if road.owners != first.owners), None)
        if other is None:
            return None
        points = [
            point
            for one in first.owners
            for two in other.owners
            if one != two
            for point in self._roads.crossings(one, two)
        ]
        name = f"{first.spelling}与{other.spelling}交叉口"
        return self._choose(
            points, unit, MatchCode.B2, name, fuzzy=is_fuzzy(said, first, other)
        )

    def by_house(self, said: Parsed, unit: str | None) -> Found:
        if not said.roads or said.villages or (said.is_crossing and said.house_no is None):
            return None
        if said.stake is not None and not math.isnan(said.stake.from_m):
            return None
        road = said.roads[-1] if said.house_no is not None else said.roads[0]
        name = road.spelling + ("" if said.house_no is None else f"{said.house_no}号")
        fuzzy = is_fuzzy(said, road)
        if said.house_no is not None:
            points = [p for one in road.owners if (p := self._roads.house(one, said.house_no))]
            if points:
                return self._choose(points, unit, MatchCode.B3, name, fuzzy=fuzzy)
        if unit is None and _is_crossing(said):
            return None  # of a crossing with a road not known, half is no place
        # A street without numbers: its part in the unit; else the unit that holds it all.
        parts = [part for one in road.owners for part in self._roads.parts(one)]
        found = [part for part in parts if unit in (None, part.unit)]
        found = [one for one in found if one.r95_m <= self._gazetteer.units[one.unit].r95_m]
        score = VARIANT_SCORE if fuzzy else 100.0
        if len(found) == 1:
            part = found[0]
            return Anchor(
                part.lon,
                part.lat,
                part.r95_m,
                MatchCode.C1,
                fuzzy,
                part.unit,
                None,
                name,
                score,
            )
        return [
            Candidate(
                None, self._gazetteer.units[one.unit].name + name, one.lon, one.lat,
                score / len(found),
            )
            for one in found
        ]  # fmt: skip

    def _choose(
        self,
        points: list[RoadPoint],
        unit: str | None,
        code: MatchCode,
        name: str,
        *,
        fuzzy: bool,
    ) -> Found:
        """The one point, or the one that the unit decides for; else all of them."""
        if not points:
            return None
        score = VARIANT_SCORE if fuzzy else 100.0
        if unit is not None:
            away = [self._roads.unit_distance_m(unit, p.lon, p.lat) for p in points]
            within = [p for p, metres in zip(points, away, strict=True) if metres <= p.r95_m]
            if not within and min(away) <= UNIT_SLACK_M:
                within = [points[int(np.argmin(away))]]
            if not within and self._is_schematic:
                return None  # an invented course says nothing against the text
            if len(within) != 1:
                rivals = within or points
                return [
                    *(Candidate(None, name, p.lon, p.lat, score / len(rivals)) for p in rivals),
                    unit_candidate(self._gazetteer, unit),
                ]
            points = within
        if len(points) > 1:
            return [Candidate(None, name, p.lon, p.lat, score / len(points)) for p in points]
        point = points[0]
        return Anchor(point.lon, point.lat, point.r95_m, code, fuzzy, unit, None, name, score)

    def mentions(self, said: Parsed) -> list[RoadMention]:
        """The roads named, with the one named by its code (S103) among them."""
        roads = said.roads
        if said.stake is not None and said.stake.route is not None:
            code = self._routes.get(route_code(said.stake.route))
            owners = frozenset(
                road.position for road in self._gazetteer.roads if road.route == code
            )
            if owners and all(not owners & road.owners for road in roads):
                mention = RoadMention(said.stake.span[1], owners, said.stake.route, False)
                return [*roads, mention]
        return roads

    def nearest(
        self, said: Parsed, lon: float, lat: float, within_m: float
    ) -> tuple[float, float]:
        """The place on the one road named that is nearest to a point, if in reach."""
        roads = self.mentions(said)
        if len(roads) == 1 and len(roads[0].owners) == 1:
            foot, away = self._roads.nearest(next(iter(roads[0].owners)), lon, lat)
            if away <= within_m:
                return foot.lon, foot.lat
        return lon, lat


def _is_crossing(said: Parsed) -> bool:
    return any(word in said.text for word in ("交叉", "路口", "交汇", "交会", "十字", "丁字"))


def _stake_name(metres: float) -> str:
    kilometres, rest = divmod(round(metres), 1000)
    return f"K{kilometres}+{rest:03d}"

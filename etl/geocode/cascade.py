"""The locating cascade: the most precise reading of a text that is certain.

1 point of interest (A2), 2 stake on a route (B1, C1), 3 crossing of two roads (B2), 4 house
number (B3) or street (C1), 5 village or what lies between two (C2), 6 unit (D1), 7 the
region alone (E). Offset phrases then move the anchor. A name not written as it is known
(by sound, by likeness) gets ``~`` and a radius half as large again. What fits several
places is ``ambiguous`` and carries the candidates; what lies in another county is
``out_of_area``; nothing is ever guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np

from data.region import RegionPack
from etl.geocode import names
from etl.geocode.fuzzy import NameMatcher
from etl.geocode.gazetteer import Gazetteer, Place, Unit
from etl.geocode.offsets import midpoint, moved
from etl.geocode.parse import Parsed, Parser, RoadMention, has_point_word
from etl.geocode.protocol import UNMATCHED, Answer, Candidate, Placed, PlaceStatus
from etl.geocode.roads import RoadPlaces, RoadPoint
from etl.geocode.stake_text import ROUTE_CODE, route_code
from geo.assign import UnitIndex
from geo.crs import WGS84
from geo.stakes import RouteLocator
from geo.vocabulary import R95_M, MatchCode

FUZZY_RADIUS = 1.5
HEARD_SCORE = 95.0
VARIANT_SCORE = 90.0
MAX_CANDIDATES = 5
# A point this far outside the unit that the text names contradicts it; in radii and metres.
UNIT_SLACK_M = 3_000.0
# Likeness in hundredths of a wrong character; see etl.geocode.fuzzy.
NO_UNIT_HANDICAP = 60
CANDIDATE_SPREAD = 60
# Of a candidate, cost per character: of the village's name where the unit is known, of both
# names where it is only alike, of the village's where none is written.
CANDIDATE_SHARE, WHOLE_CANDIDATE_SHARE, BARE_CANDIDATE_SHARE = 60, 45, 34
ONE_WRONG = 115  # a character and a type word
_UNIT_WORD = re.compile(r"(?<=.)(?:街道办事处|街道办|办事处|办(?!公))")


@dataclass(frozen=True)
class AcceptRule:
    """When the likeliest village of a fuzzy search is taken without asking.

    All in hundredths of a wrong character.

    Parameters
    ----------
    lead
        It must be ahead of the second by this much.
    village_share
        Where the unit is known: cost per character of the village's own name.
    share
        Where the unit is only alike: cost per character of both names.
    bare_share
        Where no unit is written: cost per character of the village's own name.
    """

    lead: float = 37.0
    village_share: float = 50.0
    share: float = 34.0
    bare_share: float = 16.0


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A place before the offset; radii in metres."""

    lon: float
    lat: float
    r95_m: float
    code: MatchCode
    fuzzy: bool = False
    unit: str | None = None
    place_code: str | None = None
    name: str | None = None
    score: float = 100.0


class Cascade:
    """The geocoder of one region.

    Parameters
    ----------
    region
        Its names are the names known.
    locator
        Calibrated routes; default: the stakes at the ends of the pack's roads.
    accept
        Default: :class:`AcceptRule`.
    """

    def __init__(
        self,
        region: RegionPack,
        *,
        locator: RouteLocator | None = None,
        accept: AcceptRule | None = None,
    ) -> None:
        self.gazetteer = Gazetteer(region)
        self._parser = Parser(self.gazetteer)
        self._region = region
        self._accept = accept or AcceptRule()
        self._roads = RoadPlaces(region)
        self._locator = locator or _locator(self._roads)
        self._index = UnitIndex(region.units)
        self._unit_codes = region.units.index.astype(str).to_numpy()
        routes = region.roads["route_code"].astype(str)
        self._routes = {route_code(code): code for code in routes if ROUTE_CODE.fullmatch(code)}
        self._is_calibrated = region.roads["stake_from_m"].notna().to_numpy()
        self._villages = self.gazetteer.villages
        self._matcher = self._make_matcher() if self._villages else None
        self._region_answer = _region_answer(region)

    def locate(self, texts: list[str]) -> Placed:
        """Place each text; see :class:`etl.geocode.Geocoder`."""
        unique = list(dict.fromkeys(texts))
        said = [self._parser.parse(text) for text in unique]
        unsure = self._resolve_unlike(said)
        stakes = self._locate_stakes(said)
        answers = [
            self._answer(one, unsure.get(i), stakes.get(i)) for i, one in enumerate(said)
        ]
        placed = Placed.of(answers)
        self._assign_units(placed)
        if len(unique) == len(texts):
            return placed
        position = {text: i for i, text in enumerate(unique)}
        return placed.take(np.array([position[text] for text in texts], dtype=np.int64))

    def unit_code(self, name: str) -> str | None:
        """The unit that exactly this name or alias belongs to, if there is just one."""
        return self.gazetteer.unit_code(name)

    def at_unit(self, codes: Iterable[str | None]) -> Placed:
        """D1 at each unit's representative point; unknown codes stay unmatched."""
        return self.gazetteer.at_unit(codes)

    # -- fuzzy ------------------------------------------------------------------

    def _make_matcher(self) -> NameMatcher:
        keys, owners, own, type_words = [], [], [], []
        for i, village in enumerate(self._villages):
            unit = self.gazetteer.units.get(village.unit or "")
            head = self._key_head(unit) if unit else ""
            stem = unit.stem if unit else ""
            keys += [f"{head}{village.stem}村", f"{village.stem}村"]
            owners += [i, i]
            own.append(len(stem) + len(village.stem))
            own.append(len(village.stem))
            words = (*range(len(stem), len(head)), len(keys[-2]) - 1)
            type_words += [words, (len(keys[-1]) - 1,)]
        self._is_bare = np.arange(len(keys)) % 2 == 1
        handicaps = np.where(self._is_bare, NO_UNIT_HANDICAP, 0)
        self._own_chars = np.array(own)
        return NameMatcher(keys, np.array(owners), handicaps, type_words)

    def _resolve_unlike(self, said: list[Parsed]) -> dict[int, list[Candidate]]:
        """Settle clear fuzzy matches in place; return the candidates of the unclear ones."""
        rows = [i for i, one in enumerate(said) if one.core is not None]
        if not rows or self._matcher is None:
            return {}
        queries = [self._query(said[i]) for i in rows]
        position = {query: i for i, query in enumerate(dict.fromkeys(queries))}
        ranking = self._matcher.rank(list(position), MAX_CANDIDATES)
        unclear = {}
        for i, query in zip(rows, queries, strict=True):
            at = position[query]
            candidates = self._judge(said[i], ranking.key[at], ranking.cost[at])
            if candidates:
                unclear[i] = candidates
        return unclear

    def _query(self, said: Parsed) -> str:
        core = names.VILLAGE_SUFFIX.sub("", said.core) + "村"
        if said.units:
            return self._key_head(self.gazetteer.units[next(iter(said.units))]) + core
        return _UNIT_WORD.sub("街道", core, count=1)

    @staticmethod
    def _key_head(unit: Unit) -> str:
        return names.normalise(unit.name)

    def _judge(self, said: Parsed, keys: np.ndarray, costs: np.ndarray) -> list[Candidate]:
        """Accept the likeliest village into ``said``, or return the likely ones."""
        rule, best = self._accept, int(keys[0])
        village = self._villages[best // 2]
        own, cost = float(self._own_chars[best]), float(costs[0])
        lead = float(costs[1]) - cost
        if self._is_bare[best]:
            cost -= NO_UNIT_HANDICAP
            clear = cost <= rule.bare_share * own and own >= 2
        elif said.units:
            own = len(village.stem)
            clear = village.unit in said.units and cost <= rule.village_share * own
        else:
            clear = cost <= rule.share * own
        score = max(0.0, 100.0 - cost / max(own, 1.0))
        if clear and lead >= rule.lead:
            said.villages = frozenset({village.code})
            said.village_is_heard = said.village_is_full = True
            said.village_is_bare = False
            said.village_score = score
            return []
        if said.units and has_point_word(said.rest) and "村" not in said.rest:
            return []
        likely = []
        for key, one in zip(keys.tolist(), costs.tolist(), strict=True):
            if key < 0 or one - float(costs[0]) > CANDIDATE_SPREAD:
                break
            own = float(self._own_chars[key])
            limit = WHOLE_CANDIDATE_SHARE * own
            if self._is_bare[key]:
                one, limit = one - NO_UNIT_HANDICAP, BARE_CANDIDATE_SHARE * own
            elif said.units:
                own = len(self._villages[key // 2].stem)
                limit = max(ONE_WRONG, CANDIDATE_SHARE * own)
            if one <= limit and (own >= 2 or not self._is_bare[key]):
                likely.append(self._candidate(self._villages[key // 2], 100.0 - one / own))
        return likely

    def _candidate(self, place: Place, score: float) -> Candidate:
        return Candidate(place.code, self._full_name(place), place.lon, place.lat, score)

    def _full_name(self, place: Place) -> str:
        unit = self.gazetteer.units.get(place.unit or "")
        return f"{unit.name}{place.name}" if unit else place.name

    # -- stakes -----------------------------------------------------------------

    def _route(self, said: Parsed) -> str | None:
        """The pack's own code of the route that a text names."""
        if said.stake is not None and said.stake.route is not None:
            return self._routes.get(route_code(said.stake.route))
        calibrated = {
            self.gazetteer.roads[one].route
            for road in said.roads
            for one in road.owners
            if self._is_calibrated[one]
        }
        return next(iter(calibrated)) if len(calibrated) == 1 else None

    def _locate_stakes(self, said: list[Parsed]) -> dict[int, list[tuple[float, float]]]:
        """Longitude and latitude of every place of the stakes, by row."""
        rows, routes, stakes = [], [], []
        for i, one in enumerate(said):
            if one.stake is None or math.isnan(one.stake.from_m) or one.is_outside:
                continue
            if (route := self._route(one)) is not None:
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

    # -- the cascade ------------------------------------------------------------

    def _answer(
        self,
        said: Parsed,
        unclear: list[Candidate] | None,
        stakes: list[tuple[float, float]] | None,
    ) -> Answer:
        base = self._said_route(said)
        if said.is_outside:
            return replace(base, status=PlaceStatus.OUT_OF_AREA.value)
        if len(said.units) > 1:
            return self._ambiguous(base, [self._unit_candidate(code) for code in said.units])
        unit = next(iter(said.units), None)
        if said.other_units:
            both = [*said.units, *said.other_units]
            return self._ambiguous(base, [self._unit_candidate(code) for code in both])
        for step in (
            self._by_point(said, unit),
            self._by_stake(said, unit, stakes),
            self._by_crossing(said, unit),
            self._by_house(said, unit),
            self._by_village(said, unit, unclear),
        ):
            if isinstance(step, _Anchor):
                return self._moved(said, step, base)
            if step:
                return self._ambiguous(base, step, unit)
        return self._by_unit(said, unit, base)

    def _by_point(self, said: Parsed, unit: str | None) -> _Anchor | list[Candidate] | None:
        places = self.gazetteer.places
        spellings = [name for name in said.points if name not in self.gazetteer.unit_full]
        found = [
            (name, places[code]) for name in spellings for code in self.gazetteer.points[name]
        ]
        if unit is not None:
            here = [
                (name, p)
                for name, p in found
                if p.unit in (unit, None) or self._borders(unit, p)
            ]
            if found and not here and not said.villages:
                return [*(self._candidate(place, 60.0) for _, place in found),
                        self._unit_candidate(unit)]  # fmt: skip
            found = here
        elif said.villages and not said.village_is_full:
            rivals = [places[code] for code in said.villages]
            named = [
                place
                for name, place in found
                if name == said.text or not name.startswith(tuple(one.stem for one in rivals))
            ]
            if found and len(named) == len(found):
                return [self._candidate(place, 70.0)
                        for place in (*(place for _, place in found), *rivals)]  # fmt: skip
        elif said.villages:
            found = [
                (n, p) for n, p in found if p.unit in {places[v].unit for v in said.villages}
            ]
        if not found:
            return None
        exact = [place for _, place in found if place.match_code != MatchCode.D1]
        codes = {place.code for place in exact}
        if len(codes) > 1:
            # The first named is the place, the others tell the way; equal names are rivals.
            first = found[0][0]
            exact = [place for name, place in found if name == first]
            if len({place.code for place in exact}) > 1:
                return [self._candidate(place, 70.0) for place in exact]
        if not exact:
            return None
        place = exact[0]
        village = self._sole_village(said) if unit is not None else None
        return _Anchor(
            place.lon, place.lat, place.r95_m, MatchCode(place.match_code),
            unit=unit or place.unit,
            place_code=village.code if village else place.code,
            name=f"{village.name}{place.name}" if village else place.name,
        )  # fmt: skip

    def _by_stake(
        self, said: Parsed, unit: str | None, stakes: list[tuple[float, float]] | None
    ) -> _Anchor | list[Candidate] | None:
        if not stakes or said.stake is None:
            return None
        code = MatchCode.B1 if said.stake.has_metres else MatchCode.C1
        radius = R95_M[code]
        if not math.isnan(said.stake.to_m):
            radius = math.hypot(radius, abs(said.stake.to_m - said.stake.from_m) / 2)
        points = [RoadPoint(lon, lat, radius) for lon, lat in stakes]
        name = f"{self._route(said)} {_stake_name(said.stake.from_m)}"
        return self._choose(points, unit, code, name, fuzzy=_is_fuzzy(said, *said.roads))

    def _by_crossing(self, said: Parsed, unit: str | None) -> _Anchor | list[Candidate] | None:
        roads = _with_route(said, self._routes, self.gazetteer)
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
            points, unit, MatchCode.B2, name, fuzzy=_is_fuzzy(said, first, other)
        )

    def _by_house(self, said: Parsed, unit: str | None) -> _Anchor | list[Candidate] | None:
        if not said.roads or said.villages or (said.is_crossing and said.house_no is None):
            return None
        if said.stake is not None and not math.isnan(said.stake.from_m):
            return None
        road = said.roads[-1] if said.house_no is not None else said.roads[0]
        name = road.spelling + ("" if said.house_no is None else f"{said.house_no}号")
        fuzzy = _is_fuzzy(said, road)
        if said.house_no is not None:
            points = [p for one in road.owners if (p := self._roads.house(one, said.house_no))]
            if points:
                return self._choose(points, unit, MatchCode.B3, name, fuzzy=fuzzy)
        if unit is None and _is_crossing(said):
            return None  # of a crossing with a road not known, half is no place
        # A street without numbers: its part in the unit; else the unit that holds it all.
        parts = [part for one in road.owners for part in self._roads.parts(one)]
        found = [part for part in parts if unit in (None, part.unit)]
        found = [one for one in found if one.r95_m <= self.gazetteer.units[one.unit].r95_m]
        score = VARIANT_SCORE if fuzzy else 100.0
        if len(found) == 1:
            part = found[0]
            return _Anchor(
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
                None, self.gazetteer.units[one.unit].name + name, one.lon, one.lat,
                score / len(found),
            )
            for one in found
        ]  # fmt: skip

    def _by_village(
        self, said: Parsed, unit: str | None, unclear: list[Candidate] | None
    ) -> _Anchor | list[Candidate] | None:
        places = [self.gazetteer.places[code] for code in sorted(said.villages)]
        if len(places) > 1:
            return [self._candidate(place, 80.0) for place in places]
        if unclear:
            return unclear
        if not places:
            return None
        place = places[0]
        fuzzy = said.village_is_heard or said.unit_is_heard
        score = said.village_score if said.village_score else HEARD_SCORE if fuzzy else 100.0
        anchor = _Anchor(
            place.lon, place.lat, place.r95_m, MatchCode.C2, fuzzy,
            unit or place.unit, place.code, place.name, score,
        )  # fmt: skip
        if len(said.second) == 1:
            other = self.gazetteer.places[next(iter(said.second))]
            lon, lat, half = midpoint(place.lon, place.lat, other.lon, other.lat)
            return replace(
                anchor, lon=lon, lat=lat, r95_m=max(half, place.r95_m, other.r95_m),
                name=f"{place.name}与{other.name}之间",
            )  # fmt: skip
        roads = _with_route(said, self._routes, self.gazetteer)
        if len(roads) == 1 and len(roads[0].owners) == 1:
            foot, away = self._roads.nearest(next(iter(roads[0].owners)), place.lon, place.lat)
            if away <= place.r95_m:
                anchor = replace(anchor, lon=foot.lon, lat=foot.lat)
        return anchor

    def _by_unit(self, said: Parsed, unit: str | None, base: Answer) -> Answer:
        if unit is not None:
            if not said.unit_is_sure and said.rest and not _explains(said):
                return self._ambiguous(base, [self._unit_candidate(unit)])
            home = self.gazetteer.units[unit]
            anchor = _Anchor(
                home.lon, home.lat, home.r95_m, MatchCode.D1, said.unit_is_heard, unit,
                None, home.name, HEARD_SCORE if said.unit_is_heard else 100.0,
            )  # fmt: skip
            # An offset from something unknown inside the unit does not move the unit.
            return self._moved(replace(said, moves=(), near_m=0.0), anchor, base)
        if said.says_region and said.text in self.gazetteer.region_phrases:
            return replace(
                base, **{
                    name: getattr(self._region_answer, name)
                    for name in ("lon", "lat", "match_code", "r95_m", "place_name", "score", "status")
                },
            )  # fmt: skip
        return base

    def _borders(self, unit: str, place: Place) -> bool:
        """Whether a crossing lies at the edge of a unit, as streets often are one."""
        return (
            place.match_code == MatchCode.B2
            and self._roads.unit_distance_m(unit, place.lon, place.lat) <= UNIT_SLACK_M
        )

    def _sole_village(self, said: Parsed) -> Place | None:
        if len(said.villages) == 1 and not said.second:
            return self.gazetteer.places[next(iter(said.villages))]
        return None

    def _choose(
        self,
        points: list[RoadPoint],
        unit: str | None,
        code: MatchCode,
        name: str,
        *,
        fuzzy: bool,
    ) -> _Anchor | list[Candidate] | None:
        """The one point, or the one that the unit decides for; else all of them."""
        if not points:
            return None
        score = VARIANT_SCORE if fuzzy else 100.0
        if unit is not None:
            away = [self._roads.unit_distance_m(unit, p.lon, p.lat) for p in points]
            within = [p for p, metres in zip(points, away, strict=True) if metres <= p.r95_m]
            if not within and min(away) <= UNIT_SLACK_M:
                within = [points[int(np.argmin(away))]]
            if not within and self._region.is_schematic:
                return None  # an invented course says nothing against the text
            if len(within) != 1:
                rivals = within or points
                return [
                    *(Candidate(None, name, p.lon, p.lat, score / len(rivals)) for p in rivals),
                    self._unit_candidate(unit),
                ]
            points = within
        if len(points) > 1:
            return [Candidate(None, name, p.lon, p.lat, score / len(points)) for p in points]
        point = points[0]
        return _Anchor(point.lon, point.lat, point.r95_m, code, fuzzy, unit, None, name, score)

    def _moved(self, said: Parsed, anchor: _Anchor, base: Answer) -> Answer:
        radius = anchor.r95_m * (FUZZY_RADIUS if anchor.fuzzy else 1.0)
        lon, lat = anchor.lon, anchor.lat
        if said.moves or said.near_m:
            lon, lat, radius = moved(lon, lat, radius, said.moves, said.near_m)
        return replace(
            base, lon=lon, lat=lat, r95_m=radius,
            match_code=anchor.code.value + ("~" if anchor.fuzzy else ""),
            unit_code=anchor.unit, place_code=anchor.place_code, place_name=anchor.name,
            score=anchor.score, status=PlaceStatus.ACCEPTED.value,
        )  # fmt: skip

    def _ambiguous(
        self, base: Answer, candidates: list[Candidate], unit: str | None = None
    ) -> Answer:
        kept = sorted(candidates, key=lambda one: -one.score)[:MAX_CANDIDATES]
        return replace(
            base, unit_code=unit, status=PlaceStatus.AMBIGUOUS.value, candidates=tuple(kept),
            score=kept[0].score if kept else 0.0,
        )  # fmt: skip

    def _unit_candidate(self, code: str) -> Candidate:
        unit = self.gazetteer.units[code]
        return Candidate(None, unit.name, unit.lon, unit.lat, 50.0)

    def _said_route(self, said: Parsed) -> Answer:
        if said.stake is None:
            return UNMATCHED
        return replace(
            UNMATCHED,
            route=said.stake.route or self._route(said),
            stake_from_m=said.stake.from_m,
            stake_to_m=said.stake.to_m,
        )

    def _assign_units(self, placed: Placed) -> None:
        """Units of accepted points whose text names none: the polygon that holds them."""
        accepted = placed.status == PlaceStatus.ACCEPTED.value
        open_rows = np.flatnonzero(
            accepted
            & np.array([code is None for code in placed.unit_code], dtype=bool)
            & (placed.match_code != MatchCode.E.value)
        )
        if len(open_rows):
            at = self._index.assign(placed.lon[open_rows], placed.lat[open_rows])
            placed.unit_code[open_rows] = np.where(at >= 0, self._unit_codes[at], None)


def _locator(roads: RoadPlaces) -> RouteLocator | None:
    """Stakes at the ends of the pack's roads, where it gives any."""
    calibrated = roads.routes[roads.routes["stake_from_m"].notna()]
    return RouteLocator(calibrated) if len(calibrated) else None


def _region_answer(region: RegionPack) -> Answer:
    metric = region.units.geometry.to_crs(region.metric_crs)
    centre = metric.union_all().representative_point()
    point = gpd.GeoSeries([centre], crs=region.metric_crs).to_crs(WGS84).iloc[0]
    radius = 0.975 * math.sqrt(float(metric.area.sum()) / math.pi)
    return Answer(
        lon=point.x, lat=point.y, match_code=MatchCode.E.value, r95_m=radius,
        place_name=region.names.get("zh") or next(iter(region.names.values())),
        score=100.0, status=PlaceStatus.ACCEPTED.value,
    )  # fmt: skip


def _with_route(
    said: Parsed, routes: dict[tuple[str, int, str], str], gazetteer: Gazetteer
) -> list[RoadMention]:
    """The roads named, with the one named by its code (S103) among them."""
    roads = said.roads
    if said.stake is not None and said.stake.route is not None:
        code = routes.get(route_code(said.stake.route))
        owners = frozenset(road.position for road in gazetteer.roads if road.route == code)
        if owners and all(not owners & road.owners for road in roads):
            return [*roads, RoadMention(said.stake.span[1], owners, said.stake.route, False)]
    return roads


def _explains(said: Parsed) -> bool:
    """Whether what follows a unit's bare stem is the kind of thing that lies in a unit."""
    if said.moves or said.near_m:
        return True
    return len(said.rest) >= 3 and has_point_word(said.rest)


def _is_fuzzy(said: Parsed, *roads: RoadMention) -> bool:
    return said.unit_is_heard or any(road.fuzzy for road in roads)


def _is_crossing(said: Parsed) -> bool:
    return any(word in said.text for word in ("交叉", "路口", "交汇", "交会", "十字", "丁字"))


def _stake_name(metres: float) -> str:
    kilometres, rest = divmod(round(metres), 1000)
    return f"K{kilometres}+{rest:03d}"

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
from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import numpy as np

from data.region import RegionPack
from etl.geocode.anchor import (
    HEARD_SCORE,
    MAX_CANDIDATES,
    Anchor,
    Found,
    place_candidate,
    unit_candidate,
)
from etl.geocode.gazetteer import R95_OF_RADIUS, Gazetteer
from etl.geocode.offsets import midpoint, moved
from etl.geocode.parse import Parsed, Parser
from etl.geocode.protocol import UNMATCHED, Answer, Candidate, Placed, PlaceStatus
from etl.geocode.road_steps import RoadSteps
from etl.geocode.villages import AcceptRule, VillageSearch
from etl.geocode.words import has_point_word
from geo.assign import UnitIndex
from geo.crs import WGS84
from geo.stakes import RouteLocator
from geo.vocabulary import MatchCode

FUZZY_RADIUS = 1.5
CHUNK = 8_192  # texts read at a time, so that memory stays with the answers


class Cascade:
    """The geocoder of one region.

    Parameters
    ----------
    region
        Its names are the names known.
    locator
        Calibrated routes; default: those of the pack.
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
        self._roads = RoadSteps(self.gazetteer, locator)
        self._search = (
            VillageSearch(self.gazetteer, accept or AcceptRule())
            if self.gazetteer.villages
            else None
        )
        self._index = UnitIndex(region.units)
        self._unit_codes = region.units.index.astype(str).to_numpy()
        self._region_answer = _region_answer(region)

    def locate(self, texts: list[str]) -> Placed:
        """Place each text; see :class:`etl.geocode.Geocoder`."""
        unique = list(dict.fromkeys(texts))
        placed = Placed.unmatched(0)
        for at in range(0, len(unique), CHUNK):
            placed = placed.extended(self._locate(unique[at : at + CHUNK]))
        if len(unique) == len(texts):
            return placed
        position = {text: i for i, text in enumerate(unique)}
        return placed.take(np.array([position[text] for text in texts], dtype=np.int64))

    def _locate(self, texts: list[str]) -> Placed:
        said = [self._parser.parse(text) for text in texts]
        unsure = self._search.resolve(said) if self._search else {}
        stakes = self._roads.locate_stakes(said)
        placed = Placed.of(
            [self._answer(one, unsure.get(i), stakes.get(i)) for i, one in enumerate(said)]
        )
        self._assign_units(placed)
        return placed

    def unit_code(self, name: str) -> str | None:
        """The unit that exactly this name or alias belongs to, if there is just one."""
        return self.gazetteer.unit_code(name)

    def at_unit(self, codes: Iterable[str | None]) -> Placed:
        """D1 at each unit's representative point; unknown codes stay unmatched."""
        return self.gazetteer.at_unit(codes)

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
            return self._ambiguous(
                base, [unit_candidate(self.gazetteer, code) for code in said.units]
            )
        unit = next(iter(said.units), None)
        if said.other_units:
            both = [*said.units, *said.other_units]
            return self._ambiguous(
                base, [unit_candidate(self.gazetteer, code) for code in both]
            )
        found = (
            self._by_point(said, unit)
            or self._roads.by_stake(said, unit, stakes)
            or self._roads.by_crossing(said, unit)
            or self._roads.by_house(said, unit)
            or self._by_village(said, unit, unclear)
        )
        if isinstance(found, Anchor):
            return self._moved(said, self._in_village(said, found), base)
        if found:
            return self._ambiguous(base, found, unit)
        return self._by_unit(said, unit, base)

    def _by_point(self, said: Parsed, unit: str | None) -> Found:
        places = self.gazetteer.places
        spellings = [name for name in said.points if name not in self.gazetteer.unit_full]
        found = [
            (name, places[code]) for name in spellings for code in self.gazetteer.points[name]
        ]
        if unit is not None:
            here = [
                (name, p)
                for name, p in found
                if p.unit in (unit, None) or self._roads.borders(unit, p)
            ]
            if found and not here and not said.villages:
                return [*(place_candidate(self.gazetteer, place, 60.0) for _, place in found),
                        unit_candidate(self.gazetteer, unit)]  # fmt: skip
            found = here
        elif said.villages and not said.village_is_full:
            rivals = [places[code] for code in said.villages]
            named = [
                place
                for name, place in found
                if name == said.text or not name.startswith(tuple(one.stem for one in rivals))
            ]
            if found and len(named) == len(found):
                return [place_candidate(self.gazetteer, place, 70.0)
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
                return [place_candidate(self.gazetteer, place, 70.0) for place in exact]
        if not exact:
            return None
        place = exact[0]
        return Anchor(
            place.lon, place.lat, place.r95_m, MatchCode(place.match_code),
            unit=unit or place.unit, place_code=place.code, name=place.name,
        )  # fmt: skip

    def _by_village(
        self, said: Parsed, unit: str | None, unclear: list[Candidate] | None
    ) -> Found:
        places = [self.gazetteer.places[code] for code in sorted(said.villages)]
        if len(places) > 1:
            return [place_candidate(self.gazetteer, place, 80.0) for place in places]
        if unclear:
            return unclear
        if not places:
            return None
        place = places[0]
        fuzzy = said.village_is_heard or said.unit_is_heard
        score = said.village_score if said.village_score else HEARD_SCORE if fuzzy else 100.0
        anchor = Anchor(
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
        lon, lat = self._roads.nearest(said, place.lon, place.lat, within_m=place.r95_m)
        return replace(anchor, lon=lon, lat=lat)

    def _by_unit(self, said: Parsed, unit: str | None, base: Answer) -> Answer:
        if unit is not None:
            if not said.unit_is_sure and said.rest and not _explains(said):
                return self._ambiguous(base, [unit_candidate(self.gazetteer, unit)])
            home = self.gazetteer.units[unit]
            anchor = Anchor(
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

    def _in_village(self, said: Parsed, anchor: Anchor) -> Anchor:
        """The anchor under the code of the village that the text names besides."""
        if anchor.code == MatchCode.C2 or len(said.villages) != 1 or not said.units:
            return anchor
        village = self.gazetteer.places[next(iter(said.villages))]
        return replace(anchor, place_code=village.code, name=f"{village.name}{anchor.name}")

    def _moved(self, said: Parsed, anchor: Anchor, base: Answer) -> Answer:
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
            route=said.stake.route or self._roads.route(said),
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


def _region_answer(region: RegionPack) -> Answer:
    metric = region.units.geometry.to_crs(region.metric_crs)
    centre = metric.union_all().representative_point()
    point = gpd.GeoSeries([centre], crs=region.metric_crs).to_crs(WGS84).iloc[0]
    radius = R95_OF_RADIUS * math.sqrt(float(metric.area.sum()) / math.pi)
    return Answer(
        lon=point.x, lat=point.y, match_code=MatchCode.E.value, r95_m=radius,
        place_name=region.names.get("zh") or next(iter(region.names.values())),
        score=100.0, status=PlaceStatus.ACCEPTED.value,
    )  # fmt: skip


def _explains(said: Parsed) -> bool:
    """Whether what follows a unit's bare stem is the kind of thing that lies in a unit."""
    if said.moves or said.near_m:
        return True
    return len(said.rest) >= 3 and has_point_word(said.rest)

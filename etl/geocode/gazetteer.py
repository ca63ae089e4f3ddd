"""The names of one region: its units, villages, points of interest and roads."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np

from data.region import RegionPack
from etl.geocode import names
from etl.geocode.protocol import Answer, Placed, PlaceStatus
from geo.vocabulary import R95_M, MatchCode

VILLAGE_KINDS = frozenset({"village", "community"})
# A seat of government stands for its unit; whatever is not named here is a point.
_MATCH_OF_KIND = {"seat": MatchCode.D1, "crossing": MatchCode.B2}
# The radius of a disc of the same area, within which 95 % of its points lie.
R95_OF_RADIUS = 0.975
_DIVISIONS = Path(__file__).with_name("divisions.txt")


@dataclass(frozen=True, slots=True)
class Unit:
    """A township or sub-district; degrees are those of a point inside it."""

    code: str
    name: str
    stem: str
    parent: str
    lon: float
    lat: float
    r95_m: float


@dataclass(frozen=True, slots=True)
class Place:
    """A village or point of interest."""

    code: str
    name: str
    stem: str
    unit: str | None
    match_code: str
    is_village: bool
    lon: float
    lat: float
    r95_m: float


@dataclass(frozen=True, slots=True)
class Road:
    """One line of the roads, by its position in the pack."""

    position: int
    route: str
    name: str


class Scanner:
    """Finds the longest known names in a text, left to right."""

    def __init__(self, spellings: Iterable[str]) -> None:
        by_first: dict[str, dict[int, None]] = defaultdict(dict)
        self._known = frozenset(spellings)
        for spelling in sorted(self._known, key=len, reverse=True):
            by_first[spelling[0]].setdefault(len(spelling))
        self._lengths = {first: tuple(lengths) for first, lengths in by_first.items()}

    def at(self, text: str, position: int = 0) -> str | None:
        """The longest name that begins at ``position``."""
        for length in self._lengths.get(text[position : position + 1], ()):
            if (name := text[position : position + length]) in self._known:
                return name
        return None

    def scan(self, text: str) -> Iterator[tuple[int, str]]:
        """Position and spelling of the names, none overlapping."""
        position, lengths = 0, self._lengths
        while position < len(text):
            if text[position] in lengths and (name := self.at(text, position)):
                yield position, name
                position += len(name)
            else:
                position += 1


class Gazetteer:
    """What a region calls its places, ready to be looked up.

    Parameters
    ----------
    region
        Its units, places and roads with their aliases are the names known.
    """

    def __init__(self, region: RegionPack) -> None:
        self.region = region
        self.units = _units(region)
        villages_of = Counter(
            region.places.loc[region.places["kind"].isin(VILLAGE_KINDS), "unit_code"].astype(
                str
            )
        )
        self.places = _places(region.places, self.units, villages_of)
        self.villages = [place for place in self.places.values() if place.is_village]
        self._name_units()
        self._name_places()
        self._name_roads()
        own = {names.normalise(name) for name in region.names.values()}
        own |= {names.normalise(name) for name in region.aliases}
        # With and without 市 or 县.
        self.region_names = {s for n in own if n for s in (n, _county_stem(n))}
        above = {names.normalise(name) for name in region.parents}
        self.parent_names = {s for n in above if n for s in (n, _county_stem(n))}
        # Texts that name the region and no more.
        heads = {
            "",
            *(
                "".join(names.normalise(n) for n in region.parents[i:])
                for i in range(len(region.parents))
            ),
        }
        self.region_phrases = {
            head + name + tail
            for head in heads for name in self.region_names
            for tail in ("", "市区", "城区", "境内", "辖区")
        }  # fmt: skip
        self.head_scanner = Scanner({"中国", *self.region_names, *self.parent_names})

    def _name_units(self) -> None:
        self.unit_full: dict[str, set[str]] = defaultdict(set)
        self.unit_stems: dict[str, set[str]] = defaultdict(set)
        self.unit_sounds: dict[str, set[str]] = defaultdict(set)
        self.units_of_parent: dict[str, set[str]] = defaultdict(set)
        frame = self.region.units
        for unit, aliases in zip(self.units.values(), frame["aliases"], strict=True):
            full, stems = names.unit_spellings(
                names.normalise(unit.name), names.split_aliases(aliases)
            )
            for spelling in full:
                self.unit_full[spelling].add(unit.code)
                if len(spelling) >= 3:
                    for heard in names.sounds(spelling):
                        self.unit_sounds[heard].add(unit.code)
            for stem in stems:
                self.unit_stems[stem].add(unit.code)
            if unit.parent:
                parent = names.normalise(unit.parent)
                self.units_of_parent[parent].add(unit.code)
        self.unit_stem_sounds = {names.sound(stem) for stem in self.unit_stems}
        self.unit_full_scanner = Scanner(name for name in self.unit_full if len(name) >= 2)
        self.unit_scanner = Scanner([*self.unit_full, *self.unit_stems])
        self.unit_sound_scanner = Scanner(self.unit_sounds)
        self.parent_scanner = Scanner(self.units_of_parent)

    def _name_places(self) -> None:
        # Of each unit ("" for the whole region): spelling → places.
        self.village_full: dict[str, dict[str, set[str]]] = defaultdict(
            lambda: defaultdict(set)
        )
        self.village_stems: dict[str, dict[str, set[str]]] = defaultdict(
            lambda: defaultdict(set)
        )
        self.village_sounds: dict[str, dict[str, set[str]]] = defaultdict(
            lambda: defaultdict(set)
        )
        self.points: dict[str, set[str]] = defaultdict(set)
        self.crossings: dict[frozenset[str], set[str]] = defaultdict(set)
        for place, alias_cell in zip(
            self.places.values(), self.region.places["aliases"], strict=True
        ):
            name, aliases = names.normalise(place.name), names.split_aliases(alias_cell)
            if not place.is_village:
                for spelling in (name, *aliases):
                    if len(spelling) >= 2:
                        self.points[spelling].add(place.code)
                continue
            full, stems = names.village_spellings(name, aliases)
            for unit in ("", place.unit or ""):
                for spelling in full:
                    self.village_full[unit][spelling].add(place.code)
                for stem in stems:
                    self.village_stems[unit][stem].add(place.code)
                for spelling in full | stems:
                    for heard in names.sounds(spelling):
                        self.village_sounds[unit][heard].add(place.code)
        self.village_scanners = {
            unit: Scanner([*self.village_full[unit], *self.village_stems.get(unit, ())])
            for unit in list(self.village_full)
        }
        self.village_full_scanners = {
            unit: Scanner(full) for unit, full in self.village_full.items()
        }
        self.village_sound_scanners = {
            unit: Scanner(heard) for unit, heard in self.village_sounds.items()
        }
        self.point_scanner = Scanner(self.points)

    def _name_roads(self) -> None:
        frame = self.region.roads
        self.roads = [
            Road(i, str(route), str(name))
            for i, (route, name) in enumerate(
                zip(frame["route_code"], frame["name"], strict=True)
            )
        ]
        self.road_names: dict[str, set[int]] = defaultdict(set)
        stems: dict[str, set[int]] = defaultdict(set)
        for road, aliases in zip(self.roads, frame["aliases"], strict=True):
            for spelling in (names.normalise(road.name), *names.split_aliases(aliases)):
                if len(spelling) >= 2:
                    self.road_names[spelling].add(road.position)
                    stems[names.ROAD_SUFFIX.sub("", spelling)].add(road.position)
        self.road_sounds: dict[str, set[int]] = defaultdict(set)
        for spelling, owners in self.road_names.items():
            if len(spelling) >= 3:
                for heard in names.sounds(spelling):
                    self.road_sounds[heard] |= owners
        # 颍河路 for 颍河大街: another type word, where the stem is nobody else's.
        self.road_variants: dict[str, set[int]] = {}
        for stem, owners in stems.items():
            if len(stem) >= 2 and len(owners) == 1:
                for word in names.ROAD_WORDS:
                    if stem + word not in self.road_names:
                        self.road_variants[stem + word] = owners
        self.road_scanner = Scanner([*self.road_names, *self.road_variants])
        self.road_sound_scanner = Scanner(self.road_sounds)

    @cached_property
    def divisions(self) -> Scanner:
        """The provinces, cities and counties of the country that are not this region."""
        return Scanner(self._foreign)

    @cached_property
    def division_stems(self) -> Scanner:
        """Their names without the type word, where nothing here is called so."""
        local = {*self.unit_stems, *self.village_stems[""], *self.region_names}
        local |= self.parent_names
        stems = {_county_stem(name) for name in self._foreign if not name.endswith("区")}
        return Scanner(
            stem for stem in stems
            if len(stem) >= 2 and stem not in local and not stem.endswith(("镇", "乡", "村"))
        )  # fmt: skip

    @cached_property
    def _foreign(self) -> set[str]:
        known = set(_DIVISIONS.read_text(encoding="utf-8").split())
        own = {*self.region_names, *self.parent_names, *self.unit_full, *self.units_of_parent}
        return {names.normalise(name) for name in known} - own

    def unit_code(self, name: str) -> str | None:
        """The unit that exactly this name or alias belongs to, if there is just one."""
        name = names.normalise(name)
        for known in (self.unit_full, self.unit_stems, self.unit_sounds):
            key = names.sound(name) if known is self.unit_sounds else name
            codes = known.get(key, set())
            if codes:
                return next(iter(codes)) if len(codes) == 1 else None
        return None

    def unit_answer(self, code: str, *, score: float = 100.0, fuzzy: bool = False) -> Answer:
        """D1 at a unit's own point."""
        unit = self.units[code]
        return Answer(
            lon=unit.lon, lat=unit.lat, r95_m=unit.r95_m * (1.5 if fuzzy else 1.0),
            match_code=MatchCode.D1.value + ("~" if fuzzy else ""),
            unit_code=code, place_name=unit.name, score=score,
            status=PlaceStatus.ACCEPTED.value,
        )  # fmt: skip

    def at_unit(self, codes: Iterable[str | None]) -> Placed:
        """D1 at each unit's representative point; unknown codes stay unmatched."""
        return Placed.of(
            [self.unit_answer(code) if code in self.units else Answer() for code in codes]
        )


def _county_stem(name: str) -> str:
    stem = name.removesuffix("自治区").removesuffix("自治州").removesuffix("自治县")
    if stem == name and len(name) >= 3:
        stem = name[:-1] if name[-1] in "省市县区旗" else name
    return stem


def _units(region: RegionPack) -> dict[str, Unit]:
    frame = region.units
    radius_m = np.sqrt(frame.to_crs(region.metric_crs).area.to_numpy() / math.pi)
    points = frame.representative_point()
    return {
        code: Unit(code, name, names.unit_stem(names.normalise(name)), parent, lon, lat, r95)
        for code, name, parent, lon, lat, r95 in zip(
            frame.index.astype(str), frame["name"], frame["parent"],
            points.x, points.y, radius_m * R95_OF_RADIUS, strict=True,
        )
    }  # fmt: skip


def _places(
    frame: gpd.GeoDataFrame, units: dict[str, Unit], villages_of: Counter[str]
) -> dict[str, Place]:
    places = {}
    for code, name, unit, kind, point in zip(
        frame["place_code"].astype(str), frame["name"], frame["unit_code"].astype(str),
        frame["kind"], frame.geometry, strict=True,
    ):  # fmt: skip
        is_village = kind in VILLAGE_KINDS
        match_code = MatchCode.C2 if is_village else _MATCH_OF_KIND.get(kind, MatchCode.A2)
        home = units.get(unit)
        r95_m = R95_M[match_code]
        if home is not None and match_code is MatchCode.D1:
            r95_m = home.r95_m
        elif home is not None and match_code is MatchCode.C2:
            r95_m = home.r95_m / math.sqrt(villages_of[unit])
        stem = names.VILLAGE_SUFFIX.sub("", names.normalise(name)) if is_village else name
        places[code] = Place(
            code, name, stem or name, unit or None, match_code.value, is_village,
            point.x, point.y, r95_m,
        )  # fmt: skip
    return places

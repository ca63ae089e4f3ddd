"""Names of units and villages found in a text, the longest name first.

A village found is answered with C2 and the radius of its share of the unit's
area, a point of interest with A2, a unit alone with D1 and the unit's own
radius. Where a name belongs to several villages and no unit decides, the text
is ambiguous: it is refused rather than guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np

from data.region import RegionPack
from etl.geocode.protocol import Placed, PlaceStatus
from geo.vocabulary import R95_M, MatchCode

VILLAGE_KINDS = frozenset({"village", "community"})
# A seat of government stands for its unit; whatever is not named here is a point.
_MATCH_OF_KIND = {"seat": MatchCode.D1, "crossing": MatchCode.B2}
# The radius of a disc of the same area, within which 95 % of its points lie.
_R95_OF_RADIUS = 0.975
_UNIT_SUFFIX = re.compile(r"(?:街道办事处|街道办|办事处|街道|回族乡|民族乡|镇|乡)$")
_VILLAGE_SUFFIX = re.compile(
    r"(?:村民委员会|社区居民委员会|居民委员会|村委会|社区居委会|居委会|社区|村)$"
)
# A stem before one of these names a road, bridge or river, not the place.
_NOT_THE_PLACE = re.compile(r"大道|大街|路|街(?!道)|巷|线|高速|公路|桥|水库|河|站")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class _Answer:
    lon: float = math.nan
    lat: float = math.nan
    match_code: str = MatchCode.U.value
    r95_m: float = math.nan
    unit_code: str | None = None
    place_code: str | None = None
    status: str = PlaceStatus.UNPLACED.value


_UNPLACED = _Answer()
_AMBIGUOUS = _Answer(status=PlaceStatus.AMBIGUOUS.value)


class Gazetteer:
    """The simple geocoder over a region's own names.

    Parameters
    ----------
    region
        Its units and places with their aliases are the names known.
    """

    def __init__(self, region: RegionPack) -> None:
        units, places = region.units, region.places
        radius_m = np.sqrt(units.to_crs(region.metric_crs).area.to_numpy() / math.pi)
        points = units.representative_point()
        self._unit_answers = {
            code: _Answer(
                lon, lat, MatchCode.D1.value, radius * _R95_OF_RADIUS, code, None,
                PlaceStatus.PLACED.value,
            )
            for code, lon, lat, radius in zip(
                units.index.astype(str), points.x, points.y, radius_m, strict=True
            )
        }  # fmt: skip
        self._place_answers: dict[str, _Answer] = {}
        self._names: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for code, name, aliases in zip(
            units.index.astype(str), units["name"], units["aliases"], strict=True
        ):
            for spelling in _spellings(name, aliases, _UNIT_SUFFIX):
                self._names[spelling].add(("unit", code))
        self._unit_names = {
            name: {code for _, code in owners} for name, owners in self._names.items()
        }
        self._add_places(places)
        self._by_first: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self._names, key=len, reverse=True):
            self._by_first[name[0]].append(name)
        region_name = region.names.get("zh", "")
        self._region_names = tuple(filter(None, (_normalise(region_name),)))

    def _add_places(self, places: gpd.GeoDataFrame) -> None:
        is_village = places["kind"].isin(VILLAGE_KINDS)
        villages_of = Counter(places.loc[is_village, "unit_code"].astype(str))
        for code, name, aliases, unit, kind, village, point in zip(
            places["place_code"].astype(str),
            places["name"], places["aliases"], places["unit_code"].astype(str), places["kind"],
            is_village,
            places.geometry, strict=True,
        ):  # fmt: skip
            home = self._unit_answers.get(unit)
            match_code = MatchCode.C2 if village else _MATCH_OF_KIND.get(kind, MatchCode.A2)
            r95_m = R95_M[match_code]
            if home is not None and match_code is MatchCode.D1:
                r95_m = home.r95_m
            elif home is not None and match_code is MatchCode.C2:
                r95_m = home.r95_m / math.sqrt(villages_of[unit])
            self._place_answers[code] = _Answer(
                point.x, point.y, match_code.value, r95_m, unit, code, PlaceStatus.PLACED.value
            )
            for spelling in _spellings(name, aliases, _VILLAGE_SUFFIX if village else None):
                self._names[spelling].add(("place", code))

    def locate(self, texts: list[str]) -> Placed:
        """Place each text; see :class:`etl.geocode.Geocoder`."""
        return _columns([self._locate(_normalise(text)) for text in texts])

    def unit_code(self, name: str) -> str | None:
        """The unit that exactly this name or alias belongs to, if there is just one."""
        codes = self._unit_names.get(_normalise(name), set())
        return next(iter(codes)) if len(codes) == 1 else None

    def at_unit(self, codes: Iterable[str]) -> Placed:
        """D1 at each unit's representative point; unknown codes stay unplaced."""
        return _columns([self._unit_answers.get(code, _UNPLACED) for code in codes])

    def _locate(self, text: str) -> _Answer:
        for name in self._region_names:
            text = text.replace(name, "|")
        units: set[str] = set()
        places: list[set[str]] = []
        for owners, is_village in self._matches(text):
            own_units = {code for kind, code in owners if kind == "unit"}
            own_places = {code for kind, code in owners if kind == "place"}
            # A village that is called like a township is meant only when the text says so.
            if own_units and not (is_village and own_places):
                units |= own_units
            elif own_places:
                places.append(own_places)
        if len(units) == 1:
            home = next(iter(units))
            places = [
                kept
                for found in places
                if (
                    kept := {
                        code for code in found if self._place_answers[code].unit_code == home
                    }
                )
            ]
        candidates = set().union(*places)
        exact = {
            code
            for code in candidates
            if self._place_answers[code].match_code not in (MatchCode.C2, MatchCode.D1)
        }
        for chosen in (exact, candidates):
            if len(chosen) == 1:
                return self._place_answers[next(iter(chosen))]
        if len(units) == 1:
            return self._unit_answers[next(iter(units))]
        return _AMBIGUOUS if units or candidates else _UNPLACED

    def _matches(self, text: str) -> Iterable[tuple[set[tuple[str, str]], bool]]:
        position = 0
        while position < len(text):
            for name in self._by_first.get(text[position], ()):
                end = position + len(name)
                if text.startswith(name, position) and not _NOT_THE_PLACE.match(text, end):
                    is_village = bool(
                        _VILLAGE_SUFFIX.search(name) or text.startswith(("村", "社区"), end)
                    )
                    yield self._names[name], is_village
                    position = end
                    break
            else:
                position += 1


def _normalise(text: str) -> str:
    return _SPACE.sub("", unicodedata.normalize("NFKC", text))


def _spellings(name: str, aliases: object, suffix: re.Pattern[str] | None) -> set[str]:
    """The name, its aliases, and their stems of two or more characters."""
    spellings = {_normalise(name)}
    if isinstance(aliases, str):
        spellings |= {_normalise(alias) for alias in aliases.split("|") if alias.strip()}
    if suffix is not None:
        for spelling in list(spellings):
            stem = suffix.sub("", spelling)
            spellings.add(stem)
            if suffix is _VILLAGE_SUFFIX and stem:
                spellings.add(stem + "村")
    return {spelling for spelling in spellings if len(spelling) >= 2}


def _columns(answers: list[_Answer]) -> Placed:
    def objects(values: list[object]) -> np.ndarray:
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column

    return Placed(
        lon=np.array([answer.lon for answer in answers], dtype=float),
        lat=np.array([answer.lat for answer in answers], dtype=float),
        match_code=objects([answer.match_code for answer in answers]),
        r95_m=np.array([answer.r95_m for answer in answers], dtype=float),
        unit_code=objects([answer.unit_code for answer in answers]),
        place_code=objects([answer.place_code for answer in answers]),
        status=objects([answer.status for answer in answers]),
    )

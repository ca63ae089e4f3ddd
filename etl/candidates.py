"""Places a text may mean, for somebody to choose from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data.region import RegionPack
from etl.geocode import Geocoder, PlaceStatus
from geo.assign import UnitIndex
from geo.vocabulary import R95_M, MatchCode

MOST = 8
# What a name may lack in a text: the word for its rank.
_RANK = re.compile(
    r"(?:街道办事处|街道办|办事处|街道|回族乡|民族乡|镇|乡|村民委员会|居民委员会|村委会|居委会|社区|村)$"
)


@dataclass(frozen=True, kw_only=True)
class PlaceOption:
    """One place; WGS-84 degrees, ``score`` 0 to 100."""

    name: str
    lon: float
    lat: float
    match_code: str
    r95_m: float
    score: float
    unit_code: str | None = None
    place_code: str | None = None


class Options:
    """Finds the places of one region that a text may mean."""

    def __init__(self, region: RegionPack, geocoder: Geocoder) -> None:
        self._geocoder = geocoder
        self._units, self._index = region.units, UnitIndex(region.units)
        places = region.places
        self._places = places.set_index(places["place_code"].astype(str))
        self._spellings = [
            *(("unit", code, name) for code, name in _spellings(self._units)),
            *(("place", code, name) for code, name in _spellings(self._places)),
        ]

    def unit_at(self, lon: float, lat: float) -> str | None:
        """Code of the unit that holds a point, ``None`` outside the region."""
        at = int(self._index.assign(np.array([lon]), np.array([lat]))[0])
        return None if at < 0 else str(self._units.index[at])

    def of(self, text: str) -> list[PlaceOption]:
        """The best few places, best first: the geocoder's own, else by names in the text."""
        return self._own(text) or self._named(text)

    def _own(self, text: str) -> list[PlaceOption]:
        """Candidates of a geocoder that gives them, as JSON beside its answer."""
        told = getattr(self._geocoder.locate([text]), "candidates", [None])[0]
        return [self._told(one) for one in json.loads(told or "[]")[:MOST]]

    def _told(self, one: dict[str, Any]) -> PlaceOption:
        point, score = (float(one["lon"]), float(one["lat"])), float(one["score"])
        unit = self.unit_at(*point)
        if one["place_code"]:
            return self._option(
                kind="place", code=one["place_code"], name=one["name"], point=point, score=score
            )
        if unit is not None and str(one["name"]).endswith(str(self._units.at[unit, "name"])):
            return self._option(
                kind="unit", code=unit, name=one["name"], point=point, score=score
            )
        # A stake or a crossing: nothing says how sharp it is, so as a stake of no calibration.
        return PlaceOption(
            name=one["name"], lon=point[0], lat=point[1], match_code=MatchCode.C1.value,
            r95_m=R95_M[MatchCode.C1], score=score, unit_code=unit,
        )  # fmt: skip

    def _named(self, text: str) -> list[PlaceOption]:
        found: dict[tuple[str, str], int] = {}
        for kind, code, spelling in self._spellings:
            if spelling in text:
                found[kind, code] = max(len(spelling), found.get((kind, code), 0))
        units = {code for kind, code in found if kind == "unit"}
        ranked = sorted(
            (
                # A village of the unit that the text names explains both names.
                (length + (kind == "place" and self._unit_of(code) in units), kind, code)
                for (kind, code), length in found.items()
            ),
            key=lambda one: (-one[0], one[1], one[2]),
        )
        return [
            self._option(
                code=code, kind=kind, name="", point=None,
                score=min(100.0, 100.0 * length / max(len(text), 1)),
            )
            for length, kind, code in ranked[:MOST]
        ]  # fmt: skip

    def _unit_of(self, place_code: str) -> str | None:
        unit = self._places.at[place_code, "unit_code"]
        return None if pd.isna(unit) or not unit else str(unit)

    def _option(
        self,
        *,
        kind: str,
        code: str | None,
        name: str,
        point: tuple[float, float] | None,
        score: float,
    ) -> PlaceOption:
        is_unit = kind == "unit"
        unit = (
            code if is_unit else (self._unit_of(code) if code in self._places.index else None)
        )
        frame = self._units if is_unit else self._places
        known = code in frame.index
        own = str(frame.at[code, "name"]) if known else name
        if point is None:
            spot = frame.at[code, "geometry"].representative_point()
            point = (float(spot.x), float(spot.y))
        match, r95_m = self._precision(own, unit, code, is_unit=is_unit)
        return PlaceOption(
            name=name or own,
            lon=point[0],
            lat=point[1],
            match_code=match,
            r95_m=r95_m,
            score=score,
            unit_code=unit or self.unit_at(*point),
            place_code=None if is_unit else code,
        )

    def _precision(
        self, name: str, unit: str | None, code: str | None, *, is_unit: bool
    ) -> tuple[str, float]:
        """How surely the geocoder places the full name, which is what was chosen."""
        prefix = "" if is_unit or unit is None else str(self._units.at[unit, "name"])
        answer = self._geocoder.locate([prefix + name])
        wanted = answer.unit_code[0] if is_unit else answer.place_code[0]
        if answer.status[0] == PlaceStatus.ACCEPTED.value and wanted == code:
            return str(answer.match_code[0]).removesuffix("~"), float(answer.r95_m[0])
        match = MatchCode.D1 if is_unit else MatchCode.C2
        return match.value, R95_M[match]


def _spellings(frame: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Codes and every way to write their names that is two characters or longer."""
    for code, name, aliases in zip(
        frame.index.astype(str), frame["name"], frame["aliases"], strict=True
    ):
        known = {str(name), *(str(aliases).split("|") if isinstance(aliases, str) else ())}
        for spelling in known | {_RANK.sub("", one) for one in known}:
            if len(spelling) >= 2:
                yield code, spelling

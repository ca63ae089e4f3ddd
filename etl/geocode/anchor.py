"""A place before its offset, and what the steps of the cascade share."""

from __future__ import annotations

from dataclasses import dataclass

from etl.geocode.gazetteer import Gazetteer, Place
from etl.geocode.parse import Parsed, RoadMention
from etl.geocode.protocol import Candidate
from geo.vocabulary import MatchCode

HEARD_SCORE = 95.0
VARIANT_SCORE = 90.0
MAX_CANDIDATES = 5
# A point this far outside the unit that the text names contradicts it.
UNIT_SLACK_M = 3_000.0


@dataclass(frozen=True, slots=True)
class Anchor:
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


# What a step of the cascade finds: a place, candidates to choose from, or nothing.
Found = Anchor | list[Candidate] | None


def place_candidate(gazetteer: Gazetteer, place: Place, score: float) -> Candidate:
    """A village or point, named with its unit."""
    unit = gazetteer.units.get(place.unit or "")
    name = f"{unit.name}{place.name}" if unit else place.name
    return Candidate(place.code, name, place.lon, place.lat, score)


def unit_candidate(gazetteer: Gazetteer, code: str) -> Candidate:
    """A unit at its own point."""
    unit = gazetteer.units[code]
    return Candidate(None, unit.name, unit.lon, unit.lat, 50.0)


def is_fuzzy(said: Parsed, *roads: RoadMention) -> bool:
    """Whether the unit or a road is not written as it is known."""
    return said.unit_is_heard or any(road.fuzzy for road in roads)

"""What the pipeline asks of a geocoder, and the form of its answers."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Protocol

import numpy as np

from geo.vocabulary import MatchCode


class PlaceStatus(StrEnum):
    """How the search for a text ended."""

    ACCEPTED = "accepted"
    AMBIGUOUS = "ambiguous"
    UNMATCHED = "unmatched"
    OUT_OF_AREA = "out_of_area"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that an ambiguous text may mean; WGS-84 degrees, score 0 to 100."""

    place_code: str | None
    name: str
    lon: float
    lat: float
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Where one text is; the fields are the columns of :class:`Placed`."""

    lon: float = math.nan
    lat: float = math.nan
    match_code: str = MatchCode.U.value
    r95_m: float = math.nan
    unit_code: str | None = None
    place_code: str | None = None
    place_name: str | None = None
    route: str | None = None
    stake_from_m: float = math.nan
    stake_to_m: float = math.nan
    score: float = 0.0
    status: str = PlaceStatus.UNMATCHED.value
    candidates: tuple[Candidate, ...] = ()

    def candidates_json(self) -> str | None:
        """The candidates as a JSON list, best first; None when there are none."""
        if not self.candidates:
            return None
        return json.dumps(
            [
                {
                    "place_code": one.place_code,
                    "name": one.name,
                    "lon": round(one.lon, 6),
                    "lat": round(one.lat, 6),
                    "score": round(one.score, 1),
                }
                for one in self.candidates
            ],
            ensure_ascii=False,
        )


UNMATCHED = Answer()
_FLOATS = ("lon", "lat", "r95_m", "stake_from_m", "stake_to_m", "score")


@dataclass(frozen=True)
class Placed:
    """Parallel arrays (n,), one entry per text; text arrays are of dtype object.

    ``lon``/``lat`` are WGS-84 degrees, NaN unless accepted; ``match_code`` carries ``~``
    where the name was not written as it is; ``unit_code``, ``place_code`` and
    ``place_name`` are None where unknown; ``route`` and the stakes (metres) are what the
    text says, found or not; ``score`` runs from 0 to 100; ``candidates`` is JSON text,
    best first, or None.
    """

    lon: np.ndarray
    lat: np.ndarray
    match_code: np.ndarray
    r95_m: np.ndarray
    unit_code: np.ndarray
    place_code: np.ndarray
    place_name: np.ndarray
    route: np.ndarray
    stake_from_m: np.ndarray
    stake_to_m: np.ndarray
    score: np.ndarray
    status: np.ndarray
    candidates: np.ndarray

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> Placed:
        """The answers as columns."""
        columns: dict[str, np.ndarray] = {}
        for member in fields(cls):
            name = member.name
            if name in _FLOATS:
                columns[name] = np.array([getattr(one, name) for one in answers], dtype=float)
                continue
            column = np.empty(len(answers), dtype=object)
            column[:] = (
                [one.candidates_json() for one in answers]
                if name == "candidates"
                else [getattr(one, name) for one in answers]
            )
            columns[name] = column
        return cls(**columns)

    @classmethod
    def unmatched(cls, n: int) -> Placed:
        """``n`` texts of which nothing is known."""
        return cls.of([UNMATCHED] * n)

    def take(self, rows: np.ndarray) -> Placed:
        """The answers at positions ``rows`` (m,)."""
        return Placed(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def put(self, rows: np.ndarray, other: Placed) -> None:
        """Overwrite positions ``rows`` (m,) by the m answers of ``other``."""
        for member in fields(self):
            getattr(self, member.name)[rows] = getattr(other, member.name)

    def extended(self, other: Placed) -> Placed:
        """These answers followed by ``other``'s."""
        return Placed(
            **{
                f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)])
                for f in fields(self)
            }
        )


class Geocoder(Protocol):
    """Anything that places texts within one region."""

    def locate(self, texts: list[str]) -> Placed:
        """Place each of the n texts; must give the same answer for the same text."""
        ...

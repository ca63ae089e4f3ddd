"""What the pipeline asks of a geocoder."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np


class PlaceStatus(StrEnum):
    """How the search for a text ended."""

    PLACED = "placed"
    AMBIGUOUS = "ambiguous"
    UNPLACED = "unplaced"


@dataclass(frozen=True)
class Placed:
    """Parallel arrays (n,), one entry per text; text arrays are of dtype object.

    ``lon``/``lat`` are WGS-84 degrees, NaN unless placed; ``unit_code`` and
    ``place_code`` are None where unknown.
    """

    lon: np.ndarray
    lat: np.ndarray
    match_code: np.ndarray
    r95_m: np.ndarray
    unit_code: np.ndarray
    place_code: np.ndarray
    status: np.ndarray


class Geocoder(Protocol):
    """Anything that places texts within one region."""

    def locate(self, texts: list[str]) -> Placed:
        """Place each of the n texts; must give the same answer for the same text."""
        ...

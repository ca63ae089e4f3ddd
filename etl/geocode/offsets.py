"""Offset phrases: 东北约300米, 向西二里, 路口以北1.5公里.

A phrase moves the anchor along the geodesic. Its direction is one of eight, so it is known
to ±22.5°, and its distance is an estimate: the radius grows in quadrature by a quarter
of the distance along it and by 0.39 of it (sin 22.5° ≈ 0.38) across.
"""

from __future__ import annotations

import math
import re

from pyproj import Geod

from etl.geocode.stake_text import spoken_number

_GEOD = Geod(ellps="WGS84")
_BEARING_DEG = {
    "北": 0.0, "东北": 45.0, "东": 90.0, "东南": 135.0,
    "南": 180.0, "西南": 225.0, "西": 270.0, "西北": 315.0,
}  # fmt: skip
_METRES = {
    "米": 1.0,
    "M": 1.0,
    "公里": 1000.0,
    "千米": 1000.0,
    "KM": 1000.0,
    "里": 500.0,
    "华里": 500.0,
}
_UNIT = r"(米|M(?![A-Z])|公里|千米|KM|华?里(?!程))"
_NUMBER = r"(\d+(?:\.\d+)?|[一二两三四五六七八九十百千]+)"
_MOVE = re.compile(
    r"([东西][南北]|[南北][东西]|[东南西北])[侧面边方向部头口行走外边]*"
    rf"(?:大约|约|近|不足|相距|距离?)?{_NUMBER}{_UNIT}"
)
_NEAR = re.compile(rf"(?:距离?|相距|大?约)?{_NUMBER}{_UNIT}(?:左右)?(?:处|远|以?外|范围)")
ALONG_SHARE, ACROSS_SHARE = 0.25, 0.39
MAX_OFFSET_M = 20_000.0


def offsets(text: str) -> tuple[tuple[tuple[float, float], ...], float]:
    """The moves a text describes, and a distance it gives without a direction.

    Parameters
    ----------
    text
        In :func:`etl.geocode.stake_text.stake_form`, without its stake and spaces.

    Returns
    -------
    moves
        (bearing in degrees, metres) in the order of the text.
    near_m
        0 where there is none.
    """
    moves = []
    for found in _MOVE.finditer(text):
        direction, number, unit = found.groups()
        if direction not in _BEARING_DEG:
            direction = direction[::-1]
        if (metres := _distance(number, unit)) <= MAX_OFFSET_M:
            moves.append((_BEARING_DEG[direction], metres))
    near = None if moves else _NEAR.search(text)
    near_m = _distance(*near.groups()) if near else 0.0
    return tuple(moves), near_m if near_m <= MAX_OFFSET_M else 0.0


def moved(
    lon: float, lat: float, r95_m: float, moves: tuple[tuple[float, float], ...], near_m: float
) -> tuple[float, float, float]:
    """Longitude, latitude and radius after the moves; degrees and metres."""
    square = r95_m**2 + near_m**2
    for bearing, distance in moves:
        lon, lat, _ = _GEOD.fwd(lon, lat, bearing, distance)
        square += (ALONG_SHARE * distance) ** 2 + (ACROSS_SHARE * distance) ** 2
    return lon, lat, math.sqrt(square)


def midpoint(
    lon: float, lat: float, other_lon: float, other_lat: float
) -> tuple[float, float, float]:
    """The point halfway along the geodesic, and half its length in metres."""
    bearing, _, distance = _GEOD.inv(lon, lat, other_lon, other_lat)
    middle_lon, middle_lat, _ = _GEOD.fwd(lon, lat, bearing, distance / 2)
    return middle_lon, middle_lat, distance / 2


def distance_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Geodesic distance in metres."""
    return float(_GEOD.inv(lon, lat, other_lon, other_lat)[2])


def _distance(number: str, unit: str) -> float:
    value = float(number) if number[0].isdigit() else float(spoken_number(number))
    return value * _METRES[unit]

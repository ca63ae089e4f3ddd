"""Coordinates as people write them, to WGS-84 degrees.

Decimal degrees (point or comma), degrees–minutes–seconds in Western or Chinese
notation, ``lon, lat`` pairs and WKT points in one column, and projected metres
by EPSG number. Text has been normalised before, so full-width digits are plain.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from etl import text
from etl.faults import Faults
from etl.numbers import decimal_comma, extract_counts, parse_numbers
from geo.datum import bd09_to_wgs84, gcj02_to_wgs84
from geo.errors import ProfileError
from geo.vocabulary import Datum

# NFKC makes "o" of the ordinal sign, a space and a ring of the lone ring, and two
# primes of a double prime: all three are written for degrees or seconds.
_DEGREE = r"\s*(?:[°度o]|\x{30A})\s*"
_CARDINAL = r"东经|西经|北纬|南纬|東經|西經|北緯|南緯|经度|纬度|經度|緯度"
_HEAD = rf"^(?P<head>[NSEWnsew]|{_CARDINAL})?\s*[:：=]?\s*"
_TAIL = r"(?P<tail>[NSEWnsew]|东|西|北|南|東)?$"
_DMS = (
    _HEAD
    + r"(?P<sign>[+-])?(?P<deg>\d{1,3}(?:\.\d+)?)"
    + _DEGREE
    + r"(?:(?P<min>\d{1,2}(?:\.\d+)?)\s*['’′分]\s*)?"
    + r"(?:(?P<sec>\d{1,2}(?:\.\d+)?)\s*(?:\"|”|''|′′|’’|秒)\s*)?"
    + _TAIL
)
_SIGNED = _HEAD + r"(?P<deg>[+-]?\d{1,3}(?:[.,]\d+)?)(?:" + _DEGREE + r")?\s*" + _TAIL
_MARKS = r"[°度o\x{30A}'’′分\"”秒NSEWnsew东西南北經纬緯经]"
_NEGATIVE = pa.array(["S", "s", "W", "w", "西经", "南纬", "西經", "南緯", "西", "南"])
_NORTH_SOUTH = pa.array(
    ["N", "n", "S", "s", "北纬", "南纬", "北緯", "南緯", "北", "南", "纬度", "緯度"]
)
_NONE = ("无", "無")
_AUTHORITY_OR_WKT = re.compile(r"[A-Za-z]+:\w+$|[A-Z_]+\[")
_PAIR = r"^(?:(?i:SRID=4326;)?(?i:POINT)\s*Z?\s*\(\s*|[\[(]\s*)?(?P<a>[^,;、/\s()\[\]]+)\s*[,;、/\s]\s*(?P<b>[^,;、/\s()\[\]]+)(?:[\s,;、/]+[^\s()\[\]]+)?\s*[\])]?$"


def parse_angles(column: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Degrees (n,), the mask of bad texts, and the mask of texts marked north or south."""
    marked = pc.match_substring_regex(column, _MARKS)
    is_marked = pc.fill_null(marked, False)
    nothing = pa.scalar(None, pa.string())
    plain = decimal_comma(pc.if_else(is_marked, nothing, column))
    values, bad = parse_numbers(plain)
    is_latitude = np.zeros(len(column), dtype=bool)
    rows = np.flatnonzero(is_marked.to_numpy(zero_copy_only=False))
    if len(rows) == 0:
        return values, bad, is_latitude
    texts = column.take(pa.array(rows))
    parts = extract_counts(texts, _DMS)
    simple = extract_counts(texts, _SIGNED)
    degrees = np.full(len(rows), np.nan)
    for found in (simple, parts):
        whole, _ = parse_numbers(decimal_comma(_blank(found["deg"])))
        matched = np.isfinite(whole)
        minutes = (
            np.nan_to_num(parse_numbers(_blank(found["min"]))[0]) if "min" in found else 0.0
        )
        seconds = (
            np.nan_to_num(parse_numbers(_blank(found["sec"]))[0]) if "sec" in found else 0.0
        )
        angle = np.abs(whole) + minutes / 60 + seconds / 3600
        angle[~np.broadcast_to((minutes < 60) & (seconds < 60), angle.shape)] = np.nan
        negative = (
            np.signbit(whole) | _in(found["head"], _NEGATIVE) | _in(found["tail"], _NEGATIVE)
        )
        if "sign" in found:
            negative |= _in(found["sign"], pa.array(["-"]))
        degrees = np.where(matched, np.where(negative, -angle, angle), degrees)
        north_south = _in(found["head"], _NORTH_SOUTH) | _in(found["tail"], _NORTH_SOUTH)
        is_latitude[rows] |= matched & north_south
    values[rows] = degrees
    bad[rows] = ~np.isfinite(degrees)
    return values, bad, is_latitude


def parse_points(
    lon: pa.Array, lat: pa.Array, faults: Faults, *, is_projected: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Two text columns to numbers; faulty rows become NaN and are entered in ``faults``."""
    x, bad_x, x_is_latitude = parse_angles(text.blank(lon, _NONE))
    y, bad_y, _ = parse_angles(text.blank(lat, _NONE))
    # 北纬 in the longitude column is an exchange that the text itself owns up to.
    x[x_is_latitude], y[x_is_latitude] = y[x_is_latitude], x[x_is_latitude]
    faults.add(bad_x, "BAD_COORD", "lon")
    faults.add(bad_y, "BAD_COORD", "lat")
    fine = ~(bad_x | bad_y)
    has_x, has_y = np.isfinite(x), np.isfinite(y)
    faults.add(fine & (has_x != has_y), "INCOMPLETE_COORD", "lon, lat")
    both = fine & has_x & has_y
    null_island = both & (x == 0) & (y == 0)
    faults.add(null_island, "NULL_ISLAND", "lon, lat")
    both &= ~null_island
    if not is_projected:
        with np.errstate(invalid="ignore"):
            # Beyond the globe even when exchanged: metres, or nonsense.
            swapped_fits = (np.abs(x) <= 90) & (np.abs(y) <= 180)
            off = both & ~((np.abs(x) <= 180) & (np.abs(y) <= 90)) & ~swapped_fits
        faults.add(off, "PROJECTED_OR_RANGE", "lon, lat", "set [coordinates] datum to EPSG:n")
        both &= ~off
    return np.where(both, x, np.nan), np.where(both, y, np.nan)


def split_pairs(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """``lon,lat`` texts and WKT points as two text columns.

    A text that is no pair is returned whole as the first column, to be refused there.
    """
    # 东经…北纬… is often written without anything in between.
    column = pc.replace_substring_regex(column, rf"([^,;、/\s(\[])({_CARDINAL})", r"\1 \2")
    found = extract_counts(column, _PAIR)
    return pc.coalesce(found["a"], column), found["b"]


def datum_crs(datum: str) -> CRS | None:
    """The projected or geographic CRS of an ``EPSG:n`` datum; None for the named ones.

    Raises
    ------
    ProfileError
        When the text names neither a datum nor a known EPSG number.
    """
    if datum in tuple(Datum):
        return None
    try:
        # PROJ would also search its names for any other text, and find surprising things.
        if not _AUTHORITY_OR_WKT.match(datum):
            raise CRSError("neither authority:code nor WKT")
        return CRS.from_user_input(datum)
    except CRSError as error:
        raise ProfileError(
            f"unknown datum {datum!r}; use one of {', '.join(Datum)} or EPSG:n"
        ) from error


class DatumShift:
    """Carries coordinates from one datum or CRS to WGS-84 degrees.

    Parameters
    ----------
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09`` or ``EPSG:n``.
    """

    def __init__(self, datum: str) -> None:
        self.datum = datum
        self._crs = datum_crs(datum)
        self.is_projected = self._crs is not None and self._crs.is_projected
        self._transformer = (
            None
            if self._crs is None
            else Transformer.from_crs(self._crs, CRS.from_epsg(4326), always_xy=True)
        )

    def __call__(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """WGS-84 lon, lat; what cannot be carried over becomes NaN."""
        if self._transformer is not None:
            x, y = self._transformer.transform(x, y)
            off = ~(np.isfinite(x) & np.isfinite(y))
            return np.where(off, np.nan, x), np.where(off, np.nan, y)
        if self.datum == Datum.GCJ02:
            return gcj02_to_wgs84(x, y)
        if self.datum == Datum.BD09:
            return bd09_to_wgs84(x, y)
        # CGCS2000 and WGS-84 differ by centimetres.
        return x, y


def _blank(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _in(column: pa.Array, values: pa.Array) -> np.ndarray:
    return pc.is_in(column, value_set=values).to_numpy(zero_copy_only=False)

"""The road files of a region pack: calibration of stakes, and sections of one make."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.errors import RegionError
from geo.vocabulary import CALIBRATION_KINDS, TECH_GRADES, TERRAINS

CALIBRATION_COLUMNS = (
    "route_code",
    "piece",
    "stake_m",
    "chain_m",
    "lon",
    "lat",
    "valid_from",
    "valid_to",
    "kind",
    "source",
)
SEGMENT_COLUMNS = (
    "route_code",
    "stake_from_m",
    "stake_to_m",
    "tech_grade",
    "aadt",
    "aadt_class",
    "lanes",
    "has_median",
    "design_speed_kmh",
    "is_urban",
    "terrain",
    "guard",
    "is_bus_route",
)
_GRADE_WORDS = {
    "高速": "expressway",
    "高速公路": "expressway",
    "一级": "first",
    "二级": "second",
    "三级": "third",
    "四级": "fourth",
    "等外": "unclassed",
} | {grade: grade for grade in TECH_GRADES}
_TERRAIN_WORDS = {"平原": "plain", "微丘": "rolling", "丘陵": "rolling", "山岭": "mountain"} | {
    terrain: terrain for terrain in TERRAINS
}
_YES_NO = {"1": True, "true": True, "是": True, "0": False, "false": False, "否": False}


def read_calibration(path: Path | None, *, roads: gpd.GeoDataFrame) -> pd.DataFrame:
    """Surveyed stakes of routes; no file means none.

    Returns
    -------
    Columns of ``CALIBRATION_COLUMNS``: ``piece`` int64; ``stake_m``, ``chain_m``, ``lon``,
    ``lat`` float64; ``valid_from``, ``valid_to`` datetime64; ``kind`` and ``source`` texts.

    Raises
    ------
    RegionError
        When the file cannot be read, or a row is not complete.
    """
    table = _read(path, CALIBRATION_COLUMNS, required=("route_code", "piece", "stake_m"))
    _require_routes(table, path, roads)
    frame = pd.DataFrame({"route_code": table["route_code"]})
    for name in ("piece", "stake_m", "chain_m", "lon", "lat"):
        frame[name] = _numbers(table, name, path)
    for name in ("valid_from", "valid_to"):
        frame[name] = pd.to_datetime(table[name], errors="coerce", format="%Y-%m-%d")
        _refuse(
            frame[name].isna() & (table[name] != ""), path, f"{name} is no day like 2026-05-31"
        )
    frame["kind"], frame["source"] = table["kind"].replace("", "other"), table["source"]
    _refuse(
        ~(frame["piece"] >= 0) | (frame["piece"] % 1 != 0), path, "piece is no whole number"
    )
    _refuse(frame["stake_m"].isna(), path, "stake_m is empty")
    by_chain = frame["chain_m"].notna()
    by_post = frame["lon"].between(-180, 180) & frame["lat"].between(-90, 90)
    _refuse(~by_chain & ~by_post, path, "needs chain_m, or lon and lat in WGS-84 degrees")
    _refuse(
        ~frame["kind"].isin(CALIBRATION_KINDS),
        path,
        f"kind: use {', '.join(CALIBRATION_KINDS)}",
    )
    _refuse(frame["valid_to"] <= frame["valid_from"], path, "valid_to is not after valid_from")
    version = [frame["route_code"], frame["piece"], frame["valid_from"]]
    mixed = by_chain.groupby(version, dropna=False).transform("nunique") > 1
    _refuse(mixed, path, "a piece is given partly by chain_m and partly by lon and lat")
    return frame.astype({"piece": "int64"})


def read_segments(path: Path | None, *, roads: gpd.GeoDataFrame) -> pd.DataFrame:
    """Sections of one make along the routes; no file means none.

    Returns
    -------
    Columns of ``SEGMENT_COLUMNS``. Stakes that are both empty mean the whole route. Figures
    are float64 with NaN where not known, ``has_median``, ``is_urban``, ``is_bus_route``
    nullable booleans, the others texts, empty where not known.

    Raises
    ------
    RegionError
        When the file cannot be read, a value is unknown, or sections of a route overlap.
    """
    table = _read(path, SEGMENT_COLUMNS, required=("route_code",))
    _require_routes(table, path, roads)
    frame = table.copy()
    for name in ("stake_from_m", "stake_to_m", "aadt", "lanes", "design_speed_kmh"):
        frame[name] = _numbers(table, name, path)
    for name, words in (("tech_grade", _GRADE_WORDS), ("terrain", _TERRAIN_WORDS)):
        frame[name] = table[name].map(words).fillna("").astype(str)
        unknown = (frame[name] == "") & (table[name] != "")
        _refuse(unknown, path, f"{name}: use {', '.join(dict.fromkeys(words.values()))}")
    for name in ("has_median", "is_urban", "is_bus_route"):
        frame[name] = table[name].str.lower().map(_YES_NO).astype("boolean")
        _refuse(frame[name].isna() & (table[name] != ""), path, f"{name}: use 1 or 0")
    start, end = frame["stake_from_m"], frame["stake_to_m"]
    _refuse(start.isna() != end.isna(), path, "has one stake only; give both, or neither")
    _refuse(end <= start, path, "stake_to_m is not above stake_from_m")
    for name in ("aadt", "lanes", "design_speed_kmh"):
        _refuse(frame[name] < 0, path, f"{name} is below zero")
    order = frame.assign(low=start.fillna(-np.inf), high=end.fillna(np.inf))
    order = order.sort_values(["route_code", "low"], kind="stable")
    reached = order.groupby("route_code")["high"].shift()
    _refuse(
        (order["low"] < reached).sort_index(), path, "overlaps another section of its route"
    )
    return frame


def _read(
    path: Path | None, columns: tuple[str, ...], *, required: tuple[str, ...]
) -> pd.DataFrame:
    if path is None:
        return pd.DataFrame({name: pd.Series(dtype=str) for name in columns})
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise RegionError(f"{path}: not readable as UTF-8 CSV: {error}") from error
    missing = [name for name in required if name not in table]
    if missing:
        raise RegionError(f"{path}: the column {missing[0]} is missing")
    unknown = [name for name in table if name not in columns]
    if unknown:
        raise RegionError(
            f"{path}: unknown column {unknown[0]}; known are {', '.join(columns)}"
        )
    given = table.reindex(columns=list(columns), fill_value="")
    return pd.DataFrame({name: given[name].str.strip() for name in columns})


def _numbers(table: pd.DataFrame, name: str, path: Path | None) -> pd.Series[float]:
    values = pd.to_numeric(table[name], errors="coerce").astype(float)
    values = values.where(np.isfinite(values))
    _refuse(values.isna() & (table[name] != ""), path, f"{name} is no number")
    return values


def _require_routes(table: pd.DataFrame, path: Path | None, roads: gpd.GeoDataFrame) -> None:
    strange = ~table["route_code"].isin(roads["route_code"])
    _refuse(strange, path, "route_code is not among the roads of the pack")


def _refuse(wrong: pd.Series[bool], path: Path | None, why: str) -> None:
    """Raise for the first wrong row; the header is line 1."""
    if wrong.any():
        raise RegionError(f"{path}: line {int(wrong.to_numpy().argmax()) + 2}: {why}")

"""The files of a region pack: reading with every check, and writing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyogrio.errors import DataSourceError

from geo.crs import WGS84
from geo.errors import RegionError

UNIT_COLUMNS = ("unit_code", "name", "name_en", "kind", "aliases", "population")
ROAD_COLUMNS = ("route_code", "name", "road_class", "aliases", "stake_from_m", "stake_to_m")
# Columns a pack may leave out: what a unit belongs to, and a street's first and last number.
UNIT_OPTIONAL = ("parent",)
ROAD_OPTIONAL = ("number_from", "number_to")
PLACE_COLUMNS = ("place_code", "name", "unit_code", "kind", "aliases", "lon", "lat")
_NUMERIC = frozenset({"population", "stake_from_m", "stake_to_m", *ROAD_OPTIONAL})

# Neighbouring outlines rarely share every vertex; two units may overlap by this share
# of the smaller one before a point could honestly belong to either.
OVERLAP_TOLERANCE = 0.01


def read_units(path: Path, *, metric_crs: str) -> gpd.GeoDataFrame:
    """Read and check unit polygons; the result is indexed by ``unit_code``."""
    frame = _read_layer(
        path, required=("unit_code", "name"), columns=(*UNIT_COLUMNS, *UNIT_OPTIONAL)
    )
    if frame.empty:
        raise RegionError(f"{path}: holds no unit")
    _require_unique(frame["unit_code"], path)
    _require_types(frame, path, {"Polygon", "MultiPolygon"})
    invalid = ~frame.geometry.is_valid
    if invalid.any():
        reason = shapely.is_valid_reason(frame.geometry[invalid].iloc[0])
        raise RegionError(
            f"{path}: unit {frame['unit_code'][invalid].iloc[0]} is not a valid polygon "
            f"({reason}); repair it, or build the pack with `pingan region new`"
        )
    _require_degrees(frame, path)
    _require_disjoint(frame, path, metric_crs=metric_crs)
    frame["population"] = pd.to_numeric(frame["population"], errors="coerce").astype("Int64")
    return frame.set_index("unit_code")


def read_roads(path: Path | None) -> gpd.GeoDataFrame:
    """Read and check route lines; no file means no routes."""
    if path is None:
        return _empty((*ROAD_COLUMNS, *ROAD_OPTIONAL))
    frame = _read_layer(
        path, required=("route_code", "name"), columns=(*ROAD_COLUMNS, *ROAD_OPTIONAL)
    )
    _require_unique(frame["route_code"], path)
    _require_types(frame, path, {"LineString"})
    _require_degrees(frame, path)
    for column in ("stake_from_m", "stake_to_m", *ROAD_OPTIONAL):
        frame[column] = pd.to_numeric(frame[column], errors="coerce").astype(float)
    half = frame["stake_from_m"].isna() != frame["stake_to_m"].isna()
    if half.any():
        raise RegionError(
            f"{path}: route {frame['route_code'][half].iloc[0]} has one stake only; "
            "give both stake_from_m and stake_to_m, or neither"
        )
    return frame


def read_places(path: Path | None, *, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Read and check the gazetteer; no file means no places."""
    if path is None:
        return _empty(PLACE_COLUMNS[:-2])
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise RegionError(f"{path}: not readable as UTF-8 CSV: {error}") from error
    _require_columns(table, path, ("place_code", "name", "unit_code", "lon", "lat"))
    table = table.reindex(columns=list(PLACE_COLUMNS), fill_value="")
    _require_unique(table["place_code"], path)
    strangers = sorted(set(table["unit_code"]) - set(units.index) - {""})
    if strangers:
        raise RegionError(f"{path}: unit_code {strangers[0]} is not among the units")
    lon = pd.to_numeric(table.pop("lon"), errors="coerce")
    lat = pd.to_numeric(table.pop("lat"), errors="coerce")
    if lon.isna().any() or lat.isna().any():
        row = int((lon.isna() | lat.isna()).to_numpy().argmax()) + 2
        raise RegionError(f"{path}: line {row} has no numeric lon and lat")
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=WGS84)
    _require_degrees(frame, path)
    return frame


def write_geojson(path: Path, frame: gpd.GeoDataFrame, *, decimals: int) -> None:
    """Write a small, stable GeoJSON: one feature a line, fixed decimals, no time stamp."""
    properties = frame.drop(columns=frame.geometry.name).astype(object)
    properties = properties.where(properties.notna(), None)
    geometries = shapely.to_geojson(shapely.orient_polygons(frame.geometry.values))
    lines = [
        '{"type":"Feature","properties":'
        + json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        + ',"geometry":'
        + _rounded(geometry, decimals)
        + "}"
        for record, geometry in zip(
            properties.to_dict("records"), geometries.tolist(), strict=True
        )
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def cell_text(value: object) -> str:
    """A cell as text: missing is empty, whole floats lose their ``.0``."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _read_layer(
    path: Path, *, required: tuple[str, ...], columns: tuple[str, ...]
) -> gpd.GeoDataFrame:
    try:
        frame = gpd.read_file(path)
    except DataSourceError as error:
        raise RegionError(f"{path}: not readable as a vector file: {error}") from error
    _require_columns(frame, path, required)
    if "geometry" not in frame or frame.crs is None or not frame.crs.equals(WGS84):
        raise RegionError(f"{path}: is not in WGS-84; write it in EPSG:4326")
    frame = frame.reindex(columns=[*columns, "geometry"])
    for column in columns:
        if column not in _NUMERIC:
            frame[column] = frame[column].map(cell_text).astype(str)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=WGS84)


def _require_columns(frame: pd.DataFrame, path: Path, required: tuple[str, ...]) -> None:
    missing = [column for column in required if column not in frame.columns]
    if missing:
        raise RegionError(f"{path}: the column {missing[0]} is missing")


def _require_unique(codes: pd.Series[str], path: Path) -> None:
    if (codes == "").any():
        raise RegionError(f"{path}: a {codes.name} is empty")
    repeated = codes[codes.duplicated()]
    if len(repeated):
        raise RegionError(f"{path}: {codes.name} {repeated.iloc[0]} occurs twice")


def _require_types(frame: gpd.GeoDataFrame, path: Path, types: set[str]) -> None:
    wrong = frame.geometry.isna() | ~frame.geometry.geom_type.isin(types)
    wrong |= frame.geometry.is_empty
    if wrong.any():
        row = frame[wrong].iloc[0]
        raise RegionError(f"{path}: {row.iloc[0]} is not a {' or '.join(sorted(types))}")


def _require_degrees(frame: gpd.GeoDataFrame, path: Path) -> None:
    if frame.empty:
        return
    west, south, east, north = frame.total_bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise RegionError(
            f"{path}: coordinates reach {west:.0f}, {south:.0f} … {east:.0f}, {north:.0f}, "
            "which are no degrees; write it in EPSG:4326"
        )


def _require_disjoint(frame: gpd.GeoDataFrame, path: Path, *, metric_crs: str) -> None:
    polygons = frame.geometry.to_crs(metric_crs).values
    left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    left, right = left[left < right], right[left < right]
    area = shapely.area(polygons)
    shared = shapely.area(shapely.intersection(polygons[left], polygons[right]))
    excess = shared > OVERLAP_TOLERANCE * np.minimum(area[left], area[right])
    if excess.any():
        first = frame["unit_code"].iloc[left[excess][0]]
        second = frame["unit_code"].iloc[right[excess][0]]
        raise RegionError(f"{path}: the units {first} and {second} overlap")


def _rounded(geojson: str, decimals: int) -> str:
    return re.sub(
        r"-?\d+\.\d+(?:[eE]-?\d+)?",
        lambda match: f"{float(match.group()):.{decimals}f}".rstrip("0").rstrip("."),
        geojson.replace(" ", ""),
    )


def _empty(columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {column: pd.Series(dtype=object) for column in columns}, geometry=[], crs=WGS84
    )

"""Region packs: the folder of units, roads and places that one store serves."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyogrio.errors import DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo.crs import WGS84
from geo.errors import RegionError

BUNDLED = Path(__file__).parent / "sample"

UNIT_COLUMNS = ("unit_code", "name", "name_en", "kind", "aliases", "population")
ROAD_COLUMNS = ("route_code", "name", "road_class", "aliases", "stake_from_m", "stake_to_m")
PLACE_COLUMNS = ("place_code", "name", "unit_code", "kind", "aliases", "lon", "lat")

# Neighbouring outlines rarely share every vertex; two units may overlap by this share
# of the smaller one before a point could honestly belong to either.
OVERLAP_TOLERANCE = 0.01

# CGCS2000 3-degree Gauss–Krüger zones without prefix: EPSG:4534 has its meridian at 75° E.
CGCS2000_ZONES = {75 + 3 * step: 4534 + step for step in range(21)}
CHINA_TIMEZONES = frozenset({"Asia/Shanghai", "Asia/Urumqi"})


@dataclass(frozen=True, kw_only=True)
class RegionPack:
    """One region, read and checked.

    Parameters
    ----------
    code
        Letters, digits, ``-`` and ``_``; also the default database name.
    names
        Name by language, at least ``zh`` or ``en``.
    metric_crs
        Projected CRS in metres for every measure, e.g. ``"EPSG:4547"``.
    timezone
        IANA name of the local time zone.
    is_schematic
        True when the geometry is for orientation only (示意).
    sources
        Who made each file and under which licence.
    units
        EPSG:4326 polygons indexed by ``unit_code``: ``name``, ``name_en``, ``kind``,
        ``aliases`` (joined by ``|``), ``population`` (nullable).
    roads
        EPSG:4326 lines: ``route_code``, ``name``, ``road_class``, ``aliases``,
        ``stake_from_m``, ``stake_to_m`` (NaN where uncalibrated).
    places
        EPSG:4326 points: ``place_code``, ``name``, ``unit_code``, ``kind``, ``aliases``.
    digest
        SHA-256 of the pack's files: the same pack gives the same digest anywhere.
    """

    code: str
    names: Mapping[str, str]
    metric_crs: str
    timezone: str
    is_schematic: bool
    sources: Mapping[str, str]
    units: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    digest: str
    folder: Path

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all units in degrees."""
        west, south, east, north = self.units.total_bounds
        return float(west), float(south), float(east), float(north)

    @classmethod
    def open(cls, name_or_path: str | Path) -> RegionPack:
        """Read and check a pack.

        Parameters
        ----------
        name_or_path
            The name of a bundled pack (``yuzhou``) or a folder holding ``region.toml``.

        Raises
        ------
        RegionError
            When a file, column or key is missing, codes repeat, a polygon is invalid or
            overlaps another, coordinates are not WGS-84 degrees, or the metric CRS or
            the time zone is unknown.
        """
        folder = _folder(name_or_path)
        manifest = folder / "region.toml"
        try:
            content = manifest.read_bytes()
            tree = tomllib.loads(content.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RegionError(f"{manifest}: not readable as TOML: {error}") from error
        region, files = _table(tree, "region", manifest), _table(tree, "files", manifest)
        code = _text(region, "code", manifest)
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", code):
            raise RegionError(
                f"{manifest}: code {code!r} must be 1–32 letters, digits, '-' or '_'"
            )
        names = region.get("name")
        if not isinstance(names, dict) or not set(names) & {"zh", "en"}:
            raise RegionError(f'{manifest}: name must be like {{ zh = "…", en = "…" }}')
        metric_crs = _text(region, "metric_crs", manifest)
        require_metric_crs(metric_crs)
        timezone = _text(region, "timezone", manifest)
        require_timezone(timezone)

        digest = hashlib.sha256(content)
        paths: dict[str, Path] = {}
        for role in ("units", "roads", "places"):
            if role not in files:
                continue
            path = folder / str(files[role])
            if not path.is_file():
                raise RegionError(
                    f"{manifest} names {path.name} as its {role}, but there is no such file"
                )
            digest.update(path.read_bytes())
            paths[role] = path
        if "units" not in paths:
            raise RegionError(f'{manifest}: add units = "units.geojson" under [files]')

        units = read_units(paths["units"], metric_crs=metric_crs)
        return cls(
            code=code,
            names={str(language): str(name) for language, name in names.items()},
            metric_crs=metric_crs,
            timezone=timezone,
            is_schematic=bool(region.get("is_schematic", False)),
            sources={str(k): str(v) for k, v in tree.get("source", {}).items()},
            units=units,
            roads=read_roads(paths.get("roads")),
            places=read_places(paths.get("places"), units=units),
            digest=digest.hexdigest(),
            folder=folder,
        )


def read_units(path: Path, *, metric_crs: str) -> gpd.GeoDataFrame:
    """Read and check unit polygons; the result is indexed by ``unit_code``."""
    frame = _read_layer(path, required=("unit_code", "name"), columns=UNIT_COLUMNS)
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
        return _empty(ROAD_COLUMNS)
    frame = _read_layer(path, required=("route_code", "name"), columns=ROAD_COLUMNS)
    _require_unique(frame["route_code"], path)
    _require_types(frame, path, {"LineString"})
    _require_degrees(frame, path)
    for column in ("stake_from_m", "stake_to_m"):
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


def region_from_units(
    folder: Path,
    units: gpd.GeoDataFrame,
    *,
    code: str,
    names: Mapping[str, str],
    name_field: str,
    code_field: str,
    name_en_field: str | None = None,
    kind_field: str | None = None,
    metric_crs: str | None = None,
    timezone: str = "Asia/Shanghai",
    source: str = "",
) -> RegionPack:
    """Write a new pack from any polygon layer and open it.

    Rows with the same code are dissolved into one unit; polygons are repaired, brought
    to EPSG:4326 and freed of heights.

    Parameters
    ----------
    folder
        New or empty folder.
    units
        Polygons with a CRS.
    code, names, timezone, source
        As in :class:`RegionPack`; ``source`` says who made the units.
    name_field, code_field, name_en_field, kind_field
        Columns of ``units``.
    metric_crs
        Default: see :func:`default_metric_crs`.

    Raises
    ------
    RegionError
        When the folder already holds a pack, a column is missing, the layer has no
        CRS, a code is empty or no polygon is left.
    """
    if (folder / "region.toml").exists():
        raise RegionError(f"{folder} already holds a region pack; choose a new folder")
    fields = {
        "unit_code": code_field,
        "name": name_field,
        "name_en": name_en_field,
        "kind": kind_field,
    }
    missing = sorted({f for f in fields.values() if f is not None} - set(units.columns))
    if missing:
        raise RegionError(
            f"the units have no field {missing[0]!r}; they have: "
            + ", ".join(str(c) for c in units.columns if c != units.geometry.name)
        )
    if units.crs is None:
        raise RegionError("the units name no CRS; give one with --crs, e.g. --crs EPSG:4326")
    frame = gpd.GeoDataFrame(
        {
            column: "" if field is None else units[field].map(_label)
            for column, field in fields.items()
        },
        geometry=units.geometry.to_crs(WGS84).to_numpy(),
        crs=WGS84,
        index=units.index,
    )
    if (frame["unit_code"] == "").any():
        raise RegionError(
            f"field {code_field!r} is empty in some rows; every unit needs a code"
        )
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    frame = gpd.GeoDataFrame(
        frame.drop(columns="geometry"), geometry=_repaired(frame.geometry), crs=WGS84
    )
    frame = frame[~frame.geometry.is_empty]
    if frame.empty:
        raise RegionError("the units hold no polygon")
    frame = frame.dissolve("unit_code", aggfunc="first").reset_index()
    frame["geometry"] = _repaired(shapely.set_precision(frame.geometry.values, 1e-7))
    frame["aliases"] = ""
    frame["population"] = None
    chosen = metric_crs or default_metric_crs(frame, timezone=timezone)
    require_metric_crs(chosen)
    require_timezone(timezone)

    folder.mkdir(parents=True, exist_ok=True)
    write_geojson(folder / "units.geojson", frame[[*UNIT_COLUMNS, "geometry"]], decimals=7)
    manifest = [
        "[region]",
        f"code = {json.dumps(code)}",
        "name = { "
        + ", ".join(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in names.items())
        + " }",
        f"metric_crs = {json.dumps(chosen)}",
        f"timezone = {json.dumps(timezone)}",
        "is_schematic = false",
        "",
        "[files]",
        'units = "units.geojson"',
        "",
        "[source]",
        f"units = {json.dumps(source, ensure_ascii=False)}",
        "",
    ]
    (folder / "region.toml").write_text("\n".join(manifest), encoding="utf-8")
    return RegionPack.open(folder)


def default_metric_crs(units: gpd.GeoDataFrame, *, timezone: str) -> str:
    """The usual projected CRS for a region: CGCS2000 3-degree in China, else UTM.

    Parameters
    ----------
    units
        EPSG:4326.
    timezone
        A mainland time zone chooses the CGCS2000 zone whose meridian is nearest.
    """
    west, _, east, _ = units.total_bounds
    meridian = 3 * round((west + east) / 6)
    if timezone in CHINA_TIMEZONES and meridian in CGCS2000_ZONES:
        return f"EPSG:{CGCS2000_ZONES[meridian]}"
    return str(units.estimate_utm_crs().to_string())


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


def require_metric_crs(name: str) -> None:
    """Raise :class:`RegionError` unless ``name`` is a known projected CRS in metres."""
    try:
        crs = CRS.from_user_input(name)
    except CRSError as error:
        raise RegionError(f"metric_crs {name!r} is unknown; use e.g. EPSG:4547") from error
    if not crs.is_projected or crs.axis_info[0].unit_name not in {"metre", "meter"}:
        raise RegionError(
            f"metric_crs {name!r} does not measure in metres; use a projected CRS"
        )


def require_timezone(name: str) -> None:
    """Raise :class:`RegionError` unless ``name`` is a known IANA time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise RegionError(f"timezone {name!r} is unknown; use e.g. Asia/Shanghai") from error


def _folder(name_or_path: str | Path) -> Path:
    bundled = BUNDLED / str(name_or_path)
    is_name = re.fullmatch(r"[a-z0-9_-]+", str(name_or_path)) is not None
    folder = bundled if is_name and bundled.is_dir() else Path(name_or_path)
    if not (folder / "region.toml").is_file():
        names = sorted(path.parent.name for path in BUNDLED.glob("*/region.toml"))
        raise RegionError(
            f"no region pack {str(name_or_path)!r}: give one of {', '.join(names)} "
            "or a folder that holds region.toml"
        )
    return folder


def _table(tree: Mapping[str, Any], key: str, manifest: Path) -> Mapping[str, Any]:
    value = tree.get(key)
    if not isinstance(value, dict):
        raise RegionError(f"{manifest}: the table [{key}] is missing")
    return value


def _text(table: Mapping[str, Any], key: str, manifest: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise RegionError(f"{manifest}: {key} is missing or not a text")
    return value


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
        if column not in {"population", "stake_from_m", "stake_to_m"}:
            frame[column] = frame[column].map(_label).astype(str)
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


def _repaired(polygons: Any) -> list[Any]:
    """Valid 2-D polygonal geometries; lines and points left by a repair are dropped."""
    valid = shapely.make_valid(
        shapely.force_2d(np.asarray(polygons, dtype=object)), method="structure"
    )
    repaired = []
    for geometry in valid:
        parts = shapely.get_parts(shapely.get_parts(geometry))
        polygons_only = [part for part in parts if part.geom_type == "Polygon"]
        single = len(polygons_only) == 1
        repaired.append(polygons_only[0] if single else shapely.MultiPolygon(polygons_only))
    return repaired


def _label(value: object) -> str:
    """A cell as text: missing is empty, whole floats lose their ``.0``."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


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

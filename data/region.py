"""Region packs: the folder of units, roads and places that one store serves."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.region_checks import default_metric_crs, require_metric_crs, require_timezone
from data.region_layers import (
    UNIT_COLUMNS,
    UNIT_OPTIONAL,
    cell_text,
    read_places,
    read_roads,
    read_units,
    write_geojson,
)
from data.road_layers import read_calibration, read_segments
from data.road_reference import RoadReference
from geo.crs import WGS84
from geo.errors import RegionError

__all__ = ["BUNDLED", "RegionPack", "default_metric_crs", "region_from_units"]

BUNDLED = Path(__file__).parent / "sample"


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
    aliases
        Further names of the region, such as former ones.
    parents
        What the region belongs to, largest first: addresses may begin with these names.
    sources
        Who made each file and under which licence.
    units
        EPSG:4326 polygons indexed by ``unit_code``: ``name``, ``name_en``, ``kind``,
        ``aliases`` (joined by ``|``), ``population`` (nullable), ``parent`` (the county or
        city a unit belongs to, where the region holds several; else empty).
    roads
        EPSG:4326 lines: ``route_code``, ``name``, ``road_class``, ``aliases``,
        ``stake_from_m``, ``stake_to_m`` (NaN where uncalibrated), ``number_from``,
        ``number_to`` (house numbers at the ends of the line, NaN where unknown).
    places
        EPSG:4326 points: ``place_code``, ``name``, ``unit_code``, ``kind``, ``aliases``.
    calibration
        Surveyed stakes, see :func:`data.road_layers.read_calibration`; may be empty.
    segments
        Sections of one make along the routes, see :func:`data.road_layers.read_segments`.
    digest
        SHA-256 of the pack's files: the same pack gives the same digest anywhere.
    """

    code: str
    names: Mapping[str, str]
    metric_crs: str
    timezone: str
    is_schematic: bool
    aliases: tuple[str, ...]
    parents: tuple[str, ...]
    sources: Mapping[str, str]
    units: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    calibration: pd.DataFrame
    segments: pd.DataFrame
    digest: str
    folder: Path

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all units in degrees."""
        west, south, east, north = self.units.total_bounds
        return float(west), float(south), float(east), float(north)

    @cached_property
    def road_reference(self) -> RoadReference:
        """The routes with the stakes in force."""
        return RoadReference.of(self)

    @classmethod
    def open(cls, name_or_path: str | Path) -> RegionPack:
        """Read and check a pack.

        Parameters
        ----------
        name_or_path
            The name of a bundled pack or a folder holding ``region.toml``.

        Raises
        ------
        RegionError
            When a file, column or key is missing, codes repeat, a polygon is invalid or
            overlaps another, coordinates are not WGS-84 degrees, the metric CRS or the
            time zone is unknown, or the calibration does not fit the roads.
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
        for role in ("units", "roads", "places", "calibration", "segments"):
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
        roads = read_roads(paths.get("roads"))
        pack = cls(
            code=code,
            names={str(language): str(name) for language, name in names.items()},
            metric_crs=metric_crs,
            timezone=timezone,
            is_schematic=bool(region.get("is_schematic", False)),
            aliases=_names(region, "aliases", manifest),
            parents=_names(region, "parents", manifest),
            sources={str(k): str(v) for k, v in tree.get("source", {}).items()},
            units=units,
            roads=roads,
            places=read_places(paths.get("places"), units=units),
            calibration=read_calibration(paths.get("calibration"), roads=roads),
            segments=read_segments(paths.get("segments"), roads=roads),
            digest=digest.hexdigest(),
            folder=folder,
        )
        for begin in pack.calibration["valid_from"].dropna().unique():
            RoadReference.of(pack, on=pd.Timestamp(begin).date())
        if len(pack.calibration):
            RoadReference.of(pack)
        return pack


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
    parent_field: str | None = None,
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
    name_field, code_field, name_en_field, kind_field, parent_field
        Columns of ``units``.
    metric_crs
        Default: see :func:`default_metric_crs`.

    Raises
    ------
    RegionError
        When the folder already holds a pack, a column is missing, the layer has no
        CRS, a code is empty or has two names, or no polygon is left, and whenever the
        pack could not be opened again: nothing of it is left behind then.
    """
    if (folder / "region.toml").exists():
        raise RegionError(f"{folder} already holds a region pack; choose a new folder")
    fields = {
        "unit_code": code_field,
        "name": name_field,
        "name_en": name_en_field,
        "kind": kind_field,
        "parent": parent_field,
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
            column: "" if field is None else units[field].map(cell_text)
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
    names_of = frame.groupby("unit_code")["name"].unique()
    shared = names_of[names_of.map(len) > 1]
    if len(shared):
        raise RegionError(
            f"{code_field} {shared.index[0]} is shared by {' and '.join(shared.iloc[0][:2])}; "
            "every unit needs a code of its own"
        )
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    frame = gpd.GeoDataFrame(
        frame.drop(columns="geometry"), geometry=_repaired(frame.geometry), crs=WGS84
    )
    frame = frame[~frame.geometry.is_empty]
    if frame.empty:
        raise RegionError("the units hold no polygon")
    if not shapely.box(-180, -90, 180, 90).contains(shapely.box(*frame.total_bounds)):
        raise RegionError(
            f"the units lie off the globe in {units.crs.to_string()}; give the true --crs"
        )
    frame = frame.dissolve("unit_code", aggfunc="first").reset_index()
    frame["geometry"] = _repaired(shapely.set_precision(frame.geometry.values, 1e-7))
    frame["aliases"] = ""
    frame["population"] = None
    chosen = metric_crs or default_metric_crs(frame, timezone=timezone)
    require_metric_crs(chosen)
    require_timezone(timezone)

    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    columns = UNIT_COLUMNS if parent_field is None else (*UNIT_COLUMNS, *UNIT_OPTIONAL)
    write_geojson(folder / "units.geojson", frame[[*columns, "geometry"]], decimals=7)
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
    try:
        return RegionPack.open(folder)
    except RegionError:
        for written in ("region.toml", "units.geojson"):
            (folder / written).unlink()
        if is_new:
            folder.rmdir()
        raise


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


def _names(table: Mapping[str, Any], key: str, manifest: Path) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise RegionError(f'{manifest}: {key} must be a list of names, like ["…", "…"]')
    return tuple(value)


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

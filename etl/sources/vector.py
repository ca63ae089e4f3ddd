"""Vector layers through GDAL, with every driver but the one needed switched off.

GDAL looks at content, not at names: with all its drivers a text file can make it open
other files or dial out. :func:`guard` therefore runs before a path is handed over.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.sources.dbf import dbf_encoding, mend_field_names
from etl.sources.encoding import scan
from etl.sources.model import (
    GEOMETRY,
    MAX_COLUMNS,
    ROW_NO,
    Fault,
    Reading,
    SourceOptions,
    number_text,
)
from geo.errors import SourceError

BATCH_ROWS = 20_000
MAX_LAYER_BYTES = 2 << 30
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_DRIVERS = {
    "geojson": "GeoJSON",
    "gpkg": "GPKG",
    "shapefile": "ESRI Shapefile",
    "kml": "LIBKML",
    "topojson": "TopoJSON",
}
_MANY_LAYERS = ("gpkg", "kml", "topojson")
# Fields LIBKML makes up for every layer.
_KML_FIELDS = frozenset({"id", "timestamp", "begin", "end", "altitudeMode", "tessellate",
                         "extrude", "visibility", "drawOrder", "icon", "snippet"})  # fmt: skip
_SETTINGS = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "CPL_CURL_VERBOSE": "NO",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_CACHEMAX": "64",
    "GDAL_NUM_THREADS": "1",
    "OGR_SQLITE_LOAD_EXTENSIONS": "NO",
    "OGR_SQLITE_SYNCHRONOUS": "OFF",
    "PROJ_NETWORK": "OFF",
}


def guard(format: str) -> None:
    """Load GDAL with one driver, replacing this process once to do so.

    ``OGR_SKIP`` counts only before GDAL is loaded and must name every driver of the
    installed GDAL, which only GDAL itself can list: so it is loaded, asked, and the
    process starts over (with the same standard input) under the full list.

    Raises
    ------
    SourceError
        ``UNSAFE_READER`` when other drivers are still there.
    """
    os.environ.update(_SETTINGS)
    import pyogrio

    allowed = {_DRIVERS[format], "MEM"}
    others = sorted(set(pyogrio.list_drivers()) - allowed)
    if not others:
        return
    if "OGR_SKIP" in os.environ:
        raise SourceError("UNSAFE_READER", f"GDAL keeps the drivers {', '.join(others)}")
    os.environ["OGR_SKIP"] = ",".join(others)
    os.lseek(sys.stdin.fileno(), 0, os.SEEK_SET)
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - our own command again


def stage(path: Path, format: str, folder: Path) -> Path:
    """Copy a layer into the private folder under a random name, with its known parts only.

    Raises
    ------
    SourceError
        ``INCOMPLETE_SHAPEFILE`` or ``TOO_BIG``.
    """
    parts = {path.suffix.lower(): path}
    if format == "shapefile":
        beside = {p.suffix.lower(): p for p in path.parent.glob(f"{_escaped(path.stem)}.*")}
        parts = {suffix: beside[suffix] for suffix in _PARTS if suffix in beside}
        missing = [suffix for suffix in (".shx", ".dbf") if suffix not in parts]
        if missing:
            raise SourceError(
                "INCOMPLETE_SHAPEFILE",
                f"the shapefile lacks {' and '.join(missing)} beside it; copy them too",
            )
    if sum(part.stat().st_size for part in parts.values()) > MAX_LAYER_BYTES:
        raise SourceError("TOO_BIG", f"more than {MAX_LAYER_BYTES >> 30} GB; split the layer")
    stem = secrets.token_hex(8)
    for suffix, part in parts.items():
        shutil.copyfile(part, folder / f"{stem}{suffix}")
    return folder / f"{stem}{path.suffix.lower()}"


def read_layer(path: Path, format: str, options: SourceOptions) -> Reading:
    """Open one layer of a staged file; :func:`guard` must have run.

    Raises
    ------
    SourceError
        ``ENCODING``, ``DAMAGED``, ``LAYER_CHOICE``, ``EMPTY_FILE`` or ``TOO_MANY_COLUMNS``.
    """
    import pyogrio

    encoding = _encoding(path, format, options)
    try:
        layer = _choose_layer(
            [str(name) for name, _ in pyogrio.list_layers(path)], options.layer
        )
        info = pyogrio.read_info(path, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        raise _damaged() from None
    fields = [str(name) for name in info["fields"]]
    if format == "kml":
        fields = [name for name in fields if name not in _KML_FIELDS]
    if len(fields) > MAX_COLUMNS:
        raise SourceError(
            "TOO_MANY_COLUMNS", f"{len(fields):,} columns; at most {MAX_COLUMNS:,} are read"
        )
    n_features = int(info["features"])
    if n_features == 0:
        raise SourceError("EMPTY_FILE", "the layer holds no feature; export it again")
    notes: list[str] = []
    columns = [name if name != GEOMETRY else "geometry_attribute" for name in fields]
    if columns != fields:
        notes.append("the attribute 'geometry' is called 'geometry_attribute'")
    if info["crs"] is None:
        notes.append("the file names no coordinate reference system")
    return Reading(
        columns=columns,
        batches=_batches(path, layer, fields, columns, n_features),
        encoding=encoding,
        crs=info["crs"],
        total_rows=n_features if n_features > 0 else None,
        notes=notes,
    )


def _escaped(stem: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", stem)


def _damaged() -> SourceError:
    return SourceError("DAMAGED", "the layer is broken or cut short; export it again")


def _encoding(path: Path, format: str, options: SourceOptions) -> str:
    if format == "shapefile":
        codec = dbf_encoding(path, options.encoding)
        mend_field_names(path, codec)
        path.with_suffix(".cpg").write_text(codec.upper(), encoding="ascii")
        return codec
    if format in ("geojson", "topojson"):
        scan(lambda: path.open("rb"), MAX_LAYER_BYTES, "utf-8")
    return "utf-8"


def _choose_layer(names: list[str], wanted: str | None) -> str:
    if wanted is not None:
        if wanted not in names:
            raise SourceError(
                "LAYER_CHOICE", f"no layer is called {wanted!r}; there are {', '.join(names)}"
            )
        return wanted
    if not names:
        raise SourceError("EMPTY_FILE", "the file holds no layer; export it again")
    if len(names) > 1:
        raise SourceError(
            "LAYER_CHOICE",
            f"the file holds {len(names)} layers ({', '.join(names[:10])}); name one",
        )
    return names[0]


def _batches(
    path: Path, layer: str | None, fields: list[str], columns: list[str], n_features: int
) -> Iterator[tuple[pa.Table, list[Fault], int]]:
    import pyogrio

    size, n_read = path.stat().st_size, 0
    try:
        with pyogrio.open_arrow(
            path, layer=layer, columns=fields, batch_size=BATCH_ROWS, use_pyarrow=True,
            datetime_as_string=True,
        ) as (meta, reader):  # fmt: skip
            geometry = meta["geometry_name"] or "wkb_geometry"
            kinds = zip(meta["fields"], meta["dtypes"], strict=True)
            times = {str(name) for name, kind in kinds if str(kind).startswith("datetime64[ms")}
            for batch in reader:
                table, faults = _texts(
                    pa.Table.from_batches([batch]), fields, columns, times, geometry
                )
                table, faults = _number(table, faults, n_read)
                n_read += batch.num_rows
                share = n_read / n_features if n_features > 0 else 0.0
                yield table, faults, int(size * min(share, 1.0))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pa.ArrowException):
        raise _damaged() from None


def _texts(
    table: pa.Table, fields: list[str], columns: list[str], times: set[str], geometry: str
) -> tuple[pa.Table, np.ndarray]:
    """Text columns and 2D geometry; beside it a mask of geometries that cannot be decoded."""
    arrays = {
        column: to_text(table[field].combine_chunks(), is_time=field in times)
        for field, column in zip(fields, columns, strict=True)
    }
    broken = np.zeros(table.num_rows, dtype=bool)
    if geometry in table.column_names:
        arrays[GEOMETRY], broken = to_2d(table[geometry].combine_chunks())
    return pa.table(arrays), broken


def _number(table: pa.Table, broken: np.ndarray, start: int) -> tuple[pa.Table, list[Fault]]:
    row_nos = np.arange(start + 1, start + 1 + table.num_rows)
    table = table.append_column(ROW_NO, pa.array(row_nos, pa.int64()))
    if not broken.any():
        return table, []
    detail = "the geometry cannot be decoded"
    faults = [(int(row_no), "BAD_GEOM", detail, "") for row_no in row_nos[broken]]
    return table.filter(pa.array(~broken)), faults


def to_2d(wkb: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Flat WKB of each geometry, and a mask of those that cannot be decoded."""
    import shapely

    values = wkb.to_numpy(zero_copy_only=False)
    shapes = shapely.from_wkb(values, on_invalid="ignore")
    broken = shapely.is_missing(shapes) & wkb.is_valid().to_numpy(zero_copy_only=False)
    flat = shapely.to_wkb(shapely.force_2d(shapes), include_srid=False)
    return pa.array(flat, pa.binary()), broken


def to_text(array: pa.Array, *, is_time: bool = False) -> pa.Array:
    """An attribute column as text, null where it was null.

    Whole numbers come in full digits without ``.0``, dates as ``YYYY-MM-DD``, times as
    ``YYYY-MM-DD HH:MM:SS`` with the zone if the file has one, lists as JSON.
    """
    kind = array.type
    if is_time and pa.types.is_string(kind):
        return pc.replace_substring(array, "T", " ", max_replacements=1)
    if pa.types.is_string(kind):
        return array
    if pa.types.is_large_string(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return array.cast(pa.string())
    if pa.types.is_floating(kind):
        return _number_text(array.cast(pa.float64()))
    if pa.types.is_date(kind) or pa.types.is_time(kind):
        return array.cast(pa.string())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        texts = [
            None if v is None else json.dumps(v, ensure_ascii=False) for v in array.to_pylist()
        ]
        return pa.array(texts, pa.string())
    return pa.nulls(len(array), pa.string())  # binary attributes are no text


def _number_text(array: pa.Array) -> pa.Array:
    text = array.cast(pa.string())
    large = pc.and_(pc.greater_equal(pc.abs(array), pa.scalar(1e15)), pc.is_finite(array))
    if pc.any(large).as_py():
        digits = [number_text(v) for v in array.filter(large).to_pylist()]
        text = pc.replace_with_mask(
            text, pc.fill_null(large, False), pa.array(digits, pa.string())
        )
    return text

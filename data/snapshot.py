"""The dashboard's read cache: all incidents of one data version as GeoParquet.

The database is the truth; a snapshot can be thrown away and is made again when it is
missing, damaged or of another store.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, select

from data.engine import reading
from data.frames import DAY_S, LOCAL_DAY
from data.geometry import point_wkb
from data.models import Incident, StoreState, Unit, table
from geo.crs import WGS84
from geo.errors import StoreError
from geo.selection import IncidentColumns
from geo.vocabulary import CATEGORY_CODES, MATCH_CODES, TimePrecision

ROW_GROUP_ROWS = 100_000
KEPT_VERSIONS = 2
HOUR_UNKNOWN = 255
META = b"pingan"

_CODE = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("incident_id", pa.int64()),
        ("category", _CODE),
        ("severity", pa.uint8()),
        ("day", pa.int32()),
        ("hour", pa.uint8()),
        ("unit_code", _CODE),
        ("match_code", _CODE),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
        ("r95_m", pa.float32()),
        ("deaths", pa.int16()),
        ("injured", pa.int16()),
        ("occurred_at", pa.timestamp("s", tz="UTC")),
        ("occurred_local", pa.timestamp("s")),
        ("time_precision", _CODE),
        ("geometry", pa.binary()),
    ]
)
READ = tuple(name for name in SCHEMA.names[:12])
STORED = [c for c in table(Incident).c if c.name in SCHEMA.names and c.name != "geometry"]


@dataclass(frozen=True, kw_only=True)
class Version:
    """Identity of what a store holds: the number, and the key drawn with it."""

    number: int
    key: str


def current_version(connection: Connection) -> Version:
    """The version of the data that ``connection`` sees."""
    state = table(StoreState).c
    number, key = connection.execute(select(state.data_version, state.version_key)).one()
    return Version(number=number, key=key)


def write_snapshot(engine: Engine, folder: Path) -> Path:
    """Write the current version's snapshot and drop older ones.

    Parameters
    ----------
    engine
        The store's.
    folder
        Cache folder of this store; made when missing.

    Returns
    -------
    Path
        ``{folder}/incidents-v{version}.parquet``, complete from the moment it exists.

    Raises
    ------
    StoreError
        When the store cannot be read or the file not be written.
    """
    draft = folder / f".incidents-{secrets.token_hex(8)}.parquet"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        with reading(engine) as connection:
            version = current_version(connection)
            path = folder / f"incidents-v{version.number}.parquet"
            units = connection.execute(
                select(table(Unit).c.unit_code).order_by(table(Unit).c.unit_code)
            ).scalars()
            schema = SCHEMA.with_metadata(
                {
                    META: json.dumps({"key": version.key, "units": list(units)}).encode(),
                    b"geo": json.dumps(_geo_metadata()).encode(),
                }
            )
            with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
                for batch in _batches(connection):
                    writer.write_table(batch)
        draft.replace(path)
        _drop_older(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        draft.unlink(missing_ok=True)
    return path


def read_snapshot(engine: Engine, folder: Path) -> IncidentColumns:
    """Columns of the current version, from its snapshot, which is made when needed.

    Raises
    ------
    StoreError
        When the store cannot be read or the snapshot not be written.
    """
    with reading(engine) as connection:
        version = current_version(connection)
    path = folder / f"incidents-v{version.number}.parquet"
    columns = _read(path, version.key)
    while columns is None:
        # The store may move on, and the file be dropped, between writing and reading.
        with reading(engine) as connection:
            version = current_version(connection)
        columns = _read(write_snapshot(engine, folder), version.key)
    return columns


def _read(path: Path, key: str) -> IncidentColumns | None:
    """The file's columns; ``None`` when it is missing, damaged or of another version."""
    try:
        with pq.ParquetFile(path, read_dictionary=["category", "unit_code", "match_code"]) as f:
            meta = json.loads(f.schema_arrow.metadata[META])
            if meta["key"] != key:
                return None
            frame = f.read(columns=list(READ))
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    units = tuple(meta["units"])
    return IncidentColumns(
        incident_id=frame["incident_id"].to_numpy(),
        category=_positions(frame["category"], CATEGORY_CODES, np.uint8),
        severity=frame["severity"].to_numpy(),
        day=frame["day"].to_numpy(),
        hour=frame["hour"].to_numpy(),
        unit=_positions(frame["unit_code"], units, np.int16),
        match=_positions(frame["match_code"], MATCH_CODES, np.uint8),
        lon=frame["lon"].to_numpy(),
        lat=frame["lat"].to_numpy(),
        r95_m=frame["r95_m"].to_numpy(),
        deaths=frame["deaths"].to_numpy(),
        injured=frame["injured"].to_numpy(),
        unit_codes=units,
    )


def _positions(column: pa.ChunkedArray, codes: tuple[str, ...], dtype: type) -> np.ndarray:
    """Positions in ``codes``; -1 for null. A fuzzy match (``~``) counts as its code."""
    parts: list[np.ndarray] = [np.empty(0, dtype=dtype)]
    for chunk in column.chunks:
        words = [str(word).rstrip("~") for word in chunk.dictionary.to_pylist()]
        lookup = np.array([*(codes.index(word) for word in words), -1], dtype=np.int64)
        indices = pc.fill_null(chunk.indices, len(words)).to_numpy(zero_copy_only=False)
        parts.append(lookup[indices].astype(dtype))
    return np.concatenate(parts)


def _batches(connection: Connection) -> Iterator[pa.Table]:
    """Tables of :data:`SCHEMA`, by local day and then id, never all in memory at once."""
    statement = select(*STORED).order_by(LOCAL_DAY, table(Incident).c.incident_id)
    names = [column.name for column in STORED]
    stream = connection.execution_options(yield_per=ROW_GROUP_ROWS).execute(statement)
    for rows in stream.partitions():
        yield _table(dict(zip(names, zip(*rows, strict=True), strict=True)))


def _table(values: dict[str, tuple[Any, ...]]) -> pa.Table:
    local = np.array(values["occurred_local"], dtype=np.int64)
    precision = np.array(values["time_precision"], dtype=object)
    lon, lat, r95_m = (
        np.array(values[name], dtype=np.float64) for name in ("lon", "lat", "r95_m")
    )
    hour = np.where(precision == TimePrecision.DAY.value, HOUR_UNKNOWN, local % DAY_S // 3600)
    arrays: dict[str, Any] = values | {
        "day": (local // DAY_S).astype(np.int32),
        "hour": hour.astype(np.uint8),
        "lon": lon,
        "lat": lat,
        "r95_m": r95_m.astype(np.float32),
        "geometry": point_wkb(lon, lat),
    }
    return pa.table([pa.array(arrays[f.name], type=f.type) for f in SCHEMA], schema=SCHEMA)


def _geo_metadata() -> dict[str, Any]:
    """Metadata of the GeoParquet 1.1 specification."""
    return {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": ["Point"],
                "crs": WGS84.to_json_dict(),
            }
        },
    }


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot write the snapshot in {folder} ({error.strerror or error}); "
        "free some space or check the rights"
    )


def _drop_older(folder: Path) -> None:
    snapshots = {
        int(match[1]): path
        for path in folder.glob("incidents-v*.parquet")
        if (match := re.fullmatch(r"incidents-v(\d+)\.parquet", path.name))
    }
    for number in sorted(snapshots)[:-KEPT_VERSIONS]:
        snapshots[number].unlink(missing_ok=True)

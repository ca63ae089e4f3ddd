"""The columns of records as they are handed to the store, and their check at the door."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from geo.errors import FrameError
from geo.vocabulary import RecordKind

_KEYS = {"key_hash": pa.int64(), "content_hash": pa.int64(), "row_no": pa.int64()}
_SITUATION = {
    "unit_code?": pa.string(),
    "match_code": pa.string(),
    "r95_m?": pa.float64(),
    "place_text?": pa.string(),
}
_POINT = {"lon?": pa.float64(), "lat?": pa.float64()}
# Columns of each kind; a question mark marks those that may be missing or hold nulls.
SCHEMAS: dict[RecordKind, dict[str, pa.DataType]] = {
    RecordKind.INCIDENTS: {
        **_KEYS,
        "category": pa.string(),
        "severity": pa.uint8(),
        "occurred_at": pa.int64(),
        "occurred_local": pa.int64(),
        "time_precision": pa.string(),
        **_SITUATION,
        "route_code?": pa.string(),
        "stake_m?": pa.float64(),
        "deaths": pa.int16(),
        "injured": pa.int16(),
        "loss_yuan?": pa.float64(),
        **_POINT,
        "attributes?": pa.string(),
    },
    RecordKind.SITES: {
        **_KEYS,
        "site_kind": pa.string(),
        "name": pa.string(),
        "sector?": pa.string(),
        "status?": pa.string(),
        "capacity?": pa.float64(),
        **_SITUATION,
        **_POINT,
        "attributes?": pa.string(),
    },
    RecordKind.HAZARDS: {
        **_KEYS,
        "hazard_kind": pa.string(),
        "name": pa.string(),
        "grade?": pa.string(),
        "status?": pa.string(),
        "found_on?": pa.int32(),
        "due_on?": pa.int32(),
        "closed_on?": pa.int32(),
        "route_code?": pa.string(),
        "stake_from_m?": pa.float64(),
        "stake_to_m?": pa.float64(),
        **_SITUATION,
        "geometry?": pa.binary(),
        "attributes?": pa.string(),
    },
    RecordKind.INDICATORS: {
        **_KEYS,
        "unit_code": pa.string(),
        "indicator": pa.string(),
        "period": pa.string(),
        "value": pa.float64(),
    },
    RecordKind.INSPECTIONS: {
        **_KEYS,
        "inspection_kind": pa.string(),
        "level?": pa.string(),
        "inspected_on": pa.int32(),
        "unit_code": pa.string(),
        "village?": pa.string(),
        "site_name?": pa.string(),
        "problems?": pa.int32(),
        "unfixed?": pa.int32(),
        "power_kwh?": pa.float64(),
        "base_kwh?": pa.float64(),
        "explosives_kg?": pa.float64(),
        "haulage_trips?": pa.float64(),
        "has_thermal_change?": pa.float64(),
        "has_ground_change?": pa.float64(),
        "attributes?": pa.string(),
    },
}
REJECTED_SCHEMA = {
    "row_no?": pa.int64(),
    "code": pa.string(),
    "field?": pa.string(),
    "detail?": pa.string(),
    "raw?": pa.string(),
    "place_text?": pa.string(),
    "key_hash?": pa.int64(),
}
# Rows that came in by an earlier decision on their place.
LEARNED_SCHEMA = {
    "row_no": pa.int64(),
    "code": pa.string(),
    "field?": pa.string(),
    "raw?": pa.string(),
    "place_text": pa.string(),
    "key_hash": pa.int64(),
    "decision_id": pa.int64(),
}


def checked(records: pa.Table, schema: dict[str, pa.DataType], *, what: str) -> pa.Table:
    optional = {name[:-1] for name in schema if name.endswith("?")}
    types = {name.removesuffix("?"): kind for name, kind in schema.items()}
    unknown = set(records.column_names) - set(types)
    missing = set(types) - set(records.column_names) - optional
    if unknown or missing:
        fault = "unknown" if unknown else "missing"
        raise FrameError(f"{what}: {fault} column {min(unknown or missing)!r}")
    names = [name for name in types if name in records.column_names]
    columns = []
    for name in names:
        try:
            column = records[name].cast(types[name])
        except pa.ArrowInvalid as error:
            raise FrameError(f"{what}: column {name!r}: {error}") from error
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        if column.null_count and name not in optional:
            raise FrameError(f"{what}: column {name!r} holds nulls")
        columns.append(column)
    return pa.table(columns, names=names)


def require_codes(records: pa.Table, name: str, known: Iterable[str]) -> None:
    if name in records.column_names:
        unknown = set(pc.unique(records[name]).to_pylist()) - set(known)
        if unknown:
            raise FrameError(f"unknown {name} {min(unknown)!r}; see geo.vocabulary")

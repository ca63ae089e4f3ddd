"""From tables to typed frames, and from a selection to SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Select,
    Table,
    or_,
    select,
)

from data.models import Incident, table
from geo.crs import WGS84
from geo.selection import IncidentSelection
from geo.vocabulary import MATCH_CODES, TimePrecision

DAY_S = 86_400
HASHES = frozenset({"key_hash", "content_hash"})
BOXES = frozenset({"minx", "miny", "maxx", "maxy"})

_incident = table(Incident).c
# Rounded down also before 1970, where SQL's own division rounds towards zero.
SECOND_OF_DAY = (_incident.occurred_local % DAY_S + DAY_S) % DAY_S
LOCAL_DAY = (_incident.occurred_local - SECOND_OF_DAY) // DAY_S


def read_table(
    connection: Connection,
    statement: Select[Any],
    *,
    columns: Iterable[Column[Any]],
    index: str,
) -> pd.DataFrame:
    """Run ``statement`` into a frame whose dtypes are those of ``columns``, also when empty.

    Whole numbers that may be null become ``Int64``; seconds in ``*_at`` and ``as_of``
    become UTC times, days in ``*_on`` and ``occurred_local`` naive ones.
    """
    columns = list(columns)
    rows = connection.execute(statement).all()
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    frame = pd.DataFrame(
        {
            column.name: pd.Series(list(cells), dtype=_dtype(column))
            for column, cells in zip(columns, values, strict=True)
        }
    )
    for name in frame.columns:
        if name == "as_of" or name.endswith("_at"):
            frame[name] = pd.to_datetime(frame[name], unit="s", utc=True)
        elif name == "occurred_local":
            frame[name] = pd.to_datetime(frame[name], unit="s")
        elif name.endswith("_on"):
            frame[name] = pd.to_datetime(frame[name], unit="D")
    return frame.set_index(index)


def read_rows(
    connection: Connection, source: Table, *, index: str, names: Iterable[str] | None = None
) -> pd.DataFrame:
    """Rows of a table in order of ``index``: the columns ``names``, else all but hashes."""
    columns = [source.c[name] for name in names] if names is not None else [
        column for column in source.c if column.name not in HASHES
    ]  # fmt: skip
    statement = select(*columns).order_by(source.c[index])
    return read_table(connection, statement, columns=columns, index=index)


def read_layer(
    connection: Connection, source: Table, *where: ColumnElement[bool], index: str
) -> gpd.GeoDataFrame:
    """Rows of a table with geometry, in EPSG:4326, in order of ``index``."""
    columns = [c for c in source.columns if c.name not in HASHES | BOXES]
    statement = select(*columns).where(*where).order_by(source.c[index])
    frame = read_table(connection, statement, columns=columns, index=index)
    shapes = shapely.from_wkb(frame.pop("geometry").to_numpy())
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=WGS84)


def selected(selection: IncidentSelection) -> list[ColumnElement[bool]]:
    """Conditions on the incident table that keep the rows :meth:`IncidentColumns.mask` does."""
    c = _incident
    conditions: list[ColumnElement[bool]] = []
    if selection.categories is not None:
        conditions.append(c.category.in_(selection.categories))
    if selection.severities is not None:
        conditions.append(c.severity.in_(selection.severities))
    if selection.day_from is not None:
        conditions.append(c.occurred_local >= selection.day_from * DAY_S)
    if selection.day_to is not None:
        conditions.append(c.occurred_local < (selection.day_to + 1) * DAY_S)
    if selection.hours is not None:
        conditions.append(c.time_precision != TimePrecision.DAY.value)
        conditions.append((SECOND_OF_DAY // 3600).in_(selection.hours))
    if selection.weekdays is not None:
        # 1970-01-01 was a Thursday; + 7 keeps the remainder positive before it.
        conditions.append((((LOCAL_DAY + 3) % 7 + 7) % 7).in_(selection.weekdays))
    if selection.units is not None:
        conditions.append(c.unit_code.in_(selection.units))
    if selection.worst_match is not None:
        accepted = MATCH_CODES[: MATCH_CODES.index(selection.worst_match) + 1]
        conditions.append(
            or_(c.match_code.in_(accepted), c.match_code.in_([f"{m}~" for m in accepted]))
        )
    return conditions


def _dtype(column: Column[Any]) -> str:
    if isinstance(column.type, Boolean):
        return "bool"
    if isinstance(column.type, Integer):
        return "Int64" if column.nullable else "int64"
    if isinstance(column.type, Float):
        return "float64"
    return "object" if column.name == "geometry" else "str"

"""A region pack's units, places and routes into the store that serves it."""

from __future__ import annotations

import secrets
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, Engine, Table, delete, insert, select, update

from data.engine import reading, writing
from data.loading import bump_version
from data.models import (
    Base,
    CalibrationPoint,
    Place,
    RoadSegment,
    Route,
    RoutePiece,
    StoreState,
    Unit,
    table,
)
from data.region import RegionPack
from data.writing import upsert
from geo.errors import RegionError

EPOCH = pd.Timestamp(0)


def install_region(engine: Engine, region: RegionPack) -> None:
    """Make the store hold ``region``'s geography; nothing happens when it does already.

    Raises
    ------
    RegionError
        When the store serves another region, or the pack lacks a unit that stored
        records are in.
    StoreError
        When the store cannot be read or written.
    """
    with reading(engine) as connection:
        if _installed_digest(connection, region) == region.digest:
            return
    with writing(engine) as connection:
        installed = _installed_digest(connection, region)
        if installed == region.digest:
            return
        for model in (Place, RoadSegment, CalibrationPoint, RoutePiece, Route):
            connection.execute(delete(table(model)))
        _install_units(connection, region.units)
        _insert(connection, table(Route), region.roads)
        _insert_plain(connection, table(RoutePiece), region.road_reference.pieces)
        _insert_plain(connection, table(CalibrationPoint), _days(region.calibration))
        _insert_plain(connection, table(RoadSegment), region.segments)
        _insert(connection, table(Place), region.places)
        state = table(StoreState)
        if installed is None:
            connection.execute(
                insert(state).values(
                    state_id=1,
                    region_code=region.code,
                    region_digest=region.digest,
                    data_version=0,
                    version_key=secrets.token_hex(16),
                )
            )
        else:
            connection.execute(update(state).values(region_digest=region.digest))
            bump_version(connection)


def _installed_digest(connection: Connection, region: RegionPack) -> str | None:
    state = table(StoreState).c
    row = connection.execute(select(state.region_code, state.region_digest)).one_or_none()
    if row is None:
        return None
    if row.region_code != region.code:
        raise RegionError(
            f"the store serves region {row.region_code}, not {region.code}; "
            "set PINGAN_REGION to that region or PINGAN_DB to another store"
        )
    return str(row.region_digest)


def _install_units(connection: Connection, units: gpd.GeoDataFrame) -> None:
    unit = table(Unit)
    stored = set(connection.execute(select(unit.c.unit_code)).scalars())
    gone = sorted(stored - set(units.index))
    for source in Base.metadata.sorted_tables:
        if gone and "unit_code" in source.c and source is not unit:
            used = connection.execute(
                select(source.c.unit_code).where(source.c.unit_code.in_(gone)).limit(1)
            ).scalar()
            if used is not None:
                raise RegionError(
                    f"the new region pack lacks unit {used}, which stored records are in; "
                    "keep the unit in the pack, or load the files into a new store"
                )
    connection.execute(delete(unit).where(unit.c.unit_code.in_(gone)))
    rows = _rows(unit, units)
    if rows:
        connection.execute(upsert(connection, unit, keys=("unit_code",)), rows)


def _insert(connection: Connection, target: Table, frame: gpd.GeoDataFrame) -> None:
    rows = _rows(target, frame)
    if rows:
        connection.execute(insert(target), rows)


def _insert_plain(connection: Connection, target: Table, frame: pd.DataFrame) -> None:
    names = [column.name for column in target.c if column.name in frame.columns]
    values = frame[names].astype(object)
    values = values.where(values.notna() & (values != ""), None)
    rows = [{str(k): v for k, v in row.items()} for row in values.to_dict("records")]
    if rows:
        connection.execute(insert(target), rows)


def _days(calibration: pd.DataFrame) -> pd.DataFrame:
    """The calibration with its dates as days since 1970."""
    day = pd.Timedelta(days=1)
    return calibration.assign(
        valid_from_on=(calibration["valid_from"] - EPOCH) // day,
        valid_to_on=(calibration["valid_to"] - EPOCH) // day,
    )


def _rows(target: Table, frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """The frame's rows as the table's; an empty text means "not given"."""
    code = target.primary_key.columns.keys()[0]
    flat = frame.reset_index() if frame.index.name == code else frame
    named = [column.name for column in target.c if column.name in flat.columns]
    values = flat[named].drop(columns="geometry").astype(object)
    values = values.where(values.notna() & (values != ""), None)
    values["geometry"] = pd.Series(list(shapely.to_wkb(flat.geometry.values)), values.index)
    if "lon" in target.c:
        values["lon"], values["lat"] = flat.geometry.x, flat.geometry.y
    else:
        boxes = flat.geometry.bounds
        values[["minx", "miny", "maxx", "maxy"]] = boxes[["minx", "miny", "maxx", "maxy"]]
    return [{str(k): v for k, v in row.items()} for row in values.to_dict("records")]

"""Records into one table: new ones, changed ones, and an exact count of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import repeat
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert, Update
from sqlalchemy.sql.elements import BindParameter

from data.engine import CACHE_KIB
from data.geometry import point_wkb
from data.models import Hazard, HazardEvent, LoadBatch, table
from geo.errors import StoreError

# Up to here a table's indexes are cheaper to make again than to keep during a load.
REINDEX_ROWS = 200_000
REINDEX_RATIO = 4
SORT_KIB = 2000
# Content hash of a record whose place has been taken back: whoever brings one may write it.
PLACE_WITHDRAWN = 0


@dataclass(frozen=True, kw_only=True)
class WriteCounts:
    """What became of the rows handed to one write; ``stale`` ones were older and differ."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0

    def __add__(self, other: WriteCounts) -> WriteCounts:
        return WriteCounts(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )


class TableWriter:
    """Writes one load's records into one table.

    ``wins_ties`` is false for rows that come in late: what the store has of the same
    extract stays. A hazard that the ledger has taken a step with is changed there only:
    what a file says differently of it counts as stale, however new the file is.
    """

    def __init__(
        self,
        connection: Connection,
        target: Table,
        constants: dict[str, Any],
        *,
        wins_ties: bool = True,
    ) -> None:
        self._connection = connection
        self._table = target
        self._constants = constants
        self._wins_ties = wins_ties
        batch = table(LoadBatch).c
        earlier = select(batch.load_id).where(
            batch.source == constants["source"], batch.inserted > 0
        )
        self._is_first = connection.execute(earlier.limit(1)).first() is None
        (key,) = target.primary_key.columns
        self._rows_before: int = connection.execute(
            select(func.coalesce(func.max(key), 0))
        ).scalar_one()
        self._rows_written = 0
        self._is_unindexed = False

    def write(self, records: pa.Table) -> WriteCounts:
        if self._is_first:
            self._drop_indexes_if_cheaper()
        if not self._is_unindexed:
            # Neighbours in the index are met one after the other.
            records = records.sort_by("key_hash")
        if self._is_first:
            self._rows_written += len(records)
            self._insert(insert(self._table), records)
            return WriteCounts(inserted=len(records))
        keys = records["key_hash"].to_numpy()
        stored = self._stored(keys)
        order = np.argsort(stored["key_hash"])
        stored = {name: values[order] for name, values in stored.items()}
        at = np.searchsorted(stored["key_hash"], keys)
        is_known = np.isin(keys, stored["key_hash"], assume_unique=True)
        at = np.where(is_known, at, 0)
        is_same, is_late, is_newer = (np.zeros(len(keys), dtype=bool) for _ in range(3))
        if is_known.any():
            as_of = stored["as_of"][at]
            content = records["content_hash"].to_numpy()
            is_same = is_known & (stored["content_hash"][at] == content)
            mine = self._constants["as_of"]
            wins_tie = self._wins_ties | (stored["content_hash"][at] == PLACE_WITHDRAWN)
            is_late = is_known & ((as_of > mine) | ((as_of == mine) & ~wins_tie))
            is_late |= is_known & (stored["is_in_ledger"][at] > 0)
            is_newer = is_known & (as_of < mine)
        updated = is_known & ~is_same & ~is_late
        statement = upsert(self._connection, self._table, keys=("key_hash", "source"))
        self._insert(statement, records.filter(pa.array(~is_known | updated)))
        self._confirm(keys[is_same & is_newer])
        return WriteCounts(
            inserted=int((~is_known).sum()),
            updated=int(updated.sum()),
            unchanged=int(is_same.sum()),
            stale=int((is_late & ~is_same).sum()),
        )

    def known(self, keys: list[int]) -> set[int]:
        """Which of ``keys`` the store holds a record of."""
        if self._is_first or not keys:
            return set()
        return set(self._stored(np.array(keys))["key_hash"].tolist())

    def close(self) -> None:
        """Make the indexes again, which also finds a key that came twice."""
        if self._is_unindexed:
            # SQLite sorts in runs as large as its cache: small ones stay in the processor's.
            self._connection.exec_driver_sql(f"PRAGMA cache_size = -{SORT_KIB}")
            for index in sorted(self._table.indexes, key=lambda index: str(index.name)):
                index.create(self._connection)
            self._connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")

    def _drop_indexes_if_cheaper(self) -> None:
        # One index entry costs about five times as much during a load as in a rebuild.
        # On PostgreSQL the readers would have to wait for the commit.
        few = REINDEX_ROWS + REINDEX_RATIO * self._rows_written
        if (
            not self._is_unindexed
            and self._rows_before <= few
            and self._connection.dialect.name == "sqlite"
        ):
            for index in self._table.indexes:
                index.drop(self._connection)
            self._is_unindexed = True

    def _stored(self, keys: np.ndarray) -> dict[str, np.ndarray]:
        names = ("key_hash", "content_hash", "as_of")
        in_ledger: ColumnElement[Any] = literal(0)
        if self._table is table(Hazard):
            steps = table(HazardEvent).c.hazard_id == self._table.c.hazard_id
            in_ledger = case((exists().where(steps), 1), else_=0)
        wanted: BindParameter[int] = bindparam(
            "keys", keys.tolist(), expanding=True, literal_execute=True
        )
        rows = self._connection.execute(
            select(*(self._table.c[name] for name in names), in_ledger).where(
                self._table.c.source == self._constants["source"],
                self._table.c.key_hash.in_(wanted),
            )
        ).all()
        values = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 4)
        return dict(zip((*names, "is_in_ledger"), values.T, strict=True))

    def _insert(self, statement: Insert, records: pa.Table) -> None:
        columns: dict[str, Iterable[Any]] = {
            name: records[name].to_pylist() for name in records.column_names
        }
        if "lon" in self._table.c:
            columns["geometry"] = _points(records)
        elif "geometry" in columns:
            columns |= _bounds(records["geometry"])
        columns |= {name: repeat(value) for name, value in self._constants.items()}
        execute_rows(self._connection, statement, list(columns), list(columns.values()))

    def _confirm(self, keys: np.ndarray) -> None:
        """Note that a newer extract says the same, so that one in between is stale."""
        statement = (
            update(self._table)
            .where(
                self._table.c.source == bindparam("of_source"),
                self._table.c.key_hash == bindparam("of_key"),
            )
            .values(as_of=bindparam("newer"))
        )
        columns = [
            repeat(self._constants["source"]),
            keys.tolist(),
            repeat(self._constants["as_of"]),
        ]
        execute_rows(self._connection, statement, ["of_source", "of_key", "newer"], columns)


def upsert(connection: Connection, target: Table, *, keys: tuple[str, ...]) -> Insert:
    """An insert that overwrites the row with the same ``keys``, but never a newer one."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement: sqlite.Insert | postgresql.Insert = dialect.insert(target)
    kept = {*keys, *target.primary_key.columns.keys()}
    return statement.on_conflict_do_update(
        index_elements=list(keys),
        set_={c.name: statement.excluded[c.name] for c in target.c if c.name not in kept},
        where=statement.excluded.as_of >= target.c.as_of if "as_of" in target.c else None,
    )


def execute_rows(
    connection: Connection,
    statement: Insert | Update,
    names: list[str],
    columns: list[Iterable[Any]],
) -> None:
    """Run ``statement`` once for each row of ``columns``, of which some may be endless."""
    if connection.dialect.name != "sqlite":
        rows = zip(*columns, strict=False)
        parameters = [dict(zip(names, row, strict=True)) for row in rows]
        if parameters:
            connection.execute(statement, parameters)
        return
    # Straight to the driver, which is twice as fast as a dictionary for each row.
    compiled = statement.compile(
        dialect=connection.dialect,
        column_keys=names if isinstance(statement, Insert) else None,
    )
    places = [names.index(name) for name in compiled.positiontup or ()]
    rows = zip(*(columns[place] for place in places), strict=False)
    driver = connection.connection.driver_connection
    if driver is None:
        raise StoreError("the connection to the store is closed")
    driver.executemany(str(compiled), rows)


def _points(records: pa.Table) -> list[bytes | None]:
    if "lon" not in records.column_names or "lat" not in records.column_names:
        return [None] * len(records)
    lon, lat = (pc.fill_null(records[name], float("nan")).to_numpy() for name in ("lon", "lat"))
    points: list[bytes | None] = point_wkb(lon, lat).tolist()
    return points


def _bounds(geometry: pa.ChunkedArray) -> dict[str, list[float | None]]:
    boxes = shapely.bounds(shapely.from_wkb(geometry.to_numpy()))
    objects = boxes.astype(object)
    objects[np.isnan(boxes)] = None
    return dict(zip(("minx", "miny", "maxx", "maxy"), objects.T.tolist(), strict=True))

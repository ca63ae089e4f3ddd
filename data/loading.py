"""The write transaction of one load: all of a file's rows and its report, or nothing."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import repeat
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, func, insert, select, update

from data.decisions import PlaceDecision, decisions_in_force
from data.models import RECORD_TABLES, LoadBatch, RejectedRow, StoreState, table
from data.records import LEARNED_SCHEMA, REJECTED_SCHEMA, SCHEMAS, checked, require_codes
from data.writing import TableWriter, WriteCounts, execute_rows
from geo.errors import FrameError, StoreError
from geo.vocabulary import CATEGORY_CODES, MATCH_CODES, RecordKind

BATCH_ROWS = 20_000
PLACED_CODES = (*MATCH_CODES, *(f"{code}~" for code in MATCH_CODES))
BALANCE = ("read", "accepted", "rejected", "duplicate")


@dataclass(frozen=True, kw_only=True)
class LoadRequest:
    """What is about to be loaded.

    Parameters
    ----------
    kind
        What a row describes.
    profile, profile_digest
        The source profile and the hash of its content.
    file_name, sha256
        The file's own name, without folders, and the hash of its bytes.
    as_of
        When the extract was made, with its time zone: an older one never overwrites a
        newer one.
    source
        Whose keys these are; records are unique by (source, key).
    is_demo
        Whether the data is invented.
    loader_version
        Version of the reading code; another version may load the same file again.
    profile_text
        The profile as TOML, to clean its quarantined rows again later.
    is_review
        Whether these are quarantined rows of an earlier load that a decision brings in:
        what the store holds of the same or a newer extract then stays.
    """

    kind: RecordKind
    profile: str
    profile_digest: str
    file_name: str
    sha256: str
    as_of: datetime
    source: str
    is_demo: bool
    loader_version: str
    profile_text: str | None = None
    is_review: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", RecordKind(self.kind))
        if self.as_of.tzinfo is None:
            raise FrameError("as_of has no time zone; give it one, e.g. the region's")


class StoreLoad:
    """One open load; made by :meth:`data.store.Store.load` only.

    Attributes
    ----------
    load_id
        Number of this load.
    already
        ``load_id`` of an earlier load of the same bytes with the same profile and
        reading code, or ``None``. When set, nothing may be written: leave the block.
    """

    def __init__(self, connection: Connection, request: LoadRequest) -> None:
        self._connection = connection
        self._request = request
        self._as_of = int(request.as_of.timestamp())
        self._counts = WriteCounts()
        self._rejected = 0
        self._is_finished = False
        self._writers: dict[RecordKind, TableWriter] = {}
        batch = table(LoadBatch)
        self.already: int | None = connection.execute(
            select(func.min(batch.c.load_id)).where(
                batch.c.status == "loaded",
                batch.c.sha256 == request.sha256,
                batch.c.profile_digest == request.profile_digest,
                batch.c.loader_version == request.loader_version,
                batch.c.kind == request.kind.value,
            )
        ).scalar_one()
        now = int(time.time())
        is_repeat = self.already is not None
        columns = asdict(request)
        del columns["is_review"]
        values = columns | {
            "kind": request.kind.value,
            "as_of": self._as_of,
            "status": "already_loaded" if is_repeat else "loading",
            "repeats_load_id": self.already,
            "started_at": now,
            "finished_at": now if is_repeat else None,
        }
        self.load_id: int = connection.execute(
            insert(batch).values(values).returning(batch.c.load_id)
        ).scalar_one()

    def write(self, kind: RecordKind, records: pa.Table) -> WriteCounts:
        """Insert or update records.

        Parameters
        ----------
        kind
            Which table they belong to.
        records
            Canonical columns of ``kind``; no two rows of one load share a ``key_hash``.

        Raises
        ------
        FrameError
            When a column is missing, unknown, of the wrong type or holds unknown codes.
        StoreError
            When the database refuses, or the file has been loaded already.
        """
        self._require_open()
        kind = RecordKind(kind)
        records = checked(records, SCHEMAS[kind], what=kind.value)
        require_codes(records, "category", CATEGORY_CODES)
        require_codes(records, "match_code", PLACED_CODES)
        writer = self._writer(kind)
        counts = WriteCounts()
        for start in range(0, len(records), BATCH_ROWS):
            counts += writer.write(records.slice(start, BATCH_ROWS))
        self._counts += counts
        return counts

    def reject(self, rows: pa.Table) -> None:
        """Keep refused rows for the steward: row_no, code, field, detail, raw.

        Raises
        ------
        FrameError
            When a column is missing, unknown or of the wrong type.
        """
        self._require_open()
        rows = checked(rows, REJECTED_SCHEMA, what="rejected rows")
        names = [*rows.column_names, "load_id"]
        statement = insert(table(RejectedRow))
        for start in range(0, len(rows), BATCH_ROWS):
            batch = rows.slice(start, BATCH_ROWS)
            columns = [column.to_pylist() for column in batch.columns]
            execute_rows(self._connection, statement, names, [*columns, repeat(self.load_id)])
        self._rejected += len(rows)

    def decisions(self) -> list[PlaceDecision]:
        """What has been decided on texts and is in force during this load."""
        return decisions_in_force(self._connection)

    def keep(self, kind: RecordKind, rows: pa.Table) -> None:
        """Keep the raw text of rows that an earlier decision places, for its undo.

        To be called before the same rows are handed to :meth:`write`, which alone
        counts them.

        Raises
        ------
        FrameError
            When a column is missing, unknown or of the wrong type.
        """
        self._require_open()
        rows = checked(rows, LEARNED_SCHEMA, what="learned rows")
        known = self.known(kind, rows["key_hash"].to_pylist())
        columns: list[Iterable[Any]] = [column.to_pylist() for column in rows.columns]
        updates = [key in known for key in rows["key_hash"].to_pylist()]
        execute_rows(
            self._connection,
            insert(table(RejectedRow)),
            [*rows.column_names, "is_update", "load_id", "resolved_load_id"],
            [*columns, updates, repeat(self.load_id), repeat(self.load_id)],
        )

    def known(self, kind: RecordKind, keys: list[int]) -> set[int]:
        """Which of ``keys`` the store already holds a record of."""
        return self._writer(RecordKind(kind)).known(keys)

    def finish(self, report: dict[str, Any]) -> None:
        """Close the books: nothing can be written afterwards.

        Parameters
        ----------
        report
            Kept as JSON; its ``read`` equals ``accepted + rejected + duplicate``.

        Raises
        ------
        StoreError
            When the report does not balance, or two rows had the same key.
        """
        self._require_open()
        missing = [name for name in BALANCE if name not in report]
        if missing:
            raise StoreError(f"the report of a load lacks {missing[0]!r}; nothing is loaded")
        read, accepted, rejected, duplicate = (int(report[name]) for name in BALANCE)
        if read != accepted + rejected + duplicate:
            raise StoreError(
                f"the report does not balance: {read} read, but {accepted} accepted + "
                f"{rejected} rejected + {duplicate} duplicate; nothing is loaded"
            )
        for writer in self._writers.values():
            writer.close()
        batch = table(LoadBatch)
        self._connection.execute(
            update(batch)
            .where(batch.c.load_id == self.load_id)
            .values(
                status="review" if self._request.is_review else "loaded",
                finished_at=int(time.time()),
                report=json.dumps(report, ensure_ascii=False),
                rejected=self._rejected,
                **asdict(self._counts),
            )
        )
        if self._counts.inserted + self._counts.updated:
            bump_version(self._connection)
        self._is_finished = True

    def close(self) -> None:
        """Raise :class:`StoreError` unless the load was finished or needed no work."""
        if self.already is None and not self._is_finished:
            raise StoreError("a load ended without finish(report); nothing is loaded")

    def _writer(self, kind: RecordKind) -> TableWriter:
        writer = self._writers.get(kind)
        if writer is None:
            constants = {
                "source": self._request.source,
                "as_of": self._as_of,
                "load_id": self.load_id,
            }
            writer = self._writers[kind] = TableWriter(
                self._connection,
                RECORD_TABLES[kind],
                constants,
                wins_ties=not self._request.is_review,
            )
        return writer

    def _require_open(self) -> None:
        if self.already is not None:
            raise StoreError(f"this file is load {self.already} already; nothing is loaded")
        if self._is_finished:
            raise StoreError("this load is finished; open another one")


def bump_version(connection: Connection) -> None:
    """Say that what the store holds has changed."""
    state = table(StoreState)
    connection.execute(
        update(state).values(
            data_version=state.c.data_version + 1, version_key=secrets.token_hex(16)
        )
    )

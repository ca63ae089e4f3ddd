"""Where decisions on places are taken, carried out and taken back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    null,
    select,
    update,
)

from data import models
from data.decisions import ROLES, PlaceDecision, Verdict, decisions_in_force, unresolved
from data.loading import LoadRequest, StoreLoad
from data.models import RECORD_TABLES, HazardEvent, LoadBatch, RejectedRow, table
from data.writing import PLACE_WITHDRAWN
from geo.errors import StoreError
from geo.vocabulary import PLACED_KINDS, MatchCode, RecordKind

_PLACE_COLUMNS = frozenset(
    {"lon", "lat", "r95_m", "unit_code", "geometry", "minx", "miny", "maxx", "maxy"}
)

_rejected, _batch = table(RejectedRow), table(LoadBatch)
_decision = table(models.PlaceDecision)


@dataclass(frozen=True, kw_only=True)
class WaitingRows:
    """The waiting rows of one text from one load, and how that load was read."""

    load_id: int
    batch: dict[str, Any]  # columns of load_batch
    row_no: list[int]
    raw: list[str]
    key_hash: list[int]


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What an undo did: records deleted, records left without a place, rows back."""

    withdrawn: int
    unplaced: int
    rows: int


class Desk:
    """Where decisions are taken and undone, in one write transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def decide(self, decision: PlaceDecision) -> PlaceDecision:
        """Put a decision into force; returns it with its number and time.

        Raises
        ------
        StoreError
            When its text has been decided already, or the decision is not complete.
        """
        _require_complete(decision)
        if any(
            other.place_text == decision.place_text
            for other in decisions_in_force(self._connection)
        ):
            raise StoreError(
                f"{decision.place_text!r} has been decided already; undo that decision first"
            )
        given = {f.name: getattr(decision, f.name) for f in fields(decision)}
        del given["decision_id"], given["undone_at"]
        given["decided_at"] = int(time.time())
        given["code"] = self._connection.execute(
            select(func.coalesce(func.min(_rejected.c.code), decision.code)).where(
                *unresolved(), _rejected.c.place_text == decision.place_text
            )
        ).scalar_one()
        row = self._connection.execute(
            insert(_decision).values(**given).returning(*_decision.c)
        ).one()
        return PlaceDecision(**row._mapping)

    def waiting(self, place_text: str) -> list[WaitingRows]:
        """The unresolved rows of a text, by the load they came with, oldest first."""
        statement = (
            select(
                _rejected.c.load_id,
                _rejected.c.row_no,
                _rejected.c.raw,
                _rejected.c.key_hash,
            )
            .where(*unresolved(), _rejected.c.place_text == place_text)
            .order_by(_rejected.c.load_id, _rejected.c.row_no)
        )
        rows = self._connection.execute(statement).all()
        return [
            WaitingRows(
                load_id=load_id,
                batch=self._batch(load_id),
                row_no=[row.row_no for row in part],
                raw=[row.raw for row in part],
                key_hash=[row.key_hash for row in part],
            )
            for load_id, part in (
                (load_id, list(group))
                for load_id, group in groupby(rows, key=attrgetter("load_id"))
            )
        ]

    @contextmanager
    def load(self, request: LoadRequest) -> Iterator[StoreLoad]:
        """A load within this transaction; see :meth:`data.store.Store.load`."""
        load = StoreLoad(self._connection, request)
        yield load
        load.close()

    def resolve(
        self,
        decision: PlaceDecision,
        rows: WaitingRows,
        *,
        load_id: int,
        updates: list[bool],
    ) -> None:
        """Say that load ``load_id`` has taken care of ``rows``.

        ``updates`` marks those whose record the store held before.
        """
        changed = [
            row_no for row_no, is_update in zip(rows.row_no, updates, strict=True) if is_update
        ]
        mine = [
            *unresolved(),
            _rejected.c.load_id == rows.load_id,
            _rejected.c.place_text == decision.place_text,
        ]
        resolved = {"decision_id": decision.decision_id, "resolved_load_id": load_id}
        for start in range(0, len(changed), 500):
            part = _rejected.c.row_no.in_(changed[start : start + 500])
            self._connection.execute(
                update(_rejected).where(*mine, part).values(is_update=True, **resolved)
            )
        self._connection.execute(update(_rejected).where(*mine).values(**resolved))

    def undo(self, decision_id: int) -> Undone:
        """Take a decision back; see the module.

        A record that the store held before, in an older form, cannot be had back as it
        was: it stays, counted, without a place.

        Raises
        ------
        StoreError
            When there is no such decision in force.
        """
        place_text = self._connection.execute(
            update(_decision)
            .where(_decision.c.decision_id == int(decision_id), _decision.c.undone_at.is_(None))
            .values(undone_at=int(time.time()))
            .returning(_decision.c.place_text)
        ).scalar_one_or_none()
        if place_text is None:
            raise StoreError(f"decision {decision_id} is not in force; nothing is undone")
        of_decision = and_(
            _rejected.c.place_text == place_text, _rejected.c.decision_id == int(decision_id)
        )
        withdrawn = unplaced = 0
        for kind, records in RECORD_TABLES.items():
            if kind not in PLACED_KINDS:
                continue
            came_by_it = exists().where(
                of_decision,
                _rejected.c.resolved_load_id == records.c.load_id,
                _rejected.c.row_no == records.c.row_no,
            )
            loads = select(_rejected.c.resolved_load_id).where(of_decision)
            mine: list[ColumnElement[bool]] = [records.c.load_id.in_(loads)]
            if kind is RecordKind.HAZARDS:
                # Somebody has been there since: what the ledger holds stays.
                steps = table(HazardEvent).c.hazard_id == records.c.hazard_id
                mine.append(~exists().where(steps))
            placeless: dict[str, Any] = {
                c.name: null() for c in records.c if c.name in _PLACE_COLUMNS
            }
            unplaced += self._connection.execute(
                update(records)
                .where(*mine, came_by_it.where(_rejected.c.is_update))
                .values(match_code=MatchCode.U.value, content_hash=PLACE_WITHDRAWN, **placeless)
            ).rowcount
            withdrawn += self._connection.execute(
                delete(records).where(*mine, came_by_it.where(_rejected.c.is_update.is_(False)))
            ).rowcount
        self._connection.execute(
            update(_batch)
            .where(
                _batch.c.status == "review",
                _batch.c.load_id.in_(select(_rejected.c.resolved_load_id).where(of_decision)),
            )
            .values(status="withdrawn")
        )
        back = self._connection.execute(
            update(_rejected)
            .where(of_decision)
            .values(decision_id=None, resolved_load_id=None, is_update=False)
        )
        return Undone(withdrawn=withdrawn, unplaced=unplaced, rows=back.rowcount)

    def _batch(self, load_id: int) -> dict[str, Any]:
        row = self._connection.execute(select(_batch).where(_batch.c.load_id == load_id)).one()
        return dict(row._mapping)


def _require_complete(decision: PlaceDecision) -> None:
    if decision.role not in ROLES:
        raise StoreError(f"unknown role {decision.role!r}; known are {', '.join(ROLES)}")
    if decision.verdict not in tuple(Verdict):
        raise StoreError(f"unknown verdict {decision.verdict!r}")
    place = (decision.lon, decision.lat, decision.match_code, decision.r95_m)
    if decision.is_placed and None in place:
        raise StoreError("a place needs lon, lat, match_code and r95_m; nothing is decided")

"""Decisions on places: what a text means, who decided it, and the way back.

A quarantined row *waits* while its text has no decision in force and no load has
resolved it. A decision for a place resolves all waiting rows of its text through loads
of their own; a decision that the text is no place takes them out of the queue. Undoing
a decision withdraws the records that came in by it and lets their rows wait again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd
from sqlalchemy import ColumnElement, Connection, distinct, exists, func, select

from data import models
from data.frames import read_table
from data.models import LoadBatch, RejectedRow, table

# Reasons for which a row may wait for somebody to say where it is.
REVIEWABLE = ("AMBIGUOUS_PLACE", "UNPLACED_TEXT")
# Who decides: an office, never a name.
ROLES = ("clerk", "traffic_police", "patrol_police", "township", "work_safety")

_rejected, _batch = table(RejectedRow), table(LoadBatch)
_decision = table(models.PlaceDecision)


class Verdict(StrEnum):
    """What was decided about a text."""

    PLACED = "placed"
    UNPLACEABLE = "unplaceable"


@dataclass(frozen=True, kw_only=True)
class PlaceDecision:
    """One decision; the place is that of a ``placed`` one, in WGS-84 degrees.

    ``code`` is the reason the text was refused for (taken from the rows), ``role`` one of :data:`ROLES`;
    ``decided_at`` and ``undone_at`` are UTC seconds.
    """

    place_text: str
    verdict: str
    role: str
    code: str = REVIEWABLE[1]
    lon: float | None = None
    lat: float | None = None
    place_code: str | None = None
    unit_code: str | None = None
    match_code: str | None = None
    r95_m: float | None = None
    decision_id: int | None = None
    decided_at: int | None = None
    undone_at: int | None = None

    @property
    def is_placed(self) -> bool:
        """Whether the text has been given a place."""
        return self.verdict == Verdict.PLACED


def decisions_in_force(connection: Connection) -> list[PlaceDecision]:
    """Decisions that are not undone, oldest first."""
    rows = connection.execute(
        select(_decision)
        .where(_decision.c.undone_at.is_(None))
        .order_by(_decision.c.decision_id)
    )
    return [PlaceDecision(**row) for row in rows.mappings()]


def read_decisions(connection: Connection) -> pd.DataFrame:
    """All decisions, newest first, with the rows each has resolved (``rows``)."""
    columns = list(_decision.c)
    statement = select(*columns).order_by(_decision.c.decision_id.desc())
    frame = read_table(connection, statement, columns=columns, index="decision_id")
    resolved = (
        select(_rejected.c.decision_id, func.count())
        .where(_rejected.c.place_text.is_not(None), _rejected.c.decision_id.is_not(None))
        .group_by(_rejected.c.decision_id)
    )
    counts = dict(map(tuple, connection.execute(resolved).all()))
    return frame.assign(rows=[int(counts.get(number, 0)) for number in frame.index])


def read_queue(connection: Connection, limit: int) -> pd.DataFrame:
    """Waiting texts, those of the newest load first; see ``Store.review_queue``."""
    statement = (
        select(
            _rejected.c.place_text,
            func.count().label("rows"),
            func.min(_rejected.c.code).label("code"),
            func.count(distinct(_rejected.c.load_id)).label("loads"),
            func.max(_rejected.c.load_id).label("load_id"),
        )
        .where(*_waiting())
        .group_by(_rejected.c.place_text)
        .order_by(func.max(_rejected.c.load_id).desc(), func.count().desc())
        .order_by(_rejected.c.place_text)
        .limit(limit)
    )
    rows = connection.execute(statement).all()
    names = ["place_text", "rows", "code", "loads", "load_id"]
    frame = pd.DataFrame([tuple(row) for row in rows], columns=names)
    files = select(_batch.c.load_id, _batch.c.file_name).where(
        _batch.c.load_id.in_([int(load_id) for load_id in frame["load_id"].unique()])
    )
    named = dict(map(tuple, connection.execute(files).all()))
    return frame.assign(file_name=frame["load_id"].map(named)).astype(
        {"place_text": "str", "code": "str", "rows": "int64", "loads": "int64"}
    )


def count_waiting(connection: Connection) -> tuple[int, int]:
    """Texts and rows that wait."""
    statement = select(func.count(distinct(_rejected.c.place_text)), func.count())
    texts, rows = connection.execute(statement.where(*_waiting())).one()
    return int(texts), int(rows)


def unresolved() -> list[ColumnElement[bool]]:
    """Conditions on the rejected rows that a decision may yet bring in."""
    return [
        _rejected.c.place_text.is_not(None),
        _rejected.c.code.in_(REVIEWABLE),
        _rejected.c.resolved_load_id.is_(None),
    ]


def _waiting() -> list[ColumnElement[bool]]:
    decided = exists().where(
        _decision.c.place_text == _rejected.c.place_text, _decision.c.undone_at.is_(None)
    )
    return [*unresolved(), ~decided]

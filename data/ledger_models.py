"""Tables of the hazard ledger: what happened, with which proof, and what found the place.

Rows of the tables named in :data:`APPEND_ONLY` can be added but neither changed nor
deleted: the database itself refuses it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, Bounded, RowId

APPEND_ONLY: tuple[str, ...] = (
    "hazard_event",
    "hazard_evaluation",
    "hazard_evidence",
    "hazard_measure",
)


class HazardEvent(Base):
    """One step of a hazard, in an unbroken count per hazard."""

    __tablename__ = "hazard_event"
    __table_args__ = (Index(None, "hazard_id", "seq", unique=True),)

    event_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    hazard_id: Mapped[int] = mapped_column(RowId, ForeignKey("hazard.hazard_id"))
    seq: Mapped[int]
    kind: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    happened_on: Mapped[int]
    recorded_at: Mapped[int] = mapped_column(BigInteger)
    role: Mapped[str]
    doc_no: Mapped[str | None]
    note: Mapped[str | None] = mapped_column(Text)
    # What else the step says, as JSON: level, deadline, budget, checked_by, …
    facts: Mapped[str] = mapped_column(Text)


class HazardMeasure(Base):
    """Works planned on a hazard or, with ``done_on``, done."""

    __tablename__ = "hazard_measure"
    __table_args__ = (Index(None, "hazard_id"),)

    measure_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    hazard_id: Mapped[int] = mapped_column(RowId, ForeignKey("hazard.hazard_id"))
    event_id: Mapped[int] = mapped_column(RowId, ForeignKey("hazard_event.event_id"))
    measure_kind: Mapped[str]
    quantity: Mapped[float | None]
    quantity_unit: Mapped[str | None]
    cost_yuan: Mapped[float | None]
    done_on: Mapped[int | None]


class HazardEvidence(Base):
    """A picture or document; the file is kept under the hash of its bytes."""

    __tablename__ = "hazard_evidence"
    __table_args__ = (Index(None, "hazard_id"),)

    evidence_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    hazard_id: Mapped[int] = mapped_column(RowId, ForeignKey("hazard.hazard_id"))
    # How many events the hazard had: pictures from before works do not show their result.
    after_seq: Mapped[int]
    evidence_kind: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    mime_type: Mapped[str]
    size_bytes: Mapped[int]
    taken_on: Mapped[int | None]
    added_at: Mapped[int] = mapped_column(BigInteger)
    role: Mapped[str]
    caption: Mapped[str | None] = mapped_column(Text)


class HazardEvaluation(Base):
    """Before and after the works; see :class:`geo.hazard_states.Evaluation`."""

    __tablename__ = "hazard_evaluation"
    __table_args__ = (Index(None, "hazard_id"),)

    evaluation_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    hazard_id: Mapped[int] = mapped_column(RowId, ForeignKey("hazard.hazard_id"))
    event_id: Mapped[int] = mapped_column(RowId, ForeignKey("hazard_event.event_id"))
    years: Mapped[int]
    before_from_on: Mapped[int]
    before_to_on: Mapped[int]
    after_from_on: Mapped[int]
    after_to_on: Mapped[int]
    observed_before: Mapped[int]
    observed_after: Mapped[int]
    expected_after: Mapped[float | None]
    odds_ratio: Mapped[float | None]
    standard_error: Mapped[float | None]
    naive_change: Mapped[float | None]


class ScreenRun(Base):
    """One screening of the network, with all that is needed to run it again."""

    __tablename__ = "screen_run"

    run_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    method: Mapped[str]
    parameters: Mapped[str] = mapped_column(Text)
    data_version: Mapped[str]
    region_digest: Mapped[str]
    made_at: Mapped[int] = mapped_column(BigInteger)
    is_demo: Mapped[bool]


class ScreenSection(Bounded, Base):
    """A section that a screening found."""

    __tablename__ = "screen_section"
    __table_args__ = (Index(None, "run_id"),)

    section_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    run_id: Mapped[int] = mapped_column(RowId, ForeignKey("screen_run.run_id"))
    route_code: Mapped[str]
    chain_from_m: Mapped[float]
    chain_to_m: Mapped[float]
    stake_from_m: Mapped[float | None]
    stake_to_m: Mapped[float | None]
    rule: Mapped[str | None]
    measures: Mapped[str] = mapped_column(Text)
    event_ids: Mapped[str] = mapped_column(Text)
    p_chance: Mapped[float | None]
    rank: Mapped[int | None]
    rank_low: Mapped[int | None]
    rank_high: Mapped[int | None]

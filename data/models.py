"""The tables. Places, never people: no column here can hold a person.

Times are whole seconds since 1970-01-01: ``*_at`` in UTC, ``occurred_local`` as the
wall clock showed it, so that a local day is ``occurred_local // 86400`` whatever the
zone did since.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from data.archive_models import (
    ContestDefinitionText,
    ContestResult,
    IndexDefinitionText,
    IndexResult,
)
from data.base import Base, Bounded, Pointed, RowId, table
from data.ledger_models import (
    HazardEvaluation,
    HazardEvent,
    HazardEvidence,
    HazardMeasure,
    ScreenRun,
    ScreenSection,
)
from data.road_models import CalibrationPoint, RoadSegment, RoutePiece
from geo.vocabulary import RecordKind

__all__ = [
    "RECORD_TABLES",
    "Base",
    "CalibrationPoint",
    "ContestDefinitionText",
    "ContestResult",
    "Hazard",
    "HazardEvaluation",
    "HazardEvent",
    "HazardEvidence",
    "HazardMeasure",
    "Incident",
    "IndexDefinitionText",
    "IndexResult",
    "Indicator",
    "Inspection",
    "LoadBatch",
    "Place",
    "PlaceDecision",
    "RejectedRow",
    "RoadSegment",
    "Route",
    "RoutePiece",
    "ScreenRun",
    "ScreenSection",
    "Site",
    "StoreState",
    "Unit",
    "table",
]


class StoreState(Base):
    """The one row that says whose store this is and which version of the data it holds."""

    __tablename__ = "store_state"
    __table_args__ = (CheckConstraint("state_id = 1", name="single"),)

    state_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    region_code: Mapped[str] = mapped_column(String)
    region_digest: Mapped[str] = mapped_column(String)
    data_version: Mapped[int] = mapped_column(BigInteger)
    # Drawn anew with each version: a restored backup cannot pass for what it was before.
    version_key: Mapped[str] = mapped_column(String)
    # Steps with hazards move this one: what is measured on incidents stays valid.
    ledger_version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class Unit(Bounded, Base):
    """A township, subdistrict or other unit that figures are given for."""

    __tablename__ = "unit"

    unit_code: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str | None]
    kind: Mapped[str | None]
    aliases: Mapped[str | None]
    population: Mapped[int | None]


class Place(Pointed, Base):
    """A village or other named place of the gazetteer."""

    __tablename__ = "place"

    place_code: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str]
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.unit_code"))
    kind: Mapped[str | None]
    aliases: Mapped[str | None]


class Route(Bounded, Base):
    """A numbered road with its stakes."""

    __tablename__ = "route"

    route_code: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str | None]
    road_class: Mapped[str | None]
    aliases: Mapped[str | None]
    stake_from_m: Mapped[float | None]
    stake_to_m: Mapped[float | None]


class LoadBatch(Base):
    """One attempt to load a file, also one that found the file loaded already."""

    __tablename__ = "load_batch"
    __table_args__ = (Index(None, "sha256"),)

    load_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str]
    profile: Mapped[str]
    profile_digest: Mapped[str]
    # The profile itself, so that its rows can be cleaned again whatever became of its file.
    profile_text: Mapped[str | None] = mapped_column(Text)
    loader_version: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str]
    source: Mapped[str]
    as_of: Mapped[int] = mapped_column(BigInteger)
    is_demo: Mapped[bool]
    status: Mapped[str]
    repeats_load_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("load_batch.load_id"))
    started_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)
    inserted: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    stale: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    report: Mapped[str | None] = mapped_column(Text)


class PlaceDecision(Base):
    """What a text means, decided by somebody in a role; in force until it is undone."""

    __tablename__ = "place_decision"
    __table_args__ = (
        Index(
            None,
            "place_text",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
    )

    decision_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    place_text: Mapped[str]
    code: Mapped[str]
    verdict: Mapped[str]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    place_code: Mapped[str | None]
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.unit_code"))
    match_code: Mapped[str | None]
    r95_m: Mapped[float | None]
    role: Mapped[str]
    decided_at: Mapped[int] = mapped_column(BigInteger)
    undone_at: Mapped[int | None] = mapped_column(BigInteger)


class RejectedRow(Base):
    """A row of a file that was not accepted, and why; ``raw`` is null where it named people.

    ``place_text`` and ``key_hash`` are there where a decision on the text can bring the
    row in; ``decision_id`` and ``resolved_load_id`` say which one did. A row that came in
    by an earlier decision is kept here too, resolved by its own load, for an undo.
    """

    __tablename__ = "rejected_row"
    __table_args__ = (
        Index(
            None,
            "place_text",
            sqlite_where=text("place_text IS NOT NULL"),
            postgresql_where=text("place_text IS NOT NULL"),
        ),
    )

    rejected_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    load_id: Mapped[int] = mapped_column(RowId, ForeignKey("load_batch.load_id"), index=True)
    row_no: Mapped[int | None] = mapped_column(BigInteger)
    code: Mapped[str]
    field: Mapped[str | None]
    detail: Mapped[str | None]
    raw: Mapped[str | None]
    place_text: Mapped[str | None]
    key_hash: Mapped[int | None] = mapped_column(BigInteger)
    decision_id: Mapped[int | None] = mapped_column(
        RowId, ForeignKey("place_decision.decision_id")
    )
    resolved_load_id: Mapped[int | None] = mapped_column(
        RowId, ForeignKey("load_batch.load_id")
    )
    is_update: Mapped[bool] = mapped_column(server_default=false())


class Keyed:
    """What a record is known by. Each table holds a (source, key_hash) once.

    ``as_of`` is the time of the newest extract known to say what the row says.
    """

    source: Mapped[str]
    key_hash: Mapped[int] = mapped_column(BigInteger)
    content_hash: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[int] = mapped_column(BigInteger)


class Recorded(Keyed):
    """A record that a load brought in, and the place it was last changed from."""

    load_id: Mapped[int] = mapped_column(RowId, ForeignKey("load_batch.load_id"))
    row_no: Mapped[int] = mapped_column(BigInteger)


class Situated:
    """How surely, and in which unit, a record has been placed."""

    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.unit_code"))
    match_code: Mapped[str]
    r95_m: Mapped[float | None]
    place_text: Mapped[str | None]


class Incident(Recorded, Situated, Pointed, Base):
    """A traffic accident, a crime or a work accident."""

    __tablename__ = "incident"
    __table_args__ = (
        Index(None, "key_hash", "source", unique=True),
        Index(None, "category", "occurred_local"),
        Index(None, "lon", "lat"),
    )

    incident_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    category: Mapped[str]
    severity: Mapped[int] = mapped_column(SmallInteger)
    occurred_at: Mapped[int] = mapped_column(BigInteger)
    occurred_local: Mapped[int] = mapped_column(BigInteger)
    time_precision: Mapped[str]
    route_code: Mapped[str | None]
    stake_m: Mapped[float | None]
    deaths: Mapped[int] = mapped_column(SmallInteger)
    injured: Mapped[int] = mapped_column(SmallInteger)
    loss_yuan: Mapped[float | None]
    attributes: Mapped[str | None] = mapped_column(Text)


class Site(Recorded, Situated, Pointed, Base):
    """A key place: a mine, a school, a camera, a patrol post."""

    __tablename__ = "site"
    __table_args__ = (Index(None, "key_hash", "source", unique=True),)

    site_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_kind: Mapped[str]
    name: Mapped[str]
    sector: Mapped[str | None]
    status: Mapped[str | None]
    capacity: Mapped[float | None]
    attributes: Mapped[str | None] = mapped_column(Text)


class Hazard(Keyed, Situated, Bounded, Base):
    """A listed danger: a road section, a disorder spot, a hazard of a site. Days since 1970.

    Once it has events, they say where it stands; the columns here repeat the newest.
    """

    __tablename__ = "hazard"
    __table_args__ = (
        Index(None, "key_hash", "source", unique=True),
        Index(None, "code"),
    )

    # Null where the hazard has been opened in the ledger, not loaded.
    load_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("load_batch.load_id"))
    row_no: Mapped[int | None] = mapped_column(BigInteger)

    hazard_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    hazard_kind: Mapped[str]
    name: Mapped[str]
    grade: Mapped[str | None]
    status: Mapped[str | None]
    found_on: Mapped[int | None]
    due_on: Mapped[int | None]
    closed_on: Mapped[int | None]
    route_code: Mapped[str | None]
    stake_from_m: Mapped[float | None]
    stake_to_m: Mapped[float | None]
    attributes: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str | None]
    level: Mapped[str | None]
    side: Mapped[str | None]
    protection_grade: Mapped[str | None]
    responsible_unit: Mapped[str | None]
    controlled_on: Mapped[int | None]
    control_until_on: Mapped[int | None]
    merged_into: Mapped[int | None] = mapped_column(RowId)


class Indicator(Recorded, Base):
    """A figure of a unit for a period, such as the petitions of a month."""

    __tablename__ = "indicator"
    __table_args__ = (Index(None, "key_hash", "source", unique=True),)

    indicator_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.unit_code"))
    indicator: Mapped[str]
    period: Mapped[str]
    value: Mapped[float]


class Inspection(Recorded, Base):
    """An inspection or reading of a day: of a unit, or of one of its villages or sites.

    Readings are of the site: what is missing was not read; the two flags are 0 or 1.
    """

    __tablename__ = "inspection"
    __table_args__ = (Index(None, "key_hash", "source", unique=True),)

    inspection_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    inspection_kind: Mapped[str]
    level: Mapped[str | None]
    inspected_on: Mapped[int]
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.unit_code"))
    village: Mapped[str | None]
    site_name: Mapped[str | None]
    problems: Mapped[int | None]
    unfixed: Mapped[int | None]
    power_kwh: Mapped[float | None]
    base_kwh: Mapped[float | None]
    explosives_kg: Mapped[float | None]
    haulage_trips: Mapped[float | None]
    has_thermal_change: Mapped[float | None]
    has_ground_change: Mapped[float | None]
    attributes: Mapped[str | None] = mapped_column(Text)


RECORD_TABLES: dict[RecordKind, Table] = {
    RecordKind.INCIDENTS: table(Incident),
    RecordKind.SITES: table(Site),
    RecordKind.HAZARDS: table(Hazard),
    RecordKind.INDICATORS: table(Indicator),
    RecordKind.INSPECTIONS: table(Inspection),
}

"""Calibrated routes and their sections; the ledger of hazards; screenings."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from data.geometry import Geom

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("hazard_event", "hazard_evaluation", "hazard_evidence", "hazard_measure")
# A row that an insert would replace.
TAKEN = {
    "hazard_event": (
        "SELECT 1 FROM hazard_event WHERE event_id = NEW.event_id"
        " OR (hazard_id = NEW.hazard_id AND seq = NEW.seq)"
    ),
    "hazard_evaluation": (
        "SELECT 1 FROM hazard_evaluation WHERE evaluation_id = NEW.evaluation_id"
    ),
    "hazard_evidence": "SELECT 1 FROM hazard_evidence WHERE evidence_id = NEW.evidence_id",
    "hazard_measure": "SELECT 1 FROM hazard_measure WHERE measure_id = NEW.measure_id",
}
REFUSAL = "the history of a hazard cannot be changed"
HAZARD_COLUMNS: dict[str, Any] = {
    "code": sa.String(),
    "level": sa.String(),
    "side": sa.String(),
    "protection_grade": sa.String(),
    "responsible_unit": sa.String(),
    "controlled_on": sa.Integer(),
    "control_until_on": sa.Integer(),
    "merged_into": ROW_ID,
}


def upgrade() -> None:
    op.add_column(
        "store_state",
        sa.Column(
            "ledger_version", sa.BigInteger(), nullable=False, server_default=sa.text("0")
        ),
    )
    # The next start installs the region once more, now with the pieces of its routes.
    op.execute("UPDATE store_state SET region_digest = ''")
    with op.batch_alter_table("hazard") as hazard:
        hazard.alter_column("load_id", existing_type=ROW_ID, nullable=True)
        hazard.alter_column("row_no", existing_type=sa.BigInteger(), nullable=True)
        for name, kind in HAZARD_COLUMNS.items():
            hazard.add_column(sa.Column(name, kind, nullable=True))
    op.create_index(op.f("ix_hazard_code"), "hazard", ["code"])
    _create_roads()
    _create_ledger()
    _create_screenings()
    for name in APPEND_ONLY:
        _guard(name)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {name}_kept ON {name}")
            op.execute(f"DROP TRIGGER {name}_not_emptied ON {name}")
        op.execute("DROP FUNCTION hazard_history_kept")
    for name in (
        "screen_section",
        "screen_run",
        "hazard_evaluation",
        "hazard_measure",
        "hazard_evidence",
        "hazard_event",
        "road_segment",
        "calibration_point",
        "route_piece",
    ):
        op.drop_table(name)
    op.drop_index(op.f("ix_hazard_code"), "hazard")
    # Hazards opened in the ledger have no load to go back to.
    op.execute("DELETE FROM hazard WHERE load_id IS NULL")
    with op.batch_alter_table("hazard") as hazard:
        for name in reversed(HAZARD_COLUMNS):
            hazard.drop_column(name)
        hazard.alter_column("row_no", existing_type=sa.BigInteger(), nullable=False)
        hazard.alter_column("load_id", existing_type=ROW_ID, nullable=False)
    op.drop_column("store_state", "ledger_version")


def _create_roads() -> None:
    op.create_table(
        "route_piece",
        sa.Column("piece_id", ROW_ID, nullable=False),
        sa.Column("route_code", sa.String(), nullable=False),
        sa.Column("piece", sa.Integer(), nullable=False),
        sa.Column("stake_from_m", sa.Double(), nullable=False),
        sa.Column("stake_to_m", sa.Double(), nullable=False),
        sa.Column("chain_from_m", sa.Double(), nullable=False),
        sa.Column("chain_to_m", sa.Double(), nullable=False),
        sa.Column("length_m", sa.Double(), nullable=False),
        sa.Column("residual_m", sa.Double(), nullable=True),
        _belongs("route_piece", "route_code", "route"),
        sa.PrimaryKeyConstraint("piece_id", name=op.f("pk_route_piece")),
    )
    op.create_index(
        op.f("ix_route_piece_route_code_piece"),
        "route_piece",
        ["route_code", "piece"],
        unique=True,
    )
    op.create_table(
        "calibration_point",
        sa.Column("point_id", ROW_ID, nullable=False),
        sa.Column("route_code", sa.String(), nullable=False),
        sa.Column("piece", sa.Integer(), nullable=False),
        sa.Column("stake_m", sa.Double(), nullable=False),
        sa.Column("chain_m", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("valid_from_on", sa.Integer(), nullable=True),
        sa.Column("valid_to_on", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        _belongs("calibration_point", "route_code", "route"),
        sa.PrimaryKeyConstraint("point_id", name=op.f("pk_calibration_point")),
    )
    op.create_index(
        op.f("ix_calibration_point_route_code"), "calibration_point", ["route_code"]
    )
    op.create_table(
        "road_segment",
        sa.Column("segment_id", ROW_ID, nullable=False),
        sa.Column("route_code", sa.String(), nullable=False),
        sa.Column("stake_from_m", sa.Double(), nullable=True),
        sa.Column("stake_to_m", sa.Double(), nullable=True),
        sa.Column("tech_grade", sa.String(), nullable=True),
        sa.Column("aadt", sa.Double(), nullable=True),
        sa.Column("aadt_class", sa.String(), nullable=True),
        sa.Column("lanes", sa.Double(), nullable=True),
        sa.Column("has_median", sa.Boolean(), nullable=True),
        sa.Column("design_speed_kmh", sa.Double(), nullable=True),
        sa.Column("is_urban", sa.Boolean(), nullable=True),
        sa.Column("terrain", sa.String(), nullable=True),
        sa.Column("guard", sa.String(), nullable=True),
        sa.Column("is_bus_route", sa.Boolean(), nullable=True),
        _belongs("road_segment", "route_code", "route"),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_road_segment")),
    )
    op.create_index(op.f("ix_road_segment_route_code"), "road_segment", ["route_code"])


def _create_ledger() -> None:
    op.create_table(
        "hazard_event",
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column("hazard_id", ROW_ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_status", sa.String(), nullable=True),
        sa.Column("to_status", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("doc_no", sa.String(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        _belongs("hazard_event", "hazard_id", "hazard"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_hazard_event")),
    )
    op.create_index(
        op.f("ix_hazard_event_hazard_id_seq"), "hazard_event", ["hazard_id", "seq"], unique=True
    )
    op.create_table(
        "hazard_measure",
        sa.Column("measure_id", ROW_ID, nullable=False),
        sa.Column("hazard_id", ROW_ID, nullable=False),
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column("measure_kind", sa.String(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=True),
        sa.Column("quantity_unit", sa.String(), nullable=True),
        sa.Column("cost_yuan", sa.Double(), nullable=True),
        sa.Column("done_on", sa.Integer(), nullable=True),
        _belongs("hazard_measure", "hazard_id", "hazard"),
        _belongs("hazard_measure", "event_id", "hazard_event"),
        sa.PrimaryKeyConstraint("measure_id", name=op.f("pk_hazard_measure")),
    )
    op.create_table(
        "hazard_evidence",
        sa.Column("evidence_id", ROW_ID, nullable=False),
        sa.Column("hazard_id", ROW_ID, nullable=False),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("evidence_kind", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("mime_type", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("taken_on", sa.Integer(), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=True),
        _belongs("hazard_evidence", "hazard_id", "hazard"),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_hazard_evidence")),
    )
    op.create_table(
        "hazard_evaluation",
        sa.Column("evaluation_id", ROW_ID, nullable=False),
        sa.Column("hazard_id", ROW_ID, nullable=False),
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("before_from_on", sa.Integer(), nullable=False),
        sa.Column("before_to_on", sa.Integer(), nullable=False),
        sa.Column("after_from_on", sa.Integer(), nullable=False),
        sa.Column("after_to_on", sa.Integer(), nullable=False),
        sa.Column("observed_before", sa.Integer(), nullable=False),
        sa.Column("observed_after", sa.Integer(), nullable=False),
        sa.Column("expected_after", sa.Double(), nullable=True),
        sa.Column("odds_ratio", sa.Double(), nullable=True),
        sa.Column("standard_error", sa.Double(), nullable=True),
        sa.Column("naive_change", sa.Double(), nullable=True),
        _belongs("hazard_evaluation", "hazard_id", "hazard"),
        _belongs("hazard_evaluation", "event_id", "hazard_event"),
        sa.PrimaryKeyConstraint("evaluation_id", name=op.f("pk_hazard_evaluation")),
    )
    for name in ("hazard_measure", "hazard_evidence", "hazard_evaluation"):
        op.create_index(op.f(f"ix_{name}_hazard_id"), name, ["hazard_id"])


def _create_screenings() -> None:
    op.create_table(
        "screen_run",
        sa.Column("run_id", ROW_ID, nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("data_version", sa.String(), nullable=False),
        sa.Column("region_digest", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_screen_run")),
    )
    op.create_table(
        "screen_section",
        sa.Column("section_id", ROW_ID, nullable=False),
        sa.Column("run_id", ROW_ID, nullable=False),
        sa.Column("route_code", sa.String(), nullable=False),
        sa.Column("chain_from_m", sa.Double(), nullable=False),
        sa.Column("chain_to_m", sa.Double(), nullable=False),
        sa.Column("stake_from_m", sa.Double(), nullable=True),
        sa.Column("stake_to_m", sa.Double(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("event_ids", sa.Text(), nullable=False),
        sa.Column("p_chance", sa.Double(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("rank_low", sa.Integer(), nullable=True),
        sa.Column("rank_high", sa.Integer(), nullable=True),
        sa.Column("minx", sa.Double(), nullable=True),
        sa.Column("miny", sa.Double(), nullable=True),
        sa.Column("maxx", sa.Double(), nullable=True),
        sa.Column("maxy", sa.Double(), nullable=True),
        sa.Column("geometry", Geom("GEOMETRY"), nullable=True),
        _belongs("screen_section", "run_id", "screen_run"),
        sa.PrimaryKeyConstraint("section_id", name=op.f("pk_screen_section")),
    )
    op.create_index(op.f("ix_screen_section_run_id"), "screen_section", ["run_id"])


def _belongs(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.{column}"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def _guard(name: str) -> None:
    """Make the database itself refuse to change, delete or replace rows."""
    if op.get_bind().dialect.name == "postgresql":
        if name == APPEND_ONLY[0]:
            op.execute(
                "CREATE FUNCTION hazard_history_kept() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
            )
        op.execute(
            f"CREATE TRIGGER {name}_kept BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION hazard_history_kept()"
        )
        op.execute(
            f"CREATE TRIGGER {name}_not_emptied BEFORE TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION hazard_history_kept()"
        )
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    op.execute(f"CREATE TRIGGER {name}_not_updated BEFORE UPDATE ON {name} {refuse}")
    op.execute(f"CREATE TRIGGER {name}_not_deleted BEFORE DELETE ON {name} {refuse}")
    # INSERT OR REPLACE deletes without asking the trigger on deletion.
    op.execute(
        f"CREATE TRIGGER {name}_not_replaced BEFORE INSERT ON {name} "
        f"WHEN EXISTS ({TAKEN[name]}) {refuse}"
    )

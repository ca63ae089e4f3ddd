"""Decisions on places, and what is needed to clean a quarantined row once more."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("place_text IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "place_decision",
        sa.Column("decision_id", ROW_ID, nullable=False),
        sa.Column("place_text", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("place_code", sa.String(), nullable=True),
        sa.Column("unit_code", sa.String(), nullable=True),
        sa.Column("match_code", sa.String(), nullable=True),
        sa.Column("r95_m", sa.Double(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["unit.unit_code"], name=op.f("fk_place_decision_unit_code_unit")
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_place_decision")),
    )
    # Only one decision on a text is in force at a time.
    op.create_index(
        op.f("ix_place_decision_place_text"),
        "place_decision",
        ["place_text"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.add_column("load_batch", sa.Column("profile_text", sa.Text(), nullable=True))
    with op.batch_alter_table("rejected_row") as rejected:
        rejected.add_column(sa.Column("place_text", sa.String(), nullable=True))
        rejected.add_column(sa.Column("key_hash", sa.BigInteger(), nullable=True))
        rejected.add_column(sa.Column("decision_id", ROW_ID, nullable=True))
        rejected.add_column(sa.Column("resolved_load_id", ROW_ID, nullable=True))
        rejected.add_column(
            sa.Column("is_update", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        rejected.create_foreign_key(
            op.f("fk_rejected_row_decision_id_place_decision"),
            "place_decision",
            ["decision_id"],
            ["decision_id"],
        )
        rejected.create_foreign_key(
            op.f("fk_rejected_row_resolved_load_id_load_batch"),
            "load_batch",
            ["resolved_load_id"],
            ["load_id"],
        )
    op.create_index(
        op.f("ix_rejected_row_place_text"),
        "rejected_row",
        ["place_text"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_rejected_row_place_text"), "rejected_row")
    with op.batch_alter_table("rejected_row") as rejected:
        rejected.drop_constraint(
            op.f("fk_rejected_row_resolved_load_id_load_batch"), type_="foreignkey"
        )
        rejected.drop_constraint(
            op.f("fk_rejected_row_decision_id_place_decision"), type_="foreignkey"
        )
        for name in ("is_update", "resolved_load_id", "decision_id", "key_hash", "place_text"):
            rejected.drop_column(name)
    op.drop_column("load_batch", "profile_text")
    op.drop_table("place_decision")

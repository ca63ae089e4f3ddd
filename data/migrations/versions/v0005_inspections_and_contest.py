"""Inspections and readings of sites; published scoreboards with their definitions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "inspection",
        sa.Column("inspection_id", ROW_ID, nullable=False),
        sa.Column("inspection_kind", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("inspected_on", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("village", sa.String(), nullable=True),
        sa.Column("site_name", sa.String(), nullable=True),
        sa.Column("problems", sa.Integer(), nullable=True),
        sa.Column("unfixed", sa.Integer(), nullable=True),
        sa.Column("power_kwh", sa.Double(), nullable=True),
        sa.Column("base_kwh", sa.Double(), nullable=True),
        sa.Column("explosives_kg", sa.Double(), nullable=True),
        sa.Column("haulage_trips", sa.Double(), nullable=True),
        sa.Column("has_thermal_change", sa.Double(), nullable=True),
        sa.Column("has_ground_change", sa.Double(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key_hash", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("load_id", ROW_ID, nullable=False),
        sa.Column("row_no", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["unit.unit_code"], name=op.f("fk_inspection_unit_code_unit")
        ),
        sa.ForeignKeyConstraint(
            ["load_id"], ["load_batch.load_id"], name=op.f("fk_inspection_load_id_load_batch")
        ),
        sa.PrimaryKeyConstraint("inspection_id", name=op.f("pk_inspection")),
    )
    op.create_index(
        op.f("ix_inspection_key_hash_source"),
        "inspection",
        ["key_hash", "source"],
        unique=True,
    )
    op.create_table(
        "contest_definition",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.Column("toml", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_contest_definition")),
    )
    op.create_table(
        "contest_result",
        sa.Column("contest_id", ROW_ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("data_version", sa.String(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"],
            ["contest_definition.digest"],
            name=op.f("fk_contest_result_digest_contest_definition"),
        ),
        sa.PrimaryKeyConstraint("contest_id", name=op.f("pk_contest_result")),
    )
    op.create_index(op.f("ix_contest_result_period"), "contest_result", ["period"])


def downgrade() -> None:
    op.drop_table("contest_result")
    op.drop_table("contest_definition")
    op.drop_table("inspection")

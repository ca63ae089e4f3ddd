"""Kept results of the risk index with the definitions they were made with."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "index_definition",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.Column("toml", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_index_definition")),
    )
    op.create_table(
        "index_result",
        sa.Column("index_id", ROW_ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("base_period", sa.String(), nullable=False),
        sa.Column("data_version", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("draws", sa.Integer(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"],
            ["index_definition.digest"],
            name=op.f("fk_index_result_digest_index_definition"),
        ),
        sa.PrimaryKeyConstraint("index_id", name=op.f("pk_index_result")),
    )
    op.create_index(op.f("ix_index_result_period"), "index_result", ["period"])


def downgrade() -> None:
    op.drop_table("index_result")
    op.drop_table("index_definition")

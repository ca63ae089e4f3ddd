"""The first schema: region, loads, records and rejected rows."""

import sqlalchemy as sa
from alembic import op

from data.geometry import Geom

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.create_table(
        "load_batch",
        sa.Column("load_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("profile_digest", sa.String(), nullable=False),
        sa.Column("loader_version", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("repeats_load_id", ROW_ID, nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("inserted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["repeats_load_id"],
            ["load_batch.load_id"],
            name=op.f("fk_load_batch_repeats_load_id_load_batch"),
        ),
        sa.PrimaryKeyConstraint("load_id", name=op.f("pk_load_batch")),
    )
    op.create_index(op.f("ix_load_batch_sha256"), "load_batch", ["sha256"])
    op.create_table(
        "route",
        sa.Column("route_code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("road_class", sa.String(), nullable=True),
        sa.Column("aliases", sa.String(), nullable=True),
        sa.Column("stake_from_m", sa.Double(), nullable=True),
        sa.Column("stake_to_m", sa.Double(), nullable=True),
        sa.Column("minx", sa.Double(), nullable=True),
        sa.Column("miny", sa.Double(), nullable=True),
        sa.Column("maxx", sa.Double(), nullable=True),
        sa.Column("maxy", sa.Double(), nullable=True),
        sa.Column("geometry", Geom(), nullable=True),
        sa.PrimaryKeyConstraint("route_code", name=op.f("pk_route")),
    )
    op.create_table(
        "store_state",
        sa.Column("state_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("region_digest", sa.String(), nullable=False),
        sa.Column("data_version", sa.BigInteger(), nullable=False),
        sa.Column("version_key", sa.String(), nullable=False),
        sa.CheckConstraint("state_id = 1", name=op.f("ck_store_state_single")),
        sa.PrimaryKeyConstraint("state_id", name=op.f("pk_store_state")),
    )
    op.create_table(
        "unit",
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("aliases", sa.String(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("minx", sa.Double(), nullable=True),
        sa.Column("miny", sa.Double(), nullable=True),
        sa.Column("maxx", sa.Double(), nullable=True),
        sa.Column("maxy", sa.Double(), nullable=True),
        sa.Column("geometry", Geom(), nullable=True),
        sa.PrimaryKeyConstraint("unit_code", name=op.f("pk_unit")),
    )
    op.create_table(
        "hazard",
        sa.Column("hazard_id", ROW_ID, nullable=False),
        sa.Column("hazard_kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("found_on", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Integer(), nullable=True),
        sa.Column("closed_on", sa.Integer(), nullable=True),
        sa.Column("route_code", sa.String(), nullable=True),
        sa.Column("stake_from_m", sa.Double(), nullable=True),
        sa.Column("stake_to_m", sa.Double(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key_hash", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("load_id", ROW_ID, nullable=False),
        sa.Column("row_no", sa.BigInteger(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=True),
        sa.Column("match_code", sa.String(), nullable=False),
        sa.Column("r95_m", sa.Double(), nullable=True),
        sa.Column("place_text", sa.String(), nullable=True),
        sa.Column("minx", sa.Double(), nullable=True),
        sa.Column("miny", sa.Double(), nullable=True),
        sa.Column("maxx", sa.Double(), nullable=True),
        sa.Column("maxy", sa.Double(), nullable=True),
        sa.Column("geometry", Geom(), nullable=True),
        sa.ForeignKeyConstraint(
            ["load_id"], ["load_batch.load_id"], name=op.f("fk_hazard_load_id_load_batch")
        ),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["unit.unit_code"], name=op.f("fk_hazard_unit_code_unit")
        ),
        sa.PrimaryKeyConstraint("hazard_id", name=op.f("pk_hazard")),
    )
    op.create_index(
        op.f("ix_hazard_key_hash_source"), "hazard", ["key_hash", "source"], unique=True
    )
    op.create_table(
        "incident",
        sa.Column("incident_id", ROW_ID, nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("occurred_local", sa.BigInteger(), nullable=False),
        sa.Column("time_precision", sa.String(), nullable=False),
        sa.Column("route_code", sa.String(), nullable=True),
        sa.Column("stake_m", sa.Double(), nullable=True),
        sa.Column("deaths", sa.SmallInteger(), nullable=False),
        sa.Column("injured", sa.SmallInteger(), nullable=False),
        sa.Column("loss_yuan", sa.Double(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key_hash", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("load_id", ROW_ID, nullable=False),
        sa.Column("row_no", sa.BigInteger(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=True),
        sa.Column("match_code", sa.String(), nullable=False),
        sa.Column("r95_m", sa.Double(), nullable=True),
        sa.Column("place_text", sa.String(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("geometry", Geom(kind="POINT"), nullable=True),
        sa.ForeignKeyConstraint(
            ["load_id"], ["load_batch.load_id"], name=op.f("fk_incident_load_id_load_batch")
        ),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["unit.unit_code"], name=op.f("fk_incident_unit_code_unit")
        ),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incident")),
    )
    op.create_index(
        op.f("ix_incident_category_occurred_local"), "incident", ["category", "occurred_local"]
    )
    op.create_index(op.f("ix_incident_lon_lat"), "incident", ["lon", "lat"])
    op.create_index(
        op.f("ix_incident_key_hash_source"), "incident", ["key_hash", "source"], unique=True
    )
    op.create_table(
        "indicator",
        sa.Column("indicator_id", ROW_ID, nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key_hash", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("load_id", ROW_ID, nullable=False),
        sa.Column("row_no", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["load_id"], ["load_batch.load_id"], name=op.f("fk_indicator_load_id_load_batch")
        ),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["unit.unit_code"], name=op.f("fk_indicator_unit_code_unit")
        ),
        sa.PrimaryKeyConstraint("indicator_id", name=op.f("pk_indicator")),
    )
    op.create_index(
        op.f("ix_indicator_key_hash_source"), "indicator", ["key_hash", "source"], unique=True
    )
    op.create_table(
        "place",
        sa.Column("place_code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("aliases", sa.String(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("geometry", Geom(kind="POINT"), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["unit.unit_code"], name=op.f("fk_place_unit_code_unit")
        ),
        sa.PrimaryKeyConstraint("place_code", name=op.f("pk_place")),
    )
    op.create_table(
        "rejected_row",
        sa.Column("rejected_id", ROW_ID, nullable=False),
        sa.Column("load_id", ROW_ID, nullable=False),
        sa.Column("row_no", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("raw", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["load_id"], ["load_batch.load_id"], name=op.f("fk_rejected_row_load_id_load_batch")
        ),
        sa.PrimaryKeyConstraint("rejected_id", name=op.f("pk_rejected_row")),
    )
    op.create_index(op.f("ix_rejected_row_load_id"), "rejected_row", ["load_id"])
    op.create_table(
        "site",
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("site_kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("capacity", sa.Double(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key_hash", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("load_id", ROW_ID, nullable=False),
        sa.Column("row_no", sa.BigInteger(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=True),
        sa.Column("match_code", sa.String(), nullable=False),
        sa.Column("r95_m", sa.Double(), nullable=True),
        sa.Column("place_text", sa.String(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("geometry", Geom(kind="POINT"), nullable=True),
        sa.ForeignKeyConstraint(
            ["load_id"], ["load_batch.load_id"], name=op.f("fk_site_load_id_load_batch")
        ),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["unit.unit_code"], name=op.f("fk_site_unit_code_unit")
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site")),
    )
    op.create_index(
        op.f("ix_site_key_hash_source"), "site", ["key_hash", "source"], unique=True
    )


def downgrade() -> None:
    op.drop_table("site")
    op.drop_table("rejected_row")
    op.drop_table("place")
    op.drop_table("indicator")
    op.drop_table("incident")
    op.drop_table("hazard")
    op.drop_table("unit")
    op.drop_table("store_state")
    op.drop_table("route")
    op.drop_table("load_batch")

"""What all tables share: their metadata, row numbers, shapes and points."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from data.geometry import Geom

# SQLite numbers rows by itself only in a column spelled INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


class Bounded:
    """A shape and its bounding box in degrees."""

    minx: Mapped[float | None]
    miny: Mapped[float | None]
    maxx: Mapped[float | None]
    maxy: Mapped[float | None]
    geometry: Mapped[bytes | None] = mapped_column(Geom("GEOMETRY"))


class Pointed:
    """A point and its degrees; all three are null where the record is not placed."""

    lon: Mapped[float | None]
    lat: Mapped[float | None]
    geometry: Mapped[bytes | None] = mapped_column(Geom("POINT"))


def table(model: type[Base]) -> Table:
    """The model's table."""
    return Base.metadata.tables[model.__tablename__]

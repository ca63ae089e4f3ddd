"""Tables of the roads, installed from the region pack."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, RowId


class RoutePiece(Base):
    """A stretch of a route along which stakes rise strictly; pieces part at broken chains."""

    __tablename__ = "route_piece"
    __table_args__ = (Index(None, "route_code", "piece", unique=True),)

    piece_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    route_code: Mapped[str] = mapped_column(ForeignKey("route.route_code"))
    piece: Mapped[int]
    stake_from_m: Mapped[float]
    stake_to_m: Mapped[float]
    chain_from_m: Mapped[float]
    chain_to_m: Mapped[float]
    length_m: Mapped[float]
    residual_m: Mapped[float | None]


class CalibrationPoint(Base):
    """A surveyed stake of a route."""

    __tablename__ = "calibration_point"
    __table_args__ = (Index(None, "route_code"),)

    point_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    route_code: Mapped[str] = mapped_column(ForeignKey("route.route_code"))
    piece: Mapped[int]
    stake_m: Mapped[float]
    chain_m: Mapped[float | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    valid_from_on: Mapped[int | None]
    valid_to_on: Mapped[int | None]
    kind: Mapped[str]
    source: Mapped[str | None] = mapped_column(Text)


class RoadSegment(Base):
    """A section of one make along a route; without stakes, the whole route."""

    __tablename__ = "road_segment"
    __table_args__ = (Index(None, "route_code"),)

    segment_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    route_code: Mapped[str] = mapped_column(ForeignKey("route.route_code"))
    stake_from_m: Mapped[float | None]
    stake_to_m: Mapped[float | None]
    tech_grade: Mapped[str | None]
    aadt: Mapped[float | None]
    aadt_class: Mapped[str | None]
    lanes: Mapped[float | None]
    has_median: Mapped[bool | None]
    design_speed_kmh: Mapped[float | None]
    is_urban: Mapped[bool | None]
    terrain: Mapped[str | None]
    guard: Mapped[str | None]
    is_bus_route: Mapped[bool | None]

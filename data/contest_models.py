"""Kept results of the contest and the definitions they were made with."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, RowId


class ContestDefinitionText(Base):
    """A contest definition, as the text that was used."""

    __tablename__ = "contest_definition"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    definition_id: Mapped[str]
    definition_version: Mapped[int]
    toml: Mapped[str] = mapped_column(Text)


class ContestResult(Base):
    """One published scoreboard. ``content`` holds its facts and tables; it never changes."""

    __tablename__ = "contest_result"
    __table_args__ = (Index(None, "period"),)

    contest_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), ForeignKey("contest_definition.digest"))
    period: Mapped[str]
    data_version: Mapped[str]
    is_demo: Mapped[bool]
    published_at: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[bytes] = mapped_column(LargeBinary)

"""Kept results of the risk index and the contest, and the definitions they were made with."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, RowId


class DefinitionText:
    """A definition, as the text that was used."""

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    definition_id: Mapped[str]
    definition_version: Mapped[int]
    toml: Mapped[str] = mapped_column(Text)


class IndexDefinitionText(DefinitionText, Base):
    """An index definition with its reference rates."""

    __tablename__ = "index_definition"


class ContestDefinitionText(DefinitionText, Base):
    """A contest definition."""

    __tablename__ = "contest_definition"


class IndexResult(Base):
    """One run of the index. ``content`` holds its facts and tables; it never changes."""

    __tablename__ = "index_result"
    __table_args__ = (Index(None, "period"),)

    index_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), ForeignKey("index_definition.digest"))
    period: Mapped[str]
    base_period: Mapped[str]
    data_version: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)
    draws: Mapped[int]
    is_demo: Mapped[bool]
    made_at: Mapped[int] = mapped_column(BigInteger)
    # Null while it is a try-out.
    published_at: Mapped[int | None] = mapped_column(BigInteger)
    content: Mapped[bytes] = mapped_column(LargeBinary)


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

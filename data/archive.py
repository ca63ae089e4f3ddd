"""Results of the risk index and the contest in the store: kept as they were, with their definition."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

import pandas as pd
from sqlalchemy import Column, Engine, Table, func, insert, select, update

from data.archive_models import (
    ContestDefinitionText,
    ContestResult,
    IndexDefinitionText,
    IndexResult,
)
from data.base import table
from data.engine import reading, writing
from data.frames import read_table
from data.packing import packed, unpacked
from geo.errors import StoreError


@dataclass(frozen=True, kw_only=True, eq=False)
class KeptResult:
    """One result as it is kept.

    Parameters
    ----------
    digest, definition_id, definition_version, toml
        The definition it was made with.
    facts
        JSON values.
    tables
        Frames by name.
    """

    digest: str
    definition_id: str
    definition_version: int
    toml: str
    period: str
    data_version: str
    is_demo: bool
    facts: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]


@dataclass(frozen=True, kw_only=True, eq=False)
class KeptIndex(KeptResult):
    """One index as it is kept; its definition holds the reference rates."""

    base_period: str
    seed: int
    draws: int


Kept = TypeVar("Kept", bound=KeptResult)


class Archive(Generic[Kept]):
    """The results of one kind in a store; they never change, and a definition is kept once.

    Parameters
    ----------
    kept
        What a result is handed over as.
    definition, result
        The tables; ``result`` has every field of ``kept`` that ``definition`` and its content lack.
    what
        The word for a result in messages.
    """

    def __init__(
        self, engine: Engine, *, kept: type[Kept], definition: Table, result: Table, what: str
    ) -> None:
        self._engine = engine
        self._kept = kept
        self._definition = definition
        self._result = result
        self._what = what
        self._number: Column[int] = next(iter(result.primary_key))
        self._joined = definition.c.digest == result.c.digest

    def listed(self) -> pd.DataFrame:
        """All results, newest first, indexed by their number.

        Columns ``definition_id``, ``definition_version``, ``digest``, ``period``, ``data_version``, ``is_demo``,
        ``published_at``; of indexes also ``base_period``, ``seed``, ``draws`` and ``made_at``, and ``published_at``
        is NaT for try-outs.
        """
        columns = [
            self._number,
            self._definition.c.definition_id,
            self._definition.c.definition_version,
            *(c for c in self._result.c if c.name not in {self._number.name, "content"}),
        ]
        statement = (
            select(*columns).join(self._definition, self._joined).order_by(self._number.desc())
        )
        with reading(self._engine) as connection:
            return read_table(connection, statement, columns=columns, index=self._number.name)

    def get(self, number: int) -> Kept:
        """One result.

        Raises
        ------
        StoreError
            When there is no such result, or its content is damaged.
        """
        result = [c for c in self._result.c if c.name != "digest"]
        statement = (
            select(self._definition, *result)
            .join(self._result, self._joined)
            .where(self._number == int(number))
        )
        with reading(self._engine) as connection:
            row = connection.execute(statement).mappings().one_or_none()
        if row is None:
            raise self._missing(number)
        facts, tables = unpacked(row["content"], what=f"{self._what} {number}")
        values = {
            field.name: row[field.name] for field in fields(self._kept) if field.name in row
        }
        return self._kept(**values, facts=facts, tables=tables)

    def _keep(self, kept: Kept, **stamps: int | None) -> int:
        given = {field.name: getattr(kept, field.name) for field in fields(kept)}
        definition = {c.name: given[c.name] for c in self._definition.c}
        result = {c.name: given[c.name] for c in self._result.c if c.name in given}
        with writing(self._engine) as connection:
            digest = self._definition.c.digest
            known = select(digest).where(digest == kept.digest)
            if connection.execute(known).first() is None:
                connection.execute(insert(self._definition).values(definition))
            added = insert(self._result).values(
                **result, **stamps, content=packed(kept.facts, kept.tables)
            )
            return int(connection.execute(added.returning(self._number)).scalar_one())

    def _last(self, period: str, definition_id: str, *, by: Column[Any]) -> int | None:
        """Number of the result of a period with the highest ``by``; those without are left out."""
        statement = (
            select(self._number)
            .join(self._definition, self._joined)
            .where(
                self._result.c.period == period,
                self._definition.c.definition_id == definition_id,
                by.is_not(None),
            )
            .order_by(by.desc(), self._number.desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            return connection.execute(statement).scalar_one_or_none()

    def _missing(self, number: int) -> StoreError:
        return StoreError(f"there is no {self._what} {number} in this store")


class ContestArchive(Archive[KeptResult]):
    """The scoreboards of one store; made by :attr:`data.store.Store.contests`."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(
            engine,
            kept=KeptResult,
            definition=table(ContestDefinitionText),
            result=table(ContestResult),
            what="contest result",
        )

    def publish(self, kept: KeptResult) -> int:
        """Keep a scoreboard; its number. Of several of a period the last one counts."""
        return self._keep(kept, published_at=int(time.time()))

    def latest(self, period: str, definition_id: str) -> int | None:
        """Number of the scoreboard that counts for a period; None when there is none."""
        return self._last(period, definition_id, by=self._number)


class IndexArchive(Archive[KeptIndex]):
    """The indexes of one store; made by :attr:`data.store.Store.indexes`."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(
            engine,
            kept=KeptIndex,
            definition=table(IndexDefinitionText),
            result=table(IndexResult),
            what="index",
        )

    def add(self, kept: KeptIndex, *, publish: bool = False) -> int:
        """Keep a result, as a try-out unless published; its number."""
        now = int(time.time())
        return self._keep(kept, made_at=now, published_at=now if publish else None)

    def publish(self, index_id: int) -> None:
        """Make a try-out count: later results keep its colours where they are unsure.

        Raises
        ------
        StoreError
            When there is no such result.
        """
        with writing(self._engine) as connection:
            published_at = self._result.c.published_at
            published = (
                update(self._result)
                .where(self._number == int(index_id))
                .values(published_at=func.coalesce(published_at, int(time.time())))
            )
            if connection.execute(published).rowcount == 0:
                raise self._missing(index_id)

    def published(self, period: str, definition_id: str) -> tuple[int, KeptIndex] | None:
        """Number and content of what was last published for a period, if anything was."""
        number = self._last(period, definition_id, by=self._result.c.published_at)
        return None if number is None else (number, self.get(number))

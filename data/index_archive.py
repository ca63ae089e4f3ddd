"""Results of the risk index in the store: kept as they were, with their definition."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, func, insert, select, update

from data.engine import reading, writing
from data.frames import read_table
from data.index_models import IndexDefinitionText, IndexResult
from data.models import table
from data.packing import packed, unpacked
from geo.errors import StoreError

_definition = table(IndexDefinitionText)
_result = table(IndexResult)


@dataclass(frozen=True, kw_only=True, eq=False)
class KeptIndex:
    """One result as it is kept.

    Parameters
    ----------
    digest, definition_id, definition_version, toml
        The definition with its reference rates.
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
    base_period: str
    data_version: str
    seed: int
    draws: int
    is_demo: bool
    facts: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]


class IndexArchive:
    """The results of one store; made by :attr:`data.store.Store.indexes`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, kept: KeptIndex, *, publish: bool = False) -> int:
        """Keep a result, as a try-out unless published; its number."""
        now = int(time.time())
        with writing(self._engine) as connection:
            known = select(_definition.c.digest).where(_definition.c.digest == kept.digest)
            if connection.execute(known).first() is None:
                connection.execute(
                    insert(_definition).values(
                        digest=kept.digest,
                        definition_id=kept.definition_id,
                        definition_version=kept.definition_version,
                        toml=kept.toml,
                    )
                )
            added = insert(_result).values(
                digest=kept.digest,
                period=kept.period,
                base_period=kept.base_period,
                data_version=kept.data_version,
                seed=kept.seed,
                draws=kept.draws,
                is_demo=kept.is_demo,
                made_at=now,
                published_at=now if publish else None,
                content=packed(kept.facts, kept.tables),
            )
            return int(connection.execute(added.returning(_result.c.index_id)).scalar_one())

    def publish(self, index_id: int) -> None:
        """Make a try-out count: later results keep its colours where they are unsure.

        Raises
        ------
        StoreError
            When there is no such result.
        """
        with writing(self._engine) as connection:
            published = (
                update(_result)
                .where(_result.c.index_id == int(index_id))
                .values(published_at=func.coalesce(_result.c.published_at, int(time.time())))
            )
            if connection.execute(published).rowcount == 0:
                raise StoreError(f"there is no index {index_id} in this store")

    def listed(self) -> pd.DataFrame:
        """All results, newest first, indexed by ``index_id``; ``published_at`` is NaT for try-outs.

        Columns ``definition_id``, ``definition_version``, ``digest``, ``period``, ``base_period``,
        ``data_version``, ``seed``, ``draws``, ``is_demo``, ``made_at``, ``published_at``.
        """
        columns = [
            _result.c.index_id,
            _definition.c.definition_id,
            _definition.c.definition_version,
            *(c for c in _result.c if c.name not in {"index_id", "content"}),
        ]
        statement = (
            select(*columns)
            .join(_definition, _definition.c.digest == _result.c.digest)
            .order_by(_result.c.index_id.desc())
        )
        with reading(self._engine) as connection:
            return read_table(connection, statement, columns=columns, index="index_id")

    def get(self, index_id: int) -> KeptIndex:
        """One result.

        Raises
        ------
        StoreError
            When there is no such result, or its content is damaged.
        """
        with reading(self._engine) as connection:
            return _read(connection, int(index_id))

    def published(self, period: str, definition_id: str) -> tuple[int, KeptIndex] | None:
        """Number and content of what was last published for a period, if anything was."""
        statement = (
            select(_result.c.index_id)
            .join(_definition, _definition.c.digest == _result.c.digest)
            .where(
                _result.c.period == period,
                _definition.c.definition_id == definition_id,
                _result.c.published_at.is_not(None),
            )
            .order_by(_result.c.published_at.desc(), _result.c.index_id.desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            index_id = connection.execute(statement).scalar_one_or_none()
            return None if index_id is None else (index_id, _read(connection, index_id))


def _read(connection: Connection, index_id: int) -> KeptIndex:
    statement = (
        select(_result, _definition)
        .join(_definition, _definition.c.digest == _result.c.digest)
        .where(_result.c.index_id == index_id)
    )
    row = connection.execute(statement).mappings().one_or_none()
    if row is None:
        raise StoreError(f"there is no index {index_id} in this store")
    facts, tables = unpacked(row[_result.c.content], what=f"index {index_id}")
    return KeptIndex(
        digest=row[_result.c.digest],
        definition_id=row[_definition.c.definition_id],
        definition_version=row[_definition.c.definition_version],
        toml=row[_definition.c.toml],
        period=row[_result.c.period],
        base_period=row[_result.c.base_period],
        data_version=row[_result.c.data_version],
        seed=row[_result.c.seed],
        draws=row[_result.c.draws],
        is_demo=row[_result.c.is_demo],
        facts=facts,
        tables=tables,
    )

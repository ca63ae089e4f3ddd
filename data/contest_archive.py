"""Published scoreboards of the contest in the store: kept as they were, with their definition."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Engine, insert, select

from data.contest_models import ContestDefinitionText, ContestResult
from data.engine import reading, writing
from data.frames import read_table
from data.models import table
from data.packing import packed, unpacked
from geo.errors import StoreError

_definition = table(ContestDefinitionText)
_result = table(ContestResult)
_joined = _definition.c.digest == _result.c.digest


@dataclass(frozen=True, kw_only=True, eq=False)
class KeptContest:
    """One scoreboard as it is kept.

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


class ContestArchive:
    """The scoreboards of one store; made by :attr:`data.store.Store.contests`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def publish(self, kept: KeptContest) -> int:
        """Keep a scoreboard; its number. Of several of a period the last one counts."""
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
                data_version=kept.data_version,
                is_demo=kept.is_demo,
                published_at=int(time.time()),
                content=packed(kept.facts, kept.tables),
            )
            return int(connection.execute(added.returning(_result.c.contest_id)).scalar_one())

    def listed(self) -> pd.DataFrame:
        """All scoreboards, newest first, indexed by ``contest_id``.

        Columns ``definition_id``, ``definition_version``, ``digest``, ``period``, ``data_version``, ``is_demo``,
        ``published_at``.
        """
        columns = [
            _result.c.contest_id,
            _definition.c.definition_id,
            _definition.c.definition_version,
            *(c for c in _result.c if c.name not in {"contest_id", "content"}),
        ]
        statement = (
            select(*columns).join(_definition, _joined).order_by(_result.c.contest_id.desc())
        )
        with reading(self._engine) as connection:
            return read_table(connection, statement, columns=columns, index="contest_id")

    def get(self, contest_id: int) -> KeptContest:
        """One scoreboard.

        Raises
        ------
        StoreError
            When there is no such scoreboard, or its content is damaged.
        """
        statement = (
            select(_result, _definition)
            .join(_definition, _joined)
            .where(_result.c.contest_id == int(contest_id))
        )
        with reading(self._engine) as connection:
            row = connection.execute(statement).mappings().one_or_none()
        if row is None:
            raise StoreError(f"there is no contest result {contest_id} in this store")
        facts, tables = unpacked(row[_result.c.content], what=f"contest result {contest_id}")
        return KeptContest(
            digest=row[_result.c.digest],
            definition_id=row[_definition.c.definition_id],
            definition_version=row[_definition.c.definition_version],
            toml=row[_definition.c.toml],
            period=row[_result.c.period],
            data_version=row[_result.c.data_version],
            is_demo=row[_result.c.is_demo],
            facts=facts,
            tables=tables,
        )

    def latest(self, period: str, definition_id: str) -> int | None:
        """Number of the scoreboard that counts for a period; None when there is none."""
        statement = (
            select(_result.c.contest_id)
            .join(_definition, _joined)
            .where(_result.c.period == period, _definition.c.definition_id == definition_id)
            .order_by(_result.c.contest_id.desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            found = connection.execute(statement).scalar_one_or_none()
        return None if found is None else int(found)

"""Indexes kept in the store: saved with their definition, opened as they were."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from data.archive import KeptIndex
from data.derived.results import Facts
from data.derived.risk import IndexRun
from data.store import Store
from geo.index_definition import IndexDefinition

TABLES: tuple[str, ...] = (
    "units",
    "domains",
    "indicators",
    "trend",
    "exposures",
    "sensitivity",
)


def save_index(store: Store, run: IndexRun, *, publish: bool = False) -> int:
    """Keep a run; its number. What is not published is a try-out.

    Results never change: a new run of the same period stands beside the old one, and the last published
    one counts.
    """
    return store.indexes.add(
        KeptIndex(
            digest=run.definition.digest,
            definition_id=run.definition.id,
            definition_version=run.definition.version,
            toml=run.definition.to_toml(),
            period=run.period,
            base_period=run.base_period,
            data_version=run.facts.version,
            seed=_whole(run.facts.parameters["seed"]),
            draws=_whole(run.facts.parameters["draws"]),
            is_demo=run.facts.is_demo,
            facts=asdict(run.facts),
            tables={name: getattr(run, name) for name in TABLES},
        ),
        publish=publish,
    )


def open_index(store: Store, index_id: int) -> IndexRun:
    """A kept run with the definition it was made with.

    Raises
    ------
    StoreError
        When there is no such result.
    """
    return _opened(store.indexes.get(index_id))


def published_index(
    store: Store, period: str, definition_id: str = "county"
) -> tuple[int, IndexRun] | None:
    """Number and run of what was last published for a period; None when nothing was."""
    found = store.indexes.published(period, definition_id)
    return None if found is None else (found[0], _opened(found[1]))


def _opened(kept: KeptIndex) -> IndexRun:
    return IndexRun(
        definition=IndexDefinition.from_toml(kept.toml),
        period=kept.period,
        base_period=kept.base_period,
        facts=Facts(**kept.facts),
        **{name: kept.tables[name] for name in TABLES},
    )


def _whole(value: Any) -> int:
    return int(value)

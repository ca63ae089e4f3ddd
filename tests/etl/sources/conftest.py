"""Helpers to read one file through the real door and look at all of it at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from etl.sources import Source, SourceOptions, open_source


@dataclass(frozen=True)
class WholeFile:
    source: Source
    table: pa.Table
    row_nos: list[int]
    faults: list[dict]

    @property
    def rows(self) -> list[tuple]:
        return list(zip(*self.table.to_pydict().values(), strict=True))


def read_whole(path: Path, **options) -> WholeFile:
    with open_source(path, SourceOptions(**options)) as source:
        batches = list(source.batches())
    return WholeFile(
        source,
        pa.concat_tables([batch.table for batch in batches]),
        np.concatenate([batch.row_nos for batch in batches]).tolist(),
        pa.concat_tables([batch.faults for batch in batches]).to_pylist(),
    )


@pytest.fixture
def read() -> Callable[..., WholeFile]:
    return read_whole

"""Wide tables made long: one row per cell, its column's name beside its value.

Offices keep figures with units down and months or indicators across. A blank cell is a gap and
no row; the other columns are repeated beside each cell, and the row keeps its number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from etl import text
from etl.sources.model import SourceBatch
from etl.strict_table import StrictTable
from geo.errors import ProfileError, SourceError

# Named so that no sheet has them.
MELT_NAME, MELT_VALUE = "(column)", "(cell)"
INTO = ("indicator", "period")


@dataclass(frozen=True, kw_only=True)
class MeltRules:
    """``[melt]``: which columns are cells, and what their names say."""

    into: str
    columns: tuple[str, ...] = ()
    pattern: str | None = None

    @classmethod
    def read(cls, table: StrictTable) -> MeltRules:
        rules = cls(
            into=table.need_choice("into", INTO),
            columns=table.texts("columns"),
            pattern=table.regex("pattern"),
        )
        table.close(cls.__dataclass_fields__)
        if bool(rules.columns) == bool(rules.pattern):
            raise ProfileError(f"{table.path}: give columns, or a pattern of their names")
        return rules

    def fields(self, columns: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """The canonical fields, with those that the cells fill."""
        stated = columns.get(self.into, ())
        return {**columns, self.into: (*stated, MELT_NAME), "value": (MELT_VALUE,)}

    def cells(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Which columns of a file are cells, in its order.

        Raises
        ------
        SourceError
            ``MISSING_COLUMN`` when one is not there, or none fits the pattern.
        """
        if missing := [name for name in self.columns if name not in columns]:
            raise SourceError(
                "MISSING_COLUMN",
                f"the file has no column {missing[0]!r} to melt; correct [melt] of the profile",
            )
        chosen = tuple(
            name
            for name in columns
            if name in self.columns or (self.pattern and re.search(self.pattern, name))
        )
        if not chosen:
            raise SourceError(
                "MISSING_COLUMN",
                f"no column fits the pattern {self.pattern!r}; correct [melt] of the profile",
            )
        return chosen


def melted(batch: SourceBatch, cells: tuple[str, ...], missing: tuple[str, ...]) -> SourceBatch:
    """The batch with one row per cell that is not blank, row by row.

    Parameters
    ----------
    cells
        Columns whose cells become rows.
    missing
        Spellings of a blank cell.
    """
    rows, width = batch.table.num_rows, len(cells)
    columns = [text.single(batch.table[name]) for name in cells]
    # Column by column as they lie; ``order`` walks them row by row.
    values = pa.concat_arrays(columns) if columns else pa.array([], pa.string())
    order = (np.arange(rows)[:, None] + rows * np.arange(width)).ravel()
    values = values.take(pa.array(order))
    is_there = text.blank(text.normalise(values), missing).is_valid()
    at = np.flatnonzero(is_there.to_numpy(zero_copy_only=False))
    row = pa.array(at // width)
    kept = {
        name: text.single(batch.table[name]).take(row)
        for name in batch.table.column_names
        if name not in cells
    }
    names = pa.array(cells, pa.string()).take(pa.array(at % width))
    return SourceBatch(
        table=pa.table({**kept, MELT_NAME: names, MELT_VALUE: values.take(pa.array(at))}),
        row_nos=np.asarray(batch.row_nos)[at // width],
        faults=batch.faults,
        bytes_read=batch.bytes_read,
    )

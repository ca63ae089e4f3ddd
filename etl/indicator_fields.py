"""Fields of indicators: codes of the registry, periods, and what makes a figure the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.indicators import indicator_code
from data.periods import Period
from etl.deduplication import hash_texts, mix
from etl.melting import MELT_NAME
from etl.profile import Profile
from etl.rows import Rows
from geo.errors import SettingsError


def indicator_codes(rows: Rows, profile: Profile) -> pa.Array:
    """Codes (n,) by the profile's table, else by the registry's names; unknown ones are faults."""
    table = profile.codes.get("indicator")

    def code(word: str) -> str | None:
        if table is not None and word in table.values:
            return table.values[word]
        return indicator_code(word) or (table.default if table else None)

    return _translated(
        rows, "indicator", rows.field("indicator"), code, "UNKNOWN_CODE",
        "no such indicator; see the registry in the data dictionary",
    )  # fmt: skip


def period_texts(rows: Rows, profile: Profile) -> pa.Array:
    """Periods (n,) in their one spelling; others are faults.

    Where columns are melted into periods, a year that is stated goes in front of their names.
    """
    column = rows.field("period")
    is_split = profile.melt is not None and profile.melt.into == "period"
    if is_split and "period" in profile.constants:
        column = pc.binary_join_element_wise(column, rows.value(MELT_NAME), " ")

    def period(word: str) -> str | None:
        try:
            return str(Period.parse(word))
        except SettingsError:
            return None

    return _translated(
        rows, "period", column, period, "BAD_TIME", "no period; write 2010, 2010-Q1 or 2010-03"
    )


def indicator_keys(table: pa.Table) -> np.ndarray:
    """int64 keys (n,): a figure is the same when unit, indicator and period are."""
    return mix(*(hash_texts(table[name]) for name in ("unit_code", "indicator", "period")))


def _translated(
    rows: Rows,
    name: str,
    column: pa.Array,
    translate: Callable[[str], str | None],
    code: str,
    detail: str,
) -> pa.Array:
    """The column with each distinct word translated once."""
    words = column.dictionary_encode()
    known = pa.array([translate(word) for word in words.dictionary.to_pylist()], pa.string())
    translated = known.take(words.indices)
    unknown = pc.and_(pc.is_valid(column), pc.is_null(translated))
    rows.faults.add(unknown.to_numpy(zero_copy_only=False), code, name, detail)
    return translated

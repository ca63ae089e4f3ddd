"""Numbers as people write them, by column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl import text
from etl.faults import Faults

_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_GROUPED = r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$"
_COMMA_DECIMAL = r"^[+-]?\d+,\d+$"
_TIMES = {"": 1.0, "万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8}
_QUANTITY = r"^¥?\s*(?P<amount>[+-]?[\d,.]+)\s*(?P<times>[万萬亿億]?)\s*(?:元|圆|人|名|个|起|辆|吨|米)?$"


def parse_numbers(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Floats (n,), NaN where absent or bad, and the mask of bad texts.

    Thousands commas (``1,234.5``) and decimal commas (``113,46``) are understood;
    ``1,234`` is a thousand, since that is what spreadsheets write.
    """
    try:
        values = pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        values = _parse_mixed(column)
    numbers = values.to_numpy(zero_copy_only=False).astype(np.float64)
    present = pc.is_valid(column).to_numpy(zero_copy_only=False)
    bad = present & ~np.isfinite(numbers)
    return np.where(bad, np.nan, numbers), bad


def parse_quantities(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Like :func:`parse_numbers`, of amounts that may carry their unit.

    ``3人``, ``￥1,200元`` and ``1.2万元`` are the numbers 3, 1200 and 12000, and ``无`` is
    an absent value; ``约3人`` and ``若干`` are no numbers.
    """
    values, bad = parse_numbers(column)
    rows = np.flatnonzero(bad)
    if len(rows) == 0:
        return values, bad
    texts = text.blank(column.take(pa.array(rows)), ("无", "無"))
    found = extract_counts(texts, _QUANTITY)
    amount, is_bad = parse_numbers(found["amount"])
    times = (
        pc.index_in(found["times"], value_set=pa.array(list(_TIMES))).fill_null(0).to_numpy()
    )
    values[rows] = amount * np.array(list(_TIMES.values()))[times]
    bad[rows] = pc.is_valid(texts).to_numpy(zero_copy_only=False) & (is_bad | np.isnan(amount))
    return values, bad


def _parse_mixed(column: pa.Array) -> pa.Array:
    nothing = pa.scalar(None, pa.string())
    grouped = pc.match_substring_regex(column, _GROUPED)
    comma = pc.match_substring_regex(column, _COMMA_DECIMAL)
    column = pc.if_else(
        pc.fill_null(grouped, False), pc.replace_substring(column, ",", ""), column
    )
    column = pc.if_else(
        pc.fill_null(comma, False), pc.replace_substring(column, ",", "."), column
    )
    plain = pc.fill_null(pc.match_substring_regex(column, _PLAIN), False)
    # Arrow's parser takes no leading plus sign.
    unsigned = pc.replace_substring_regex(column, r"^\+", "")
    return pc.cast(pc.if_else(plain, unsigned, nothing), pa.float64())


def decimal_comma(column: pa.Array) -> pa.Array:
    """The column with every comma read as the decimal point."""
    return pc.replace_substring(column, ",", ".")


def parse_counts(column: pa.Array, faults: Faults, *, field: str, largest: int) -> np.ndarray:
    """Whole numbers 0…``largest`` as int64 (n,); an absent value is 0."""
    numbers, bad = parse_quantities(column)
    values = np.nan_to_num(numbers)
    bad |= (values < 0) | (values > largest) | (values != np.floor(values))
    faults.add(bad, "BAD_NUMBER", field)
    return np.where(bad, 0, values).astype(np.int64)


def extract_counts(column: pa.Array, pattern: str) -> dict[str, pa.Array]:
    """The named groups of ``pattern`` as text columns; null where it does not match."""
    found = pc.extract_regex(column, pattern)
    missing = pc.is_null(found)
    nothing = pa.scalar(None, pa.string())
    return {
        field.name: pc.if_else(missing, nothing, pc.struct_field(found, i))
        for i, field in enumerate(found.type)
    }


def parse_stakes(column: pa.Array, faults: Faults, *, field: str) -> np.ndarray:
    """Road stakes in metres (n,), NaN where absent: ``K12+300``, or plain metres."""
    parts = extract_counts(column, r"^[Kk]?(?P<km>\d{1,4})\+(?P<m>\d{1,3}(?:\.\d+)?)$")
    km, _ = parse_numbers(parts["km"])
    m, _ = parse_numbers(parts["m"])
    is_stake = np.isfinite(km)
    numbers, bad = parse_numbers(column)
    bad &= ~is_stake
    bad |= ~is_stake & (np.nan_to_num(numbers) < 0)
    faults.add(bad, "BAD_NUMBER", field)
    return np.where(is_stake, km * 1000 + m, np.where(bad, np.nan, numbers))

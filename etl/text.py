"""Text columns: normal form, missing spellings, joining and JSON, all by column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

# Spellings of "nothing" that no field means as a value.
MISSING = ("", "-", "--", "—", "——", "/", "\\N", "N/A", "n/a", "NA", "#N/A", "NULL", "null",
           "None", "none", "NaN", "nan", "无数据", "空", "不详")  # fmt: skip
_CONTROL = r"[\x00-\x1f\x7f]+"


def single(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The column as one string array."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return column if column.type == pa.string() else column.cast(pa.string())


def is_ascii(column: pa.Array) -> bool:
    """Whether every value is ASCII."""
    return bool(pc.all(pc.string_is_ascii(column)).as_py() is not False)


def normalise(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """NFKC (full-width forms become plain), control characters to a space, trimmed."""
    column = single(column)
    if not is_ascii(column):
        column = pc.utf8_normalize(column, "NFKC")
    if pc.any(pc.match_substring_regex(column, _CONTROL)).as_py():
        column = pc.replace_substring_regex(column, _CONTROL, " ")
    return pc.utf8_trim_whitespace(column)


def place_key(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Place texts under which decisions are kept: spaces count only between Latin words."""
    column = normalise(column)
    for pattern, kept in (
        (r"([^\x00-\x7f])\s+", r"\1"),
        (r"\s+([^\x00-\x7f])", r"\1"),
        (r"\s+", " "),
    ):
        column = pc.replace_substring_regex(column, pattern, kept)
    return column


def blank(column: pa.Array, spellings: Iterable[str]) -> pa.Array:
    """Null where the value is one of ``spellings``."""
    absent = pc.is_in(column, value_set=pa.array(sorted(set(spellings)), pa.string()))
    return pc.if_else(absent, pa.scalar(None, pa.string()), column)


def join(columns: list[pa.Array], separator: str) -> pa.Array:
    """Values of a row joined; an absent value becomes empty text."""
    if len(columns) == 1:
        return pc.fill_null(columns[0], "")
    return pc.binary_join_element_wise(
        *columns, separator, null_handling="replace", null_replacement=""
    )


def json_objects(columns: Mapping[str, pa.Array]) -> pa.Array:
    """One JSON object per row from string columns; absent values are left out."""
    pieces = []
    for name, column in columns.items():
        codes = column.dictionary_encode()
        words = pc.replace_substring(codes.dictionary, "\\", "\\\\")
        words = pc.replace_substring(words, '"', '\\"')
        # Control characters were removed by ``normalise``; raw columns may still have them.
        words = pc.replace_substring_regex(words, _CONTROL, " ")
        head = "," + json.dumps(name, ensure_ascii=False) + ':"'
        words = pc.binary_join_element_wise(head, words, '"', "")
        pieces.append(pc.fill_null(words.take(codes.indices), ""))
    body = join(pieces, "")
    return pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(body, 1), "}", "")

"""What travels between the reader and its parent: options, header, batches, faults.

Row faults made here
====================

====================  =======================================================
code                  meaning
====================  =======================================================
RAGGED_ROW            another number of fields than the header
FORMULA_NO_VALUE      a formula cell saved without its computed value
BAD_GEOM              a geometry that cannot be decoded (a curve, for example)
====================  =======================================================

File refusals are :class:`geo.errors.SourceError` (the file is wrong) or
:class:`geo.errors.RefusedFileError` (reading on would be unsafe).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pyarrow as pa

from geo.errors import SourceError

FORMATS = ("csv", "excel", "geojson", "gpkg", "shapefile", "kml", "topojson")

FAULT_SCHEMA = pa.schema(
    [
        ("row_no", pa.int64()),
        ("code", pa.string()),
        ("detail", pa.string()),
        ("raw", pa.string()),
    ]
)

ROW_NO = "__row_no__"  # row numbers travel beside the columns under this name
GEOMETRY = "geometry"

MAX_COLUMNS = 1_000
TITLE_ROWS = 10  # first rows of a text or sheet that are looked at for titles
MAX_RAW = 2_000  # characters kept of a row that could not be read


@dataclass(frozen=True)
class SourceOptions:
    """How to read one file; ``None`` means: find out.

    Parameters
    ----------
    format
        One of :data:`FORMATS`, when the file name does not tell it. The content
        is checked against it either way.
    encoding
        Python codec name; overrides the detection for text and DBF files.
    delimiter
        Field separator of a text file.
    sheet, layer
        Name of the worksheet or vector layer.
    header_row
        How many non-blank rows (titles) stand above the header of a text or sheet.
    limit_rows
        Stop after this many rows, for previews.
    timeout_s
        Seconds the reader may keep its parent waiting, in total.
    cpu_s
        Seconds of processor time the reader may use.
    memory_mb
        Address space of the reader in MiB.
    max_bytes
        Largest text file, after decompression.
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    layer: str | None = None
    header_row: int | None = None
    limit_rows: int | None = None
    timeout_s: float = 900.0
    cpu_s: int = 1_800
    memory_mb: int = 4_096
    max_bytes: int = 16 << 30


@dataclass(frozen=True)
class SourceHeader:
    """What is known of a file before its first row; see :class:`etl.sources.Source`."""

    format: str
    columns: list[str]
    size_bytes: int
    sha256: str
    encoding: str | None = None
    crs: str | None = None
    total_rows: int | None = None
    epoch: int | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class SourceBatch:
    """Consecutive rows of a file.

    Parameters
    ----------
    table
        Readable rows: string columns named as in ``source.columns``, never null for
        text files and workbooks, and for vector files ``geometry`` (binary, WKB 2D or null).
    row_nos
        int64 array (n,): the row number of each table row. Text files count records from
        the top (a header in the first line is 1, the first record 2), workbooks count sheet
        rows, vector files count features from 1. Blank rows keep their number but are not read.
    faults
        Rows that could not be read, as :data:`FAULT_SCHEMA`.
    bytes_read
        Position in the file after this batch, for progress.
    """

    table: pa.Table
    row_nos: np.ndarray
    faults: pa.Table
    bytes_read: int

    @property
    def first_row_no(self) -> int:
        """The smallest row number of the batch, 0 when it is empty."""
        numbers = [int(self.row_nos[0])] if len(self.row_nos) else []
        if self.faults.num_rows:
            numbers.append(self.faults["row_no"][0].as_py())
        return min(numbers, default=0)

    @property
    def rows_read(self) -> int:
        """Table rows and faults together."""
        return int(self.table.num_rows + self.faults.num_rows)


@dataclass(frozen=True)
class Reading:
    """What one format's reader hands back: the header's facts and the rows to come.

    ``batches`` yields (table with :data:`ROW_NO`, faults as tuples, bytes read).
    """

    columns: list[str]
    batches: Iterator[tuple[pa.Table, list[Fault], int]]
    encoding: str | None = None
    crs: str | None = None
    total_rows: int | None = None
    epoch: int | None = None
    notes: list[str] = field(default_factory=list)


Fault = tuple[int, str, str, str]  # row_no, code, detail, raw


def count_titles(rows: list[list[str]], notes: list[str]) -> int:
    """How many of the first non-blank rows are titles above the header.

    A title fills a third of the columns at most: 统计表 in a merged cell, or 制表单位 and
    制表日期 below it.

    Parameters
    ----------
    rows
        Cells of the first :data:`TITLE_ROWS` non-blank rows.
    notes
        Told about the rows passed over.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    widest = max(filled, default=0)
    titles = next((i for i, n in enumerate(filled) if 3 * n > widest), 0)
    if titles:
        notes.append(f"rows above the header, taken for titles: {titles}")
    return titles


def name_columns(cells: list[str], notes: list[str]) -> list[str]:
    """Column names from the header's cells.

    White space is trimmed and runs of it become one space; a blank name becomes
    ``column_3`` (counted from 1) and is noted. Trailing blanks are kept, since rows
    may hold values there.

    Raises
    ------
    SourceError
        ``TOO_MANY_COLUMNS``, ``MISSING_HEADERS`` or ``DUPLICATE_HEADERS``.
    """
    if len(cells) > MAX_COLUMNS:
        raise SourceError(
            "TOO_MANY_COLUMNS",
            f"{len(cells):,} columns; at most {MAX_COLUMNS:,} are read. Export only what is needed",
        )
    names = [" ".join(cell.split()) for cell in cells]
    named = [name for name in names if name]
    if not named or (len(names) >= 3 and len(named) == 1):
        raise SourceError(
            "MISSING_HEADERS",
            f"the header row names {len(named)} of {len(names)} columns; "
            "if a title stands above it, say how many rows with header_row",
        )
    for i, name in enumerate(names):
        if not name:
            names[i] = f"column_{i + 1}"
            notes.append(f"column {i + 1} has no name; it is called {names[i]}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceError(
            "DUPLICATE_HEADERS",
            f"column name used twice: {', '.join(twice[:5])}; rename one of them",
        )
    return names


def number_text(value: float) -> str:
    """A number in its shortest form; whole numbers in full digits without ``.0``.

    Examples
    --------
    >>> number_text(12.0), number_text(0.1), number_text(1.2345e17)
    ('12', '0.1', '123450000000000000')
    """
    return f"{Decimal(repr(value)):f}".removesuffix(".0") if value.is_integer() else repr(value)

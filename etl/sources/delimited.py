"""Text files of separated fields, streamed through Arrow as strings; never through GDAL."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import zlib
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from etl.sources.encoding import TextScan, Utf8Stream, scan
from etl.sources.model import (
    MAX_COLUMNS,
    MAX_RAW,
    ROW_NO,
    TITLE_ROWS,
    Fault,
    Reading,
    SourceOptions,
    count_titles,
    name_columns,
)
from geo.errors import RefusedFileError, SourceError

BLOCK_BYTES = 8 << 20  # Arrow parses this much at a time; also the longest record
MAX_GZIP_RATIO = 200
_MAX_PENDING = 100_000  # ragged rows in a row without a readable one
_HEAD_CHARS = 1 << 20
_DELIMITERS = ",;\t|"


def read_delimited(path: Path, options: SourceOptions) -> Reading:
    """Open a text file.

    Parameters
    ----------
    path
        The file; gzip is recognised by its content.

    Raises
    ------
    SourceError
        ``ENCODING``, ``TRUNCATED``, ``TOO_BIG``, ``EMPTY_FILE``, ``WRONG_DELIMITER`` or
        a header fault; while reading also ``UNCLOSED_QUOTE``, ``RECORD_TOO_LONG`` and
        ``RAGGED``.
    """
    text = scan(lambda: _Text(path), _text_limit(path, options), options.encoding)
    notes: list[str] = []
    head, whole = _head(path, text)
    delimiter = _delimiter(head, options, notes)
    titles = options.header_row
    if titles is None:
        records = filter(any, _records(io.StringIO(head, newline=""), delimiter))
        titles = count_titles(list(itertools.islice(records, TITLE_ROWS)), notes)
    cells, first_row, skip = _header(head, whole, delimiter, titles)
    columns = name_columns(cells, notes)
    return Reading(
        columns=columns,
        batches=_batches(path, text, columns, delimiter, first_row, skip),
        encoding=text.encoding,
        notes=notes,
    )


class _Text(io.RawIOBase):
    """The decompressed bytes of a file, with the position in the stored file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._stored = path.open("rb", buffering=0)
        magic = self._stored.read(2)
        self._stored.seek(0)
        self._file = (
            gzip.GzipFile(fileobj=self._stored) if magic == b"\x1f\x8b" else self._stored
        )

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:
        try:
            return self._file.readinto(target) or 0
        except EOFError:
            raise SourceError(
                "TRUNCATED", "the gzip file is cut short; copy it again"
            ) from None
        except (zlib.error, gzip.BadGzipFile):
            raise SourceError("DAMAGED", "the gzip file is broken; copy it again") from None

    def stored_position(self) -> int:
        return self._stored.tell()

    def close(self) -> None:
        self._stored.close()
        super().close()


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _text_limit(path: Path, options: SourceOptions) -> int:
    if not _is_gzip(path):
        return options.max_bytes
    return min(options.max_bytes, max(1 << 20, MAX_GZIP_RATIO * path.stat().st_size))


def _head(path: Path, text: TextScan) -> tuple[str, bool]:
    """The start of the text, and whether that is all of it."""
    with _Text(path) as file:
        stream = io.TextIOWrapper(
            io.BufferedReader(Utf8Stream(file, text.encoding)), "utf-8", newline=""
        )
        head = stream.read(_HEAD_CHARS)
        return head, not stream.read(1)


def _delimiter(head: str, options: SourceOptions, notes: list[str]) -> str:
    """The given separator, or the one that divides most rows into the same several fields."""
    guess, n_fields = _guess_delimiter(head)
    if options.delimiter is None:
        if n_fields < 2:
            notes.append("no separator was found: one column")
        return guess
    if len(options.delimiter) != 1:
        raise SourceError("WRONG_DELIMITER", "the delimiter must be one character")
    given = _field_counts(head, options.delimiter)
    if max(given, default=0) < 2 <= n_fields:
        raise SourceError(
            "WRONG_DELIMITER",
            f"the fields are not separated by {options.delimiter!r} but by {guess!r}; "
            "correct the delimiter",
        )
    return options.delimiter


def _guess_delimiter(head: str) -> tuple[str, int]:
    best, best_score, best_fields = ",", 0.0, 1
    for delimiter in _DELIMITERS:
        counts = Counter(_field_counts(head, delimiter))
        if not counts:
            continue
        fields, rows = counts.most_common(1)[0]
        score = rows / counts.total() if fields > 1 else 0.0
        if (score, fields) > (best_score, best_fields):
            best, best_score, best_fields = delimiter, score, fields
    return best, best_fields


def _field_counts(head: str, delimiter: str) -> list[int]:
    records = _records(io.StringIO(head, newline=""), delimiter)
    return [len(cells) for cells in itertools.islice(records, 200) if any(cells)]


def _records(lines: Iterator[str] | io.StringIO, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_HEAD_CHARS)
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except csv.Error:  # an over-long field in the head; Arrow reports it properly
        return


def _header(head: str, whole: bool, delimiter: str, titles: int) -> tuple[list[str], int, int]:
    """Header cells, the number of the first data row, and UTF-8 bytes before that row."""
    consumed = 0

    def lines() -> Iterator[str]:
        nonlocal consumed
        for line in io.StringIO(head, newline=""):
            consumed += len(line)
            yield line

    for number, cells in enumerate(_records(lines(), delimiter), start=1):
        if len(cells) > MAX_COLUMNS:
            break
        if not any(cell.strip() for cell in cells):
            continue
        if titles:
            titles -= 1
            continue
        if whole and not head[consumed:].strip(f"\r\n {delimiter}"):
            raise SourceError("EMPTY_FILE", "only a header and no rows; export it again")
        return cells, number + 1, len(head[:consumed].encode("utf-8"))
    else:
        raise SourceError("EMPTY_FILE", "no header row and no rows; export it again")
    raise SourceError(
        "TOO_MANY_COLUMNS", f"more than {MAX_COLUMNS:,} columns; export only what is needed"
    )


def _batches(
    path: Path, text: TextScan, columns: list[str], delimiter: str, first_row: int, skip: int
) -> Iterator[tuple[pa.Table, list[Fault], int]]:
    pending: deque[Fault] = deque()
    n_columns = len(columns)
    quotes = _QuoteCheck(text, n_columns, delimiter)
    unclosed: list[int] = []

    def on_ragged(row: pacsv.InvalidRow) -> str:
        if len(pending) >= _MAX_PENDING:
            return "error"
        row_no = first_row + row.number - 1
        if quotes.swallowed(row.text):
            unclosed.append(row_no)
            return "error"
        detail = f"{row.actual_columns} fields instead of {n_columns}"
        pending.append((row_no, "RAGGED_ROW", detail, row.text[:MAX_RAW]))
        return "skip"

    with _Text(path) as file:
        try:
            reader = pacsv.open_csv(
                pa.PythonFile(_utf8(file, text, skip), mode="r"),
                read_options=pacsv.ReadOptions(
                    column_names=columns, use_threads=False, block_size=BLOCK_BYTES
                ),
                parse_options=pacsv.ParseOptions(
                    delimiter=delimiter,
                    newlines_in_values=text.n_quotes > 0,
                    ignore_empty_lines=False,
                    invalid_row_handler=on_ragged,
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(columns, pa.string()), check_utf8=False
                ),
            )
            next_row = first_row
            for batch in reader:
                table = pa.Table.from_batches([batch])
                row_nos, faults, next_row = _number(table.num_rows, pending, next_row)
                quotes.check(table, row_nos)
                yield _without_blank(table, row_nos), faults, file.stored_position()
        except pa.ArrowInvalid as error:
            if unclosed:
                raise _unclosed(unclosed[0]) from None
            raise _parse_error(str(error), len(pending)) from None
    if pending:
        empty = pa.table({name: pa.array([], pa.string()) for name in [*columns]})
        yield _without_blank(empty, np.empty(0, np.int64)), list(pending), path.stat().st_size


def _utf8(file: _Text, text: TextScan, skip: int) -> BinaryIO:
    """The text as UTF-8 from the first data row on."""
    if text.encoding not in ("utf-8", "utf-8-sig"):
        return io.BufferedReader(Utf8Stream(file, text.encoding, skip), BLOCK_BYTES)
    stream = io.BufferedReader(file, BLOCK_BYTES)
    stream.read(skip + (3 if text.encoding == "utf-8-sig" else 0))
    return stream


def _number(
    n_rows: int, pending: deque[Fault], next_row: int
) -> tuple[np.ndarray, list[Fault], int]:
    """Row numbers of ``n_rows`` good rows from ``next_row`` on, with the faults among them.

    Arrow reads ahead, so ``pending`` may hold faults that belong to later batches.
    """
    faults: list[Fault] = []
    while pending and pending[0][0] <= next_row + n_rows + len(faults):
        faults.append(pending.popleft())
    is_row = np.ones(n_rows + len(faults), dtype=bool)
    is_row[np.array([fault[0] - next_row for fault in faults], dtype=int)] = False
    return next_row + np.flatnonzero(is_row), faults, next_row + len(is_row)


def _without_blank(table: pa.Table, row_nos: np.ndarray) -> pa.Table:
    """The table with its row numbers, without rows that are empty in every column."""
    blank = None
    for column in table.columns:
        empty = pc.equal(pc.binary_length(column), 0)
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            blank = None
            break
    table = table.append_column(ROW_NO, pa.array(row_nos, pa.int64()))
    return table if blank is None else table.filter(pc.invert(blank))


class _QuoteCheck:
    """Finds values that swallowed whole records because a quotation mark never closes.

    A line inside a value is taken for a record when it has as many separators as one. In
    narrow files with an even number of marks that may well be prose, so it is let pass.
    """

    def __init__(self, text: TextScan, n_columns: int, delimiter: str) -> None:
        is_odd = text.n_quotes % 2 == 1
        self._delimiter = delimiter
        self._n_delimiters = n_columns - 1
        self._is_on = text.n_quotes > 0 and n_columns >= (2 if is_odd else 6)

    def swallowed(self, value: str) -> bool:
        """Whether a line after the first looks like a record."""
        return self._is_on and any(
            line.count(self._delimiter) == self._n_delimiters for line in value.splitlines()[1:]
        )

    def check(self, table: pa.Table, row_nos: np.ndarray) -> None:
        """Raise when a value of ``table`` has swallowed records."""
        for column in table.columns if self._is_on else ():
            inner = pc.match_substring_regex(column, r"[\r\n]")
            for i in np.flatnonzero(inner.to_numpy()):
                if self.swallowed(column[int(i)].as_py()):
                    raise _unclosed(int(row_nos[i]))


def _unclosed(row_no: int) -> SourceError:
    return SourceError(
        "UNCLOSED_QUOTE",
        f"row {row_no}: a quotation mark is opened and not closed; correct it",
    )


def _parse_error(message: str, n_pending: int) -> SourceError:
    if n_pending >= _MAX_PENDING:
        return SourceError(
            "RAGGED",
            f"more than {_MAX_PENDING:,} rows on end have another number of fields than the "
            "header; check delimiter and header_row",
        )
    if "straddl" in message:
        return SourceError(
            "RECORD_TOO_LONG",
            f"a record longer than {BLOCK_BYTES >> 20} MB, perhaps an unclosed quotation mark",
        )
    if "Empty CSV" in message:
        return SourceError("EMPTY_FILE", "only a header and no rows; export it again")
    return RefusedFileError("DAMAGED", "the text cannot be divided into rows; export it again")

"""Excel workbooks (.xlsx), read cell by cell as stored; never through GDAL.

Every cell becomes text: dates as ISO text in the workbook's own epoch, whole numbers in
full digits (an identity number must stay recognisable), errors as their text.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from xml.etree.ElementTree import ParseError

import openpyxl
import pyarrow as pa
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from etl.sources.archive import check_workbook
from etl.sources.model import (
    MAX_RAW,
    ROW_NO,
    TITLE_ROWS,
    Fault,
    Reading,
    SourceOptions,
    count_titles,
    name_columns,
    number_text,
)
from geo.errors import SourceError

BATCH_ROWS = 10_000
_BROKEN = (KeyError, ValueError, TypeError, AttributeError, IndexError, ParseError,
           InvalidFileException, zipfile.BadZipFile)  # fmt: skip
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_ROW = re.compile(rb"<(?:\w+:)?row[\s>/]")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_OVERLAP = 16

# Sheet row number, cell texts, columns whose formula has no value.
_Row = tuple[int, list[str], tuple[int, ...]]


def read_workbook(path: Path, options: SourceOptions) -> Reading:
    """Open one worksheet.

    Raises
    ------
    RefusedFileError
        The zip rules of :mod:`etl.sources.archive`.
    SourceError
        ``DAMAGED``, ``NO_SHEET``, ``EMPTY_FILE`` or a header fault.
    """
    check_workbook(path)
    has_formulas, total_rows = _scan_sheets(path)
    with ExitStack() as stack:
        book = stack.enter_context(closing(_load(path, values=True)))
        notes: list[str] = []
        name = _choose_sheet(book, options.sheet, notes)
        rows = _values(book, name)
        if has_formulas:
            formulas = stack.enter_context(closing(_load(path, values=False)))
            rows = _with_formulas(book, formulas, name)
        stack.enter_context(closing(rows))
        titles, ahead = options.header_row, list[_Row]()
        if titles is None:
            ahead = list(itertools.islice(rows, TITLE_ROWS))
            titles = count_titles([texts for _, texts, _ in ahead], notes)
        rows = itertools.chain(ahead, rows)
        header_no, cells = _header(rows, titles)
        first = next(rows, None)
        if first is None:
            raise SourceError("EMPTY_FILE", "only a header and no rows; export it again")
        # A title has one cell; the width of the first row shows that it is no header.
        columns = name_columns(cells + [""] * (_width(first[1]) - len(cells)), notes)
        if total_rows is not None:
            total_rows = max(total_rows - header_no, 1)
        batches = _batches(
            itertools.chain([first], rows),
            columns,
            path.stat().st_size,
            total_rows,
            stack.pop_all(),
        )
    return Reading(
        columns=columns,
        batches=batches,
        total_rows=total_rows,
        epoch=1904 if book.epoch == CALENDAR_MAC_1904 else 1900,
        notes=notes,
    )


def cell_text(value: object) -> str:
    """A cell's value as text.

    Dates become ``YYYY-MM-DD HH:MM:SS`` rounded to the second, times and durations
    ``HH:MM:SS``, whole numbers full digits without ``.0``, other numbers their shortest
    form, truth values ``true`` and ``false``.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, dt.datetime):
        return _to_second(value).isoformat(sep=" ")
    if isinstance(value, dt.date):
        return f"{value.isoformat()} 00:00:00"
    if isinstance(value, dt.time):
        return _to_second(dt.datetime.combine(dt.date(2000, 1, 1), value)).strftime("%H:%M:%S")
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    return str(value)


def _to_second(moment: dt.datetime) -> dt.datetime:
    half = dt.timedelta(microseconds=500_000)
    return (moment + half).replace(microsecond=0)


def _scan_sheets(path: Path) -> tuple[bool, int | None]:
    """Whether any sheet holds a formula; the number of rows when there is one sheet."""
    has_formulas, counts = False, []
    with zipfile.ZipFile(path) as archive:
        for name in filter(_SHEET.fullmatch, archive.namelist()):
            n_rows, tail = 0, b""
            try:
                with archive.open(name) as part:
                    while chunk := part.read(1 << 20):
                        window = tail + chunk
                        has_formulas = has_formulas or _FORMULA.search(window) is not None
                        n_rows += len(_ROW.findall(window)) - len(_ROW.findall(tail))
                        tail = window[-_OVERLAP:]
            except zipfile.BadZipFile:
                raise _damaged() from None
            counts.append(n_rows)
    return has_formulas, counts[0] if len(counts) == 1 else None


def _load(path: Path, *, values: bool) -> Workbook:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(
                path, read_only=True, data_only=values, keep_links=False, rich_text=False
            )
    except _BROKEN:
        raise _damaged() from None


def _damaged() -> SourceError:
    return SourceError("DAMAGED", "the workbook is broken; open it, save it again as .xlsx")


def _choose_sheet(book: Workbook, wanted: str | None, notes: list[str]) -> str:
    names = [sheet.title for sheet in book.worksheets]
    if wanted is not None:
        if wanted not in names:
            raise SourceError(
                "NO_SHEET", f"no sheet is called {wanted!r}; there are {', '.join(names)}"
            )
        return wanted
    visible = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    # A cover sheet may hold a line; a table has a header and a row.
    for least in (2, 1):
        for name in visible:
            if len(list(itertools.islice(_values(book, name), least))) == least:
                if len(names) > 1:
                    notes.append(f"{len(names)} sheets; {name!r} is read")
                return name
    raise SourceError("EMPTY_FILE", "no visible sheet holds a row; export it again")


def _values(book: Workbook, name: str) -> Iterator[_Row]:
    """Non-blank rows: sheet row number, texts, no uncomputed columns."""
    sheet = book[name]
    sheet.reset_dimensions()  # the stored extent may lie
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                texts = [cell_text(value) for value in row]
                if any(texts):
                    yield number, texts, ()
    except _BROKEN:
        raise _damaged() from None


def _with_formulas(book: Workbook, formulas: Workbook, name: str) -> Iterator[_Row]:
    """Like :func:`_values`, reading the formulas beside the values.

    A formula that computed an empty text is stored with a text type; one that was never
    computed has neither value nor type.
    """
    sheets = book[name], formulas[name]
    for sheet in sheets:
        sheet.reset_dimensions()
    pairs = zip(*(sheet.iter_rows() for sheet in sheets), strict=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number, (values, formulas) in enumerate(pairs, start=1):
                texts = [cell_text(cell.value) for cell in values]
                uncomputed = tuple(
                    i
                    for i, (cell, formula) in enumerate(zip(values, formulas, strict=True))
                    if formula.data_type == "f" and cell.value is None and cell.data_type == "n"
                )
                if uncomputed or any(texts):
                    yield number, texts, uncomputed
    except _BROKEN:
        raise _damaged() from None


def _header(rows: Iterator[_Row], n_titles: int) -> tuple[int, list[str]]:
    row = next(itertools.islice(rows, n_titles, None), None)
    if row is None:
        raise SourceError("EMPTY_FILE", "no header row and no rows; export it again")
    number, cells, _ = row
    return number, cells[: _width(cells)]


def _width(cells: list[str]) -> int:
    """Number of cells up to the last that holds something."""
    return max((i for i, cell in enumerate(cells, start=1) if cell.strip()), default=0)


def _batches(
    rows: Iterator[_Row],
    columns: list[str],
    size_bytes: int,
    total_rows: int | None,
    opened: ExitStack,
) -> Iterator[tuple[pa.Table, list[Fault], int]]:
    width, n_read = len(columns), 0
    with opened:
        while chunk := list(itertools.islice(rows, BATCH_ROWS)):
            good: list[list[str]] = []
            numbers: list[int] = []
            faults: list[Fault] = []
            for number, texts, uncomputed in chunk:
                if uncomputed:
                    where = ", ".join(columns[i] for i in uncomputed if i < width)
                    faults.append((number, "FORMULA_NO_VALUE", where, _raw(texts)))
                elif len(texts) > width and any(texts[width:]):
                    detail = f"{len(texts)} fields instead of {width}"
                    faults.append((number, "RAGGED_ROW", detail, _raw(texts)))
                else:
                    good.append(texts[:width] + [""] * (width - len(texts)))
                    numbers.append(number)
            n_read += len(chunk)
            share = n_read / total_rows if total_rows else 0.0
            yield _table(columns, good, numbers), faults, int(size_bytes * min(share, 1.0))


def _table(columns: list[str], rows: list[list[str]], numbers: list[int]) -> pa.Table:
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [pa.array(column, pa.string()) for column in values]
    return pa.table([*arrays, pa.array(numbers, pa.int64())], names=[*columns, ROW_NO])


def _raw(texts: list[str]) -> str:
    return "\t".join(texts)[:MAX_RAW]

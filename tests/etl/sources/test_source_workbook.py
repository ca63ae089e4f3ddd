"""Excel: every cell as faithful text, formulas without a value as faults."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from etl.sources import SourceOptions
from etl.sources.model import ROW_NO
from etl.sources.workbook import cell_text, read_workbook
from geo.errors import SourceError


def save(path: Path, rows: list[list[object]], *, epoch=None, title="台账") -> Path:
    book = openpyxl.Workbook()
    if epoch is not None:
        book.epoch = epoch
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def parse(path: Path, **options):
    reading = read_workbook(path, SourceOptions(**options))
    rows, row_nos, faults = [], [], []
    for table, some, _ in reading.batches:
        row_nos += table[ROW_NO].to_pylist()
        rows += list(zip(*table.drop_columns([ROW_NO]).to_pydict().values(), strict=True))
        faults += some
    return reading, rows, row_nos, faults


def edit_part(path: Path, part: str, old: bytes, new: bytes) -> None:
    """Replace bytes inside one member of a workbook."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert old in members[part]
    members[part] = members[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("  火龙镇 ", "  火龙镇 "),
        (True, "true"),
        (12, "12"),
        (12.0, "12"),
        (-3.0, "-3"),
        (0.1, "0.1"),
        (113.482001, "113.482001"),
        (45356.5, "45356.5"),
        (123456789012345678, "123456789012345678"),
        (1.23456789012345e17, "123456789012345000"),
        (1e22, "10000000000000000000000"),
        (dt.datetime(2024, 3, 5, 8, 30), "2024-03-05 08:30:00"),
        (dt.datetime(2024, 3, 5, 8, 29, 59, 999_600), "2024-03-05 08:30:00"),
        (dt.date(2024, 2, 29), "2024-02-29 00:00:00"),
        (dt.time(23, 5), "23:05:00"),
        (dt.timedelta(hours=26, minutes=5), "26:05:00"),
    ],
)
def test_cell_text(value: object, text: str) -> None:
    assert cell_text(value) == text


@pytest.mark.parametrize(("epoch", "year"), [(None, 1900), (CALENDAR_MAC_1904, 1904)])
def test_dates_in_both_epochs(path: Path, epoch, year: int) -> None:
    moment = dt.datetime(2024, 2, 29, 23, 59)
    save(path, [["时间", "数"], [moment, 1]], epoch=epoch)
    reading, rows, _, _ = parse(path)
    assert rows == [("2024-02-29 23:59:00", "1")]
    assert reading.epoch == year


def test_rows_keep_their_sheet_numbers(path: Path) -> None:
    rows = [[], ["台账"], [], ["时间", "地点", "注"], ["a", "甲"], [], ["b", "乙", "", "x"]]
    save(path, rows)
    with pytest.raises(SourceError, match="MISSING_HEADERS"):
        parse(path, header_row=0)
    reading, rows, row_nos, faults = parse(path)
    assert reading.columns == ["时间", "地点", "注"]
    assert rows == [("a", "甲", "")]
    assert row_nos == [5]
    assert faults == [(7, "RAGGED_ROW", "4 fields instead of 3", "b\t乙\t\tx")]


def test_a_cover_sheet_and_a_merged_title(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "封面"
    sheet = book.create_sheet("明细")
    for row in (["某县事故台账"], ["时间", "地点", "注"], ["a", "甲", "x"]):
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    book.save(path)
    reading, rows, _, _ = parse(path)
    assert reading.columns == ["时间", "地点", "注"]
    assert rows == [("a", "甲", "x")]
    assert reading.notes[0] == "2 sheets; '明细' is read"


def test_a_merged_header_names_its_first_cell(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["时间", "坐标", None])
    book.active.append(["a", 113.1, 34.2])
    book.active.merge_cells("B1:C1")
    book.save(path)
    reading, rows, _, _ = parse(path)
    assert reading.columns == ["时间", "坐标", "column_3"]
    assert rows == [("a", "113.1", "34.2")]


def test_formulas(path: Path) -> None:
    save(path, [["甲", "乙"], [1, "=A2*2"], [2, "=A3*2"], [3, '=IF(A4>9,1,"")'], [4, "文字"]])
    sheet = "xl/worksheets/sheet1.xml"
    edit_part(path, sheet, b"<f>A2*2</f><v />", b"<f>A2*2</f><v>2</v>")
    edit_part(
        path,
        sheet,
        b'<c r="B4"><f>IF(A4&gt;9,1,"")</f><v />',
        b'<c r="B4" t="str"><f>IF(A4&gt;9,1,"")</f><v />',
    )
    _, rows, row_nos, faults = parse(path)
    assert rows == [("1", "2"), ("3", ""), ("4", "文字")]
    assert row_nos == [2, 4, 5]
    assert faults == [(3, "FORMULA_NO_VALUE", "乙", "2\t")]


def test_a_row_of_uncomputed_formulas_is_not_lost(path: Path) -> None:
    save(path, [["甲"], ["=1+1"], ["=2+2"]])
    _, rows, _, faults = parse(path)
    assert rows == []
    assert [fault[0] for fault in faults] == [2, 3]


def test_error_cells_are_text(path: Path) -> None:
    save(path, [["甲", "乙"], ["#N/A", "#DIV/0!"]])
    assert parse(path)[1] == [("#N/A", "#DIV/0!")]


def test_sheets(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "空"
    hidden = book.create_sheet("旧")
    hidden.append(["x"])
    hidden.append(["9"])
    hidden.sheet_state = "hidden"
    shown = book.create_sheet("新")
    shown.append(["y"])
    shown.append(["1"])
    book.save(path)
    reading, rows, _, _ = parse(path)
    assert (reading.columns, rows) == (["y"], [("1",)])
    assert reading.notes == ["3 sheets; '新' is read"]
    assert parse(path, sheet="旧")[1] == [("9",)]
    with pytest.raises(SourceError, match=r"NO_SHEET: .*空, 旧, 新"):
        parse(path, sheet="甲")


def test_a_lying_extent_hides_nothing(path: Path) -> None:
    save(path, [["a", "b"], *[[i, i] for i in range(20)]])
    sheet = "xl/worksheets/sheet1.xml"
    for claim in (b'ref="A1"', b'ref="A1:XFD1048576"'):
        copy = path.with_name("copy.xlsx")
        copy.write_bytes(path.read_bytes())
        edit_part(copy, sheet, b'ref="A1:B21"', claim)
        reading, rows, _, _ = parse(copy)
        assert len(rows) == 20
        assert reading.total_rows == 20


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "EMPTY_FILE"),
        ([["a", "b"]], "EMPTY_FILE"),
        ([["a", "a"], [1, 2]], "DUPLICATE_HEADERS"),
        ([["x"] * 1_001, [1]], "TOO_MANY_COLUMNS"),
    ],
)
def test_workbooks_refused_as_a_whole(path: Path, rows, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(save(path, rows))
    assert caught.value.code == code


def test_a_broken_sheet_is_one_clear_line(path: Path) -> None:
    save(path, [["a", "b"], [1, 2], [3, 4]])
    edit_part(path, "xl/worksheets/sheet1.xml", b'<row r="3"', b"<row <<")
    with pytest.raises(SourceError, match="DAMAGED"):
        parse(path)

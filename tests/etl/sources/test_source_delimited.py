"""Text files: separators, quotes, line ends, ragged rows, headers, gzip."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.sources import SourceOptions, delimited
from etl.sources.delimited import read_delimited
from etl.sources.model import ROW_NO
from geo.errors import SourceError


def parse(path: Path, content: str | bytes, **options):
    """Columns, rows, row numbers and faults of a text, read in this process."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    reading = read_delimited(path, SourceOptions(**options))
    rows, row_nos, faults = [], [], []
    for table, some, _ in reading.batches:
        row_nos += table[ROW_NO].to_pylist()
        rows += list(zip(*table.drop_columns([ROW_NO]).to_pydict().values(), strict=True))
        faults += some
    return reading, rows, row_nos, faults


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(path: Path, end: str) -> None:
    reading, rows, row_nos, faults = parse(path, end.join(["时间,地点", "1,甲", "2,乙", ""]))
    assert reading.columns == ["时间", "地点"]
    assert rows == [("1", "甲"), ("2", "乙")]
    assert row_nos == [2, 3]
    assert faults == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(path: Path, delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in (["a", "b", "c"], ["1", "x", "2,5"]))
    if delimiter == ",":
        text = 'a,b,c\n1,x,"2,5"\n'
    _, rows, _, _ = parse(path, text)
    assert rows == [("1", "x", "2,5")]


def test_a_wrong_delimiter_is_refused_and_the_right_one_named(path: Path) -> None:
    with pytest.raises(SourceError, match=r"WRONG_DELIMITER: .*','.*';'"):
        parse(path, "a;b\n1;2\n", delimiter=",")
    with pytest.raises(SourceError, match="one character"):
        parse(path, "a;b\n1;2\n", delimiter=";;")


def test_one_column_is_allowed_and_noted(path: Path) -> None:
    reading, rows, row_nos, _ = parse(path, "地址\n神垕镇\n\n火龙镇\n")
    assert rows == [("神垕镇",), ("火龙镇",)]
    assert row_nos == [2, 4]
    assert reading.notes == ["no separator was found: one column"]


def test_ragged_rows_become_faults_with_their_own_number(path: Path) -> None:
    _, rows, row_nos, faults = parse(path, "a,b\n1,2\n3,4,5\n6\n\n,\n7,8\n9,9,9\n")
    assert rows == [("1", "2"), ("7", "8")]
    assert row_nos == [2, 7]
    assert faults == [
        (3, "RAGGED_ROW", "3 fields instead of 2", "3,4,5"),
        (4, "RAGGED_ROW", "1 fields instead of 2", "6"),
        (8, "RAGGED_ROW", "3 fields instead of 2", "9,9,9"),
    ]


def test_only_ragged_rows_are_still_counted(path: Path) -> None:
    _, rows, _, faults = parse(path, "a,b\n1,2,3\n4,5,6\n")
    assert rows == []
    assert [fault[0] for fault in faults] == [2, 3]


@given(
    widths=st.lists(st.integers(1, 4), min_size=1, max_size=60),
    block=st.integers(40, 200),
)
def test_every_row_keeps_its_number(tmp_path_factory, widths: list[int], block: int) -> None:
    path = tmp_path_factory.mktemp("ragged") / "rows.csv"
    text = "a,b\n" + "".join(",".join([f"{i}"] * n) + "\n" for i, n in enumerate(widths))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BLOCK_BYTES", block)
        _, rows, row_nos, faults = parse(path, text)
    good = [i for i, n in enumerate(widths) if n == 2]
    assert rows == [(str(i), str(i)) for i in good]
    assert row_nos == [i + 2 for i in good]
    assert [f[0] for f in faults] == [i + 2 for i, n in enumerate(widths) if n != 2]


FIELD = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n",;'),
    min_size=1,
)


@given(st.lists(st.tuples(FIELD, FIELD), min_size=1, max_size=20))
def test_what_a_csv_writer_writes_is_read_back(tmp_path_factory, rows) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerows([("名称", "说明"), *rows])
    path = tmp_path_factory.mktemp("quoted") / "rows.csv"
    _, found, row_nos, faults = parse(path, buffer.getvalue(), delimiter=",")
    assert found == rows
    assert row_nos == list(range(2, len(rows) + 2))
    assert faults == []


@pytest.mark.parametrize(
    "text",
    [
        'a,b,c\n1,2,3\n4,"5,6\n7,8,9\n1,2,3\n',  # never closed, other field count
        'a,b,c\n1,2,3\n4,5,"6\n7,8,9\n1,2,3\n',  # never closed, same field count
        'a,b,c\n1,2,3\n4,5,"6\n7,8,9\n1,"2",3\n',  # closed by a later opening mark
        'a,b,c,d,e,f\n1,2,3,4,5,6\n1,2,3,4,5,"6\n1,2,3,4,5,6\n1,2,3,4,5,6"\n',
    ],
)
def test_an_unclosed_quote_swallows_nothing(path: Path, text: str) -> None:
    with pytest.raises(SourceError, match="UNCLOSED_QUOTE: row 3"):
        parse(path, text)


def test_prose_with_commas_and_line_breaks_is_a_value(path: Path) -> None:
    _, rows, _, _ = parse(path, 'a,b,c\n1,2,"one, two\nthree, four, five"\n')
    assert rows == [("1", "2", "one, two\nthree, four, five")]


def test_a_quote_inside_a_field_is_a_character(path: Path) -> None:
    _, rows, _, _ = parse(path, 'a,b\n管径5",2\n1,3\n')
    assert rows == [('管径5"', "2"), ("1", "3")]


def test_titles_and_blank_rows_above_the_header(path: Path) -> None:
    text = "\n,,\n某县台账,,\n时间,地点,\n1,甲,x\n"
    with pytest.raises(SourceError, match=r"MISSING_HEADERS: .*header_row"):
        parse(path, text, header_row=0)
    reading, rows, row_nos, _ = parse(path, text)
    assert reading.columns == ["时间", "地点", "column_3"]
    assert reading.notes == [
        "rows above the header, taken for titles: 1",
        "column 3 has no name; it is called column_3",
    ]
    assert parse(path, text, header_row=1)[1] == rows
    assert rows == [("1", "甲", "x")]
    assert row_nos == [5]


def test_two_title_rows_and_a_narrow_header(path: Path) -> None:
    titles = "某县统计表,,,,,\n制表单位:某队,,,,,制表日期:某日\n"
    text = titles + "a,b,,,c,d\n1,2,3,4,5,6\n合计,,,,9,\n"
    reading, rows, _, _ = parse(path, text)
    assert reading.columns == ["a", "b", "column_3", "column_4", "c", "d"]
    assert rows[0] == tuple("123456")
    assert len(rows) == 2


def test_a_line_break_inside_a_header_is_one_space(path: Path) -> None:
    reading, rows, row_nos, _ = parse(path, 'a,"占比\n（%）"\n1,2\n')
    assert reading.columns == ["a", "占比 （%）"]
    assert rows == [("1", "2")]
    assert row_nos == [3 - 1]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("a,b\n", "EMPTY_FILE"),
        ("a,b", "EMPTY_FILE"),
        ("a,b\n\n,\n", "EMPTY_FILE"),
        ("\n\n", "EMPTY_FILE"),
        ("a,b,a\n1,2,3\n", "DUPLICATE_HEADERS"),
        (",,,\n", "EMPTY_FILE"),
        ("x" + ",x" * 1_000 + "\n" + "1" + ",1" * 1_000, "TOO_MANY_COLUMNS"),
        ("," * 1_000_000 + "\n1,2\n", "TOO_MANY_COLUMNS"),
    ],
)
def test_files_refused_as_a_whole(path: Path, content: str, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(path, content)
    assert caught.value.code == code


def test_a_record_longer_than_a_block_is_refused(path: Path, monkeypatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 1_000)
    with pytest.raises(SourceError, match="RECORD_TOO_LONG"):
        parse(path, "a,b\n1,2\n3," + "x" * 5_000 + "\n")


def test_a_header_of_other_width_stops_early(path: Path, monkeypatch) -> None:
    monkeypatch.setattr(delimited, "_MAX_PENDING", 50)
    with pytest.raises(SourceError, match="RAGGED: more than 50"):
        parse(path, "a,b\n" + "1,2,3\n" * 100)


def test_gzip(path: Path) -> None:
    text = "a,b\n" + "".join(f"{i},{i * i}\n" for i in range(1_000))
    packed = gzip.compress(text.encode())
    _, rows, _, _ = parse(path, packed)
    assert rows[-1] == ("999", "998001")
    with pytest.raises(SourceError, match="TRUNCATED"):
        parse(path, packed[:-20])
    with pytest.raises(SourceError, match="DAMAGED"):
        parse(path, packed[:-8] + bytes(8))


def test_a_gzip_bomb_is_too_big(path: Path) -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 10_000_000)
    with pytest.raises(SourceError, match="TOO_BIG"):
        parse(path, bomb)
    with pytest.raises(SourceError, match="TOO_BIG"):
        parse(path, "a,b\n" + "1,2\n" * 100, max_bytes=100)


def test_progress_ends_at_the_file_size(path: Path) -> None:
    path.write_text("a,b\n" + "1,2\n" * 50)
    *_, (_, _, position) = read_delimited(path, SourceOptions()).batches
    assert position == path.stat().st_size

"""Exports hold places only, keep text text, and say what they are."""

from __future__ import annotations

import io
import json

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.export import (
    COLUMNS,
    About,
    csv,
    export_table,
    geojson,
    workbook,
    write_workbook,
)

HOSTILE = [
    '=HYPERLINK("http://evil.example","x")',
    "＝1+1",
    "+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "http://evil.example",
    "<script>alert(1)</script>",
    "${1}",
]
ABOUT = About(
    facts={"区域": "禹州市", "标记": "演示数据"},
    record={"is_demo": True, "rows": len(HOSTILE)},
    headings={"place_text": "地点描述", "severity": "严重程度"},
    labels={"severity": {2: "一般"}},
    sheets=("事件", "说明"),
)


@pytest.fixture
def incidents() -> gpd.GeoDataFrame:
    n = len(HOSTILE)
    table = pd.DataFrame(
        {name: [None] * n for name in COLUMNS}
        | {
            "severity": [2] * n,
            "occurred_local": pd.to_datetime(["2025-03-01 08:30"] * n),
            "time_precision": ["minute", *["day"] * (n - 1)],
            "place_text": HOSTILE,
            "lon": [113.5, *[None] * (n - 1)],
            "lat": [34.1, *[None] * (n - 1)],
            "key_hash": [1] * n,
            "attributes": ['{"secret": 1}'] * n,
        },
        index=pd.RangeIndex(1, n + 1, name="incident_id"),
    )
    return gpd.GeoDataFrame(
        table, geometry=gpd.GeoSeries([None] * n, index=table.index), crs=4326
    )


def test_only_listed_columns_leave(incidents: gpd.GeoDataFrame) -> None:
    assert list(export_table(incidents)) == ["incident_id", *COLUMNS]


def test_times_are_as_exact_as_the_record(incidents: gpd.GeoDataFrame) -> None:
    assert export_table(incidents)["occurred_local"].tolist()[:2] == [
        "2025-03-01T08:30",
        "2025-03-01",
    ]


def test_geojson_says_what_it_is(incidents: gpd.GeoDataFrame) -> None:
    read = json.loads(geojson(incidents, ABOUT))
    assert read["about"]["is_demo"] is True
    assert read["features"][0]["geometry"] == {"type": "Point", "coordinates": [113.5, 34.1]}
    assert read["features"][1]["geometry"] is None
    assert [f["properties"]["place_text"] for f in read["features"]] == HOSTILE
    assert read["features"][0]["properties"]["loss_yuan"] is None


def test_workbook_keeps_text_text(incidents: gpd.GeoDataFrame) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(incidents, ABOUT)))
    assert book.sheetnames == ["事件", "说明"]
    cells = [cell for row in book["事件"].iter_rows() for cell in row]
    assert all(cell.data_type != "f" and cell.hyperlink is None for cell in cells)
    texts = {str(cell.value).removeprefix("'") for cell in cells}
    assert set(HOSTILE) <= texts
    assert "一般" in texts
    assert ["标记", "演示数据"] in [[cell.value for cell in row] for row in book["说明"].rows]


def test_a_workbook_of_no_rows_opens(incidents: gpd.GeoDataFrame) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(incidents.head(0), ABOUT)))
    assert book["事件"].max_row == 1


@given(st.text(max_size=40))
def test_no_csv_cell_starts_like_a_formula(text: str) -> None:
    written = csv(pd.DataFrame({"raw": [text]}))
    read = pd.read_csv(
        io.BytesIO(written), encoding="utf-8-sig", dtype=str, keep_default_na=False
    )
    if len(read):
        assert not read["raw"].iloc[0].lstrip().startswith(("=", "@"))


def test_csv_is_utf8_with_mark_and_guards_headings() -> None:
    written = csv(pd.DataFrame({"=1+1": ["桩号"]}))
    assert written.startswith(b"\xef\xbb\xbf'=1+1")
    assert "桩号".encode() in written


def test_sheet_names_fit_the_limit() -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(write_workbook({"x" * 40: pd.DataFrame({"a": [1]})}))
    )
    assert book.sheetnames == ["x" * 31]

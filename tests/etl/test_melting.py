"""Figures of units: wide sheets, names of indicators, periods, and figures that are corrected."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.melting import MELT_NAME, MELT_VALUE, melted
from etl.pipeline import load_file, preview_file
from etl.profile import Profile, profile_names
from etl.sources.model import FAULT_SCHEMA, SourceBatch
from geo.errors import ProfileError, SourceError

AS_OF = datetime(2025, 3, 1, tzinfo=UTC)
LONG = """
kind = "indicators"
[columns]
unit_name = "乡镇"
indicator = "指标"
period = "时期"
value = "数值"
[limits]
reject_share = 1.0
"""
WIDE = """
kind = "indicators"
[columns]
unit_name = "乡镇"
period = "年份"
[melt]
into = "indicator"
columns = ["常住人口（人）", "机动车", "GDP(亿元)", "探头"]
[codes.indicator.values]
"探头" = "cameras"
[limits]
reject_share = 1.0
"""
MONTHS = """
kind = "indicators"
[columns]
unit_name = "乡镇"
[constants]
indicator = "petitions"
period = "2024"
[melt]
into = "period"
pattern = '^\\d{1,2}月$'
[limits]
reject_share = 1.0
"""


def load(path: Path, text: str, region, store, *, as_of: datetime = AS_OF):
    profile = Profile.parse(text, name="figures")
    report = load_file(
        path, kind="indicators", profile=profile, region=region, store=store, as_of=as_of
    )
    assert report.is_balanced
    return report


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def stored(store) -> dict[tuple[str, str, str], float]:
    table = store.indicators()
    names = table[["unit_code", "indicator", "period"]].itertuples(index=False, name=None)
    return dict(zip(names, table["value"], strict=True))


def test_indicators_across(tmp_path, region, open_store):
    path = write(
        tmp_path / "wide.csv",
        "乡镇,年份,常住人口（人）,机动车,GDP(亿元),探头,备注",
        "神后镇,2024年,3.2万,1200,1.5,,甲",
        "方山镇,2024,28000,—,2,7,",
        "火星镇,2024,1,2,3,4,",
        "方山镇,2023年,27000,,,-5,",
    )
    store = open_store(region)
    report = load(path, WIDE, region, store)
    # Eleven cells are filled, four of them of an unknown township and one negative.
    assert report.read == 12
    assert report.rejected_by_code == {"UNKNOWN_UNIT": 4, "BAD_NUMBER": 1}
    assert stored(store) == {
        ("101", "population", "2024"): 32_000,
        ("101", "motor_vehicles", "2024"): 1_200,
        ("101", "gdp_100m_yuan", "2024"): 1.5,
        ("102", "population", "2024"): 28_000,
        ("102", "gdp_100m_yuan", "2024"): 2,
        ("102", "cameras", "2024"): 7,
        ("102", "population", "2023"): 27_000,
    }
    assert store.rejected(report.load_id)["row_no"].tolist() == [4, 4, 4, 4, 5]


def test_months_across_under_a_stated_year(tmp_path, region, open_store):
    frame = pd.DataFrame(
        {
            "乡镇": ["神后镇", "方山镇"],
            "1月": [3, 0],
            "2月": [None, 2],
            "12月": [5, 1],
            "合计": [8, 3],
        }
    )
    frame.to_excel(tmp_path / "months.xlsx", index=False)
    store = open_store(region)
    report = load(tmp_path / "months.xlsx", MONTHS, region, store)
    assert (report.read, report.inserted) == (5, 5)
    assert stored(store) == {
        ("101", "petitions", "2024-01"): 3,
        ("101", "petitions", "2024-12"): 5,
        ("102", "petitions", "2024-01"): 0,
        ("102", "petitions", "2024-02"): 2,
        ("102", "petitions", "2024-12"): 1,
    }


def test_a_column_of_years_stands_in_front_of_the_months(tmp_path, region, open_store):
    path = write(tmp_path / "m.csv", "乡镇,年,3月,4月", "神后镇,2023,1,2", "神后镇,2024,,4")
    text = MONTHS.replace('period = "2024"', "").replace(
        'unit_name = "乡镇"', 'unit_name = "乡镇"\nperiod = "年"'
    )
    store = open_store(region)
    load(path, text, region, store)
    assert {key[2]: value for key, value in stored(store).items()} == {
        "2023-03": 1, "2023-04": 2, "2024-04": 4,
    }  # fmt: skip


def test_a_corrected_figure_replaces_the_old_one(tmp_path, region, open_store):
    store = open_store(region)
    head = "乡镇,指标,时期,数值"
    load(write(tmp_path / "a.csv", head, "神后镇,人口,2024,100"), LONG, region, store)
    later = datetime(2025, 4, 1, tzinfo=UTC)
    # The same unit by another name, the indicator and the year by another spelling.
    path = write(tmp_path / "b.csv", head, "神后,population,2024年,120")
    report = load(path, LONG, region, store, as_of=later)
    assert (report.inserted, report.updated) == (0, 1)
    assert stored(store) == {("101", "population", "2024"): 120}
    older = load(write(tmp_path / "c.csv", head, "神后镇,人口,2024,90"), LONG, region, store)
    assert older.stale == 1
    assert stored(store) == {("101", "population", "2024"): 120}


def test_two_figures_of_one_kind_in_a_file_are_a_conflict(tmp_path, region, open_store):
    path = write(
        tmp_path / "twice.csv",
        "乡镇,指标,时期,数值",
        "神后镇,人口,2024,1",
        "神后镇,总人口,2024,2",
    )
    report = load(path, LONG, region, open_store(region))
    assert report.rejected_by_code == {"CONFLICT_IN_FILE": 1}


def test_unknown_indicators_and_periods_are_named(tmp_path, region, open_store):
    path = write(
        tmp_path / "odd.csv", "乡镇,指标,时期,数值",
        "神后镇,身高,2024,1", "神后镇,人口,2024-13,1", "神后镇,人口,上半年,1", "神后镇,人口,2024Q3,1",
    )  # fmt: skip
    store = open_store(region)
    report = load(path, LONG, region, store)
    assert report.rejected_by_code == {"UNKNOWN_CODE": 1, "BAD_TIME": 2}
    details = store.rejected(report.load_id)["detail"].tolist()
    assert details[0] == "no such indicator; see the registry in the data dictionary"
    assert details[1] == "no period; write 2010, 2010-Q1 or 2010-03"
    assert stored(store) == {("101", "population", "2024-Q3"): 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("columns = [", "pattern = 'x'\ncolumns = ["), "give columns, or a pattern"),
        (('into = "indicator"', 'into = "unit"'), "not one of indicator, period"),
        (('"探头" = "cameras"', '"探头" = "camera"'), "'camera' is not one of population"),
        (("[limits]", '[key]\ncolumns = ["乡镇"]\n[limits]'), "drop \\[key\\]"),
        (('period = "年份"', 'period = "年份"\nvalue = "备注"'), "take it out of"),
        (('kind = "indicators"', 'kind = "sites"'), "."),
    ],
)
def test_wrong_melting_is_one_line(change, message):
    with pytest.raises(ProfileError, match=message) as caught:
        Profile.parse(WIDE.replace(*change), name="wide")
    assert "\n" not in str(caught.value)


def test_a_column_that_is_not_there(tmp_path, region):
    path = write(tmp_path / "short.csv", "乡镇,年份,机动车", "神后镇,2024,1")
    with pytest.raises(SourceError, match="'常住人口（人）' to melt"):
        preview_file(path, profile=Profile.parse(WIDE, name="w"), region=region)
    with pytest.raises(SourceError, match="no column fits the pattern"):
        preview_file(path, profile=Profile.parse(MONTHS, name="m"), region=region)


def test_melting_is_no_part_of_other_profiles():
    for name in profile_names():
        profile = Profile.open(name)
        if profile.melt is None:
            assert replace(profile, text="").digest == profile.digest
            assert "melt" not in profile.text


@given(
    st.lists(
        st.lists(st.sampled_from(["", "—", "0", "1.5", "7"]), min_size=3, max_size=3),
        max_size=6,
    )
)
def test_every_filled_cell_comes_out_once(table):
    batch = SourceBatch(
        table=pa.table(
            {
                "unit": pa.array([f"u{i}" for i in range(len(table))], pa.string()),
                **{
                    name: pa.array([row[i] for row in table], pa.string())
                    for i, name in enumerate("abc")
                },
            }
        ),
        row_nos=np.arange(2, 2 + len(table)),
        faults=FAULT_SCHEMA.empty_table(),
        bytes_read=0,
    )
    long = melted(batch, ("a", "b", "c"), ("", "—"))
    got = list(
        zip(
            long.row_nos.tolist(),
            long.table["unit"].to_pylist(),
            long.table[MELT_NAME].to_pylist(),
            long.table[MELT_VALUE].to_pylist(),
            strict=True,
        )
    )
    assert got == [
        (i + 2, f"u{i}", name, cell)
        for i, row in enumerate(table)
        for name, cell in zip("abc", row, strict=True)
        if cell not in ("", "—")
    ]

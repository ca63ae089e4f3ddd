"""Texts on their way through a load."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

import pytest

from etl.pipeline import load_file
from geo.selection import IncidentSelection

HEADER = ("编号", "时间", "乡镇", "地点", "经度", "纬度", "死亡", "受伤", "备注")


@pytest.fixture
def load(tmp_path, region, profile, open_store):
    def run(*texts):
        path = tmp_path / "texts.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [HEADER]
                + [
                    (i, "2024-01-05 08:03", unit, text, "", "", "0", "1", "")
                    for i, (unit, text) in enumerate(texts)
                ]
            )
        store = open_store(region)
        report = load_file(
            path, kind="incidents", profile=profile, region=region, store=store,
            as_of=datetime(2024, 6, 1, tzinfo=UTC),
        )  # fmt: skip
        return report, store

    return run


def test_ambiguous_rows_carry_their_candidates(load):
    report, store = load(("", "连庄村"), ("", "长葛市坡胡镇"), ("", "关爷庙村"), ("", "无此处"))
    rejected = store.rejected(report.load_id).set_index("code")
    assert sorted(rejected.index) == ["AMBIGUOUS_PLACE", "OUT_OF_AREA", "UNPLACED_TEXT"]
    candidates = json.loads(rejected.loc["AMBIGUOUS_PLACE", "detail"])
    assert {one["place_code"] for one in candidates} == {"101002", "102001"}
    assert {one["name"] for one in candidates} == {"神垕镇连庄村", "方山镇连庄村"}
    assert "连庄村" in rejected.loc["AMBIGUOUS_PLACE", "raw"]


def test_the_unit_column_decides_between_namesakes(load):
    _, store = load(("方山镇", "连庄村"), ("神垕镇", "神垕镇连庄村"), ("方山镇", "无此处"))
    rows = store.incidents(IncidentSelection()).sort_values("row_no")
    assert rows["unit_code"].tolist() == ["102", "101", "102"]
    assert rows["match_code"].tolist() == ["C2", "C2", "D1"]


def test_names_written_by_ear_are_marked(load):
    report, store = load(("", "神厚镇关爷庙村"))
    (row,) = store.incidents(IncidentSelection()).to_dict("records")
    assert (row["match_code"], row["unit_code"]) == ("C2~", "101")
    assert report.accepted == 1

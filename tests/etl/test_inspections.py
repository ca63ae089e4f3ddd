"""Inspections and readings through the loading path, and amounts in another measure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from data.derived.sites import site_board
from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from etl.pipeline import load_file
from etl.profile import Profile
from geo.errors import ProfileError

PROFILE = """
kind = "inspections"
[columns]
inspection_kind = "方式"
level = "层级"
inspected_on = "日期"
unit_name = "乡镇"
site_name = "单位"
problems = "问题"
unfixed = "未改"
power_kwh = "电量"
base_kwh = "基础"
has_ground_change = "地表"
[codes.inspection_kind.values]
"巡查" = "inspection"
"暗访" = "secret_visit"
"监测" = "reading"
[codes.level.values]
"乡级" = "township"
[codes.has_ground_change.values]
"有" = "1"
"无" = "0"
[key]
columns = ["编号"]
[limits]
reject_share = 1.0
"""
HEADER = "编号,方式,层级,日期,乡镇,单位,问题,未改,电量,基础,地表"


@pytest.fixture(scope="module")
def region() -> RegionPack:
    return RegionPack.open("yuzhou")


@pytest.fixture
def store(tmp_path: Path, region: RegionPack):
    opened = Store.open(Settings(home=tmp_path / "home", region="yuzhou"), region)
    yield opened
    opened.close()


def load(path: Path, rows: list[str], store: Store, region: RegionPack, *, day: int = 1):
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    profile = Profile.parse(PROFILE, name="inspections")
    return load_file(
        path, kind="inspections", profile=profile, region=region, store=store,
        as_of=datetime(2012, 6, day, tzinfo=UTC),
    )  # fmt: skip


def test_rows_become_records_and_faults_say_why(tmp_path, store, region) -> None:
    report = load(
        tmp_path / "a.csv",
        [
            "1,巡查,乡级,2012-05-01,神垕镇,,2,1,,,",
            "2,监测,,2012年5月2日,浅井镇,甲矿,,,1200.5,1000,有",
            "3,飞检,乡级,2012-05-01,神垕镇,,,,,,",
            "4,巡查,乡级,,神垕镇,,,,,,",
            "5,巡查,乡级,2012-05-01,无此镇,,,,,,",
            "6,巡查,乡级,2012-05-01,神垕镇,,1.5,,,,",
            "7,监测,,2012-05-02,浅井镇,甲矿,,,-3,1000,",
            "8,监测,,2012-05-02,浅井镇,甲矿,,,1,1000,说不清",
        ],
        store,
        region,
    )
    assert (report.read, report.inserted) == (8, 2)
    assert report.rejected_by_code == {
        "UNKNOWN_CODE": 2, "MISSING": 1, "UNKNOWN_UNIT": 1, "BAD_NUMBER": 2,
    }  # fmt: skip
    first, second = store.inspections().to_dict("records")
    assert first["inspection_kind"] == "inspection"
    assert first["unit_code"] == "411081103"
    assert first["inspected_on"] == pd.Timestamp("2012-05-01")
    assert (first["problems"], first["unfixed"]) == (2, 1)
    assert second["power_kwh"] == 1200.5
    assert second["has_ground_change"] == 1
    assert second["site_name"] == "甲矿"
    assert pd.isna(second["problems"])
    assert pd.isna(second["explosives_kg"])


def test_the_same_key_in_a_newer_file_corrects(tmp_path, store, region) -> None:
    load(tmp_path / "a.csv", ["1,巡查,乡级,2012-05-01,神垕镇,,2,,,,"], store, region)
    again = load(
        tmp_path / "b.csv", ["1,巡查,乡级,2012-05-01,神垕镇,,3,,,,"], store, region, day=2
    )
    assert (again.inserted, again.updated) == (0, 1)
    assert store.inspections()["problems"].tolist() == [3]


def test_amounts_in_another_measure_are_scaled(tmp_path, store, region) -> None:
    path = tmp_path / "mines.csv"
    path.write_text("名称,产能,乡镇\n甲矿,60,神垕镇\n乙矿,1.2万,神垕镇\n", encoding="utf-8")
    text = """
kind = "sites"
[columns]
name = "名称"
capacity = "产能"
unit_name = "乡镇"
[constants]
site_kind = "coal_mine"
[scales]
capacity = 0.01
"""
    profile = Profile.parse(text, name="mines")
    load_file(path, kind="sites", profile=profile, region=region, store=store)
    assert sorted(store.sites()["capacity"]) == [0.6, 120.0]


@pytest.mark.parametrize(
    "scales", ["capacity = 0", 'capacity = "1"', "value = 1.0", "height = 2.0"]
)
def test_a_wrong_scale_is_one_line(scales: str) -> None:
    text = '[columns]\nname = "n"\ncapacity = "c"\n[constants]\nsite_kind = "school"\n'
    with pytest.raises(ProfileError) as error:
        Profile.parse(f'kind = "sites"\n{text}[scales]\n{scales}\n', name="p")
    assert "\n" not in str(error.value)


def test_the_real_mines_are_on_the_board(real_data, store, region) -> None:
    path = real_data / "yuzhou" / "gem_coal_mines_around_yuzhou.csv"
    profile = Profile.open("gem_coal_mines")
    report = load_file(path, kind="sites", profile=profile, region=region, store=store)
    assert (report.read, report.inserted) == (33, 3)
    assert report.rejected_by_code == {"OUT_OF_AREA": 30}
    mines = site_board(store, region, date(2010, 10, 31)).mines
    assert sorted(mines["capacity_kt"]) == [1200.0, 1500.0, 2400.0]
    assert set(mines["state"]) == {"operating"}
    assert set(mines["stage"]) == {"alone"}
    assert (mines["readings"] == 0).all()

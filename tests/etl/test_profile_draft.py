"""Drafted profiles: they load as they are, and guess what can be guessed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from etl.profile import Profile
from etl.profile_draft import draft_profile
from geo.errors import SourceError
from geo.vocabulary import RecordKind

REALDATA = os.environ.get("PINGAN_REALDATA")
CASES = (
    "案件编号,发案时间,案件类别,发案地点,所属乡镇,经度,纬度,死亡人数,受伤人数,报案人姓名,联系电话,备注\n"
    "K1,2024-03-05 08:30,盗窃,政府门前,甲镇,113.1,34.1,0,0,某某,无,x\n"
    "K2,2024-03-06 21:10,电信诈骗,出口,乙镇,113.2,34.2,0,0,某某,无,y\n"
    'K3,2024-03-07 02:00,"寻衅""滋事",市场,乙镇,113.3,34.2,0,1,某某,无,\n'
)


def drafted(path: Path) -> tuple[str, Profile]:
    toml = draft_profile(path)
    return toml, Profile.parse(toml, name="draft")


def test_a_case_list(tmp_path: Path) -> None:
    path = tmp_path / "2024年案件.csv"
    path.write_text(CASES, encoding="gb18030")
    toml, profile = drafted(path)
    assert profile.kind is RecordKind.INCIDENTS
    assert profile.columns == {
        "category": ("案件类别",),
        "deaths": ("死亡人数",),
        "injured": ("受伤人数",),
        "unit_name": ("所属乡镇",),
        "place_text": ("发案地点",),
    }
    assert profile.codes["category"].values == {
        "盗窃": "theft",
        "电信诈骗": "fraud",
        '寻衅"滋事': "public_order",
    }
    assert profile.codes["category"].default == "crime_other"
    assert profile.time.column == "发案时间"
    assert (profile.coordinates.lon, profile.coordinates.lat) == ("经度", "纬度")
    assert profile.key == ("案件编号",)
    assert profile.drop == ("报案人姓名", "联系电话")
    assert profile.severity.rule == "casualties"
    assert '# "备注" = "备注"' in toml
    assert "某某" not in toml


def test_a_column_full_of_phone_numbers_is_dropped_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = "".join(f"2024-03-0{i},盗窃,138{i:08d}\n" for i in range(1, 9))
    path.write_text("日期,类别,备用\n" + rows)
    toml, profile = drafted(path)
    assert profile.drop == ("备用",)
    assert "138000" not in toml


def test_sites_and_hazards(tmp_path: Path) -> None:
    sites = tmp_path / "企业.csv"
    sites.write_text("企业名称,地址,产能,x,y\n甲煤矿,某村,30,38412345.2,3765432.1\n")
    _, profile = drafted(sites)
    assert profile.kind is RecordKind.SITES
    assert profile.columns["name"] == ("企业名称",)
    assert profile.coordinates.datum == "EPSG:4526"
    hazards = tmp_path / "隐患.csv"
    hazards.write_text("隐患名称,隐患路段,等级,排查日期\n急弯,某路,重大,2024-01-02\n")
    _, profile = drafted(hazards)
    assert profile.kind is RecordKind.HAZARDS
    assert profile.constants == {"hazard_kind": "road_section"}
    assert profile.columns["found_on"] == ("排查日期",)
    assert profile.codes["grade"].values == {"重大": "major"}


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("X坐标,Y坐标", "3780123.1,447012.5", ("Y坐标", "X坐标", "EPSG:4547")),
        ("东坐标,北坐标", "38447012.5,3780123.1", ("东坐标", "北坐标", "EPSG:4526")),
        ("经度,纬度", "34.15,113.45", ("纬度", "经度", "wgs84")),
        ("经度,纬度", "113.45,34.15", ("经度", "纬度", "wgs84")),
    ],
)
def test_coordinates_by_their_values(
    tmp_path: Path, header: str, row: str, expected: tuple[str, str, str]
) -> None:
    path = tmp_path / "学校.csv"
    path.write_text(f"学校名称,{header}\n甲,{row}\n", encoding="utf-8")
    rules = drafted(path)[1].coordinates
    assert (rules.lon, rules.lat, rules.datum) == expected


@pytest.mark.parametrize(
    ("pair", "is_swapped"),
    [("113.45,34.15", False), ("34.15,113.45", True), ("东经113度27分北纬34度9分", False)],
)
def test_coordinates_in_one_column(tmp_path: Path, pair: str, is_swapped: bool) -> None:
    path = tmp_path / "学校.csv"
    path.write_text(f'学校名称,经纬度\n甲,"{pair}"\n', encoding="utf-8")
    rules = drafted(path)[1].coordinates
    assert (rules.text, rules.fix_swapped) == ("经纬度", is_swapped)


def test_a_sample_without_a_readable_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2,3\n")
    with pytest.raises(SourceError, match="EMPTY_FILE"):
        draft_profile(path)


def test_what_cannot_be_guessed_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    toml = draft_profile(path)
    assert "# CHECK: name is required" in toml


@pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is unset")
def test_real_files() -> None:
    folder = Path(REALDATA or "")
    _, crashes = drafted(folder / "taiwan" / "a1_fatal_2022_to_oct.csv")
    assert crashes.time.parts == {"date": "發生日期", "time": "發生時間"}
    assert crashes.casualties_column == "死亡受傷人數"
    assert crashes.codes["category"].values["車與車"] == "crash_vehicle"
    assert "當事者屬-性-別名稱" in crashes.drop
    _, assaults = drafted(folder / "chicago" / "chicago_aggravated_assaults.csv.gz")
    assert assaults.constants == {"category": "assault"}
    assert assaults.time.column == "date"

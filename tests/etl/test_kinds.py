"""Sites, hazards and indicators, the demo files, and the example of the documentation."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, Polygon

from data.region import RegionPack
from data.sample.demo import write_demo_files
from etl.pipeline import load_file
from etl.profile import Profile
from geo.datum import wgs84_to_gcj02
from geo.errors import SourceError

AS_OF = datetime(2024, 6, 1, tzinfo=UTC)

SITES = """
kind = "sites"
[columns]
name = "名称"
capacity = "产能"
[constants]
site_kind = "coal_mine"
[coordinates]
geometry = true
datum = "gcj02"
[key]
columns = ["名称"]
[limits]
reject_share = 1.0
"""

HAZARDS = """
kind = "hazards"
[columns]
name = "名称"
grade = "等级"
found_on = "发现"
due_on = "期限"
route_code = "路线"
stake_from_m = "起点"
stake_to_m = "终点"
[constants]
hazard_kind = "road_section"
[codes.grade.values]
"重大" = "major"
[coordinates]
geometry = true
datum = "file"
[limits]
reject_share = 1.0
"""

INDICATORS = """
kind = "indicators"
[columns]
unit_name = "乡镇"
indicator = "指标"
period = "月份"
value = "数值"
[key]
columns = ["乡镇", "指标", "月份"]
[limits]
reject_share = 1.0
"""


def load(path: Path, text: str, region, store):
    profile = Profile.parse(text, name="toy")
    report = load_file(
        path, kind=profile.kind, profile=profile, region=region, store=store, as_of=AS_OF
    )
    assert report.is_balanced
    return report


def test_sites_from_a_gcj02_layer(tmp_path, region, open_store):
    lon, lat = wgs84_to_gcj02([113.1], [34.1])
    frame = gpd.GeoDataFrame(
        {"名称": ["一矿", "二矿", "三矿", ""], "产能": ["1.5", "x", "2", "3"]},
        geometry=[
            Point(lon[0], lat[0]),
            Point(113.1, 34.1),
            Point(34.1, 113.1),
            Point(113.1, 34.1),
        ],
        crs=4326,
    )
    frame.to_file(tmp_path / "sites.geojson", driver="GeoJSON")
    store = open_store(region)
    report = load(tmp_path / "sites.geojson", SITES, region, store)
    assert report.rejected_by_code == {"BAD_NUMBER": 1, "SWAPPED_LATLON": 1, "MISSING": 1}
    (site,) = store.sites().itertuples()
    assert (site.name, site.capacity, site.unit_code) == ("一矿", 1.5, "101")
    assert (site.lon, site.lat) == pytest.approx((113.1, 34.1), abs=1e-8)


def test_hazards_with_lines_and_areas(tmp_path, region, open_store):
    frame = gpd.GeoDataFrame(
        {
            "名称": ["急弯", "塌方", "空"],
            "等级": ["重大", "", "重大"],
            "发现": ["2024年1月5日", "2024-02-01", ""],
            "期限": ["2024-12-31", "", ""],
            "路线": ["S103", "", ""],
            "起点": ["K12+300", "", ""],
            "终点": ["13500", "", ""],
        },
        geometry=[
            LineString([(113.05, 34.1), (113.06, 34.1)]),
            Polygon([(113.3, 34.1), (113.31, 34.11), (113.31, 34.1), (113.3, 34.11)]),
            None,
        ],
        crs=4326,
    ).to_crs(4547)
    frame.to_file(tmp_path / "hazards.gpkg", driver="GPKG")
    store = open_store(region)
    report = load(tmp_path / "hazards.gpkg", HAZARDS, region, store)
    assert report.rejected_by_code == {"BAD_GEOM": 1}
    assert [finding.code for finding in report.warnings] == ["MANY_REJECTED", "REPAIRED"]
    assert report.datum == "EPSG:4547"
    hazards = store.hazards().set_index("name")
    bend, slide = hazards.loc["急弯"], hazards.loc["塌方"]
    assert (bend["unit_code"], bend["grade"], bend["stake_from_m"]) == ("101", "major", 12_300)
    assert bend.geometry.geom_type == "LineString"
    assert bend.geometry.bounds == pytest.approx((113.05, 34.1, 113.06, 34.1), abs=1e-6)
    assert slide["unit_code"] == "102"
    assert slide.geometry.is_valid


def test_indicators_by_unit_name(tmp_path, region, open_store):
    path = tmp_path / "indicators.csv"
    path.write_text(
        "乡镇,指标,月份,数值\n神后镇,petitions,2024-01,12\n方山镇,petitions,2024-01,\n"
        "火星镇,petitions,2024-01,3\n神后镇,petitions,2024-02,7\n",
        encoding="utf-8",
    )
    report = load(path, INDICATORS, region, open_store(region))
    assert report.inserted == 2
    assert report.rejected_by_code == {"MISSING": 1, "UNKNOWN_UNIT": 1}
    assert report.units == {"101": 2}


def test_a_layer_that_contradicts_the_profile_is_refused(tmp_path, region, open_store):
    frame = gpd.GeoDataFrame(
        {"名称": ["一矿"], "产能": ["1"]}, geometry=[Point(113.1, 34.1)], crs=4326
    )
    frame.to_crs(4547).to_file(tmp_path / "sites.gpkg", driver="GPKG")
    with pytest.raises(SourceError, match="CRS_CONFLICT"):
        load(tmp_path / "sites.gpkg", SITES, region, open_store(region))


def test_unreadable_rows_count_and_keep_no_persons(tmp_path, region, profile, open_store):
    header = "编号,时间,乡镇,地点,经度,纬度,死亡,受伤,备注"
    good = "1,2024-01-05,,,113.1,34.1,0,0,"
    store = open_store(region)
    for name, head, rows, is_kept in (
        ("open.csv", header, [good, "2,ragged"], True),
        ("persons.csv", header + ",姓名", [good + ",甲", "3,甲"], False),
        ("unknown.csv", header + ",经过", [good + ",甲", "3,甲"], False),
    ):
        (tmp_path / name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        report = load_file(
            tmp_path / name,
            kind="incidents",
            profile=replace(profile, source=name),
            region=region,
            store=store,
            as_of=AS_OF,
        )
        assert (report.read, report.rejected_by_code) == (2, {"RAGGED_ROW": 1})
        assert store.rejected(report.load_id)["raw"].notna().tolist() == [is_kept]


def test_demo_files_are_refused_where_they_are_meant_to_be(tmp_path, open_store):
    region = RegionPack.open("yuzhou")
    store = open_store(region)
    for file in write_demo_files(tmp_path, region, seed=1, scale=0.05):
        report = load_file(
            file.path,
            kind=file.kind,
            profile=replace(Profile.open(file.profile), reject_share=1.0),
            region=region,
            store=store,
        )
        expected = dict(file.blemishes)
        assert report.in_file == expected.pop("DUPLICATE", 0)
        assert report.rejected_by_code == expected
        assert report.read == file.rows
        assert report.is_demo


def test_the_documented_profile_is_right():
    page = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
    example = "\n".join(re.findall(r"^    (.*)$", page, re.MULTILINE))
    profile = Profile.parse(example, name="county_traffic")
    assert profile.codes["category"].values == {"刮撞行人": "crash_pedestrian"}
    assert profile.sentinels == {"年均日交通量": ("-1", "9999")}
    assert json.loads(json.dumps(profile.attributes)) == {"weather": "天气"}

"""A list of road hazards without coordinates: the road between the stakes is the shape."""

from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import LineString, box

from data.region import RegionPack
from data.region_layers import write_geojson
from data.settings import Settings
from data.store import Store
from etl.pipeline import load_file
from etl.profile import Profile

MANIFEST = """
[region]
code = "r1"
name = { zh = "试县" }
metric_crs = "EPSG:4547"
timezone = "Asia/Shanghai"
[files]
units = "units.geojson"
roads = "roads.geojson"
calibration = "calibration.csv"
"""
PROFILE = """
kind = "hazards"
[columns]
name = "名称"
route_code = "路线"
stake_from_m = "起点"
stake_to_m = "终点"
unit_name = "乡镇"
[constants]
hazard_kind = "road_section"
[key]
columns = ["名称"]
[limits]
reject_share = 1.0
"""
ROWS = """名称,路线,起点,终点,乡镇
急弯,S1,K12+300,K12+800,
降序,S1,K12+800,K12+300,
整公里,S1,K12+000,K13+000,
断链两处,S1,K15+200,K15+400,
无此桩号有乡镇,S1,K80+000,K80+500,甲镇
无此桩号,S1,K80+000,K80+500,
缺一桩号,S1,K12+300,,
错桩号,S1,十二,K13+000,甲镇
别的路,S9,K1+100,K1+200,甲镇
"""


@pytest.fixture
def loaded(tmp_path: Path):
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "region.toml").write_text(MANIFEST, encoding="utf-8")
    units = gpd.GeoDataFrame(
        {"unit_code": ["a"], "name": ["甲镇"]}, geometry=[box(113, 33, 115, 35)], crs=4326
    )
    write_geojson(folder / "units.geojson", units, decimals=5)
    x, y = 500_000.0, 3_770_000.0
    roads = gpd.GeoDataFrame(
        {
            "route_code": ["S1"],
            "name": ["一路"],
            "stake_from_m": [10_000.0],
            "stake_to_m": [19_650.0],
        },
        geometry=[LineString([(x, y), (x + 10_000, y)])],
        crs=4547,
    ).to_crs(4326)
    write_geojson(folder / "roads.geojson", roads, decimals=9)
    # 350 m longer behind K15+500: K15+150 to K15+500 come twice.
    (folder / "calibration.csv").write_text(
        "route_code,piece,stake_m,chain_m\nS1,0,10000,0\nS1,0,15500,5500\n"
        "S1,1,15150,5500\nS1,1,19650,10000\n",
        encoding="utf-8",
    )
    file = tmp_path / "hazards.csv"
    file.write_text(ROWS, encoding="utf-8")
    region = RegionPack.open(folder)
    store = Store.open(Settings(home=tmp_path / "home", region="r1"), region)
    profile = Profile.parse(PROFILE, name="toy")
    report = load_file(
        file, kind=profile.kind, profile=profile, region=region, store=store,
        as_of=datetime(2024, 6, 1, tzinfo=UTC),
    )  # fmt: skip
    yield region, store.hazards().set_index("name"), report
    store.close()


def test_sections_get_the_shape_of_the_road(loaded) -> None:
    region, hazards, _ = loaded
    metric = hazards.geometry.to_crs(region.metric_crs)
    assert metric.length[["急弯", "降序", "整公里"]].tolist() == pytest.approx(
        [500, 500, 1000], abs=0.1
    )
    assert metric["急弯"].coords[0][0] == pytest.approx(502_300, abs=0.1)
    assert metric["降序"].coords[0][0] == pytest.approx(502_800, abs=0.1)
    assert metric["断链两处"].geom_type == "MultiLineString"
    assert metric["断链两处"].length == pytest.approx(400, abs=0.1)
    assert hazards.loc[["急弯", "整公里"], "match_code"].tolist() == ["B1", "C1"]
    assert hazards.loc[["急弯", "整公里"], "r95_m"].tolist() == [100.0, 600.0]
    assert hazards["unit_code"].tolist() == ["a"] * 6


def test_without_such_a_road_the_unit_or_nothing_remains(loaded) -> None:
    _, hazards, report = loaded
    assert hazards.loc[["无此桩号有乡镇", "别的路"], "match_code"].tolist() == ["D1", "D1"]
    assert hazards.loc["别的路"].geometry.geom_type == "Point"
    assert report.rejected_by_code == {"UNPLACED": 2, "BAD_NUMBER": 1}
    assert report.is_balanced

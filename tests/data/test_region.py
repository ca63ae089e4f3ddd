import os
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from data.region import RegionPack, default_metric_crs, region_from_units
from data.region_layers import write_geojson
from geo.errors import RegionError

MANIFEST = """
[region]
code = "t1"
name = { zh = "试", en = "Test" }
metric_crs = "EPSG:4547"
timezone = "Asia/Shanghai"
is_schematic = true
[files]
units = "units.geojson"
roads = "roads.geojson"
places = "places.csv"
[source]
units = "made for the test"
"""
REALDATA = os.environ.get("PINGAN_REALDATA")


def units(*polygons, codes=("a", "b"), crs=4326):
    return gpd.GeoDataFrame(
        {"unit_code": codes[: len(polygons)], "name": ["甲", "乙"][: len(polygons)]},
        geometry=list(polygons),
        crs=crs,
    )


@pytest.fixture
def pack(tmp_path):
    (tmp_path / "region.toml").write_text(MANIFEST, encoding="utf-8")
    pair = units(box(113.0, 34.0, 113.1, 34.1), box(113.1, 34.0, 113.2, 34.1))
    pair["population"] = [100, None]
    write_geojson(tmp_path / "units.geojson", pair, decimals=5)
    roads = gpd.GeoDataFrame(
        {"route_code": ["S1"], "name": ["一路"], "stake_from_m": [10], "stake_to_m": [9310]},
        geometry=[LineString([(113.0, 34.05), (113.1, 34.05)])],
        crs=4326,
    )
    write_geojson(tmp_path / "roads.geojson", roads, decimals=5)
    (tmp_path / "places.csv").write_text(
        "place_code,name,unit_code,kind,aliases,lon,lat\n001,甲村,a,village,甲庄|甲,113.05,34.05\n",
        encoding="utf-8",
    )
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_pack_opens_with_all_its_parts(pack):
    region = RegionPack.open(pack)
    assert (region.code, region.names["en"], region.metric_crs) == ("t1", "Test", "EPSG:4547")
    assert region.is_schematic
    assert region.bounds == pytest.approx((113.0, 34.0, 113.2, 34.1))
    assert region.units.index.tolist() == ["a", "b"]
    assert region.units.index.name == "unit_code"
    assert region.units["population"].isna().tolist() == [False, True]
    assert region.units.crs.to_epsg() == region.roads.crs.to_epsg() == 4326
    assert region.roads["stake_to_m"].tolist() == [9310.0]
    assert region.places["place_code"].tolist() == ["001"]
    assert region.places.geometry.iloc[0].coords[0] == (113.05, 34.05)


def test_roads_and_places_are_optional(pack):
    edit(pack / "region.toml", 'roads = "roads.geojson"\nplaces = "places.csv"\n', "")
    region = RegionPack.open(pack)
    assert len(region.roads) == len(region.places) == 0
    assert {"route_code", "stake_from_m"} <= set(region.roads.columns)
    assert {"place_code", "unit_code"} <= set(region.places.columns)


def test_the_digest_follows_the_content_and_not_the_folder(pack, tmp_path_factory):
    first = RegionPack.open(pack).digest
    copy = tmp_path_factory.mktemp("copy")
    for path in pack.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    assert RegionPack.open(copy).digest == first
    edit(copy / "places.csv", "甲村", "甲寨")
    assert RegionPack.open(copy).digest != first


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("region.toml", "EPSG:4547", "EPSG:999999", "unknown"),
        ("region.toml", "EPSG:4547", "EPSG:4326", "metres"),
        ("region.toml", "EPSG:4547", "EPSG:2227", "metres"),
        ("region.toml", "Asia/Shanghai", "Asia/Nowhere", "timezone"),
        ("region.toml", 'code = "t1"', 'code = "../t1"', "code"),
        ("region.toml", 'code = "t1"', "", "code is missing"),
        ("region.toml", "[files]", "[file]", r"\[files\]"),
        ("region.toml", '"units.geojson"', '"none.geojson"', "no such file"),
        ("region.toml", "[region]", "[region", "TOML"),
        ("units.geojson", '"unit_code":"b"', '"unit_code":"a"', "occurs twice"),
        ("units.geojson", '"unit_code":"b"', '"unit_code":""', "empty"),
        ("units.geojson", '"unit_code"', '"kode"', "unit_code is missing"),
        ("units.geojson", "[113.2,34.1]", "[480000,3780000]", "no degrees"),
        ("roads.geojson", '"stake_to_m":9310', '"stake_to_m":null', "one stake only"),
        ("places.csv", "113.05", "east", "line 2"),
        ("places.csv", "001,甲村,a", "001,甲村,z", "not among the units"),
        ("places.csv", "place_code", "code", "place_code is missing"),
    ],
)
def test_what_is_wrong_is_named(pack, file, old, new, message):
    edit(pack / file, old, new)
    with pytest.raises(RegionError, match=message) as caught:
        RegionPack.open(pack)
    assert "\n" not in str(caught.value)


def test_a_crossed_polygon_is_refused(pack):
    crossed = units(Polygon([(113, 34), (113.1, 34.1), (113.1, 34), (113, 34.1)]))
    crossed.to_file(pack / "units.geojson")
    with pytest.raises(RegionError, match="not a valid polygon"):
        RegionPack.open(pack)


def test_overlapping_units_are_refused_and_slivers_are_not(pack):
    def overlapping(by):
        return units(box(113.0, 34.0, 113.1 + by, 34.1), box(113.1, 34.0, 113.2, 34.1))

    write_geojson(pack / "units.geojson", overlapping(0.0005), decimals=5)
    assert len(RegionPack.open(pack).units) == 2
    write_geojson(pack / "units.geojson", overlapping(0.002), decimals=5)
    with pytest.raises(RegionError, match="a and b overlap"):
        RegionPack.open(pack)
    write_geojson(pack / "units.geojson", overlapping(0.15), decimals=5)
    with pytest.raises(RegionError, match="a and b overlap"):
        RegionPack.open(pack)


def test_another_datum_is_refused(pack):
    units(box(113.0, 34.0, 113.1, 34.1), box(113.1, 34.0, 113.2, 34.1)).to_crs(4547).to_file(
        pack / "units.geojson"
    )
    with pytest.raises(RegionError, match="WGS-84"):
        RegionPack.open(pack)


def test_an_unknown_name_lists_the_bundled_ones():
    with pytest.raises(RegionError, match="yuzhou"):
        RegionPack.open("atlantis")


def test_a_new_region_is_repaired_dissolved_and_in_wgs84(tmp_path):
    crossed = Polygon([(113.0, 34.0), (113.1, 34.1), (113.1, 34.0), (113.0, 34.1)])
    frame = gpd.GeoDataFrame(
        {"id": [1.0, 2.0, 2.0], "label": ["甲", "乙", "乙"]},
        geometry=[crossed, box(113.2, 34.0, 113.3, 34.1), box(113.3, 34.0, 113.4, 34.1)],
        crs=4326,
    ).to_crs(4547)
    region = region_from_units(
        tmp_path / "new",
        frame,
        code="new",
        names={"zh": "新"},
        name_field="label",
        code_field="id",
        source="a test",
    )
    assert region.units.index.tolist() == ["1", "2"]
    assert region.units["name"].tolist() == ["甲", "乙"]
    assert region.metric_crs == "EPSG:4547"
    assert isinstance(region.units.geometry["1"], MultiPolygon)
    assert region.units.geometry["2"].area == pytest.approx(0.02, rel=1e-6)
    assert region.bounds == pytest.approx((113.0, 34.0, 113.4, 34.1), abs=1e-6)
    assert not region.is_schematic
    assert region.sources["units"] == "a test"
    with pytest.raises(RegionError, match="already holds"):
        region_from_units(
            tmp_path / "new", frame, code="n", names={"zh": "新"}, name_field="label",
            code_field="id",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name_field": "title"}, "no field 'title'"),
        ({"crs": None}, "--crs"),
        ({"metric_crs": "EPSG:4326"}, "metres"),
        ({"codes": ["", "b"]}, "empty"),
        ({"codes": ["a", "a"]}, "shared by 甲 and 乙"),
    ],
)
def test_a_new_region_needs_fields_codes_and_a_crs(tmp_path, change, message):
    frame = units(box(0, 0, 1, 1), box(1, 0, 2, 1), crs=change.pop("crs", 4326))
    frame["unit_code"] = change.pop("codes", ["a", "b"])
    options = {"name_field": "name", "code_field": "unit_code", **change}
    with pytest.raises(RegionError, match=message):
        region_from_units(tmp_path / "new", frame, code="n", names={"en": "N"}, **options)
    assert not (tmp_path / "new").exists()


def test_nothing_is_left_of_a_region_that_does_not_hold(tmp_path):
    frame = units(box(113, 34, 114, 35), box(113.5, 34, 115, 35))
    options = {"name_field": "name", "code_field": "unit_code"}
    with pytest.raises(RegionError, match="overlap"):
        region_from_units(tmp_path / "new", frame, code="n", names={"en": "N"}, **options)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("lon", "timezone", "crs"),
    [
        (113.4, "Asia/Shanghai", "EPSG:4547"),
        (75.2, "Asia/Urumqi", "EPSG:4534"),
        (135.0, "Asia/Shanghai", "EPSG:4554"),
        (121.0, "Asia/Taipei", "EPSG:32651"),
        (-87.7, "America/Chicago", "EPSG:32616"),
    ],
)
def test_the_usual_metric_crs(lon, timezone, crs):
    square = gpd.GeoDataFrame(geometry=[box(lon, 34, lon + 0.1, 34.1)], crs=4326)
    assert default_metric_crs(square, timezone=timezone) == crs


@pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is unset")
def test_chicago_districts_from_kml(tmp_path):
    frame = pyogrio.read_dataframe(Path(REALDATA) / "chicago" / "chicago_police_districts.kml")
    region = region_from_units(
        tmp_path / "chicago", frame, code="chicago", names={"en": "Chicago"},
        name_field="description", code_field="Name", timezone="America/Chicago",
    )  # fmt: skip
    # 25 polygons, three of which are parts of district 31.
    assert len(frame) == 25
    assert len(region.units) == 23
    assert region.units.loc["31"].geometry.geom_type == "MultiPolygon"
    assert region.metric_crs == "EPSG:32616"
    assert region.units.to_crs(region.metric_crs).area.sum() / 1e6 == pytest.approx(608, abs=2)


@pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is unset")
def test_taiwan_towns_from_topojson(tmp_path):
    frame = pyogrio.read_dataframe(Path(REALDATA) / "taiwan" / "towns-10t.json", layer="towns")
    region = region_from_units(
        tmp_path / "taiwan", frame.set_crs(4326), code="taiwan", names={"zh": "台湾"},
        name_field="TOWNNAME", code_field="TOWNCODE", name_en_field="TOWNENG",
        timezone="Asia/Taipei",
    )  # fmt: skip
    assert len(region.units) == 368
    assert region.units.loc["10014020", "name"] == "成功鎮"
    assert region.units.loc["10014020", "name_en"] == "Chenggong Township"
    assert region.units.geometry.is_valid.all()

import os
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from data.region import RegionPack
from data.sample.build import build
from data.sample.facts import PACK, fact
from data.sample.geometry import box_agreement
from geo.assign import UnitIndex

REALDATA = os.environ.get("PINGAN_REALDATA")


@pytest.fixture(scope="module")
def region():
    return RegionPack.open("yuzhou")


@pytest.fixture(scope="module")
def metric(region):
    return region.units.to_crs(region.metric_crs)


def test_building_again_gives_the_same_bytes(tmp_path):
    build(tmp_path)
    for name in ("region.toml", "units.geojson", "roads.geojson", "places.csv", "segments.csv"):
        assert (tmp_path / name).read_bytes() == (PACK / name).read_bytes(), name


def test_the_bundle_is_small():
    assert sum(path.stat().st_size for path in PACK.rglob("*") if path.is_file()) < 1_000_000


def test_units_are_the_26_of_the_county(region):
    units = region.units
    assert len(units) == 26
    assert units["kind"].value_counts().to_dict() == {"镇": 19, "街道": 5, "乡": 2}
    assert units.loc["411081103", "name"] == "神垕镇"
    assert units.loc["411081103", "name_en"] == "Shenhou Town"
    assert "褚河镇" in units.loc["411081005", "aliases"].split("|")
    assert "苌庄乡" in units.loc["411081118", "aliases"].split("|")
    assert units["population"].sum() == 1_131_896


def test_units_tile_the_county(region, metric):
    assert metric.geometry.is_valid.all()
    assert (metric.geometry.geom_type == "Polygon").all()
    whole = metric.union_all()
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    assert 1461 < whole.area / 1e6 < 1475
    # No overlaps: the parts add up to the whole, to a square metre.
    assert metric.area.sum() == pytest.approx(whole.area, abs=1.0)
    west, south, east, north = region.bounds
    assert (west, south) == pytest.approx((113.06, 33.99), abs=0.02)
    assert (east, north) == pytest.approx((113.65, 34.408), abs=0.02)


def test_coordinates_have_five_decimals(region):
    xy = shapely.get_coordinates(region.units.geometry)
    np.testing.assert_allclose(xy, xy.round(5), rtol=0, atol=1e-12)


def test_units_follow_their_published_boxes(region):
    drawn = gpd.GeoDataFrame(
        fact("units").set_index("unit_code"), geometry=region.units.geometry
    )
    drawn["agreement"] = box_agreement(drawn)
    published = drawn.loc[drawn["box"] == "published", "agreement"]
    assert len(published) == 23
    assert published.mean() > 0.87
    assert published.min() > 0.6


def test_every_unit_holds_its_seat(region):
    seats = fact("units")
    at = UnitIndex(region.units).assign(seats["seat_lon"], seats["seat_lat"])
    assert region.units.index[at].tolist() == seats["unit_code"].tolist()


def test_villages_lie_in_their_unit_and_apart(region):
    villages = region.places[region.places["kind"].isin({"village", "community"})]
    assert len(villages) == 678
    assert villages["kind"].value_counts().to_dict() == {"village": 572, "community": 106}
    at = UnitIndex(region.units).assign(villages.geometry.x, villages.geometry.y)
    assert region.units.index[at].tolist() == villages["unit_code"].tolist()
    points = villages.to_crs(region.metric_crs).geometry
    nearest = points.sindex.nearest(points, exclusive=True, return_distance=True)[1]
    assert nearest.min() > 150.0
    # Evenly spread: the mean nearest distance is well above a random pattern's.
    random_mean = 0.5 * np.sqrt(region.units.to_crs(region.metric_crs).area.sum() / 678)
    assert nearest.mean() > 1.2 * random_mean


def test_village_names_keep_their_codes(region):
    places = region.places.set_index("place_code")
    assert places.loc["411081103006", "name"] == "关爷庙社区"
    assert places.loc["411081103006", "aliases"] == "关爷庙村"
    assert not places["name"].str.contains("委会").any()


def test_landmarks_lie_in_the_unit_that_sources_name(region):
    home = region.places.set_index("name")["unit_code"].map(region.units["name"])
    expected = {
        "神垕古镇": "神垕镇", "大鸿寨景区": "鸠山镇", "白沙水库": "花石镇", "逍遥观": "浅井镇",
        "周定王陵": "无梁镇", "龙虎山景区": "无梁镇", "画圣祠": "鸿畅镇", "后汉皇陵": "苌庄镇",
        "禹州森林植物园": "郭连镇",
    }  # fmt: skip
    assert home[list(expected)].to_dict() == expected


def test_routes_are_staked_by_their_length(region, metric):
    roads = region.roads.to_crs(region.metric_crs)
    assert roads["route_code"].is_unique
    assert roads.geometry.is_simple.all()
    staked = roads[roads["stake_from_m"].notna()]
    assert len(staked) == 24
    stretch = (staked["stake_to_m"] - staked["stake_from_m"]) / staked.length
    np.testing.assert_allclose(stretch, 1.0, atol=0.005)
    county = shapely.buffer(metric.union_all(), 30.0)
    assert roads.within(county).all()
    by_code = roads.set_index("route_code")
    assert by_code.loc["S237", "stake_from_m"] < 45_300 < by_code.loc["S237", "stake_to_m"]
    assert "许洛公路" in by_code.loc["S237", "aliases"].split("|")


def test_roads_bend_smoothly(region):
    for line in region.roads.to_crs(region.metric_crs).geometry:
        xy = np.diff(shapely.get_coordinates(line), axis=0)
        heading = np.arctan2(xy[:, 1], xy[:, 0])
        turns = [abs((b - a + np.pi) % (2 * np.pi) - np.pi) for a, b in pairwise(heading)]
        assert max(turns, default=0.0) < np.radians(70)


def test_proven_crossings_are_places(region):
    crossings = region.places[region.places["kind"] == "crossing"]
    assert len(crossings) == len(fact("crossings")) == 24
    roads = region.roads.to_crs(region.metric_crs).set_index("name").geometry
    points = crossings.to_crs(region.metric_crs).geometry
    for name, point in zip(crossings["name"], points, strict=True):
        street, other = name.removesuffix("交叉口").split("与")
        assert roads[street].distance(point) < 2.0
        assert roads[other].distance(point) < 2.0


def test_the_three_mines_lie_in_the_county(region):
    mines = fact("mines")
    at = UnitIndex(region.units).assign(mines["lon"], mines["lat"])
    assert region.units["name"].iloc[at[[0, 2]]].tolist() == ["梁北镇", "古城镇"]
    assert (at >= 0).all()


@pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is unset")
def test_the_outline_agrees_with_the_real_one(metric):
    path = Path(REALDATA) / "yuzhou" / "xuchang_counties_osm_mapchina.geojson"
    counties = gpd.read_file(path).to_crs(metric.crs)
    real = counties[counties["Code_County"].astype(str) == "411081"].union_all()
    drawn = metric.union_all()
    assert drawn.intersection(real).area / drawn.union(real).area > 0.93


@pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is unset")
def test_codes_and_names_agree_with_the_register(region):
    towns = pd.read_csv(Path(REALDATA) / "yuzhou" / "yuzhou_townships.csv", dtype=str)
    assert (
        dict(zip(towns["code9_nbs"], towns["name"], strict=True))
        == region.units["name"].to_dict()
    )
    villages = pd.read_csv(Path(REALDATA) / "yuzhou" / "yuzhou_villages.csv", dtype=str)
    assert set(villages["code"]) <= set(region.places["place_code"])

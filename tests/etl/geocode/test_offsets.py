from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from etl.geocode.offsets import distance_m, midpoint, moved, offsets

LON, LAT = 113.47, 34.15


@pytest.mark.parametrize(
    ("text", "bearing", "metres"),
    [
        ("关爷庙村东100米", 90, 100),
        ("交叉口向西200米", 270, 200),
        ("路口东北约300M", 45, 300),
        ("村北1.5公里", 0, 1_500),
        ("村东二里", 90, 1_000),
        ("以南三百米处", 180, 300),
        ("北侧50米", 0, 50),
        ("西南方向约2KM", 225, 2_000),
        ("南东方向100米", 135, 100),
    ],
)
def test_phrases(text, bearing, metres):
    assert offsets(text) == (((bearing, metres),), 0.0)


@pytest.mark.parametrize(
    "text", ["九里山林区北坡", "路东侧", "十里铺", "大槐树赵村南头", "北关村"]
)
def test_what_moves_nothing(text):
    assert offsets(text) == ((), 0.0)


def test_a_distance_without_direction_only_widens():
    assert offsets("关爷庙村附近500米处") == ((), 500.0)
    assert moved(LON, LAT, 300.0, (), 400.0) == (LON, LAT, 500.0)


def test_the_radius_grows_in_quadrature():
    _, _, radius = moved(LON, LAT, 50.0, ((90.0, 100.0),), 0.0)
    assert radius == pytest.approx(math.sqrt(50**2 + 25**2 + 39**2))
    assert round(radius) == 68


@given(st.sampled_from(range(0, 360, 45)), st.floats(1, 20_000))
def test_there_and_back(bearing, metres):
    lon, lat, _ = moved(LON, LAT, 50.0, ((bearing, metres),), 0.0)
    assert distance_m(LON, LAT, lon, lat) == pytest.approx(metres, abs=1e-6)
    back, _, _ = Geod(ellps="WGS84").inv(lon, lat, LON, LAT)
    home = moved(lon, lat, 50.0, ((back, metres),), 0.0)
    assert home[:2] == pytest.approx((LON, LAT), abs=1e-9)


@given(st.floats(113.1, 113.6), st.floats(34.0, 34.4))
def test_the_midpoint_is_as_far_from_both(lon, lat):
    middle_lon, middle_lat, half = midpoint(LON, LAT, lon, lat)
    assert distance_m(LON, LAT, middle_lon, middle_lat) == pytest.approx(half, abs=1e-6)
    assert distance_m(lon, lat, middle_lon, middle_lat) == pytest.approx(half, abs=1e-6)

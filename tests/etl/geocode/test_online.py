from __future__ import annotations

import sys

import pytest

from etl.geocode import Cascade
from etl.geocode.memo import Memo
from etl.geocode.online import OnlineFallback, OnlinePlace, geopy_service
from geo.datum import wgs84_to_bd09
from geo.errors import SettingsError


class FakeService:
    def __init__(self, *answers):
        self.asked = []
        self.answers = list(answers)

    def __call__(self, text):
        self.asked.append(text)
        return self.answers.pop(0) if self.answers else None


@pytest.fixture
def make(toy, roads_pack, tmp_path):
    def build(service):
        return OnlineFallback(
            toy, service, roads_pack, cache=tmp_path / "cache" / "online.json"
        )

    return build


def test_only_the_unmatched_are_asked_about_and_only_by_their_text(make):
    lon, lat = wgs84_to_bd09(113.30, 34.10)
    service = FakeService(OnlinePlace(float(lon), float(lat), "bd09", 400.0))
    texts = ["城关镇东村", "某某商城", "长葛市坡胡镇", "人民路与环城路交叉口", ""]
    placed = make(service).locate(texts)
    assert service.asked == ["河南省和平市平安县某某商城"]
    assert placed.status.tolist() == [
        "accepted", "accepted", "out_of_area", "ambiguous", "unmatched",
    ]  # fmt: skip
    assert (placed.match_code[1], placed.unit_code[1], placed.r95_m[1]) == ("C2~", "12", 810)
    assert (placed.lon[1], placed.lat[1]) == pytest.approx((113.30, 34.10), abs=1e-5)


def test_answers_are_kept(make):
    first = FakeService(OnlinePlace(113.3, 34.1, "wgs84", 3_000.0), None)
    assert make(first).locate(["某某商城", "另一商城"]).match_code.tolist() == ["D1~", "U"]
    second = FakeService()
    assert make(second).locate(["某某商城", "另一商城"]).match_code.tolist() == ["D1~", "U"]
    assert second.asked == []


def test_answers_outside_the_region_are_not_taken(make):
    placed = make(FakeService(OnlinePlace(110.0, 20.0, "wgs84", 10.0))).locate(["某某商城"])
    assert placed.status[0] == "unmatched"


def test_services_say_what_they_lack(monkeypatch):
    with pytest.raises(SettingsError, match="no online provider"):
        geopy_service("elsewhere")
    with pytest.raises(SettingsError, match="access key"):
        geopy_service("baidu")
    monkeypatch.setitem(sys.modules, "geopy", None)
    monkeypatch.setitem(sys.modules, "geopy.extra.rate_limiter", None)
    with pytest.raises(SettingsError, match="online"):
        geopy_service("nominatim")


class Counting:
    def __init__(self, cascade):
        self.cascade = cascade
        self.asked = []

    def locate(self, texts):
        self.asked += texts
        return self.cascade.locate(texts)


def test_texts_are_asked_once_within_bounds(toy: Cascade):
    import pyarrow as pa

    counting = Counting(toy)
    memo = Memo(counting, limit=3)
    words = pa.array(["城关镇", None, "高坡乡", "城关镇"])
    placed = memo.locate(words)
    assert placed.unit_code.tolist() == ["11", None, "12", "11"]
    assert memo.locate(pa.array(["高坡乡", "东村"])).unit_code.tolist() == ["12", "11"]
    assert counting.asked == ["城关镇", "高坡乡", "东村"]
    assert memo.locate(pa.array(["西村", "城关镇"])).unit_code.tolist() == ["11", "11"]
    assert memo.locate(pa.array([], pa.string())).lon.shape == (0,)

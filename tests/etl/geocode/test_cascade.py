"""One test per rule of the cascade."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from etl.geocode import Cascade, PlaceStatus
from etl.geocode.offsets import distance_m


def find(cascade, text):
    return {name: column[0] for name, column in vars(cascade.locate([text])).items()}


def candidates(found):
    return [one["name"] for one in json.loads(found["candidates"])]


# -- the toy of the pipeline's tests: names only ---------------------------------


@pytest.fixture(scope="module")
def names_only(region):
    return Cascade(region)


@pytest.mark.parametrize(
    ("text", "match_code", "unit", "place"),
    [
        ("河南省许昌市禹州市神垕镇关爷庙村东100米", "C2", "101", "101001"),
        ("神后镇关爷庙社区", "C2", "101", "101001"),
        ("关爷庙", "C2", "101", "101001"),
        ("神垕镇连庄村", "C2", "101", "101002"),
        ("方山镇连庄", "C2", "102", "102001"),
        ("神垕镇", "D1", "101", None),
        ("神垕", "D1", "101", None),
        ("方山", "D1", "102", None),
        ("方山村口", "C2", "102", "102002"),
        ("方山镇方山村", "C2", "102", "102002"),
        ("白沙水库大坝", "A2", "102", "102003"),
    ],
)
def test_texts_find_their_place(names_only, text, match_code, unit, place):
    found = find(names_only, text)
    assert found["status"] == PlaceStatus.ACCEPTED
    assert (found["match_code"], found["unit_code"], found["place_code"]) == (
        match_code, unit, place,
    )  # fmt: skip
    assert np.isfinite([found["lon"], found["lat"], found["r95_m"]]).all()


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("连庄村", "ambiguous"),
        ("神垕镇与方山镇交界", "ambiguous"),
        ("神垕镇白沙水库", "ambiguous"),
        ("郑州市二七广场", "out_of_area"),
        ("神垕大道", "unmatched"),
        ("", "unmatched"),
    ],
)
def test_what_is_not_certain_is_not_placed(names_only, text, status):
    found = find(names_only, text)
    assert found["status"] == status
    assert found["match_code"] == "U"
    assert math.isnan(found["lon"])


def test_radii_follow_the_area(names_only, region):
    area = region.units.to_crs(region.metric_crs).area
    unit = find(names_only, "神垕镇")["r95_m"]
    assert unit == pytest.approx(0.975 * math.sqrt(area["101"] / math.pi))
    # Two villages share the township.
    assert find(names_only, "神垕镇关爷庙村")["r95_m"] == pytest.approx(unit / math.sqrt(2))
    assert find(names_only, "白沙水库")["r95_m"] == 100


def test_unit_names(names_only):
    assert names_only.unit_code("神后镇") == "101"
    assert names_only.unit_code("方山 镇") == "102"
    assert names_only.unit_code("郑州") is None
    found = names_only.at_unit(["102", None, "999"])
    assert found.match_code.tolist() == ["D1", "U", "U"]
    assert found.status.tolist() == ["accepted", "unmatched", "unmatched"]


# -- 1 points of interest ----------------------------------------------------------


def test_a_point_that_shares_its_name_with_a_village_waits_for_a_word_more(toy):
    found = find(toy, "石人山")
    assert found["status"] == "ambiguous"
    assert set(candidates(found)) == {"高坡乡石人山景区", "城关镇石人山村"}
    assert find(toy, "石人山景区停车场")["place_code"] == "12002"
    assert find(toy, "石人山村")["place_code"] == "11003"
    assert find(toy, "高坡乡石人山")["place_code"] == "12002"
    assert find(toy, "城关镇石人山")["place_code"] == "11003"


# -- 2 stakes -------------------------------------------------------------------------


def test_a_stake_with_metres_is_b1(toy):
    found = find(toy, "S200线K19+200处")
    assert (found["match_code"], found["unit_code"], found["r95_m"]) == ("B1", "11", 100)
    assert (found["route"], found["stake_from_m"]) == ("S200", 19_200)
    # Halfway along the line in stakes is halfway along it in metres.
    assert (found["lon"], found["lat"]) == pytest.approx((113.1, 34.1), abs=1e-4)


@pytest.mark.parametrize("text", ["200省道19公里200米", "安和路K19+200", "省道200线19.2公里"])
def test_a_route_goes_by_its_aliases(toy, text):
    assert find(toy, text)["lon"] == pytest.approx(113.1, abs=1e-4)


def test_whole_kilometres_are_c1_and_ranges_reach_to_their_ends(toy):
    assert find(toy, "S200线K19")["match_code"] == "C1"
    found = find(toy, "S200线K20+200至K18+200")
    assert (found["stake_from_m"], found["stake_to_m"]) == (20_200, 18_200)
    assert found["lon"] == pytest.approx(113.1, abs=1e-4)
    assert found["r95_m"] == pytest.approx(math.hypot(100, 1_000))


def test_a_stake_beyond_the_route_is_told_but_not_placed(toy):
    found = find(toy, "S200线K99+000")
    assert (found["status"], found["route"], found["stake_from_m"]) == (
        "unmatched", "S200", 99_000,
    )  # fmt: skip
    assert find(toy, "城关镇S999线K5+000")["match_code"] == "D1"


def test_broken_chains_give_two_places_or_none(broken):
    twice = find(broken, "S200线K15+500")
    assert twice["status"] == "ambiguous"
    assert len(candidates(twice)) == 2
    assert find(broken, "S200线K21+000")["status"] == "unmatched"
    assert find(broken, "S200线K12+000")["match_code"] == "B1"


def test_a_stake_far_from_the_unit_named_is_ambiguous(toy):
    found = find(toy, "高坡乡S200线K11+000")
    assert found["status"] == "ambiguous"
    assert candidates(found)[-1] == "高坡乡"


# -- 3 crossings -------------------------------------------------------------------


def test_a_unique_crossing_is_b2(toy):
    found = find(toy, "人民路与安和路交叉口")
    assert (found["match_code"], found["r95_m"], found["unit_code"]) == ("B2", 50, "11")
    assert (found["lon"], found["lat"]) == pytest.approx((113.05, 34.1), abs=1e-4)
    for text in ("安和路人民路路口", "人民路/安和路", "S200线与人民路十字口"):
        assert find(toy, text)["lat"] == pytest.approx(34.1, abs=1e-4)


def test_several_crossings_are_ambiguous(toy):
    found = find(toy, "人民路与环城路交叉口")
    assert found["status"] == "ambiguous"
    assert len(candidates(found)) == 2


def test_roads_that_nearly_meet_cross_at_their_nearest_approach(toy):
    found = find(toy, "人民路与短路街交叉口")
    assert found["match_code"] == "B2"
    assert 50 < found["r95_m"] <= math.hypot(50, 150)


def test_a_crossing_that_is_none_is_not_guessed(toy):
    assert find(toy, "人民路与解放大道交叉口")["status"] == "unmatched"
    assert find(toy, "人民路与无名路交叉口")["status"] == "unmatched"


# -- 4 house numbers and streets -----------------------------------------------------


def test_house_numbers_are_interpolated(toy):
    found = find(toy, "城关镇人民路51号")
    assert (found["match_code"], found["r95_m"]) == ("B3", 150)
    assert found["lat"] == pytest.approx(34.1, abs=1e-3)
    assert find(toy, "人民路五十一号")["lat"] == found["lat"]


def test_without_numbers_a_street_is_as_wide_as_it_is(toy):
    found = find(toy, "解放大道7号")
    half = distance_m(113.06, 34.04, 113.10, 34.04) / 2
    assert (found["match_code"], found["unit_code"]) == ("C1", "11")
    assert found["r95_m"] == pytest.approx(0.95 * half, rel=0.01)


def test_a_street_of_two_units_needs_the_unit(toy):
    assert find(toy, "边界路5号")["status"] == "ambiguous"
    found = find(toy, "高坡乡边界路5号")
    assert (found["unit_code"], found["match_code"]) == ("12", "C1")
    assert found["lon"] > 113.2


# -- 5 villages ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("城关镇东村", "C2"),
        ("城关东村委会", "C2"),
        ("平安县城关镇西村", "C2"),
        ("高坡镇高坡村", "C2"),
        ("高坡乡高波村", "C2"),
        ("高坡乡高破村", "C2~"),
        ("高陂乡高坡村", "C2~"),
    ],
)
def test_villages_go_by_many_spellings(toy, text, code):
    found = find(toy, text)
    assert (found["status"], found["match_code"]) == ("accepted", code)


def test_what_is_not_as_written_is_half_as_wide_again(toy):
    exact, heard = find(toy, "高坡乡高坡村"), find(toy, "高坡乡高破村")
    assert heard["r95_m"] == pytest.approx(1.5 * exact["r95_m"])
    assert heard["score"] < exact["score"]


def test_between_two_villages_is_the_middle(yuzhou):
    found = find(yuzhou, "范坡镇翟村阎村与前郭村之间")
    ends = [find(yuzhou, text) for text in ("范坡镇翟村阎村", "范坡镇前郭村")]
    half = distance_m(*(end[axis] for end in ends for axis in ("lon", "lat"))) / 2
    assert found["r95_m"] == pytest.approx(max(half, ends[0]["r95_m"]))
    for end in ends:
        away = distance_m(found["lon"], found["lat"], end["lon"], end["lat"])
        assert away == pytest.approx(half, abs=0.01)


def test_offsets_move_the_anchor(toy):
    anchor, found = find(toy, "城关镇东村"), find(toy, "城关镇东村北二里")
    assert distance_m(anchor["lon"], anchor["lat"], found["lon"], found["lat"]) == (
        pytest.approx(1_000, abs=1e-3)
    )
    assert found["lat"] > anchor["lat"]
    assert found["r95_m"] == pytest.approx(math.sqrt(anchor["r95_m"] ** 2 + 250**2 + 390**2))


def test_a_village_that_does_not_exist_is_not_another(yuzhou):
    found = find(yuzhou, "方岗乡刘庄村")
    assert (found["status"], found["unit_code"]) == ("ambiguous", "411081115")


# -- 6, 7 unit and region; other counties --------------------------------------------


def test_the_region_alone_is_e(toy):
    for text in ("平安县", "河南省和平市平安县", "老安县"):
        found = find(toy, text)
        assert (found["match_code"], found["unit_code"]) == ("E", None)
    assert find(toy, "平安县某处")["status"] == "unmatched"


@pytest.mark.parametrize(
    "text",
    [
        "长葛市坡胡镇水磨河村", "许昌市建安区灵井镇", "陕西省韩城市新城区", "山西省方山县圪洞镇",
        "郏县安良镇", "广东省龙门县", "云南省丽江市古城区", "长春市朝阳区", "登封大冶镇", "平顶山",
        "洛阳龙门石窟", "河北省G102国道唐山市境内114公里",
    ],
)  # fmt: skip
def test_other_counties_are_out_of_area(yuzhou, text):
    found = find(yuzhou, text)
    assert (found["status"], found["unit_code"]) == ("out_of_area", None)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("韩城办聂政台社区", "411081003"), ("方山三峰煤矿东门", "411081102"),
        ("颍川办长春社区", "411081001"), ("花石镇白沙水库大坝", "411081116"),
        ("无梁镇龙门村", "411081107"), ("许昌市神垕镇", "411081103"),
        ("长庄乡", "411081118"), ("张德镇大槐树赵村", "411081117"),
        ("褚河镇余王村三组", "411081005"), ("浅井扒村", "411081114"),
    ],
)  # fmt: skip
def test_names_that_other_counties_also_have_are_ours(yuzhou, text, unit):
    found = find(yuzhou, text)
    assert (found["status"], found["unit_code"]) == ("accepted", unit)


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        "电话0374-8161234",
        "不详",
        "家里",
        "某村",
        "村东头",
        "坡胡镇水口张村",
        "矿区",
    ],
)
def test_what_cannot_be_used_is_unmatched(yuzhou, text):
    assert find(yuzhou, text)["status"] == "unmatched"


def test_namesakes_are_kept_apart_by_what_they_belong_to(tmp_path):
    import geopandas as gpd
    from shapely.geometry import box

    from data.region import region_from_units

    units = gpd.GeoDataFrame(
        {"code": ["1", "2"], "name": ["中山區", "中山區"], "county": ["臺北市", "基隆市"]},
        geometry=[box(121.5, 25.0, 121.6, 25.1), box(121.7, 25.1, 121.8, 25.2)],
        crs=4326,
    )
    pack = region_from_units(
        tmp_path / "tw", units, code="tw", names={"zh": "臺灣"}, name_field="name",
        code_field="code", parent_field="county", timezone="Asia/Taipei",
    )  # fmt: skip
    cascade = Cascade(pack)
    assert find(cascade, "台北市中山區南京東路")["unit_code"] == "1"
    assert find(cascade, "基隆市中山區")["unit_code"] == "2"
    assert find(cascade, "中山區")["status"] == "ambiguous"


# -- the protocol -----------------------------------------------------------------------


def test_answers_do_not_depend_on_their_company(yuzhou):
    texts = ["神后镇关爷庙村", "连庄村", "长葛市坡胡镇", "神后镇关爷庙村", "鸠山镇官庄窖村"]
    together = yuzhou.locate(texts)
    for i, text in enumerate(texts):
        alone = yuzhou.locate([text])
        for name, column in vars(alone).items():
            np.testing.assert_equal(column[0], getattr(together, name)[i])


def test_candidates_are_whole(yuzhou):
    (first, *_) = json.loads(find(yuzhou, "连庄村")["candidates"])
    assert set(first) == {"place_code", "name", "lon", "lat", "score"}
    assert 113 < first["lon"] < 114
    assert first["name"].endswith(("连庄社区", "连庄村"))


def test_no_texts(yuzhou):
    assert len(yuzhou.locate([]).lon) == 0

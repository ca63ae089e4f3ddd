from __future__ import annotations

import math

import numpy as np
import pytest

from etl.geocode import Gazetteer


@pytest.fixture(scope="module")
def gazetteer(region):
    return Gazetteer(region)


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
        ("神垕镇关爷庙村与连庄村之间", "D1", "101", None),
        ("神垕镇方山村", "D1", "101", None),
    ],
)
def test_texts_find_their_place(gazetteer, text, match_code, unit, place):
    found = gazetteer.locate([text])
    assert found.status[0] == "placed"
    assert (found.match_code[0], found.unit_code[0], found.place_code[0]) == (
        match_code,
        unit,
        place,
    )
    assert np.isfinite([found.lon[0], found.lat[0], found.r95_m[0]]).all()


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("连庄村", "ambiguous"),
        ("神垕镇与方山镇交界", "ambiguous"),
        ("郑州市二七广场", "unplaced"),
        ("禹州市", "unplaced"),
        ("神垕大道", "unplaced"),
        ("", "unplaced"),
    ],
)
def test_what_is_not_certain_is_not_placed(gazetteer, text, status):
    found = gazetteer.locate([text])
    assert found.status[0] == status
    assert math.isnan(found.lon[0])
    assert found.unit_code[0] is None


def test_radii_follow_the_area(gazetteer, region):
    area = region.units.to_crs(region.metric_crs).area
    unit = gazetteer.locate(["神垕镇"]).r95_m[0]
    village = gazetteer.locate(["神垕镇关爷庙村"]).r95_m[0]
    assert unit == pytest.approx(0.975 * math.sqrt(area["101"] / math.pi))
    assert village == pytest.approx(unit / math.sqrt(2))  # two villages share the township
    assert gazetteer.locate(["白沙水库"]).r95_m[0] == 100


def test_unit_names(gazetteer):
    assert gazetteer.unit_code("神后镇") == "101"
    assert gazetteer.unit_code("方山 镇") == "102"
    assert gazetteer.unit_code("郑州") is None
    found = gazetteer.at_unit(["102", None, "999"])
    assert found.match_code.tolist() == ["D1", "U", "U"]
    assert found.status.tolist() == ["placed", "unplaced", "unplaced"]

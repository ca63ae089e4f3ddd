from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.coordinates import DatumShift, datum_crs, parse_angles, parse_points, split_pairs
from etl.faults import Faults
from etl.text import normalise
from geo.datum import wgs84_to_bd09, wgs84_to_gcj02
from geo.errors import ProfileError


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("113.459483", 113.459483),
        ("113,459483", 113.459483),
        ("１１３．４５", 113.45),
        ("-87.6277", -87.6277),
        ("+113.5", 113.5),
        ("113°27'34.14\"", 113.459483),
        ("113°27′34.14″E", 113.459483),
        ("113度27分34.14秒", 113.459483),
        ("东经113度27分34.14秒", 113.459483),
        ("东经113°27.569'", 113.459483),
        ("E113.459483", 113.459483),
        ("113.459483E", 113.459483),
        ("113.459483°", 113.459483),
        ("W87°37′39.72″", -87.6277),
        ("87°37'39.72\"W", -87.6277),
        ("西经87.6277", -87.6277),
        ("-87°37'39.72\"", -87.6277),
        ("113º27'", 113.45),
    ],
)
def test_angles_as_written(text, degrees):
    values, bad, _ = parse_angles(normalise(pa.array([text])))
    assert not bad[0]
    assert values[0] == pytest.approx(degrees, abs=5e-7)


@pytest.mark.parametrize(
    "text", ["abc", "113°61'", "113°27'75\"", "nan", "inf", "113..5", "E", "°"]
)
def test_what_is_no_angle(text):
    _, bad, _ = parse_angles(normalise(pa.array([text])))
    assert bad[0]


@given(st.floats(-180, 180, allow_nan=False))
def test_degrees_minutes_seconds_return(angle):
    size = round(abs(angle), 7)
    whole = int(size)
    minutes = int((size - whole) * 60)
    seconds = max(0.0, ((size - whole) * 60 - minutes) * 60)
    if round(seconds, 4) >= 60:
        seconds = 59.9999
    text = f"{whole}°{minutes}′{seconds:.4f}″{'W' if angle < 0 else 'E'}"
    values, bad, _ = parse_angles(normalise(pa.array([text])))
    assert not bad[0]
    assert values[0] == pytest.approx(-size if angle < 0 else size, abs=1e-7)


def faults_of(lon, lat, *, is_projected=False):
    faults = Faults(len(lon))
    x, y = parse_points(pa.array(lon), pa.array(lat), faults, is_projected=is_projected)
    bad = int((~faults.ok).sum())
    table = faults.table(np.arange(len(lon)), pa.nulls(bad, pa.string()))
    return x, y, dict(zip(table["row_no"].to_pylist(), table["code"].to_pylist(), strict=True))


def test_faulty_points():
    x, y, codes = faults_of(
        ["113.4", "0", "nan", "38512345.6", "113.4", None, None, "0.0"],
        ["34.1", "0", "34.1", "3780123.4", None, "34.1", None, "0.00"],
    )
    assert codes == {
        1: "NULL_ISLAND",
        2: "BAD_COORD",
        3: "PROJECTED_OR_RANGE",
        4: "INCOMPLETE_COORD",
        5: "INCOMPLETE_COORD",
        7: "NULL_ISLAND",
    }
    assert np.isfinite(x).tolist() == [True] + [False] * 7
    assert (x[0], y[0]) == (113.4, 34.1)


def test_marked_axes_are_exchanged():
    x, y, codes = faults_of(["北纬34.1"], ["东经113.4"])
    assert (x[0], y[0], codes) == (113.4, 34.1, {})


def test_projected_metres_are_no_fault():
    x, y, codes = faults_of(["512345.6"], ["3780123.4"], is_projected=True)
    assert (x[0], y[0], codes) == (512345.6, 3780123.4, {})


@pytest.mark.parametrize(
    "text",
    [
        "113.4,34.1", "113.4 34.1", "113.4;34.1", "(113.4, 34.1)", "[113.4,34.1]",
        "POINT (113.4 34.1)", "point(113.4 34.1)", "SRID=4326;POINT(113.4 34.1)",
        "POINT Z (113.4 34.1 12)",
    ],
)  # fmt: skip
def test_pairs_in_one_column(text):
    x, y = split_pairs(pa.array([text]))
    assert (x[0].as_py(), y[0].as_py()) == ("113.4", "34.1")


@pytest.mark.parametrize(
    "text",
    [
        "东经113度28分5秒北纬34度9分30秒",
        "北纬34°9′30″、东经113°28′5″",
        "经度:113.468056;纬度:34.158333",
        "113.468056/34.158333",
    ],
)
def test_chinese_pairs_in_one_column(text):
    faults = Faults(1)
    x, y = parse_points(*split_pairs(normalise(pa.array([text]))), faults, is_projected=False)
    assert faults.ok.all()
    assert (x[0], y[0]) == pytest.approx((113 + 28 / 60 + 5 / 3600, 34 + 9.5 / 60), abs=1e-6)


def test_a_pair_that_says_none_is_absent():
    faults = Faults(2)
    x, _ = parse_points(*split_pairs(pa.array(["无", None])), faults, is_projected=False)
    assert faults.ok.all()
    assert np.isnan(x).all()


def test_half_a_pair_is_refused():
    x, y = split_pairs(pa.array(["113.4", None, "somewhere"]))
    faults = Faults(3)
    parse_points(x, y, faults, is_projected=False)
    assert x.to_pylist()[1] is None
    assert faults.ok.tolist()[1:] == [True, False]


@pytest.mark.parametrize(
    ("datum", "forward"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)]
)
def test_chinese_datums_are_undone(datum, forward):
    lon, lat = np.array([113.45, 113.2]), np.array([34.15, 34.3])
    back = DatumShift(datum)(*forward(lon, lat))
    np.testing.assert_allclose(back, [lon, lat], atol=1e-8)


def test_projected_and_geographic_codes():
    x, y = DatumShift("EPSG:4547")(np.array([500_000.0]), np.array([3_780_000.0]))
    assert x[0] == pytest.approx(114.0)
    assert 34.1 < y[0] < 34.2
    assert DatumShift("EPSG:4547").is_projected
    assert not DatumShift("EPSG:4490").is_projected
    for datum in ("wgs84", "cgcs2000"):
        assert DatumShift(datum)(x, y) == (x, y)


def test_what_cannot_be_carried_becomes_nan():
    x, _ = DatumShift("EPSG:4547")(np.array([1e300]), np.array([1e300]))
    assert np.isnan(x[0])


def test_unknown_datum():
    with pytest.raises(ProfileError, match="mars2000"):
        datum_crs("mars2000")

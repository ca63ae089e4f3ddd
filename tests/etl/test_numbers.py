from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.faults import Faults
from etl.numbers import (
    extract_counts,
    parse_counts,
    parse_numbers,
    parse_quantities,
    parse_stakes,
)
from etl.text import normalise


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("-3.5", -3.5), ("+3.5", 3.5), ("1e3", 1000), ("1,234,567.5", 1234567.5),
        ("0,45", 0.45), ("2,88", 2.88), ("1,234", 1234), ("0,600", 0.6), (".5", 0.5), ("7.", 7),
    ],
)  # fmt: skip
def test_numbers_as_written(text, value):
    numbers, bad = parse_numbers(pa.array([text, "x"]))
    assert numbers[0] == value
    assert bad.tolist() == [False, True]


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "12a", "1,23,4", "--1", "一"])
def test_what_is_no_number(text):
    numbers, bad = parse_numbers(pa.array([text, None, "1"]))
    assert bad.tolist() == [True, False, False]
    assert np.isnan(numbers[0])
    assert np.isnan(numbers[1])


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=20))
def test_floats_survive(values):
    numbers, bad = parse_numbers(pa.array([repr(value) for value in values], pa.string()))
    assert not bad.any()
    assert numbers.tolist() == values


@pytest.mark.parametrize(
    ("text", "value"),
    [("3人", 3), ("￥1,200.5元", 1200.5), ("1.2万元", 12000), ("12 万", 120_000), ("7", 7)],
)
def test_amounts_with_their_unit(text, value):
    amounts, bad = parse_quantities(normalise(pa.array([text])))
    assert not bad.any()
    assert amounts[0] == pytest.approx(value)


@pytest.mark.parametrize("text", ["约3人", "若干", "人", "1,2.3.4元", "三人"])
def test_vague_amounts_are_refused(text):
    assert parse_quantities(pa.array([text]))[1].all()


def test_none_of_something_is_absent():
    faults = Faults(2)
    counts = parse_counts(pa.array(["无", "2人"]), faults, field="deaths", largest=9)
    assert faults.ok.all()
    assert counts.tolist() == [0, 2]


def test_counts_are_whole_and_bounded():
    faults = Faults(6)
    counts = parse_counts(
        pa.array(["3", None, "2.0", "-1", "1.5", "99999999"]),
        faults,
        field="deaths",
        largest=100,
    )
    assert counts.tolist() == [3, 0, 2, 0, 0, 0]
    assert faults.ok.tolist() == [True, True, True, False, False, False]


def test_casualties_in_one_text():
    found = extract_counts(
        pa.array(["死亡1;受傷0", "死亡2；受傷13", "无", None]),
        r"死亡(?P<deaths>\d+)[;；]受傷(?P<injured>\d+)",
    )
    assert found["deaths"].to_pylist() == ["1", "2", None, None]
    assert found["injured"].to_pylist() == ["0", "13", None, None]


def test_stakes():
    faults = Faults(5)
    stakes = parse_stakes(
        pa.array(["K12+300", "k0+050.5", "1500", None, "K12-300"]), faults, field="stake_m"
    )
    np.testing.assert_array_equal(stakes, [12_300, 50.5, 1_500, np.nan, np.nan])
    assert faults.ok.tolist() == [True, True, True, True, False]

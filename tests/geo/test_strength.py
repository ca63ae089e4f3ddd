"""Patrol strength and visibility."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.errors import FrameError
from geo.strength import (
    Band,
    intervention_rate,
    strength,
    total_band,
    visible_by_survey,
    visible_share,
)


@pytest.mark.parametrize(
    ("kind", "heads", "result", "colour", "missing"),
    [
        ("city_brigade", 199, "short", "red", 1),
        ("city_brigade", 200, "met", "green", 0),
        ("city_brigade", 500, "met", "green", 0),
        ("township_team", 0, "short", "red", 15),
        ("township_team", 14, "short", "red", 1),
        ("township_team", 15, "met", "green", 0),
        ("township_team", 20, "met", "green", 0),
        ("township_team", 21, "above", "blue", 0),
    ],
)
def test_bands(kind: str, heads: int, result: str, colour: str, missing: int) -> None:
    row = strength([kind], [heads], [heads]).iloc[0]
    assert (row["result"], row["colour"], row["missing"]) == (result, colour, missing)
    assert not row["is_weakened"]


@pytest.mark.parametrize(
    ("heads", "before", "expected"),
    [(210, 211, True), (210, 210, False), (210, 209, False), (210, np.nan, False)],
)
def test_any_loss_is_weakening(heads: float, before: float, expected: bool) -> None:
    assert strength(["city_brigade"], [heads], [before])["is_weakened"][0] == expected


def test_unknown_heads() -> None:
    row = strength(["township_team"], [np.nan], [16.0]).iloc[0]
    assert (row["result"], row["colour"]) == ("unknown", "grey")


@pytest.mark.parametrize(
    ("kind", "heads", "before"),
    [
        (["squad"], [1], [1]),
        (["city_brigade"], [-1], [1]),
        (["city_brigade"], [1.5], [1]),
        (["city_brigade"], [1, 2], [1]),
    ],
)
def test_faults(kind: list, heads: list, before: list) -> None:
    with pytest.raises(FrameError):
        strength(kind, heads, before)


def test_the_programme_asks_for_590_to_720() -> None:
    assert total_band({"city_brigade": 1, "township_team": 26}) == Band(590, 720)


def test_visible_share() -> None:
    people = [600, 300, 100]
    assert visible_share(people, [1, 0, 3]).tolist() == [0.7]
    assert visible_share(people, [[0, 0, 0], [9, 9, 9]]).tolist() == [0.0, 1.0]
    assert np.isnan(visible_share([0, 0], [1, 1]))


@pytest.mark.parametrize(
    ("people", "passes"), [([1, 2], [1]), ([1, -2], [1, 1]), ([1, np.nan], [1, 1])]
)
def test_visible_share_faults(people: list, passes: list) -> None:
    with pytest.raises(FrameError):
        visible_share(people, passes)


@given(
    arrays(float, 8, elements=st.integers(1, 1000)),
    arrays(float, (3, 8), elements=st.integers(0, 5)),
)
def test_another_pass_never_lowers_the_share(people: np.ndarray, passes: np.ndarray) -> None:
    assert (visible_share(people, passes + 1) >= visible_share(people, passes)).all()


def test_visible_by_survey() -> None:
    row = visible_by_survey([60], [100]).iloc[0]
    assert row["share"] == 0.6
    assert row["low"] < 0.6 < row["high"]


def test_intervention_rate() -> None:
    rate = intervention_rate([12, 0, 3], [24, 10, 0])
    assert rate[:2].tolist() == [0.5, 0.0]
    assert np.isnan(rate[2])

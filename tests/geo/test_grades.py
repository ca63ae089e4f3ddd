"""Colours: cut points, the red-domain rule, and hysteresis."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.grades import GRADES, grade_levels, settled_levels

CUTS = (50.0, 62.5, 75.0)
BLUE, YELLOW, ORANGE, RED = range(4)


@pytest.mark.parametrize(
    ("index", "highest", "level"),
    [
        (49.999, 60, BLUE),
        (50, 60, YELLOW),
        (62.5, 70, ORANGE),
        (75, 75, RED),
        (20, 75, ORANGE),  # one red domain, however quiet the others
        (20, 74.999, BLUE),
        (80, 95, RED),
        (np.nan, np.nan, -1),
    ],
)
def test_grade_levels(index: float, highest: float, level: int) -> None:
    assert grade_levels(index, highest, CUTS) == level
    assert GRADES == ("blue", "yellow", "orange", "red")


@pytest.mark.parametrize(
    ("shown", "before", "now", "expected"),
    [
        (BLUE, [0.3, 0.7, 0, 0], [0.3, 0.7, 0, 0], YELLOW),
        (BLUE, [0.5, 0.5, 0, 0], [0.3, 0.7, 0, 0], BLUE),  # not twice running
        (BLUE, [0.3, 0.7, 0, 0], [0.4, 0.6, 0, 0], BLUE),  # 0.6 is not over 0.6
        (BLUE, [0, 0, 0.3, 0.7], [0, 0, 0.7, 0.3], ORANGE),  # red, then orange: at least orange
        (RED, [0.7, 0.3, 0, 0], [0.1, 0.8, 0.1, 0], YELLOW),
        (YELLOW, [0.1, 0.4, 0.4, 0.1], [0.1, 0.4, 0.4, 0.1], YELLOW),
        (-1, [0.1, 0.2, 0.4, 0.3], [0.1, 0.2, 0.4, 0.3], ORANGE),  # first period: most probable
        (RED, [0, 0, 0, 1], [np.nan] * 4, -1),
        (RED, [np.nan] * 4, [0.9, 0.1, 0, 0], RED),
    ],
)
def test_hysteresis(shown: int, before: list[float], now: list[float], expected: int) -> None:
    assert settled_levels([shown], [before], [now]).tolist() == [expected]


@given(st.integers(0, 3), st.lists(st.floats(0.01, 1), min_size=8, max_size=8))
def test_a_colour_changes_only_when_sure_twice(shown: int, masses: list[float]) -> None:
    before, now = (np.array(part) / sum(part) for part in (masses[:4], masses[4:]))
    (level,) = settled_levels([shown], [before], [now])
    if level > shown:
        assert min(before[level:].sum(), now[level:].sum()) > 0.6 - 1e-9
    if level < shown:
        assert min(before[: level + 1].sum(), now[: level + 1].sum()) > 0.6 - 1e-9
    assert settled_levels([level], [before], [now]) == [level]


def test_refusal() -> None:
    with pytest.raises(FrameError, match="four probabilities"):
        settled_levels([0], np.ones((1, 3)), np.ones((1, 4)))

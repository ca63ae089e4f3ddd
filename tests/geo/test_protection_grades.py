"""Grades of the safety-protection works: bands, percentiles, matrix, order of tests."""

import numpy as np
import pandas as pd
import pytest

from geo.errors import FrameError
from geo.protection_grades import (
    INDICATORS,
    accident_risk_level,
    indicator_grade,
    protection_grade,
    road_risk_level,
)


def test_bands_of_road_risk() -> None:
    risk = [0, 2.99, 3, 4.99, 5, 12.99, 13, 22.99, 23, np.nan]
    assert road_risk_level(risk).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 0]


def test_percentiles_of_the_network() -> None:
    found = accident_risk_level([*range(101), np.nan])
    assert found.bounds.tolist() == [30, 50, 70, 90]
    assert found.level[[30, 31, 50, 51, 70, 71, 90, 91, 101]].tolist() == [
        1, 2, 2, 3, 3, 4, 4, 5, 0,
    ]  # fmt: skip
    given = accident_risk_level([0.05, 0.06, 2.0], bounds=[0.05, 0.20, 0.33, 1.33])
    assert given.level.tolist() == [1, 2, 5]
    with pytest.raises(FrameError, match="network"):
        accident_risk_level([np.nan])


@pytest.mark.parametrize(
    ("road", "accident", "grade"),
    [
        (4, 5, "A"), (5, 4, "A"), (4, 2, "B"), (5, 1, "B"), (4, 0, "B"),
        (2, 5, "C"), (3, 4, "C"), (2, 2, "D"), (3, 3, "D"),
        (1, 0, ""), (0, 5, ""), (0, 1, ""),
    ],
)  # fmt: skip
def test_matrix(road: int, accident: int, grade: str) -> None:
    assert protection_grade([road], [accident]).tolist() == [grade]


def test_flags_raise_a_section() -> None:
    found = protection_grade(
        [1, 1, 1],
        [1, 0, 0],
        is_high_road=[True, False, True],
        is_accident_prone=[False, True, True],
    )
    assert found.tolist() == ["B", "C", "A"]


@pytest.mark.parametrize(
    ("holds", "grade"),
    [
        ({"has_bus", "is_technical"}, "A1"),
        (set(INDICATORS), "A1"),
        ({"has_bus", "is_roadside"}, "A2"),
        ({"has_bus"}, "D"),
        ({"is_technical", "has_accidents", "is_roadside", "has_traffic"}, "A3"),
        ({"is_technical", "is_environment", "has_traffic", "is_roadside"}, "B2"),
        ({"is_technical", "is_roadside", "has_traffic"}, "B1"),
        ({"is_technical", "is_roadside"}, "B3"),
        ({"is_technical", "is_environment"}, "B4"),
        ({"has_accidents", "is_roadside"}, "C"),
        (set(), "D"),
    ],
)
def test_first_indicator_line_that_holds(holds: set[str], grade: str) -> None:
    sections = pd.DataFrame([{name: name in holds for name in INDICATORS}])
    assert indicator_grade(sections).tolist() == [grade]


def test_missing_indicators_are_named() -> None:
    with pytest.raises(FrameError, match="has_traffic"):
        indicator_grade(pd.DataFrame({name: [True] for name in INDICATORS[:-1]}))

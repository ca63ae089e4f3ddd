"""The monthly ladder, the five zeros, and totals that fall each year."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.ladder import (
    FIVE_ZEROS,
    LadderRule,
    Step,
    competition_ranks,
    falls_each_year,
    five_zeros,
    is_over_share,
    monthly_ladder,
    shown_counts,
)

LETTERS = {
    Step.NONE: "-",
    Step.YELLOW_CARD: "Y",
    Step.KEY_MANAGEMENT: "K",
    Step.ADJUSTMENT: "O",
}


def months(start: str, n: int) -> np.ndarray:
    return np.datetime64(start, "M") + np.arange(n)


def steps_of(top: str, start: str = "2010-01") -> str:
    """Steps of a unit that is on top (1) or not (0): three quiet peers never rank."""
    values = np.array([[float(c) for c in top]])
    ladder = monthly_ladder(values, months(start, len(top)), rule=LadderRule(top=1))
    return "".join(LETTERS[Step(step)] for step in ladder.step[0])


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        ("1", "Y"),
        ("11", "YK"),
        ("111", "YKO"),
        ("1010101", "Y-Y-Y-O"),
        ("11011", "YK-YO"),
        ("11010011", "YK-Y--OO"),
        ("0000", "----"),
        ("1111", "YKOO"),
        ("10101011", "Y-Y-Y-OO"),
    ],
)
def test_steps(top: str, expected: str) -> None:
    assert steps_of(top) == expected


def test_runs_go_over_new_year() -> None:
    # November, December, January.
    assert steps_of("111", "2010-11") == "YKO"


def test_the_year_counts_anew_in_january() -> None:
    # Three single months in autumn, one in January: the first of its year, not the fourth.
    assert steps_of("101010100", "2010-08")[:7] == "Y-Y-Y-Y"
    assert steps_of("1010101", "2010-01") == "Y-Y-Y-O"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([9, 7, 7, 7, 1], [1, 2, 2, 2, 5]),
        ([5, 5], [1, 1]),
        ([1, 2, 3], [3, 2, 1]),
        ([4, np.nan, 4, 1], [1, 0, 1, 3]),
        ([], []),
    ],
)
def test_competition_ranks(values: list[float], expected: list[int]) -> None:
    assert competition_ranks(values).tolist() == expected


def test_ties_let_more_than_three_qualify() -> None:
    ladder = monthly_ladder([[9.0], [7], [7], [7], [1]], months("2010-01", 1))
    assert ladder.rank[:, 0].tolist() == [1, 2, 2, 2, 5]
    assert ladder.is_top[:, 0].tolist() == [True, True, True, True, False]


def test_zero_never_ranks_unless_told() -> None:
    values = [[5.0], [0], [0]]
    assert monthly_ladder(values, months("2010-01", 1)).is_top[:, 0].tolist() == [1, 0, 0]
    low_is_bad = LadderRule(top=2, direction=-1, only_positive=False)
    ladder = monthly_ladder(values, months("2010-01", 1), rule=low_is_bad)
    assert ladder.rank[:, 0].tolist() == [3, 1, 1]


def test_an_unknown_month_ends_the_run() -> None:
    assert steps_of("11") == "YK"
    ladder = monthly_ladder([[1, np.nan, 1]], months("2010-01", 3), rule=LadderRule(top=1))
    assert ladder.run[0].tolist() == [1, 0, 1]
    assert ladder.times[0].tolist() == [1, 1, 2]


def test_months_must_follow() -> None:
    with pytest.raises(FrameError, match="follow one another"):
        monthly_ladder([[1.0, 2.0]], ["2010-01", "2010-03"])
    with pytest.raises(FrameError, match="one column per month"):
        monthly_ladder([[1.0, 2.0]], ["2010-01"])


figures = st.integers(2, 6).flatmap(
    lambda units: st.lists(
        st.lists(st.integers(0, 4), min_size=units, max_size=units), min_size=1, max_size=30
    )
)


@given(figures, st.integers(0, 11), st.data())
def test_later_months_change_nothing(
    columns: list[list[int]], month: int, data: st.DataObject
) -> None:
    values = np.array(columns, dtype=float).T
    when = months("2010-01", values.shape[1]) + month
    kept = data.draw(st.integers(1, values.shape[1]))
    whole, part = monthly_ladder(values, when), monthly_ladder(values[:, :kept], when[:kept])
    for name in ("rank", "is_top", "run", "times", "step"):
        assert np.array_equal(getattr(whole, name)[:, :kept], getattr(part, name))


@given(figures)
def test_the_ladder_equals_its_table_read_line_by_line(columns: list[list[int]]) -> None:
    values = np.array(columns, dtype=float).T
    when = months("2010-07", values.shape[1])
    ladder = monthly_ladder(values, when)
    for unit, row in enumerate(values):
        run = times = 0
        for at, value in enumerate(row):
            if when[at].astype(int) % 12 == 0:
                times = 0
            is_top = value > 0 and (values[:, at] > value).sum() < 3
            run, times = (run + 1, times + 1) if is_top else (0, times)
            expected = (
                Step.NONE
                if not is_top
                else Step.ADJUSTMENT
                if run >= 3 or times >= 4
                else Step.KEY_MANAGEMENT
                if run == 2
                else Step.YELLOW_CARD
            )
            assert ladder.step[unit, at] == expected


def test_the_rule_is_a_setting() -> None:
    strict = replace(LadderRule(top=1), run_for_adjustment=2)
    ladder = monthly_ladder([[1.0, 1.0]], months("2010-01", 2), rule=strict)
    assert ladder.step[0].tolist() == [Step.YELLOW_CARD, Step.ADJUSTMENT]


ZERO = dict.fromkeys(FIVE_ZEROS, 0)


@pytest.mark.parametrize(
    ("changed", "is_met", "broken"),
    [
        ({}, True, {}),
        ({"capital_repeated": 1}, False, {"capital_repeated": None}),
        ({"capital_repeated": 4}, False, {"capital_repeated": None}),
        ({"capital_repeated": 5}, False, {"capital_repeated": 5}),
        (
            {"capital_collective": 2, "province_gate_collective": 7},
            False,
            {"capital_collective": None, "province_gate_collective": 7},
        ),
    ],
)
def test_five_zeros(changed: dict, is_met: bool, broken: dict) -> None:
    found = five_zeros(ZERO | changed)
    assert (found.is_met, dict(found.broken)) == (is_met, broken)


@pytest.mark.parametrize("counts", [{}, ZERO | {"capital_repeated": -1}])
def test_five_zeros_needs_all_five(counts: dict) -> None:
    with pytest.raises(FrameError, match="all five"):
        five_zeros(counts)


def test_small_counts_are_not_shown() -> None:
    assert shown_counts([0, 1, 4, 5, 120, np.nan]) == ["0", "<5", "<5", "5", "120", "–"]


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [
        ([100, 90, 80, 70], [True, True, True]),
        ([100, 90, 90, 70], [True, False, True]),  # equal is not met
        ([100, 101, 80, 70], [False, True, True]),
    ],
)
def test_falls_each_year(volumes: list[int], expected: list[bool]) -> None:
    assert falls_each_year(volumes).tolist() == expected


@pytest.mark.parametrize("volumes", [[5], [5, np.nan]])
def test_falls_each_year_needs_known_totals(volumes: list[float]) -> None:
    with pytest.raises(FrameError):
        falls_each_year(volumes)


@pytest.mark.parametrize(("part", "expected"), [(100, False), (101, True), (99, False)])
def test_a_third_is_not_over_a_third(part: int, expected: bool) -> None:
    assert is_over_share(part, 300) is expected


def test_a_part_is_no_more_than_its_whole() -> None:
    with pytest.raises(FrameError):
        is_over_share(4, 3)

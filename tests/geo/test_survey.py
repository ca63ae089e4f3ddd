"""Shares of a survey and how surely they are known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from geo.errors import FrameError
from geo.survey import differs_from, mean_mark, safety_feeling, wilson


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_equals_scipy(counts: tuple[int, int]) -> None:
    hits, size = counts
    row = wilson([hits], [size]).iloc[0]
    expected = binomtest(hits, size).proportion_ci(method="wilson")
    assert row["low"] == pytest.approx(expected.low, abs=1e-12)
    assert row["high"] == pytest.approx(expected.high, abs=1e-12)
    assert 0 <= row["low"] <= row["share"] <= row["high"] <= 1


def test_a_hundred_answers_leave_nine_points_open() -> None:
    row = wilson([95], [100]).iloc[0]
    assert (round(row["low"], 4), round(row["high"], 4)) == (0.8882, 0.9785)
    # The rougher normal interval is the ±4.3 points often quoted.
    assert 1.96 * np.sqrt(0.95 * 0.05 / 100) == pytest.approx(0.043, abs=5e-4)


def test_nobody_answered() -> None:
    row = wilson([0], [0]).iloc[0]
    assert np.isnan(row[["share", "low", "high"]].to_numpy(float)).all()
    assert not differs_from(wilson([0], [0]), 0.9)[0]


@pytest.mark.parametrize(("hits", "size"), [(3, 2), (-1, 2), (0.5, 2), (np.nan, 2)])
def test_counts_must_be_counts(hits: float, size: float) -> None:
    with pytest.raises(FrameError, match="whole counts"):
        wilson([hits], [size])


ANSWERS = pd.DataFrame(
    {
        "safe": [50, 10],
        "fairly_safe": [30, 10],
        "basically_safe": [10, 0],
        "unsafe": [10, 20],
        "no_answer": [25, 60],
    },
    index=["101", "102"],
)


def test_safety_feeling_is_of_the_valid_answers() -> None:
    shares = safety_feeling(ANSWERS)
    assert shares.index.tolist() == ["101", "102"]
    assert shares["valid"].tolist() == [100, 40]
    assert shares["share"].tolist() == [0.9, 0.5]


def test_the_wording_moves_the_share() -> None:
    assert safety_feeling(ANSWERS, positive=("safe", "fairly_safe"))["share"].tolist() == [
        0.8,
        0.5,
    ]
    assert safety_feeling(ANSWERS, invalid=())["valid"].tolist() == [125, 100]


def test_unknown_answers_are_refused() -> None:
    with pytest.raises(FrameError, match="'happy' is no answer"):
        safety_feeling(pd.DataFrame({"happy": [1]}))
    with pytest.raises(FrameError, match="no positive answer"):
        safety_feeling(ANSWERS[["unsafe", "no_answer"]])


@pytest.mark.parametrize(
    ("hits", "size", "value", "expected"),
    [(95, 100, 0.96, False), (950, 1000, 0.96, False), (9500, 10_000, 0.96, True)],
)
def test_differs_from(hits: int, size: int, value: float, expected: bool) -> None:
    assert differs_from(wilson([hits], [size]), value)[0] == expected


def test_mean_mark() -> None:
    marks = np.array([[0, 0, 2, 2, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]])
    table = mean_mark(marks)
    given_marks = np.array([3, 3, 4, 4])
    half = 1.959964 * given_marks.std(ddof=1) / 2
    assert table["valid"].tolist() == [4, 0, 1]
    assert table.loc[0, ["mean", "low", "high"]].tolist() == pytest.approx(
        [3.5, 3.5 - half, 3.5 + half]
    )
    assert table.loc[1:, "mean"].isna().all()

"""Weights of events known only as from–to, and the profile of the week."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.aoristic import HOUR_S, WEEK_S, aoristic_weights, hour_of_week_profile
from geo.errors import FrameError

MONDAY = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())


def test_four_hours_give_a_quarter_each() -> None:
    edges = np.arange(0, 7) * HOUR_S
    weights = aoristic_weights([HOUR_S], [5 * HOUR_S], edges_s=edges)
    assert weights.tolist() == [[0, 0.25, 0.25, 0.25, 0.25, 0]]


def test_part_hours_instants_and_what_lies_outside() -> None:
    edges = np.arange(0, 4) * HOUR_S
    weights = aoristic_weights(
        [1_800, HOUR_S, -HOUR_S, 99_999], [5_400, HOUR_S, HOUR_S, 99_999], edges_s=edges
    )
    assert weights.tolist() == [[0.5, 0.5, 0], [0, 1, 0], [0.5, 0, 0], [0, 0, 0]]


def test_profile_starts_on_monday_and_wraps_on_sunday() -> None:
    start = [MONDAY, MONDAY + WEEK_S - HOUR_S]
    profile = hour_of_week_profile(start, [MONDAY, MONDAY + WEEK_S + HOUR_S])
    assert profile[0, 0] == pytest.approx(1.5)
    assert profile[6, 23] == pytest.approx(0.5)
    assert profile.sum() == pytest.approx(2)


def test_a_whole_week_says_nothing() -> None:
    profile = hour_of_week_profile([MONDAY + 1_234], [MONDAY + 1_234 + 3 * WEEK_S])
    assert profile == pytest.approx(np.full((7, 24), 1 / 168))


@settings(deadline=None, max_examples=60)
@given(
    events=st.lists(
        st.tuples(st.integers(-(10**9), 2 * 10**9), st.integers(0, 3 * WEEK_S)),
        min_size=1,
        max_size=8,
    )
)
def test_profile_is_the_folded_sum_of_weights(events: list[tuple[int, int]]) -> None:
    start = np.array([each[0] for each in events])
    end = start + np.array([each[1] for each in events])
    profile = hour_of_week_profile(start, end)
    assert profile.sum() == pytest.approx(len(events))
    direct = np.zeros(168)
    for first, last in zip(start, end, strict=True):
        base = MONDAY + (first - MONDAY) // WEEK_S * WEEK_S
        edges = base + np.arange(0, 168 * 5 + 1) * HOUR_S
        direct += aoristic_weights([first], [last], edges_s=edges)[0].reshape(5, 168).sum(0)
    assert profile.ravel() == pytest.approx(direct, abs=1e-6)


def test_weights_of_events() -> None:
    assert hour_of_week_profile([MONDAY], [MONDAY], weights=[2.5]).sum() == 2.5


def test_intervals_that_run_backwards_are_refused() -> None:
    with pytest.raises(FrameError, match="end before they start"):
        hour_of_week_profile([10], [5])
    with pytest.raises(FrameError, match="first and a last"):
        aoristic_weights([np.nan], [5], edges_s=[0, 1])
    with pytest.raises(FrameError, match="must rise"):
        aoristic_weights([0], [5], edges_s=[1, 0])

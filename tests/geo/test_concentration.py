"""Concentration against published worked values and its own definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.concentration import concentration, gini, gini_sparse, lorenz_curve
from geo.errors import FrameError


def test_gini_and_lorenz_of_four_places() -> None:
    assert gini([10, 20, 30, 40]) == pytest.approx(0.25)
    assert lorenz_curve([10, 20, 30, 40]) == pytest.approx([0.4, 0.7, 0.9, 1.0])


@pytest.mark.parametrize(
    ("counts", "plain", "sparse"),
    [([0] * 4 + [1] * 6, 0.4, 0.0), ([0] * 6 + [1, 1, 1, 3], 0.7, 0.5)],
)
def test_sparse_gini_of_six_events_on_ten_places(
    counts: list[int], plain: float, sparse: float
) -> None:
    assert gini(counts) == pytest.approx(plain)
    assert gini_sparse(counts) == pytest.approx(sparse)


def test_share_of_places_holding() -> None:
    found = concentration([6, 2, 1, 1, 0, 0, 0, 0, 0, 0])
    assert found.places_holding == {0.25: 0.1, 0.5: 0.1, 0.8: 0.2}
    assert (found.places, found.events) == (10, 10.0)


def test_holding_everything_needs_every_busy_place() -> None:
    assert concentration([1, 1, 0, 0], event_shares=(1.0,)).places_holding == {1.0: 0.5}


@given(counts=st.lists(st.integers(0, 50), min_size=1, max_size=40).filter(any))
def test_gini_is_half_the_relative_mean_difference(counts: list[int]) -> None:
    values = np.array(counts, dtype=float)
    difference = np.abs(values[:, None] - values).mean() / (2 * values.mean())
    assert gini(counts) == pytest.approx(difference, abs=1e-12)


@given(counts=st.lists(st.integers(0, 50), min_size=1, max_size=40).filter(any))
def test_sparse_gini_is_never_above_gini_and_never_below_zero(counts: list[int]) -> None:
    assert -1e-9 <= gini_sparse(counts) <= gini(counts) + 1e-12


@pytest.mark.parametrize("counts", [[], [0, 0], [-1, 2], [np.nan, 1]])
def test_impossible_counts_are_refused(counts: list[float]) -> None:
    with pytest.raises(FrameError):
        concentration(counts)


def test_gini_without_events_is_unknown() -> None:
    assert np.isnan(gini([0, 0]))
    assert np.isnan(gini_sparse([0, 0]))

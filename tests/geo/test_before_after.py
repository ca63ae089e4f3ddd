"""Before–after with empirical Bayes: a worked example, exact intervals, and coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from geo.before_after import before_after
from geo.errors import FrameError

EXAMPLE = ([9, 10, 7], [4, 5, 2], [4, 6, 2.5], [4.4, 6.3, 2.6], 0.6)


def test_worked_example_of_three_places() -> None:
    found = before_after(*EXAMPLE)
    assert found.expected_after == pytest.approx(23.2773, abs=5e-5)
    assert found.expected_variance == pytest.approx(17.6836, abs=5e-5)
    assert found.observed_after / found.expected_after == pytest.approx(0.4726, abs=5e-5)
    assert found.ratio == pytest.approx(0.4576, abs=5e-5)
    assert found.effect_percent == pytest.approx(54.24, abs=0.005)
    assert found.standard_error == pytest.approx(15.58, abs=0.005)
    assert found.standard_error_hsm == pytest.approx(16.35, abs=0.01)
    assert found.naive_percent == pytest.approx(57.69, abs=0.005)
    assert found.significance == "95"
    assert found.low_percent < found.effect_percent < found.high_percent


def test_no_treatment_is_shown_as_regression_not_as_success() -> None:
    # 12 accidents where 3 are usual, and then about as many as were to be expected: 8.4.
    found = before_after(12, 8, 3.0, 3.0, 0.5)
    assert found.naive_percent == pytest.approx(100 * 4 / 12)
    assert found.regression_percent == pytest.approx(30.0)
    assert found.significance == "none"
    assert found.low_percent < 0 < found.high_percent


def test_periods_of_unlike_length() -> None:
    found = before_after(12, 4, 6.0, 2.0, 0.5, years_before=3.0, years_after=1.0)
    assert found.naive_percent == pytest.approx(0.0)
    assert found.expected_after == pytest.approx((6 / 4 + 12 * 3 / 4) / 3)


def test_interval_without_doubt_about_the_expectation_is_garwoods() -> None:
    found = before_after(5, 3, 8.0, 8.0, 0.0)
    low, high = chi2.ppf(0.025, 6) / 16, chi2.ppf(0.975, 8) / 16
    assert found.low_percent == pytest.approx(100 * (1 - high))
    assert found.high_percent == pytest.approx(100 * (1 - low))


def test_nothing_afterwards_is_not_certainty() -> None:
    found = before_after(2, 0, 1.0, 1.0, 0.5)
    assert (found.effect_percent, found.standard_error) == (100.0, 0.0)
    assert found.low_percent < 0
    assert found.significance == "none"
    assert np.isnan(before_after(0, 1, 1.0, 1.0, 0.5).naive_percent)


@settings(deadline=None)
@given(
    before=st.integers(0, 40),
    after=st.integers(0, 40),
    mean=st.floats(0.1, 20),
    k=st.floats(0, 3),
)
def test_the_interval_holds_the_effect(before: int, after: int, mean: float, k: float) -> None:
    found = before_after(before, after, mean, mean, k)
    assert found.low_percent <= found.effect_percent + 1e-9
    assert found.effect_percent <= found.high_percent + 1e-9


def test_coverage_of_the_interval() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(600):
        truth = 4.0 * rng.gamma(2.0, 0.5, 3)
        found = before_after(
            rng.poisson(truth), rng.poisson(0.6 * truth), [4.0] * 3, [4.0] * 3, 0.5
        )
        hits += found.low_percent <= 40.0 <= found.high_percent
    assert 0.94 <= hits / 600 <= 0.99


def test_refused_input() -> None:
    with pytest.raises(FrameError, match="both periods"):
        before_after([1, 2], [1], [1.0], [1.0], 0.5)
    with pytest.raises(FrameError, match="positive"):
        before_after([1], [1], [0.0], [1.0], 0.5)

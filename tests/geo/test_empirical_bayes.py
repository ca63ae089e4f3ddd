"""Empirical Bayes against the worked examples of Hauer et al. 2002, and its properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.empirical_bayes import class_moments, expected_by_year, expected_count
from geo.errors import FrameError
from geo.performance_functions import power_law

KM, PHI_KM = 1.8, 2.05
MEAN = float(power_law(4000, KM, factor=0.0224, exponent=0.564))
K = 1 / (PHI_KM * KM)

positive = st.floats(0.01, 50)


def test_one_year_on_1_8_km() -> None:
    found = expected_count([12], [MEAN], K)
    per_km = MEAN / KM
    assert per_km == pytest.approx(2.41, abs=0.005)
    assert found.weight[0] == pytest.approx(0.460, abs=5e-4)
    assert found.expected[0] == pytest.approx(8.48, abs=0.005)
    assert found.expected[0] / KM == pytest.approx(4.71, abs=0.005)
    assert np.sqrt(found.variance[0]) / KM == pytest.approx(1.19, abs=0.005)


def test_three_years_on_1_8_km() -> None:
    found = expected_count([12 + 7 + 8], [3 * MEAN], K)
    assert found.weight[0] == pytest.approx(0.221, abs=5e-4)
    assert found.expected[0] / 3 == pytest.approx(7.97, abs=0.006)
    assert np.sqrt(found.variance[0]) / 3 == pytest.approx(1.44, abs=0.005)
    assert found.expected[0] / 3 / KM == pytest.approx(4.43, abs=0.005)
    yearly = expected_by_year([[12, 7, 8]], np.full((1, 3), MEAN), K)
    assert yearly[0] == pytest.approx(np.full(3, found.expected[0] / 3))


def test_years_follow_the_predicted_factors() -> None:
    predicted = np.array([[2.0, 3.0, 5.0]])
    yearly = expected_by_year([[4, 4, 4]], predicted, 0.5)[0]
    weight = 1 / (1 + 0.5 * 10)
    factors = predicted[0] / 2
    first = weight * 2 + (1 - weight) * 12 / factors.sum()
    assert yearly == pytest.approx(factors * first)


@settings(deadline=None)
@given(observed=st.integers(0, 60), predicted=positive, k=st.floats(0, 20))
def test_between_the_record_and_the_prediction(
    observed: int, predicted: float, k: float
) -> None:
    found = expected_count(observed, predicted, k)
    low, high = sorted((observed, predicted))
    assert low - 1e-9 <= found.expected <= high + 1e-9
    assert 0 <= found.variance <= found.expected


@settings(deadline=None)
@given(observed=st.integers(0, 60), predicted=positive, k=st.floats(0.01, 5))
def test_the_gamma_posterior_is_the_same_thing(
    observed: int, predicted: float, k: float
) -> None:
    found = expected_count(observed, predicted, k)
    shape, rate = 1 / k + observed, 1 / (k * predicted) + 1
    assert found.expected == pytest.approx(shape / rate)
    assert found.variance == pytest.approx(shape / rate**2)


def test_no_overdispersion_means_no_memory() -> None:
    found = expected_count([9], [2.0], 0.0)
    assert (found.expected[0], found.variance[0]) == (2.0, 0.0)


def test_moments_of_classes() -> None:
    table = class_moments([0, 1, 5, 2, 2, 2, 0], list("aaabbbc"))
    assert table.loc["a"].to_dict() == pytest.approx(
        {"places": 3, "events": 6, "mean": 2, "variance": 7, "k": 5 / 4}
    )
    assert table.loc["b", "k"] == 0
    assert np.isnan(table.loc["c", "k"])


def test_refused_input() -> None:
    with pytest.raises(FrameError, match="at least 0"):
        expected_count([1], [np.nan], 0.5)
    with pytest.raises(FrameError, match="shape"):
        expected_by_year([[1, 2]], [[1.0]], 0.5)

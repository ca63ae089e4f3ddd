"""Negative-binomial regression against another program's optimum; the two-lane model against rows."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from geo.empirical_bayes import expected_count
from geo.errors import FrameError
from geo.performance_functions import (
    METRES_PER_FOOT,
    METRES_PER_MILE,
    TWO_LANE_K_MILE,
    fit_negative_binomial,
    power_law,
    two_lane_factors,
    two_lane_spf,
)


def roads(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    road_class = rng.integers(0, 3, n)
    log_aadt, km = rng.normal(0, 0.6, n), rng.uniform(0.2, 0.8, n)
    design = np.column_stack([np.ones(n), road_class == 1, road_class == 2, log_aadt])
    mean = np.exp(design @ [-0.5, 0.4, -0.3, 0.8]) * km
    return rng.poisson(mean * rng.gamma(2, 0.5, n)).astype(float), design.astype(float), km


def test_optimum_of_statsmodels_on_the_same_rows() -> None:
    # statsmodels 0.14 NegativeBinomial (nb2, bfgs) on these 400 rows: -265.493165.
    counts, design, km = roads(400, 7)
    fit = fit_negative_binomial(counts, design, offset=np.log(km))
    assert fit.log_likelihood == pytest.approx(-265.493165, abs=1e-5)
    assert fit.coefficients == pytest.approx([-0.3143, 0.0116, -0.6377, 0.9744], abs=2e-4)
    assert fit.k == pytest.approx(0.65988, abs=1e-4)
    assert (fit.rows, fit.events) == (400, counts.sum())
    assert fit.standard_errors == pytest.approx([0.168, 0.233, 0.262, 0.181], abs=0.003)


def test_recovers_what_made_the_counts_and_is_a_maximum() -> None:
    counts, design, km = roads(20_000, 7)
    fit = fit_negative_binomial(counts, design, offset=np.log(km))
    assert fit.coefficients == pytest.approx([-0.5, 0.4, -0.3, 0.8], abs=0.06)
    assert fit.k == pytest.approx(0.5, abs=0.07)

    def likelihood(beta: np.ndarray, k: float) -> float:
        mean = np.exp(design @ beta + np.log(km))
        return float(nbinom.logpmf(counts, 1 / k, 1 / (1 + k * mean)).sum())

    best = likelihood(fit.coefficients, fit.k)
    assert fit.log_likelihood == pytest.approx(best, abs=1e-6)
    for step in np.eye(4) * 0.01:
        assert likelihood(fit.coefficients + step, fit.k) < best
        assert likelihood(fit.coefficients - step, fit.k) < best
    assert max(likelihood(fit.coefficients, fit.k * f) for f in (0.98, 1.02)) < best


def test_dispersion_of_a_kilometre_spreads_by_length() -> None:
    rng = np.random.default_rng(3)
    km = rng.choice([0.25, 1.0, 4.0], 30_000)
    counts = rng.poisson(2 * km * rng.gamma(km / 0.4, 0.4 / km))
    ones = np.ones((len(km), 1))
    fit = fit_negative_binomial(counts, ones, offset=np.log(km), dispersion_scale=1 / km)
    assert fit.k == pytest.approx(0.4, rel=0.05)
    assert np.exp(fit.coefficients[0]) == pytest.approx(2.0, rel=0.02)


def test_counts_that_scatter_by_chance_have_no_overdispersion() -> None:
    counts = np.tile([0.0, 1.0, 1.0, 2.0], 50)
    fit = fit_negative_binomial(counts, np.ones((200, 1)))
    assert fit.k == 0.0
    assert np.exp(fit.coefficients[0]) == pytest.approx(1.0)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 12), min_size=5, max_size=40).filter(any))
def test_an_intercept_alone_is_the_mean(counts: list[int]) -> None:
    fit = fit_negative_binomial(counts, np.ones((len(counts), 1)))
    assert fit.predict(np.ones((1, 1)))[0] == pytest.approx(np.mean(counts), rel=1e-6)


def test_a_class_without_accidents_stays_finite_under_a_penalty() -> None:
    empty = np.repeat([0.0, 1.0], 50)
    counts = np.where(empty > 0, 0, np.tile([0, 1, 2, 0, 5], 20))
    design = np.column_stack([np.ones(100), 1 - empty, empty])
    fit = fit_negative_binomial(counts, design, penalty=[0, 1, 1])
    assert np.isfinite(fit.coefficients).all()
    quiet, busy = fit.predict([[1, 0, 1], [1, 1, 0]])
    assert 0 < quiet < 0.2 < 1.3 < busy < 1.8


def test_impossible_regressions_are_refused() -> None:
    ones = np.ones((4, 1))
    with pytest.raises(FrameError, match="at least one"):
        fit_negative_binomial([0, 0, 0, 0], ones)
    with pytest.raises(FrameError, match="one row per count"):
        fit_negative_binomial([1, 2], ones)
    with pytest.raises(FrameError, match="finite"):
        fit_negative_binomial([1, 2, 3, 4], ones, offset=-np.inf)
    with pytest.raises(FrameError, match="say the same"):
        fit_negative_binomial([1, 2, 3, 4], np.ones((4, 2)))


def test_power_law_of_the_published_example() -> None:
    assert power_law(4000, 1.0, factor=0.0224, exponent=0.564) == pytest.approx(2.41, abs=0.005)


REALDATA = os.environ.get("PINGAN_REALDATA")


@pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is not set")
def test_all_published_rows_of_the_rural_two_lane_model() -> None:
    rows = pd.read_csv(Path(REALDATA or ".") / "oracles/roads/cpm_Results.csv")
    rows = rows[rows["factype"] == "rtl_seg"].reset_index(drop=True)
    assert len(rows) == 1486
    segments = pd.DataFrame(
        {
            "aadt": rows["aadt"],
            "lane_width_m": rows["lane_width"] * METRES_PER_FOOT,
            "shoulder_width_m": rows["shld_width"] * METRES_PER_FOOT,
            "shoulder_type": rows["shld_type"],
            "curve_radius_m": rows["curve_radius"] * METRES_PER_FOOT,
            # The published run lets no curve be longer than its segment.
            "curve_length_m": rows[["curve_length", "length"]].min(axis=1) * METRES_PER_MILE,
            "spiral_share": rows["spiral_transition"],
            "superelevation_lack": rows["se_var"],
            "grade_percent": rows["grade"],
            "driveways_per_km": rows["dwy_density"] / METRES_PER_MILE * 1000,
            "has_centre_rumble": rows["rumble_cl"] > 0,
            "passing_lanes": rows["passing_lanes"],
            "roadside_rating": rows["rhr"],
            "is_lit": rows["lighting"] > 0,
            "has_speed_cameras": rows["ase"] > 0,
        }
    )
    spf = two_lane_spf(rows["aadt"], rows["length"] * METRES_PER_MILE / 1000)
    factors = two_lane_factors(segments)
    predicted = spf * factors["total"].to_numpy() * rows["num_years"].to_numpy()
    found = expected_count(rows["obs_kabco"], predicted, TWO_LANE_K_MILE / rows["length"])
    assert np.abs(spf - rows["spf_kabco"].to_numpy()).max() < 1e-9
    assert np.abs(factors["total"] - rows["af_total"]).max() < 1e-9
    assert np.abs(predicted - rows["pred_kabco"].to_numpy()).max() < 1e-9
    assert np.abs(found.expected - rows["exp_kabco"].to_numpy()).max() < 1e-9
    assert predicted.sum() == pytest.approx(2144.8431593093323, abs=1e-6)
    assert found.expected.sum() == pytest.approx(3449.247158227235, abs=1e-6)

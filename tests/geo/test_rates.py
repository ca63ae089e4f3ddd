"""The hierarchical rate model: exact law, coverage, error, ranks and edge cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln, logsumexp

from geo.errors import FrameError
from geo.index_uncertainty import competition_ranks
from geo.rate_smoothing import plug_in_interval
from geo.rates import fit_rates, raw_rate

UNITS = 26
REPLICATES = 40


def simulate(
    expected: float, cv: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    exposures = rng.lognormal(0, 0.6, UNITS)
    rates = expected * rng.gamma(1 / cv**2, cv**2, UNITS)
    return rng.poisson(exposures * rates), exposures, rates


def brute_force(counts: np.ndarray, exposures: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """(n) posterior means over a plain fine grid of log m, one node of b at a time."""
    logs, shapes = [], []
    for b in rate:
        m = np.exp(np.linspace(-12, 12, 4001))[:, None]
        a = m * b
        law = gammaln(counts + a) - gammaln(a) - gammaln(counts + 1)
        law = (
            law + a * np.log(b / (b + exposures)) + counts * np.log(exposures / (b + exposures))
        )
        logs.append(law.sum(axis=1))
        shapes.append(a)
    weight = np.exp(np.array(logs) - logsumexp(logs))
    means = [
        weight[at] @ ((counts + shapes[at]) / (exposures + b)) for at, b in enumerate(rate)
    ]
    return np.sum(means, axis=0)


@pytest.mark.parametrize("expected", [0.2, 3, 40])
def test_means_equal_brute_force_integration(expected: float) -> None:
    counts, exposures, _ = simulate(expected, 0.5, np.random.default_rng(3))
    posterior = fit_rates(counts, exposures)
    nodes = np.unique(posterior.rate)
    assert len(nodes) == 60
    assert len(posterior.weight) == 60 * 41
    typical = 1 / np.mean(1 / exposures)
    assert nodes / (nodes + typical) == pytest.approx((np.arange(60) + 0.5) / 60)
    assert posterior.mean == pytest.approx(brute_force(counts, exposures, nodes), rel=2e-4)


@pytest.mark.parametrize("expected", [2, 8, 30])
def test_intervals_ranks_and_error(expected: float) -> None:
    """Seeded: 90 % intervals cover 87–96 %, rank intervals hold the true rank in 88 % or more."""
    rng = np.random.default_rng(20)
    inside, plugged, held, error, raw_error = [], [], [], [], []
    for cv in (0.25, 0.6):
        for _ in range(REPLICATES):
            counts, exposures, rates = simulate(expected, cv, rng)
            posterior = fit_rates(counts, exposures)
            level = posterior.cdf(rates)  # inside the interval where within its tails
            inside.append((level > 0.05) & (level < 0.95))
            low, high = plug_in_interval(counts, exposures)
            plugged.append((low <= rates) & (rates <= high))
            ranks = competition_ranks(posterior.draws(600, rng))
            low, high = np.quantile(ranks, [0.05, 0.95], axis=0, method="inverted_cdf")
            true = competition_ranks(rates)
            held.append((low <= true) & (true <= high))
            error.append((posterior.mean - rates) ** 2)
            raw_error.append((counts / exposures - rates) ** 2)
    assert 0.87 <= np.mean(inside) <= 0.96
    assert np.mean(held) >= 0.88
    assert np.mean(plugged) < np.mean(inside)
    if expected == 2:
        assert np.mean(plugged) < 0.7
        assert np.sqrt(np.mean(error) / np.mean(raw_error)) <= 0.7


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 50), min_size=2, max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_quantiles_invert_the_distribution(counts: list[int], seed: int) -> None:
    exposures = np.random.default_rng(seed).lognormal(0, 1, len(counts))
    posterior = fit_rates(counts, exposures)
    low, high = posterior.interval(0.9)
    assert posterior.cdf(low) == pytest.approx(0.05, abs=1e-8)
    assert posterior.cdf(high) == pytest.approx(0.95, abs=1e-8)
    assert (posterior.mean > 0).all()
    assert ((posterior.own_share > 0) & (posterior.own_share < 1)).all()


def test_draws_follow_the_exact_law() -> None:
    counts, exposures, _ = simulate(4, 0.5, np.random.default_rng(9))
    posterior = fit_rates(counts, exposures)
    draws = posterior.draws(40_000, np.random.default_rng(1))
    assert draws.mean(axis=0) == pytest.approx(posterior.mean, rel=0.02)
    assert draws.var(axis=0) == pytest.approx(posterior.variance, rel=0.1)
    assert (draws <= posterior.quantile(0.3)).mean(axis=0) == pytest.approx(0.3, abs=0.012)
    again = posterior.draws(40_000, np.random.default_rng(1))
    assert (draws == again).all()


def test_rates_are_drawn_to_the_mean_the_more_the_less_was_seen() -> None:
    exposures = np.array([0.2] * 13 + [5.0] * 13)
    counts = np.array([1, 0] * 6 + [0] + [4, 12, 7, 9, 11, 8, 3, 9, 16, 8, 7, 9, 10])
    posterior = fit_rates(counts, exposures)
    assert (posterior.own_share[:13] < posterior.own_share[13:].min()).all()
    raw = raw_rate(counts, exposures)
    centre = counts.sum() / exposures.sum()
    assert (np.abs(posterior.mean - centre) < np.abs(raw - centre) + 1e-9).sum() >= 24


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-6, 1e6))
def test_the_unit_of_exposure_does_not_matter(scale: float) -> None:
    counts, exposures, _ = simulate(3, 0.5, np.random.default_rng(2))
    rates = fit_rates(counts, exposures).mean
    assert fit_rates(counts, exposures * scale).mean * scale == pytest.approx(rates, rel=1e-9)


def test_nothing_happened_anywhere() -> None:
    posterior = fit_rates(np.zeros(26), np.ones(26))
    assert (posterior.mean == posterior.mean[0]).all()
    assert 0 < posterior.mean[0] < 1 / 26  # less than one event in all
    assert np.isfinite(posterior.interval()[1]).all()


def test_one_unit() -> None:
    posterior = fit_rates([6], [2.0])
    low, high = posterior.interval()
    assert low < 3 < high
    assert posterior.mean == pytest.approx(3, rel=0.1)


def test_a_unit_without_exposure_has_no_rate_and_moves_no_other() -> None:
    alone = fit_rates([5, 0, 3], [1, 2, 4])
    padded = fit_rates([5, 0, 0, 3, 0], [1, 0, 2, 4, np.nan])
    assert np.isnan(padded.mean[[1, 4]]).all()
    assert padded.mean[[0, 2, 3]].tolist() == alone.mean.tolist()
    assert np.isnan(padded.draws(5, np.random.default_rng(0))[:, [1, 4]]).all()
    assert np.isnan(padded.quantile(0.5)[[1, 4]]).all()


def test_raw_rates_as_published() -> None:
    """Deaths per 100,000; no rate where nobody is exposed."""
    rates = raw_rate([12, 3, 0], [100_000, 0, 50_000], per=1e5)
    assert rates[[0, 2]].tolist() == [12, 0]
    assert np.isnan(rates[1])


def test_refusals() -> None:
    with pytest.raises(FrameError, match="negative"):
        fit_rates([-1, 2], [1, 1])
    with pytest.raises(FrameError, match="no unit has exposure"):
        fit_rates([1, 2], [0, np.nan])
    with pytest.raises(FrameError, match="one number per unit"):
        fit_rates([1, 2], [1])
    with pytest.raises(FrameError, match="inside"):
        fit_rates([1, 2], [1, 1]).quantile(1.0)

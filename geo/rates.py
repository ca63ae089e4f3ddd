"""Rates of rare events: a hierarchical Poisson–gamma model on an exact grid.

Counts y_i ~ Poisson(E_i θ_i) with rates θ_i ~ Gamma(shape m b, rate b). Given (m, b) a
unit's expected rate is w_i y_i/E_i + (1 - w_i) m with w_i = E_i/(E_i + b): the less was
observed, the nearer to the mean of all. (m, b) are not estimated and plugged in but
integrated over 60 × 41 nodes: B = b/(b + Ē) is uniform on (0, 1), Ē the harmonic mean
exposure (uniform-shrinkage prior, Daniels 1999; Christiansen & Morris 1997), and log m
is flat. The posterior is a finite mixture of gammas, so that nothing is sampled
unless draws are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammainc, gammaincinv, gammaln, zeta

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]

_SHRINKAGES = 60
_MEANS = 41
_DROP = 12.0  # log m is covered to where the likelihood has fallen by e⁻¹²
_NEGLIGIBLE = 1e-7  # posterior mass of the lightest nodes left out of the exact law
_NO_EVENT = 0.5  # flat log m is improper without any event: Jeffreys' m^½ takes its place
_SMALLEST = 1e-300


def raw_rate(
    counts: npt.ArrayLike, exposures: npt.ArrayLike, *, per: float = 1.0
) -> npt.NDArray[np.float64]:
    """Events per ``per`` units of exposure; NaN where the exposure is zero or unknown."""
    events, at_risk = np.asarray(counts, dtype=float), np.asarray(exposures, dtype=float)
    rate = np.full(np.broadcast_shapes(events.shape, at_risk.shape), np.nan)
    np.divide(events, at_risk, out=rate, where=at_risk > 0)
    return per * rate


@dataclass(frozen=True, kw_only=True, eq=False)
class RatePosterior:
    """What is known of the rates of one series of counts.

    Parameters
    ----------
    counts, exposures
        (n) as given; a unit without positive exposure has NaN everywhere.
    weight, shape
        (nodes) posterior probability and prior shape m·b of each node.
    rate
        (nodes) prior rate b of each node, in units of exposure.
    """

    counts: Floats
    exposures: Floats
    weight: Floats
    shape: Floats
    rate: Floats

    @cached_property
    def _moments(self) -> tuple[Floats, Floats]:
        """(n) mean and variance, by the nodes that share one prior rate."""
        mean, square = np.zeros(len(self.counts)), np.zeros(len(self.counts))
        for b, p, shape in zip(*self._by_rate, strict=True):
            first, second = p @ shape, p @ (shape * shape)
            events, at_risk, mass = self.counts, self.exposures + b, p.sum()
            mean += (mass * events + first) / at_risk
            raised = mass * events * (events + 1) + (2 * events + 1) * first + second
            square += raised / at_risk**2
        return mean, square - mean**2

    @property
    def _by_rate(self) -> tuple[Floats, Floats, Floats]:
        rows = (_SHRINKAGES, _MEANS)
        return (
            self.rate.reshape(rows)[:, 0],
            self.weight.reshape(rows),
            self.shape.reshape(rows),
        )

    @property
    def mean(self) -> Floats:
        """(n) posterior mean rate: the shrunk rate to show."""
        return self._moments[0]

    @property
    def variance(self) -> Floats:
        """(n) posterior variance."""
        return self._moments[1]

    @property
    def own_share(self) -> Floats:
        """(n) how much a unit's own record counts, the posterior mean of w in (0, 1)."""
        b, weight, _ = self._by_rate
        share = self.exposures[:, None] / (self.exposures[:, None] + b)
        return np.asarray(share @ weight.sum(axis=1))

    def cdf(self, rates: npt.ArrayLike) -> Floats:
        """(n) probability that each unit's true rate is at most the one given."""
        return self._law(np.asarray(rates, dtype=float))[0]

    def quantile(self, probability: float) -> Floats:
        """(n) exact quantile of each unit's rate.

        Raises
        ------
        FrameError
            When the probability is not inside (0, 1).
        """
        if not 0 < probability < 1:
            raise FrameError(f"probability {probability} must lie inside (0, 1)")
        known = np.isfinite(self.mean)
        shape = np.square(self.mean[known]) / self.variance[known]
        start = gammaincinv(shape, probability) * self.variance[known] / self.mean[known]
        rates = np.full(len(self.counts), np.nan)
        rates[known] = np.maximum(start, _SMALLEST)
        target = np.log(probability / (1 - probability))
        for _ in range(60):  # Newton on the log odds against the log rate: nearly a line
            below, density = self._law(rates)
            odds = below * (1 - below)
            with np.errstate(divide="ignore", invalid="ignore"):
                miss = np.log(below / (1 - below)) - target
                step = np.clip(miss * odds / (density * rates), -30.0, 30.0)
            step = np.where(odds > 0, step, np.where(below > 0.5, 1.0, -1.0))
            moved = np.maximum(rates * np.exp(-step), _SMALLEST)
            if not (np.abs(below - probability) > 1e-10)[known & (moved > _SMALLEST)].any():
                break
            rates = moved
        return rates

    def interval(self, level: float = 0.9) -> tuple[Floats, Floats]:
        """(n), (n) equal-tailed credible interval."""
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def draws(self, count: int, rng: np.random.Generator) -> Floats:
        """(count, n) joint draws: one (m, b) per row, shared by all units."""
        # One node in every 1/count of the posterior, in random order: less noise than independent.
        level = (np.arange(count) + rng.random(count)) / count
        node = np.searchsorted(np.cumsum(self.weight), level * self.weight.sum())
        node = rng.permutation(np.minimum(node, len(self.weight) - 1))
        known = np.isfinite(self.exposures)
        sampled = rng.standard_gamma(self.shape[node, None] + self.counts[known])
        sampled /= self.rate[node, None] + self.exposures[known]
        if known.all():
            return sampled
        rates = np.full((count, len(known)), np.nan)
        rates[:, known] = sampled
        return rates

    @cached_property
    def _main_nodes(self) -> tuple[Floats, Floats, Floats]:
        order = np.argsort(self.weight)
        keep = order[np.cumsum(self.weight[order]) > _NEGLIGIBLE]
        weight = self.weight[keep]
        return weight / weight.sum(), self.shape[keep], self.rate[keep]

    def _law(self, rates: Floats) -> tuple[Floats, Floats]:
        """(n) distribution function and density of the mixture at one rate per unit."""
        weight, shape, rate = self._main_nodes
        below, density = np.full(len(rates), np.nan), np.full(len(rates), np.nan)
        known = np.flatnonzero(np.isfinite(self.exposures) & np.isfinite(rates))
        for block in np.array_split(known, max(1, len(known) * len(weight) // 500_000)):
            form = self.counts[block, None] + shape
            inverse = self.exposures[block, None] + rate
            at = np.maximum(rates[block, None], _SMALLEST)
            below[block] = gammainc(form, inverse * at) @ weight
            log_density = form * np.log(inverse) + (form - 1) * np.log(at) - inverse * at
            density[block] = np.exp(log_density - gammaln(form)) @ weight
        return below, density


def fit_rates(counts: npt.ArrayLike, exposures: npt.ArrayLike) -> RatePosterior:
    """Posterior of the rates of one series: one kind of event in one period.

    Parameters
    ----------
    counts
        (n) events per unit. Fit each severity class by itself and weight the rates:
        a weighted sum of counts is not Poisson.
    exposures
        (n) people, vehicle-kilometres, sites … at risk; zero or NaN where the kind cannot occur
        or the exposure is unknown. Such units are not fitted and get NaN.

    Raises
    ------
    FrameError
        When lengths differ, a count is negative or unknown, or no unit has exposure.
    """
    events, at_risk = np.asarray(counts, dtype=float), np.asarray(exposures, dtype=float)
    if events.ndim != 1 or events.shape != at_risk.shape:
        raise FrameError("counts and exposures must be one number per unit each")
    if not (np.isfinite(events) & (events >= 0)).all():
        raise FrameError("a count is unknown or negative; give 0 where nothing was recorded")
    known = np.isfinite(at_risk) & (at_risk > 0)
    if not known.any():
        raise FrameError("no unit has exposure; give the people, road or sites at risk")
    typical = 1 / np.mean(1 / at_risk[known])
    shrinkage = (np.arange(_SHRINKAGES) + 0.5) / _SHRINKAGES
    rate = shrinkage / (1 - shrinkage)
    weight, shape = _grid(events[known], at_risk[known] / typical, rate)
    return RatePosterior(
        counts=events,
        exposures=np.where(known, at_risk, np.nan),
        weight=weight.ravel(),
        shape=shape.ravel(),
        rate=np.repeat(rate * typical, _MEANS),
    )


def _grid(events: Floats, at_risk: Floats, rate: Floats) -> tuple[Floats, Floats]:
    """(60, 41) posterior weights and prior shapes; nodes of log m follow the likelihood.

    The negative-binomial likelihood in the shape a = m b is
    Σ_i [ln Γ(y_i + a) - ln Γ(a)] - a Σ_i ln(1 + E_i/b) - Σ_i y_i ln(b + E_i),
    where the first sum needs each distinct count only once.
    """
    value, times = np.unique(events[events > 0], return_counts=True)
    spread = np.log1p(at_risk / rate[:, None]).sum(axis=1)
    prior = 0.0 if len(value) else _NO_EVENT
    mode = (events.sum() + prior) / at_risk.sum() * rate
    for _ in range(30):  # Newton for the mode in log a
        slope = prior / mode + (digamma(mode[:, None] + value) - digamma(mode)[:, None]) @ times
        bend = prior / mode + mode * (
            (zeta(2, mode)[:, None] - zeta(2, mode[:, None] + value)) @ times
        )
        step = np.log(slope / spread) * slope / bend
        mode = mode * np.exp(np.clip(step, -3.0, 3.0))
        if np.abs(step).max() < 1e-6:
            break
    information = bend * mode
    low, high = _support(_DROP / information)
    offset = np.linspace(0, 1, _MEANS) * (high - low)[:, None] + low[:, None]
    shape = mode[:, None] * np.exp(offset)
    log_weight = (
        (gammaln(shape[:, :, None] + value) - gammaln(shape)[:, :, None]) @ times
        + prior * np.log(shape)
        - shape * spread[:, None]
        - (np.log(rate[:, None] + at_risk) @ events)[:, None]
        + np.log(high - low)[:, None]
    )
    weight = np.exp(log_weight - log_weight.max())
    return weight / weight.sum(), shape


def _support(drop: Floats) -> tuple[Floats, Floats]:
    """The two offsets u with e^u - 1 - u = drop: where a Poisson likelihood has fallen so far."""
    high, low = np.sqrt(2 * drop), -np.sqrt(2 * drop) - drop
    for _ in range(8):  # convex: Newton comes monotonely from outside
        high = high - (np.expm1(high) - high - drop) / np.expm1(high)
        low = low - (np.expm1(low) - low - drop) / np.expm1(low)
    return low, high

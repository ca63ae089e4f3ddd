"""Moment empirical Bayes smoothing of rates (Marshall 1991), for comparison with the literature.

The product itself uses :mod:`geo.rates`: with few events per unit the moment estimate of
the spread is often zero, all units then look alike, and intervals that take it for
known cover far less than they say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import gamma

from geo.errors import FrameError
from geo.neighbours import Neighbours

Floats = npt.NDArray[np.float64]
Variant = Literal["spdep", "geoda"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SmoothedRates:
    """Rates drawn towards a prior mean.

    ``rate`` is (n); ``mean`` and ``variance`` of the prior are numbers for the global
    estimate and (n) for the local one.
    """

    rate: Floats
    mean: Floats
    variance: Floats


def global_empirical_bayes(counts: npt.ArrayLike, exposures: npt.ArrayLike) -> SmoothedRates:
    """Rates drawn towards the overall rate by moments; equals R spdep's ``EBest``.

    Parameters
    ----------
    counts, exposures
        (n) events, and positive people or kilometres at risk.

    Raises
    ------
    FrameError
        When lengths differ, a count is negative or an exposure is not positive.
    """
    events, at_risk = _checked(counts, exposures)
    raw = events / at_risk
    mean = events.sum() / at_risk.sum()
    spread = (at_risk * (raw - mean) ** 2).sum() / at_risk.sum()
    return _shrunk(raw, at_risk, mean, spread, at_risk.mean())


def local_empirical_bayes(
    counts: npt.ArrayLike,
    exposures: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    variant: Variant = "spdep",
) -> SmoothedRates:
    """Rates drawn towards the rate of the unit with its neighbours.

    Parameters
    ----------
    variant
        Around what the local spread is taken: each neighbour's own local rate (R spdep's
        default ``EBlocal``) or the unit's local rate (GeoDa, esda).
    """
    events, at_risk = _checked(counts, exposures)
    if len(neighbours) != len(events):
        raise FrameError(
            f"{len(neighbours)} places have neighbours, {len(events)} have counts; match them"
        )

    def around(values: Floats) -> Floats:
        return values + neighbours.sums(values)

    raw = events / at_risk
    people = around(at_risk)
    mean = around(events) / people
    if variant == "spdep":
        spread = around(at_risk * (raw - mean) ** 2) / people
    else:
        # Σ n (r - m_i)² = Σ n r² - m_i² Σ n, because m_i is the neighbourhood's own rate;
        # centred on the overall rate first, to lose no digits.
        centre = events.sum() / at_risk.sum()
        spread = around(at_risk * (raw - centre) ** 2) / people - (mean - centre) ** 2
    return _shrunk(raw, at_risk, mean, spread, people / (1 + neighbours.degrees))


def plug_in_interval(
    counts: npt.ArrayLike, exposures: npt.ArrayLike, *, level: float = 0.9
) -> tuple[Floats, Floats]:
    """(n), (n) gamma interval that takes the moment estimate of the prior for the truth.

    For comparison only: see the measured coverage in the methods document.
    """
    events, at_risk = _checked(counts, exposures)
    smoothed = global_empirical_bayes(events, at_risk)
    if smoothed.mean == 0 or smoothed.variance == 0:
        return smoothed.rate, smoothed.rate
    rate = smoothed.mean / smoothed.variance
    posterior = gamma(events + smoothed.mean * rate, scale=1 / (at_risk + rate))
    return posterior.ppf((1 - level) / 2), posterior.ppf((1 + level) / 2)


def _shrunk(
    raw: Floats, at_risk: Floats, mean: Floats, spread: Floats, typical: Floats
) -> SmoothedRates:
    """The prior's variance is what the spread exceeds the Poisson noise by, never negative."""
    variance = np.maximum(spread - mean / typical, 0.0)
    noise = variance + mean / at_risk
    weight = np.divide(variance, noise, out=np.zeros(len(raw)), where=noise > 0)
    return SmoothedRates(
        rate=mean + weight * (raw - mean), mean=np.asarray(mean), variance=np.asarray(variance)
    )


def _checked(counts: npt.ArrayLike, exposures: npt.ArrayLike) -> tuple[Floats, Floats]:
    events, at_risk = np.asarray(counts, dtype=float), np.asarray(exposures, dtype=float)
    if events.ndim != 1 or events.shape != at_risk.shape:
        raise FrameError("counts and exposures must be one number per unit each")
    if not ((events >= 0).all() and (at_risk > 0).all()):
        raise FrameError(
            "counts must be known and not negative, exposures positive; drop such units"
        )
    return events, at_risk

"""Hot spots, cold spots and outliers that are more than chance.

Local statistics on binary neighbours: Gi* (Getis & Ord 1992, Ord & Getis 1995,
doi:10.1111/j.1538-4632.1995.tb00912.x) and local Moran (Anselin 1995), their global
companions, and the classes drawn from exact p-values and the false discovery rate. The normal
approximation of z is *not* used for classes: on sparse counts it rejects many times too often.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from geo.compiled import compiled
from geo.errors import FrameError
from geo.neighbours import Neighbours
from geo.significance import Tails, benjamini_hochberg, exact_tails, simulated_tails

Floats = npt.NDArray[np.float64]


class Spot(StrEnum):
    """What the surroundings of a place are, itself included (Gi*)."""

    HOT = "hot"
    COLD = "cold"
    NONE = "none"


class Cluster(StrEnum):
    """A place against its surroundings (local Moran): two clusters and two outliers."""

    HIGH_HIGH = "high_high"
    LOW_LOW = "low_low"
    HIGH_LOW = "high_low"  # a high place among low ones
    LOW_HIGH = "low_high"  # a low place among high ones
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class GlobalStatistic:
    """A global statistic with its moments under the null hypothesis."""

    value: float
    expected: float
    variance: float

    @property
    def z(self) -> float:
        return float((self.value - self.expected) / np.sqrt(self.variance))

    @property
    def p(self) -> float:
        """Two-sided, by the normal approximation."""
        return float(2 * ndtr(-abs(self.z)))


def getis_ord(
    values: npt.ArrayLike, neighbours: Neighbours, *, includes_self: bool = True
) -> Floats:
    """Gi* of each place as a z-score, or Gi when the place itself does not count.

    Parameters
    ----------
    values
        (n) counts or rates.
    neighbours
        Binary neighbours of the n places.

    Returns
    -------
    (n) z-scores; NaN where all values (all others, for Gi) are equal or a place has all or
    none of the others as neighbours.
    """
    x = _checked(values, neighbours)
    return _getis_ord(neighbours.starts, neighbours.targets, x, includes_self)


def local_moran(values: npt.ArrayLike, neighbours: Neighbours) -> Floats:
    """Local Moran's Iᵢ with row-standardised weights, scaled by (n − 1) / Σz².

    Returns
    -------
    (n) statistics: positive among similar values, negative for an outlier; 0 without
    neighbours, NaN when all values are equal.
    """
    x = _checked(values, neighbours)
    z = x - x.mean()
    lag = neighbours.sums(z) / np.maximum(neighbours.degrees, 1)
    total = np.dot(z, z)
    if total == 0:
        return np.full(len(z), np.nan)
    local: Floats = (len(z) - 1) / total * z * lag
    return local


def global_moran(
    values: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    assumption: Literal["normality", "randomisation"] = "randomisation",
) -> GlobalStatistic:
    """Moran's I with row-standardised weights; variance after Cliff & Ord (1981)."""
    x = _checked(values, neighbours)
    z, n = x - x.mean(), float(len(x))
    degrees = neighbours.degrees
    row_weight = 1.0 / np.maximum(degrees, 1)
    s0 = float((degrees > 0).sum())
    observed = n / s0 * np.dot(z, neighbours.sums(z) * row_weight) / np.dot(z, z)
    sources = np.repeat(np.arange(len(x)), degrees)
    weight = row_weight[sources]
    # Σ(wᵢⱼ + wⱼᵢ)² / 2 over all ordered pairs, wⱼᵢ being looked up among the links.
    back = _reverse_weights(neighbours, sources, row_weight)
    s1 = float((weight**2 + weight * back).sum())
    columns = np.bincount(neighbours.targets, weights=weight, minlength=len(x))
    s2 = float((((degrees > 0) + columns) ** 2).sum())
    if assumption == "normality":
        square = (n * n * s1 - n * s2 + 3 * s0**2) / ((n * n - 1) * s0**2)
    else:
        kurtosis = n * (z**4).sum() / np.dot(z, z) ** 2
        square = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
        square -= kurtosis * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2)
        square /= (n - 1) * (n - 2) * (n - 3) * s0**2
    expected = -1 / (n - 1)
    return GlobalStatistic(
        value=float(observed), expected=expected, variance=float(square - expected**2)
    )


def global_g(values: npt.ArrayLike, neighbours: Neighbours) -> GlobalStatistic:
    """General G of Getis & Ord (1992), symmetric binary neighbours; variance by randomisation."""
    x, n = _checked(values, neighbours), float(len(neighbours))
    degrees = neighbours.degrees.astype(float)
    m1, m2, m3, m4 = (float((x**power).sum()) for power in (1, 2, 3, 4))
    value = float(np.dot(x, neighbours.sums(x))) / (m1**2 - m2)
    s0, s1, s2 = degrees.sum(), 2 * degrees.sum(), 4 * np.dot(degrees, degrees)
    n2 = n * n
    b0 = (n2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2
    b1 = -((n2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    b2 = -(2 * n * s1 - (n + 3) * s2 + 6 * s0**2)
    b3 = 4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2
    b4 = s1 - s2 + s0**2
    factor = (m1**2 - m2) ** 2 * n * (n - 1) * (n - 2) * (n - 3)
    square = (b0 * m2**2 + b1 * m4 + b2 * m1**2 * m2 + b3 * m1 * m3 + b4 * m1**4) / factor
    expected = float(s0 / (n * (n - 1)))
    return GlobalStatistic(value=value, expected=expected, variance=float(square - expected**2))


def hotspots(
    values: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    level: float = 0.05,
    null: Literal["exact", "simulated"] = "exact",
    draws: int = 99_999,
    seed: int = 0,
) -> pd.DataFrame:
    """Hot, cold and outlying places at a false discovery rate.

    The own value of a place is taken as given: only its surroundings are tested, for Gi* and
    local Moran alike. High and low surroundings are two families, each at ``level``.

    Parameters
    ----------
    values
        (n) counts for the exact null, any real values (rates) for the simulated one.
    neighbours
        Binary neighbours of the n places.
    level
        False discovery rate (Benjamini–Hochberg) within each family.
    draws, seed
        Of the simulated null.

    Returns
    -------
    Frame of n rows: ``value, neighbours, around`` (sum over the neighbours), ``gi_star``
    (z-score), ``local_moran, p_high, p_low, q_high, q_low``, ``spot`` (:class:`Spot`) and
    ``cluster`` (:class:`Cluster`).

    Raises
    ------
    ExactCostError
        When the exact null would take too long for these counts; simulate it then.
    FrameError
        When the values do not fit the neighbours, or are not counts for the exact null.
    """
    x = _checked(values, neighbours)
    around, degrees = neighbours.sums(x), neighbours.degrees
    if null == "exact":
        tails = exact_tails(x, around, degrees)
    else:
        tails = simulated_tails(x, around, degrees, draws=draws, seed=seed)
    q = Tails(benjamini_hochberg(tails.high), benjamini_hochberg(tails.low))
    is_high, is_low = q.high <= level, q.low <= level
    above = x > x.mean() if len(x) else np.zeros(0, dtype=bool)
    cluster = np.select(
        [is_high & above, is_high & ~above, is_low & above, is_low & ~above],
        [Cluster.HIGH_HIGH, Cluster.LOW_HIGH, Cluster.HIGH_LOW, Cluster.LOW_LOW],
        Cluster.NONE,
    )
    return pd.DataFrame(
        {
            "value": x,
            "neighbours": degrees,
            "around": around,
            "gi_star": getis_ord(x, neighbours),
            "local_moran": local_moran(x, neighbours),
            "p_high": tails.high,
            "p_low": tails.low,
            "q_high": q.high,
            "q_low": q.low,
            "spot": np.select([is_high, is_low], [Spot.HOT, Spot.COLD], Spot.NONE),
            "cluster": cluster,
        }
    )


def _checked(values: npt.ArrayLike, neighbours: Neighbours) -> Floats:
    x = np.ascontiguousarray(values, dtype=np.float64)
    if x.shape != (len(neighbours),):
        raise FrameError(f"{x.shape} values for {len(neighbours)} places; give one each")
    if not np.isfinite(x).all():
        raise FrameError("a value is missing or infinite; leave such places out first")
    return x


def _reverse_weights(
    neighbours: Neighbours, sources: npt.NDArray[np.int64], row_weight: Floats
) -> Floats:
    """(links) wⱼᵢ of each link i → j; zero where j does not count i as a neighbour."""
    n = len(neighbours)
    forward = sources * n + neighbours.targets
    backward = neighbours.targets.astype(np.int64) * n + sources
    at = np.minimum(np.searchsorted(forward, backward), max(len(forward) - 1, 0))
    exists = forward[at] == backward
    return np.where(exists, row_weight[neighbours.targets], 0.0)


@compiled
def _getis_ord(
    starts: npt.NDArray[np.int64],
    targets: npt.NDArray[np.int32],
    values: Floats,
    includes_self: bool,
) -> Floats:
    # One pass without temporary arrays: several times faster than the same in numpy.
    n = len(values)
    total, squares = 0.0, 0.0
    for place in range(n):
        total += values[place]
        squares += values[place] * values[place]
    scores = np.empty(n)
    for place in range(n):
        own = values[place]
        weight, around = float(starts[place + 1] - starts[place]), 0.0
        for link in range(starts[place], starts[place + 1]):
            around += values[targets[link]]
        if includes_self:
            others, mean, square = n, total / n, squares / n
            weight += 1.0
            around += own
        else:
            others = n - 1
            mean, square = (total - own) / others, (squares - own * own) / others
        variance = square - mean * mean
        spread = others * weight - weight * weight
        # Equal values leave round-off of either sign behind.
        if others > 1 and spread > 0 and variance > 1e-14 * square:
            scores[place] = (around - mean * weight) / np.sqrt(variance * spread / (others - 1))
        else:
            scores[place] = np.nan
    return scores

"""From measured values to scores, and from several scores to one.

Normalisations put indicators on one scale; ``direction`` 1 means that more of it scores
higher, -1 that less does. The means used by the index are quasi-arithmetic: for a
generator g with g(0) = 0 the mean is g⁻¹(Σ w g(S) / Σ w), so that each score's part
of the sum is its exact share of the result (:class:`Aggregation`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]
Direction = Literal[1, -1]

_AVERAGE = 50.0  # score of a value equal to its reference
_PER_DOUBLING = 25.0
_IMD_SCALE = 23.0


def goalposts(
    values: npt.ArrayLike,
    *,
    lowest: npt.ArrayLike,
    highest: npt.ArrayLike,
    scale: tuple[float, float] = (0.0, 100.0),
    direction: npt.ArrayLike = 1,
) -> Floats:
    """Share of the way between two fixed values, clipped to the scale.

    Parameters
    ----------
    values
        Any shape; NaN stays NaN.
    lowest, highest
        Fixed values, broadcast against ``values``; ``lowest < highest``.
    scale
        Scores of the two ends.
    direction
        1, or -1 where less is more; broadcast against ``values``.

    Raises
    ------
    FrameError
        When the goalposts are not in order.
    """
    low, high = np.asarray(lowest, dtype=float), np.asarray(highest, dtype=float)
    if not (low < high).all():
        raise FrameError("goalposts must have lowest < highest; correct them")
    share = np.clip((np.asarray(values, dtype=float) - low) / (high - low), 0.0, 1.0)
    share = np.where(np.asarray(direction) > 0, share, 1.0 - share)
    return np.asarray(scale[0] + (scale[1] - scale[0]) * share)


def min_max(
    values: npt.ArrayLike,
    *,
    scale: tuple[float, float] = (0.0, 100.0),
    direction: npt.ArrayLike = 1,
) -> Floats:
    """(n, …) share of the way between the least and the greatest of each column.

    A column without any spread scores the middle of the scale. Every score moves when
    another place changes: fit for comparing methods, not for a trend.
    """
    table = np.asarray(values, dtype=float)
    low, high = np.nanmin(table, axis=0), np.nanmax(table, axis=0)
    flat = np.asarray(low == high)
    scores = goalposts(
        table,
        lowest=low,
        highest=np.where(flat, low + 1, high),
        scale=scale,
        direction=direction,
    )
    return np.where(flat & np.isfinite(table), (scale[0] + scale[1]) / 2, scores)


def z_score(values: npt.ArrayLike, *, direction: npt.ArrayLike = 1) -> Floats:
    """(n, …) deviation from the column's mean in standard deviations (over n: all places, no sample)."""
    table = np.asarray(values, dtype=float)
    deviation = table - np.nanmean(table, axis=0)
    return np.asarray(np.asarray(direction) * deviation / np.nanstd(table, axis=0))


def log_ratio(
    values: npt.ArrayLike, *, reference: npt.ArrayLike, direction: npt.ArrayLike = 1
) -> Floats:
    """Score against a fixed reference: 50 is equal, 75 twice, 100 four times or more, 25 half.

    Parameters
    ----------
    values
        Positive rates; zero scores as the limit does (0, or 100 for direction -1).
    reference
        Positive reference rates, broadcast against ``values``.

    Raises
    ------
    FrameError
        When a reference is not positive.
    """
    base = np.asarray(reference, dtype=float)
    if not (base > 0).all():
        raise FrameError("reference rates must be positive; take a base year with events")
    with np.errstate(divide="ignore"):
        doublings = np.log2(np.asarray(values, dtype=float) / base)
    score = _AVERAGE + _PER_DOUBLING * np.asarray(direction) * doublings
    return np.asarray(np.clip(score, 0.0, 100.0))


def percentile(values: npt.ArrayLike) -> Floats:
    """(n) rank share (rank - 1) / (n - 1), ties at the smallest rank.

    The percentile of the CDC/ATSDR social vulnerability index. It is a rank: never
    colour by it.
    """
    column = np.asarray(values, dtype=float)
    return np.asarray((rankdata(column, method="min") - 1) / max(len(column) - 1, 1))


def imd_exponential(rank_share: npt.ArrayLike) -> Floats:
    """The English deprivation indices' exponential score of a rank share in [0, 1].

    It stretches the worst tenth over the upper half of the scale and supposes
    thousands of areas; do not use it for a few dozen.
    """
    share = np.asarray(rank_share, dtype=float)
    return np.asarray(-_IMD_SCALE * np.log1p(share * np.expm1(-100.0 / _IMD_SCALE)))


def geometric_mean(
    scores: npt.ArrayLike, *, weights: npt.ArrayLike | None = None, axis: int = -1
) -> Floats:
    """Weighted geometric mean of positive scores.

    One low score pulls it down, which suits achievements and is the wrong way round
    for risks: there use ``Aggregation.INFORM``.
    """
    logs = np.log(np.asarray(scores, dtype=float))
    shares = None if weights is None else np.asarray(weights, dtype=float)
    return np.asarray(np.exp(np.average(logs, weights=shares, axis=axis)))


class Aggregation(StrEnum):
    """How domain scores of 0–100 become one; all but the first resist compensation."""

    ARITHMETIC = "arithmetic"
    INFORM = "inform"  # inverted geometric mean of the INFORM risk index
    CUBIC = "cubic"  # cubic mean: the highest score counts most

    def combine(self, scores: npt.ArrayLike, weights: npt.ArrayLike) -> Floats:
        """(…, domains) → (…) weighted mean; domains with a NaN score are left out.

        Parameters
        ----------
        scores
            0–100; NaN marks a domain that does not apply.
        weights
            Not negative, broadcast against ``scores``; renormalised over what applies.
            NaN where nothing applies.
        """
        return self.invert(self._parts(scores, weights).sum(axis=-1))

    def contributions(self, scores: npt.ArrayLike, weights: npt.ArrayLike) -> Floats:
        """(…, domains) points of the mean owed to each score; they sum to the mean exactly.

        NaN where a domain does not apply.
        """
        parts = self._parts(scores, weights)
        total = parts.sum(axis=-1, keepdims=True)
        share = np.divide(parts, total, out=np.zeros(parts.shape), where=total > 0)
        points = share * self.invert(total)
        return np.where(np.isnan(np.asarray(scores, dtype=float)), np.nan, points)

    def generate(self, scores: Floats) -> Floats:
        """The generator g: scores 0–100 to values whose weighted mean is taken; g(0) = 0."""
        return _GENERATORS[self][0](scores)

    def invert(self, values: Floats) -> Floats:
        """g⁻¹: a mean of generated values back to a score."""
        return _GENERATORS[self][1](values)

    def _parts(self, scores: npt.ArrayLike, weights: npt.ArrayLike) -> Floats:
        table = np.asarray(scores, dtype=float)
        applies = ~np.isnan(table)
        weight = np.where(applies, np.asarray(weights, dtype=float), 0.0)
        total = weight.sum(axis=-1, keepdims=True)
        share = np.divide(weight, total, out=np.full(weight.shape, np.nan), where=total > 0)
        return np.asarray(share * self.generate(np.where(applies, table, 0.0)))


def _identity(values: Floats) -> Floats:
    return values


def _cube(values: Floats) -> Floats:
    return values * values * values


# INFORM maps 0–10 to 10–1, takes the geometric mean and maps back: g = -ln(1 - 0.9 S/100).
def _inform(values: Floats) -> Floats:
    return -np.log1p(-0.009 * values)


def _inform_inverse(values: Floats) -> Floats:
    return -np.expm1(-values) / 0.009


_GENERATORS: dict[
    Aggregation, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]
] = {
    Aggregation.ARITHMETIC: (_identity, _identity),
    Aggregation.INFORM: (_inform, _inform_inverse),
    Aggregation.CUBIC: (_cube, np.cbrt),
}

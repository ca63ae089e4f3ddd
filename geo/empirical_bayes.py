"""Empirical Bayes: a place's own record and the record of its like, each by its worth.

With μ predicted for the whole period and Var = μ + k·μ² among like places, the weight of the
prediction is w = 1/(1 + k·μ), the expected count X = w·μ + (1 − w)·N and its variance
(1 − w)·X (Hauer 1997; Hauer, Harwood, Council & Griffith 2002, TRR 1784). What a place had by chance is
so taken away again: the regression to the mean that makes plain counts promise too much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Expectation:
    """(n) weight of the prediction, expected count over the period, and its variance."""

    weight: Floats
    expected: Floats
    variance: Floats


def expected_count(
    observed: npt.ArrayLike, predicted: npt.ArrayLike, k: npt.ArrayLike
) -> Expectation:
    """Empirical-Bayes expectation of each place over the whole period.

    Parameters
    ----------
    observed, predicted
        (n) accidents of the period, recorded and by the performance function.
    k
        (n) or one overdispersion, of the place's own length.

    Raises
    ------
    FrameError
        When a value is negative or not a number.
    """
    count, mean, spread = np.broadcast_arrays(
        np.asarray(observed, dtype=np.float64),
        np.asarray(predicted, dtype=np.float64),
        np.asarray(k, dtype=np.float64),
    )
    if not ((count >= 0) & (mean >= 0) & (spread >= 0)).all():
        raise FrameError("observed, predicted and k must be numbers of at least 0")
    weight = 1 / (1 + spread * mean)
    expected = weight * mean + (1 - weight) * count
    return Expectation(weight=weight, expected=expected, variance=(1 - weight) * expected)


def expected_by_year(
    observed: npt.ArrayLike, predicted: npt.ArrayLike, k: npt.ArrayLike
) -> Floats:
    """(n, years) expected accidents of each year, following the predicted yearly factors.

    With C_y = μ_y/μ_1 the first year has X_1 = w·μ_1 + (1 − w)·ΣN/ΣC and year y has C_y·X_1.

    Parameters
    ----------
    observed, predicted
        (n, years).
    k
        (n) or one overdispersion.
    """
    counts = np.atleast_2d(np.asarray(observed, dtype=np.float64))
    means = np.atleast_2d(np.asarray(predicted, dtype=np.float64))
    if counts.shape != means.shape:
        raise FrameError(f"observed {counts.shape} and predicted {means.shape} differ in shape")
    whole = expected_count(counts.sum(axis=1), means.sum(axis=1), k)
    share = means / means.sum(axis=1, keepdims=True)
    yearly: Floats = share * whole.expected[:, None]
    return yearly


def class_moments(counts: npt.ArrayLike, peer_class: npt.ArrayLike) -> pd.DataFrame:
    """Mean, variance and overdispersion of each class by the method of moments.

    k = max(0, (s² − m)/m²); needs no traffic volume. Unsteady below some fifty accidents a
    class.

    Parameters
    ----------
    counts, peer_class
        (n) accidents of places of equal length, and the class each belongs to.

    Returns
    -------
    Indexed by class: ``places, events, mean, variance, k`` (variance and k NaN for one place).
    """
    grouped = pd.Series(np.asarray(counts, dtype=np.float64)).groupby(np.asarray(peer_class))
    mean, variance = grouped.mean(), grouped.var()
    positive = mean.where(mean > 0)
    table = pd.DataFrame(
        {
            "places": grouped.size(),
            "events": grouped.sum(),
            "mean": mean,
            "variance": variance,
            "k": ((variance - positive) / positive**2).clip(lower=0),
        }
    )
    table.index.name = "peer_class"
    return table

"""Monotone trend of many short series at once: Mann (1945) and Kendall (1975)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from geo.compiled import compiled
from geo.errors import FrameError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trend:
    """Mann–Kendall test of each series.

    Parameters
    ----------
    s, variance
        (n) sum of signs over all pairs of steps, and its variance corrected for ties.
    z
        (n) continuity-corrected score, 0 for a constant series; positive is rising.
    p
        (n) two-sided, by the normal approximation.
    tau
        (n) s over the number of pairs.
    """

    s: Floats
    variance: Floats
    z: Floats
    p: Floats
    tau: Floats


def mann_kendall(series: npt.ArrayLike) -> Trend:
    """Test each row of ``series`` for a monotone trend.

    Parameters
    ----------
    series
        (n, steps) values in order of time, or one series (steps); at least two steps, none
        missing.

    Raises
    ------
    FrameError
        When there are fewer than two steps or a value is missing.
    """
    table = np.ascontiguousarray(np.atleast_2d(np.asarray(series, dtype=np.float64)))
    if table.ndim != 2 or table.shape[1] < 2:
        raise FrameError(f"series of shape {table.shape}; a trend needs two steps or more")
    if np.isnan(table).any():
        raise FrameError("a step has no value; fill or drop such series first")
    steps = table.shape[1]
    s, ties = _sum_signs(table)
    variance = (steps * (steps - 1) * (2 * steps + 5) - ties) / 18
    z = np.where(s == 0, 0.0, (s - np.sign(s)) / np.sqrt(np.where(variance > 0, variance, 1)))
    return Trend(
        s=s, variance=variance, z=z, p=2 * ndtr(-np.abs(z)), tau=2 * s / (steps * (steps - 1))
    )


@compiled
def _sum_signs(table: Floats) -> tuple[Floats, Floats]:
    """Kendall's S, and Σ t(t − 1)(2t + 5) over the groups of t tied values."""
    count, steps = table.shape
    s, ties = np.zeros(count), np.zeros(count)
    for row in range(count):
        values = table[row]
        total = 0
        for later in range(1, steps):
            here = values[later]
            for earlier in range(later):
                total += (here > values[earlier]) - (here < values[earlier])
        s[row] = total
        ordered = np.sort(values)
        run = 1
        for step in range(1, steps + 1):
            if step < steps and ordered[step] == ordered[step - 1]:
                run += 1
            else:
                ties[row] += run * (run - 1) * (2 * run + 5)
                run = 1
    return s, ties

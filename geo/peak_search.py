"""Peak search: the shortest window of each road segment whose estimate is precise enough.

Each segment is cut into windows of one size, the last shifted back to its end. Where none
is precise (coefficient of variation at most the limit), the window grows by one size. HSM 2010,
section 4.4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.empirical_bayes import expected_count
from geo.errors import FrameError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# (from_m, to_m) of windows -> predicted accidents and overdispersion.
Prediction = Callable[[Floats, Floats], tuple[Floats, Floats]]


@dataclass(frozen=True, kw_only=True)
class PeakRules:
    """First window, limit of the coefficient of variation, and longest window looked at."""

    window_m: float = 100.0
    cv_limit: float = 0.5
    longest_m: float = 2_000.0


def peak_search(
    from_m: npt.ArrayLike,
    to_m: npt.ArrayLike,
    events_m: npt.ArrayLike,
    *,
    rules: PeakRules | None = None,
    prediction: Prediction | None = None,
) -> pd.DataFrame:
    """Peak of each segment.

    Parameters
    ----------
    from_m, to_m
        (segments) ends of each segment on a road axis.
    events_m
        (n) positions of accidents on it, in any order.
    prediction
        With one, windows are valued by the empirical-Bayes expected count and CV = √Var/X.
        Without, by the count, and CV is the standard deviation over the segment's windows by
        the count.

    Returns
    -------
    One row per segment: ``from_m, to_m, value, cv, is_precise``. Where no window is
    precise the largest size's best one, ``is_precise`` False.

    Raises
    ------
    FrameError
        When a segment has no length or the first window is not positive.
    """
    rules = rules or PeakRules()
    first, last = np.asarray(from_m, dtype=float), np.asarray(to_m, dtype=float)
    if not (last > first).all() or not rules.window_m > 0:
        raise FrameError("peak search needs segments with a length and a positive window")
    events = np.sort(np.asarray(events_m, dtype=np.float64))
    found = np.zeros((len(first), 4))
    precise = np.zeros(len(first), dtype=bool)
    open_ = np.arange(len(first))
    size = rules.window_m
    while len(open_):
        segment, begin, end = _windows(first[open_], last[open_], size, rules.window_m)
        is_last = end >= last[open_][segment]
        upper = np.where(
            is_last,
            np.searchsorted(events, end, side="right"),
            np.searchsorted(events, end, side="left"),
        )
        count = (upper - np.searchsorted(events, begin, side="left")).astype(np.float64)
        value, deviation = _valued(segment, count, begin, end, len(open_), prediction)
        cv = np.divide(deviation, value, out=np.full(len(value), np.inf), where=value > 0)
        passes = cv <= rules.cv_limit
        # Precise windows first, then the highest value, then the one nearest the start.
        order = np.lexsort((begin, -value, ~passes, segment))
        best = order[np.r_[True, segment[order][1:] != segment[order][:-1]]]
        found[open_] = np.column_stack([begin, end, value, cv])[best]
        precise[open_] = passes[best]
        is_done = passes[best] | (size >= (last - first)[open_]) | (size >= rules.longest_m)
        open_ = open_[~is_done]
        size += rules.window_m
    table = pd.DataFrame(found, columns=["from_m", "to_m", "value", "cv"])
    return table.assign(is_precise=precise)


def _windows(
    first: Floats, last: Floats, size: float, step: float
) -> tuple[Integers, Floats, Floats]:
    length = last - first
    number = (np.maximum(np.ceil((length - size) / step - 1e-9), 0) + 1).astype(np.int64)
    segment = np.repeat(np.arange(len(number)), number)
    nth = np.arange(len(segment)) - np.repeat(np.cumsum(number) - number, number)
    begin = first[segment] + np.minimum(nth * step, np.maximum(length - size, 0.0)[segment])
    end = np.where(
        nth == number[segment] - 1, last[segment], np.minimum(begin + size, last[segment])
    )
    return segment, begin, end


def _valued(
    segment: Integers,
    count: Floats,
    begin: Floats,
    end: Floats,
    segments: int,
    prediction: Prediction | None,
) -> tuple[Floats, Floats]:
    """Value of each window, and its standard deviation."""
    if prediction is not None:
        predicted, k = prediction(begin, end)
        estimate = expected_count(count, predicted, k)
        return estimate.expected, np.sqrt(estimate.variance)
    number = np.bincount(segment, minlength=segments)
    mean = np.bincount(segment, count, minlength=segments) / number
    squares = np.bincount(segment, (count - mean[segment]) ** 2, minlength=segments)
    spread = np.divide(squares, number - 1, out=np.full(segments, np.inf), where=number > 1)
    return count, np.sqrt(spread)[segment]

"""Could chance alone have piled up so many accidents somewhere on such roads?

The accidents of each class of road are scattered anew along it, as many and in
proportion to what is predicted there, hundreds of times. Each time the most striking window
opened at an accident is kept, per class: an accumulation is judged against the *worst* place
chance makes, so having looked at every place is paid for. How striking n accidents are where μ were to be
expected is measured by n·log(n/μ) − (n − μ) (Kulldorff 1997,
doi:10.1080/03610929708831995); where all roads of a class are predicted alike it orders
windows as their counts do. A single accident is no accumulation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.errors import FrameError
from geo.road_axis import running_total
from geo.road_prediction import RoadPrediction

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]

_LEAST_COUNT = 2
_AT_ONCE = 400_000  # scattered accidents held at a time: some 30 MB


@dataclass(frozen=True, kw_only=True, eq=False)
class WindowChance:
    """Result of :func:`window_chance`.

    Parameters
    ----------
    maxima
        (runs, classes) the most striking window of each run, sorted along runs.
    scale
        (classes) observed over predicted accidents; predictions are multiplied by it, so that
        only where accidents lie is tested, not how many there are.
    best
        (classes) the most striking window of the accidents themselves.
    """

    maxima: Floats
    scale: Floats
    best: Floats

    def p_value(
        self, observed: npt.ArrayLike, predicted: npt.ArrayLike, peer_class: npt.ArrayLike
    ) -> Floats:
        """(n) chance that scattered accidents of the class pile up so strikingly anywhere.

        Parameters
        ----------
        observed, predicted
            (n) accidents of windows not longer than those scanned.
        peer_class
            (n) number of the class.
        """
        at = np.asarray(peer_class, dtype=np.int64)
        score = _striking(
            np.asarray(observed, dtype=np.float64), np.asarray(predicted) * self.scale[at]
        )
        return self._p(score, at)

    @property
    def best_p_value(self) -> Floats:
        """(classes) p-value of the most striking window opened at an accident."""
        return self._p(self.best, np.arange(len(self.best)))

    def _p(self, score: Floats, at: Integers) -> Floats:
        runs = len(self.maxima)
        p = np.ones(len(score))
        for number in range(len(self.scale)):
            own = at == number
            below = np.searchsorted(self.maxima[:, number], score[own] - 1e-9, side="left")
            p[own] = (1 + runs - below) / (1 + runs)
        p[score <= 0] = 1.0
        return p


def window_chance(
    prediction: RoadPrediction,
    position_m: npt.ArrayLike,
    *,
    window_m: float,
    runs: int = 999,
    seed: int = 0,
    progress: Progress | None = None,
) -> WindowChance:
    """Distribution of the most striking window of each class when accidents fall by chance.

    Parameters
    ----------
    position_m
        (n) accidents on the axis, none off it.
    window_m
        Length of the windows scanned.
    progress
        Called with the runs done and all runs.

    Raises
    ------
    FrameError
        When no run is asked for.
    """
    if runs < 1:
        raise FrameError("the chance of a window needs at least one run; 999 are usual")
    axis, classes = prediction.axis, len(prediction.peer_classes)
    position = np.asarray(position_m, dtype=np.float64)
    amount = prediction.density * (axis.segment_to_m - axis.segment_from_m)
    whole = np.bincount(prediction.peer_class, amount, minlength=classes)
    number = np.bincount(prediction.class_at(position), minlength=classes)
    scale = np.divide(number, whole, out=np.zeros(classes), where=whole > 0)
    knots = running_total(axis, prediction.density * scale[prediction.peer_class])
    best = _maxima(np.sort(position)[None, :], prediction, knots, window_m)[0]
    rng = np.random.default_rng(seed)
    maxima = np.zeros((runs, classes))
    at_once = max(1, _AT_ONCE // max(1, len(position)))
    for first in range(0, runs, at_once):
        count = min(at_once, runs - first)
        scattered = np.concatenate(
            [
                _scattered(prediction, amount, own, (count, int(number[own])), rng)
                for own in range(classes)
            ],
            axis=1,
        )
        scattered.sort(axis=1)
        maxima[first : first + count] = _maxima(scattered, prediction, knots, window_m)
        if progress is not None:
            progress(first + count, runs)
    maxima.sort(axis=0)
    return WindowChance(maxima=maxima, scale=scale, best=best)


def _scattered(
    prediction: RoadPrediction,
    amount: Floats,
    own: int,
    shape: tuple[int, int],
    rng: np.random.Generator,
) -> Floats:
    """Positions along the roads of one class in proportion to what is predicted there."""
    segment = np.flatnonzero(prediction.peer_class == own)
    total = np.cumsum(amount[segment])
    drawn = rng.random(shape) * total[-1]
    nth = np.minimum(np.searchsorted(total, drawn, side="right"), len(total) - 1)
    beyond = (drawn - (total - amount[segment])[nth]) / prediction.density[segment][nth]
    position: Floats = prediction.axis.segment_from_m[segment][nth] + beyond
    return position


def _maxima(
    position: Floats, prediction: RoadPrediction, knots: tuple[Floats, Floats], window_m: float
) -> Floats:
    """(runs, classes) most striking window opened at an accident, of sorted (runs, n) places."""
    axis = prediction.axis
    runs, n = position.shape
    # Runs laid end to end, so that one search serves all.
    far = axis.to_m[-1] + window_m + 1.0
    run_start = np.repeat(np.arange(runs) * far, n)
    flat = position.ravel()
    keys = flat + run_start
    stretch = np.searchsorted(axis.from_m, flat, side="right") - 1
    latest = np.maximum(axis.to_m[stretch] - window_m, axis.from_m[stretch])
    begin = np.minimum(flat, latest)
    end = np.minimum(begin + window_m, axis.to_m[stretch])
    first = np.arange(len(flat))
    is_shifted = flat > latest
    first[is_shifted] = np.searchsorted(
        keys, begin[is_shifted] + run_start[is_shifted], side="left"
    )
    count = np.searchsorted(keys, end + run_start, side="right") - first
    some = np.flatnonzero(count >= _LEAST_COUNT)
    begin, end = begin[some], end[some]
    mean = np.interp(end, *knots) - np.interp(begin, *knots)
    score = _striking(count[some].astype(np.float64), mean)
    classes = len(prediction.peer_classes)
    peer = prediction.class_at((begin + end) / 2)
    best = np.zeros(runs * classes)
    np.maximum.at(best, (some // n) * classes + peer, score)
    return best.reshape(runs, classes)


def _striking(count: Floats, mean: Floats) -> Floats:
    """Log-likelihood ratio of too many accidents, 0 for one, none or fewer than predicted."""
    score = np.zeros(len(count))
    more = (count >= _LEAST_COUNT) & (count > mean) & (mean > 0)
    n, m = count[more], mean[more]
    score[more] = n * np.log(n / m) - (n - m)
    return score

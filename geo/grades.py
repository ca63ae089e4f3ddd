"""The four colours of risk: 蓝 low, 黄 general, 橙 considerable, 红 major."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int64]
Grade = Literal["blue", "yellow", "orange", "red"]

GRADES: tuple[Grade, ...] = ("blue", "yellow", "orange", "red")
SURE = 0.6  # below this probability a colour is hatched; above it, twice running, it changes

_ORANGE, _RED = 2, 3


def grade_levels(
    index: npt.ArrayLike, highest_domain: npt.ArrayLike, cuts: tuple[float, float, float]
) -> Levels:
    """Position in ``GRADES``; -1 where there is no index.

    Parameters
    ----------
    index
        Any shape, 0–100.
    highest_domain
        Same shape, the highest domain score: one red domain makes a place at least orange,
        however quiet the others are.
    cuts
        Lowest score of yellow, orange and red; closed on the left.
    """
    score = np.asarray(index, dtype=float)
    level = np.searchsorted(cuts, score, side="right")
    has_red_domain = np.asarray(highest_domain, dtype=float) >= cuts[_RED - 1]
    level = np.where(has_red_domain, np.maximum(level, _ORANGE), level)
    return np.where(np.isnan(score), -1, level).astype(np.int64)


def settled_levels(
    shown: npt.ArrayLike, probabilities_before: npt.ArrayLike, probabilities: npt.ArrayLike
) -> Levels:
    """The colours to show now, so that noise alone does not repaint the map.

    A place rises to a colour when it is there or above with a probability over 0.6 in this and in
    the preceding period, and falls in the same way; else it keeps the colour shown.

    Parameters
    ----------
    shown
        (n) positions in ``GRADES`` shown for the preceding period, -1 for none.
    probabilities_before, probabilities
        (n, 4) probability of each colour in the preceding and in this period; NaN where a
        place has no index.

    Returns
    -------
    ndarray
        (n) positions in ``GRADES``. A place without a colour so far takes its most probable one;
        a place without an index now has none.

    Raises
    ------
    FrameError
        When the shapes do not match.
    """
    level = np.asarray(shown, dtype=np.int64)
    before = np.asarray(probabilities_before, dtype=float)
    now = np.asarray(probabilities, dtype=float)
    if not before.shape == now.shape == (len(level), len(GRADES)):
        raise FrameError("give one row of four probabilities per unit for each of two periods")
    steps = np.arange(len(GRADES))
    both_at_least = np.minimum(_at_least(before), _at_least(now)) > SURE
    both_at_most = np.minimum(before.cumsum(axis=1), now.cumsum(axis=1)) > SURE
    raised = np.where(both_at_least, steps, -1).max(axis=1)
    lowered = np.where(both_at_most, steps, len(GRADES)).min(axis=1)
    settled = np.minimum(np.maximum(level, raised), lowered)
    known = np.isfinite(now).all(axis=1)
    fresh = np.where(np.isfinite(now), now, -1).argmax(axis=1)
    return np.where(known, np.where(level < 0, fresh, settled), -1).astype(np.int64)


def _at_least(probabilities: Floats) -> Floats:
    return np.asarray(probabilities[:, ::-1].cumsum(axis=1)[:, ::-1])

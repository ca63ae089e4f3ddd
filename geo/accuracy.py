"""Measures of a forecast's accuracy over flagged cells of equal area.

- hit rate n/N, the share of incidents in the flagged cells;
- PAI = (n/N)/(a/A) (Chainey, Tompson & Uhlig 2008, doi:10.1057/palgrave.sj.8350066);
- PEI* = n / n*, hits over those of an oracle that flags as many cells knowing the outcome.

Equal scores at the edge of the flagged area share the hits of their tie evenly: the
expected value of a random choice, without its noise.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


def accuracy_curve(
    predicted: npt.ArrayLike,
    observed: npt.ArrayLike,
    *,
    ties: Literal["share", "fewest"] = "share",
) -> pd.DataFrame:
    """Accuracy when the top 1, 2, … n cells of equal area are flagged.

    Parameters
    ----------
    predicted, observed
        (n) expected and observed weight per cell.
    ties
        "share" gives cells of equal prediction the mean of their outcomes;
        "fewest" puts the poorest first.

    Returns
    -------
    Frame of n rows: ``cells``, ``area_share``, ``hits``, ``hit_rate``, ``pai``,
    ``pei_star`` and ``rri`` (predicted over observed in the flagged cells).
    """
    score, count = np.asarray(predicted, dtype=float), np.asarray(observed, dtype=float)
    order = np.lexsort((count, -score))
    ranked = count[order]
    if ties == "share":
        tie = np.unique(-score[order], return_inverse=True)[1]
        ranked = (np.bincount(tie, weights=ranked) / np.bincount(tie))[tie]
    cells = np.arange(1, len(score) + 1)
    hits, total = np.cumsum(ranked), count.sum()
    best = np.cumsum(-np.sort(-count))
    with np.errstate(divide="ignore", invalid="ignore"):
        hit_rate = hits / total
        curve = {
            "cells": cells,
            "area_share": cells / len(score),
            "hits": hits,
            "hit_rate": hit_rate,
            "pai": hit_rate / (cells / len(score)),
            "pei_star": hits / best,
            "rri": np.cumsum(score[order]) / hits,
        }
    return pd.DataFrame(curve)


def flagged_hits(score: Floats, seen: Floats, flagged: npt.NDArray[np.int64]) -> Floats:
    """Weight inside the highest cells for each number of them, ties shared.

    Parameters
    ----------
    score, seen
        (n) forecast and observed weight per cell.
    flagged
        (k) numbers of cells, 1 to n.
    """
    places = len(score) - flagged
    thresholds = np.partition(score, np.unique(places))[places]
    near = score >= thresholds.min()
    score, seen = score[near], seen[near]
    hits = np.zeros(len(flagged))
    for position, (cells, threshold) in enumerate(
        zip(flagged.tolist(), thresholds.tolist(), strict=True)
    ):
        above, tied = score > threshold, score == threshold
        room = (cells - above.sum()) / tied.sum()
        hits[position] = seen[above].sum() + room * seen[tied].sum()
    return hits


def oracle_hits(seen: Floats, flagged: npt.NDArray[np.int64]) -> Floats:
    """(k) the most weight that each number of cells could have held."""
    best: Floats = np.cumsum(-np.sort(-seen))[flagged - 1]
    return best

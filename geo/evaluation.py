"""How good a forecast is, measured on windows it had not seen.

A rolling-origin back-test forecasts one window after the other from its own past,
flags the same share of the area for every method and counts what fell inside:

- hit rate n/N, the share of incidents in the flagged cells;
- PAI = (n/N)/(a/A) (Chainey, Tompson & Uhlig 2008, doi:10.1057/palgrave.sj.8350066);
- PEI* = n / n*, hits over those of an oracle that flags as many cells knowing the outcome.

Equal scores at the edge of the flagged area share the hits of their tie evenly: the
expected value of a random choice, without its noise. Intervals come from a block
bootstrap over windows, since neighbouring weeks resemble each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError
from geo.forecast import METHODS, SCALES, Forecast, Method, Scale, rolling_forecasts
from geo.training import History

Floats = npt.NDArray[np.float64]

AREA_SHARES: tuple[float, ...] = (0.005, 0.01, 0.02, 0.05, 0.10)
BASELINE: Method = "count_all"
REPLICATES = 2_000

_CONFIDENCE = (2.5, 97.5)
_SEED = 20_240_501


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """Hits of every method in every window.

    Parameters
    ----------
    origins_days
        (windows) starts of the scored windows.
    observed
        (windows) weight that fell in each window.
    hits
        Per method, (windows, shares) weight inside the flagged cells.
    oracle
        (windows, shares) the most that as many cells could have held.
    area_shares
        (shares) flagged share of the area, after rounding to whole cells.
    """

    horizon_days: float
    origins_days: Floats
    observed: Floats
    hits: dict[Method, Floats]
    oracle: Floats
    area_shares: Floats
    cells: int


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Which method to use, and the reason in figures."""

    method: Method
    is_better: bool
    is_worse: bool
    events: float
    windows: int


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


def backtest(
    history: History,
    *,
    horizon_days: float,
    first_origin_days: float,
    end_days: float,
    area_shares: Sequence[float] = AREA_SHARES,
    methods: Sequence[Method] = METHODS,
    scales: Sequence[Scale] = SCALES,
) -> Backtest:
    """Forecast and score consecutive windows from the first origin to the end.

    Parameters
    ----------
    horizon_days, first_origin_days, end_days
        Windows [origin, origin + horizon), the last one ending at or before ``end_days``.
    area_shares
        Shares of the county's area to flag.

    Raises
    ------
    FrameError
        When no whole window fits, or the baseline is not among the methods.
    """
    windows = int((end_days - first_origin_days) / horizon_days + 1e-9)
    if windows < 1:
        raise FrameError("no whole window fits between the first origin and the end")
    if BASELINE not in methods:
        raise FrameError(f"the back-test needs the baseline {BASELINE!r} among its methods")
    cells = int(history.inside.sum())
    flagged = np.maximum(1, np.rint(np.asarray(area_shares) * cells).astype(np.int64))
    origins: Floats = first_origin_days + horizon_days * np.arange(windows, dtype=np.float64)
    shape = (windows, len(flagged))
    hits: dict[Method, Floats] = {method: np.zeros(shape) for method in methods}
    observed, oracle = np.zeros(windows), np.zeros(shape)
    rolling = rolling_forecasts(
        history,
        origins_days=origins,
        horizon_days=horizon_days,
        methods=methods,
        scales=scales,
    )
    for window, forecasts in enumerate(rolling):
        start = float(origins[window])
        seen = history.counts(start, start + horizon_days)[history.inside]
        observed[window] = seen.sum()
        oracle[window] = np.cumsum(-np.sort(-seen))[flagged - 1]
        for method, made in forecasts.items():
            hits[method][window] = _hits(made.expected[history.inside], seen, flagged)
    return Backtest(
        horizon_days=horizon_days,
        origins_days=origins,
        observed=observed,
        hits=hits,
        oracle=oracle,
        area_shares=flagged / cells,
        cells=cells,
    )


def score(
    result: Backtest, *, replicates: int = REPLICATES, block_windows: int | None = None
) -> pd.DataFrame:
    """Accuracy of each method at each area share, with 95 % intervals.

    Parameters
    ----------
    replicates
        Bootstrap replicates (seeded: equal input gives equal intervals).
    block_windows
        Length of the circular blocks; the cube root of the number of windows by default.

    Returns
    -------
    One row per method and area share: ``method``, ``area_share``, ``windows``,
    ``events``, ``hit_rate``, ``hit_rate_low``, ``hit_rate_high``, ``pai``, ``pai_low``,
    ``pai_high``, ``pei_star``, ``difference`` (hit rate less the all-history count's),
    ``difference_low``, ``difference_high``. Shares are fractions of one.
    """
    draws = _block_draws(len(result.observed), replicates, block_windows)
    total = result.observed.sum()
    drawn_total = draws @ result.observed
    base = result.hits[BASELINE]
    rows = []
    for method, hits in result.hits.items():
        for column, area in enumerate(result.area_shares.tolist()):
            with np.errstate(divide="ignore", invalid="ignore"):
                rate = hits[:, column].sum() / total
                rates = (draws @ hits[:, column]) / drawn_total
                gain = (hits[:, column] - base[:, column]).sum() / total
                gains = (draws @ (hits[:, column] - base[:, column])) / drawn_total
                pei_star = hits[:, column].sum() / result.oracle[:, column].sum()
            low, high = np.nanpercentile(rates, _CONFIDENCE) if total else (np.nan, np.nan)
            worse, better = np.nanpercentile(gains, _CONFIDENCE) if total else (np.nan, np.nan)
            rows.append(
                {
                    "method": method,
                    "area_share": area,
                    "windows": len(result.observed),
                    "events": total,
                    "hit_rate": rate,
                    "hit_rate_low": low,
                    "hit_rate_high": high,
                    "pai": rate / area,
                    "pai_low": low / area,
                    "pai_high": high / area,
                    "pei_star": pei_star,
                    "difference": gain,
                    "difference_low": worse,
                    "difference_high": better,
                }
            )
    return pd.DataFrame(rows)


def decide(scores: pd.DataFrame, *, method: Method = "blend") -> Decision:
    """The method to use: the given one unless it is significantly worse anywhere.

    Significantly worse means that the interval of the difference to the all-history
    count lies below zero at some area share; better, above zero at one and worse at none.
    """
    rows = scores[scores["method"] == method]
    is_worse = bool((rows["difference_high"] < 0).any())
    is_better = bool((rows["difference_low"] > 0).any()) and not is_worse
    # Without one scored event there is no evidence for anything but the plain count.
    untested = rows.empty or not rows["events"].iloc[0] > 0
    return Decision(
        method=BASELINE if is_worse or untested else method,
        is_better=is_better,
        is_worse=is_worse,
        events=0.0 if rows.empty else float(rows["events"].iloc[0]),
        windows=0 if rows.empty else int(rows["windows"].iloc[0]),
    )


def drift(
    forecasts: Sequence[Forecast], history: History, *, area_share: float = 0.05
) -> pd.DataFrame:
    """Do the forecasts move, and do records pile up where they point?

    A flagged area that never changes while its share of the records climbs is the
    mark of a feedback loop (Ensign et al. 2018): officers find more where they are sent.

    Returns
    -------
    One row per forecast: ``origin_days``; ``unchanged``, share of the flagged area that
    the one before had flagged too (NaN for the first); ``capture``, share of the window's
    records that fell into the flagged area (NaN where there were none).
    """
    rows = []
    before: npt.NDArray[np.bool_] | None = None
    for made in forecasts:
        flagged = made.top(area_share)
        seen = history.counts(made.origin_days, made.origin_days + made.horizon_days)
        total = seen.sum()
        same = np.nan if before is None else (flagged & before).sum() / flagged.sum()
        rows.append(
            {
                "origin_days": made.origin_days,
                "unchanged": float(same),
                "capture": float(seen[flagged].sum() / total) if total else np.nan,
            }
        )
        before = flagged
    return pd.DataFrame(rows, columns=["origin_days", "unchanged", "capture"])


def _hits(score: Floats, seen: Floats, flagged: npt.NDArray[np.int64]) -> Floats:
    """Weight inside the top cells for each number of cells, ties shared."""
    hits = np.zeros(len(flagged))
    for position, cells in enumerate(flagged.tolist()):
        threshold = np.partition(score, len(score) - cells)[len(score) - cells]
        above, tied = score > threshold, score == threshold
        room = (cells - above.sum()) / tied.sum()
        hits[position] = seen[above].sum() + room * seen[tied].sum()
    return hits


def _block_draws(windows: int, replicates: int, block: int | None) -> Floats:
    """(replicates, windows) how often each window is drawn, in circular blocks."""
    length = block or max(1, round(windows ** (1 / 3)))
    rng = np.random.default_rng(_SEED)
    blocks = -(-windows // length)
    starts = rng.integers(0, windows, (replicates, blocks))
    drawn = (starts[:, :, None] + np.arange(length)) % windows
    drawn = drawn.reshape(replicates, -1)[:, :windows]
    flat = drawn + windows * np.arange(replicates)[:, None]
    counts = np.bincount(flat.ravel(), minlength=replicates * windows)
    return counts.reshape(replicates, windows).astype(float)

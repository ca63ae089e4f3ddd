"""How good a forecast is, measured on windows it had not seen.

A rolling-origin back-test forecasts one window after the other from its own past,
flags the same share of the area for every method and counts what fell inside
(:mod:`geo.accuracy`). Intervals come from a block bootstrap over windows, since
neighbouring weeks resemble each other.

The rule that picks the method in use is back-tested with them, as the method "decided":
at each origin it knows the windows scored before, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.accuracy import flagged_hits, oracle_hits
from geo.component_maps import SCALES, Scale
from geo.errors import FrameError
from geo.forecast import Forecast, Method, methods_for, rolling_forecasts
from geo.training import History

Floats = npt.NDArray[np.float64]
Scored = Method | Literal["decided"]

AREA_SHARES: tuple[float, ...] = (0.005, 0.01, 0.02, 0.05, 0.10)
BASELINES: tuple[Method, ...] = ("count_all", "count_shift")
REPLICATES = 2_000

_CONFIDENCE = (2.5, 97.5)
_LEAST_WINDOWS = 6  # that hold events: equal signs in five come by chance in 1 of 32
_SEED = 20_240_501
_LEAD = 1.0  # mean standardised lead before a method takes over
_CHALLENGERS: tuple[Method, ...] = ("count_all", "count_shift", "blend")  # last word last


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
        Per method, (windows, shares) weight inside the flagged cells. "decided" is there
        where the blend is: the method in use at each origin.
    in_use
        The method in use in each window, and last the one for the window to come;
        (windows + 1), empty without the blend.
    oracle
        (windows, shares) the most that as many cells could have held.
    area_shares
        (shares) flagged share of the area, after rounding to whole cells.
    """

    horizon_days: float
    origins_days: Floats
    observed: Floats
    hits: Mapping[Scored, Floats]
    in_use: tuple[Method, ...]
    oracle: Floats
    area_shares: Floats
    cells: int


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Which method to use, and how the blend compares to the counts."""

    method: Method
    is_better: bool
    is_worse: bool
    events: float
    windows: int


def backtest(
    history: History,
    *,
    horizon_days: float,
    first_origin_days: float,
    end_days: float,
    area_shares: Sequence[float] = AREA_SHARES,
    methods: Sequence[Method] | None = None,
    scales: Sequence[Scale] = SCALES,
    background: History | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Forecast and score consecutive windows from the first origin to the end.

    Parameters
    ----------
    horizon_days, first_origin_days, end_days
        Windows [origin, origin + horizon), the last one ending at or before ``end_days``.
    area_shares
        Shares of the county's area to flag.
    methods
        All that apply by default (:func:`geo.forecast.rolling_forecasts`).
    background
        Incidents of all hours, where ``history`` holds those of one shift.
    progress
        Called after each window with the number done and the total.

    Raises
    ------
    FrameError
        When no whole window fits, or the all-history count is not among the methods.
    """
    windows = int((end_days - first_origin_days) / horizon_days + 1e-9)
    if windows < 1:
        raise FrameError("no whole window fits between the first origin and the end")
    chosen = methods_for(background) if methods is None else tuple(methods)
    if "count_all" not in chosen:
        raise FrameError("the back-test needs the baseline 'count_all' among its methods")
    cells = int(history.inside.sum())
    flagged = np.maximum(1, np.rint(np.asarray(area_shares) * cells).astype(np.int64))
    origins: Floats = first_origin_days + horizon_days * np.arange(windows, dtype=np.float64)
    shape = (windows, len(flagged))
    hits: dict[Scored, Floats] = {method: np.zeros(shape) for method in chosen}
    observed, oracle = np.zeros(windows), np.zeros(shape)
    rolling = rolling_forecasts(
        history,
        origins_days=origins,
        horizon_days=horizon_days,
        methods=chosen,
        scales=scales,
        background=background,
    )
    for window, forecasts in enumerate(rolling):
        start = float(origins[window])
        seen = history.counts(start, start + horizon_days)[history.inside]
        observed[window] = seen.sum()
        oracle[window] = oracle_hits(seen, flagged)
        for method, made in forecasts.items():
            hits[method][window] = flagged_hits(made.expected[history.inside], seen, flagged)
        if progress is not None:
            progress(window + 1, windows)
    in_use = methods_in_use(hits) if "blend" in chosen else ()
    if in_use:
        rows = [hits[method][window] for window, method in enumerate(in_use[:-1])]
        hits["decided"] = np.stack(rows)
    return Backtest(
        horizon_days=horizon_days,
        origins_days=origins,
        observed=observed,
        hits=hits,
        in_use=in_use,
        oracle=oracle,
        area_shares=flagged / cells,
        cells=cells,
    )


def methods_in_use(hits: Mapping[Scored, Floats]) -> tuple[Method, ...]:
    """The method in use in each window and in the one to come, by the windows before it.

    To start with nothing is known, and the all-history count is used. The shift's own
    count, where there is one, and last the blend take over while they lead the method
    that is in use without them. The lead at an area share, the difference in hits, is
    standardised by its own size, z = Σd / √Σd²; a method leads while z is negative at no
    area share and more than one on average (one window never suffices). This asks more than "not significantly
    worse": that rule sees a small lasting loss only once it has become significant.

    Parameters
    ----------
    hits
        Per method, (windows, shares), with "count_all" among them.
    """
    chain = [method for method in _CHALLENGERS if method in hits]
    windows = len(hits["count_all"])
    holder = np.zeros(windows + 1, dtype=np.int64)
    for position, challenger in enumerate(chain[1:], start=1):
        leads = np.stack([_leads(hits[challenger] - hits[other]) for other in chain[:position]])
        holder = np.where(leads[holder, np.arange(windows + 1)], position, holder)
    return tuple(chain[position] for position in holder.tolist())


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
    ``pai_high``, ``pei_star``, ``baseline``, ``difference`` (hit rate less the
    baseline's), ``difference_low``, ``difference_high``. Shares are fractions of one.
    Intervals are NaN where fewer than six windows hold events, rates where none does. The
    baseline is the all-history count or, in the back-test of a shift, whichever of the
    count of all hours and the shift's own has held more at that area share.
    """
    draws = _block_draws(len(result.observed), replicates, block_windows)
    total = result.observed.sum()
    drawn_total = draws @ result.observed
    has_interval = (result.observed > 0).sum() >= _LEAST_WINDOWS
    counts = [method for method in BASELINES if method in result.hits]
    held = np.stack([result.hits[method].sum(axis=0) for method in counts])
    baselines = [counts[position] for position in held.argmax(axis=0).tolist()]
    rows = []
    for method, hits in result.hits.items():
        for column, area in enumerate(result.area_shares.tolist()):
            lead = hits[:, column] - result.hits[baselines[column]][:, column]
            with np.errstate(divide="ignore", invalid="ignore"):
                rate = hits[:, column].sum() / total
                rates = (draws @ hits[:, column]) / drawn_total
                gains = (draws @ lead) / drawn_total
                pei_star = hits[:, column].sum() / result.oracle[:, column].sum()
                gain = lead.sum() / total
            low, high, worse, better = (
                np.nanpercentile([rates, gains], _CONFIDENCE, axis=1).T.ravel().tolist()
                if has_interval
                else (np.nan,) * 4
            )
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
                    "baseline": baselines[column],
                    "difference": gain,
                    "difference_low": worse,
                    "difference_high": better,
                }
            )
    return pd.DataFrame(rows)


def decide(result: Backtest, scores: pd.DataFrame) -> Decision:
    """The method for the window to come: the one the back-tested rule has in use.

    Parameters
    ----------
    scores
        :func:`score` of the same back-test. The blend is worse where the interval of its
        difference to the baseline lies below zero at some area share, better where above
        zero at one and worse at none.
    """
    rows = scores[scores["method"] == "blend"]
    is_worse = bool((rows["difference_high"] < 0).any())
    is_better = bool((rows["difference_low"] > 0).any()) and not is_worse
    return Decision(
        method=result.in_use[-1] if result.in_use else "count_all",
        is_better=is_better,
        is_worse=is_worse,
        events=float(result.observed.sum()),
        windows=len(result.observed),
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


def _leads(lead: Floats) -> npt.NDArray[np.bool_]:
    """(windows + 1) whether a method leads by the windows before; (windows, shares) given."""
    size = np.sqrt(np.cumsum(lead**2, axis=0))
    z = np.divide(np.cumsum(lead, axis=0), size, out=np.zeros(size.shape), where=size > 0)
    return np.append(False, (z >= 0).all(axis=1) & (z.mean(axis=1) > _LEAD))


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

"""One period against another: what may be said, and how surely.

A change in per cent is printed only where the base carries it; a fall counts as 双下降 only
when events and deaths both fell; a trend in rates comes with an interval and a
probability, and draws no arrow where that is not clear.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import beta

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]

LEAST_BASE = 10  # below it a per cent says more than the counts do
CLEAR = 0.9  # a trend is drawn from this probability on

_SMALLEST = 1e-300  # a draw may underflow to zero


class Change(StrEnum):
    """How a year-on-year change (同比) is to be printed."""

    NEW = "new"  # 新增: none before, some now
    LEVEL = "level"  # 持平: none before, none now
    COUNTS = "counts"  # fewer than ten before: show both counts, no per cent
    PERCENT = "percent"


def year_on_year(current: npt.ArrayLike, base: npt.ArrayLike) -> pd.DataFrame:
    """Change of each count against the same period a year before.

    Parameters
    ----------
    current, base
        (n) whole counts of two periods of equal length.

    Returns
    -------
    DataFrame
        ``current``, ``base``, ``difference``, ``change`` (a :class:`Change`), and ``relative``,
        (current - base) / base, NaN unless ``change`` is ``percent``.

    Raises
    ------
    FrameError
        When a count is negative or unknown, or lengths differ.
    """
    now, before = _checked(current, base)
    kinds = np.select(
        [(before == 0) & (now > 0), before == 0, before < LEAST_BASE],
        [Change.NEW.value, Change.LEVEL.value, Change.COUNTS.value],
        Change.PERCENT.value,
    )
    relative = np.full(len(now), np.nan)
    np.divide(now - before, before, out=relative, where=kinds == Change.PERCENT.value)
    return pd.DataFrame(
        {
            "current": now.astype(np.int64),
            "base": before.astype(np.int64),
            "difference": (now - before).astype(np.int64),
            "change": kinds,
            "relative": relative,
        }
    )


def both_fell(
    events: npt.ArrayLike,
    events_base: npt.ArrayLike,
    deaths: npt.ArrayLike,
    deaths_base: npt.ArrayLike,
) -> pd.DataFrame:
    """Accident counts against a year before: 起数下降, 死亡下降, and 双下降 only if both.

    Returns
    -------
    DataFrame
        The four counts, ``events_fell``, ``deaths_fell`` and ``both_fell``; equal is not fallen.
    """
    crashes, crashes_base = _checked(events, events_base)
    killed, killed_base = _checked(deaths, deaths_base)
    if len(crashes) != len(killed):
        raise FrameError("events and deaths must be of the same units")
    fell, fewer = crashes < crashes_base, killed < killed_base
    return pd.DataFrame(
        {
            "events": crashes.astype(np.int64),
            "events_base": crashes_base.astype(np.int64),
            "deaths": killed.astype(np.int64),
            "deaths_base": killed_base.astype(np.int64),
            "events_fell": fell,
            "deaths_fell": fewer,
            "both_fell": fell & fewer,
        }
    )


def rate_ratio(
    after: npt.ArrayLike,
    before: npt.ArrayLike,
    *,
    exposure_after: npt.ArrayLike = 1.0,
    exposure_before: npt.ArrayLike = 1.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Rate after over rate before with the exact interval of two Poisson counts.

    Given their sum the count after is binomial (Przyborowski & Wilenski 1940); the interval is
    Clopper and Pearson's, so it covers at least what it says.

    Parameters
    ----------
    after, before
        (n) whole counts.
    exposure_after, exposure_before
        Days, or people times days, of the two periods; positive.
    level
        Confidence of the two-sided interval.

    Returns
    -------
    DataFrame
        ``ratio`` (infinite where nothing was before, NaN where nothing at all), ``low``, ``high``.

    Raises
    ------
    FrameError
        When a count is negative or unknown, or an exposure is not positive.
    """
    now, past = _checked(after, before)
    at_risk, at_risk_before = (
        np.asarray(exposure_after, float),
        np.asarray(exposure_before, float),
    )
    for exposure in (at_risk, at_risk_before):
        if not (np.isfinite(exposure) & (exposure > 0)).all():
            raise FrameError("exposures must be positive; leave out periods without any")
    scale = at_risk_before / at_risk
    tail = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share_low = np.where(now > 0, beta.ppf(tail, now, past + 1), 0.0)
        share_high = np.where(past > 0, beta.ppf(1 - tail, now + 1, past), 1.0)
        return pd.DataFrame(
            {
                "ratio": scale * now / past,
                "low": scale * share_low / (1 - share_low),
                "high": scale * share_high / (1 - share_high),
            }
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Trend:
    """Ratio of harm rates of two periods, unit by unit.

    ``ratio`` is the median of the paired draws, ``low`` and ``high`` their central interval,
    ``p_up`` the probability that the rate rose; ``arrow`` is 1 or -1 where that is clear, else 0.
    All are (n); NaN and 0 where a unit has no rate in a period.
    """

    ratio: Floats
    low: Floats
    high: Floats
    p_up: Floats
    arrow: npt.NDArray[np.int64]


def trend(
    current: npt.ArrayLike,
    base: npt.ArrayLike,
    *,
    level: float = 0.9,
    direction: Literal[1, -1] = 1,
) -> Trend:
    """Trend from paired posterior draws of two periods that do not overlap.

    Parameters
    ----------
    current, base
        (draws, n) rates of the same quantity by the same definition.
    direction
        -1 where more is better: ratio and probability then speak of the inverse rate, so that
        up always means more risk.

    Raises
    ------
    FrameError
        When the draws of the two periods do not pair.
    """
    now, before = np.asarray(current, dtype=float), np.asarray(base, dtype=float)
    if now.ndim != 2 or now.shape != before.shape:
        raise FrameError(
            f"draws of {now.shape} and {before.shape} do not pair; draw both alike"
        )
    logs = direction * (
        np.log2(np.maximum(now, _SMALLEST)) - np.log2(np.maximum(before, _SMALLEST))
    )
    known = np.isfinite(logs).all(axis=0)
    low, middle, high, p_up = np.full((4, now.shape[1]), np.nan)
    bounds = [(1 - level) / 2, 0.5, (1 + level) / 2]
    low[known], middle[known], high[known] = np.quantile(logs[:, known], bounds, axis=0)
    p_up[known] = (logs[:, known] > 0).mean(axis=0)
    arrow = np.where(p_up >= CLEAR, 1, np.where(p_up <= 1 - CLEAR, -1, 0))
    return Trend(
        ratio=np.exp2(middle), low=np.exp2(low), high=np.exp2(high), p_up=p_up, arrow=arrow
    )


def _checked(current: npt.ArrayLike, base: npt.ArrayLike) -> tuple[Floats, Floats]:
    now = np.atleast_1d(np.asarray(current, dtype=float))
    before = np.atleast_1d(np.asarray(base, dtype=float))
    if now.ndim != 1 or now.shape != before.shape:
        raise FrameError("give one count per unit for each of the two periods")
    both = np.concatenate([now, before])
    if not (np.isfinite(both) & (both >= 0) & (both == np.floor(both))).all():
        raise FrameError("counts must be whole, known and not negative; check the two periods")
    return now, before

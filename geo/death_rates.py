"""Death and case rates by the formulas of official statistics, and the homicide tile 命案.

Each indicator is a count over an exposure times a scale. The interval beside it is exact (Garwood
1936 for counts, Wilson's for shares): with three deaths a rate is known to a factor of
about four. Rates that are compared between units are shrunk first, see :mod:`geo.rates`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2

from geo.errors import FrameError
from geo.survey import LEVEL, wilson

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One formula: ``count`` / ``exposure`` × ``scale``.

    ``exposure`` names quantity and unit. A share counts some of its exposure: its scale is 1.
    """

    count: str
    exposure: str
    scale: float
    is_share: bool = False


INDICATORS: Mapping[str, Indicator] = MappingProxyType(
    {
        # 亿元GDP生产安全事故死亡率
        "deaths_per_gdp": Indicator(count="deaths", exposure="gdp_100m_yuan", scale=1.0),
        # 工矿商贸十万人死亡率
        "deaths_per_100k_staff": Indicator(count="deaths", exposure="staff", scale=1e5),
        # 道路交通万车死亡率
        "deaths_per_10k_vehicles": Indicator(count="deaths", exposure="vehicles", scale=1e4),
        # 煤矿百万吨死亡率
        "deaths_per_mt_coal": Indicator(count="deaths", exposure="coal_mt", scale=1.0),
        # 十万人口死亡率, 十万人交通事故率
        "deaths_per_100k": Indicator(count="deaths", exposure="population", scale=1e5),
        "crashes_per_100k": Indicator(count="crashes", exposure="population", scale=1e5),
        # 千人发案率, 万人发案率
        "crimes_per_1k": Indicator(count="crimes", exposure="population", scale=1e3),
        "crimes_per_10k": Indicator(count="crimes", exposure="population", scale=1e4),
        # 破案率: of the year's own cases, or solved in the year whenever recorded (may pass 100 %)
        "clearance_same_year": Indicator(
            count="solved", exposure="recorded", scale=1.0, is_share=True
        ),
        "clearance_any_year": Indicator(count="solved", exposure="recorded", scale=1.0),
        # 隐患整改率
        "rectification": Indicator(
            count="closed_on_time", exposure="due", scale=1.0, is_share=True
        ),
    }
)

# Published for the whole country, to hold a county's rate against.
NATIONAL: Mapping[str, Mapping[int, float]] = MappingProxyType(
    {
        "deaths_per_gdp": {2005: 0.70, 2006: 0.558, 2007: 0.413},
        "deaths_per_100k_staff": {2005: 3.85, 2006: 3.33, 2007: 3.05},
        "deaths_per_10k_vehicles": {2005: 7.60, 2006: 6.20, 2007: 5.1},
        "deaths_per_mt_coal": {2005: 2.81, 2006: 2.041, 2007: 1.485},
    }
)


def indicator_rate(
    name: str, count: npt.ArrayLike, exposure: npt.ArrayLike, *, level: float = LEVEL
) -> pd.DataFrame:
    """An indicator of :data:`INDICATORS` with its interval.

    Parameters
    ----------
    name
        Key of :data:`INDICATORS`.
    count
        (n) whole counts.
    exposure
        (n) in the unit the indicator names; where it is zero or NaN there is no rate.

    Returns
    -------
    DataFrame
        ``count``, ``exposure``, ``rate``, ``low``, ``high``; NaN without exposure. A rate per GDP is of
        deaths, so its interval is of chance alone, not of the GDP estimate.

    Raises
    ------
    FrameError
        When the indicator is not known, a count is not whole, or an exposure is negative.
    """
    if name not in INDICATORS:
        raise FrameError(f"{name!r} is no indicator; use one of {', '.join(INDICATORS)}")
    indicator = INDICATORS[name]
    events, size = np.broadcast_arrays(
        np.atleast_1d(np.asarray(count, dtype=float)),
        np.atleast_1d(np.asarray(exposure, dtype=float)),
    )
    if not ((events >= 0) & (events % 1 == 0)).all() or (size < 0).any():
        raise FrameError("counts must be whole and known, and no exposure negative")
    if indicator.is_share:
        shares = wilson(events, np.nan_to_num(size), level=level)
        low, high = shares["low"].to_numpy(), shares["high"].to_numpy()
        rate = shares["share"].to_numpy()
    else:
        per = indicator.scale / np.where(size > 0, size, np.nan)
        tail = (1 - level) / 2
        rate = events * per
        least = np.where(events > 0, chi2.ppf(tail, 2 * np.maximum(events, 1)) / 2, 0.0)
        low, high = least * per, chi2.ppf(1 - tail, 2 * (events + 1)) / 2 * per
    return pd.DataFrame(
        {
            "count": events.astype(np.int64),
            "exposure": size,
            "rate": rate,
            "low": low,
            "high": high,
        }
    )


def implied_exposure(name: str, count: float, rate: float) -> float:
    """Exposure that a published count and rate imply: a check of published figures.

    112,822 deaths at 0.558 per 亿元 are a GDP of 202,190 亿元 (2006).
    """
    if name not in INDICATORS or not rate > 0:
        raise FrameError("an exposure is implied by a known indicator and a positive rate")
    return count / rate * INDICATORS[name].scale


class Homicides(StrEnum):
    """The homicide tile of a whole city and period; townships have too few for any rate."""

    NONE = "none"  # 零命案
    ALL_SOLVED = "all_solved"  # 全破
    NOT_ALL_SOLVED = "not_all_solved"  # 未全破: a veto may follow, see geo.contest


def homicide_tile(occurred: int, solved: int) -> Homicides:
    """Homicides of one city and period, and those of them that were solved.

    Raises
    ------
    FrameError
        When more were solved than occurred: earlier cases are counted elsewhere.
    """
    if not 0 <= solved <= occurred:
        raise FrameError("solved homicides must be of those that occurred in the period")
    if occurred == 0:
        return Homicides.NONE
    return Homicides.ALL_SOLVED if solved == occurred else Homicides.NOT_ALL_SOLVED

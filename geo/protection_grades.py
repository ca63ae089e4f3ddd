"""Grades of the highway safety-protection works (公路安全生命防护工程).

Class I and II roads: road risk HR in fixed bands and accident risk CR in percentiles of the
network, both I–V, decide A, B, C or D. Class III and IV roads: yes/no indicators decide A1 to D.
Bands, percentiles and order of tests are as in provincial software; the ministry's
own guide (试行) was not at hand, so the grades are aids, to be confirmed against its text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int64]

ROAD_RISK_BANDS: tuple[float, ...] = (3.0, 5.0, 13.0, 23.0)  # upper bounds, exclusive, of I–IV
ACCIDENT_PERCENTILES: tuple[float, ...] = (30.0, 50.0, 70.0, 90.0)  # upper, inclusive, of I–IV
UNKNOWN = 0  # level of what is not known

INDICATORS: tuple[str, ...] = (
    "has_bus",  # 通行校车或班线车
    "is_technical",  # 技术指标: bend, grade, sight
    "is_roadside",  # 路侧险要
    "has_accidents",  # 事故判别
    "is_environment",  # 环境复杂
    "has_traffic",  # 交通量
)


@dataclass(frozen=True, eq=False)
class AccidentLevels:
    """(n) levels 1–5 (0 unknown) and the four percentiles of the network they come from."""

    level: Levels
    bounds: Floats


def road_risk_level(road_risk: npt.ArrayLike) -> Levels:
    """(n) 1 (I) to 5 (V) by road risk HR; 0 where HR is not known."""
    risk = np.asarray(road_risk, dtype=np.float64)
    level = np.searchsorted(ROAD_RISK_BANDS, risk, side="right") + 1
    return np.where(np.isnan(risk), UNKNOWN, level).astype(np.int64)


def accident_risk_level(
    accident_risk: npt.ArrayLike, *, bounds: npt.ArrayLike | None = None
) -> AccidentLevels:
    """Levels of accident risk CR against the 30th, 50th, 70th and 90th percentile.

    Parameters
    ----------
    accident_risk
        (n) CR of each section of the whole network, NaN where not known.
    bounds
        The four percentiles to use instead of those of ``accident_risk``.

    Raises
    ------
    FrameError
        When no section has a known CR and no bounds are given.
    """
    risk = np.asarray(accident_risk, dtype=np.float64)
    if bounds is None:
        if not np.isfinite(risk).any():
            raise FrameError("no section has an accident risk; percentiles need a network")
        limits = np.nanpercentile(risk, ACCIDENT_PERCENTILES)
    else:
        limits = np.asarray(bounds, dtype=np.float64)
    level = np.searchsorted(limits, risk, side="left") + 1
    return AccidentLevels(np.where(np.isnan(risk), UNKNOWN, level).astype(np.int64), limits)


def protection_grade(
    road_level: npt.ArrayLike,
    accident_level: npt.ArrayLike,
    *,
    is_high_road: npt.ArrayLike = False,
    is_accident_prone: npt.ArrayLike = False,
) -> npt.NDArray[np.str_]:
    """Grade of class I and II roads.

    High is level IV or V or flagged: A both high, B the road alone (or accidents
    unknown), C the accidents alone, D neither. Empty where the unknown part would decide.

    Parameters
    ----------
    road_level, accident_level
        (n) 1–5, 0 unknown.
    is_high_road, is_accident_prone
        (n) flags that make a section high whatever its level (高风险路段, 多发点段).
    """
    road, accident = np.asarray(road_level), np.asarray(accident_level)
    is_road = (road >= 4) | np.asarray(is_high_road)
    is_accident = (accident >= 4) | np.asarray(is_accident_prone)
    knows_road = (road != UNKNOWN) | is_road
    knows_accident = (accident != UNKNOWN) | is_accident
    return np.select(
        [
            is_road & is_accident,
            is_road,
            ~knows_road | ~knows_accident,
            is_accident,
        ],
        ["A", "B", "", "C"],
        "D",
    )


def indicator_grade(sections: pd.DataFrame) -> npt.NDArray[np.str_]:
    """Grade of class III and IV roads (综合指标判别法), the first line that holds.

    A1 bus and technical · A2 bus and roadside · A3 technical and accidents · B2 technical,
    environment and traffic · B1 technical, roadside and traffic · B3 technical and roadside · B4
    technical · C accidents · D none.

    Parameters
    ----------
    sections
        Boolean columns :data:`INDICATORS`.

    Raises
    ------
    FrameError
        When a column is missing.
    """
    if missing := [name for name in INDICATORS if name not in sections]:
        raise FrameError(f"sections lack {', '.join(missing)}; give all six indicators")
    bus, technical, roadside, accidents, environment, traffic = (
        sections[name].to_numpy(dtype=bool) for name in INDICATORS
    )
    return np.select(
        [
            bus & technical,
            bus & roadside,
            technical & accidents,
            technical & environment & traffic,
            technical & roadside & traffic,
            technical & roadside,
            technical,
            accidents,
        ],
        ["A1", "A2", "A3", "B2", "B1", "B3", "B4", "C"],
        "D",
    )

"""Invented road crashes: most on a few sections, most in the rush hours."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from data.sample.rhythm import Rhythm, hours, years_between
from data.sample.terrain import TREATED_FACTOR, TREATED_TO, Terrain, stake_text

# Henan 2016: 6.11 recorded (general-procedure) crashes per 100,000 residents, about 70 a
# year here. Damage-only crashes under the simple procedure are far more numerous.
GENERAL_PER_YEAR = 70
SIMPLE_PER_YEAR = 1200
HOT_SHARE = 0.3
TEXT_ONLY_SHARE = 0.12
SERIOUS_SHARE = 0.2  # of the injured

RHYTHM = Rhythm(
    month=(1.05, 0.8, 0.9, 0.95, 1.0, 1.0, 1.05, 1.05, 1.0, 1.15, 1.15, 1.2),
    weekday=(1.05, 1.0, 1.0, 1.0, 1.1, 0.95, 0.85),
    hour=hours((8.0, 1.2, 1.0), (12.0, 2.0, 0.4), (18.0, 1.6, 1.3), base=0.12),
    trend=0.97,
)
FORMS = ("车辆间事故", "与非机动车碰撞", "刮撞行人", "单车事故", "其他")
OPEN_ROAD = (0.5, 0.2, 0.1, 0.17, 0.03)
IN_TOWN = (0.48, 0.3, 0.14, 0.05, 0.03)
WEATHER = ("晴", "阴", "雨", "雪", "雾")
WEATHER_SHARE = (0.6, 0.22, 0.12, 0.02, 0.04)


def draw_crashes(
    terrain: Terrain, start: date, end: date, *, scale: float, rng: np.random.Generator
) -> pd.DataFrame:
    """The crash register as its clerks would export it, all columns text."""
    years = years_between(start, end) * scale
    n_general, n_simple = round(GENERAL_PER_YEAR * years), round(SIMPLE_PER_YEAR * years)
    n = n_general + n_simple
    is_general = np.zeros(n, dtype=bool)
    is_general[:n_general] = True
    time = RHYTHM.draw(n, start, end, rng)
    at = terrain.on_roads(n, hot_share=HOT_SHARE, rng=rng)
    _treat(at, time, start, end, terrain=terrain)
    roads = terrain.roads.iloc[at["road"]]
    is_street = (roads["road_class"] == "street").to_numpy()

    form = np.where(
        is_street, rng.choice(FORMS, n, p=IN_TOWN), rng.choice(FORMS, n, p=OPEN_ROAD)
    )
    is_fatal = is_general & (rng.random(n) < 0.25)
    deaths = np.where(is_fatal, rng.choice([1, 2, 3], n, p=[0.92, 0.065, 0.015]), 0)
    injured = np.where(is_general, rng.poisson(0.9, n) + (deaths == 0), 0)
    serious = np.random.default_rng([terrain.seed, 13]).binomial(injured, SERIOUS_SHARE)
    loss = np.exp(rng.normal(np.where(is_general, 9.0, 7.2), 0.9)).round(-1)

    xy = at[["x", "y"]].to_numpy()
    lon, lat = terrain.degrees(xy)
    stake = stake_text(terrain.stakes(at["road"].to_numpy(), at["along_m"].to_numpy()))
    village = terrain.villages["label"].to_numpy()[terrain.nearest_village(xy)]
    text_only = rng.random(n) < TEXT_ONLY_SHARE
    road_text = roads["name"].to_numpy() + stake + "处"
    place = np.where(text_only, village + "附近", road_text + "（" + village + "附近）")

    table = pd.DataFrame(
        {
            "事故时间": clerk_times(time, rng),
            "事故地点": place,
            "路线编号": np.where(is_street, "", roads["route_code"].to_numpy()),
            "桩号": stake,
            "经度": np.where(text_only, "", decimal_texts(lon)),
            "纬度": np.where(text_only, "", decimal_texts(lat)),
            "事故形态": form,
            "处理程序": np.where(is_general, "一般程序", "简易程序"),
            "死亡人数": deaths.astype(str),
            "受伤人数": injured.astype(str),
            "其中重伤人数": serious.astype(str),
            "直接财产损失（元）": loss.astype(int).astype(str),
            "天气": rng.choice(WEATHER, n, p=WEATHER_SHARE),
            "备注": "",
        }
    )
    return numbered(table.iloc[np.argsort(time, kind="stable")], "事故编号", "JT")


def _treat(
    at: pd.DataFrame, time: np.ndarray, start: date, end: date, *, terrain: Terrain
) -> None:
    """Spread most crashes of the treated sections over the other roads once they are closed."""
    # A stream of its own: the other crashes stay as they are.
    rng = np.random.default_rng([terrain.seed, 12])
    closed = np.datetime64(start) + round(TREATED_TO * (end - start).days)
    later = terrain.treated(at["road"].to_numpy(), at["along_m"].to_numpy())
    later &= time.astype("datetime64[D]") > closed
    moved = np.flatnonzero(later & (rng.random(len(at)) > TREATED_FACTOR))
    at.iloc[moved] = terrain.on_roads(len(moved), hot_share=0.0, rng=rng).to_numpy()


def numbered(table: pd.DataFrame, column: str, prefix: str) -> pd.DataFrame:
    """Put a running number such as ``JT-00001`` in front."""
    table = table.reset_index(drop=True)
    table.insert(0, column, [f"{prefix}-{n:05d}" for n in range(1, len(table) + 1)])
    return table


def decimal_texts(degrees: np.ndarray) -> np.ndarray:
    """Degrees as text with six decimals."""
    return np.char.mod("%.6f", degrees).astype(object)


def clerk_times(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Times the way several clerks type them, three formats mixed."""
    stamp = pd.DatetimeIndex(time)
    style = rng.choice(3, len(time), p=(0.7, 0.2, 0.1))
    return np.select(
        [style == 0, style == 1],
        [stamp.strftime("%Y-%m-%d %H:%M"), stamp.strftime("%Y/%m/%d %H:%M:%S")],
        stamp.strftime("%Y年%m月%d日%H时%M分"),
    ).astype(object)

"""Invented work-safety accidents and fires by sector."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import shapely

from data.sample.crashes import decimal_texts, numbered
from data.sample.rhythm import EVEN, Rhythm, hours, years_between
from data.sample.sites import MINING
from data.sample.terrain import Terrain

TEXT_ONLY_SHARE = 0.45
DAY_ONLY_SHARE = 0.25
SPRING_DRY = (1.0, 2.2, 2.4, 1.8, 0.6, 0.4, 0.2, 0.2, 0.3, 0.6, 0.8, 1.0)
WINTER = (1.6, 1.8, 1.1, 0.9, 0.7, 0.7, 0.7, 0.7, 0.7, 0.8, 1.0, 1.4)
FLOOD = (0.0, 0.0, 0.1, 0.2, 0.5, 1.2, 3.5, 3.0, 1.0, 0.3, 0.0, 0.0)
WORK = hours((10.0, 2.0, 1.0), (15.5, 2.2, 1.0), base=0.1)


@dataclass(frozen=True, kw_only=True)
class Sector:
    """One sector: accidents a year, chance of a death, months."""

    name: str
    per_year: float
    fatal: float
    month: tuple[float, ...] = EVEN
    is_mining: bool = False


SECTORS = (
    Sector(name="消防火灾", per_year=110, fatal=0.01, month=WINTER),
    Sector(name="煤矿", per_year=9, fatal=0.35, is_mining=True),
    Sector(name="非煤矿山", per_year=7, fatal=0.2, is_mining=True),
    Sector(name="建筑施工", per_year=12, fatal=0.2),
    Sector(name="危险化学品", per_year=3, fatal=0.1),
    Sector(name="烟花爆竹", per_year=3, fatal=0.1, month=WINTER),
    Sector(name="校车", per_year=3, fatal=0.05),
    Sector(name="食品", per_year=5, fatal=0.0),
    Sector(name="旅游", per_year=2, fatal=0.05),
    Sector(name="森林火灾", per_year=14, fatal=0.0, month=SPRING_DRY),
    Sector(name="汛情", per_year=6, fatal=0.03, month=FLOOD),
    Sector(name="其他工贸", per_year=18, fatal=0.12),
)


def draw_work_accidents(
    terrain: Terrain, start: date, end: date, *, scale: float, rng: np.random.Generator
) -> pd.DataFrame:
    """The accident register; ``事故时间`` holds times, or text where only the day is known."""
    villages = terrain.villages
    weight = villages["weight"].to_numpy(dtype=float)
    units = terrain.region.units["name"]
    mining = villages["unit_code"].map(units).isin(MINING).to_numpy()
    centres = shapely.get_coordinates(villages.geometry)
    parts = []
    for sector in SECTORS:
        n = round(sector.per_year * years_between(start, end) * scale)
        rhythm = Rhythm(month=sector.month, hour=WORK, trend=0.95)
        where = weight * mining if sector.is_mining and mining.any() else weight
        xy = terrain.around(centres, where, n, sigma_m=300.0, rng=rng)
        deaths = np.where(
            rng.random(n) < sector.fatal, rng.choice([1, 2, 3], n, p=[0.85, 0.1, 0.05]), 0
        )
        parts.append(
            pd.DataFrame(
                {
                    "time": rhythm.draw(n, start, end, rng),
                    "x": xy[:, 0],
                    "y": xy[:, 1],
                    "行业领域": sector.name,
                    "死亡人数": deaths,
                    "受伤人数": rng.poisson(0.5, n),
                    "直接经济损失（元）": np.exp(rng.normal(9.6 + deaths, 1.0)).round(-2),
                }
            )
        )
    events = pd.concat(parts, ignore_index=True).sort_values("time", kind="stable")
    n = len(events)
    xy = events[["x", "y"]].to_numpy()
    lon, lat = terrain.degrees(xy)
    nearest = terrain.nearest_village(xy)
    text_only = rng.random(n) < TEXT_ONLY_SHARE
    day_only = rng.random(n) < DAY_ONLY_SHARE
    stamp = pd.DatetimeIndex(events["time"])
    table = pd.DataFrame(
        {
            "事故时间": np.where(
                day_only, stamp.strftime("%Y年%m月%d日"), stamp.strftime("%Y-%m-%d %H:%M")
            ),
            "行业领域": events["行业领域"].to_numpy(),
            "所属乡镇": villages["unit_code"].iloc[nearest].map(units).to_numpy(),
            "事故地点": villages["label"].to_numpy()[nearest],
            "经度": np.where(text_only, "", decimal_texts(lon)),
            "纬度": np.where(text_only, "", decimal_texts(lat)),
            "死亡人数": events["死亡人数"].astype(str).to_numpy(),
            "受伤人数": events["受伤人数"].astype(str).to_numpy(),
            "直接经济损失（元）": events["直接经济损失（元）"]
            .astype(int)
            .astype(str)
            .to_numpy(),
            "备注": "",
        }
    )
    return numbered(table, "编号", "AQ")

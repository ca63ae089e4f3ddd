"""Invented figures of townships, in the wide sheets that offices keep them in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from data.region import RegionPack
from data.sample.sites import MINING

PEOPLE_PER_HOUSEHOLD = 3.6
VEHICLES_PER_HEAD, VEHICLE_GROWTH = 0.11, 1.12
YUAN_PER_HEAD, GDP_GROWTH = 26_000.0, 1.10
STAFF_SHARE, STAFF_SHARE_MINING = 0.04, 0.10
ROAD_KM_PER_KM2 = 1.1
CAMERAS_PER_HEAD = 0.37e-3  # at the end; a fifth fewer each year before
ANSWERS = 100  # asked in each township and year
FEEL_SAFE = 0.92
PETITIONS_PER_HEAD = 8e-5  # a month, falling by a tenth each year
GAPS = 4  # figures of the last year that nobody has handed in yet


def draw_unit_figures(
    region: RegionPack, years: Sequence[int], *, rng: np.random.Generator
) -> pd.DataFrame:
    """Indicators across: a row per township and year, all columns text; a few gaps."""
    units = region.units
    size = len(units)
    people = units["population"].astype(float).to_numpy()
    area_km2 = units.geometry.to_crs(region.metric_crs).area.to_numpy() / 1e6
    income = rng.lognormal(0.0, 0.25, size)
    staff = np.where(units["name"].isin(MINING), STAFF_SHARE_MINING, STAFF_SHARE)
    staff = staff * rng.lognormal(0.0, 0.2, size)
    roads = area_km2 * ROAD_KM_PER_KM2 * rng.lognormal(0.0, 0.1, size)
    tables = []
    for step, year in enumerate(years):
        now = people * 1.004**step
        cameras = np.round(now * CAMERAS_PER_HEAD * 0.8 ** (len(years) - 1 - step))
        safe = rng.binomial(ANSWERS, FEEL_SAFE + 0.01 * step, size)
        tables.append(
            pd.DataFrame(
                {
                    "乡镇": units["name"].to_numpy(),
                    "年份": f"{year}年",
                    "常住人口（人）": now,
                    "户数": now / PEOPLE_PER_HOUSEHOLD,
                    "机动车（辆）": now * VEHICLES_PER_HEAD * VEHICLE_GROWTH**step,
                    "工矿商贸从业人员": now * staff * 1.03**step,
                    "探头数": cameras,
                    "联网探头数": cameras * (0.6 + 0.1 * min(step, 3)),
                    "有效样本": float(ANSWERS),
                    "感到安全": safe.astype(float),
                    "公路里程（公里）": roads * 1.01**step,
                    "GDP（亿元）": now * YUAN_PER_HEAD * income * GDP_GROWTH**step / 1e8,
                }
            )
        )
    table = pd.concat(tables, ignore_index=True)
    decimals = {"公路里程（公里）": 1, "GDP（亿元）": 2}
    for name in table.columns[2:]:
        table[name] = [f"{value:.{decimals.get(name, 0)}f}" for value in table[name]]
    late = rng.choice(size, GAPS, replace=False) + len(table) - size
    table.loc[late, "工矿商贸从业人员"] = ""
    return table


def draw_petitions(
    region: RegionPack, years: Sequence[int], *, rng: np.random.Generator
) -> pd.DataFrame:
    """Months across: the number of petitions of each township, never who came with what."""
    people = region.units["population"].astype(float).to_numpy()
    level = people * PETITIONS_PER_HEAD * rng.lognormal(0.0, 0.4, len(people))
    tables = []
    for step, year in enumerate(years):
        counts = rng.poisson(level[:, None] * 0.9**step, (len(people), 12)).astype(str)
        table = pd.DataFrame(counts, columns=[f"{month}月" for month in range(1, 13)])
        table.insert(0, "乡镇", region.units["name"].to_numpy())
        table.insert(1, "年份", str(year))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def draw_patrol_staff(
    region: RegionPack, years: Sequence[int], *, rng: np.random.Generator
) -> pd.DataFrame:
    """Quarters across: head-counts of the township patrol teams, most within 15 to 20."""
    quarters = [f"{year}年{name}季度" for year in years for name in "一二三四"]
    start = rng.integers(13, 20, len(region.units))
    steps = rng.choice([-1, 0, 0, 0, 1], (len(quarters), len(region.units)))
    heads = np.clip(start + np.cumsum(steps, axis=0), 11, 23)
    table = pd.DataFrame(heads.T.astype(str), columns=quarters)
    table.insert(0, "乡镇", region.units["name"].to_numpy())
    return table

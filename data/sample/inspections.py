"""Invented inspections, readings of mines, hazards of sites, and what the register adds to them."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from data.region import RegionPack
from data.sample.crashes import numbered
from geo.crs import WGS84

VISIT_DAYS = 120  # mines are visited in the last days of the period
VISIT_EVERY = (7, 14)
TOWNSHIP_MISSES, CITY_MISSES = 0.06, 0.1  # share of periods without a record
SECRET_VISITS = 60
COVERT = 3  # mines under a stop order whose power says that they work
MERGED, FIT = 0.25, 0.6
HAZARDS_PER_SITE = 0.5
GRADED = ("煤矿", "非煤矿山", "危险化学品", "烟花爆竹")
HAZARDS = ("通风不良", "支护缺失", "消防通道堵塞", "安全出口锁闭", "电气线路老化", "台账不全")


def with_details(sites: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    """The register with stop orders, merger and LEC, all text; blank where they do not apply."""
    n = len(sites)
    is_stopped = sites["状态"] == "双停"
    is_graded = sites["类别"].isin(GRADED)
    joined = is_stopped & (rng.random(n) < MERGED)
    details = {
        "停产": np.where(is_stopped, "是", ""),
        "停建": np.where(
            is_stopped & (rng.random(n) < 0.97), "是", np.where(is_stopped, "否", "")
        ),
        "达到条件": np.where(is_stopped, np.where(rng.random(n) < FIT, "是", "否"), ""),
        "整合集团": np.where(joined, "省属煤业集团", ""),
        "集团产能（千吨）": np.where(joined, "3000", ""),
        "可能性L": np.where(is_graded, rng.choice(["0.5", "1", "3", "6"], n), ""),
        "频繁程度E": np.where(is_graded, rng.choice(["2", "3", "6"], n), ""),
        "后果C": np.where(is_graded, rng.choice(["3", "7", "15", "40"], n), ""),
    }
    return sites.assign(**details)


def draw_inspections(
    sites: pd.DataFrame, region: RegionPack, start: date, end: date, *, rng: np.random.Generator
) -> pd.DataFrame:
    """A year of inspections of units, and the last months of visits and readings of mines."""
    first = max(np.datetime64(start), np.datetime64(f"{end.year}-01-01"))
    last = np.datetime64(end)
    names = region.units["name"].to_numpy()
    months = np.arange(first.astype("datetime64[M]"), last.astype("datetime64[M]") + 1)
    tens = (months.astype("datetime64[D]")[:, None] + np.array([4, 14, 24])).ravel()
    townships = pd.DataFrame(
        {"日期": np.repeat(tens, len(names)), "乡镇": np.tile(names, len(tens)), "层级": "乡级"}
    )
    city = pd.DataFrame(
        {
            "日期": months.astype("datetime64[D]") + 9,
            "乡镇": rng.choice(names, len(months)),
            "层级": "市级",
        }
    )
    general = pd.concat(
        [
            townships[rng.random(len(townships)) >= TOWNSHIP_MISSES],
            city[rng.random(len(city)) >= CITY_MISSES],
        ]
    )
    secret = general.sample(min(SECRET_VISITS, len(general)), random_state=rng)
    problems = rng.integers(0, 4, len(secret))
    secret = secret.assign(
        层级="市级", 方式="暗访", 发现问题=problems, 逾期未改=rng.binomial(problems, 0.2)
    )
    mines = _placed(sites[sites["类别"] == "煤矿"], region)
    table = pd.concat(
        [
            general.assign(方式="巡查"),
            secret,
            *_visits(mines, last, rng),
            _readings(mines, last, rng),
        ]
    )
    table = table[(table["日期"] >= first) & (table["日期"] <= last)]
    table = table.sort_values("日期", kind="stable", ignore_index=True)
    table["日期"] = table["日期"].dt.strftime("%Y-%m-%d")
    columns = ["日期", "方式", "层级", "乡镇", "单位名称", "发现问题", "逾期未改",
               "用电量（千瓦时）", "基础用电量（千瓦时）", "火工品（公斤）", "地表变化"]  # fmt: skip
    texts = table[columns].map(lambda value: "" if pd.isna(value) else str(value))
    whole = texts.apply(lambda column: column.str.removesuffix(".0"))
    return numbered(whole, "编号", "XC")


def draw_site_hazards(
    sites: pd.DataFrame, region: RegionPack, start: date, end: date, *, rng: np.random.Generator
) -> pd.DataFrame:
    """Hazards found at dangerous sites with their deadline and, for most, the day of closing."""
    placed = _placed(sites[sites["类别"].isin(GRADED)], region)
    chosen = placed.sample(frac=HAZARDS_PER_SITE, random_state=rng)
    n = len(chosen)
    span = (end - start).days
    found = np.datetime64(start) + rng.integers(0, span, n)
    grave = rng.random(n) < 0.1
    due = found + np.where(grave, 90, 30)
    closed = found + rng.integers(3, 60, n)
    is_closed = (closed <= np.datetime64(end)) & (rng.random(n) < 0.9)
    table = pd.DataFrame(
        {
            "单位名称": chosen["名称"].to_numpy(),
            "乡镇": chosen["乡镇"].to_numpy(),
            "隐患": rng.choice(HAZARDS, n),
            "等级": np.where(grave, "重大", "一般"),
            "状态": np.where(is_closed, "销号", "治理"),
            "发现日期": found.astype(str),
            "整改期限": due.astype(str),
            "销号日期": np.where(is_closed, closed.astype(str), ""),
        }
    )
    return numbered(table, "编号", "YH")


def _visits(
    mines: pd.DataFrame, last: np.datetime64, rng: np.random.Generator
) -> list[pd.DataFrame]:
    visits = []
    for name, unit in zip(mines["名称"], mines["乡镇"], strict=True):
        steps = np.cumsum(rng.integers(*VISIT_EVERY, VISIT_DAYS // VISIT_EVERY[0]))
        days = last - VISIT_DAYS + steps[steps < VISIT_DAYS]
        visits.append(
            pd.DataFrame(
                {"日期": days, "方式": "巡查", "层级": "乡级", "乡镇": unit, "单位名称": name}
            )
        )
    return visits


def _readings(
    mines: pd.DataFrame, last: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """Month-end power of each mine; a few mines under a stop order draw more than pumps do."""
    stopped = np.flatnonzero(mines["状态"] == "双停")
    base = rng.integers(80, 200, len(mines)) * 100
    power = base * rng.uniform(0.6, 0.98, (3, len(mines)))
    works = (mines["状态"] == "生产").to_numpy(copy=True)
    works[rng.choice(stopped, min(COVERT, len(stopped)), replace=False)] = True
    power[:, works] *= 2.5
    parts = [
        pd.DataFrame(
            {
                "日期": last - 30 * back,
                "方式": "监测",
                "乡镇": mines["乡镇"].to_numpy(),
                "单位名称": mines["名称"].to_numpy(),
                "用电量（千瓦时）": np.round(power[back]),
                "基础用电量（千瓦时）": base,
                "火工品（公斤）": np.where(mines["状态"] == "生产", 120, 0),
                "地表变化": np.where(rng.random(len(mines)) < 0.01, "有", "无"),
            }
        )
        for back in range(3)
    ]
    return pd.concat(parts)


def _placed(sites: pd.DataFrame, region: RegionPack) -> pd.DataFrame:
    """Sites that have coordinates, with the name of their unit."""
    known = sites[(sites["经度"] != "") & (sites["纬度"] != "")]
    points = gpd.GeoSeries.from_xy(
        known["经度"].astype(float), known["纬度"].astype(float), crs=WGS84
    )
    inside, unit = region.units.sindex.query(points, predicate="within")
    names = region.units["name"].to_numpy()[unit]
    placed: pd.DataFrame = known.iloc[inside].assign(乡镇=names)
    return placed.drop_duplicates("名称")

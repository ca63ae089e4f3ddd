"""Invented dangerous road sections and disorder spots with their treatment so far."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from data.sample.crashes import numbered
from data.sample.terrain import TREATED, TREATED_FROM, TREATED_TO, Terrain, stake_text
from geo.crs import WGS84

QUIET_SECTIONS = 16
SPOT_RADIUS_M = 300.0
DANGERS = ("急弯陡坡", "临水临崖", "平交路口", "视距不良", "路侧险要")
STATUSES = ("排查", "立项", "治理", "挂牌", "验收", "销号", "反弹")
DUE_DAYS = 180


def draw_danger_sections(
    terrain: Terrain, start: date, end: date, *, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Dangerous sections as lines along roads: the hot ones, and some quiet ones."""
    roads = terrain.roads
    quiet = terrain.on_roads(4 * QUIET_SECTIONS, hot_share=0.0, rng=rng)
    staked = roads["stake_from_m"].notna().to_numpy()[quiet["road"]]
    quiet = quiet[staked].head(QUIET_SECTIONS)
    extent = rng.uniform(300.0, 1500.0, len(quiet))
    sections = pd.concat(
        [
            terrain.hot_sections,
            pd.DataFrame(
                {
                    "road": quiet["road"].to_numpy(),
                    "from_m": quiet["along_m"].to_numpy(),
                    "to_m": quiet["along_m"].to_numpy() + extent,
                }
            ),
        ],
        ignore_index=True,
    )
    road = sections["road"].to_numpy()
    length = roads["length_m"].to_numpy()[road]
    sections["to_m"] = np.minimum(sections["to_m"], length)
    sections["from_m"] = np.minimum(sections["from_m"], sections["to_m"] - 100.0)
    lines = [
        substring(line, a, b)
        for line, a, b in zip(
            roads.geometry.to_numpy()[road], sections["from_m"], sections["to_m"], strict=True
        )
    ]
    first = stake_text(terrain.stakes(road, sections["from_m"].to_numpy()))
    last = stake_text(terrain.stakes(road, sections["to_m"].to_numpy()))
    n, n_hot = len(sections), len(terrain.hot_sections)
    danger = rng.choice(DANGERS, n)
    table = pd.DataFrame(
        {
            "名称": roads["name"].to_numpy()[road] + first + "至" + last + danger + "路段",
            "路线编号": roads["route_code"].to_numpy()[road],
            "起点桩号": first,
            "终点桩号": last,
            "隐患类型": danger,
            "隐患等级": np.where(
                np.arange(n) < n_hot,
                rng.choice(["重大", "较大"], n),
                rng.choice(["较大", "一般", "低"], n, p=[0.2, 0.5, 0.3]),
            ),
        }
    )
    progress = _progress(n, start, end, rng)
    found, closed = (
        np.datetime64(start) + round(share * (end - start).days)
        for share in (TREATED_FROM, TREATED_TO)
    )
    progress.iloc[:TREATED] = ["销号", str(found), str(found + DUE_DAYS), str(closed)]
    table = pd.concat([table, progress], axis=1)
    return _frame(numbered(table, "编号", "WX"), lines, terrain)


def draw_disorder_spots(
    terrain: Terrain, start: date, end: date, *, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Disorder spots (治安乱点) as areas around the crossings where crime gathers."""
    centres = terrain.hot_centres
    n = len(centres)
    radius = rng.uniform(0.7, 1.2, n) * SPOT_RADIUS_M
    areas = shapely.buffer(shapely.points(centres), radius, quad_segs=6)
    nearest = terrain.crossings.sindex.nearest(shapely.points(centres), return_all=False)[1]
    name = terrain.crossings["name"].to_numpy()[nearest]
    table = pd.DataFrame(
        {"名称": name + "周边治安乱点", "等级": rng.choice(["较大", "一般"], n)}
    )
    table = pd.concat([table, _progress(n, start, end, rng)], axis=1)
    return _frame(numbered(table, "编号", "LD"), areas, terrain)


def _progress(n: int, start: date, end: date, rng: np.random.Generator) -> pd.DataFrame:
    """Status and dates that agree with it: only accepted or closed ones have an end."""
    span = (end - start).days - DUE_DAYS
    found = np.datetime64(start) + rng.integers(0, span, n)
    due = found + DUE_DAYS
    status = rng.choice(STATUSES, n, p=[0.12, 0.12, 0.24, 0.1, 0.12, 0.24, 0.06])
    closed = found + rng.integers(60, DUE_DAYS + 90, n)
    is_closed = (status == "销号") & (closed <= np.datetime64(end))
    status = np.where((status == "销号") & ~is_closed, "治理", status)
    return pd.DataFrame(
        {
            "整治状态": status,
            "排查日期": found.astype(str),
            "整改期限": due.astype(str),
            "销号日期": np.where(is_closed, closed.astype(str), ""),
        }
    )


def _frame(table: pd.DataFrame, shapes: object, terrain: Terrain) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=terrain.region.metric_crs)
    return frame.to_crs(WGS84)

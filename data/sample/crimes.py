"""Invented recorded crimes by kind, with their own hours, places and near repeats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import shapely

from data.sample.crashes import clerk_times, decimal_texts, numbered
from data.sample.rhythm import WEEKENDS, Rhythm, Times, hours, years_between
from data.sample.terrain import Floats, Terrain
from geo.datum import wgs84_to_gcj02

# Henan 2014: 44.72 recorded crimes per 10,000 residents.
CRIMES_PER_YEAR = 5000
TEXT_ONLY_SHARE = 0.15
HOMICIDES_SOLVED = 0.95
# Near repeats: this share of burglaries follows another within days and a few doors.
REPEAT_SHARE = 0.25
REPEAT_DAYS = 4.0
REPEAT_LIMIT_DAYS = 14.0
REPEAT_M = 90.0


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of crime: share of all, rhythm, and where: hot crossing, seat, village."""

    name: str
    share: float
    where: tuple[float, float, float]
    rhythm: Rhythm


SUMMER = (0.8, 0.75, 0.9, 1.0, 1.1, 1.25, 1.3, 1.25, 1.1, 1.0, 0.9, 0.85)
YEAR_END = (1.45, 1.0, 0.85, 0.85, 0.85, 0.85, 0.9, 0.9, 0.95, 1.0, 1.15, 1.5)
DAY = hours((10.5, 2.0, 1.0), (16.5, 2.5, 1.1))
NIGHT = hours((2.0, 2.2, 1.2), base=0.2)
EVENING = hours((21.0, 2.3, 1.2), base=0.12)

KINDS = (
    Kind(name="盗窃", share=0.35, where=(0.45, 0.3, 0.25), rhythm=Rhythm(hour=DAY)),
    Kind(
        name="入室盗窃", share=0.22, where=(0.12, 0.33, 0.55),
        rhythm=Rhythm(month=YEAR_END, hour=hours((2.5, 1.6, 1.0), (10.0, 1.5, 0.6)), trend=0.93),
    ),
    Kind(
        name="盗窃机动车", share=0.13, where=(0.4, 0.35, 0.25),
        rhythm=Rhythm(month=YEAR_END, hour=NIGHT, trend=0.93),
    ),
    Kind(
        name="抢劫", share=0.03, where=(0.5, 0.3, 0.2),
        rhythm=Rhythm(weekday=WEEKENDS, hour=EVENING, trend=0.9),
    ),
    Kind(
        name="抢夺", share=0.04, where=(0.65, 0.25, 0.1),
        rhythm=Rhythm(month=SUMMER, hour=hours((19.5, 2.0, 1.2)), trend=0.9),
    ),
    Kind(
        name="诈骗", share=0.09, where=(0.3, 0.4, 0.3),
        rhythm=Rhythm(hour=hours((10.5, 1.8, 1.2), (15.5, 1.8, 1.0), base=0.08), trend=1.04),
    ),
    Kind(
        name="故意伤害", share=0.065, where=(0.35, 0.35, 0.3),
        rhythm=Rhythm(month=SUMMER, weekday=WEEKENDS, hour=EVENING),
    ),
    Kind(
        name="故意毁坏财物", share=0.03, where=(0.3, 0.35, 0.35),
        rhythm=Rhythm(weekday=WEEKENDS, hour=EVENING),
    ),
    Kind(name="放火", share=0.004, where=(0.1, 0.3, 0.6), rhythm=Rhythm(hour=NIGHT)),
    Kind(name="涉毒", share=0.015, where=(0.5, 0.35, 0.15), rhythm=Rhythm(hour=EVENING)),
    Kind(name="命案", share=0.002, where=(0.1, 0.3, 0.6), rhythm=Rhythm(hour=EVENING)),
    Kind(name="其他刑事案件", share=0.024, where=(0.3, 0.4, 0.3), rhythm=Rhythm(hour=DAY)),
)  # fmt: skip


def draw_crimes(
    terrain: Terrain, start: date, end: date, *, scale: float, rng: np.random.Generator
) -> pd.DataFrame:
    """The crime register, all columns text, coordinates in GCJ-02.

    Homicides carry their township only, as no map shows them as points.
    """
    total = CRIMES_PER_YEAR * years_between(start, end) * scale
    parts = []
    for kind in KINDS:
        n = round(total * kind.share)
        time = kind.rhythm.draw(n, start, end, rng)
        xy = _places(terrain, kind.where, n, rng)
        if kind.name == "入室盗窃":
            time, xy = with_near_repeats(terrain, time, xy, end=end, rng=rng)
        parts.append(
            pd.DataFrame({"time": time, "x": xy[:, 0], "y": xy[:, 1], "案件类别": kind.name})
        )
    events = pd.concat(parts, ignore_index=True).sort_values("time", kind="stable")
    n = len(events)
    xy = events[["x", "y"]].to_numpy()
    lon, lat = wgs84_to_gcj02(*terrain.degrees(xy))
    village = terrain.nearest_village(xy)
    units = terrain.villages["unit_code"].iloc[village].map(terrain.region.units["name"])
    is_homicide = (events["案件类别"] == "命案").to_numpy()
    text_only = (rng.random(n) < TEXT_ONLY_SHARE) | is_homicide
    label = terrain.villages["label"].to_numpy()[village]
    table = pd.DataFrame(
        {
            "案件类别": events["案件类别"].to_numpy(),
            "发案时间": clerk_times(events["time"].to_numpy(), rng),
            "发案地点": np.where(is_homicide, units.to_numpy(), label),
            "所属乡镇": units.to_numpy(),
            "经度": np.where(text_only, "", decimal_texts(lon)),
            "纬度": np.where(text_only, "", decimal_texts(lat)),
            "状态": rng.choice(["已破", "侦查中"], n, p=[0.45, 0.55]),
            "备注": "",
        }
    )
    # Nearly every homicide is solved.
    solved = (table["案件类别"] == "命案") & (rng.random(n) < HOMICIDES_SOLVED)
    table.loc[solved, "状态"] = "已破"
    return numbered(table, "案件编号", "XS")


def with_near_repeats(
    terrain: Terrain, time: Times, xy: Floats, *, end: date, rng: np.random.Generator
) -> tuple[Times, Floats]:
    """Turn a share of events into sequels of others: days later, some doors away."""
    n = len(time)
    time, xy = time.copy(), xy.copy()
    sequels = rng.choice(n, round(n * REPEAT_SHARE), replace=False)
    latest = np.datetime64(end) - int(REPEAT_LIMIT_DAYS)
    possible = np.setdiff1d(np.flatnonzero(time < latest), sequels)
    if len(possible) == 0:
        return time, xy
    first = rng.choice(possible, len(sequels))
    gap = np.clip(rng.exponential(REPEAT_DAYS, len(sequels)), 0.3, REPEAT_LIMIT_DAYS - 1)
    time[sequels] = time[first] + (gap * 1440).astype("timedelta64[m]")
    moved = xy[first] + rng.normal(0.0, REPEAT_M, (len(sequels), 2))
    xy[sequels] = np.where(terrain.contains(moved)[:, None], moved, xy[first])
    return time, xy


def _places(
    terrain: Terrain, where: tuple[float, float, float], n: int, rng: np.random.Generator
) -> Floats:
    villages, seats, hot = terrain.villages, terrain.seats, terrain.hot_centres
    n_hot, n_seat, n_village = rng.multinomial(n, where)
    points = np.concatenate(
        [
            terrain.around(hot, np.ones(len(hot)), n_hot, sigma_m=220.0, rng=rng),
            terrain.around(
                shapely.get_coordinates(seats.geometry), seats["weight"].to_numpy(),
                n_seat, sigma_m=550.0, rng=rng,
            ),
            terrain.around(
                shapely.get_coordinates(villages.geometry), villages["weight"].to_numpy(),
                n_village, sigma_m=260.0, rng=rng,
            ),
        ]
    )  # fmt: skip
    return np.asarray(rng.permutation(points))

"""Key sites, cameras and patrol posts: three real mines, all others invented."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from data.sample.crashes import decimal_texts, numbered
from data.sample.facts import fact
from data.sample.terrain import Floats, Terrain
from geo.datum import wgs84_to_bd09

# Townships whose coal is named in published sources.
MINING = (
    "浅井镇",
    "文殊镇",
    "鸠山镇",
    "苌庄镇",
    "方山镇",
    "磨街乡",
    "神垕镇",
    "鸿畅镇",
    "梁北镇",
)
TOWNSHIP_MINES = 67  # all under 双停, stopped production and construction
CAMERAS = 420
TEXT_ONLY_SHARE = 0.1

# Kind, name ending, sector, number, around villages (else seats).
INVENTED = (
    ("非煤矿山", "采石场", "非煤矿山", 14, True),
    ("学校", "小学", "校车", 90, True),
    ("学校", "中学", "校车", 26, False),
    ("危险化学品", "化工品仓库", "危险化学品", 9, True),
    ("烟花爆竹", "烟花爆竹零售点", "烟花爆竹", 12, False),
    ("建筑工地", "在建工地", "建筑施工", 18, False),
    ("市场", "集贸市场", "其他", 26, False),
    ("派出所", "派出所", "其他", 26, False),
    ("水库", "小型水库", "汛情", 12, True),
)
FUEL_STATIONS = 32


def draw_sites(terrain: Terrain, *, rng: np.random.Generator) -> pd.DataFrame:
    """The register of key sites, all columns text, coordinates in WGS-84."""
    parts = [_real_mines(), _township_mines(terrain, rng), _landmarks(terrain)]
    for kind, ending, sector, n, in_villages in INVENTED:
        parts.append(_invented(terrain, kind, ending, sector, n, in_villages, rng))
    parts.append(_fuel_stations(terrain, rng))
    table = pd.concat(parts, ignore_index=True).fillna("")
    xy = table[["lon", "lat"]].to_numpy(dtype=float)
    is_known = table["来源"] != "演示"
    text_only = (rng.random(len(table)) < TEXT_ONLY_SHARE) & ~is_known
    table["经度"] = np.where(text_only, "", decimal_texts(xy[:, 0]))
    table["纬度"] = np.where(text_only, "", decimal_texts(xy[:, 1]))
    table["备注"] = ""
    return numbered(table.drop(columns=["lon", "lat"]), "编号", "DW")


def draw_cameras_and_posts(terrain: Terrain, *, rng: np.random.Generator) -> pd.DataFrame:
    """Camera sites and one patrol post per township and hot crossing, BD-09."""
    seats = shapely.get_coordinates(terrain.seats.geometry)
    crossings = shapely.get_coordinates(terrain.crossings.geometry)
    centres = np.concatenate([crossings, seats])
    weight = np.concatenate(
        [
            np.full(len(crossings), 2.0 / len(crossings)),
            terrain.seats["weight"].to_numpy() / terrain.seats["weight"].sum(),
        ]
    )
    cameras = terrain.around(centres, weight, CAMERAS, sigma_m=420.0, rng=rng)
    posts = np.concatenate([terrain.hot_centres, seats + rng.normal(0.0, 80.0, seats.shape)])
    xy = np.concatenate([cameras, posts])
    n, is_camera = len(xy), np.arange(len(xy)) < CAMERAS
    lon, lat = wgs84_to_bd09(*terrain.degrees(xy))
    label = terrain.villages["label"].to_numpy()[terrain.nearest_village(xy)]
    online = rng.choice(["在线", "离线"], n, p=[0.87, 0.13])
    table = pd.DataFrame(
        {
            "名称": label + np.where(is_camera, "监控点", "警务室"),
            "类型": np.where(is_camera, "监控", "巡防岗"),
            "状态": np.where(is_camera, online, "值守"),
            "是否联网": np.where(is_camera, rng.choice(["是", "否"], n, p=[0.7, 0.3]), ""),
            "权属": np.where(is_camera, rng.choice(["公安", "乡镇", "企业"], n), "公安"),
            "位置": label,
            "经度": decimal_texts(lon),
            "纬度": decimal_texts(lat),
        }
    )
    return numbered(table, "编号", "JK")


def _real_mines() -> pd.DataFrame:
    mines = fact("mines")
    return pd.DataFrame(
        {
            "名称": mines["name"],
            "类别": "煤矿",
            "行业领域": "煤矿",
            "状态": "生产",
            "产能（万吨/年）": (mines["capacity_mtpa"] * 100).round().astype(int).astype(str),
            "位置": "",
            "来源": "Global Energy Monitor " + mines["gem_id"],
            "lon": mines["lon"],
            "lat": mines["lat"],
        }
    )


def _township_mines(terrain: Terrain, rng: np.random.Generator) -> pd.DataFrame:
    names = terrain.region.units["name"]
    villages = terrain.villages
    eligible = villages[villages["unit_code"].map(names).isin(MINING)]
    if eligible.empty:
        eligible = villages
    chosen = eligible.iloc[
        np.sort(rng.choice(len(eligible), min(TOWNSHIP_MINES, len(eligible)), replace=False))
    ]
    xy = shapely.get_coordinates(chosen.geometry) + rng.normal(0.0, 150.0, (len(chosen), 2))
    return _table(
        terrain, xy, fallback=shapely.get_coordinates(chosen.geometry),
        name=(chosen["label"] + "煤矿").to_numpy(), kind="煤矿", sector="煤矿",
        place=chosen["label"].to_numpy(), status="双停",
        capacity=rng.choice(["3", "6", "9", "15"], len(chosen)),
    )  # fmt: skip


def _landmarks(terrain: Terrain) -> pd.DataFrame:
    places = terrain.region.places
    marks = places[places["kind"].isin({"scenic_spot", "reservoir"})]
    is_reservoir = marks["kind"] == "reservoir"
    return pd.DataFrame(
        {
            "名称": marks["name"],
            "类别": np.where(is_reservoir, "水库", "景区"),
            "行业领域": np.where(is_reservoir, "汛情", "旅游"),
            "状态": "正常",
            "位置": "",
            "来源": "地名示意",
            "lon": marks.geometry.x,
            "lat": marks.geometry.y,
        }
    )


def _invented(
    terrain: Terrain,
    kind: str,
    ending: str,
    sector: str,
    n: int,
    in_villages: bool,
    rng: np.random.Generator,
) -> pd.DataFrame:
    if in_villages:
        villages = terrain.villages
        chosen = np.sort(rng.choice(len(villages), min(n, len(villages)), replace=False))
        centres = shapely.get_coordinates(villages.geometry)[chosen]
        place = villages["label"].to_numpy()[chosen]
    else:
        seats = terrain.seats
        chosen = np.sort(rng.choice(len(seats), n, replace=n > len(seats)))
        centres = shapely.get_coordinates(seats.geometry)[chosen]
        place = seats["unit_code"].map(terrain.region.units["name"]).to_numpy()[chosen]
    xy = centres + rng.normal(0.0, 130.0 if in_villages else 350.0, centres.shape)
    return _table(
        terrain, xy, fallback=centres, name=place + ending, kind=kind, sector=sector,
        place=place, status="正常", capacity="",
    )  # fmt: skip


def _fuel_stations(terrain: Terrain, rng: np.random.Generator) -> pd.DataFrame:
    at = terrain.on_roads(FUEL_STATIONS, hot_share=0.0, rng=rng)
    xy = at[["x", "y"]].to_numpy()
    label = terrain.villages["label"].to_numpy()[terrain.nearest_village(xy)]
    return _table(
        terrain, xy, fallback=xy, name=label + "加油站", kind="加油站", sector="危险化学品",
        place=label, status="正常", capacity="",
    )  # fmt: skip


def _table(
    terrain: Terrain,
    xy: Floats,
    *,
    fallback: Floats,
    name: np.ndarray,
    kind: str,
    sector: str,
    place: np.ndarray,
    status: str,
    capacity: np.ndarray | str,
) -> pd.DataFrame:
    xy = np.where(terrain.contains(xy)[:, None], xy, fallback)
    lon, lat = terrain.degrees(xy)
    return pd.DataFrame(
        {
            "名称": name,
            "类别": kind,
            "行业领域": sector,
            "状态": status,
            "产能（万吨/年）": capacity,
            "位置": place,
            "来源": "演示",
            "lon": lon,
            "lat": lat,
        }
    )

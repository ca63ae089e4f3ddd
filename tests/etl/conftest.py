"""A toy region of two units, stores in temporary folders, and packs for the real data."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from etl.profile import Profile

REGION_TOML = """
[region]
code = "{code}"
name = {{ zh = "{name}", en = "{name}" }}
metric_crs = "{crs}"
timezone = "{zone}"
is_schematic = false
[files]
units = "units.geojson"
{places}
[source]
units = "test"
"""

PLACES = """place_code,name,unit_code,kind,aliases,lon,lat
101001,关爷庙村,101,village,关爷庙社区,113.12,34.12
101002,连庄村,101,village,,113.15,34.15
102001,连庄村,102,village,,113.35,34.15
102002,方山村,102,village,,113.33,34.12
102003,白沙水库,102,reservoir,,113.36,34.16
"""

PROFILE = """
kind = "incidents"
source = "test"
[columns]
place_text = "地点"
unit_name = "乡镇"
deaths = "死亡"
injured = "受伤"
[constants]
category = "crash_vehicle"
[time]
column = "时间"
[coordinates]
lon = "经度"
lat = "纬度"
datum = "wgs84"
[severity]
rule = "casualties"
[key]
columns = ["编号"]
[attributes]
remark = "备注"
[limits]
reject_share = 1.0
"""


def write_pack(
    folder: Path,
    units: gpd.GeoDataFrame,
    *,
    code: str,
    crs: str,
    zone: str,
    places: str = "",
    name: str | None = None,
) -> RegionPack:
    folder.mkdir(parents=True)
    units.to_file(folder / "units.geojson", driver="GeoJSON")
    if places:
        (folder / "places.csv").write_text(places, encoding="utf-8")
    text = REGION_TOML.format(
        code=code,
        name=name or code,
        crs=crs,
        zone=zone,
        places='places = "places.csv"' if places else "",
    )
    (folder / "region.toml").write_text(text, encoding="utf-8")
    return RegionPack.open(folder)


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> RegionPack:
    """Two square townships of 0.2°: 神垕镇 (101) in the west, 方山镇 (102) in the east."""
    units = gpd.GeoDataFrame(
        {
            "unit_code": ["101", "102"],
            "name": ["神垕镇", "方山镇"],
            "name_en": ["Shenhou", "Fangshan"],
            "kind": ["town", "town"],
            "aliases": ["神后镇", ""],
            "population": [40_000, 20_000],
        },
        geometry=[box(113.0, 34.0, 113.2, 34.2), box(113.2, 34.0, 113.4, 34.2)],
        crs=4326,
    )
    return write_pack(
        tmp_path_factory.mktemp("packs") / "toy",
        units,
        code="toy",
        crs="EPSG:4547",
        zone="Asia/Shanghai",
        places=PLACES,
        name="禹州市",
    )


@pytest.fixture(scope="session")
def profile_text() -> str:
    return PROFILE


@pytest.fixture(scope="session")
def profile(profile_text: str) -> Profile:
    return Profile.parse(profile_text, name="toy")


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[RegionPack], Store]]:
    """Opens a fresh store for a region."""
    stores: list[Store] = []

    def make(region: RegionPack) -> Store:
        home = tmp_path / f"home{len(stores)}"
        stores.append(Store.open(Settings(home=home, region=region.code), region))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real files that ``PINGAN_REALDATA`` names."""
    folder = os.environ.get("PINGAN_REALDATA")
    if folder is None:
        pytest.skip("PINGAN_REALDATA is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def chicago(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RegionPack:
    districts = gpd.read_file(real_data / "chicago" / "chicago_police_districts.kml")
    districts = districts[["Name", "geometry"]].dissolve("Name").reset_index()
    districts["geometry"] = districts.force_2d().make_valid()
    units = districts.rename(columns={"Name": "unit_code"})
    units["name"] = "District " + units["unit_code"]
    return write_pack(
        tmp_path_factory.mktemp("packs") / "chicago",
        units,
        code="chicago",
        crs="EPSG:26971",
        zone="America/Chicago",
    )


@pytest.fixture(scope="session")
def taiwan(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RegionPack:
    towns = gpd.read_file(real_data / "taiwan" / "towns-10t.json", layer="towns").set_crs(
        4326, allow_override=True
    )
    towns["name"] = towns["COUNTYNAME"] + towns["TOWNNAME"]
    towns = towns.rename(columns={"TOWNCODE": "unit_code"})
    return write_pack(
        tmp_path_factory.mktemp("packs") / "taiwan",
        towns[["unit_code", "name", "geometry"]],
        code="taiwan",
        crs="EPSG:3826",
        zone="Asia/Taipei",
    )


@pytest.fixture(scope="session")
def yuzhou_outline(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RegionPack:
    counties = gpd.read_file(real_data / "yuzhou" / "xuchang_counties_osm_mapchina.geojson")
    county = counties.loc[counties["Code_County"] == "411081", ["Name_County", "geometry"]]
    return write_pack(
        tmp_path_factory.mktemp("packs") / "outline",
        county.rename(columns={"Name_County": "name"}).assign(unit_code="411081"),
        code="outline",
        crs="EPSG:4547",
        zone="Asia/Shanghai",
    )

"""The bundled county's cascade, and a toy county with roads, numbers and a broken chain."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import LineString, box

from data.region import RegionPack
from etl.geocode import Cascade
from geo.stakes import RouteLocator

REGION = """
[region]
code = "roads"
name = {{ zh = "平安县", en = "Ping'an" }}
metric_crs = "EPSG:4547"
timezone = "Asia/Shanghai"
parents = ["河南省", "和平市"]
aliases = ["老安县"]
is_schematic = false
[files]
units = "units.geojson"
roads = "roads.geojson"
places = "places.csv"
"""

PLACES = """place_code,name,unit_code,kind,aliases,lon,lat
11001,东村,11,village,,113.05,34.05
11002,西村社区,11,community,,113.06,34.05
12001,高坡村,12,village,高波村,113.30,34.05
12002,石人山景区,12,scenic_spot,石人山,113.31,34.06
11003,石人山村,11,village,,113.02,34.02
"""

ROADS = [
    # code, name, class, aliases, stakes, numbers, line
    ("S200", "省道200线", "provincial", "200省道|安和路", 10_000, 28_400, None, None,
     [(113.0, 34.1), (113.2, 34.1)]),
    ("N1", "人民路", "street", "", None, None, 1, 101, [(113.05, 34.0), (113.05, 34.2)]),
    ("N2", "解放大道", "street", "", None, None, None, None, [(113.06, 34.04), (113.10, 34.04)]),
    ("N3", "环城路", "street", "", None, None, None, None,
     [(113.04, 34.06), (113.06, 34.06), (113.06, 34.08), (113.04, 34.08)]),
    ("N4", "短路街", "street", "", None, None, None, None,
     [(113.0512, 34.15), (113.06, 34.15)]),
    ("N5", "边界路", "street", "", None, None, None, None, [(113.15, 34.02), (113.25, 34.02)]),
]  # fmt: skip


@pytest.fixture(scope="session")
def yuzhou() -> Cascade:
    return Cascade(RegionPack.open("yuzhou"))


@pytest.fixture(scope="session")
def roads_pack(tmp_path_factory: pytest.TempPathFactory) -> RegionPack:
    """城关镇 (11) in the west and 高坡乡 (12) in the east, with roads."""
    folder: Path = tmp_path_factory.mktemp("packs") / "roads"
    folder.mkdir()
    gpd.GeoDataFrame(
        {
            "unit_code": ["11", "12"],
            "name": ["城关镇", "高坡乡"],
            "kind": ["town", "township"],
            "aliases": ["", "高坡镇"],
        },
        geometry=[box(113.0, 34.0, 113.2, 34.2), box(113.2, 34.0, 113.4, 34.2)],
        crs=4326,
    ).to_file(folder / "units.geojson", driver="GeoJSON")
    names = ("route_code", "name", "road_class", "aliases", "stake_from_m", "stake_to_m",
             "number_from", "number_to")  # fmt: skip
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(names, row[:8], strict=True)),
            "geometry": {"type": "LineString", "coordinates": row[8]},
        }
        for row in ROADS
    ]
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "roads.geojson").write_text(
        json.dumps(collection, ensure_ascii=False), encoding="utf-8"
    )
    (folder / "places.csv").write_text(PLACES, encoding="utf-8")
    (folder / "region.toml").write_text(REGION.format(), encoding="utf-8")
    return RegionPack.open(folder)


@pytest.fixture(scope="session")
def toy(roads_pack: RegionPack) -> Cascade:
    return Cascade(roads_pack)


@pytest.fixture(scope="session")
def broken(roads_pack: RegionPack) -> Cascade:
    """The same county, S200 with a long and a short chain: K15 to K16 twice, K20 to K22 never."""
    pieces = gpd.GeoDataFrame(
        {
            "route_code": ["S200"] * 3,
            "stake_from_m": [10_000.0, 15_000.0, 22_000.0],
            "stake_to_m": [16_000.0, 20_000.0, 28_000.0],
        },
        geometry=[
            LineString([(113.00, 34.1), (113.06, 34.1)]),
            LineString([(113.06, 34.1), (113.12, 34.1)]),
            LineString([(113.20, 34.1), (113.30, 34.1)]),
        ],
        crs=4326,
    ).to_crs("EPSG:4547")
    return Cascade(roads_pack, locator=RouteLocator(pieces))

"""A stake behind a broken chain is where the pack's calibration puts it."""

import shutil
from pathlib import Path

import geopandas as gpd
import pytest

from data.region import RegionPack
from etl.geocode import Cascade

# S200 is 18.4 km long; 2 km of it were cut off behind K20, which is K22 since.
CALIBRATION = """route_code,piece,stake_m,chain_m,kind
S200,0,10000,0,boundary
S200,0,20000,10000,break
S200,1,22000,10000,break
S200,1,30400,18400,boundary
"""


@pytest.fixture(scope="module")
def packs(roads_pack: RegionPack, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("packs") / "calibrated"
    shutil.copytree(roads_pack.folder, folder)
    (folder / "calibration.csv").write_text(CALIBRATION, encoding="utf-8")
    manifest: Path = folder / "region.toml"
    text = manifest.read_text("utf-8")
    manifest.write_text(
        text.replace("[files]", '[files]\ncalibration = "calibration.csv"'), encoding="utf-8"
    )
    return roads_pack, RegionPack.open(folder)


def chain_m(pack: RegionPack, text: str) -> float:
    placed = Cascade(pack).locate([text])
    assert placed.match_code[0] == "B1"
    point = gpd.GeoSeries.from_xy(placed.lon, placed.lat, crs=4326).to_crs(pack.metric_crs)
    return float(pack.road_reference.routes.geometry.iloc[0].project(point.iloc[0]))


def test_a_stake_behind_a_broken_chain_lands_right(packs) -> None:
    plain, calibrated = packs
    assert chain_m(calibrated, "S200线K18+300") == pytest.approx(8300, abs=1)
    assert chain_m(calibrated, "S200线K25+300") == pytest.approx(13_300, abs=1)
    # Without it the same stake is two kilometres off.
    assert chain_m(plain, "S200线K25+300") == pytest.approx(15_300, abs=60)


def test_a_stake_that_was_cut_off_has_no_place(packs) -> None:
    assert Cascade(packs[1]).locate(["S200线K21+000"]).status[0] == "unmatched"


def test_a_route_calibrated_by_the_file_alone_is_known_by_name(packs, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(packs[1].folder, folder)
    roads = (folder / "roads.geojson").read_text("utf-8")
    bare = roads.replace("10000", "null", 1).replace("28400", "null", 1)
    (folder / "roads.geojson").write_text(bare, encoding="utf-8")
    pack = RegionPack.open(folder)
    assert pack.roads["stake_from_m"].isna().all()
    assert chain_m(pack, "安和路K12+500") == pytest.approx(2500, abs=1)

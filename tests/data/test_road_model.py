"""Calibrated routes in region packs: read, refused, stored, and turned into places."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sqlalchemy import select

from data.engine import reading
from data.models import CalibrationPoint, RoadSegment, RoutePiece, table
from data.region import RegionPack
from data.region_layers import write_geojson
from data.road_reference import RoadReference, section_geometry
from data.settings import Settings
from data.store import Store
from geo.errors import RegionError

MANIFEST = """
[region]
code = "roads"
name = { zh = "试" }
metric_crs = "EPSG:4547"
timezone = "Asia/Shanghai"
[files]
units = "units.geojson"
roads = "roads.geojson"
calibration = "calibration.csv"
segments = "segments.csv"
"""
# Rebuilt in 2020, 350 m longer in the middle: K10+650 to K11 come twice on S1.
CALIBRATION = """route_code,piece,stake_m,chain_m,lon,lat,valid_from,valid_to,kind,source
S1,0,10000,0,,,2010-01-01,2020-01-01,boundary,old survey
S1,0,20000,10000,,,2010-01-01,2020-01-01,boundary,old survey
S1,0,10000,0,,,2020-01-01,,boundary,survey
S1,0,11000,1000,,,2020-01-01,,break,survey
S1,1,10650,1000,,,2020-01-01,,break,survey
S1,1,19650,10000,,,2020-01-01,,boundary,survey
"""
SEGMENTS = """route_code,stake_from_m,stake_to_m,tech_grade,aadt,aadt_class,lanes,has_median,design_speed_kmh,is_urban,terrain,guard,is_bus_route
S1,10000,14000,二级,8200,,2,否,60,1,山岭,w-beam,1
S1,14000,19650,third,,low,2,,,0,plain,,
S2,,,四级,,,,,,,,,
"""


def write_pack(
    folder: Path, *, calibration: str = CALIBRATION, segments: str = SEGMENTS
) -> Path:
    """S1 runs 10 km east and S2 10 km north, its stakes falling along the line."""
    folder.mkdir(exist_ok=True)
    (folder / "region.toml").write_text(MANIFEST, encoding="utf-8")
    units = gpd.GeoDataFrame(
        {"unit_code": ["a"], "name": ["甲"]}, geometry=[shapely.box(113, 33, 115, 35)], crs=4326
    )
    write_geojson(folder / "units.geojson", units, decimals=5)
    x, y = 500_000.0, 3_770_000.0
    roads = gpd.GeoDataFrame(
        {
            "route_code": ["S1", "S2", "N1"],
            "name": ["一路", "二路", "街"],
            "road_class": ["provincial", "provincial", "street"],
            "stake_from_m": [10_000.0, 9_000.0, np.nan],
            "stake_to_m": [20_000.0, 0.0, np.nan],
        },
        geometry=[
            shapely.LineString([(x, y), (x + 4000, y), (x + 10_000, y)]),
            shapely.LineString([(x, y + 5000), (x, y + 15_000)]),
            shapely.LineString([(x + 100, y + 30), (x + 2100, y + 30)]),
        ],
        crs="EPSG:4547",
    ).to_crs(4326)
    write_geojson(folder / "roads.geojson", roads, decimals=9)
    (folder / "calibration.csv").write_text(calibration, encoding="utf-8")
    (folder / "segments.csv").write_text(segments, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> RegionPack:
    return RegionPack.open(write_pack(tmp_path_factory.mktemp("packs") / "roads"))


def metric(region: RegionPack, shape: shapely.Geometry) -> shapely.Geometry:
    return gpd.GeoSeries([shape], crs=4326).to_crs(region.metric_crs).iloc[0]


def test_the_files_are_read_with_their_types(region: RegionPack) -> None:
    points, segments = region.calibration, region.segments
    assert points["piece"].tolist() == [0, 0, 0, 0, 1, 1]
    assert points["valid_to"].isna().tolist() == [False, False, True, True, True, True]
    assert segments["tech_grade"].tolist() == ["second", "third", "fourth"]
    assert segments["terrain"].tolist() == ["mountain", "plain", ""]
    assert segments["aadt"].tolist()[:1] == [8200.0]
    assert segments["has_median"].tolist() == [False, pd.NA, pd.NA]
    assert segments["is_bus_route"].tolist()[0] is True
    assert np.isnan(segments["stake_from_m"].iloc[2])


def test_a_pack_without_the_files_has_none(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "p")
    text = (folder / "region.toml").read_text("utf-8")
    cut = text.replace('calibration = "calibration.csv"\nsegments = "segments.csv"\n', "")
    with_files = RegionPack.open(folder).digest
    (folder / "region.toml").write_text(cut, encoding="utf-8")
    region = RegionPack.open(folder)
    assert len(region.calibration) == len(region.segments) == 0
    assert region.digest != with_files
    assert region.road_reference.pieces["stake_to_m"].tolist() == [20_000.0, 9_000.0]


def test_the_digest_covers_the_files(tmp_path: Path) -> None:
    first = RegionPack.open(write_pack(tmp_path / "p")).digest
    moved = CALIBRATION.replace("S1,1,19650,10000", "S1,1,19640,10000")
    second = RegionPack.open(write_pack(tmp_path / "p", calibration=moved)).digest
    third = RegionPack.open(
        write_pack(tmp_path / "p", segments=SEGMENTS.replace("8200", "8300"))
    ).digest
    assert len({first, second, third}) == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("S1,0,10000,0,,,2020", "S9,0,10000,0,,,2020", "line 4: route_code is not among"),
        ("S1,1,10650,1000", "S1,1.5,10650,1000", "line 6: piece is no whole number"),
        ("S1,1,10650,1000", "S1,-1,10650,1000", "line 6: piece"),
        ("S1,1,10650,1000", "S1,1,,1000", "line 6: stake_m is empty"),
        ("S1,1,10650,1000", "S1,1,K10,1000", "line 6: stake_m is no number"),
        ("S1,1,10650,1000,,", "S1,1,10650,,,", "line 6: needs chain_m, or lon and lat"),
        ("S1,1,10650,1000,,", "S1,1,10650,,113,34", "line 6: a piece is given partly"),
        ("2010-01-01,2020-01-01", "2010-13-01,2020-01-01", "line 2: valid_from is no day"),
        ("2010-01-01,2020-01-01", "2021-01-01,2020-01-01", "line 2: valid_to is not after"),
        ("boundary,old survey", "milestone,old survey", "line 2: kind: use km_post"),
        ("piece,stake_m", "piece,stake", "column stake_m is missing"),
        (",kind,source", ",kind,surveyor", "unknown column surveyor"),
        (
            "S1,1,19650,10000",
            "S1,1,15000,9990,,,2020-01-01,,other,x\nS1,1,16000,3000,,,2020-01-01,,other,x\n"
            "S1,1,19650,10000",
            "neither rise nor fall strictly",
        ),
        ("S1,1,19650,10000", "S1,1,19650,12000", "leaves its line"),
        ("S1,0,20000,10000,,,2010", "S1,0,20000,90000,,,2010", "leaves its line"),
    ],
)
def test_a_wrong_calibration_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in CALIBRATION
    folder = write_pack(tmp_path / "p", calibration=CALIBRATION.replace(old, new, 1))
    with pytest.raises(RegionError, match=message) as caught:
        RegionPack.open(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("S1,14000,19650", "S1,13999,19650", "line 3: overlaps"),
        ("S1,14000,19650", "S1,,19650", "line 3: has one stake only"),
        ("S1,14000,19650", "S1,19650,14000", "line 3: stake_to_m is not above"),
        ("S1,14000,19650", "S1,,", "overlaps"),
        ("二级", "特级", "line 2: tech_grade: use expressway"),
        ("山岭", "海底", "line 2: terrain: use plain"),
        ("w-beam,1", "w-beam,maybe", "line 2: is_bus_route: use 1 or 0"),
        ("8200", "-1", "line 2: aadt is below zero"),
        ("8200", "many", "line 2: aadt is no number"),
    ],
)
def test_wrong_segments_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    folder = write_pack(tmp_path / "p", segments=SEGMENTS.replace(old, new, 1))
    with pytest.raises(RegionError, match=message):
        RegionPack.open(folder)


def test_posts_given_in_degrees_calibrate_too(tmp_path: Path, region: RegionPack) -> None:
    posts = region.road_reference.routes.geometry.iloc[0]
    at = [posts.interpolate(d) for d in (0, 2900, 10_000)]
    degrees = gpd.GeoSeries(at, crs=region.metric_crs).to_crs(4326)
    rows = [
        f"S1,0,{stake},,{p.x:.9f},{p.y:.9f},,,km_post,gps"
        for stake, p in zip((10_000, 13_000, 20_000), degrees, strict=True)
    ]
    header = CALIBRATION.splitlines()[0]
    text = "\n".join([header, *rows])
    pack = RegionPack.open(
        write_pack(tmp_path / "p", calibration=text, segments="route_code\n")
    )
    assert_allclose(pack.road_reference.chain_of(["S1"], [0], [13_000.0]), [2900.0], atol=0.01)
    assert pack.road_reference.pieces["residual_m"].iloc[0] < 0.01


def test_pieces_know_their_chains(region: RegionPack) -> None:
    pieces = region.road_reference.pieces.set_index(["route_code", "piece"])
    assert_allclose(
        pieces.loc[("S1", 0), ["chain_from_m", "chain_to_m"]].astype(float), [0, 1000]
    )
    assert_allclose(
        pieces.loc[("S1", 1), ["chain_from_m", "chain_to_m"]].astype(float),
        [1000, 10_000],
        atol=0.01,
    )
    # Stakes of S2 fall along its line.
    assert_allclose(
        pieces.loc[("S2", 0), ["chain_from_m", "chain_to_m"]].astype(float),
        [10_000, 0],
        atol=0.01,
    )


def test_from_stake_to_chain_and_back(region: RegionPack) -> None:
    reference = region.road_reference
    codes, pieces = ["S1", "S1", "S2", "S1", "N1"], [0, 1, 0, 7, 0]
    chain = reference.chain_of(codes, pieces, [10_700.0, 10_700.0, 4500.0, 10_700.0, 0.0])
    assert_allclose(chain, [700, 1050, 5000, np.nan, np.nan], atol=0.01)
    stake, piece = reference.stakes_of(
        ["S1", "S1", "S2", "S1", "N1", "X"], [700.0, 1050.0, 5000.0, 10_000.0, 5.0, 5.0]
    )
    assert_allclose(stake, [10_700, 10_700, 4500, 19_650, np.nan, np.nan], atol=0.02)
    assert piece.tolist() == [0, 1, 0, 1, -1, -1]
    assert np.isnan(reference.stakes_of(["S1"], [10_001.0])[0][0])


@given(st.sampled_from(["S1", "S2"]), st.floats(0, 10_000))
def test_each_chain_has_a_stake_that_leads_back(
    region: RegionPack, route: str, chain: float
) -> None:
    reference = region.road_reference
    stake, piece = reference.stakes_of([route], [chain])
    assert abs(reference.chain_of([route], piece, stake)[0] - chain) < 0.02


def test_a_section_runs_over_the_break(region: RegionPack) -> None:
    reference = region.road_reference
    assert reference.intervals("S1", 10_600, 10_800) == [
        (0, pytest.approx(600, abs=0.01), pytest.approx(800, abs=0.01)),
        (1, pytest.approx(1000, abs=0.01), pytest.approx(1150, abs=0.01)),
    ]
    both = section_geometry(region, "S1", 10_600, 10_800)
    assert metric(region, both).length == pytest.approx(350, abs=0.01)
    plain = section_geometry(region, "S1", 12_000, 12_500)
    assert_allclose(
        reference.chain_interval(["S1"], np.array([plain])), [[2350], [2850]], atol=0.01
    )
    assert section_geometry(region, "S1", 30_000, 31_000).is_empty
    assert section_geometry(region, "N1", 0, 100).is_empty
    assert section_geometry(region, "X", 0, 100).is_empty


def test_a_cut_by_chain_is_found_again(region: RegionPack) -> None:
    reference = region.road_reference
    line = reference.cut("N1", 250.0, 750.0)
    assert metric(region, line).length == pytest.approx(500, abs=0.01)
    low, high = reference.chain_interval(
        ["N1", "N1", "X", "S1"], np.array([line, line.reverse(), line, None], dtype=object)
    )
    assert_allclose(low, [250, 250, np.nan, np.nan], atol=0.01)
    assert_allclose(high, [750, 750, np.nan, np.nan], atol=0.01)
    assert reference.cut("X", 0, 1).is_empty


def test_the_old_calibration_is_still_known(region: RegionPack) -> None:
    old = RoadReference.of(region, on=pd.Timestamp("2015-06-01").date())
    assert_allclose(old.chain_of(["S1"], [0], [15_000.0]), [5000.0], atol=0.01)


def test_routes_without_any_stake_are_no_reason_to_fail(tmp_path: Path) -> None:
    folder = write_pack(
        tmp_path / "p", calibration=CALIBRATION.splitlines()[0] + "\n", segments="route_code\n"
    )
    roads = gpd.read_file(folder / "roads.geojson")
    roads[["stake_from_m", "stake_to_m"]] = np.nan
    write_geojson(folder / "roads.geojson", roads, decimals=7)
    reference = RegionPack.open(folder).road_reference
    assert reference.locator is None
    assert reference.pieces.empty
    assert np.isnan(reference.chain_of(["S1"], [0], [1.0])).all()
    assert reference.stakes_of(["S1"], [1.0])[1].tolist() == [-1]
    assert reference.section("S1", 0, 1).is_empty


def test_the_store_holds_what_the_pack_says(region: RegionPack, tmp_path: Path) -> None:
    store = Store.open(Settings(home=tmp_path, region="roads"), region)
    with reading(store._engine) as connection:
        pieces = connection.execute(select(table(RoutePiece))).mappings().all()
        points = connection.execute(select(table(CalibrationPoint))).mappings().all()
        segments = connection.execute(select(table(RoadSegment))).mappings().all()
    store.close()
    assert [(p["route_code"], p["piece"], p["stake_to_m"]) for p in pieces] == [
        ("S1", 0, 11_000.0),
        ("S1", 1, 19_650.0),
        ("S2", 0, 9000.0),
    ]
    assert [p["valid_to_on"] for p in points] == [18_262, 18_262, None, None, None, None]
    assert [(s["tech_grade"], s["aadt"], s["is_urban"]) for s in segments] == [
        ("second", 8200.0, True),
        ("third", None, False),
        ("fourth", None, None),
    ]

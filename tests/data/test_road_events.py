"""Accidents on their routes: by stake, by position, or honestly not."""

import json
import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.testing import assert_allclose

from data.derived.road_events import (
    LINK_CODES,
    LINK_REASONS,
    link_counts,
    linked,
    road_events,
)
from data.region import RegionPack
from data.region_layers import write_geojson
from geo import road_events as contract
from geo.errors import FrameError
from geo.selection import IncidentSelection

MANIFEST = """
[region]
code = "events"
name = { zh = "试" }
metric_crs = "EPSG:4547"
timezone = "Asia/Shanghai"
[files]
units = "units.geojson"
roads = "roads.geojson"
calibration = "calibration.csv"
segments = "segments.csv"
"""
# 350 m longer behind K11: K10+650 to K11 come twice. N1 is a street 60 m beside S1.
CALIBRATION = """route_code,piece,stake_m,chain_m
S1,0,10000,0
S1,0,11000,1000
S1,1,10650,1000
S1,1,19650,10000
"""
SEGMENTS = """route_code,stake_from_m,stake_to_m,is_urban
S1,12000,13000,1
S1,13000,19650,0
N1,,,1
"""
X, Y = 500_000.0, 3_770_000.0
REALDATA = os.environ.get("PINGAN_REALDATA")


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> RegionPack:
    folder: Path = tmp_path_factory.mktemp("packs")
    (folder / "region.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "calibration.csv").write_text(CALIBRATION, encoding="utf-8")
    (folder / "segments.csv").write_text(SEGMENTS, encoding="utf-8")
    units = gpd.GeoDataFrame(
        {"unit_code": ["a"], "name": ["甲"]}, geometry=[shapely.box(113, 33, 115, 35)], crs=4326
    )
    write_geojson(folder / "units.geojson", units, decimals=5)
    roads = gpd.GeoDataFrame(
        {
            "route_code": ["S1", "S2", "N1", "N2", "N3"],
            "name": ["一路", "二路", "街", "巷", "辅路"],
            "road_class": ["provincial", "county", "street", "street", "street"],
            "stake_from_m": [10_000.0, 9_000.0, np.nan, np.nan, np.nan],
            "stake_to_m": [20_000.0, 0.0, np.nan, np.nan, np.nan],
        },
        geometry=[
            shapely.LineString([(X, Y), (X + 10_000, Y)]),
            shapely.LineString([(X, Y + 1000), (X, Y + 10_000)]),
            shapely.LineString([(X + 5000, Y + 60), (X + 7000, Y + 60)]),
            shapely.LineString([(X + 8000, Y), (X + 8000, Y + 500)]),
            shapely.LineString([(X + 9000, Y + 1), (X + 9400, Y + 1)]),
        ],
        crs="EPSG:4547",
    ).to_crs(4326)
    write_geojson(folder / "roads.geojson", roads, decimals=9)
    return RegionPack.open(folder)


def incidents(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """Rows as the store gives them; ``xy`` is metric."""
    table = pd.DataFrame(
        [
            {
                "category": "crash_vehicle",
                "occurred_local": pd.Timestamp("2024-05-06 23:59"),
                "route_code": None,
                "stake_m": np.nan,
                "deaths": 0,
                "injured": 1,
                "match_code": "A1",
                "r95_m": 15.0,
                "attributes": None,
                "xy": None,
            }
            | row
            for row in rows
        ]
    )
    points = [None if xy is None else shapely.Point(xy) for xy in table.pop("xy")]
    shapes = gpd.GeoSeries(points, crs="EPSG:4547").to_crs(4326)
    frame = gpd.GeoDataFrame(table, geometry=shapes)
    frame["lon"], frame["lat"] = shapes.x, shapes.y
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="incident_id")
    return frame


@pytest.mark.parametrize(
    ("row", "code", "reason", "place"),
    [
        ({"route_code": "S1", "stake_m": 10_300.0}, "exact-stake", "", ("S1", 0, 300, 10_300)),
        ({"route_code": "S1", "stake_m": 12_350.0}, "exact-stake", "", ("S1", 1, 2700, 12_350)),
        ({"route_code": "S2", "stake_m": 8000.0}, "exact-stake", "", ("S2", 0, 1000, 8000)),
        ({"route_code": "S1", "stake_m": 10_800.0}, "ambiguous", "stake_repeated", None),
        ({"route_code": "S1", "stake_m": 19_900.0}, "unmatched", "stake_beyond", None),
        ({"route_code": "S9", "stake_m": 100.0}, "unmatched", "unknown_route", None),
        ({}, "unmatched", "unplaced", None),
        # The position decides between the two places of a stake.
        (
            {"route_code": "S1", "stake_m": 10_800.0, "xy": (X + 1152, Y + 4)},
            "coordinate+route",
            "",
            ("S1", 1, 1152, 10_802),
        ),
        ({"route_code": "S1", "xy": (X + 3000, Y - 8)}, "coordinate+route", "", ("S1", 1, 3000, 12_650)),
        ({"xy": (X + 3000, Y - 8)}, "coordinate-only", "", ("S1", 1, 3000, 12_650)),
        ({"route_code": "S9", "xy": (X + 3000, Y - 8)}, "coordinate-only", "", ("S1", 1, 3000, 12_650)),
        ({"xy": (X + 6000, Y + 59)}, "coordinate-only", "", ("N1", -1, 1000, np.nan)),
        ({"xy": (X + 6000, Y + 31)}, "ambiguous", "rival_road", None),
        ({"route_code": "N1", "xy": (X + 3000, Y)}, "ambiguous", "route_conflict", None),
        # N2 ends on S1; N3 runs beside it for 400 m, 1 m apart.
        ({"xy": (X + 8004, Y + 1)}, "coordinate-only", "junction", ("S1", 1, 8004, 17_654)),
        (
            {"route_code": "S1", "xy": (X + 8001, Y + 2)},
            "coordinate+route",
            "",
            ("S1", 1, 8001, 17_651),
        ),
        ({"xy": (X + 9200, Y + 1)}, "ambiguous", "rival_road", None),
        ({"xy": (X + 3000, Y + 400)}, "unmatched", "no_road", None),
        ({"xy": (X + 3000, Y), "match_code": "C2", "r95_m": 810.0}, "unmatched", "too_coarse", None),
        ({"xy": (X + 3000, Y + 90), "r95_m": 100.0}, "coordinate-only", "", ("S1", 1, 3000, 12_650)),
        ({"xy": (X + 3000, Y), "r95_m": np.nan}, "unmatched", "too_coarse", None),
    ],
)  # fmt: skip
def test_where_an_accident_is(
    region: RegionPack,
    row: dict[str, Any],
    code: str,
    reason: str,
    place: tuple[Any, ...] | None,
) -> None:
    event = road_events(incidents(row), region).iloc[0]
    assert (event["link_code"], event["link_reason"]) == (code, reason)
    if place is None:
        assert event["route_code"] == ""
        assert np.isnan(event["chain_m"])
        assert event["piece"] == -1
    else:
        assert (event["route_code"], event["piece"]) == place[:2]
        assert_allclose([event["chain_m"], event["stake_m"]], place[2:], atol=0.5)


def test_sides_are_those_of_rising_stakes(region: RegionPack) -> None:
    events = road_events(
        incidents(
            {"xy": (X + 3000, Y - 8)},
            {"xy": (X + 3000, Y + 8)},
            {"xy": (X + 9, Y + 5000)},  # S2 runs north, its stakes fall: east is left
            {"route_code": "S1", "stake_m": 13_000.0, "xy": (X + 3390, Y + 3)},
        ),
        region,
    )
    assert events["side"].tolist() == ["right", "left", "left", None]
    assert_allclose(events["offset_m"], [8, 8, 9, np.hypot(40, 3)], atol=0.1)
    assert np.isinf(events["runner_up_gap_m"].iloc[0])


def test_the_place_is_on_the_road(region: RegionPack) -> None:
    events = road_events(
        incidents({"xy": (X + 3000, Y - 8)}, {"xy": (X + 3000, Y + 400)}), region
    )
    metric = gpd.GeoSeries.from_xy(events["lon"], events["lat"], crs=4326).to_crs(4547)
    assert_allclose(metric.y, [Y, Y + 400], atol=0.01)


def test_what_the_records_say(region: RegionPack) -> None:
    said = json.dumps({"serious": "2", "procedure": "一般程序", "is_vulnerable": "是"})
    events = road_events(
        incidents(
            {"attributes": said, "deaths": 1, "xy": (X + 2000, Y)},
            {"attributes": '{"procedure": "summary", "serious": "?"}', "xy": (X + 3000, Y)},
            {"category": "crash_pedestrian", "xy": (X + 6000, Y + 60)},
            {"category": "theft", "xy": (X + 2000, Y)},
        ),
        region,
    )
    assert events["event_id"].tolist() == [1, 2, 3]
    assert events["day"].tolist() == [19_849] * 3
    assert events["serious"].tolist()[0] == 2.0
    assert events["serious"].isna().tolist() == [False, True, True]
    assert events["procedure"].tolist() == ["general", "summary", None]
    assert events["is_vulnerable"].tolist() == [True, False, True]
    assert events["road_class"].tolist() == ["provincial", "provincial", "street"]
    # K12+350 – K13 of the urban segment lie at chain 2350 … 3350, N1 is urban as a whole.
    assert events["is_urban"].tolist() == [pd.NA, True, True]


def test_counts_balance_and_fit_the_contract(region: RegionPack) -> None:
    rng = np.random.default_rng(3)
    rows = [
        {"xy": (X + rng.uniform(-100, 10_100), Y + rng.normal(0, 60))} for _ in range(300)
    ] + [{"route_code": "S1", "stake_m": rng.uniform(9_000, 21_000)} for _ in range(300)]
    events = road_events(incidents(*rows), region)
    counts = link_counts(events)
    assert counts["events"].sum() == len(events) == 600
    assert set(counts["link_code"]) == {
        "exact-stake",
        "coordinate-only",
        "ambiguous",
        "unmatched",
    }
    assert set(events["link_code"]) <= set(LINK_CODES)
    assert set(events["link_reason"]) <= set(LINK_REASONS)
    placed = linked(events)
    assert (
        len(placed) == counts.loc[counts["link_reason"].isin(["", "junction"]), "events"].sum()
    )
    complete = contract.road_events(placed)
    assert len(complete) == len(placed)
    assert placed["chain_m"].between(0, 10_000.01).all()


def test_no_incident_gives_an_empty_frame(region: RegionPack) -> None:
    none = incidents({"category": "theft"})
    events = road_events(none, region)
    assert len(events) == 0
    assert len(contract.road_events(linked(events))) == 0
    assert link_counts(events).empty


def test_rows_selected_before_take_no_selection(region: RegionPack) -> None:
    with pytest.raises(FrameError, match="selection with a store"):
        road_events(incidents({}), region, IncidentSelection())


def test_a_store_is_narrowed_to_traffic(make_store: Any) -> None:
    from data.store import Store

    settings = make_store(400)
    pack = RegionPack.open(settings.region)
    store = Store.open(settings, pack)
    selection = IncidentSelection(day_from=19_500, categories=("theft", "crash_vehicle"))
    events = road_events(store, pack, selection)
    wanted = store.incidents(IncidentSelection(day_from=19_500, categories=("crash_vehicle",)))
    store.close()
    assert events["event_id"].tolist() == wanted.index.tolist()
    assert len(events) > 0


@pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is unset")
def test_accidents_of_a_street_network_are_mostly_at_junctions(tmp_path: Path) -> None:
    folder = Path(str(REALDATA)) / "oracles" / "spnetwork"
    network = gpd.read_file(folder / "mtl_network.gpkg")
    crashes = gpd.read_file(folder / "bike_accidents.gpkg")
    manifest = MANIFEST.replace("EPSG:4547", "EPSG:32188")
    for line in ("calibration", "segments"):
        manifest = manifest.replace(f'{line} = "{line}.csv"\n', "")
    (tmp_path / "region.toml").write_text(manifest, encoding="utf-8")
    roads = network.to_crs(4326)
    area = shapely.box(*roads.total_bounds).buffer(0.01)
    units = gpd.GeoDataFrame({"unit_code": ["a"], "name": ["A"]}, geometry=[area], crs=4326)
    write_geojson(tmp_path / "units.geojson", units, decimals=6)
    streets = gpd.GeoDataFrame(
        {"route_code": [f"E{n}" for n in range(len(roads))], "name": ""},
        geometry=roads.geometry.to_numpy(),
        crs=4326,
    )
    write_geojson(tmp_path / "roads.geojson", streets, decimals=7)
    rows = incidents(*({"category": "crash_nonmotor"} for _ in range(len(crashes))))
    rows = rows.set_geometry(crashes.geometry.to_crs(4326).to_numpy(), crs=4326)
    rows["lon"], rows["lat"] = rows.geometry.x, rows.geometry.y
    counts = link_counts(road_events(rows, RegionPack.open(tmp_path)))
    assert counts.values.tolist() == [
        ["coordinate-only", "junction", 303],
        ["coordinate-only", "", 30],
        ["ambiguous", "rival_road", 14],
    ]

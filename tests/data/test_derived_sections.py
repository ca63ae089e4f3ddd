"""Dangerous sections of a small county, counted by hand."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from data.derived.sections import read_run, read_section, save_run, screen_sections
from data.derived.sections_candidates import join
from data.derived.sections_cases import RoadCases, cases_of, road_segments
from data.derived.sections_effect import hazard_effect
from data.derived.sections_forms import FORM_COLUMNS, hazard_rows, section_rows
from data.derived.sections_grades import features, known_grades, section_grades
from data.derived.sections_strip import strip
from data.ledger import NewHazard
from data.region import RegionPack
from data.region_layers import write_geojson
from data.settings import Settings
from data.store import LoadRequest, Store
from geo.empirical_bayes import expected_count
from geo.errors import HazardError
from geo.hazard_states import HazardEvent, Measure
from geo.protection_grades import INDICATORS
from geo.selection import IncidentSelection, day_number

MANIFEST = """
[region]
code = "roads"
name = {{ zh = "试县", en = "Test" }}
metric_crs = "EPSG:4547"
timezone = "Asia/Shanghai"
parents = ["某省", "某市"]
[files]
units = "units.geojson"
{files}
"""
SEGMENTS = """route_code,stake_from_m,stake_to_m,tech_grade,aadt_class,is_urban,is_bus_route
S1,10000,20000,second,5000-10000,1,1
S1,20000,30000,second,2000-5000,0,1
X1,,,fourth,<400,0,1
"""
X, Y = 500_000.0, 3_770_000.0
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, LAST = date(2021, 1, 1), date(2025, 12, 31)
HOT = (12_000.0, 12_400.0)  # chains on S1


def make_pack(folder: Path, *, roads: bool = True, staked: bool = True) -> RegionPack:
    folder.mkdir()
    files = 'roads = "roads.geojson"' if roads else ""
    if roads and staked:
        files += '\nsegments = "segments.csv"'
        (folder / "segments.csv").write_text(SEGMENTS, encoding="utf-8")
    (folder / "region.toml").write_text(MANIFEST.format(files=files), encoding="utf-8")
    units = gpd.GeoDataFrame(
        {"unit_code": ["west", "east"], "name": ["西乡", "东乡"]},
        geometry=gpd.GeoSeries(
            [
                shapely.box(X - 5e3, Y - 5e3, X + 12_200, Y + 4e4),
                shapely.box(X + 12_200, Y - 5e3, X + 4e4, Y + 4e4),
            ],
            crs="EPSG:4547",
        ).to_crs(4326),
    )
    units["geometry"] = shapely.set_precision(units.geometry.to_numpy(), 1e-7)
    write_geojson(folder / "units.geojson", units, decimals=7)
    if roads:
        lines = gpd.GeoDataFrame(
            {
                "route_code": ["S1", "X1"],
                "name": ["一路", "乡路"],
                "road_class": ["provincial", "county"],
                "stake_from_m": [10_000.0, 0.0] if staked else [np.nan, np.nan],
                "stake_to_m": [30_000.0, 15_000.0] if staked else [np.nan, np.nan],
            },
            geometry=[
                shapely.LineString([(X, Y), (X + 20_000, Y)]),
                shapely.LineString([(X, Y + 3000), (X, Y + 18_000)]),
            ],
            crs="EPSG:4547",
        ).to_crs(4326)
        write_geojson(folder / "roads.geojson", lines, decimals=9)
    return RegionPack.open(folder)


def accidents() -> pd.DataFrame:
    """Even scatter on both roads, and a cluster on S1 that thins out after 2024."""
    rng = np.random.default_rng(5)
    days = day_number(FIRST), day_number(LAST)
    even = pd.DataFrame(
        {
            "route": np.repeat(["S1", "X1"], (150, 60)),
            "chain": np.r_[rng.uniform(0, 20_000, 150), rng.uniform(0, 15_000, 60)],
            "day": rng.integers(*days, 210),
        }
    )
    cut = day_number(date(2024, 1, 1))
    hot = pd.DataFrame(
        {
            "route": "S1",
            "chain": rng.uniform(*HOT, 66),
            "day": np.r_[rng.integers(days[0], cut, 60), rng.integers(cut + 200, days[1], 6)],
        }
    )
    table = pd.concat([even, hot], ignore_index=True)
    table["deaths"] = (np.arange(len(table)) % 9 == 0).astype(int)
    return table


def load(store: Store, table: pd.DataFrame) -> None:
    points = [
        shapely.Point(X + chain, Y) if route == "S1" else shapely.Point(X, Y + 3000 + chain)
        for route, chain in zip(table["route"], table["chain"], strict=True)
    ]
    degrees = gpd.GeoSeries(points, crs="EPSG:4547").to_crs(4326)
    columns: dict[str, Any] = {}
    if "is_staked" in table:
        start = np.where(table["route"] == "S1", 10_000.0, 0.0)
        columns["route_code"] = table["route"].tolist()
        columns["stake_m"] = (start + table["chain"]).to_numpy()
    load_points(store, degrees, table["day"].to_numpy(), table["deaths"].to_numpy(), **columns)


def load_points(
    store: Store, degrees: gpd.GeoSeries, day: np.ndarray, deaths: np.ndarray, **more: Any
) -> None:
    n = len(degrees)
    seconds = day * 86_400 + 40_000
    columns = {
        "key_hash": np.arange(n),
        "content_hash": np.arange(n),
        "row_no": np.arange(n) + 1,
        "category": ["crash_vehicle"] * n,
        "severity": pa.array([1] * n, pa.uint8()),
        "occurred_at": seconds - 28_800,
        "occurred_local": seconds,
        "time_precision": ["minute"] * n,
        "match_code": ["A1"] * n,
        "r95_m": [15.0] * n,
        "deaths": deaths,
        "injured": [1] * n,
        "lon": degrees.x.to_numpy(),
        "lat": degrees.y.to_numpy(),
        "attributes": ['{"procedure": "一般程序", "serious": 0}'] * n,
        **more,
    }
    request = LoadRequest(
        kind="incidents", profile="p", profile_digest="d", file_name="f.csv", sha256="0" * 64,
        as_of=NOW, source="s", is_demo=True, loader_version="2",
    )  # fmt: skip
    with store.load(request) as batch:
        batch.write("incidents", pa.table(columns))
        batch.finish({"read": n, "accepted": n, "rejected": 0, "duplicate": 0})


def open_store(folder: Path, pack: RegionPack, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("PINGAN_HOME", str(folder))
    monkeypatch.delenv("PINGAN_DB", raising=False)
    return Store.open(Settings.load(str(pack.folder)), pack)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> RegionPack:
    return make_pack(tmp_path_factory.mktemp("packs") / "pack")


@pytest.fixture
def store(region: RegionPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    store = open_store(tmp_path / "home", region, monkeypatch)
    load(store, accidents().assign(is_staked=True))
    return store


def test_the_cluster_is_found_by_rule_and_by_risk(store: Store, region: RegionPack) -> None:
    run = screen_sections(store, region, years=5)
    best = run.sections.iloc[0]
    assert best["route_code"] == "S1"
    assert best["rank"] == 1
    assert best["rank_low"] == 1
    assert best["p_chance"] <= 0.01
    assert best["loss"] == 4
    assert best["is_risky"]
    assert best["chain_from_m"] <= HOT[0] + 50
    assert best["chain_to_m"] >= HOT[1] - 50
    assert set(best["unit_codes"]) == {"west", "east"}
    assert {"city_2008_4", "county_2008"} <= {reason["rule_id"] for reason in best["rules"]}
    table = accidents()
    inside = table[
        (table["route"] == "S1")
        & table["chain"].between(best["chain_from_m"] - 1, best["chain_to_m"] + 1)
    ]
    assert best["accidents"] == len(inside) == len(best["event_ids"])
    assert best["deaths"] == inside["deaths"].sum()
    assert best["observed"] == best["accidents"]
    assert run.facts.events == len(table)
    assert run.facts.placed("exact-stake") == len(table)
    assert run.facts.risk["basis"] in ("aadt_class", "class_mean")
    assert run.facts.is_demo
    assert run.facts.note == ""
    # Expected lies between what was predicted and what was seen.
    assert best["predicted"] < best["expected"] < best["observed"]


def test_each_reason_holds_what_it_says(store: Store, region: RegionPack) -> None:
    run = screen_sections(store, region, years=5)
    events = RoadCases.of(store, region, IncidentSelection(), years=5).events
    events = events.set_index("event_id")
    reasons = [(s, r) for s in run.sections.to_dict("records") for r in s["rules"]]
    assert reasons
    for section, reason in reasons:
        own = events.loc[reason["tightest_event_ids"]]
        assert (own["route_code"] == section["route_code"]).all()
        span = own["chain_m"].max() - own["chain_m"].min()
        assert span == pytest.approx(reason["tightest_m"])
        assert own["day"].between(reason["day_from"], reason["day_to"]).all()
        for condition in reason["conditions"]:
            assert condition["found"] >= condition["n"]
        if reason["rule_id"] == "county_2008":
            assert reason["tightest_m"] <= 500


def test_the_same_data_and_seed_give_the_same_run(store: Store, region: RegionPack) -> None:
    first, again = (screen_sections(store, region, years=5, seed=3) for _ in range(2))
    assert_frame_equal(pd.DataFrame(first.sections), pd.DataFrame(again.sections))
    assert first.facts == again.facts


def test_a_saved_run_is_read_back_equal(store: Store, region: RegionPack) -> None:
    run = screen_sections(store, region, years=5)
    number = save_run(store, run, at=NOW)
    back = read_run(store, region, number)
    assert back.facts == run.facts
    assert back.run_id == number
    assert_frame_equal(
        pd.DataFrame(back.sections).reset_index(drop=True), pd.DataFrame(run.sections)
    )
    same, section = read_section(store, region, int(back.sections.index[1]))
    assert same.run_id == number
    assert section["rank"] == run.sections["rank"].iloc[1]
    with pytest.raises(HazardError, match="no screened section 9999"):
        read_section(store, region, 9999)
    with pytest.raises(HazardError, match="no screening 7"):
        read_run(store, region, 7)


def test_units_keep_their_own_sections_only(store: Store, region: RegionPack) -> None:
    everywhere = screen_sections(store, region, years=5)
    west = screen_sections(store, region, IncidentSelection(units=("west",)), years=5)
    assert 0 < len(west.sections) < len(everywhere.sections)
    assert all("west" in codes for codes in west.sections["unit_codes"])
    assert west.facts.events == everywhere.facts.events


def test_segments_cover_each_road_once(region: RegionPack) -> None:
    segments = road_segments(region)
    length = segments.groupby("route_code").apply(
        lambda part: (part["to_chain_m"] - part["from_chain_m"]).sum(), include_groups=False
    )
    assert_allclose(length["S1"], region.road_reference.length_m["S1"])
    own = segments[segments["route_code"] == "S1"]
    assert own["is_urban"].tolist() == [True, False]
    assert_allclose(own["to_chain_m"].iloc[0], 10_000, atol=5)


def test_a_strip_adds_up(store: Store, region: RegionPack) -> None:
    cases = RoadCases.of(store, region, IncidentSelection(), years=5)
    parts = strip(store, cases, "S1")
    bins = parts["bins"]
    assert len(bins) == 200 or len(bins) == 201
    assert bins[["fatal", "injury", "damage"]].to_numpy().sum() == len(parts["accidents"])
    assert len(parts["accidents"]) == (accidents()["route"] == "S1").sum()
    peak = bins.loc[bins["expected"].idxmax()]
    assert HOT[0] - 100 <= peak["from_chain_m"] <= HOT[1]
    assert peak["expected"] > 3 * peak["predicted"]


def walk(store: Store, hazard_id: int, picture: bytes) -> None:
    """Treated in January 2024, accepted by the end of June, closed in July."""
    with store.ledger() as desk:
        for content in ("before", "after"):
            step = {"kind": content, "role": "police", "at": NOW}
            if content == "before":
                desk.attach(hazard_id, picture, **step)
        steps = (
            HazardEvent(kind="verified", role="police", on=date(2023, 11, 1)),
            HazardEvent(
                kind="listed", role="police", on=date(2023, 11, 20), level="county",
                doc_no="县安委〔2023〕7号", responsible_unit="公路段", deadline=date(2024, 9, 1),
            ),
            HazardEvent(
                kind="planned", role="transport", on=date(2023, 12, 1), budget_wan=12.5,
                measures=(Measure(kind="guardrail", quantity=400, quantity_unit="m"),),
            ),
            HazardEvent(
                kind="treating", role="transport", on=date(2024, 1, 2), started_on=date(2024, 1, 2)
            ),
        )  # fmt: skip
        for step in steps:
            desk.advance(hazard_id, step, at=NOW)
        desk.attach(hazard_id, picture, kind="after", role="police", at=NOW)
        for step in (
            HazardEvent(kind="submitted", role="transport", on=date(2024, 6, 20)),
            HazardEvent(
                kind="accepted", role="police", on=date(2024, 6, 30), result="pass",
                checked_by=("police", "transport", "emergency"),
            ),
            HazardEvent(kind="closed", role="police", on=date(2024, 7, 3), doc_no="8号"),
        ):  # fmt: skip
            desk.advance(hazard_id, step, at=NOW)


@pytest.fixture
def hazard_id(store: Store) -> int:
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "PNG")
    new = NewHazard(
        name="一路K22段", route_code="S1", stake_from_m=22_000, stake_to_m=22_400, side="right",
        note="急弯，路侧临水",
    )  # fmt: skip
    with store.ledger() as desk:
        number = desk.open_hazard(new, role="police", on=date(2023, 10, 1), at=NOW)
    walk(store, number, buffer.getvalue())
    return number


def test_before_and_after_by_hand(store: Store, region: RegionPack, hazard_id: int) -> None:
    result = hazard_effect(store, region, hazard_id, years=1)
    evaluation = result.evaluation
    assert evaluation.before_to == date(2024, 1, 1)
    assert day_number(evaluation.before_from) == accidents()["day"].min()
    assert (evaluation.after_from, evaluation.after_to) == (date(2024, 7, 1), date(2025, 6, 30))
    table = accidents()
    day = table["day"]
    hot = (table["route"] == "S1") & table["chain"].between(12_000, 12_400)
    before = day.between(day_number(evaluation.before_from), day_number(evaluation.before_to))
    after = day.between(day_number(evaluation.after_from), day_number(evaluation.after_to))
    assert evaluation.observed_before == (hot & before).sum()
    assert evaluation.observed_after == (hot & after).sum()
    assert result.growth == pytest.approx((~hot & after).sum() / (~hot & before).sum())
    expected = expected_count(evaluation.observed_before, result.predicted_before, result.k)
    assert evaluation.expected_after == pytest.approx(float(expected.expected) * result.growth)
    assert evaluation.naive_change < 0
    assert evaluation.odds_ratio < 1
    # Part of the naive fall would have come anyway.
    assert result.effect.effect_percent < result.effect.naive_percent
    with pytest.raises(HazardError, match="up to 2027-06-30"):
        hazard_effect(store, region, hazard_id, years=3)
    with store.ledger() as desk:
        step = HazardEvent(
            kind="monitoring", role="police", on=date(2025, 12, 31), evaluation=evaluation
        )
        assert desk.advance(hazard_id, step, at=NOW) == "monitoring"
        kept = desk.evaluations(hazard_id).iloc[0]
    assert kept["odds_ratio"] == evaluation.odds_ratio
    assert kept["naive_change"] == evaluation.naive_change


def test_no_effect_before_acceptance(store: Store, region: RegionPack) -> None:
    new = NewHazard(name="甲", route_code="X1", stake_from_m=100, stake_to_m=900)
    with store.ledger() as desk:
        number = desk.open_hazard(new, role="police", on=date(2025, 1, 1), at=NOW)
    with pytest.raises(HazardError, match="not accepted yet"):
        hazard_effect(store, region, number)
    with pytest.raises(HazardError, match="1 or 3 years"):
        hazard_effect(store, region, number, years=2)


def test_the_ledger_knows_the_section_again(
    store: Store, region: RegionPack, hazard_id: int
) -> None:
    run = screen_sections(store, region, years=5)
    best = run.sections.iloc[0]
    assert best["hazard_id"] == hazard_id
    assert best["hazard_share"] >= 0.5
    assert run.sections["hazard_id"].iloc[1:].isna().all()


def test_forms_say_what_is_known_and_no_more(
    store: Store, region: RegionPack, hazard_id: int
) -> None:
    run = screen_sections(store, region, years=5)
    cases = cases_of(store, region, run.facts)
    row = hazard_rows(store, region, run=run, cases=cases).iloc[0]
    table = accidents()
    inside = table[(table["route"] == "S1") & table["chain"].between(12_000, 12_400)]
    expected = {
        "hazard_id": hazard_id, "province": "某省", "city": "某市", "county": "试县",
        "route_code": "S1", "tech_grade": "second", "side": "right", "is_prone": True,
        "features": ("sharp_bend", "roadside"), "aadt": "2000-5000", "has_bus": True,
        "works": {"guardrail": {"quantity": 400.0, "unit": "m"}}, "budget_wan": 12.5,
        "plan_year": 2024, "accidents": len(inside), "deaths": inside["deaths"].sum(),
        "responsible_unit": "公路段", "level": "county", "guard": "", "protection_grade": None,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    blind = hazard_rows(store, region, run=None, cases=None).iloc[0]
    assert blind["is_prone"] is None
    assert blind["accidents"] is None
    sections = section_rows(store, region, run=run, top=2)
    assert sections.columns.tolist() == list(FORM_COLUMNS)
    assert sections["hazard_id"].tolist() == [hazard_id, None]
    assert sections["accidents"].tolist() == run.sections["accidents"].head(2).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("急弯陡坡", ("sharp_bend", "steep_grade")),
        ("连续急弯", ("bend_series",)),
        ("临水临崖，平交路口", ("roadside", "junction")),
        ("", ()),
        ("坡度平缓", ()),
    ],
)
def test_features_are_those_the_survey_names(text: str, expected: tuple[str, ...]) -> None:
    assert features(text) == expected


def test_a_grade_is_given_only_when_nothing_unknown_can_change_it() -> None:
    known = pd.DataFrame(
        [
            {"has_bus": True, "is_technical": True},
            {"has_bus": False, "is_technical": True, "has_accidents": True},
            {"has_bus": True, "is_roadside": True, "has_accidents": True},
            {"has_accidents": True},
        ],
        columns=list(INDICATORS),
        dtype="boolean",
    )
    assert known_grades(known).tolist() == ["A1", "A3", "", ""]


def test_a_section_has_the_grade_of_its_hazard_or_what_survey_and_pack_give(
    region: RegionPack,
) -> None:
    hazards = gpd.GeoDataFrame(
        {"protection_grade": [None, "B2"], "attributes": ['{"danger": "急弯"}', None]},
        index=pd.Index([7, 8], name="hazard_id"),
    )
    places = [("X1", 7), ("X1", 8), ("X1", None), ("S1", 7), ("S1", 8)]
    sections = pd.DataFrame(places, columns=["route_code", "hazard_id"]).assign(
        hazard_id=lambda table: table["hazard_id"].astype("Int64"),
        stake_from_m=12_000.0,
        stake_to_m=12_400.0,
        rules=[[]] * 5,
    )
    # X1 is of the fourth class and has a bus; grades by indicators are no matter for S1.
    assert section_grades(sections, hazards, region) == ["A1", "B2", "", "", "B2"]
    assert section_grades(sections.head(0), hazards, region) == []


def test_long_hits_join_nothing_and_points_get_a_length() -> None:
    hits = pd.DataFrame(
        {
            "route_code": ["a", "a", "b"],
            "from_chain_m": [100.0, 0.0, 500.0],
            "to_chain_m": [300.0, 9000.0, 500.0],
            "event_ids": [(1, 2), (1, 7), (3,)],
        }
    )
    risky = pd.DataFrame(
        {
            "route_code": ["a", "a"],
            "from_chain_m": [250.0, 4000.0],
            "to_chain_m": [750.0, 4500.0],
        }
    )
    found = join(
        hits, risky,
        event_chain_m=pd.Series({1: 100.0, 2: 300.0, 3: 500.0, 7: 9000.0}),
        length_m=pd.Series({"a": 9500.0, "b": 520.0}), longest_m=2000.0,
    )  # fmt: skip
    assert found["hit_rows"].tolist() == [[0, 1], [], [2]]
    assert found["window_rows"].tolist() == [[0], [1], []]
    assert found["from_chain_m"].tolist() == [100.0, 4000.0, 420.0]
    assert found["to_chain_m"].tolist() == [750.0, 4500.0, 520.0]


def test_without_roads_there_is_nothing_but_facts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = make_pack(tmp_path / "bare", roads=False)
    store = open_store(tmp_path / "home", bare, monkeypatch)
    load(store, accidents())
    run = screen_sections(store, bare)
    assert run.facts.note == "no_roads"
    assert run.sections.empty
    assert run.facts.placed("unmatched") == sum(row["events"] for row in run.facts.links) > 0
    number = save_run(store, run, at=NOW)
    assert read_run(store, bare, number).facts == run.facts


def test_roads_without_stakes_are_measured_along_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = make_pack(tmp_path / "bare", staked=False)
    store = open_store(tmp_path / "home", bare, monkeypatch)
    load(store, accidents())
    run = screen_sections(store, bare, years=5)
    best = run.sections.iloc[0]
    assert np.isnan(best["stake_from_m"])
    assert best["chain_from_m"] < HOT[0] + 100
    assert run.facts.placed("coordinate-only") > 0
    assert read_run(store, bare, save_run(store, run, at=NOW)).facts == run.facts


@pytest.mark.parametrize(("rows", "note"), [(0, "no_events"), (1, "too_few_events")])
def test_few_accidents_give_rules_only(
    rows: int, note: str, region: RegionPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path / "home", region, monkeypatch)
    if rows:
        load(store, accidents().head(rows).assign(is_staked=True, deaths=3))
    run = screen_sections(store, region)
    assert run.facts.note == note
    assert run.facts.risk == {}
    assert len(run.sections) == rows
    if rows:
        only = run.sections.iloc[0]
        assert [reason["rule_id"] for reason in only["rules"]] == ["city_2008_1"]
        assert pd.isna(only["rank"])
        assert only["chain_to_m"] - only["chain_from_m"] == pytest.approx(100)
    back = read_run(store, region, save_run(store, run, at=NOW))
    assert_frame_equal(
        pd.DataFrame(back.sections).reset_index(drop=True), pd.DataFrame(run.sections)
    )


@pytest.mark.skipif("PINGAN_REALDATA" not in os.environ, reason="PINGAN_REALDATA is unset")
def test_the_montreal_network_and_its_bicycle_accidents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(os.environ["PINGAN_REALDATA"]) / "oracles" / "spnetwork"
    network = gpd.read_file(source / "mtl_network.gpkg").explode(ignore_index=True)
    accidents = gpd.read_file(source / "bike_accidents.gpkg")
    folder = tmp_path / "pack"
    folder.mkdir()
    manifest = MANIFEST.format(files='roads = "roads.geojson"').replace(
        "EPSG:4547", "EPSG:3797"
    )
    (folder / "region.toml").write_text(manifest, encoding="utf-8")
    hull = gpd.GeoSeries([network.union_all().convex_hull.buffer(200)], crs=network.crs)
    units = gpd.GeoDataFrame({"unit_code": ["m"], "name": ["M"]}, geometry=hull.to_crs(4326))
    write_geojson(folder / "units.geojson", units, decimals=7)
    roads = gpd.GeoDataFrame(
        {
            "route_code": [f"M{at:04d}" for at in range(len(network))],
            "name": "",
            "road_class": network["ClsRte"],
            "stake_from_m": np.nan,
            "stake_to_m": np.nan,
        },
        geometry=shapely.force_2d(network.geometry.to_numpy()),
        crs=network.crs,
    )
    write_geojson(folder / "roads.geojson", roads.to_crs(4326), decimals=9)
    pack = RegionPack.open(folder)
    store = open_store(tmp_path / "home", pack, monkeypatch)
    day = (pd.to_datetime(accidents["Date"]) - pd.Timestamp(0)).dt.days.to_numpy()
    load_points(store, accidents.geometry.to_crs(4326), day, np.zeros(len(day), int))
    run = screen_sections(store, pack, years=1)
    assert sum(row["events"] for row in run.facts.links) == 347
    best = run.sections.iloc[0]
    # Five of the accidents are nearest to this street of 313.5 m.
    nearest = network.sindex.nearest(accidents.geometry, return_all=False)[1]
    at = int(best["route_code"][1:])
    assert best["accidents"] == (nearest == at).sum() == 5
    length_km = network.length[at] / 1000
    effects = {row["name"]: row["value"] for row in run.facts.risk["coefficients"]}
    per_km = np.exp(effects["intercept"] + effects[network["ClsRte"][at]])
    predicted = per_km * length_km * run.facts.years
    expected = expected_count(5, predicted, run.facts.risk["k_km"] / length_km)
    assert best["predicted"] == pytest.approx(predicted, rel=1e-3)
    assert best["expected"] == pytest.approx(float(expected.expected), rel=1e-3)
    # With a year of 333 accidents hardly anything is sure: the interval says so.
    assert best["rank_high"] > 20

"""The board of mines and key sites: states, rhythm, hazards, neighbours, cameras."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from data.derived.site_inspections import rhythm_board
from data.derived.site_records import as_flags, as_numbers, linked_sites
from data.derived.sites import SiteRules, site_board
from data.loading import LoadRequest
from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from geo.mines import MergerRule
from geo.selection import day_number
from geo.vocabulary import RecordKind

AS_OF = date(2010, 10, 31)
RULES = SiteRules(merger=MergerRule(deadline=date(2010, 12, 31)))


@pytest.fixture(scope="module")
def region() -> RegionPack:
    return RegionPack.open("yuzhou")


@pytest.fixture
def store(tmp_path: Path, region: RegionPack) -> Iterator[Store]:
    opened = Store.open(Settings(home=tmp_path, region="yuzhou"), region)
    yield opened
    opened.close()


def put(store: Store, kind: RecordKind, rows: list[dict[str, object]]) -> None:
    request = LoadRequest(
        kind=kind, profile="test", profile_digest="d", file_name="f.csv", sha256=kind.value,
        as_of=datetime(2011, 1, 1, tzinfo=UTC), source="test", is_demo=False, loader_version="1",
    )  # fmt: skip
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    n = len(rows)
    keys = {
        "key_hash": np.arange(n),
        "content_hash": np.zeros(n, int),
        "row_no": np.arange(n) + 2,
    }
    with store.load(request) as load:
        load.write(kind, pa.table(keys | columns))
        load.finish({"read": n, "accepted": n, "rejected": 0, "duplicate": 0})


def site(
    region: RegionPack, unit: int, kind: str, name: str, **more: object
) -> dict[str, object]:
    point = region.units.geometry.representative_point().iloc[unit]
    attributes = json.dumps(more.pop("attributes", {}), ensure_ascii=False)
    place = {"lon": point.x, "lat": point.y + float(more.pop("north", 0.0))}
    return {"site_kind": kind, "name": name, "unit_code": region.units.index[unit],
            "match_code": "A1", "r95_m": 15.0, "attributes": attributes, **place, **more}  # fmt: skip


def visit(region: RegionPack, unit: int, day: date, **more: object) -> dict[str, object]:
    return {"inspection_kind": "inspection", "level": "township", "inspected_on": day_number(day),
            "unit_code": region.units.index[unit], **more}  # fmt: skip


@pytest.fixture
def filled(store: Store, region: RegionPack) -> Store:
    stop = {"is_production_stopped": "是", "is_building_stopped": "是"}
    put(
        store,
        RecordKind.SITES,
        [
            site(region, 0, "coal_mine", "甲矿", status="double_stop", capacity=0.06, attributes=stop),
            site(region, 1, "coal_mine", "乙矿", status="double_stop", capacity=0.06, attributes=stop),
            site(region, 2, "coal_mine", "丙矿", status="double_stop", capacity=0.06, attributes=stop
                 | {"is_building_stopped": "否"}),
            site(region, 3, "coal_mine", "丁矿", status="closed"),
            site(region, 4, "coal_mine", "戊矿", status="merging", capacity=0.15,
                 attributes={"is_fit": "是", "group": "集团", "group_kt": "3000"}),
            site(region, 5, "coal_mine", "己矿", status="operating", capacity=2.4),
            site(region, 6, "coal_mine", "庚矿", status="double_stop"),
            site(region, 0, "school", "甲小学", north=0.002),
            site(region, 1, "school", "乙小学", north=0.02),
            site(region, 7, "hazchem_site", "仓库",
                 attributes={"lec_l": "6", "lec_e": "6", "lec_c": "15"}),
            site(region, 7, "fuel_station", "加油站",
                 attributes={"lec_l": "4", "lec_e": "6", "lec_c": "15"}),
            site(region, 8, "camera", "监控甲", status="online", attributes={"networked": "是"}),
            site(region, 8, "camera", "监控乙", status="offline", attributes={"networked": "是"}),
            site(region, 8, "camera", "监控丙", status="online", attributes={"networked": "否"}),
        ],
    )  # fmt: skip
    readings = {"inspection_kind": "reading", "level": None}
    put(
        store,
        RecordKind.INSPECTIONS,
        [
            visit(region, 0, date(2010, 10, 25), site_name="甲矿"),
            visit(region, 1, date(2010, 10, 30), site_name="乙矿"),
            visit(region, 2, date(2010, 10, 30), site_name="丙矿"),
            visit(region, 6, date(2010, 10, 11), site_name="庚矿"),
            visit(region, 6, date(2010, 11, 5), site_name="庚矿"),  # after the day of the board
            visit(region, 0, date(2010, 10, 28), site_name="甲矿", power_kwh=90.0, base_kwh=100.0,
                  **readings),
            visit(region, 1, date(2010, 10, 28), site_name="乙矿", power_kwh=101.0, base_kwh=100.0,
                  **readings),
            visit(region, 3, date(2010, 10, 28), site_name="丁矿", explosives_kg=5.0, **readings),
            visit(region, 5, date(2010, 9, 28), site_name="己矿", power_kwh=9.0, base_kwh=1.0,
                  **readings),
            visit(region, 9, date(2010, 10, 3), site_name="无此矿"),
            visit(region, 9, date(2010, 1, 3)),
        ],
    )  # fmt: skip
    put(
        store,
        RecordKind.HAZARDS,
        [
            hazard(region, 0, "甲矿", found=date(2010, 9, 1), due=date(2010, 9, 30)),
            hazard(region, 0, "甲矿", found=date(2010, 9, 1), due=date(2010, 9, 30),
                   closed=date(2010, 9, 20)),
            hazard(region, 1, "外地矿", found=date(2010, 9, 1), due=date(2010, 12, 30)),
            hazard(region, 1, "乙矿", found=None, due=date(2010, 12, 30)),
        ],
    )  # fmt: skip
    return store


def hazard(
    region: RegionPack, unit: int, name: str, *, found: date | None, due: date,
    closed: date | None = None,
) -> dict[str, object]:  # fmt: skip
    def number(day: date | None) -> int | None:
        return None if day is None else day_number(day)

    return {"hazard_kind": "site_hazard", "name": "隐患", "found_on": number(found),
            "due_on": number(due), "closed_on": number(closed), "match_code": "D1",
            "unit_code": region.units.index[unit],
            "attributes": json.dumps({"site_name": name})}  # fmt: skip


def test_states_of_mines_follow_orders_readings_and_visits(filled, region) -> None:
    mines = site_board(filled, region, AS_OF, rules=RULES).mines.set_index("name")
    assert mines["state"].to_dict() == {
        "甲矿": "controlled",
        "乙矿": "covert",
        "丙矿": "stop_incomplete",
        "丁矿": "revived",
        "戊矿": "merging",
        "己矿": "operating",
        "庚矿": "overdue",
    }
    assert mines.loc["乙矿", "colour"] == "red"
    # A reading that is older than a month says nothing of today.
    assert not mines.loc["己矿", "has_activity"]
    assert mines["readings"].to_dict() == {
        "甲矿": 1, "乙矿": 1, "丙矿": 0, "丁矿": 1, "戊矿": 0, "己矿": 0, "庚矿": 0,
    }  # fmt: skip


def test_the_merger_counts_down_and_then_closes(filled, region) -> None:
    mines = site_board(filled, region, AS_OF, rules=RULES).mines.set_index("name")
    assert mines["stage"].where(mines["stage"].notna(), None).to_dict() == {
        "甲矿": "to_merge", "乙矿": "to_merge", "丙矿": "to_merge", "丁矿": None,
        "戊矿": "merged", "己矿": "alone", "庚矿": None,
    }  # fmt: skip
    assert mines.loc["甲矿", "days_left"] == 61
    assert pd.isna(mines.loc["戊矿", "days_left"])
    late = site_board(filled, region, date(2011, 1, 1), rules=RULES).mines.set_index("name")
    assert late.loc["甲矿", "stage"] == "close"
    assert late.loc["甲矿", "days_left"] == -1
    assert late.loc["戊矿", "stage"] == "merged"


def test_sites_say_grade_last_visit_and_hazards(filled, region) -> None:
    board = site_board(filled, region, AS_OF, rules=RULES)
    sites = board.sites.set_index("name")
    assert sites.loc["仓库", ["d", "lec_grade", "lec_level"]].tolist() == [
        540.0,
        "red",
        "extreme",
    ]
    assert pd.isna(sites.loc["加油站", "d"])
    assert sites.loc["庚矿", "last_visit"] == pd.Timestamp("2010-10-11")
    assert sites.loc["庚矿", "is_overdue"]
    assert not sites.loc["甲矿", "is_overdue"]
    assert sites.loc["甲矿", ["open_hazards", "overdue_hazards"]].tolist() == [1, 1]
    unit = board.loop_units.loc[region.units.index[0]]
    assert (unit["found"], unit["closed_on_time"], unit["rectification"]) == (2, 1, 0.5)
    said = board.facts.parameters
    assert said["lec_refused"] == 1
    assert said["hazards_unlinked"] == 1
    assert said["hazards_undated"] == 1
    assert said["inspections_unlinked"] == 1
    assert said["mines_without_reading"] == 4
    assert board.facts.events == 14


def test_schools_near_a_mine_are_listed_with_their_distance(filled, region) -> None:
    near = site_board(filled, region, AS_OF, rules=RULES).near
    schools = near[near["target_kind"] == "school"]
    assert schools["target"].tolist() == ["甲小学"]
    assert schools["distance_m"].iloc[0] == pytest.approx(221.9, abs=1.0)
    assert (near["distance_m"] <= RULES.within_m).all()


def test_cameras_count_only_when_networked_and_online(filled, region) -> None:
    row = site_board(filled, region, AS_OF, rules=RULES).cameras.iloc[0]
    assert row[["cameras", "networked", "online"]].tolist() == [3, 2, 1]
    assert row["networked_share"] == pytest.approx(2 / 3)
    assert row["online_share"] == 0.5
    assert row["cells"] == 0  # nothing recorded, no hot spot to see
    assert np.isnan(row["covered_share"])


def test_an_empty_store_has_an_empty_board(store, region) -> None:
    board = site_board(store, region, AS_OF)
    assert (
        len(board.sites) == len(board.mines) == len(board.near) == len(board.inspections) == 0
    )
    assert board.facts.events == 0


def test_units_without_a_record_in_ten_days_are_overdue(filled, region) -> None:
    board = rhythm_board(filled, region, AS_OF)
    assert set(board["level"]) == {"township"}  # nobody recorded the others
    kept = board.set_index("unit_code")
    # The first whole ten days after the first record began on 11 January: 29 up to 31 October.
    assert set(kept["elapsed"]) == {29}
    assert kept.loc[region.units.index[0], "met"] == 1
    assert not kept.loc[region.units.index[0], "is_overdue"]
    assert kept.loc[region.units.index[9], "met"] == 1
    assert kept.loc[region.units.index[9], "is_overdue"]
    assert kept.loc[region.units.index[2], "last_day"] == pd.Timestamp("2010-10-30")


def test_villages_are_known_by_unit_and_name(store, region) -> None:
    village = region.places[region.places["kind"] == "village"].iloc[0]
    days = [date(2010, 3, 1) + timedelta(7 * week) for week in range(4)]
    rows = [
        {"inspection_kind": "inspection", "level": "village", "village": village["name"],
         "inspected_on": day_number(day), "unit_code": village["unit_code"]}
        for day in days
    ]  # fmt: skip
    put(store, RecordKind.INSPECTIONS, rows)
    board = rhythm_board(store, region, date(2010, 3, 28))
    mine = board[(board["village"] == village["name"])
                 & (board["unit_code"] == village["unit_code"])]  # fmt: skip
    assert mine[["elapsed", "met", "is_overdue"]].to_numpy().tolist() == [[4, 4, False]]
    assert board["is_overdue"].sum() == len(board) - 1


def test_namesakes_are_told_apart_by_their_unit() -> None:
    sites = pd.DataFrame({"name": ["矿", "矿", "厂"], "unit_code": ["u1", "u2", "u1"]})
    found = linked_sites(
        sites,
        pd.Series(["矿", "矿", "厂", "厂", None, "无"]),
        pd.Series(["u2", "u9", "u1", "u9", "u1", "u1"]),
    )
    assert found.tolist() == [1, -1, 2, 2, -1, -1]


def test_words_become_flags_and_numbers_or_stay_unknown() -> None:
    flags = as_flags(pd.Series(["是", "否", "Yes", "0", "不详", None], dtype=object))
    assert flags.tolist()[:4] == [True, False, True, False]
    assert flags.isna().tolist()[4:] == [True, True]
    numbers = as_numbers(pd.Series(["1.5", "约3", None], dtype=object))
    assert numbers.iloc[0] == 1.5
    assert numbers.isna().tolist()[1:] == [True, True]

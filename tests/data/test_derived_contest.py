"""The contest from the store: every score explained, winners compared, results kept."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from data.derived.contest import (
    TABLES,
    fund_outlook,
    kept_contest,
    latest_contest,
    run_contest,
)
from data.loading import LoadRequest
from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from geo.contest import HUNDREDTHS
from geo.contest_definition import ContestDefinition
from geo.errors import SettingsError, StoreError
from geo.selection import day_number
from geo.vocabulary import RecordKind


@pytest.fixture(scope="module")
def region() -> RegionPack:
    return RegionPack.open("yuzhou")


@pytest.fixture
def store(tmp_path: Path, region: RegionPack):
    opened = Store.open(Settings(home=tmp_path, region="yuzhou"), region)
    yield opened
    opened.close()


def put(store: Store, kind: RecordKind, columns: dict[str, object], n: int) -> None:
    request = LoadRequest(
        kind=kind, profile="test", profile_digest="d", file_name="f.csv", sha256=kind.value,
        as_of=datetime(2013, 1, 1, tzinfo=UTC), source="test", is_demo=True, loader_version="1",
    )  # fmt: skip
    keys = {
        "key_hash": np.arange(n),
        "content_hash": np.zeros(n, int),
        "row_no": np.arange(n) + 2,
    }
    with store.load(request) as load:
        load.write(kind, pa.table(keys | columns))
        load.finish({"read": n, "accepted": n, "rejected": 0, "duplicate": 0})


# unit position, category, severity, day, deaths, state
Event = tuple[int | None, str, int, date, int, str | None]


def events(store: Store, region: RegionPack, rows: list[Event]) -> None:
    rows = sorted(rows, key=lambda row: row[3])
    local = np.array([day_number(row[3]) for row in rows]) * 86_400
    n, codes = len(rows), region.units.index
    put(store, RecordKind.INCIDENTS, {
        "category": [row[1] for row in rows],
        "severity": np.array([row[2] for row in rows], np.uint8),
        "occurred_at": local, "occurred_local": local, "time_precision": ["day"] * n,
        "unit_code": pa.array([None if row[0] is None else codes[row[0]] for row in rows]),
        "match_code": ["U"] * n, "r95_m": np.full(n, np.nan),
        "deaths": np.array([row[4] for row in rows], np.int16),
        "injured": np.zeros(n, np.int16),
        "attributes": [json.dumps({} if row[5] is None else {"state": row[5]}) for row in rows],
    }, n)  # fmt: skip


def year_of_thefts(year: int, numbers: dict[int, int]) -> list[Event]:
    first = date(year, 1, 1).toordinal()
    return [
        (unit, "theft", 2, date.fromordinal(first + int(364 * k / number)), 0, None)
        for unit, number in numbers.items()
        for k in range(number)
    ]


@pytest.fixture
def filled(store: Store, region: RegionPack) -> Store:
    quiet = dict.fromkeys(range(26), 20)
    rows = [
        *year_of_thefts(2010, quiet), *year_of_thefts(2011, quiet),
        *year_of_thefts(2012, quiet | {5: 24}),
        *[(0, "crash_other", 1, date(year, 1, 1), 0, None) for year in (2010, 2011, 2012)],
        (1, "crash_vehicle", 3, date(2012, 3, 1), 1, None),
        (1, "coal", 3, date(2012, 4, 1), 2, None),
        (2, "coal", 4, date(2012, 4, 1), 3, None),
        (3, "homicide", 3, date(2012, 5, 1), 1, "侦查中"),
        (4, "homicide", 3, date(2012, 5, 1), 1, "已破"),
        (None, "robbery", 3, date(2012, 5, 1), 0, None),
        (0, "theft", 2, date(2012, 12, 31), 0, None),
    ]  # fmt: skip
    events(store, region, rows)
    codes = region.units.index
    put(store, RecordKind.INSPECTIONS, {
        "inspection_kind": ["secret_visit"], "level": ["city"],
        "inspected_on": pa.array([day_number(date(2012, 6, 1))], pa.int32()),
        "unit_code": [codes[6]], "problems": pa.array([3], pa.int32()),
        "unfixed": pa.array([1], pa.int32()),
    }, 1)  # fmt: skip
    put(store, RecordKind.INDICATORS, {
        "unit_code": [codes[7], codes[7]], "indicator": ["survey_valid", "survey_positive"],
        "period": ["2012"] * 2, "value": [1000.0, 880.0],
    }, 2)  # fmt: skip
    put(store, RecordKind.HAZARDS, {
        "hazard_kind": ["disorder_spot"] * 2, "name": ["a", "b"], "status": ["treating", "closed"],
        "found_on": [day_number(date(2012, 1, 1))] * 2,
        "due_on": [day_number(date(2012, 6, 1))] * 2,
        "closed_on": pa.array([None, day_number(date(2012, 5, 1))], pa.int32()),
        "unit_code": [codes[8]] * 2, "match_code": ["U"] * 2,
    }, 2)  # fmt: skip
    return store


def lost(run, region, unit: int, item: str) -> float:
    lines = run.explained(region.units.index[unit])
    line = lines[(lines["item"] == item) & (lines["kind"] != "")]
    return float(line["hundredths"].iloc[0]) / HUNDREDTHS


def test_each_fact_of_the_store_takes_its_marks(filled, region) -> None:
    run = run_contest(filled, region, period="2012")
    # One death, then two: the second is a repeat.
    assert lost(run, region, 1, "accident") == -(1.0 + 1.0 * 2)
    assert lost(run, region, 2, "accident") == -5.0
    assert lost(run, region, 3, "grave_case") == -3.0
    # Three problems, one not fixed in time.
    assert lost(run, region, 6, "secret_visit") == -(0.25 * 2 + 0.5)
    # 88 %: six points at a quarter, two at a half.
    assert lost(run, region, 7, "safety_feeling") == -2.5
    assert lost(run, region, 8, "untreated_spot") == -2.0
    # 24 against a mean of 20 is 20 % more, capped at ten marks.
    assert lost(run, region, 5, "preventable_crime") == -10.0
    assert lost(run, region, 5, "theft_change") == -2.0
    assert run.facts.outside == 1


def test_the_lines_of_every_unit_sum_to_its_score(filled, region) -> None:
    run = run_contest(filled, region, period="2012")
    sums = run.lines.groupby("unit")["hundredths"].sum().reindex(run.totals.index)
    assert sums.tolist() == run.totals["hundredths"].tolist()
    assert (run.lines["name_zh"] != "").all()
    assert (run.lines.loc[run.lines["kind"] != "", "source"] != "").all()
    with pytest.raises(SettingsError, match="not in the contest"):
        run.explained("nowhere")


def test_vetoes_need_three_deaths_or_an_unsolved_homicide(filled, region) -> None:
    run = run_contest(filled, region, period="2012")
    codes = region.units.index
    assert dict(zip(run.vetoes["unit"], run.vetoes["veto"], strict=True)) == {
        codes[2]: "considerable_accident",
        codes[3]: "unsolved_homicide",
    }
    assert run.totals.loc[[codes[2], codes[3]], "award"].tolist() == ["vetoed"] * 2
    assert (run.totals.loc[[codes[2], codes[3]], "paid_yuan"] == 0).all()


def test_what_is_not_recorded_is_named_and_costs_nothing(filled, region) -> None:
    run = run_contest(filled, region, period="2012")
    recorded = run.measures.set_index("measure")["is_recorded"]
    assert recorded["accident"]
    assert recorded["homicide_unsolved"]
    assert not recorded["monthly_assessment"]
    assert not recorded["inspection_missed_percent"]
    assert not recorded["fire_change_percent"]  # none the year before: no percentage
    lines = run.lines[run.lines["item"] == "inspection_missed"]
    assert set(lines["status"]) == {"not_judged"}
    assert (lines["hundredths"] == 0).all()


def test_a_homicide_without_a_state_makes_no_veto_and_says_so(store, region) -> None:
    events(store, region, [
        (0, "theft", 2, date(2012, 1, 1), 0, None),
        (3, "homicide", 3, date(2012, 5, 1), 1, None),
        (0, "theft", 2, date(2012, 12, 31), 0, None),
    ])  # fmt: skip
    run = run_contest(store, region, period="2012")
    assert run.vetoes.empty
    vetoes = run.measures[run.measures["is_veto"]].set_index("measure")["is_recorded"]
    assert vetoes.to_dict() == {"accident": False, "homicide_unsolved": False}


def test_the_past_counts_only_where_records_reach_back(filled, region) -> None:
    run = run_contest(filled, region, period="2011")
    lines = run.lines[run.lines["item"] == "preventable_crime"]
    assert set(lines["status"]) == {"not_judged"}


def test_winners_are_compared_with_the_published_scoreboard_before(filled, region) -> None:
    before = run_contest(filled, region, period="2011", publish=True)
    run = run_contest(filled, region, period="2012")
    winners = set(before.totals.index[before.totals["award"] == "won"])
    again = set(run.totals.index[run.totals["award"] == "won_again"])
    assert again
    assert again <= winners
    assert run.totals.loc[list(again), "is_recommended"].all()
    assert run.facts.parameters["winners_of"] == before.contest_id
    assert run_contest(filled, region, period="2010").facts.parameters["winners_of"] is None


def test_a_published_scoreboard_stays_as_it_was(filled, region) -> None:
    text = ContestDefinition.default().text.replace("pass_score = 80.0", "pass_score = 70.0")
    definition = ContestDefinition.from_toml(text)
    run = run_contest(filled, region, period="2012", definition=definition, publish=True)
    kept = kept_contest(filled, run.contest_id)
    assert kept.definition == definition
    assert kept.definition.digest == run.definition.digest != ContestDefinition.default().digest
    assert kept.facts == run.facts
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(kept, name), getattr(run, name))
    later = run_contest(filled, region, period="2012", publish=True)
    assert latest_contest(filled, "2012").contest_id == later.contest_id
    assert latest_contest(filled, "2009") is None
    assert filled.contests.listed()["digest"].nunique() == 2
    with pytest.raises(StoreError, match="no contest result 9"):
        kept_contest(filled, 9)


def test_the_same_store_gives_the_same_scoreboard(filled, region) -> None:
    one, two = (run_contest(filled, region, period="2012") for _ in range(2))
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert len(filled.contests.listed()) == 0  # nothing kept unless published


def test_special_periods_double(filled, region) -> None:
    special = [(date(2012, 3, 1), date(2012, 3, 2))]
    run = run_contest(filled, region, period="2012", special=special)
    assert lost(run, region, 1, "accident") == -(2.0 + 2.0)


def test_a_quarter_counts_its_own_days_by_the_year(filled, region) -> None:
    run = run_contest(filled, region, period="2012-Q2")
    assert lost(run, region, 1, "accident") == -1.0  # that of March is of another quarter
    rates = run.lines[run.lines["item"] == "crime_rate"].set_index("unit")["value"]
    people = region.units["population"].astype(float)
    code = region.units.index[9]
    quarter = sum(
        day_number(date(2012, 4, 1)) <= day_number(row[3]) <= day_number(date(2012, 6, 30))
        for row in year_of_thefts(2012, {9: 20})
    )
    assert rates[code] == pytest.approx(1000 * 4 * quarter / people[code])


@pytest.mark.parametrize(
    ("period", "said"),
    [("2012-03", "a year or a quarter"), ("2019", "recorded"), ("x", "period")],
)
def test_a_period_that_cannot_be_run_says_why(filled, region, period: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        run_contest(filled, region, period=period)


def test_the_fund_is_simulated_for_numbers_of_villages(filled, region) -> None:
    definition = ContestDefinition.default()
    table, affordable = fund_outlook(definition, [466, 678])
    assert table["claimed_yuan"].tolist() == [9_990_000, 13_170_000]
    assert table["over_yuan"].tolist() == [0, 3_170_000]
    assert affordable == 466
    run = run_contest(filled, region, period="2012")
    _, left = fund_outlook(definition, [1], run=run)
    assert left == (10_000_000 - int(run.totals["prize_yuan"].sum())) // 15_000
    for group in ("township", "nobody"):
        with pytest.raises(SettingsError, match="without a quota"):
            fund_outlook(definition, [1], group=group)

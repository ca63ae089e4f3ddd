"""Disorder spots, spells without crime, patrol teams, homicides and ladders from the store."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from data.derived.cases import Cases
from data.derived.ladders import LadderSettings, ladder_board, monthly_counts, monthly_figures
from data.derived.order import city_homicides, crime_streaks, strength_board
from data.derived.order_spots import spot_board
from data.loading import LoadRequest
from data.periods import Period
from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from geo.death_rates import Homicides
from geo.errors import SettingsError
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


def crimes(
    store: Store, region: RegionPack, days: list[date], *, unit: list[int] | int = 0,
    category: list[str] | str = "theft", states: list[str | None] | None = None,
    r95_m: float = 15.0,
) -> None:  # fmt: skip
    n = len(days)
    at = np.broadcast_to(np.array(unit), n)
    points = region.units.geometry.representative_point().iloc[at]
    local = np.array([day_number(day) for day in days]) * 86_400 + 43_200
    attributes = [
        json.dumps({} if each is None else {"state": each}) for each in states or [None] * n
    ]
    put(store, RecordKind.INCIDENTS, {
        "category": np.broadcast_to(np.array(category, dtype=object), n),
        "severity": np.full(n, 2, np.uint8), "occurred_at": local - 28_800,
        "occurred_local": local, "time_precision": ["minute"] * n,
        "unit_code": region.units.index.to_numpy()[at], "match_code": ["A1"] * n,
        "r95_m": np.full(n, r95_m), "deaths": np.zeros(n, np.int16),
        "injured": np.zeros(n, np.int16), "lon": points.x.to_numpy(), "lat": points.y.to_numpy(),
        "attributes": attributes,
    }, n)  # fmt: skip


def spot(
    store: Store, region: RegionPack, *, status: str, found: date, due: date,
    closed: date | None = None, **attributes: str,
) -> None:  # fmt: skip
    centre = region.units.geometry.representative_point().iloc[0]
    put(store, RecordKind.HAZARDS, {
        "hazard_kind": ["disorder_spot"], "name": ["乱点"], "status": [status],
        "found_on": [day_number(found)], "due_on": [day_number(due)],
        "closed_on": pa.array([None if closed is None else day_number(closed)], pa.int32()),
        "unit_code": [region.units.index[0]], "match_code": ["A1"], "r95_m": [15.0],
        "geometry": [shapely.to_wkb(centre.buffer(0.003))],
        "attributes": [json.dumps(attributes)],
    }, 1)  # fmt: skip


def spread(year: int, number: int) -> list[date]:
    """Crimes evenly over the first half of a year."""
    first = date(year, 1, 1).toordinal()
    return [date.fromordinal(first + int(180 * k / number)) for k in range(number)]


BOUNDS = [date(2009, 1, 1), date(2012, 12, 31)]


def test_a_spot_that_calmed_down_passes(store, region) -> None:
    days = sorted([*spread(2010, 40), *spread(2011, 40), *spread(2012, 12), *BOUNDS])
    crimes(store, region, days)
    spot(store, region, status="treating", found=date(2012, 1, 1), due=date(2012, 6, 28),
         satisfied="90", asked="100")  # fmt: skip
    board = spot_board(store, region, date(2012, 12, 31))
    row = board.spots.iloc[0]
    assert (row["after"], row["before"]) == (12, 80)
    assert row["ratio"] == pytest.approx(12 / 180 / (80 / 358))  # 2012 has a leap day
    assert row["high"] < 1
    assert row["satisfied"] == 0.9
    assert row["has_plan"]
    assert row["has_post"]
    assert row["outcome"] == "passed"
    assert board.facts.is_demo
    assert board.facts.events == len(days)


def test_what_the_records_do_not_cover_is_not_counted(store, region) -> None:
    crimes(store, region, sorted([*spread(2012, 12), date(2012, 12, 31)]))
    spot(store, region, status="verified", found=date(2012, 1, 1), due=date(2012, 6, 28))
    row = spot_board(store, region, date(2012, 12, 31)).spots.iloc[0]
    assert np.isnan(row["ratio"])
    assert row["outcome"] == "no_plan"


def test_a_closed_spot_that_gets_worse_has_relapsed(store, region) -> None:
    after = [date(2012, 7, 1 + k % 28) for k in range(60)]
    crimes(store, region, sorted([*spread(2012, 20), *after, *BOUNDS]))
    spot(store, region, status="closed", found=date(2012, 1, 1), due=date(2012, 6, 28),
         closed=date(2012, 6, 28))  # fmt: skip
    board = spot_board(store, region, date(2012, 12, 31))
    assert board.spots.iloc[0]["outcome"] == "relapse"
    early = spot_board(store, region, date(2012, 8, 1))
    assert early.spots.iloc[0]["outcome"] == "watched"


def test_crimes_placed_too_coarsely_are_left_out(store, region) -> None:
    crimes(store, region, sorted([*spread(2012, 12), *BOUNDS]), r95_m=800.0)
    spot(store, region, status="treating", found=date(2012, 1, 1), due=date(2012, 6, 28))
    board = spot_board(store, region, date(2012, 12, 31))
    assert board.facts.too_coarse == 14
    assert board.facts.events == 0


def test_spells_without_crime_have_their_chance(store, region) -> None:
    days = [date.fromordinal(date(2011, 1, 1).toordinal() + 10 * k) for k in range(60)]
    crimes(store, region, [*days, date(2012, 12, 31)], unit=[0] * 60 + [1])
    facts, spells = crime_streaks(Cases.of(store, region), date(2012, 12, 31))
    row = spells.loc[region.units.index[0]]
    assert row["streak_days"] == (date(2012, 12, 31) - days[-1]).days
    assert row["chance"] == pytest.approx(np.exp(-row["rate_per_day"] * row["streak_days"]))
    assert row["rate_per_day"] == pytest.approx(0.1, rel=0.02)
    assert facts.events == 61


def test_teams_are_held_against_band_and_quarter_before(store, region) -> None:
    code = region.units.index[0]
    put(store, RecordKind.INDICATORS, {
        "unit_code": [code, code], "indicator": ["patrol_staff"] * 2,
        "period": ["2012-Q3", "2012-Q4"], "value": [16.0, 14.0],
    }, 2)  # fmt: skip
    board = strength_board(store, region, "2012-Q4", brigade=200, brigade_before=200)
    teams = board.teams
    assert teams.loc[0, ["kind", "result", "is_weakened"]].tolist() == [
        "city_brigade",
        "met",
        False,
    ]
    first = teams.loc[1]
    assert first[["headcount", "before", "result", "missing"]].tolist() == [14, 16, "short", 1]
    assert first["is_weakened"]
    assert (teams["result"].iloc[2:] == "unknown").all()
    assert (board.total, board.least, board.most) == (214, 590, 720)
    # A figure carried forward would hide a team that shrank.
    assert strength_board(store, region, "2013-Q1").teams.loc[1, "result"] == "unknown"


@pytest.mark.parametrize(
    ("states", "tile", "solved"),
    [
        (["已破", "已破"], Homicides.ALL_SOLVED, 2),
        (["已破", "侦查中"], Homicides.NOT_ALL_SOLVED, 1),
        (["已破", None], Homicides.NOT_ALL_SOLVED, 1),
    ],
)
def test_homicides_are_told_of_the_city(store, region, states, tile, solved) -> None:
    crimes(
        store, region, [date(2012, 2, 1), date(2012, 3, 1)], category="homicide", states=states
    )
    assert city_homicides(store, "2012") == (tile, 2, solved)
    assert city_homicides(store, "2011") == (Homicides.NONE, 0, 0)


VALUES = pd.DataFrame(
    [[9.0, 9.0, 9.0], [7.0, 3.0, np.nan], [0.0, 0.0, 0.0]],
    index=["u1", "u2", "u3"],
    columns=["2012-01", "2012-02", "2012-03"],
)


def test_a_ladder_runs_on_any_figure() -> None:
    board = ladder_board(VALUES, LadderSettings.of("crimes"))
    first = board[board["unit_code"] == "u1"]
    assert first["action"].tolist() == ["yellow_card", "key_management", "adjustment"]
    assert board[board["unit_code"] == "u2"]["shown"].tolist() == ["7", "3", "–"]
    assert (board[board["unit_code"] == "u3"]["step"] == 0).all()


def test_petitions_are_ranked_only_when_switched_on_with_a_reason() -> None:
    with pytest.raises(SettingsError, match="is off"):
        ladder_board(VALUES, LadderSettings.of("petitions"))
    text = '[ladder]\nindicator = "petitions"\nis_enabled = true\n'
    with pytest.raises(SettingsError, match="reason"):
        ladder_board(VALUES, LadderSettings.from_toml(text))
    board = ladder_board(
        VALUES, LadderSettings.from_toml(text + 'reason = "2010年旧规则回顾"\n')
    )
    shown = board[board["unit_code"] == "u2"]["shown"].tolist()
    assert shown == ["7", "<5", "–"]
    assert "value" not in board


@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        "[ladder]\nindicator = 3",
        '[ladder]\nindicator = "a"\nfoo = 1',
        '[ladder]\nindicator = "a"\ntop = 0',
        '[ladder]\nindicator = "a"\ndirection = 2',
        '[ladder]\nindicator = "a"\nis_enabled = "yes"',
        "[ladder",
    ],
)
def test_wrong_ladder_settings_are_one_line(text: str) -> None:
    with pytest.raises(SettingsError) as error:
        LadderSettings.from_toml(text)
    assert "\n" not in str(error.value)


def test_months_come_from_figures_or_incidents(store, region) -> None:
    code = region.units.index[0]
    put(store, RecordKind.INDICATORS, {
        "unit_code": [code], "indicator": ["petitions"], "period": ["2012-02"], "value": [6.0],
    }, 1)  # fmt: skip
    crimes(store, region, [date(2012, 1, 5), date(2012, 1, 6), date(2012, 3, 1)])
    first, last = Period.parse("2012-01"), Period.parse("2012-Q1")
    figures = monthly_figures(store, region.units.index, "petitions", first, last)
    assert figures.columns.tolist() == ["2012-01", "2012-02", "2012-03"]
    assert figures.loc[code, "2012-02"] == 6
    assert figures.isna().sum().sum() == figures.size - 1
    counts = monthly_counts(Cases.of(store, region), ["theft"], first, last)
    assert counts.loc[code].tolist() == [2, 0, 1]
    assert counts.to_numpy().sum() == 3
    with pytest.raises(SettingsError, match="no indicator"):
        monthly_figures(store, region.units.index, "nonsense", first, last)

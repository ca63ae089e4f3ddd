"""Measures over the snapshot: what enters, what is left out, and that nothing falls over."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.derived import hotspots
from data.derived.cases import Cases
from data.derived.county_cells import county_cells
from data.derived.density import density, density_cells
from geo.errors import FrameError
from geo.hotspots import hotspots as geo_hotspots
from geo.selection import IncidentColumns, IncidentSelection
from geo.vocabulary import CATEGORY_CODES

CRS = "EPSG:4547"
WEST, SOUTH = 500_000.0, 3_780_000.0
DAY = 15_000
ALL = IncidentSelection()


def make_region(*boxes: tuple[float, float, float, float], digest: str) -> SimpleNamespace:
    """Units as boxes in metres from the corner."""
    shapes = [
        shapely.box(WEST + w, SOUTH + s, WEST + e, SOUTH + n).segmentize(500)
        for w, s, e, n in boxes
    ]
    codes = [f"u{i}" for i in range(len(boxes))]
    units = gpd.GeoDataFrame(
        {"name": codes, "population": np.full(len(boxes), 10_000)},
        geometry=shapes,
        crs=CRS,
        index=codes,
    ).to_crs(4326)
    return SimpleNamespace(units=units, metric_crs=CRS, digest=digest)


ONE = make_region((0, 0, 10_000, 8_000), digest="one")
TWO = make_region((0, 0, 4_000, 4_000), (8_000, 0, 12_000, 4_000), digest="two")
TINY = make_region((0, 0, 120, 90), digest="tiny")


def make_cases(
    x: np.ndarray,
    y: np.ndarray,
    *,
    day: np.ndarray | None = None,
    region: SimpleNamespace = ONE,
    r95_m: float | np.ndarray = 15.0,
    hour: int = 12,
    unit: np.ndarray | None = None,
) -> Cases:
    n = len(x)
    days = np.full(n, DAY) if day is None else np.sort(day)
    placed = np.isfinite(x)
    columns = IncidentColumns(
        incident_id=np.arange(n, dtype=np.int64),
        category=np.full(n, CATEGORY_CODES.index("theft"), np.uint8),
        severity=np.ones(n, np.uint8),
        day=days.astype(np.int32),
        hour=np.full(n, hour, np.uint8),
        unit=(np.zeros(n) if unit is None else unit).astype(np.int16),
        match=np.zeros(n, np.uint8),
        lon=np.where(placed, 113.0, np.nan),
        lat=np.where(placed, 34.0, np.nan),
        r95_m=np.where(placed, r95_m, np.nan).astype(np.float32),
        deaths=np.zeros(n, np.int16),
        injured=np.zeros(n, np.int16),
        unit_codes=tuple(region.units.index),
    )
    return Cases(
        columns=columns, x_m=WEST + x, y_m=SOUTH + y, region=region, version="1-k", is_demo=True
    )


def clustered(
    n: int = 2_000, *, days: int = 365, seed: int = 3, spread_m: float = 300.0
) -> Cases:
    """A cluster at (2600, 2600) on an even background."""
    rng = np.random.default_rng(seed)
    centre = rng.random(n) < 0.4
    x = np.where(centre, rng.normal(2_600, spread_m, n), rng.uniform(0, 10_000, n))
    y = np.where(centre, rng.normal(2_600, spread_m, n), rng.uniform(0, 8_000, n))
    return make_cases(x, y, day=rng.integers(DAY, DAY + days, n))


MEASURES = {
    "significance": hotspots.significance,
    "hex": lambda cases, selection: hotspots.significance(cases, selection, shape="hex"),
    "emerging": hotspots.emerging,
    "near_repeat": hotspots.near_repeat,
    "concentration": hotspots.concentration,
    "week": hotspots.week_profile,
    "density": density_cells,
}
NONE = np.empty(0)
SMALL = {
    "empty store": make_cases(NONE, NONE),
    "one incident": make_cases(np.array([5_000.0]), np.array([4_000.0])),
    "one spot": make_cases(np.full(500, 5_000.0), np.full(500, 4_000.0)),
    "county smaller than a cell": make_cases(np.full(9, 60.0), np.full(9, 45.0), region=TINY),
    "nothing placed": make_cases(np.full(5, np.nan), np.full(5, np.nan)),
    "all outside": make_cases(np.full(5, 90_000.0), np.full(5, 90_000.0)),
}


@pytest.mark.parametrize("case", SMALL)
@pytest.mark.parametrize("name", MEASURES)
def test_hardly_any_data_give_a_result_with_facts(name: str, case: str) -> None:
    cases = SMALL[case]
    if (name, case) == ("density", "county smaller than a cell"):
        result = density_cells(cases, ALL, bandwidth_m=100.0)
    else:
        result = MEASURES[name](cases, ALL)
    facts = result.facts
    assert facts.events + facts.too_coarse + facts.outside <= len(cases.columns)
    assert facts.version == "1-k"
    assert facts.is_demo
    assert result.cells.crs.to_epsg() == 4326
    if name != "week" and not facts.events:
        assert facts.parameters["note"] == "too_few_events"
        assert result.cells.empty


@pytest.mark.parametrize("name", MEASURES)
def test_an_empty_selection_gives_a_note(name: str) -> None:
    result = MEASURES[name](clustered(200), IncidentSelection(categories=("arson",)))
    assert result.facts.events == 0
    assert result.cells.empty


def test_significance_equals_the_measure_on_the_same_counts() -> None:
    cases = clustered()
    result = hotspots.significance(cases, ALL)
    cells = county_cells(cases, cell_m=500.0)
    assert len(cells) == 20 * 16
    cell = cells.assign(cases.x_m, cases.y_m)
    counts = np.bincount(cell[cell >= 0], minlength=320)
    expected = geo_hotspots(counts, cells.neighbours)
    chosen = (expected["spot"] != "none") | (expected["cluster"] != "none")
    assert result.cells["value"].tolist() == expected["value"][chosen].tolist()
    assert result.cells["q_high"].tolist() == expected["q_high"][chosen].tolist()
    hot = result.cells[result.cells["spot"] == "hot"].to_crs(CRS)
    assert 4 <= len(hot) <= 25
    centre = shapely.Point(WEST + 2_600, SOUTH + 2_600)
    assert hot.distance(centre).max() < 1_200
    assert result.facts.parameters == {
        "cell_m": 500.0,
        "shape": "square",
        "level": 0.05,
        "cells": 320,
        "null": "exact",
    }


def test_counts_too_large_for_the_exact_null_are_simulated_and_it_is_said() -> None:
    # Neighbours on eight busy spots: sums of half a million are beyond an exact table.
    column, row = np.divmod(np.arange(9), 3)
    at = np.repeat(np.arange(9), 58_000 + 997 * np.arange(9))
    cases = make_cases(2_750.0 + 500 * column[at], 2_750.0 + 500 * row[at])
    result = hotspots.significance(cases, ALL)
    assert result.facts.parameters["null"] == "simulated"
    assert (result.cells["spot"] == "hot").any()


def test_a_county_in_two_parts_has_cells_in_both_and_none_between() -> None:
    x = np.array([1_000.0, 9_000.0, 6_000.0, 3_990.0])
    cases = make_cases(x, np.full(4, 1_000.0), region=TWO)
    cells = county_cells(cases, cell_m=500.0)
    assert len(cells) == 2 * 8 * 8
    assert (cells.assign(cases.x_m, cases.y_m) >= 0).tolist() == [True, True, False, True]
    # No cell has a neighbour across the gap.
    assert cells.neighbours.degrees.max() == 8
    assert cells.neighbours.degrees.sum() == 2 * (2 * (8 * 7 * 2) + 2 * (7 * 7 * 2))
    result = hotspots.concentration(cases, ALL)
    assert (result.facts.events, result.facts.outside) == (3, 1)


def test_cells_belong_by_their_centre() -> None:
    region = make_region((0, 0, 1_200, 1_000), digest="rim")
    cases = make_cases(np.array([1_100.0]), np.array([100.0]), region=region)
    # The third column of cells reaches beyond the border: its centres lie outside.
    assert len(county_cells(cases, cell_m=500.0)) == 2 * 2
    assert hotspots.concentration(cases, ALL).facts.outside == 1


def test_units_are_measured_against_themselves() -> None:
    x = np.array([1_000.0, 9_000.0])
    cases = make_cases(x, np.full(2, 1_000.0), region=TWO, unit=np.array([0, 1]))
    result = hotspots.concentration(cases, IncidentSelection(units=("u1",)))
    assert result.facts.parameters["cells"] == 64
    assert result.facts.events == 1


def test_what_is_placed_too_coarsely_is_counted_and_left_out() -> None:
    r95_m = np.array([15.0, 750.0, 751.0, 4_100.0])
    x = np.full(4, 5_000.0)
    cases = make_cases(x, x, r95_m=r95_m)
    facts = hotspots.significance(cases, ALL, cell_m=500.0).facts
    assert (facts.events, facts.too_coarse) == (2, 2)
    facts = density(cases, ALL, bandwidth_m=1_000.0)[1]
    assert (facts.events, facts.too_coarse) == (3, 1)
    facts = hotspots.near_repeat(cases, ALL).facts
    assert (facts.events, facts.too_coarse) == (1, 3)


@pytest.mark.parametrize(
    ("days", "step", "steps"),
    [(1, 1, 1), (12, 1, 12), (52, 1, 52), (60, 3, 20), (90, 7, 12), (365, 7, 52),
     (366, 7, 52), (1_096, 28, 39), (3_652, 91, 40)],
)  # fmt: skip
def test_the_step_follows_the_period(days: int, step: int, steps: int) -> None:
    at = np.full(2, 5_000.0)
    cases = make_cases(at, at, day=np.array([DAY, DAY + days - 1]))
    used = hotspots.emerging(cases, ALL).facts.parameters
    assert (used["step_days"], used["steps"]) == (step, steps)
    assert ("note" in used) == (days == 1)


def test_steps_end_with_the_period() -> None:
    facts = hotspots.emerging(clustered(days=100), ALL, step_days=30).facts
    assert facts.day_to - facts.day_from + 1 == 90
    assert facts.day_to == DAY + 99


def test_days_beyond_the_data_are_not_quiet_days() -> None:
    facts = hotspots.emerging(clustered(days=100), IncidentSelection(day_to=DAY + 9_999)).facts
    assert facts.day_to == DAY + 99


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ((None, None), (DAY, DAY + 99)),
        ((0, None), (DAY, DAY + 99)),
        ((DAY + 10, DAY + 20), (DAY + 10, DAY + 20)),
        ((None, DAY - 5), (DAY - 5, DAY - 5)),
        ((DAY + 500, None), (DAY + 500, DAY + 500)),
        ((DAY + 500, DAY + 600), (DAY + 500, DAY + 600)),
    ],
)
def test_the_period_is_what_the_data_cover(
    asked: tuple[int | None, int | None], used: tuple[int, int]
) -> None:
    selection = IncidentSelection(day_from=asked[0], day_to=asked[1])
    facts = hotspots.concentration(clustered(days=100), selection).facts
    assert (facts.day_from, facts.day_to) == used


def test_emerging_finds_the_place_that_is_always_hot() -> None:
    cells = hotspots.emerging(clustered(6_000, spread_m=900.0), ALL, cell_m=500.0).cells
    assert "persistent_hot" in set(cells["emergence"])
    assert {"emergence", "trend_z", "trend_p", "hot_steps", "cold_steps", "events"} <= set(
        cells
    )


def test_near_repeats_have_bands_and_roles() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(100, 7_900, (2, 300))
    day = np.sort(rng.integers(DAY, DAY + 300, 300))
    # Each incident is followed by one 100 m away three days later.
    order = np.argsort(np.concatenate([day, day + 3]), kind="stable")
    cases = make_cases(
        np.concatenate([x, x + 60])[order],
        np.concatenate([y, y + 80])[order],
        day=np.concatenate([day, day + 3]),
    )
    result = hotspots.near_repeat(cases, ALL)
    table = result.tables["near_repeat"]
    assert len(table) == 5 * 5
    near = table[(table["from_m"] == 1) & (table["from_days"] == 0)].iloc[0]
    assert near["observed"] >= 300
    assert near["p"] < 1e-10
    roles = result.tables["roles"].set_index("role")["events"]
    assert roles.sum() == result.facts.events
    assert roles["near_repeat"] >= 300


def test_concentration_adds_up() -> None:
    result = hotspots.concentration(clustered(), ALL)
    row = result.tables["concentration"].iloc[0]
    assert (
        row["events"]
        == result.facts.events
        == result.cells["value"].sum() + (result.facts.events - result.cells["value"].sum())
    )
    assert result.cells["value"].sum() >= 0.5 * row["events"]
    assert 0 < row["holding_25"] < row["holding_50"] < row["holding_80"] < 1
    lorenz = result.tables["lorenz"]
    assert len(lorenz) <= 200
    assert lorenz.iloc[0].tolist() == [0.0, 0.0]
    assert lorenz.iloc[-1].tolist() == [1.0, 1.0]


def test_the_week_counts_unplaced_and_leaves_out_unknown_hours() -> None:
    known = make_cases(np.array([np.nan, 1.0]), np.array([np.nan, 1.0]), hour=5)
    week = hotspots.week_profile(known, ALL).tables["week"]
    assert week["events"].sum() == 2
    # 1 January 1970 was a Thursday.
    assert week[week["events"] > 0][["weekday", "hour"]].to_numpy().tolist() == [
        [(DAY + 3) % 7, 5]
    ]
    unknown = make_cases(np.array([1.0]), np.array([1.0]), hour=255)
    assert hotspots.week_profile(unknown, ALL).facts.parameters == {"hour_unknown": 1}


def test_density_keeps_all_events_and_rates_need_people() -> None:
    cases = clustered()
    grid, facts = density(cases, ALL, bandwidth_m=800.0)
    assert grid.values.sum() * (grid.cell_m / 1_000) ** 2 == pytest.approx(
        facts.events, rel=0.01
    )
    per_head, facts = density(cases, ALL, per_people=True)
    assert facts.parameters["per_people"] == 10_000
    # 2 000 incidents among 10 000 residents.
    assert np.nanmean(per_head.values[10:-10, 10:-10]) == pytest.approx(2_000, rel=0.35)
    with pytest.raises(FrameError, match="adaptive or per head"):
        density(cases, ALL, per_people=True, is_adaptive=True)
    with pytest.raises(FrameError, match="too fine"):
        density(cases, ALL, bandwidth_m=20.0)


def test_adaptive_density_is_sharper() -> None:
    cases = clustered()
    fixed, adaptive = (density(cases, ALL, is_adaptive=way)[0] for way in (False, True))
    assert adaptive.values.max() > fixed.values.max()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: hotspots.significance(c, ALL, cell_m=0.0), "positive"),
        (lambda c: hotspots.significance(c, ALL, cell_m=1.0), "too many"),
        (lambda c: hotspots.significance(c, ALL, level=0.0), "level"),
        (lambda c: hotspots.significance(c, ALL, shape="round"), "shape"),
        (lambda c: hotspots.emerging(c, ALL, step_days=0), "step_days"),
        (lambda c: hotspots.near_repeat(c, ALL, distances_m=()), "band"),
        (lambda c: density(c, ALL, bandwidth_m=0.0), "bandwidth"),
    ],
)
def test_impossible_parameters_are_refused(call, message: str) -> None:
    with pytest.raises(FrameError, match=message):
        call(clustered(50))


def test_cells_are_made_once_per_county() -> None:
    first, second = clustered(10), clustered(20)
    assert county_cells(first, cell_m=500.0) is county_cells(second, cell_m=500.0)
    assert county_cells(first, cell_m=250.0) is not county_cells(first, cell_m=500.0)

"""Forecast beside its back-test: on little data, on planted data, and on real cities."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from data.derived.cases import Cases
from data.derived.forecasts import CELL_COLUMNS, SCORE_COLUMNS, forecast_with_backtest
from data.derived.trials import backtest_points
from geo.errors import FrameError
from geo.selection import IncidentColumns, IncidentSelection
from geo.vocabulary import CATEGORY_CODES

CRS = "EPSG:4547"
WEST, SOUTH, DAY = 500_000.0, 3_780_000.0, 15_000
REGION = SimpleNamespace(
    units=gpd.GeoDataFrame(
        {"name": ["u0"]},
        geometry=[shapely.box(WEST, SOUTH, WEST + 10_000, SOUTH + 10_000).segmentize(500)],
        crs=CRS,
        index=["u0"],
    ).to_crs(4326),
    metric_crs=CRS,
    digest="forecasts",
)
ALL = IncidentSelection()


def make_cases(n: int, *, days: int = 400, seed: int = 0, category: str = "theft") -> Cases:
    """Two lasting places by night and an even rest by day."""
    rng = np.random.default_rng(seed)
    night = rng.random(n) < 0.5
    place = rng.integers(0, 2, n)
    x = np.where(night, 2_250 + 5_000 * place, rng.uniform(0, 10_000, n))
    y = np.where(night, 2_250 + 5_000 * place, rng.uniform(0, 10_000, n))
    columns = IncidentColumns(
        incident_id=np.arange(n, dtype=np.int64),
        category=np.full(n, CATEGORY_CODES.index(category), np.uint8),
        severity=np.where(night, 1, 3).astype(np.uint8),
        day=np.sort(rng.integers(DAY, DAY + days, n)).astype(np.int32),
        hour=np.where(night, 20, 10).astype(np.uint8),
        unit=np.zeros(n, np.int16),
        match=np.zeros(n, np.uint8),
        lon=np.full(n, 113.0),
        lat=np.full(n, 34.0),
        r95_m=np.full(n, 15, np.float32),
        deaths=np.zeros(n, np.int16),
        injured=np.zeros(n, np.int16),
        unit_codes=("u0",),
    )
    return Cases(
        columns=columns,
        x_m=WEST + x,
        y_m=SOUTH + y,
        region=REGION,
        version="1-k",
        is_demo=False,
    )


def test_the_forecast_points_where_the_incidents_are() -> None:
    heard: list[tuple[int, int]] = []
    result = forecast_with_backtest(
        make_cases(3_000), ALL, progress=lambda done, windows: heard.append((done, windows))
    )
    used = result.facts.parameters
    last = int(make_cases(3_000).columns.day[-1])
    assert used["origin"] == pd.Timestamp(last + 1, unit="D").date().isoformat()
    assert used["windows"] == heard[-1][0] == heard[-1][1] == len(heard) <= 52
    cells = result.cells
    assert list(cells.columns) == [*CELL_COLUMNS, "geometry"]
    assert cells["rank"].max() <= 40
    assert set(cells["band"]) == {0.005, 0.01, 0.02, 0.05, 0.1}
    top = cells[cells["rank"] <= 2].to_crs(CRS).geometry.centroid
    assert sorted(top.x.round(0).tolist()) == [WEST + 2_250, WEST + 7_250]
    scores = result.tables["scores"]
    assert list(scores.columns) == list(SCORE_COLUMNS)
    row = scores[scores["method"] == "count_all"].iloc[1]
    assert row["hit_rate"] > 0.4
    assert result.tables["decision"]["windows"].iloc[0] == used["windows"]
    assert len(result.tables["drift"]) == 12
    expected = 3_000 / 400 * 7
    assert cells["expected"].sum() == pytest.approx(expected * 0.65, rel=0.35)


def test_a_shift_is_forecast_from_its_own_hours_and_all() -> None:
    cases = make_cases(3_000)
    night = forecast_with_backtest(cases, ALL, horizon="shift", shift=2)
    early = forecast_with_backtest(cases, ALL, horizon="shift", shift=0)
    assert night.facts.events == (cases.columns.hour == 20).sum()
    assert "count_shift" in set(night.tables["scores"]["method"])
    assert early.facts.events == 0
    assert early.facts.parameters["note"] == "too_few_events"
    # The hours of the selection do not count for a shift.
    again = forecast_with_backtest(
        cases, IncidentSelection(hours=(10,)), horizon="shift", shift=2
    )
    assert again.facts.events == night.facts.events


def test_harm_weighs_and_is_printed() -> None:
    plain = forecast_with_backtest(make_cases(2_000), ALL)
    harm = forecast_with_backtest(make_cases(2_000), ALL, is_harm_weighted=True)
    assert harm.cells["expected"].sum() > plain.cells["expected"].sum()
    assert harm.facts.parameters["harm"]["1"] < harm.facts.parameters["harm"]["3"]


def test_discovered_kinds_are_left_out_with_the_reason() -> None:
    cases = make_cases(500, category="drug")
    result = forecast_with_backtest(cases, IncidentSelection(categories=("drug",)))
    assert result.facts.parameters["note"] == "only_discovered"
    assert "drug" in result.facts.left_out
    assert result.cells.empty
    assert list(result.tables["scores"].columns) == list(SCORE_COLUMNS)
    asked = forecast_with_backtest(
        cases, IncidentSelection(categories=("drug",)), include_discovered=True
    )
    assert asked.facts.events == 500
    # A kind of which there is nothing needs no word.
    assert set(forecast_with_backtest(cases, ALL).facts.left_out) == {"drug"}
    assert asked.facts.left_out == {}


@pytest.mark.parametrize(("n", "days"), [(0, 1), (1, 1), (5, 3), (50, 30)])
def test_too_little_data_is_said(n: int, days: int) -> None:
    result = forecast_with_backtest(make_cases(n, days=days), ALL)
    assert result.facts.parameters["note"] == ("no_backtest" if n else "too_few_events")
    assert result.facts.parameters["windows"] == 0
    assert result.cells.empty == (n == 0)
    assert set(result.tables) == {"scores", "decision", "drift", "components"}


def test_a_window_begins_after_the_data_however_long_the_period() -> None:
    cases = make_cases(300)
    ahead = forecast_with_backtest(cases, IncidentSelection(day_to=DAY + 9_999))
    plain = forecast_with_backtest(cases, ALL)
    assert ahead.facts.parameters["origin"] == plain.facts.parameters["origin"]
    cut = forecast_with_backtest(cases, IncidentSelection(day_to=DAY + 199))
    assert cut.facts.parameters["origin"] == "2011-08-14"


def test_the_start_of_the_period_does_not_cut_the_history() -> None:
    cases = make_cases(2_000)
    whole = forecast_with_backtest(cases, ALL)
    late = forecast_with_backtest(cases, IncidentSelection(day_from=DAY + 399))
    assert late.facts == whole.facts
    pd.testing.assert_frame_equal(late.cells, whole.cells)
    cut = forecast_with_backtest(cases, ALL, learn_from=DAY + 200)
    assert cut.facts.day_from == DAY + 200
    assert cut.facts.events == (cases.columns.day >= DAY + 200).sum()


@pytest.mark.parametrize(
    "options", [{"horizon": "month"}, {"horizon": "shift"}, {"shift": 1}, {"cell_m": 0.0}]
)
def test_impossible_questions_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(FrameError):
        forecast_with_backtest(make_cases(50), ALL, **options)


def test_points_without_a_boundary_use_their_hull() -> None:
    cases = make_cases(2_000)
    days = cases.columns.day + 0.5
    result = backtest_points(
        cases.x_m,
        cases.y_m,
        days,
        boundary_m=None,
        cell_m=500.0,
        horizon_days=7.0,
        version="x.csv",
        source={"rows": 2_003},
    )
    assert result.facts.parameters["boundary"] == "hull"
    assert result.facts.parameters["rows"] == 2_003
    assert result.facts.events + result.facts.outside == 2_000
    with pytest.raises(FrameError, match="boundary"):
        backtest_points(
            np.zeros(3), np.zeros(3), np.arange(3.0),
            boundary_m=None, cell_m=1.0, horizon_days=1.0, version="x",
        )  # fmt: skip


@pytest.mark.skipif("PINGAN_REALDATA" not in os.environ, reason="needs PINGAN_REALDATA")
def test_memphis_robberies_2019() -> None:
    folder = Path(os.environ["PINGAN_REALDATA"]) / "oracles" / "memphis"
    rows = gpd.read_file(folder / "memphis_robberies.gpkg").to_crs(32615)
    area = gpd.read_file(folder / "memphis_precincts.gpkg").to_crs(32615).union_all()
    days = ((rows["date"] - pd.Timestamp(0)) / pd.Timedelta(days=1)).to_numpy()
    result = backtest_points(
        rows.geometry.x.to_numpy(),
        rows.geometry.y.to_numpy(),
        days,
        boundary_m=area,
        cell_m=183.0,
        horizon_days=7.0,
        version="memphis",
        first_origin_days=np.floor(days.min()) + 91,
    )
    scores = result.tables["scores"]
    at_5 = scores[scores["area_share"].round(2) == 0.05].set_index("method")
    assert at_5.loc["count_all", "hit_rate"] == pytest.approx(0.3096, abs=5e-4)
    assert at_5.loc["blend", "hit_rate"] == pytest.approx(0.3595, abs=5e-4)
    assert at_5.loc["blend", "difference_low"] > 0.02
    assert result.tables["decision"].iloc[0].to_dict() == {
        "method": "blend",
        "is_better": True,
        "is_worse": False,
        "events": 1747.0,
        "windows": 39,
    }

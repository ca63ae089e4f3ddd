"""Accuracy measures against printed values; the back-test on real cities."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.evaluation import Backtest, accuracy_curve, backtest, decide, drift, score
from geo.forecast import forecast
from geo.grid import SquareGrid
from geo.training import History

REALDATA = os.environ.get("PINGAN_REALDATA")
needs_real_data = pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is not set")
FOLDER = Path(REALDATA or ".")
CELL_M = 183.0  # 600 ft


def test_curve_to_the_printed_digits() -> None:
    curve = accuracy_curve([8, 4, 4, 2, 1, 0], [6, 7, 3, 2, 1, 0], ties="fewest")
    assert curve["pai"].to_numpy() == pytest.approx(
        [1.8947368, 1.4210526, 1.6842105, 1.4210526, 1.2, 1.0], abs=5e-8
    )
    assert curve["pei_star"].to_numpy() == pytest.approx(
        [0.85714286, 0.69230769, 1, 1, 1, 1], abs=5e-9
    )
    assert curve["rri"].to_numpy() == pytest.approx(
        [1.3333333, 1.3333333, 1, 1, 1, 1], abs=5e-8
    )


def test_ties_share_their_hits() -> None:
    curve = accuracy_curve([4, 4, 4, 0], [6, 3, 0, 1])
    assert curve["hits"].tolist() == [3.0, 6.0, 9.0, 10.0]


@given(
    observed=st.lists(st.integers(0, 9), min_size=2, max_size=30).filter(any),
    seed=st.integers(0, 99),
)
def test_curve_is_bounded_by_the_oracle(observed: list[int], seed: int) -> None:
    predicted = np.random.default_rng(seed).integers(0, 4, len(observed))
    curve = accuracy_curve(predicted, observed)
    assert (curve["pei_star"] <= 1 + 1e-12).all()
    assert curve["hit_rate"].iloc[-1] == pytest.approx(1.0)
    assert curve["pai"].iloc[-1] == pytest.approx(1.0)
    assert accuracy_curve(observed, observed)["pei_star"].to_numpy() == pytest.approx(1.0)


def planted(seed: int = 0, n: int = 3_000) -> History:
    rng = np.random.default_rng(seed)
    rate = rng.pareto(1.2, 400) + 0.05
    cells = rng.choice(400, n, p=rate / rate.sum())
    inside = np.ones((20, 20), dtype=bool)
    return History(cell=cells, time_days=rng.uniform(0, 280, n), inside=inside)


def test_backtest_agrees_with_single_forecasts() -> None:
    data = planted()
    result = backtest(data, horizon_days=7.0, first_origin_days=210.0, end_days=280.0)
    assert result.origins_days.tolist() == list(range(210, 280, 7))
    assert result.area_shares.tolist() == [0.005, 0.01, 0.02, 0.05, 0.1]
    made = forecast(data, origin_days=224.0, horizon_days=7.0)
    seen = data.counts(224.0, 231.0)
    assert result.observed[2] == seen.sum()
    assert result.hits["blend"][2, 3] == pytest.approx(seen[made.top(0.05)].sum())
    assert result.oracle[2, 3] == np.sort(seen.ravel())[-20:].sum()
    curve = accuracy_curve(forecast(data, origin_days=210.0, horizon_days=7.0, method="count_all").expected.ravel(), data.counts(210.0, 217.0).ravel())  # fmt: skip
    assert result.hits["count_all"][0, 4] == pytest.approx(curve["hits"].iloc[39])


def test_score_reports_rates_of_sums_and_an_interval_around_them() -> None:
    scores = score(backtest(planted(), horizon_days=7.0, first_origin_days=140.0, end_days=280))
    row = scores[(scores["method"] == "blend") & (scores["area_share"] == 0.05)].iloc[0]
    assert row["hit_rate_low"] < row["hit_rate"] < row["hit_rate_high"]
    assert row["pai"] == pytest.approx(row["hit_rate"] / 0.05)
    assert row["difference_low"] <= row["difference"] <= row["difference_high"]
    assert row["windows"] == 20
    base = scores[scores["method"] == "count_all"]
    assert not base[["difference", "difference_low", "difference_high"]].to_numpy().any()


def made_up(hits: np.ndarray, base: np.ndarray) -> Backtest:
    return Backtest(
        horizon_days=7.0,
        origins_days=np.arange(len(hits)) * 7.0,
        observed=np.full(len(hits), 50.0),
        hits={"blend": hits[:, None], "count_all": base[:, None]},
        oracle=np.full((len(hits), 1), 40.0),
        area_shares=np.array([0.05]),
        cells=100,
    )


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(9)
    covered = 0
    for _ in range(200):
        hits = rng.binomial(50, 0.3, 40).astype(float)
        row = score(made_up(hits, hits), replicates=400).iloc[0]
        covered += row["hit_rate_low"] <= 0.3 <= row["hit_rate_high"]
    assert 0.86 <= covered / 200 <= 0.99


@pytest.mark.parametrize(
    ("gain", "method", "is_better", "is_worse"),
    [
        (4.0, "blend", True, False),
        (0.0, "blend", False, False),
        (-4.0, "count_all", False, True),
    ],
)
def test_the_blend_is_used_unless_significantly_worse(
    gain: float, method: str, is_better: bool, is_worse: bool
) -> None:
    base = np.random.default_rng(1).binomial(50, 0.3, 40).astype(float)
    noise = np.random.default_rng(2).normal(0, 1, 40)
    decision = decide(score(made_up(base + gain + noise - noise.mean(), base)))
    assert (decision.method, decision.is_better, decision.is_worse) == (
        method,
        is_better,
        is_worse,
    )
    assert (decision.events, decision.windows) == (2_000.0, 40)


def test_without_events_the_plain_count_is_used() -> None:
    nothing = np.zeros(5)
    result = made_up(nothing, nothing)
    result.observed[:] = 0
    assert decide(score(result)).method == "count_all"


def test_drift_tells_an_area_that_never_changes() -> None:
    data = planted(3)
    made = [forecast(data, origin_days=o, horizon_days=7.0) for o in (210.0, 217.0, 224.0)]
    still = drift([made[0], made[0]], data)
    assert np.isnan(still["unchanged"].iloc[0])
    assert still["unchanged"].iloc[1] == 1.0
    moving = drift(made, data)
    assert moving["unchanged"].iloc[1:].between(0, 1).all()
    seen = data.counts(210.0, 217.0)
    assert moving["capture"].iloc[0] == pytest.approx(
        seen[made[0].top(0.05)].sum() / seen.sum()
    )


def test_impossible_backtests_are_refused() -> None:
    with pytest.raises(FrameError, match="whole window"):
        backtest(planted(), horizon_days=7.0, first_origin_days=278.0, end_days=280.0)
    with pytest.raises(FrameError, match="baseline"):
        backtest(
            planted(), horizon_days=7.0, first_origin_days=210, end_days=280, methods=("blend",)
        )


def real_history(
    x: pd.Series, y: pd.Series, when: pd.Series, county: shapely.Polygon
) -> History:
    grid = SquareGrid.covering(county.bounds, cell_m=CELL_M)
    inside = shapely.contains_xy(county, grid.centres_m()).reshape(grid.rows, grid.columns)
    days = (when - pd.Timestamp("2010-01-01")) / pd.Timedelta(days=1)
    return History(cell=grid.assign(x, y), time_days=days.to_numpy(), inside=inside)


def police_districts() -> shapely.Polygon:
    districts = gpd.read_file(FOLDER / "chicago/chicago_police_districts.kml")
    return districts.to_crs(26971).union_all()


def blend_rows(data: History, **options: float) -> pd.DataFrame:
    scores = score(backtest(data, methods=("blend", "count_all"), **options))
    assert not decide(scores).is_worse
    return scores[scores["method"] == "blend"].set_index(scores["area_share"].round(3).iloc[:5])


@needs_real_data
def test_chicago_assaults_beat_the_count_at_five_per_cent_of_area() -> None:
    rows = pd.read_csv(
        FOLDER / "chicago/chicago_aggravated_assaults.csv.gz", parse_dates=["date"]
    )
    points = gpd.GeoSeries(gpd.points_from_xy(rows["longitude"], rows["latitude"]), crs=4326)
    points = points.to_crs(26971)
    data = real_history(points.x, points.y, rows["date"], police_districts())
    # The last two years. Not blind: the prior was picked on districts in the same years.
    blend = blend_rows(data, horizon_days=7.0, first_origin_days=2_920.0, end_days=3_650.0)
    assert blend.loc[0.05, "difference_low"] > 0
    assert 0.30 < blend.loc[0.05, "hit_rate"] < 0.37
    assert blend.loc[0.05, "windows"] == 104


@needs_real_data
def test_memphis_robberies_are_not_worse_than_the_count() -> None:
    folder = FOLDER / "oracles/memphis"
    rows = gpd.read_file(folder / "memphis_robberies.gpkg").to_crs(32615)
    precincts = gpd.read_file(folder / "memphis_precincts.gpkg").to_crs(32615).union_all()
    data = real_history(rows.geometry.x, rows.geometry.y, rows["date"], precincts)
    start = float(np.floor(data.time_days[0]))
    blend = blend_rows(
        data, horizon_days=7.0, first_origin_days=start + 91, end_days=start + 365
    )
    assert (blend["difference"] > 0).all()
    assert blend.loc[0.01, "difference"] >= 0.014


@needs_real_data
def test_chicago_january_burglaries_are_not_worse_than_the_count() -> None:
    path = FOLDER / "oracles/nearrepeat/chicago_be_month1.csv"
    rows = pd.read_csv(path, header=None, names=["x", "y", "day"], parse_dates=["day"])
    data = real_history(rows["x"], rows["y"], rows["day"], police_districts())
    start = float(data.time_days[0])
    blend = blend_rows(
        data, horizon_days=1.0, first_origin_days=start + 14, end_days=start + 32
    )
    assert blend.loc[0.05, "difference_low"] > 0

"""The back-test on real cities."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.evaluation import backtest, decide, score
from geo.grid import SquareGrid
from geo.training import History, shift_histories

REALDATA = os.environ.get("PINGAN_REALDATA")


needs_real_data = pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is not set")


FOLDER = Path(REALDATA or ".")


CELL_M = 183.0  # 600 ft


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
    result = backtest(data, methods=("blend", "count_all"), **options)
    scores = score(result)
    decision = decide(result, scores)
    assert (decision.method, decision.is_worse) == ("blend", False)
    decided = scores[scores["method"] == "decided"]
    assert (decided["difference_high"] >= 0).all()
    assert decided["difference"].iloc[3] > 0
    return scores[scores["method"] == "blend"].set_index(scores["area_share"].round(3).iloc[:5])


def chicago_assaults() -> History:
    rows = pd.read_csv(
        FOLDER / "chicago/chicago_aggravated_assaults.csv.gz", parse_dates=["date"]
    )
    points = gpd.GeoSeries(gpd.points_from_xy(rows["longitude"], rows["latitude"]), crs=4326)
    points = points.to_crs(26971)
    return real_history(points.x, points.y, rows["date"], police_districts())


@needs_real_data
def test_chicago_assaults_beat_the_count_at_five_per_cent_of_area() -> None:
    data = chicago_assaults()
    # The last two years. Not blind: the prior was picked on districts in the same years.
    blend = blend_rows(data, horizon_days=7.0, first_origin_days=2_920.0, end_days=3_650.0)
    assert blend.loc[0.05, "difference_low"] > 0
    assert 0.30 < blend.loc[0.05, "hit_rate"] < 0.37
    assert blend.loc[0.05, "windows"] == 104


@needs_real_data
def test_chicago_evening_shift_beats_both_counts() -> None:
    data = chicago_assaults()
    day = np.floor(data.time_days)
    hour = np.floor((data.time_days - day) * 24 + 1e-6).astype(int)
    own, every = shift_histories(data.cell, day, hour, inside=data.inside, start_hour=16)
    result = backtest(
        own,
        horizon_days=1.0,
        first_origin_days=3_468.0,
        end_days=3_650.0,
        background=every,
        methods=("blend", "count_all", "count_shift"),
    )
    scores = score(result)
    decision = decide(result, scores)
    assert (decision.method, decision.is_better) == ("blend", True)
    rows = scores[scores["method"].isin(["blend", "decided"])]
    assert (rows["difference_high"] >= 0).all()


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

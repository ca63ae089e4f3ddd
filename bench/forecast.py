"""Rolling-origin back-test of the forecast on public data of real cities.

    PINGAN_REALDATA=FOLDER python bench/forecast.py

Prints hit rate, PAI and PEI* per method and area share, with 95 % block-bootstrap
intervals of the difference to the all-history count (for a shift, to the stronger of the
counts of all hours and of the shift), and the method the decision rule picks. Cells of
183 m (600 ft) inside the police districts or precincts. Last, the rule on made-up cities
whose cells have fixed rates that owe nothing to their neighbours.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.concentration import concentration
from geo.evaluation import backtest, decide, drift, score
from geo.forecast import rolling_forecasts
from geo.grid import SquareGrid
from geo.training import History, shift_histories

CELL_M = 183.0
EPOCH = pd.Timestamp("2010-01-01")


def history(x: pd.Series, y: pd.Series, when: pd.Series, county: shapely.Geometry) -> History:
    grid = SquareGrid.covering(county.bounds, cell_m=CELL_M)
    inside = shapely.contains_xy(county, grid.centres_m()).reshape(grid.rows, grid.columns)
    days = ((when - EPOCH) / pd.Timedelta(days=1)).to_numpy()
    return History(cell=grid.assign(x, y), time_days=days, inside=inside)


def chicago_districts(folder: Path) -> shapely.Geometry:
    districts = gpd.read_file(folder / "chicago/chicago_police_districts.kml")
    return districts.to_crs(26971).union_all()


def chicago_assaults(folder: Path) -> History:
    path = folder / "chicago/chicago_aggravated_assaults.csv.gz"
    rows = pd.read_csv(path, parse_dates=["date"])
    points = gpd.GeoSeries(gpd.points_from_xy(rows["longitude"], rows["latitude"]), crs=4326)
    points = points.to_crs(26971)
    return history(points.x, points.y, rows["date"], chicago_districts(folder))


def chicago_burglaries(folder: Path) -> History:
    path = folder / "oracles/nearrepeat/chicago_be_month1.csv"
    rows = pd.read_csv(path, header=None, names=["x", "y", "day"], parse_dates=["day"])
    return history(rows["x"], rows["y"], rows["day"], chicago_districts(folder))


def memphis_robberies(folder: Path) -> History:
    rows = gpd.read_file(folder / "oracles/memphis/memphis_robberies.gpkg").to_crs(32615)
    precincts = gpd.read_file(folder / "oracles/memphis/memphis_precincts.gpkg").to_crs(32615)
    points = rows.geometry
    return history(points.x, points.y, rows["date"], precincts.union_all())


def assault_shift(data: History, start_hour: int) -> tuple[History, History]:
    day = np.floor(data.time_days)
    # Minutes are exact in the source; days as floats are not.
    hour = np.floor((data.time_days - day) * 24 + 1e-6).astype(np.int64)
    return shift_histories(data.cell, day, hour, inside=data.inside, start_hour=start_hour)


def city_without_structure(kind: str, per_week: int, seed: int) -> History:
    rows, columns, weeks = 36, 44, 130
    rng = np.random.default_rng([seed, per_week])
    cells = rows * columns
    rate = {
        "uniform": np.ones(cells),
        "skewed": rng.gamma(0.5, 1.0, cells),
        "heavy-tailed": rng.pareto(1.1, cells),
        "concentrated": np.where(rng.random(cells) < 0.04, rng.pareto(1.0, cells), 1e-4),
    }[kind]
    n = rng.poisson(per_week * weeks)
    return History(
        cell=rng.choice(cells, n, p=rate / rate.sum()),
        time_days=rng.uniform(0, 7 * weeks, n),
        inside=np.ones((rows, columns), dtype=bool),
    )


def report_guard(seeds: int = 5) -> None:
    worse = dict.fromkeys(("blend", "decided"), 0)
    cities, used = 0, 0.0
    for kind in ("uniform", "skewed", "heavy-tailed", "concentrated"):
        for per_week in (6, 50, 300):
            for seed in range(seeds):
                result = backtest(
                    city_without_structure(kind, per_week, seed),
                    horizon_days=7.0,
                    first_origin_days=546,
                    end_days=910,
                    methods=("blend", "count_all"),
                )
                scores = score(result)
                for method in worse:
                    rows = scores[scores["method"] == method]
                    worse[method] += bool((rows["difference_high"] < 0).any())
                cities += 1
                used += np.mean([method == "blend" for method in result.in_use])
    print(
        f"\nCities without structure: {cities}; significantly worse than the count at some "
        f"area share: blend {worse['blend']}, decided {worse['decided']}; "
        f"blend in use in {100 * used / cities:.1f} % of the weeks"
    )


def report(
    name: str,
    data: History,
    *,
    horizon_days: float,
    first: float,
    end: float,
    background: History | None = None,
) -> None:
    start = time.perf_counter()
    result = backtest(
        data,
        horizon_days=horizon_days,
        first_origin_days=first,
        end_days=end,
        background=background,
    )
    seconds = time.perf_counter() - start
    scores = score(result)
    chosen = decide(result, scores)
    print(
        f"\n{name}: {horizon_days:g}-day windows {len(result.observed)}, events scored "
        f"{result.observed.sum():.0f}, cells {result.cells} of {CELL_M:.0f} m, "
        f"{seconds:.1f} s; use {chosen.method}, blend better {chosen.is_better}, in use in "
        f"{100 * np.mean([method == 'blend' for method in result.in_use]):.0f} % of windows"
    )
    table = scores.copy()
    for column in ("area_share", "hit_rate", "difference", "difference_low", "difference_high"):
        table[column] = (100 * table[column]).round(2)
    columns = ["method", "area_share", "hit_rate", "pai", "pei_star"]
    columns += ["baseline", "difference", "difference_low", "difference_high"]
    print(table[columns].round(3).to_string(index=False))
    found = concentration(data.counts(-np.inf, np.inf)[data.inside])
    held = {share: f"{100 * part:.1f} %" for share, part in found.places_holding.items()}
    print(f"Gini {found.gini:.3f}, sparse-corrected {found.gini_sparse:.3f}, cells {held}")
    made = rolling_forecasts(
        data,
        origins_days=result.origins_days,
        horizon_days=horizon_days,
        methods=("blend",),
        background=background,
    )
    moved = drift([each["blend"] for each in made], data)
    print(
        f"flagged 5 % of area unchanged from window to window: {moved['unchanged'].mean():.2f}"
    )


def main() -> None:
    folder = Path(os.environ["PINGAN_REALDATA"])
    burglaries, robberies = chicago_burglaries(folder), memphis_robberies(folder)
    assaults = chicago_assaults(folder)
    first = float(burglaries.time_days[0])
    report("Chicago burglary, January 2016", burglaries, horizon_days=1.0, first=first + 14,
           end=first + 32)  # fmt: skip
    first = float(np.floor(robberies.time_days[0]))
    report("Memphis robbery 2019", robberies, horizon_days=7.0, first=first + 91,
           end=first + 365)  # fmt: skip
    for years, horizon in ((1, 7.0), (7, 7.0), (7, 28.0), (9, 1.0)):
        report(
            f"Chicago aggravated assault from year {years + 1}",
            assaults,
            horizon_days=horizon,
            first=365.0 * years,
            end=365.0 * 10,
        )
    for years in (1, 9):
        for start_hour in (0, 8, 16):
            own, every = assault_shift(assaults, start_hour)
            report(
                f"Chicago aggravated assault, shift from {start_hour} h, year {years + 1}",
                own,
                horizon_days=1.0,
                first=365.0 * years,
                end=365.0 * (years + 1),
                background=every,
            )
    report_guard()


if __name__ == "__main__":
    main()

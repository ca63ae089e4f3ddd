"""Stakes and snapping against shapely and GeoPandas, on the same data in one run.

    python bench/network.py            1e6 stakes; 1e5 and 1e6 points

The network has 2,000 lines of about 1 km with 40 vertices each; calibrated routes are
100 km long with 2,000 vertices. Peers of a stake: ``line.interpolate`` in a loop, and
shapely's vectorised ``line_interpolate_point``; both get their measures from
``numpy.interp`` for nothing. Peer of snapping: ``geopandas.sjoin_nearest``, which gives
the nearest line alone: no runner-up, chain, side or probability.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.network import RoadIndex, SnapRules, snap_points
from geo.stakes import RouteLocator

CRS = "EPSG:4547"
SIDE_M = 40_000.0
Result = TypeVar("Result")


def wandering_lines(
    count: int, vertices: int, step_m: float, rng: np.random.Generator
) -> list[shapely.LineString]:
    heading = rng.uniform(0, 2 * np.pi, (count, 1))
    heading = heading + np.cumsum(rng.normal(0, 0.08, (count, vertices - 1)), axis=1)
    start = rng.uniform(0, SIDE_M, (count, 1, 2))
    steps = step_m * np.stack([np.cos(heading), np.sin(heading)], axis=2)
    return [
        shapely.LineString(xy)
        for xy in np.concatenate([start, start + np.cumsum(steps, axis=1)], axis=1)
    ]


def timed(call: Callable[[], Result]) -> tuple[float, Result]:
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result


def bench_stakes(n: int, rng: np.random.Generator) -> None:
    lines = wandering_lines(20, 2_001, 50.0, rng)
    codes = np.array([f"S{i:03d}" for i in range(len(lines))], dtype=object)
    length = shapely.length(lines)
    routes = gpd.GeoDataFrame(
        {"route_code": codes, "stake_from_m": np.nan, "stake_to_m": np.nan},
        geometry=lines,
        crs=CRS,
    )
    # A post each kilometre, up to 1.5 % from where it should be.
    knots = [np.r_[0.0, np.arange(1_000.0, end - 500.0, 1_000.0), end] for end in length]
    stakes = [k + np.r_[0.0, rng.uniform(-15, 15, len(k) - 2), 0.0] for k in knots]
    calibration = pd.DataFrame(
        {
            "route_code": np.repeat(codes, [len(k) for k in knots]),
            "piece": 0,
            "chain_m": np.concatenate(knots),
            "stake_m": np.concatenate(stakes),
        }
    )
    built, locator = timed(lambda: RouteLocator(routes, calibration=calibration))
    route = rng.integers(0, len(lines), n)
    stake = rng.uniform(0, length[route])
    code = codes[route]

    ours, places = min(
        (timed(lambda: locator.locate(code, stake)) for _ in range(3)), key=lambda t: t[0]
    )
    chain = np.empty(n)
    for i in range(len(lines)):
        chain[route == i] = np.interp(stake[route == i], stakes[i], knots[i])
    line = np.array(lines, dtype=object)[route]
    vector, points = timed(lambda: shapely.line_interpolate_point(line, chain))
    loop, looped = timed(
        lambda: [one.interpolate(at) for one, at in zip(line, chain, strict=True)]
    )
    apart = np.abs(
        np.column_stack([places.x_m, places.y_m]) - shapely.get_coordinates(points)
    ).max()
    apart_loop = np.abs(
        np.column_stack([places.x_m, places.y_m]) - shapely.get_coordinates(looped)
    ).max()
    print(f"{n:,} stakes on {len(lines)} routes of 100 km ({built:.2f} s to build)")
    print(f"  ours                    {ours:7.2f} s")
    print(
        f"  shapely, vectorised     {vector:7.2f} s  {vector / ours:5.1f} times, {apart:.0e} m"
    )
    print(
        f"  shapely, in a loop      {loop:7.2f} s  {loop / ours:5.1f} times, {apart_loop:.0e} m"
    )
    back, _ = timed(
        lambda: locator.stake_of(code[:100_000], places.x_m[:100_000], places.y_m[:100_000])
    )
    print(f"  100,000 points back to stakes {back:.2f} s")


def bench_snapping(n: int, rng: np.random.Generator) -> None:
    lines = wandering_lines(2_000, 41, 25.0, rng)
    roads = gpd.GeoDataFrame(
        {"route_code": [f"R{i:04d}" for i in range(len(lines))]}, geometry=lines, crs=CRS
    )
    source = rng.integers(0, len(lines), n)
    on = shapely.line_interpolate_point(
        roads.geometry.to_numpy()[source], rng.random(n), normalized=True
    )
    xy = shapely.get_coordinates(on) + rng.normal(0, 12.0, (n, 2))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=CRS)
    tolerance_m = SnapRules().tolerance_m

    built, index = timed(lambda: RoadIndex(roads))
    ours, snapped = min(
        (timed(lambda: snap_points(points, index)) for _ in range(3)), key=lambda t: t[0]
    )
    peer, joined = timed(
        lambda: points.sjoin_nearest(
            roads, how="left", max_distance=tolerance_m, distance_col="distance_m"
        )
    )
    joined = joined[~joined.index.duplicated()]
    # The likeliest road is the nearest one where nothing but the position is known.
    gap = np.nanmax(np.abs(snapped["distance_m"] - joined["distance_m"]))
    same = (snapped["road"] == joined["index_right"].fillna(-1)).mean()
    accepted = snapped["status"].isin(["good", "fair"])
    right = snapped["road"] == source
    print(f"{n:,} points on {len(lines):,} lines ({built:.2f} s to index)")
    print(f"  ours                    {ours:7.2f} s")
    print(f"  sjoin_nearest           {peer:7.2f} s  {peer / ours:5.1f} times")
    print(f"  same road {same:.4%}, distances within {gap:.0e} m")
    print(
        f"  right road: {right.mean():.1%} of all; accepted {accepted.mean():.1%}, "
        f"of these {right[accepted].mean():.2%}; of the ambiguous "
        f"{right[snapped['status'] == 'ambiguous'].mean():.1%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--stakes", type=int, default=1_000_000)
    options = parser.parse_args()
    bench_stakes(options.stakes, np.random.default_rng(1))
    for n in options.points:
        bench_snapping(n, np.random.default_rng(2))


if __name__ == "__main__":
    main()

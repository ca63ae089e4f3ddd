"""Screening of 2,000 km of road, and network density, against a loop and a peer.

    python bench/screening.py            3·10³, 10⁵ and 10⁶ accidents

Windows of 500 m every 100 m on 40 routes of 50 km. The loop is plain Python: for each
window the accidents between its ends by bisection of a sorted list, and the empirical-Bayes
formula. The peer of the network is spaghetti, where installed; it is timed on building
a smaller network and snapping points, which come before any density.
"""

from __future__ import annotations

import argparse
import resource
import time
from bisect import bisect_left
from collections.abc import Callable
from math import sqrt
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.network_density import RoadNetwork, network_density
from geo.road_axis import RoadAxis
from geo.road_prediction import predict_roads
from geo.road_screening import ScreeningRules, estimate_windows, screen
from geo.window_chance import window_chance

ROUTES, ROUTE_M = 40, 50_000.0
STREET_M = 500.0
Result = TypeVar("Result")


def best_of(repeats: int, call: Callable[[], Result]) -> tuple[float, Result]:
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - started)
    return min(seconds), result


def county(n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    per = 25
    road_class = np.repeat(rng.choice(["G", "S", "X", "Y"], ROUTES), per)
    segments = pd.DataFrame(
        {
            "route_code": np.repeat([f"R{i:02d}" for i in range(ROUTES)], per),
            "from_chain_m": np.tile(np.arange(per) * ROUTE_M / per, ROUTES),
            "road_class": road_class,
            "is_urban": False,
            "aadt": np.exp(rng.normal(7.5, 0.7, ROUTES * per)),
        }
    )
    segments["to_chain_m"] = segments["from_chain_m"] + ROUTE_M / per
    share = segments["aadt"].to_numpy() ** 0.8 * rng.gamma(1.5, 1 / 1.5, len(segments))
    at = rng.choice(len(segments), n, p=share / share.sum())
    events = pd.DataFrame(
        {
            "route_code": segments["route_code"].to_numpy()[at],
            "chain_m": segments["from_chain_m"].to_numpy()[at]
            + rng.uniform(0, ROUTE_M / per, n),
            "deaths": rng.random(n) < 0.05,
            "serious": np.nan,
            "injured": rng.integers(0, 3, n),
        }
    )
    return events, segments


def loop(
    chains: dict[str, list[float]], predicted: list[float], k: list[float]
) -> list[tuple[int, float, float]]:
    found = []
    i = 0
    for route in sorted(chains):
        own = chains[route]
        start = 0.0
        while start <= ROUTE_M - 500.0:
            count = bisect_left(own, start + 500.0) - bisect_left(own, start)
            weight = 1 / (1 + k[i] * predicted[i])
            expected = weight * predicted[i] + (1 - weight) * count
            found.append((count, expected, sqrt((1 - weight) * expected)))
            start += 100.0
            i += 1
    return found


def scan(chains: dict[str, list[float]]) -> list[int]:
    """The naive loop: every window looks at every accident of its route."""
    found = []
    for route in sorted(chains):
        own = chains[route]
        for i in range(int((ROUTE_M - 500.0) / 100.0) + 1):
            first = i * 100.0
            found.append(sum(1 for chain in own if first <= chain < first + 500.0))
    return found


def bench_windows(n: int) -> None:
    events, segments = county(n, np.random.default_rng(1))
    rules = ScreeningRules()
    axis = RoadAxis.of(segments)
    placing, (position, stretch) = best_of(
        3, lambda: axis.locate(events["route_code"], events["chain_m"])
    )
    fitting, prediction = best_of(2, lambda: predict_roads(axis, segments, position, years=3.0))
    weight = np.ones(n)
    counting, _ = best_of(
        20, lambda: axis.window_sums(position, stretch, window_m=500.0, step_m=100.0)
    )
    windows, table = best_of(
        20, lambda: estimate_windows(prediction, position, stretch, weight, rules)
    )
    print(f"{n:,} accidents, {len(table):,} windows on {axis.length_m / 1000:,.0f} km")
    print(f"  placed on the axis        {placing * 1000:9.2f} ms")
    print(f"  regression of {prediction.fit.rows:,} blocks {fitting * 1000:9.2f} ms")
    print(f"  counts of windows         {counting * 1000:9.2f} ms")
    print(f"  counts, severity, EB      {windows * 1000:9.2f} ms")
    if n <= 10_000:
        own = axis.windows(500.0, 100.0)
        predicted, k = prediction.between(own.from_m, own.to_m)
        chains = {
            str(route): sorted(part.tolist())
            for route, part in events.groupby("route_code")["chain_m"]
        }
        bisecting, by_loop = best_of(2, lambda: loop(chains, predicted.tolist(), k.tolist()))
        scanning, _ = best_of(1, lambda: scan(chains))
        apart = np.abs(table["expected"].to_numpy() - [row[1] for row in by_loop]).max()
        print(
            f"  loop with bisection       {bisecting * 1000:9.2f} ms  "
            f"{bisecting / windows:,.0f} times (counts, EB; no severity), {apart:.0e} apart"
        )
        print(
            f"  loop over accidents       {scanning * 1000:9.2f} ms  "
            f"{scanning / counting:,.0f} times (counts alone)"
        )
        chance, _ = best_of(2, lambda: window_chance(prediction, position, window_m=500.0))
        print(f"  chance, 999 scatterings   {chance:9.2f} s")
    runs = 999 if n <= 10_000 else 0
    whole, _ = best_of(
        1, lambda: screen(events, segments, years=3.0, rules=ScreeningRules(chance_runs=runs))
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  whole screening           {whole:9.2f} s with {runs} scatterings, {peak:.0f} MB")


def streets(side: int) -> gpd.GeoSeries:
    """A grid of streets, a junction each 500 m."""
    lines = [
        shapely.LineString(
            [
                (i * STREET_M, j * STREET_M),
                ((i + 1 - d) * STREET_M, (j + d) * STREET_M),
            ]
        )
        for i in range(side)
        for j in range(side)
        for d in (0, 1)
        if (i + 1 < side if d == 0 else j + 1 < side)
    ]
    return gpd.GeoSeries(lines, crs="EPSG:4547")


def bench_network(side: int, n: int) -> None:
    lines = streets(side)
    building, network = best_of(2, lambda: RoadNetwork.from_lines(lines))
    rng = np.random.default_rng(3)
    section = rng.integers(0, len(lines), n)
    along = rng.uniform(0, STREET_M, n)
    piece, start, end = network.lixels(100.0)
    rules = ("discontinuous", "continuous")
    seconds = {
        rule: best_of(
            3,
            lambda rule=rule: network_density(
                network,
                section,
                along,
                at_section=piece,
                at_along_m=(start + end) / 2,
                bandwidth_m=500.0,
                split=rule,
            ),
        )[0]
        for rule in rules
    }
    print(f"network of {len(lines):,} edges, {n:,} events, {len(piece):,} lixels, 500 m")
    print(f"  built                     {building:9.3f} s")
    for rule in rules:
        print(f"  density, {rule:<16} {seconds[rule]:9.3f} s")


def bench_peer(side: int, n: int) -> None:
    """Building and snapping of the same network by spaghetti, on fewer edges: it takes minutes."""
    try:
        from spaghetti import Network
    except ImportError:
        print("spaghetti is not installed")
        return
    lines = streets(side)
    rng = np.random.default_rng(3)
    at = shapely.line_interpolate_point(
        lines.to_numpy()[rng.integers(0, len(lines), n)], rng.uniform(0, STREET_M, n)
    )
    points, xy = gpd.GeoDataFrame(geometry=at, crs=lines.crs), shapely.get_coordinates(at)
    building, network = best_of(3, lambda: RoadNetwork.from_lines(lines))
    snapping, _ = best_of(2, lambda: network.snap(xy[:, 0], xy[:, 1], farthest_m=50.0))
    frame = gpd.GeoDataFrame(geometry=lines)
    peer_building, peer = best_of(1, lambda: Network(in_data=frame))
    peer_snapping, _ = best_of(1, lambda: peer.snapobservations(points, "events"))
    print(f"network of {len(lines):,} edges, {n:,} points: ours, spaghetti")
    for name, own, other in (
        ("built", building, peer_building),
        ("snapped", snapping, peer_snapping),
    ):
        print(f"  {name:<10} {own:9.3f} {other:9.2f} s  {other / own:,.0f} times")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accidents", type=int, nargs="+", default=[3_000, 100_000, 1_000_000])
    parser.add_argument("--side", type=int, default=115, help="streets of the grid each way")
    parser.add_argument("--peer-side", type=int, default=30)
    options = parser.parse_args()
    for n in options.accidents:
        bench_windows(n)
    bench_network(options.side, 100_000)
    bench_peer(options.peer_side, 2_000)


if __name__ == "__main__":
    main()

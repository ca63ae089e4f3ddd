"""GCJ-02 to WGS-84 for 1e6 points against coord-convert, in one run.

    python bench/datum.py

coord-convert (``pip install coord-convert``) is the fastest exact inverse on the package
index; it converts one point a call. Where it is not installed, a loop of the same formula
over single points in plain Python stands in for it and says so.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable

import numpy as np

from geo.datum import ECCENTRICITY_SQ, SEMI_MAJOR_M, gcj02_to_wgs84, wgs84_to_gcj02

BOUNDS = (113.05, 33.98, 113.65, 34.42)
Convert = Callable[[float, float], tuple[float, float]]


def plain_gcj02_to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    """One point in plain Python, to the stand-in's 1e-9 degree."""
    wgs_lon, wgs_lat = lon, lat
    while True:
        x, y = wgs_lon - 105.0, wgs_lat - 35.0
        root = math.sqrt(abs(x))
        ripple = 20.0 * math.sin(6.0 * math.pi * x) + 20.0 * math.sin(2.0 * math.pi * x)
        north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
        north_m += (
            ripple
            + 20.0 * math.sin(math.pi * y)
            + 40.0 * math.sin(math.pi * y / 3.0)
            + 160.0 * math.sin(math.pi * y / 12.0)
            + 320.0 * math.sin(math.pi * y / 30.0)
        ) / 1.5
        east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
        east_m += (
            ripple
            + 20.0 * math.sin(math.pi * x)
            + 40.0 * math.sin(math.pi * x / 3.0)
            + 150.0 * math.sin(math.pi * x / 12.0)
            + 300.0 * math.sin(math.pi * x / 30.0)
        ) / 1.5
        latitude = math.radians(wgs_lat)
        m = 1.0 - ECCENTRICITY_SQ * math.sin(latitude) ** 2
        north = math.degrees(north_m * m**1.5 / (SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQ)))
        east = math.degrees(east_m * math.sqrt(m) / (SEMI_MAJOR_M * math.cos(latitude)))
        step_lon, step_lat = lon - east - wgs_lon, lat - north - wgs_lat
        wgs_lon, wgs_lat = wgs_lon + step_lon, wgs_lat + step_lat
        if abs(step_lon) < 1e-9 and abs(step_lat) < 1e-9:
            return wgs_lon, wgs_lat


def peer() -> tuple[str, Convert]:
    try:
        from coord_convert.transform import gcj2wgs
    except ImportError:
        print("coord-convert is not installed (pip install coord-convert):")
        print("the same formula in plain Python stands in for it")
        return "plain Python", plain_gcj02_to_wgs84
    return "coord-convert", gcj2wgs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    n = parser.parse_args().points
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(*BOUNDS[::2], n), rng.uniform(*BOUNDS[1::2], n)
    gcj_lon, gcj_lat = wgs84_to_gcj02(lon, lat)

    name, convert = peer()
    points = list(zip(gcj_lon.tolist(), gcj_lat.tolist(), strict=True))
    started = time.perf_counter()
    theirs = np.array([convert(*point) for point in points])
    peer_s = time.perf_counter() - started
    error = np.abs(theirs - np.column_stack([lon, lat])).max()
    print(f"{n:,} points            seconds  greatest error   times as fast")
    print(f"{name:>20}  {peer_s:9.2f}  {error:10.1e} °")
    for rounds in (2, 4, 6):
        best_s = math.inf
        for _ in range(3):
            started = time.perf_counter()
            ours = gcj02_to_wgs84(gcj_lon, gcj_lat, rounds=rounds)
            best_s = min(best_s, time.perf_counter() - started)
        error = max(np.abs(ours[0] - lon).max(), np.abs(ours[1] - lat).max())
        print(
            f"{f'{rounds} rounds':>20}  {best_s:9.2f}  {error:10.1e} °  {peer_s / best_s:14.1f}"
        )


if __name__ == "__main__":
    main()

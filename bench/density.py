"""Density surfaces and cube answers against their peers, interleaved in one run.

    python bench/density.py            1e5 and 1e6 points; libkdv on 1e5 only
    python bench/density.py --huge     growth to 1e7 points as well, libkdv on 1e6 too

Peers are optional: ``pip install KDEpy libkdv``. The county is synthetic: 60 × 45 km,
300 Gaussian clusters and a fifth of the points anywhere. Every contestant answers for the
same points on the same 480 × 360 cells; medians of interleaved repeats are printed.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from geo.adaptive_density import adaptive_bandwidths, adaptive_density_grid
from geo.cube import CountsCube
from geo.density import density_grid
from geo.selection import IncidentColumns, IncidentSelection
from geo.vocabulary import CATEGORY_CODES

WIDTH_M, HEIGHT_M, CELL_M, BANDWIDTH_M = 60_000.0, 45_000.0, 125.0, 1_000.0
BOUNDS = (0.0, 0.0, WIDTH_M, HEIGHT_M)
UNITS = tuple(f"unit{number:02d}" for number in range(26))


def county(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    weight = rng.pareto(1.2, 300) + 0.1
    cluster = rng.choice(300, n, p=weight / weight.sum())
    middle = rng.uniform((0, 0), (WIDTH_M, HEIGHT_M), (300, 2))
    xy = middle[cluster] + rng.normal(0, 1, (n, 2)) * rng.uniform(150, 800, 300)[cluster, None]
    anywhere = rng.random(n) < 0.2
    xy[anywhere] = rng.uniform((0, 0), (WIDTH_M, HEIGHT_M), (int(anywhere.sum()), 2))
    xy = np.clip(xy, 1.0, (WIDTH_M - 1.0, HEIGHT_M - 1.0))
    return xy[:, 0].copy(), xy[:, 1].copy()


def interleaved(contestants: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each contestant, run in turns so that noise hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(repeats):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def ours(x: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    return lambda: density_grid(
        x, y, bounds_m=BOUNDS, cell_m=CELL_M, bandwidth_m=BANDWIDTH_M, kernel="epanechnikov"
    )


def ours_adaptive(x: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    pilot = density_grid(x, y, bounds_m=BOUNDS, cell_m=CELL_M, bandwidth_m=BANDWIDTH_M)
    bandwidths = adaptive_bandwidths(x, y, pilot=pilot)
    return lambda: adaptive_density_grid(
        x, y, bounds_m=BOUNDS, cell_m=CELL_M, bandwidths_m=bandwidths, kernel="epanechnikov"
    )


def kdepy(x: np.ndarray, y: np.ndarray) -> Callable[[], object] | None:
    try:
        from KDEpy import FFTKDE
    except ImportError:
        return None
    # The peer wants every point strictly inside its lattice, east axis slowest.
    across, up = np.linspace(0, WIDTH_M, 480), np.linspace(0, HEIGHT_M, 360)
    grid = np.stack(np.meshgrid(across, up, indexing="ij"), axis=-1).reshape(-1, 2)
    points = np.column_stack([x, y])
    # Its bandwidth is a standard deviation, ours the radius.
    return lambda: FFTKDE(kernel="epa", bw=BANDWIDTH_M / 5**0.5).fit(points).evaluate(grid)


def libkdv(x: np.ndarray, y: np.ndarray) -> Callable[[], object] | None:
    try:
        from libkdv import kdv
    except ImportError:
        return None
    points = np.column_stack([x, y])
    # It doubles the bandwidth it is given.
    return lambda: kdv(
        points,
        GPS=False,
        KDV_type="KDV",
        num_threads=2,
        row_pixels=480,
        col_pixels=360,
        bandwidth=BANDWIDTH_M / 2,
    ).compute()


def race_densities(n: int, *, with_libkdv: bool) -> None:
    x, y = county(n)
    contestants = {"density_grid": ours(x, y), "adaptive_density_grid": ours_adaptive(x, y)}
    peer = kdepy(x, y)
    if peer is not None:
        contestants["KDEpy FFTKDE"] = peer
    seconds = interleaved(contestants, repeats=9)
    slow = libkdv(x, y) if with_libkdv else None
    if slow is not None:
        seconds |= interleaved({"libkdv": slow}, repeats=1)
    for name, value in seconds.items():
        ratio = value / seconds["density_grid"]
        print(f"density   n={n:>10,}  {name:<22} {value:10.4f} s  {ratio:9.1f} x")


def race_cube(n: int) -> None:
    rng = np.random.default_rng(2)
    day = np.sort(rng.integers(16_436, 16_436 + 3_650, n)).astype(np.int32)
    zeros = np.zeros(n)
    columns = IncidentColumns(
        incident_id=np.arange(n),
        category=rng.integers(0, len(CATEGORY_CODES), n).astype(np.uint8),
        severity=zeros.astype(np.uint8),
        day=day,
        hour=zeros.astype(np.uint8),
        unit=rng.integers(-1, len(UNITS), n).astype(np.int16),
        match=zeros.astype(np.uint8),
        lon=zeros,
        lat=zeros,
        r95_m=zeros.astype(np.float32),
        deaths=zeros.astype(np.int16),
        injured=zeros.astype(np.int16),
        unit_codes=UNITS,
    )
    start = time.perf_counter()
    cube = CountsCube.from_columns(columns)
    build = time.perf_counter() - start
    frame = pd.DataFrame(
        {
            "category": pd.Categorical.from_codes(columns.category, CATEGORY_CODES),
            "unit": columns.unit,
            "day": columns.day,
        }
    )
    asked = IncidentSelection(categories=("burglary",), day_from=19_000, day_to=19_364)

    def scan() -> pd.Series:
        mask = (frame["category"] == "burglary") & frame["day"].between(19_000, 19_364)
        return frame.loc[mask & (frame["unit"] >= 0), "unit"].value_counts()

    counted = scan().reindex(range(len(UNITS)), fill_value=0).to_numpy()
    if not np.array_equal(cube.per_unit(asked), counted):
        raise SystemExit("the cube and pandas disagree")

    def thousand() -> None:
        for _ in range(1_000):
            cube.per_unit(asked)

    seconds = interleaved({"cube": thousand, "pandas": scan}, repeats=9)
    answer = seconds["cube"] / 1_000
    print(f"cube      n={n:>10,}  build {build:.3f} s, {cube.cumulated.nbytes / 1e6:.1f} MB")
    print(f"cube      n={n:>10,}  answer {answer * 1e6:.2f} µs; pandas {seconds['pandas']:.4f} s"
          f"  {seconds['pandas'] / answer:,.0f} x")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--huge", action="store_true")
    is_huge = parser.parse_args().huge
    ours(*county(10))()
    ours_adaptive(*county(10))()
    for n in (10**5, 10**6):
        race_densities(n, with_libkdv=n == 10**5 or is_huge)
    race_cube(10**6)
    race_cube(10**7)
    for n in (10**4, 10**5, 10**6, *((10**7,) if is_huge else ())):
        run = ours(*county(n))
        seconds = interleaved({"density": run}, repeats=5)["density"]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"growth    n={n:>10,}  {seconds:.4f} s, peak memory so far {peak:,.0f} MB")


if __name__ == "__main__":
    main()

"""Seconds and peak memory as the number of points grows, each size in a process of its own.

Peak memory is that of the whole process while it measures: interpreter, libraries and the
points themselves included, making the points not. Linux only.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.shared import county
from bench.shared.timing import median, timed
from geo.assign import UnitIndex
from geo.cube import CountsCube
from geo.density import density_grid
from geo.emerging import count_cube, emerging_hotspots
from geo.errors import ExactCostError
from geo.hotspots import hotspots
from geo.near_repeat import near_repeat_table
from geo.nearest import NearestSegment
from geo.segments import segments_of

SIZES = (10**4, 10**5, 10**6, 10**7)
# Pairs grow with the square of the points: 10⁷ in one county and year are 2·10¹¹ pairs.
MOST_PAIRED = 10**6

Run = Callable[[], object]


def density(n: int) -> Run:
    x, y = county.points(n)
    return lambda: density_grid(x, y, bounds_m=county.BOUNDS, cell_m=125.0, bandwidth_m=1_000.0)


def points_to_units(n: int) -> Run:
    x, y = county.points(n)
    index = UnitIndex(county.units())
    return lambda: index.assign(x, y)


def snapping(n: int) -> Run:
    x, y = county.points(n)
    index = NearestSegment(segments_of(county.roads()))
    return lambda: index.query(x, y)


def cube(n: int) -> Run:
    columns = county.incidents(n)
    return lambda: CountsCube.from_columns(columns)


def significance(n: int) -> Run:
    """Gi*, local Moran, p and false discovery rate of 43,200 cells."""
    x, y = county.points(n)
    grid = county.grid(250.0)
    neighbours = grid.neighbours()

    def run() -> object:
        counts = grid.count(x, y)
        try:
            return hotspots(counts, neighbours)
        except ExactCostError:
            return hotspots(counts, neighbours, null="simulated")

    return run


def emerging(n: int) -> Run:
    x, y = county.points(n)
    grid = county.grid(250.0)
    neighbours, week = grid.neighbours(), np.random.default_rng(4).integers(0, 52, n)

    def run() -> object:
        counts = count_cube(grid.assign(x, y), week, places=len(grid), steps=52)
        try:
            return emerging_hotspots(counts, neighbours)
        except ExactCostError:
            return emerging_hotspots(counts, neighbours, null="simulated")

    return run


def near_repeats(n: int) -> Run:
    x, y = county.points(n)
    days = np.random.default_rng(1).integers(0, 365, n).astype(float)
    return lambda: near_repeat_table(x, y, days)


MEASURES: dict[str, Callable[[int], Run]] = {
    measure.__name__: measure
    for measure in (
        density,
        points_to_units,
        snapping,
        cube,
        significance,
        emerging,
        near_repeats,
    )
}


def print_growth(sizes: tuple[int, ...] = SIZES) -> None:
    """One line per measure and size."""
    for name in MEASURES:
        for n in sizes:
            if name == near_repeats.__name__ and n > MOST_PAIRED:
                print(f"growth  {name:<16}{n:>12,}  not run: the pairs grow with the square")
                continue
            command = [sys.executable, "-m", "bench.shared.growth", name, str(n)]
            ran = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(ran.stdout)
            print(
                f"growth  {name:<16}{n:>12,}{found['wall']:>11.4f} s wall"
                f"{found['cpu']:>11.4f} s CPU{found['peak_mb']:>9,.0f} MB peak"
                f"  ({found['before_mb']:,.0f} MB before)",
                flush=True,
            )


def _measure(name: str, n: int) -> dict[str, float]:
    MEASURES[name](1_000)()  # compiled code comes from the disk cache
    run = MEASURES[name](n)
    before_mb = _memory_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget earlier peaks
    repeats = 5 if n <= 10**5 else 3 if name != near_repeats.__name__ else 1
    seconds = median([timed(run) for _ in range(repeats)])
    return {
        "wall": seconds.wall,
        "cpu": seconds.cpu,
        "before_mb": before_mb,
        "peak_mb": _memory_mb("VmHWM"),
    }


def _memory_mb(field: str) -> float:
    # getrusage would give the parent's peak where that was higher: a new program inherits it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    return float(found[1]) / 1024 if found else float("nan")


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], int(sys.argv[2]))))

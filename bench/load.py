"""Rows a second from CSV to an indexed store, against GeoPandas, in one run.

    python bench/load.py               1e5 and 1e6 rows, and the peers on 1e6
    python bench/load.py --huge        1e7 rows as well

The loader reads in a child process, cleans, checks, assigns units exactly,
deduplicates and writes SQLite with its indexes. Both peers make points of the
same file, join them to the units and write a GeoPackage; they check nothing.
``geopandas`` reads with ``geopandas.read_file``, ``pandas`` with the much faster
``pandas.read_csv``. Each measurement is a process of its own, so that peak
memory (of parent and children together) is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from etl.pipeline import load_file
from etl.profile import Profile

PROFILE = """
kind = "incidents"
source = "bench"
is_demo = true
[columns]
category = "category"
deaths = "deaths"
injured = "injured"
[time]
column = "time"
formats = ["%Y-%m-%d %H:%M:%S"]
[coordinates]
lon = "lon"
lat = "lat"
datum = "wgs84"
[severity]
rule = "casualties"
[key]
columns = ["number"]
"""
CATEGORIES = ("crash_vehicle", "crash_pedestrian", "burglary", "theft", "fraud", "coal")
CHUNK = 1_000_000


def write_csv(path: Path, rows: int, region: RegionPack) -> None:
    """A file of ``rows`` incidents, one in fifty outside the region's units."""
    rng = np.random.default_rng(7)
    west, south, east, north = region.bounds
    inside = region.units.sample_points(2_000, rng=rng).explode().get_coordinates().to_numpy()
    for start in range(0, rows, CHUNK):
        n = min(CHUNK, rows - start)
        points = inside[rng.integers(0, len(inside), n)] + rng.normal(0, 1e-3, (n, 2))
        far = rng.random(n) < 0.02
        points[far] = np.column_stack(
            [rng.uniform(west, east, far.sum()), rng.uniform(south, north, far.sum())]
        )
        seconds = rng.integers(1_262_304_000, 1_577_836_800, n).astype("datetime64[s]")
        frame = pd.DataFrame(
            {
                "number": np.char.add("B", np.arange(start, start + n).astype(str)),
                "time": pd.Series(seconds).dt.strftime("%Y-%m-%d %H:%M:%S"),
                "category": np.array(CATEGORIES)[rng.integers(0, len(CATEGORIES), n)],
                "lon": points[:, 0].round(6),
                "lat": points[:, 1].round(6),
                "deaths": (rng.random(n) < 0.02).astype(int),
                "injured": rng.poisson(0.5, n),
            }
        )
        frame.to_csv(path, mode="a", header=start == 0, index=False)


def load_ours(path: Path, region: RegionPack, home: Path) -> int:
    store = Store.open(Settings(home=home, region=region.code), region)
    report = load_file(
        path,
        kind="incidents",
        profile=Profile.parse(PROFILE, name="bench"),
        region=region,
        store=store,
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
    )
    store.close()
    if not report.is_balanced or report.inserted < 0.9 * report.read:
        raise SystemExit(report.to_text("en"))
    return report.read


def load_geopandas(path: Path, region: RegionPack, home: Path) -> int:
    points = gpd.read_file(
        path, X_POSSIBLE_NAMES="lon", Y_POSSIBLE_NAMES="lat", AUTODETECT_TYPE="YES"
    )
    return join_and_write(points.set_crs(4326), region, home)


def load_pandas(path: Path, region: RegionPack, home: Path) -> int:
    frame = pd.read_csv(path, parse_dates=["time"])
    points = gpd.points_from_xy(frame["lon"], frame["lat"])
    return join_and_write(gpd.GeoDataFrame(frame, geometry=points, crs=4326), region, home)


def join_and_write(points: gpd.GeoDataFrame, region: RegionPack, home: Path) -> int:
    units = region.units.reset_index()[["unit_code", "geometry"]]
    joined = points.sjoin(units, how="left", predicate="intersects")
    joined.drop(columns="index_right").to_file(home / "peer.gpkg", driver="GPKG")
    return len(points)


JOBS = {"ours": load_ours, "geopandas": load_geopandas, "pandas": load_pandas}


def measure(job: str, path: Path, region: str) -> dict[str, float]:
    """Run one job in a process of its own."""
    command = [sys.executable, __file__, "--job", job, "--file", str(path), "--region", region]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def run_job(job: str, path: Path, region: RegionPack) -> None:
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        rows = JOBS[job](path, region, Path(home))
        seconds = time.perf_counter() - started
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    found = {
        "rows": rows,
        "seconds": seconds,
        "cpu_s": sum(usage.ru_utime + usage.ru_stime for usage in used),
        "peak_mb": sum(usage.ru_maxrss for usage in used) / 1024,
    }
    print(json.dumps(found))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--huge", action="store_true", help="measure 1e7 rows as well")
    parser.add_argument("--region", default="yuzhou", help="a bundled pack or a pack folder")
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    region = RegionPack.open(options.region)
    if options.job:
        run_job(options.job, options.file, region)
        return
    sizes = [100_000, 1_000_000] + ([10_000_000] if options.huge else [])
    print(f"{'job':>9} {'rows':>11} {'seconds':>8} {'rows/s':>9} {'CPU s':>7} {'peak MB':>8}")
    results: dict[tuple[str, int], dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            path = Path(folder) / f"{rows}.csv"
            write_csv(path, rows, region)
            jobs = tuple(JOBS) if rows == 1_000_000 else ("ours",)
            for job in jobs:
                found = results[job, rows] = measure(job, path, options.region)
                print(
                    f"{job:>9} {rows:>11,} {found['seconds']:>8.1f} "
                    f"{rows / found['seconds']:>9,.0f} {found['cpu_s']:>7.1f} "
                    f"{found['peak_mb']:>8.0f}"
                )
            path.unlink()
    ours = results["ours", 1_000_000]["seconds"]
    for peer in ("geopandas", "pandas"):
        ratio = results[peer, 1_000_000]["seconds"] / ours
        print(f"1e6 rows: {ratio:.2f} times as fast as {peer}")
    for small, large in pairwise(sizes):
        growth = results["ours", large]["cpu_s"] / results["ours", small]["cpu_s"]
        print(
            f"{small:,} to {large:,}: {growth:.1f} times the processor time for {large // small} times"
        )


if __name__ == "__main__":
    # Run by another program, the command line is not ours.
    is_own = Path(sys.argv[0]).resolve() == Path(__file__).resolve()
    main(sys.argv[1:] if is_own else [])

"""Hot-spot statistics, exact p-values, near repeats and trends against named peers, in one run.

    python bench/significance.py

The peers are esda, libpysal, pointpats and pymannkendall; install them beside the
product to run this: ``pip install esda libpysal pointpats pymannkendall``. Every line
prints medians of repeated calls on the same data, compiled code warm on both sides.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from geo.emerging import count_cube, emerging_hotspots
from geo.grid import SquareGrid
from geo.hotspots import getis_ord, local_moran
from geo.near_repeat import near_repeat_table
from geo.neighbours import Neighbours
from geo.significance import benjamini_hochberg, exact_tails, simulated_tails
from geo.trend import mann_kendall

PEERS = ("esda", "libpysal", "pointpats", "pymannkendall")
WIDTH_M, HEIGHT_M = 60_000.0, 45_000.0


def county(n: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """``n`` points of 60 × 45 km: 300 Gaussian clusters of very unequal size, a fifth uniform."""
    rng = np.random.default_rng(seed)
    share = rng.pareto(1.2, 300)
    cluster = rng.choice(300, n, p=share / share.sum())
    centre = rng.uniform([0, 0], [WIDTH_M, HEIGHT_M], (300, 2))
    points = (
        centre[cluster] + rng.normal(0, 1, (n, 2)) * rng.uniform(150, 800, 300)[cluster, None]
    )
    spread = rng.random(n) < 0.2
    points[spread] = rng.uniform([0, 0], [WIDTH_M, HEIGHT_M], (spread.sum(), 2))
    inside = (points > 0).all(axis=1) & (points < [WIDTH_M, HEIGHT_M]).all(axis=1)
    points[~inside] = rng.uniform([0, 0], [WIDTH_M, HEIGHT_M], ((~inside).sum(), 2))
    return points[:, 0], points[:, 1]


def seconds(call: Callable[[], object], repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def row(name: str, ours: float, peer: str, theirs: float, target: float) -> None:
    verdict = "ok" if theirs / ours >= target else "BELOW"
    print(
        f"{name:<38}{ours * 1e3:>11.3f} ms   {peer:<32}{theirs * 1e3:>12.1f} ms"
        f"{theirs / ours:>9.0f}×   target {target:>5.0f}×  {verdict}",
        flush=True,
    )


def local_statistics() -> None:
    from esda import G_Local
    from libpysal.weights import WSP, WSP2W

    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=250.0, rows=180, columns=240)
    counts = grid.count(*county(100_000))
    neighbours = grid.neighbours()
    weights = WSP2W(WSP(_sparse(neighbours)))

    def ours() -> np.ndarray:
        return getis_ord(counts, neighbours)

    def exact() -> object:
        return exact_tails(counts, neighbours.sums(counts), neighbours.degrees)

    ours(), exact(), local_moran(counts, neighbours)
    peer = G_Local(counts, weights, transform="B", permutations=0, star=True)
    difference = np.abs(peer.Zs - ours()).max()
    statistic = seconds(
        lambda: G_Local(counts, weights, transform="B", permutations=0, star=True), 3
    )
    row("Gi*, 43 200 cells", seconds(ours, 50), "esda.G_Local", statistic, 200)
    print(f"{'':4}largest difference of z {difference:.1e}")
    G_Local(counts, weights, transform="B", permutations=9, star=False, n_jobs=1, seed=1)
    permuted = seconds(
        lambda: G_Local(
            counts, weights, transform="B", permutations=999, star=False, n_jobs=1, seed=1
        ),
        1,
    )
    row(
        "exact p, 43 200 cells",
        seconds(exact, 5),
        "esda.G_Local, 999 permutations",
        permuted,
        80,
    )
    shared = seconds(
        lambda: simulated_tails(counts, neighbours.sums(counts), neighbours.degrees), 3
    )
    print(f"{'':4}shared null, 99 999 draws: {shared * 1e3:.0f} ms")
    tails = exact_tails(counts, neighbours.sums(counts), neighbours.degrees)
    hot = int((benjamini_hochberg(tails.high) <= 0.05).sum())
    print(f"{'':4}cells hot at 5 % false discoveries: {hot}, largest count {counts.max():.0f}")
    fine = SquareGrid(west_m=0.0, south_m=0.0, cell_m=100.0, rows=450, columns=600)
    many, around = fine.count(*county(1_000_000)), fine.neighbours()
    took = seconds(lambda: exact_tails(many, around.sums(many), around.degrees), 1)
    print(f"{'':4}exact p, 270 000 cells of 10⁶ points: {took:.2f} s")


def _sparse(neighbours: Neighbours) -> object:
    from scipy.sparse import csr_array

    n = len(neighbours)
    ones = np.ones(len(neighbours.targets))
    return csr_array((ones, neighbours.targets, neighbours.starts), shape=(n, n)).tocsr()


def near_repeats() -> None:
    from pointpats import Knox

    for n, repeats in ((1_000, 20), (10_000, 20), (100_000, 1)):
        x, y = county(n)
        days = np.random.default_rng(1).integers(0, 365, n).astype(float)
        near_repeat_table(x[:100], y[:100], days[:100])
        took = seconds(lambda x=x, y=y, days=days: near_repeat_table(x, y, days), repeats)
        if n > 10_000:
            print(f"{'':4}near-repeat table of 6 × 5 cells, n = {n}: {took:.2f} s")
            continue
        points = np.column_stack([x, y])
        peer = seconds(
            lambda points=points, days=days: Knox(
                points, days[:, None], 400, 28, permutations=99
            ),
            1,
        )
        target = 1_000 if n == 10_000 else 0
        row(
            f"near repeats, 30 cells, n = {n}",
            took,
            "pointpats.Knox, 1 cell, 99 perm.",
            peer,
            target,
        )


def trends() -> None:
    from pymannkendall import original_test

    series = np.random.default_rng(3).poisson(3.0, (2_000, 52)).astype(float)
    ours = mann_kendall(series)
    peers = [original_test(each) for each in series[:200]]
    assert np.allclose(ours.s[:200], [each.s for each in peers])
    assert np.allclose(ours.variance[:200], [each.var_s for each in peers])
    took = seconds(lambda: mann_kendall(series), 20)
    theirs = seconds(lambda: [original_test(each) for each in series], 1)
    row("Mann–Kendall, 2 000 × 52", took, "pymannkendall.original_test", theirs, 200)


def emerging() -> None:
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=250.0, rows=180, columns=240)
    neighbours = grid.neighbours()
    x, y = county(1_000_000)
    week = np.random.default_rng(4).integers(0, 52, len(x))

    def run() -> object:
        cube = count_cube(grid.assign(x, y), week, places=len(grid), steps=52)
        return emerging_hotspots(cube, neighbours)

    run()
    print(
        f"{'':4}emerging hot spots, 10⁶ points, 43 200 cells × 52 weeks: {seconds(run, 1):.2f} s"
    )


def main() -> None:
    missing = [name for name in PEERS if find_spec(name) is None]
    if missing:
        print(f"bench significance needs peers: pip install {' '.join(missing)}")
        return
    warnings.simplefilter("ignore")
    local_statistics()
    near_repeats()
    trends()
    emerging()


if __name__ == "__main__":
    main()

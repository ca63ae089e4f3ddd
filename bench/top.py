"""Team-orienteering instances of Chao, Golden & Wasil, ten seconds each.

    pingan bench top FILE...
    python bench/top.py [--seconds 10] [--best CSV] FILE...

Without files those of ``$PINGAN_REALDATA/oracles/top`` are run. Prints the value found, its
gap to the value in the CSV (``instance,best_known,status``) where there is one, and whether
the check of lengths and prizes, written apart from the solver, holds.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import time
from pathlib import Path

import pandas as pd

from geo.patrol_plan import PatrolPlan, improving_plans, plan_patrol
from geo.patrol_problem import PatrolProblem
from geo.patrol_warm import warm_patrol
from geo.team_orienteering import HEAT, read_instance, read_vertices

TRIAL = 300


def solve(problem: PatrolProblem, seconds: float, seed: int) -> PatrolPlan:
    """The best of searches laid out for the time that is left, none going beyond it."""
    started = time.perf_counter()
    end = started + seconds
    best = plan_patrol(problem, iterations=TRIAL, seed=seed, heat=HEAT)
    step_s = (time.perf_counter() - started) / TRIAL
    while (left_s := end - time.perf_counter()) > 0.1 * seconds:
        count, seed = max(TRIAL, int(0.9 * left_s / step_s)), seed + 1
        for plan in improving_plans(problem, iterations=count, seed=seed, heat=HEAT, every=100):
            if plan.value > best.value:
                best = plan
            if time.perf_counter() > end:
                break
        step_s = max(step_s / 2.0, (time.perf_counter() - end + left_s) / count)
    return best


def is_sound(path: Path, plan: PatrolPlan) -> bool:
    """Lengths and prizes of the routes, from the file again."""
    vertices, teams, limit = read_vertices(path)
    visited = [task + 1 for route in plan.routes for task in route]
    value = sum(vertices[v][2] for v in visited)
    lengths = []
    for route in plan.routes:
        stops = [vertices[v] for v in (0, *(task + 1 for task in route), len(vertices) - 1)]
        lengths.append(sum(math.dist(a[:2], b[:2]) for a, b in itertools.pairwise(stops)))
    return (
        len(plan.routes) == teams
        and len(set(visited)) == len(visited)
        and max(lengths) <= limit + 1e-6
        and math.isclose(value, plan.value)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--best", type=Path, help="CSV with instance, best_known, status")
    options = parser.parse_args()
    files, csv = options.files, options.best
    if not files:
        if not os.environ.get("PINGAN_REALDATA"):
            print("no files given, and PINGAN_REALDATA is not set: nothing to run")
            return
        folder = Path(os.environ["PINGAN_REALDATA"]) / "oracles" / "top"
        files, csv = sorted(folder.glob("Set*/*.txt")), csv or folder / "best_known.csv"
    known = pd.DataFrame(columns=["best_known", "status"])
    if csv is not None:
        known = pd.read_csv(csv, index_col="instance")
    warm_patrol()
    print("instance       value   best     gap  status     check  seconds")
    gaps: dict[str, list[float]] = {}
    for path in files:
        started = time.perf_counter()
        plan = solve(read_instance(path), options.seconds, options.seed)
        taken_s = time.perf_counter() - started
        best, status, gap = math.nan, "", math.nan
        if path.stem in known.index:
            best, status = known.loc[path.stem]
            gap = 1.0 - plan.value / best
            gaps.setdefault(status, []).append(gap)
        check = "ok" if is_sound(path, plan) else "WRONG"
        print(
            f"{path.stem:<12} {plan.value:7.0f} {best:6.0f} {gap:7.2%}  {status:<10} {check:<5} "
            f"{taken_s:8.1f}",
            flush=True,
        )
    for status, values in gaps.items():
        print(f"{status}: {len(values)} instances, mean gap {sum(values) / len(values):.2%}")


if __name__ == "__main__":
    main()

"""Rule windows: what a grid misses, and the time against plain Python.

    python bench/road_windows.py

A network of 2,000 km in 40 routes (seeded); accidents spread evenly, or with the rate of each
500 m drawn from a gamma law of shape 1. First the share of
exact sections that windows on a 100 m grid and fixed 500 m blocks find; then the time of
the windows alone, and of a whole screening with checks, sections and the table of hits,
against plain Python: windows every 100 m that scan their route, the same bisecting, every
accident against every other, and the best loop there is, two hands along the sorted
accidents. Last the growth to a million accidents.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.anchored_windows import anchored_counts
from geo.road_rules import Condition, Measure, Op, RoadRule, load_rules
from geo.rule_windows import screen_rules

ROUTES, ROUTE_M, WINDOW_M, GRID_M = 40, 50_000.0, 500.0, 100.0
PERIOD_END = 20_000
Floats = NDArray[np.float64]
Result = TypeVar("Result")
RULE = next(rule for rule in load_rules() if rule.id == "county_2008")


def accidents(n: int, rng: np.random.Generator, *, is_even: bool = True) -> pd.DataFrame:
    blocks = int(ROUTES * ROUTE_M / WINDOW_M)
    rate = np.ones(blocks) if is_even else rng.gamma(1.0, size=blocks)
    block = rng.choice(blocks, n, p=rate / rate.sum())
    # Blocks of rates begin anywhere, not where the blocks compared begin.
    along = (block * WINDOW_M + rng.uniform(0, WINDOW_M, n) + 213.0) % (ROUTES * ROUTE_M)
    route = (along // ROUTE_M).astype(np.int64)
    chain = along - route * ROUTE_M
    order = np.lexsort((chain, route))
    codes = np.array([f"S{r:03d}" for r in range(ROUTES)], dtype=object)
    return pd.DataFrame(
        {
            "event_id": np.arange(n),
            "route": route[order],
            "route_code": codes[route[order]],
            "chain_m": chain[order],
            "day": PERIOD_END - rng.integers(0, 1_090, n),
            "deaths": (rng.uniform(size=n) < 0.1).astype(int),
            "injured": 1,
        }
    )


def at_least(n: int) -> list[RoadRule]:
    return [replace(RULE, all_of=(Condition(Measure.ACCIDENTS, Op.AT_LEAST, n),))]


def share_found(events: pd.DataFrame, sections: pd.DataFrame, n: int, step_m: float) -> float:
    """Share of exact sections that some window starting on a grid of ``step_m`` finds."""
    starts = np.arange(0, ROUTE_M, step_m)
    found = 0
    for code, line in events.groupby("route_code"):
        chain = line["chain_m"].to_numpy()
        first, stop = (np.searchsorted(chain, s) for s in (starts, starts + WINDOW_M))
        met = stop - first >= n
        low, high = chain[first[met]], chain[stop[met] - 1]
        own = sections[sections["route_code"] == code]
        for start, end in zip(own["from_chain_m"], own["to_chain_m"], strict=True):
            found += bool(((low <= end) & (high >= start)).any())
    return found / len(sections)


def plain_loop(chain: dict[int, list[float]]) -> int:
    met = 0
    for line in chain.values():
        start = 0.0
        while start <= ROUTE_M - WINDOW_M:
            count = 0
            for at in line:
                if start <= at < start + WINDOW_M:
                    count += 1
            met += count >= 3
            start += GRID_M
    return met


def bisecting_loop(chain: dict[int, list[float]]) -> int:
    met = 0
    for line in chain.values():
        start = 0.0
        while start <= ROUTE_M - WINDOW_M:
            met += bisect_left(line, start + WINDOW_M) - bisect_left(line, start) >= 3
            start += GRID_M
    return met


def pair_loop(route: list[int], chain: list[float]) -> list[int]:
    counts = []
    for own, start in zip(route, chain, strict=True):
        count = 0
        for other, at in zip(route, chain, strict=True):
            if other == own and start <= at <= start + WINDOW_M:
                count += 1
        counts.append(count)
    return counts


def two_hands(route: list[int], chain: list[float]) -> list[int]:
    counts, end = [], 0
    for i, start in enumerate(chain):
        while end < len(chain) and (
            route[end] < route[i] or (route[end] == route[i] and chain[end] <= start + WINDOW_M)
        ):
            end += 1
        counts.append(end - i)
    return counts


def timed(call: Callable[[], Result], repeats: int = 1) -> tuple[float, Result]:
    best, result = float("inf"), None
    for _ in range(repeats):
        started = time.perf_counter()
        result = call()
        best = min(best, time.perf_counter() - started)
    return best, result


def misses() -> None:
    print("share of exact sections found, 3,000 accidents on 2,000 km, mean of 20 networks")
    for is_even in (True, False):
        for n in (3, 5):
            grid, blocks, sections = [], [], []
            for seed in range(20):
                events = accidents(3_000, np.random.default_rng(seed), is_even=is_even)
                exact = screen_rules(events, at_least(n), period_end_day=PERIOD_END).hits
                sections.append(len(exact))
                grid.append(share_found(events, exact, n, GRID_M))
                blocks.append(share_found(events, exact, n, WINDOW_M))
            print(
                f"  {'even' if is_even else 'uneven'}, at least {n}: {np.mean(sections):.0f} "
                f"sections; 100 m grid {np.mean(grid):.1%}, 500 m blocks {np.mean(blocks):.1%}"
            )


def speed() -> None:
    events = accidents(3_000, np.random.default_rng(0))
    route, chain = events["route"].to_numpy(), events["chain_m"].to_numpy()
    ours, counts = timed(lambda: anchored_counts(route, chain, window_m=WINDOW_M), 50)
    whole, _ = timed(lambda: screen_rules(events, at_least(3), period_end_day=PERIOD_END), 10)
    lines = {int(r): line["chain_m"].tolist() for r, line in events.groupby("route")}
    plain, met = timed(lambda: plain_loop(lines))
    bisecting, same = timed(lambda: bisecting_loop(lines), 5)
    assert met == same
    pairs, slow = timed(lambda: pair_loop(route.tolist(), chain.tolist()))
    hands, quick = timed(lambda: two_hands(route.tolist(), chain.tolist()), 5)
    assert slow == quick == counts.tolist()
    print(f"3,000 accidents: windows {ours * 1e3:.3f} ms, whole screening {whole * 1e3:.1f} ms")
    for name, seconds in (
        ("loop over all pairs", pairs),
        ("loop over windows every 100 m", plain),
        ("the same, bisecting", bisecting),
        ("loop with two hands", hands),
    ):
        print(f"  {name}: {seconds * 1e3:.2f} ms, {seconds / ours:.0f} x the windows alone")


def growth() -> None:
    print("growth, s: windows; one rule of one year, last period; any period")
    for n in (3_000, 30_000, 100_000, 1_000_000):
        events = accidents(n, np.random.default_rng(1))
        route, chain = events["route"].to_numpy(), events["chain_m"].to_numpy()
        windows, _ = timed(lambda r=route, c=chain: anchored_counts(r, c, window_m=WINDOW_M), 3)
        # Far above the mean of one year, so that some sections qualify, not most.
        mean = n / 3 * WINDOW_M / (ROUTES * ROUTE_M)
        rule = [replace(at_least(max(3, round(mean + 4 * mean**0.5)))[0], window_years=1)]
        one, last = timed(
            lambda e=events, r=rule: screen_rules(e, r, period_end_day=PERIOD_END)
        )
        line = f"  {n:>9,}: {windows:.4f}; {one:.3f} ({len(last.hits)} sections)"
        if n <= 100_000:
            many, found = timed(
                lambda e=events, r=rule: screen_rules(e, r, period_end_day=None)
            )
            line += f"; {many:.3f} ({len(found.hits)} sections)"
        print(line)


if __name__ == "__main__":
    misses()
    speed()
    growth()

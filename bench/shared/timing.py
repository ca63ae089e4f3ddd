"""Timing of ours against named peers: medians of interleaved runs, wall and CPU time."""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Seconds:
    """Median seconds of one call; CPU time is that of all threads."""

    wall: float
    cpu: float


@dataclass(frozen=True, kw_only=True)
class Peer:
    """What ours is measured against.

    Parameters
    ----------
    target
        How many times as fast ours is meant to be.
    repeats
        Runs; each is preceded by one of ours.
    """

    name: str
    run: Callable[[], object]
    target: float | None = None
    repeats: int = 5


def module_of(name: str, *, package: str) -> Any | None:
    """The peer's module, or ``None`` and a line that says how to get it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"  {package}: peer not installed: pip install {package}", flush=True)
        return None


def timed(run: Callable[[], object], *, calls: int = 1) -> Seconds:
    """Seconds of one call, as the mean of ``calls`` calls in a row."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(calls):
        run()
    return Seconds((time.perf_counter() - wall) / calls, (time.process_time() - cpu) / calls)


def median(runs: list[Seconds]) -> Seconds:
    return Seconds(
        statistics.median(run.wall for run in runs), statistics.median(run.cpu for run in runs)
    )


def race(title: str, ours: Callable[[], object], *peers: Peer, calls: int = 1) -> None:
    """Print a line for ours against each peer, run in turns so that noise hits both alike.

    Parameters
    ----------
    calls
        Calls of ours per run, for answers shorter than the clock is fine.
    """
    ours()
    for peer in peers:
        mine, theirs = [], []
        for _ in range(peer.repeats):
            mine += [timed(ours, calls=calls) for _ in range(max(1, 5 // peer.repeats))]
            theirs.append(timed(peer.run))
        _print_row(title, median(mine), peer, median(theirs))
    if not peers:
        alone = median([timed(ours, calls=calls) for _ in range(5)])
        print(
            f"{title:<44}{_short(alone.wall):>10} wall {_short(alone.cpu):>10} CPU", flush=True
        )


def _print_row(title: str, ours: Seconds, peer: Peer, theirs: Seconds) -> None:
    ratio, cpu_ratio = theirs.wall / ours.wall, theirs.cpu / ours.cpu
    verdict = ""
    if peer.target is not None:
        verdict = f"  target {peer.target:,.0f} x  {'ok' if ratio >= peer.target else 'BELOW'}"
    print(
        f"{title:<44}{_short(ours.wall):>10}   {peer.name:<30}{_short(theirs.wall):>10}"
        f"{ratio:>10,.1f} x wall {cpu_ratio:>10,.1f} x CPU{verdict}",
        flush=True,
    )


def _short(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}" if seconds < 1000 else f"{seconds:.0f} s"
    return f"{seconds * 1e6:.3g} µs"

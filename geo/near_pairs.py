"""Pairs of events near each other, by a sweep over square cells as wide as the reach.

Each event meets the later events of its own cell and all events of the four cells ahead, so
every near pair is seen once, in O(n + pairs) time and O(n) memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SweepOrder:
    """Events sorted by cell, and where the partners of each event lie in that order.

    Parameters
    ----------
    order
        (n) original position of each sorted event.
    same_end
        (n) partners in the own cell and the next one east: the sorted events after the event
        itself and before this position.
    ahead_start, ahead_end
        (n) partners in the three cells of the next row.
    """

    order: Integers
    same_end: Integers
    ahead_start: Integers
    ahead_end: Integers

    @classmethod
    def of(cls, x_m: Floats, y_m: Floats, *, reach_m: float) -> SweepOrder:
        """Sort events into cells a hair wider than ``reach_m``."""
        width = reach_m * (1 + 1e-9)
        column = np.floor((x_m - x_m.min(initial=np.inf)) / width).astype(np.int64)
        row = np.floor((y_m - y_m.min(initial=np.inf)) / width).astype(np.int64)
        # Two empty columns keep the end of one row away from the start of the next.
        stride = int(column.max(initial=0)) + 3
        key = row * stride + column
        order = np.argsort(key, kind="stable")
        key = key[order]
        return cls(
            order=order,
            same_end=np.searchsorted(key, key + 1, side="right"),
            ahead_start=np.searchsorted(key, key + stride - 1, side="left"),
            ahead_end=np.searchsorted(key, key + stride + 1, side="right"),
        )


def count_pairs(
    x_m: Floats,
    y_m: Floats,
    days: Floats,
    *,
    distance_edges_m: Floats,
    day_edges: Floats,
    is_manhattan: bool,
) -> tuple[Integers, Integers, Integers]:
    """Pairs by bands of distance and days, the open bands last.

    Returns
    -------
    (distance bands, day bands) pairs; (n, distance bands) and (n, day bands) number of partners
    of each event by distance alone and by days alone, in no particular order of events.
    """
    n = len(x_m)
    sweep = SweepOrder.of(x_m, y_m, reach_m=float(distance_edges_m[-1]))
    pairs, space = _sweep_pairs(
        x_m[sweep.order],
        y_m[sweep.order],
        days[sweep.order],
        sweep.same_end,
        sweep.ahead_start,
        sweep.ahead_end,
        distance_edges_m,
        day_edges,
        is_manhattan,
    )
    within = _count_within(np.sort(days), day_edges)
    time = np.diff(np.column_stack([within, np.full(n, n - 1)]), axis=1)
    space[:, -1] = n - 1 - space[:, :-1].sum(axis=1)
    pairs[-1] = time.sum(axis=0) // 2 - pairs[:-1].sum(axis=0)
    return pairs, space, time


def link_events(
    x_m: Floats,
    y_m: Floats,
    days: Floats,
    *,
    distance_m: float,
    days_apart: float,
    same_m: float,
) -> tuple[Integers, Integers, Integers, Integers]:
    """Earlier partners, later ones, earlier ones at the same place, and the chain's root."""
    sweep = SweepOrder.of(x_m, y_m, reach_m=max(distance_m, same_m))
    found = _sweep_links(
        x_m[sweep.order],
        y_m[sweep.order],
        days[sweep.order],
        sweep.order,
        sweep.same_end,
        sweep.ahead_start,
        sweep.ahead_end,
        distance_m,
        days_apart,
        same_m,
    )
    back = np.empty_like(found)
    back[:, sweep.order] = found
    return back[0], back[1], back[2], back[3]


@compiled
def _sweep_pairs(
    x: Floats,
    y: Floats,
    t: Floats,
    same_end: Integers,
    ahead_start: Integers,
    ahead_end: Integers,
    space_edges: Floats,
    time_edges: Floats,
    is_manhattan: bool,
) -> tuple[Integers, Integers]:
    last_space, last_time = len(space_edges) - 1, len(time_edges) - 1
    reach = space_edges[last_space]
    pairs = np.zeros((last_space + 1, last_time + 1), dtype=np.int64)
    degrees = np.zeros((len(x), last_space + 1), dtype=np.int64)
    for i in range(len(x)):
        for part in range(2):
            first = i + 1 if part == 0 else ahead_start[i]
            last = same_end[i] if part == 0 else ahead_end[i]
            for j in range(first, last):
                dx, dy = abs(x[i] - x[j]), abs(y[i] - y[j])
                if dx >= reach or dy >= reach:
                    continue
                distance = dx + dy if is_manhattan else np.sqrt(dx * dx + dy * dy)
                if distance >= reach:
                    continue
                space = last_space - 1
                while distance < space_edges[space]:
                    space -= 1
                apart = abs(t[i] - t[j])
                time = last_time
                while apart < time_edges[time]:
                    time -= 1
                pairs[space, time] += 1
                degrees[i, space] += 1
                degrees[j, space] += 1
    return pairs, degrees


@compiled
def _count_within(ordered: Floats, edges: Floats) -> Integers:
    """(n, edges) other events less than each edge away in time."""
    n = len(ordered)
    within = np.zeros((n, len(edges)), dtype=np.int64)
    for e in range(len(edges)):
        steps = np.zeros(n + 1, dtype=np.int64)
        first = 0
        for i in range(n):
            while first < i and ordered[i] - ordered[first] >= edges[e]:
                first += 1
            within[i, e] = i - first
            steps[first] += 1
            steps[i] -= 1
        later = 0
        for i in range(n):
            later += steps[i]
            within[i, e] += later
    return within


@compiled
def _sweep_links(
    x: Floats,
    y: Floats,
    t: Floats,
    rank: Integers,
    same_end: Integers,
    ahead_start: Integers,
    ahead_end: Integers,
    distance_m: float,
    days_apart: float,
    same_m: float,
) -> Integers:
    n = len(x)
    found = np.zeros((4, n), dtype=np.int64)
    root = found[3]
    for i in range(n):
        root[i] = i
    for i in range(n):
        for part in range(2):
            first = i + 1 if part == 0 else ahead_start[i]
            last = same_end[i] if part == 0 else ahead_end[i]
            for j in range(first, last):
                dx, dy = x[i] - x[j], y[i] - y[j]
                distance = np.sqrt(dx * dx + dy * dy)
                if distance > max(distance_m, same_m) or abs(t[i] - t[j]) > days_apart:
                    continue
                j_first = t[j] < t[i] or (t[j] == t[i] and rank[j] < rank[i])
                before, after = (j, i) if j_first else (i, j)
                found[0, after] += 1
                found[1, before] += 1
                if distance <= same_m:
                    found[2, after] += 1
                a, b = i, j
                while root[a] != a:
                    root[a] = root[root[a]]
                    a = root[a]
                while root[b] != b:
                    root[b] = root[root[b]]
                    b = root[b]
                root[max(a, b)] = min(a, b)
    for i in range(n):
        a = i
        while root[a] != a:
            a = root[a]
        root[i] = a
    return found

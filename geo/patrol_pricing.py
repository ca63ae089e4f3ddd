"""Best route of one team at given prices of the tasks: dynamic programme over minutes. Compiled.

The route need not be elementary: it may do a task twice, but never A, B, A (two-cycles
eliminated; Houck et al. 1980; Irnich & Villeneuve 2006). All feasible routes are among those
looked at, so the best of them is no less than the best feasible one.
"""

from __future__ import annotations

import numpy as np

from geo.compiled import compiled
from geo.patrol_routes import Floats, Integers

_NOTHING = -1e300


@compiled
def best_routes(
    worth: Floats,
    arc_min: Integers,
    out_min: Integers,
    home_min: Integers,
    open_min: Integers,
    close_min: Integers,
    to_min: int,
    routes: Integers,
    length: Integers,
) -> float:
    """The highest sum of ``worth`` of a route, 0 for staying at the post.

    Parameters
    ----------
    worth
        (n) prize less price of each task, all positive.
    arc_min
        (n, n) whole minutes from the start of one task to the earliest start of another, at
        least one.
    out_min, home_min
        (n) earliest start as first task; minutes from a start to being back.
    open_min, close_min
        (n) window of starts; minute 0 is the earliest.
    to_min
        Minute by which the team is back.
    routes, length
        Filled with the best route that ends in each of as many tasks as there are rows.
    """
    n = len(worth)
    horizon = 1
    for i in range(n):
        horizon = max(horizon, min(close_min[i], to_min - home_min[i]) + 1)
    # Two labels for each task and minute, with different predecessors.
    value = np.full((n, horizon, 2), _NOTHING)
    before = np.full((n, horizon, 2), -1, np.int32)  # task before, n at the start
    minute = np.zeros((n, horizon, 2), np.int32)  # its minute and which of its labels
    label = np.zeros((n, horizon, 2), np.int8)
    for i in range(n):
        start = max(out_min[i], open_min[i])
        if start <= close_min[i] and start + home_min[i] <= to_min:
            value[i, start, 0] = worth[i]
            before[i, start, 0] = n
    last = np.empty(n, np.int64)
    for i in range(n):
        last[i] = min(close_min[i], to_min - home_min[i])
    top = np.full(n, _NOTHING)
    top_minute = np.zeros(n, np.int64)
    for now in range(horizon):
        for i in range(n):
            if now > last[i]:
                continue
            is_new = True
            if now > 0:
                is_new = _wait(value[i], before[i], minute[i], label[i], now)
            if not is_new or value[i, now, 0] == _NOTHING:
                continue
            if value[i, now, 0] > top[i]:
                top[i], top_minute[i] = value[i, now, 0], now
            for j in range(n):
                if j == i:
                    continue
                start = max(now + arc_min[i, j], open_min[j])
                if start > last[j]:
                    continue
                which = 0 if before[i, now, 0] != j else 1
                total = value[i, now, which] + worth[j]
                if total <= value[j, start, 1]:
                    continue
                _offer(value[j], before[j], minute[j], label[j], start, total, i, now, which)
    order = np.argsort(-top)
    for row in range(len(routes)):
        length[row] = 0
        if row >= n or top[order[row]] <= 0:
            continue
        i, now, which = order[row], top_minute[order[row]], 0
        count = 0
        while i < n and count < routes.shape[1]:
            routes[row, count] = i
            count += 1
            i, now, which = before[i, now, which], minute[i, now, which], label[i, now, which]
        length[row] = count
    return max(0.0, top[order[0]]) if n > 0 else 0.0


@compiled
def _wait(value: Floats, before: Integers, minute: Integers, label: Integers, now: int) -> bool:
    """Bring the labels of the minute before along; False when none of this minute is better."""
    for which in range(2):
        if value[now - 1, which] > _NOTHING:
            _offer(
                value,
                before,
                minute,
                label,
                now,
                value[now - 1, which],
                before[now - 1, which],
                minute[now - 1, which],
                label[now - 1, which],
            )
    return bool(value[now, 0] > value[now - 1, 0] or value[now, 1] > value[now - 1, 1])


@compiled
def _offer(
    value: Floats,
    before: Integers,
    minute: Integers,
    label: Integers,
    now: int,
    total: float,
    task: int,
    then: int,
    which: int,
) -> None:
    """Keep the best two values of a minute that come from different tasks."""
    if before[now, 0] == task and value[now, 0] > _NOTHING:
        slot = 0
        if total <= value[now, 0]:
            return
    elif total > value[now, 0]:
        value[now, 1], before[now, 1] = value[now, 0], before[now, 0]
        minute[now, 1], label[now, 1] = minute[now, 0], label[now, 0]
        slot = 0
    else:
        slot = 1
        if total <= value[now, 1]:
            return
    value[now, slot], before[now, slot] = total, task
    minute[now, slot], label[now, slot] = then, which

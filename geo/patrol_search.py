"""Large neighbourhood search for patrol routes: the compiled part of :mod:`geo.patrol_plan`.

One to three teams whose routes lie near each other lose some of their stops; all tasks
free then are put back where they bring most for the time they take, with noise; the routes are
straightened (2-opt, or-opt) and filled again; simulated annealing decides whether the new
routes stay (Shaw 1998; Ropke & Pisinger 2006, doi:10.1287/trsc.1050.0135).
"""

from __future__ import annotations

import math

import numpy as np

from geo.compiled import compiled
from geo.patrol_routes import (
    SLACK_MIN,
    Floats,
    Instance,
    Integers,
    Routes,
    back_min,
    fill,
    refresh,
    worth,
)

_CHAINED = 0.3  # share of steps that hand a must on
_TEAMS = 6  # that one step takes at most
_RUINED = 3  # that lose stops by ruin at most
_CHAIN = 3  # longest run of stops that or-opt moves
_MOST = 8  # stops that a ruin takes away at most, half of a route,
_DEEP = 0.1  # but for this share of ruins, which may take all
_EXILED = 0.15  # share of routes one of whose stops must go to another team
_SEEDED = 0.3  # share of repairs that begin with a task drawn at random


@compiled
def straighten(a: Instance, r: Routes, k: int) -> bool:
    """Shorten a route by 2-opt and or-opt until neither helps; True when it changed."""
    travel = a.travel_min[a.mode[k]]
    count = r.number[k]
    kept = r.stops[k, :count].copy()
    has_changed, is_better = False, True
    while is_better:
        is_better = False
        for i in range(count - 1):
            before = a.begin[k] if i == 0 else a.leave[r.stops[k, i - 1]]
            inside = 0.0
            for j in range(i + 1, count):
                first, last = r.stops[k, i], r.stops[k, j]
                inner, outer = r.stops[k, j - 1], r.stops[k, j]
                inside += travel[a.leave[outer], a.enter[inner]]
                inside -= travel[a.leave[inner], a.enter[outer]]
                ahead = a.enter[r.stops[k, j + 1]] if j + 1 < count else a.finish[k]
                change = inside + travel[before, a.enter[last]] + travel[a.leave[first], ahead]
                change -= travel[before, a.enter[first]] + travel[a.leave[last], ahead]
                if change < -1e-7:
                    kept[:] = r.stops[k, :count]
                    r.stops[k, i : j + 1] = kept[i : j + 1][::-1]
                    if refresh(a, r, k):
                        is_better = True
                        break
                    r.stops[k, :count] = kept
        for i in range(count):
            for j in range(i, min(i + _CHAIN, count)):
                if _move_chain(a, r, k, i, j, kept):
                    is_better = True
        has_changed |= is_better
    refresh(a, r, k)
    return has_changed


@compiled
def _move_chain(a: Instance, r: Routes, k: int, i: int, j: int, kept: Integers) -> bool:
    """Move stops ``i``…``j`` to the first place that shortens the route."""
    travel = a.travel_min[a.mode[k]]
    count = r.number[k]
    first, last = r.stops[k, i], r.stops[k, j]
    before = a.begin[k] if i == 0 else a.leave[r.stops[k, i - 1]]
    ahead = a.enter[r.stops[k, j + 1]] if j + 1 < count else a.finish[k]
    saved = travel[before, a.enter[first]] + travel[a.leave[last], ahead]
    saved -= travel[before, ahead]
    for p in range(count + 1):  # in front of stop p of the present order
        if i <= p <= j + 1:
            continue
        left = a.begin[k] if p == 0 else a.leave[r.stops[k, p - 1]]
        right = a.enter[r.stops[k, p]] if p < count else a.finish[k]
        added = travel[left, a.enter[first]] + travel[a.leave[last], right]
        added -= travel[left, right]
        if added - saved < -1e-7:
            kept[:] = r.stops[k, :count]
            if p < i:
                r.stops[k, p : p + j - i + 1] = kept[i : j + 1]
                r.stops[k, p + j - i + 1 : j + 1] = kept[p:i]
            else:
                r.stops[k, i : i + p - j - 1] = kept[j + 1 : p]
                r.stops[k, i + p - j - 1 : p] = kept[i : j + 1]
            if refresh(a, r, k):
                return True
            r.stops[k, :count] = kept
    return False


@compiled
def _choose_teams(a: Instance, r: Routes, rng: np.random.Generator, teams: Integers) -> int:
    """One team at random, then those that serve what it could serve nearby; how many."""
    k = rng.integers(0, len(a.begin))
    teams[0] = k
    chosen, wanted = 1, 1 + rng.integers(0, min(_RUINED, len(teams)))
    travel = a.travel_min[a.mode[k]]
    while chosen < wanted:
        at = a.begin[k]
        if r.number[k] > 0:
            at = a.leave[r.stops[k, rng.integers(0, r.number[k])]]
        nearest, found = np.inf, -1
        for i in range(len(a.prize)):
            other = r.team_of[i]
            if other < 0 or not a.allowed[k, i]:
                continue
            is_chosen = False
            for t in range(chosen):
                is_chosen |= teams[t] == other
            if is_chosen:
                continue
            distance = (travel[at, a.enter[i]] + 1.0) * rng.random()
            if distance < nearest:
                nearest, found = distance, other
        if found < 0:
            break
        teams[chosen] = found
        chosen += 1
    return chosen


@compiled
def _ruin(a: Instance, r: Routes, k: int, rng: np.random.Generator) -> bool:
    """Take some stops off team ``k``: any, a run, or the poor ones; False if none goes."""
    count = r.number[k]
    if count == 0:
        return True
    most = count if rng.random() < _DEEP else min(_MOST, 1 + count // 2)
    wanted = 1 + rng.integers(0, most)
    way = rng.integers(0, 4)
    key = np.empty(count)  # the lowest keys go
    first = rng.integers(0, count)
    travel = a.travel_min[a.mode[k]]
    for j in range(count):
        i = r.stops[k, j]
        if way == 0:
            key[j] = rng.random()
        elif way == 1:
            key[j] = (j - first) % count
        elif way == 2:
            at = a.begin[k] if j == 0 else a.leave[r.stops[k, j - 1]]
            ahead = a.enter[r.stops[k, j + 1]] if j + 1 < count else a.finish[k]
            minutes = travel[at, a.enter[i]] + a.service_min[i] + travel[a.leave[i], ahead]
            minutes -= travel[at, ahead]
            key[j] = a.prize[i] / (minutes + 0.1) * (0.2 + rng.random())
        else:
            key[j] = travel[a.leave[r.stops[k, first]], a.enter[i]] * (0.5 + rng.random())
    order = np.argsort(key)
    goes = np.zeros(count, np.bool_)
    for j in order[:wanted]:
        goes[j] = not a.is_fixed[r.stops[k, j]]
    kept = 0
    for j in range(count):
        i = r.stops[k, j]
        if goes[j]:
            r.team_of[i] = -1
        else:
            r.stops[k, kept] = i
            kept += 1
    r.number[k] = kept
    return refresh(a, r, k)


@compiled
def _remember(r: Routes, k: int, stops: Integers, count: Integers) -> None:
    count[0] = r.number[k]
    stops[: r.number[k]] = r.stops[k, : r.number[k]]


@compiled
def _hand_on(
    a: Instance,
    r: Routes,
    must: int,
    rng: np.random.Generator,
    teams: Integers,
    old_stops: Integers,
    old_count: Integers,
) -> tuple[int, bool]:
    """Give a must to another team in place of some stops; a must among them is handed on.

    Returns how many teams took part and whether their routes are feasible.
    """
    chosen, task = 0, must
    if r.team_of[must] >= 0:
        k = r.team_of[must]
        teams[0], chosen = k, 1
        _remember(r, k, old_stops[0], old_count)
        place = 0
        while r.stops[k, place] != must:
            place += 1
        if not _replace(a, r, k, place, 1, -1):
            return chosen, False
    while chosen < len(teams) and task >= 0:
        least, at, first, taken = np.inf, -1, 0, 0
        for k in range(len(a.begin)):
            is_chosen = not a.allowed[k, task]
            for t in range(chosen):
                is_chosen |= teams[t] == k
            if is_chosen:
                continue
            route = r.stops[k, : r.number[k]]
            wage = 0.0
            for i in route:
                if not a.is_must[i]:
                    wage += a.prize[i]
            wage /= max(1.0, a.to_min[k] - a.from_min[k])
            whole = r.start_min[k, r.number[k]]
            luck = 0.2 + rng.random()
            for i in range(len(route) + 1):
                lost, musts = 0.0, 0
                for n in range(len(route) - i + 1):
                    if n > 0:
                        gone = route[i + n - 1]
                        musts += a.is_must[gone]
                        if a.is_fixed[gone] or musts > 1:
                            break
                        lost += 0.0 if a.is_must[gone] else a.prize[gone]
                    if luck * lost >= least:
                        break
                    back = back_min(a, route, k, i, n, task)
                    cost = luck * max(lost, wage * (back - whole))
                    if back <= a.to_min[k] + SLACK_MIN and cost < least:
                        least, at, first, taken = cost, k, i, n
        if at < 0:
            break
        teams[chosen] = at
        _remember(r, at, old_stops[chosen], old_count[chosen:])
        chosen += 1
        put_in, task = task, -1
        for n in range(taken):
            if a.is_must[r.stops[at, first + n]]:
                task = r.stops[at, first + n]
        if not _replace(a, r, at, first, taken, put_in):
            return chosen, False
    return chosen, True


@compiled
def _replace(a: Instance, r: Routes, k: int, first: int, taken: int, task: int) -> bool:
    """Put ``task``, or nothing where it is -1, in place of ``taken`` stops in a row."""
    kept = r.stops[k, : r.number[k]].copy()
    count = first
    if task >= 0:
        if len(kept) - taken == r.stops.shape[1]:
            return False
        r.stops[k, count] = task
        r.team_of[task] = k
        count += 1
    for j in range(first, len(kept)):
        if j < first + taken:
            r.team_of[kept[j]] = -1
        else:
            r.stops[k, count] = kept[j]
            count += 1
    r.number[k] = count
    return refresh(a, r, k)


@compiled
def _draw_appeal(
    a: Instance,
    r: Routes,
    chosen: Integers,
    old_stops: Integers,
    old_count: Integers,
    rng: np.random.Generator,
    appeal: Floats,
) -> None:
    """Prizes with noise for each team; now and then a stop may not go back to its team."""
    noise, power = 0.6 * rng.random() ** 2, 0.7 + rng.random()
    seeded = rng.integers(0, len(a.prize)) if rng.random() < _SEEDED else -1
    for i in range(len(a.prize)):
        if r.team_of[i] >= 0 or a.prize[i] <= 0:
            appeal[:, i] = 0.0
            continue
        base = a.prize[i] ** power
        if i >= seeded >= 0:
            base, seeded = base * 1e6, -1
        for t in range(len(chosen)):
            appeal[t, i] = 0.0
            if a.allowed[chosen[t], i]:
                appeal[t, i] = base * math.exp(noise * rng.normal())
    for t in range(len(chosen)):
        if old_count[t] > 0 and rng.random() < _EXILED:
            i = old_stops[t, rng.integers(0, old_count[t])]
            j = old_stops[t, rng.integers(0, old_count[t])]
            appeal[t, i if a.prize[i] > a.prize[j] else j] = 0.0


@compiled
def search(
    a: Instance,
    r: Routes,
    best: Routes,
    rng: np.random.Generator,
    first: int,
    last: int,
    total: int,
    warmest: float,
) -> None:
    """Iterations ``first``…``last`` of ``total``, in place; ``best`` keeps the best routes."""
    everyone = len(a.begin)
    now, highest = 0.0, 0.0
    for k in range(everyone):
        now += worth(a, k, r.stops[k, : r.number[k]])
        highest += worth(a, k, best.stops[k, : best.number[k]])
    teams = np.empty(min(_TEAMS, everyone), np.int64)
    old_stops = np.empty((_TEAMS, r.stops.shape[1]), np.int64)
    old_count = np.empty(_TEAMS, np.int64)
    appeal = np.empty((_TEAMS, len(a.prize)))
    plain = np.empty((_TEAMS, len(a.prize)))
    plain[:] = a.prize
    musts = np.flatnonzero(a.is_must & ~a.is_fixed)
    for step in range(first, last):
        heat = warmest * (1.0 - step / total) ** 2
        change, is_feasible = 0.0, True
        if len(musts) > 0 and rng.random() < _CHAINED:
            must = musts[rng.integers(0, len(musts))]
            count, is_feasible = _hand_on(a, r, must, rng, teams, old_stops, old_count)
            chosen = teams[:count]
        else:
            chosen = teams[: _choose_teams(a, r, rng, teams)]
            for t in range(len(chosen)):
                _remember(r, chosen[t], old_stops[t], old_count[t:])
            for t in range(len(chosen)):
                is_feasible &= _ruin(a, r, chosen[t], rng)
        for t in range(len(chosen)):
            change -= worth(a, chosen[t], old_stops[t, : old_count[t]])
        if is_feasible:  # without the triangle inequality it need not be
            _draw_appeal(a, r, chosen, old_stops, old_count, rng, appeal)
            fill(a, r, chosen, appeal, 1.0)
            has_changed = False
            for t in range(len(chosen)):
                has_changed |= straighten(a, r, chosen[t])
            if has_changed:
                fill(a, r, chosen, plain, 1.0)
            for t in range(len(chosen)):
                k = chosen[t]
                change += worth(a, k, r.stops[k, : r.number[k]])
        if is_feasible and (change >= 0 or rng.random() < math.exp(change / max(heat, 1e-12))):
            now += change
            if now > highest + 1e-7:
                highest = now
                best.stops[:] = r.stops
                best.number[:] = r.number
                best.team_of[:] = r.team_of
            continue
        for t in range(len(chosen)):
            k = chosen[t]
            for j in range(r.number[k]):
                r.team_of[r.stops[k, j]] = -1
        for t in range(len(chosen)):
            k = chosen[t]
            r.number[k] = old_count[t]
            for j in range(old_count[t]):
                r.stops[k, j] = old_stops[t, j]
                r.team_of[old_stops[t, j]] = k
            refresh(a, r, k)

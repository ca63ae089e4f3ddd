"""Patrol routes as arrays: starts in time, cheapest insertion, filling. Compiled.

Earliest and latest starts of each stop make an insertion testable in constant time
(Savelsbergh 1992, doi:10.1287/ijoc.4.2.146).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

SLACK_MIN = 1e-9  # rounding of sums of minutes, not a tolerance


class Instance(NamedTuple):
    """A patrol problem as arrays; locations are rows of the travel matrices."""

    travel_min: Floats  # (modes, locations, locations)
    enter: Integers  # (tasks) location where a task begins
    leave: Integers  # (tasks) and where it ends
    prize: Floats
    service_min: Floats
    open_min: Floats  # (tasks) earliest and latest start
    close_min: Floats
    is_must: Booleans  # (tasks) to be done before all others
    is_fixed: Booleans  # (tasks) never taken off its team
    begin: Integers  # (teams) locations
    finish: Integers
    from_min: Floats  # (teams)
    to_min: Floats
    mode: Integers  # (teams) which travel matrix
    allowed: Booleans  # (teams, tasks)
    minute_cost: float  # prize that a minute of travel costs
    stop_cost: float  # times the squared stops of each team


class Routes(NamedTuple):
    """Routes of all teams; after ``number`` stops comes the end post."""

    stops: Integers  # (teams, longest)
    number: Integers  # (teams) of stops
    start_min: Floats  # (teams, longest + 1) earliest starts
    latest_min: Floats  # (teams, longest + 1) latest starts that keep the rest feasible
    team_of: Integers  # (tasks) -1 when not served


def empty_routes(instance: Instance) -> Routes:
    """Routes without stops, with room for as many as any team could make."""
    teams, tasks = instance.allowed.shape
    longest = 0
    for k in range(teams):
        services = np.sort(instance.service_min[instance.allowed[k]])
        time_min = instance.to_min[k] - instance.from_min[k]
        longest = max(longest, int(np.sum(np.cumsum(services) <= time_min + 1e-6)))
    return Routes(
        stops=np.full((teams, longest), -1),
        number=np.zeros(teams, np.int64),
        start_min=np.zeros((teams, longest + 1)),
        latest_min=np.zeros((teams, longest + 1)),
        team_of=np.full(tasks, -1),
    )


def copied(routes: Routes) -> Routes:
    """Routes that share nothing with the given ones."""
    return Routes(
        stops=routes.stops.copy(),
        number=routes.number.copy(),
        start_min=routes.start_min.copy(),
        latest_min=routes.latest_min.copy(),
        team_of=routes.team_of.copy(),
    )


@compiled
def refresh(a: Instance, r: Routes, k: int) -> bool:
    """Earliest and latest starts of team ``k``; False where its route is infeasible."""
    travel = a.travel_min[a.mode[k]]
    count = r.number[k]
    at, clock = a.begin[k], a.from_min[k]
    for j in range(count):
        i = r.stops[k, j]
        start = max(clock + travel[at, a.enter[i]], a.open_min[i])
        if start > a.close_min[i] + SLACK_MIN:
            return False
        r.start_min[k, j] = start
        clock, at = start + a.service_min[i], a.leave[i]
    clock += travel[at, a.finish[k]]
    if clock > a.to_min[k] + SLACK_MIN:
        return False
    r.start_min[k, count] = clock
    latest, ahead = a.to_min[k], a.finish[k]
    r.latest_min[k, count] = latest
    for j in range(count - 1, -1, -1):
        i = r.stops[k, j]
        latest = min(a.close_min[i], latest - travel[a.leave[i], ahead] - a.service_min[i])
        r.latest_min[k, j] = latest
        ahead = a.enter[i]
    return True


@compiled
def worth(a: Instance, k: int, route: Integers) -> float:
    """Prizes of a route less what its travel and its share of the work cost."""
    travel = a.travel_min[a.mode[k]]
    at, total, minutes = a.begin[k], 0.0, 0.0
    for i in route:
        total += a.prize[i]
        minutes += travel[at, a.enter[i]]
        at = a.leave[i]
    minutes += travel[at, a.finish[k]]
    cost = a.minute_cost * minutes + a.stop_cost * len(route) ** 2
    return float(total - cost)


@compiled
def cheapest_place(a: Instance, r: Routes, k: int, i: int) -> tuple[float, int]:
    """Least minutes that task ``i`` takes from team ``k``, and where; -1 where nowhere."""
    if r.number[k] == r.stops.shape[1]:
        return np.inf, -1
    travel = a.travel_min[a.mode[k]]
    at, clock, count = a.begin[k], a.from_min[k], r.number[k]
    enter, leave, service = a.enter[i], a.leave[i], a.service_min[i]
    least, place = np.inf, -1
    for j in range(count + 1):
        start = max(clock + travel[at, enter], a.open_min[i])
        if start > a.close_min[i] + SLACK_MIN:
            break
        ahead = a.enter[r.stops[k, j]] if j < count else a.finish[k]
        after = start + service + travel[leave, ahead]
        if after <= r.latest_min[k, j] + SLACK_MIN:
            minutes = after - clock - travel[at, ahead]
            if minutes < least:
                least, place = minutes, j
        if j < count:
            stop = r.stops[k, j]
            clock, at = r.start_min[k, j] + a.service_min[stop], a.leave[stop]
    return least, place


@compiled
def fits_last(a: Instance, r: Routes, k: int, i: int) -> bool:
    """Whether task ``i`` can follow the last stop of team ``k``."""
    if r.number[k] == r.stops.shape[1]:
        return False
    travel = a.travel_min[a.mode[k]]
    at, clock = a.begin[k], a.from_min[k]
    if r.number[k] > 0:
        last = r.stops[k, r.number[k] - 1]
        at, clock = a.leave[last], r.start_min[k, r.number[k] - 1] + a.service_min[last]
    start = max(clock + travel[at, a.enter[i]], a.open_min[i])
    back = start + a.service_min[i] + travel[a.leave[i], a.finish[k]]
    return bool(start <= a.close_min[i] + SLACK_MIN and back <= a.to_min[k] + SLACK_MIN)


@compiled
def back_min(a: Instance, route: Integers, k: int, first: int, taken: int, task: int) -> float:
    """When team ``k`` is back with ``task`` in place of ``taken`` stops; inf if infeasible."""
    travel = a.travel_min[a.mode[k]]
    at, clock = a.begin[k], a.from_min[k]
    for j in range(len(route) + 1):
        if j == first and task >= 0:
            start = max(clock + travel[at, a.enter[task]], a.open_min[task])
            if start > a.close_min[task] + SLACK_MIN:
                return np.inf
            clock, at = start + a.service_min[task], a.leave[task]
        if j == len(route):
            break
        if first <= j < first + taken:
            continue
        start = max(clock + travel[at, a.enter[route[j]]], a.open_min[route[j]])
        if start > a.close_min[route[j]] + SLACK_MIN:
            return np.inf
        clock, at = start + a.service_min[route[j]], a.leave[route[j]]
    return float(clock + travel[at, a.finish[k]])


@compiled
def put(a: Instance, r: Routes, k: int, i: int, place: int) -> None:
    """Insert task ``i`` as stop number ``place`` of team ``k``."""
    for j in range(r.number[k], place, -1):
        r.stops[k, j] = r.stops[k, j - 1]
    r.stops[k, place] = i
    r.number[k] += 1
    r.team_of[i] = k
    refresh(a, r, k)


@compiled
def fill(
    a: Instance,
    r: Routes,
    teams: Integers,
    appeal: Floats,
    time_power: float,
) -> int:
    """Insert free tasks, the highest appeal per minute first; returns how many.

    ``appeal`` is (teams, tasks); where it is 0 the team leaves the task alone.
    """
    tasks = len(a.prize)
    free = np.empty(tasks, np.int64)
    n = 0
    for i in range(tasks):
        if r.team_of[i] < 0:
            for t in range(len(teams)):
                if appeal[t, i] > 0 and a.allowed[teams[t], i]:
                    free[n] = i
                    n += 1
                    break
    rank = np.full((len(teams), n), -1.0)
    place = np.full((len(teams), n), -1)
    best = np.full(len(teams), -1)
    for t in range(len(teams)):
        best[t] = _rank(a, r, teams[t], free[:n], appeal[t], time_power, rank[t], place[t])
    inserted = 0
    while True:
        t = -1
        for u in range(len(teams)):
            if best[u] >= 0 and (t < 0 or rank[u, best[u]] > rank[t, best[t]]):
                t = u
        if t < 0:
            return inserted
        c = best[t]
        put(a, r, teams[t], free[c], place[t, c])
        inserted += 1
        best[t] = _rank(a, r, teams[t], free[:n], appeal[t], time_power, rank[t], place[t])
        for u in range(len(teams)):
            if u != t and best[u] == c:
                rank[u, c] = -1.0
                best[u] = -1
                for d in range(n):
                    if r.team_of[free[d]] >= 0:
                        rank[u, d] = -1.0
                    elif rank[u, d] > 0 and (best[u] < 0 or rank[u, d] > rank[u, best[u]]):
                        best[u] = d


@compiled
def _rank(
    a: Instance,
    r: Routes,
    k: int,
    free: Integers,
    appeal: Floats,
    time_power: float,
    rank: Floats,
    place: Integers,
) -> int:
    """Appeal per minute of each free task for team ``k``; returns the best one's position."""
    best = -1
    work = a.stop_cost * (2 * r.number[k] + 1)
    for c in range(len(free)):
        i = free[c]
        rank[c] = -1.0
        if r.team_of[i] >= 0 or appeal[i] <= 0 or not a.allowed[k, i]:
            continue
        minutes, place[c] = cheapest_place(a, r, k, i)
        if place[c] < 0:
            continue
        cost = a.minute_cost * (minutes - a.service_min[i]) + work
        if a.prize[i] <= cost:
            continue
        rank[c] = appeal[i] / max(minutes, 1e-6) ** time_power
        if best < 0 or rank[c] > rank[best]:
            best = c
    return best

"""Where the search for a plan begins: what is held, and routes filled greedily."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geo.errors import FrameError
from geo.patrol_problem import Booleans, PatrolProblem
from geo.patrol_routes import (
    Instance,
    Routes,
    cheapest_place,
    empty_routes,
    fill,
    fits_last,
    put,
    refresh,
)

Lock = tuple[str, int]


def held_tasks(
    problem: PatrolProblem, locks: Sequence[Lock], drops: Sequence[int]
) -> tuple[list[tuple[int, int]], Booleans]:
    """(team, task) numbers that are held, locks and then breaks; who may do what beside them.

    Raises
    ------
    FrameError
        As :func:`improving_plans`.
    """
    team_of = {code: number for number, code in enumerate(problem.teams.index)}
    tasks = problem.tasks
    allowed = problem.allowed.copy()
    held: list[tuple[int, int]] = []
    for code, task in locks:
        if code not in team_of or not 0 <= task < len(tasks):
            raise FrameError(f"the lock of task {task} to team {code} names an unknown one")
        held.append((team_of[code], task))
    locked = {task for _, task in held}
    for task in np.flatnonzero(tasks["kind"] == "break").tolist():
        team = team_of.get(tasks["place"].iat[task], -1)
        if team >= 0 and task not in locked and task not in drops:
            held.append((team, task))
    locked = {task for _, task in held}
    if len(locked) < len(held) or locked & set(drops):
        raise FrameError("a task is locked twice, or both locked and dropped")
    allowed[:, list(drops)] = False
    for team, task in held:
        if not allowed[team, task]:
            name, place = problem.teams.index[team], tasks["place"].iat[task]
            raise FrameError(f"team {name} cannot do the stop at {place} held for it")
        allowed[:, task] = np.arange(len(problem.teams)) == team
    return held, allowed


def prepared(
    problem: PatrolProblem, locks: Sequence[Lock], drops: Sequence[int]
) -> tuple[Instance, list[tuple[int, int]]]:
    """Arrays to search, and the held (team, task) numbers."""
    held, allowed = held_tasks(problem, locks, drops)
    is_fixed = np.zeros(len(problem.tasks), dtype=bool)
    is_fixed[[task for _, task in held]] = True
    return problem.instance(is_fixed=is_fixed, allowed=allowed), held


def held_routes(
    problem: PatrolProblem, instance: Instance, held: list[tuple[int, int]]
) -> Routes:
    """Routes of the held stops alone."""
    routes = empty_routes(instance)
    for team in range(len(problem.teams)):
        refresh(instance, routes, team)
    for team, task in held:
        if not _keep(instance, routes, team, task):
            name, where = problem.teams.index[team], problem.tasks["place"].iat[task]
            raise FrameError(
                f"team {name} has no time for the stop at {where} beside its other locked "
                "stops; unlock one"
            )
    return routes


def _keep(instance: Instance, routes: Routes, team: int, task: int) -> bool:
    """Put a task behind a team's last stop or else wherever it fits; False where nowhere."""
    place = int(routes.number[team])
    if not fits_last(instance, routes, team, task):
        place = cheapest_place(instance, routes, team, task)[1]
    if place >= 0:
        put(instance, routes, team, task, place)
    return place >= 0


def first_routes(
    problem: PatrolProblem,
    instance: Instance,
    held: list[tuple[int, int]],
    start: Sequence[Sequence[int]] | None,
) -> Routes:
    """The best of greedy by prize per minute, greedy by prize, and the plan to go on from."""
    tries = []
    for time_power in (1.0, 0.0):
        routes = held_routes(problem, instance, held)
        fill_all(instance, routes, time_power=time_power)
        tries.append(routes)
    if start is not None:
        routes = held_routes(problem, instance, held)
        for team, route in enumerate(start):
            for task in route:
                if routes.team_of[task] < 0 and instance.allowed[team, task]:
                    _keep(instance, routes, team, task)
        fill_all(instance, routes, time_power=1.0)
        tries.append(routes)
    prize = instance.prize
    return max(tries, key=lambda routes: float(prize[routes.team_of >= 0].sum()))


def fill_all(instance: Instance, routes: Routes, *, time_power: float) -> None:
    teams = np.arange(len(instance.begin))
    if len(teams):
        appeal = np.tile(instance.prize, (len(teams), 1))
        fill(instance, routes, teams, appeal, time_power)

"""Patrol plans: which team goes where, in which order and when.

A plan covers as much expected harm as it can within the teams' time. Greedy insertion gives
the first plan at once; large neighbourhood search improves it for a given number of iterations,
so that the same problem, seed and number give the same plan on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError
from geo.patrol_problem import PatrolProblem
from geo.patrol_routes import Instance, Routes, copied
from geo.patrol_search import search
from geo.patrol_start import Lock, fill_all, first_routes, held_routes, prepared

ITERATIONS = 40_000
STOP_COLUMNS = (
    "team",
    "order",
    "task",
    "travel_min",
    "arrive_min",
    "start_min",
    "leave_min",
)
HEAT = 0.1

Progress = Callable[["PatrolPlan"], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class PatrolPlan:
    """Routes of all teams.

    Parameters
    ----------
    routes
        Task numbers of each team, in the order of ``problem.teams``.
    stops
        One row per stop with :data:`STOP_COLUMNS`, as early as possible.
    value
        Sum of the prizes of all tasks served, those that must be included.
    harm
        The part of it that is expected harm.
    seed, iterations
        What made it; together with the problem they make it again.
    """

    routes: tuple[tuple[int, ...], ...]
    stops: pd.DataFrame
    value: float
    harm: float
    seed: int
    iterations: int

    @property
    def served(self) -> npt.NDArray[np.int64]:
        """Numbers of the tasks served, ascending."""
        return np.sort(np.array([task for route in self.routes for task in route], np.int64))


def plan_patrol(
    problem: PatrolProblem,
    *,
    iterations: int = ITERATIONS,
    seed: int = 0,
    locks: Sequence[Lock] = (),
    drops: Sequence[int] = (),
    start: PatrolPlan | None = None,
    heat: float = HEAT,
    progress: Progress | None = None,
) -> PatrolPlan:
    """The best plan found; parameters as of :func:`improving_plans`.

    Parameters
    ----------
    progress
        Called with every plan of :func:`improving_plans`.
    """
    plans = improving_plans(
        problem,
        iterations=iterations,
        seed=seed,
        locks=locks,
        drops=drops,
        start=start,
        heat=heat,
    )
    plan: PatrolPlan | None = next(plans)
    while plan is not None:
        best = plan
        if progress is not None:
            progress(best)
        plan = next(plans, None)
    return best


def improving_plans(
    problem: PatrolProblem,
    *,
    iterations: int = ITERATIONS,
    seed: int = 0,
    locks: Sequence[Lock] = (),
    drops: Sequence[int] = (),
    start: PatrolPlan | None = None,
    heat: float = HEAT,
    every: int = 500,
) -> Iterator[PatrolPlan]:
    """The best plan so far: at once, then after every ``every`` iterations, whichever finds it.

    The caller may stop at any time. How often it looks changes nothing in the plans.

    Parameters
    ----------
    iterations
        Length of the search; its cooling is laid out for the whole of it.
    locks
        Pairs of team code and task number: stops that stay with their team, given in the
        order of their time.
    drops
        Task numbers that no team shall do.
    start
        A plan to go on from instead of the greedy one; what locks and drops forbid is
        taken out of it.

    heat
        Loss accepted at the start of the annealing, as a share of the mean prize: more where
        prizes are alike and routes long.

    Yields
    ------
    PatrolPlan
        Never worse than greedy by prize and than greedy by prize per minute.

    Raises
    ------
    FrameError
        When a lock names an unknown team or task, a task locked twice or dropped, or when
        the locked stops and breaks of a team do not fit into its time.
    """
    if iterations < 0:
        raise FrameError("iterations must not be negative")
    instance, held = prepared(problem, locks, drops)
    routes = first_routes(problem, instance, held, None if start is None else start.routes)
    shown = _plan(problem, instance, routes, seed=seed, iterations=0)
    yield shown
    if not instance.allowed.any():
        return
    best = copied(routes)
    rng = np.random.default_rng(seed)
    warmest = heat * _mean_prize(problem, routes)
    for first in range(0, iterations, every):
        last = min(first + every, iterations)
        search(instance, routes, best, rng, first, last, iterations, warmest)
        plan = _plan(problem, instance, best, seed=seed, iterations=last)
        # Short and even routes may cost a trifle of value: never below what has been shown.
        if plan.value < shown.value:
            plan = replace(shown, iterations=last)
        shown = plan
        yield shown


def greedy_plan(problem: PatrolProblem, *, is_per_minute: bool = True) -> PatrolPlan:
    """Tasks inserted where they cost least, by prize per minute or by prize alone."""
    instance, held = prepared(problem, (), ())
    routes = held_routes(problem, instance, held)
    fill_all(instance, routes, time_power=1.0 if is_per_minute else 0.0)
    return _plan(problem, instance, routes, seed=0, iterations=0)


def plan_of(
    problem: PatrolProblem,
    routes: Sequence[Sequence[int]],
    *,
    seed: int = 0,
    iterations: int = 0,
) -> PatrolPlan:
    """Plan of given task numbers for each team; :func:`geo.patrol_check.violations` checks it."""
    served = np.array([task for route in routes for task in route], np.int64)
    return PatrolPlan(
        routes=tuple(tuple(route) for route in routes),
        stops=_timed_stops(problem, routes),
        value=float(problem.tasks["prize"].to_numpy(float)[served].sum()),
        harm=_harm(problem, served),
        seed=seed,
        iterations=iterations,
    )


def varied_plans(
    problem: PatrolProblem,
    *,
    count: int,
    iterations: int = ITERATIONS // 4,
    seed: int = 0,
    spread: float = 0.3,
) -> list[PatrolPlan]:
    """Plans about as good as the best that differ from each other, against predictability.

    Each is solved for harm perturbed by a log-normal factor and valued by the true harm. Draw
    one of them for the shift.

    Parameters
    ----------
    spread
        Standard deviation of the log of the factor, one for each place.
    """
    rng = np.random.default_rng([seed, count])
    place, _ = pd.factorize(problem.tasks["place"])
    plans = []
    for number in range(count):
        factor = np.exp(spread * rng.standard_normal(place.max(initial=-1) + 1))[place]
        prize = problem.tasks["prize"] * np.where(problem.is_harm, factor, 1.0)
        varied = replace(problem, tasks=problem.tasks.assign(prize=prize))
        plan = plan_patrol(varied, iterations=iterations, seed=seed + number)
        plans.append(plan_of(problem, plan.routes, seed=plan.seed, iterations=plan.iterations))
    return plans


def _mean_prize(problem: PatrolProblem, routes: Routes) -> float:
    """Mean prize of the stops made, without what must be done anyway."""
    is_free = ~problem.tasks["is_must"].to_numpy(bool) & (routes.team_of >= 0)
    prizes = problem.tasks["prize"].to_numpy(float)[is_free]
    return float(prizes.mean()) if len(prizes) else 0.0


def _harm(problem: PatrolProblem, served: npt.NDArray[np.int64]) -> float:
    harm = np.where(problem.is_harm, problem.tasks["prize"].to_numpy(float), 0.0)
    return float(harm[served].sum())


def _plan(
    problem: PatrolProblem, instance: Instance, routes: Routes, *, seed: int, iterations: int
) -> PatrolPlan:
    listed = [
        routes.stops[team, : routes.number[team]].tolist() for team in range(len(problem.teams))
    ]
    _first_visits_first(problem, instance, listed)
    return plan_of(problem, listed, seed=seed, iterations=iterations)


def _first_visits_first(
    problem: PatrolProblem, instance: Instance, routes: list[list[int]]
) -> None:
    """A second stop in a block without a first one *is* the first one, and worth more."""
    like = ["place", "block", "enter", "leave", "service_min", "open_min", "close_min"]
    alike = problem.tasks.groupby(like, sort=False).ngroup().to_numpy()
    kind = problem.tasks["kind"].to_numpy()
    first_of = {alike[task]: task for task in np.flatnonzero(kind == "hotspot").tolist()}
    served = {task for route in routes for task in route}
    for team, route in enumerate(routes):
        for order, task in enumerate(route):
            first = first_of.get(alike[task], task)
            is_free = not instance.is_fixed[task] and instance.allowed[team, first]
            if kind[task] == "stay" and is_free and first not in served:
                route[order] = first
                served.add(first)


def _timed_stops(problem: PatrolProblem, routes: Sequence[Sequence[int]]) -> pd.DataFrame:
    """Stops in time, each as early as its team can be there."""
    tasks, teams = problem.tasks.to_dict("list"), problem.teams.to_dict("list")
    rows: list[tuple[object, ...]] = []
    for team, route in enumerate(routes):
        travel = problem.travel_min[problem.modes[team]]
        at, clock = teams["begin"][team], float(teams["from_min"][team])
        for order, task in enumerate(route, start=1):
            minutes = float(travel[at, tasks["enter"][task]])
            start = max(clock + minutes, float(tasks["open_min"][task]))
            end = start + float(tasks["service_min"][task])
            name = problem.teams.index[team]
            rows.append((name, order, task, minutes, clock + minutes, start, end))
            clock, at = end, tasks["leave"][task]
    return pd.DataFrame(rows, columns=list(STOP_COLUMNS))

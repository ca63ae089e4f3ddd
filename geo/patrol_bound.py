"""How good a plan could be at most: a proven upper bound, by column generation.

Each task gets a price; no plan is worth more than all prices together plus, for each team, the
best route at what the prizes exceed the prices (Lagrangian bound, valid at any prices). A
linear programme over the routes found so far proposes the next prices, drawn towards the best
ones yet (Wentges 1997). Travel is rounded down to whole minutes and routes may repeat a task,
which only raises the bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from scipy.optimize import linprog

from geo.errors import FrameError
from geo.patrol_plan import PatrolPlan
from geo.patrol_pricing import best_routes
from geo.patrol_problem import Booleans, Floats, PatrolProblem
from geo.patrol_start import Lock, held_tasks

Integers = npt.NDArray[np.int64]

ROUNDS = 200
_WARM_UP = 10  # rounds that follow the slope before any linear programme
_PULL = 0.75  # towards the best prices yet
_ROUTES = 6  # routes that each pricing adds at most
_DONE = 1e-4  # relative difference of linear programme and bound


@dataclass(frozen=True, kw_only=True)
class Bound:
    """No plan of the problem is worth more.

    Parameters
    ----------
    value
        Upper bound of :attr:`PatrolPlan.value`.
    rounds
        Rounds of column generation it took.
    is_final
        Whether further rounds cannot lower it noticeably.
    """

    value: float
    rounds: int
    is_final: bool

    def gap(self, plan: PatrolPlan) -> float:
        """How far below the best possible value the plan can be at most, as a share."""
        return max(0.0, 1.0 - plan.value / self.value) if self.value > 0 else 0.0

    def harm_gap(self, problem: PatrolProblem, plan: PatrolPlan) -> float:
        """The same, as a share of what is not a must: the stricter figure."""
        tasks = problem.tasks.iloc[plan.served]
        free = self.value - float(tasks.loc[tasks["is_must"], "prize"].sum())
        return max(0.0, (self.value - plan.value) / free) if free > 0 else 0.0


def improving_bounds(
    problem: PatrolProblem,
    *,
    plans: Sequence[PatrolPlan],
    locks: Sequence[Lock] = (),
    drops: Sequence[int] = (),
    rounds: int = ROUNDS,
) -> Iterator[Bound]:
    """Bounds, each no higher than the one before; the caller may stop at any time.

    Parameters
    ----------
    plans
        At least one plan, the best one known: where to start.
    locks, drops
        As for the plan.

    Raises
    ------
    FrameError
        When a stop takes less than a minute, or the locks are wrong.
    """
    master = _Master.of(problem, locks, drops)
    for plan in plans:
        master.add_plan(plan)
    floor = max(plan.value for plan in plans) + master.held_bonus
    free = problem.tasks["prize"].to_numpy(float)[~problem.tasks["is_must"].to_numpy(bool)]
    close = _DONE * max(float(free.sum()), 1e-9)
    prices = master.first_prices(plans[0])
    best, centre, step, pull = np.inf, prices, 1.0, _PULL
    for number in range(1, rounds + 1):
        total, slope, has_new = master.price(prices)
        step = step * 1.1 if total < best else step / 2.0
        if total < best:
            best, centre = total, prices
        is_final = best - floor <= close
        if number <= _WARM_UP and not is_final:
            length = step * (total - floor) / max(float(slope @ slope), 1.0)
            prices = np.clip(centre - length * slope, 0.0, None)
        elif not is_final:
            ceiling, wanted = master.solve()
            is_final = best - ceiling <= close
            pull = _PULL if has_new else pull / 2 if pull > 0.05 else 0.0
            prices = pull * centre + (1.0 - pull) * wanted
        yield Bound(value=best - master.held_bonus, rounds=number, is_final=is_final)
        if is_final:
            return


def upper_bound(
    problem: PatrolProblem,
    *,
    plans: Sequence[PatrolPlan],
    locks: Sequence[Lock] = (),
    drops: Sequence[int] = (),
    rounds: int = ROUNDS,
) -> Bound:
    """The last of :func:`improving_bounds`."""
    bounds = improving_bounds(problem, plans=plans, locks=locks, drops=drops, rounds=rounds)
    *_, last = bounds
    return last


@dataclass(frozen=True, kw_only=True, eq=False)
class _TeamClass:
    """Teams that are alike, and their tasks in whole minutes from the start of their time."""

    teams: Integers
    tasks: Integers
    arc_min: Integers
    out_min: Integers
    home_min: Integers
    open_min: Integers
    close_min: Integers
    to_min: int


class _Master:
    """The linear programme over the routes found so far."""

    def __init__(
        self, prize: Floats, classes: list[_TeamClass], class_of: Integers, bonus: float
    ) -> None:
        self.prize, self.classes, self.class_of = prize, classes, class_of
        self.held_bonus = bonus
        self._routes: dict[tuple[int, tuple[int, ...]], None] = {}

    @classmethod
    def of(cls, problem: PatrolProblem, locks: Sequence[Lock], drops: Sequence[int]) -> _Master:
        held, allowed = held_tasks(problem, locks, drops)
        prize = np.where(allowed.any(axis=0), problem.tasks["prize"].to_numpy(float), 0.0)
        # What is held will be done: with a bonus that every plan gets, the bound knows it too.
        bonus = float(prize.sum()) + 1.0
        tasks = [task for _, task in held]
        prize[tasks] += bonus
        classes, class_of = _team_classes(problem, allowed & (prize > 0))
        return cls(prize, classes, class_of, bonus * len(tasks))

    def add_plan(self, plan: PatrolPlan) -> None:
        for team, route in enumerate(plan.routes):
            self._add(int(self.class_of[team]), route)

    def first_prices(self, plan: PatrolPlan) -> Floats:
        """What a task is worth beyond the time it takes, at the best of some wages."""
        minutes = float((plan.stops["leave_min"] - plan.stops["arrive_min"]).sum())
        minutes += float(plan.stops["travel_min"].sum())
        served = np.zeros(len(self.prize), dtype=bool)
        served[plan.served] = True
        middle = float(np.median(self.prize[served])) if served.any() else 1.0
        stop_min = minutes / max(1, len(plan.served))
        tries = [
            np.clip(self.prize - share * middle * np.maximum(1.0, stop_min / 15.0), 0.0, None)
            for share in (0.1, 0.3, 0.6, 1.0)
        ]
        return min(tries, key=lambda prices: self.price(prices)[0])

    def price(self, prices: Floats) -> tuple[float, Floats, bool]:
        """Bound at these prices, its slope, and whether routes came up that were not known."""
        total, before = float(prices.sum()), len(self._routes)
        slope = np.ones(len(prices))
        for number, kind in enumerate(self.classes):
            worth = self.prize[kind.tasks] - prices[kind.tasks]
            on = np.flatnonzero(worth > 1e-9)
            if not len(on):
                continue
            routes = np.zeros((_ROUTES, kind.to_min + 2), np.int64)
            length = np.zeros(_ROUTES, np.int64)
            best = best_routes(
                worth[on],
                np.ascontiguousarray(kind.arc_min[np.ix_(on, on)]),
                kind.out_min[on],
                kind.home_min[on],
                kind.open_min[on],
                kind.close_min[on],
                kind.to_min,
                routes,
                length,
            )
            total += best * len(kind.teams)
            np.subtract.at(
                slope, kind.tasks[on[routes[0, : length[0]]]], float(len(kind.teams))
            )
            for route, count in zip(routes, length, strict=True):
                if count:
                    self._add(number, tuple(kind.tasks[on[route[:count][::-1]]].tolist()))
        return total, slope, len(self._routes) > before

    def solve(self) -> tuple[float, Floats]:
        """Value of the linear programme and the prices of the tasks at its optimum."""
        teams = len(self.classes)
        keys = list(self._routes)
        column = np.repeat(np.arange(len(keys)), [len(route) + 1 for _, route in keys])
        row = np.array(
            [
                i
                for number, route in keys
                for i in (number, *(teams + np.array(route, dtype=np.int64)))
            ]
        )
        matrix = sparse.csr_array(
            (np.ones(len(row)), (row, column)), shape=(teams + len(self.prize), len(keys))
        )
        gain = np.array([self.prize[list(route)].sum() for _, route in keys])
        limits = np.concatenate(
            [[len(kind.teams) for kind in self.classes], np.ones(len(self.prize))]
        )
        found = linprog(-gain, A_ub=matrix, b_ub=limits, method="highs-ds")
        return -float(found.fun), np.clip(-found.ineqlin.marginals[teams:], 0.0, None)

    def _add(self, number: int, route: tuple[int, ...]) -> None:
        self._routes[number, route] = None


def _team_classes(
    problem: PatrolProblem, allowed: Booleans
) -> tuple[list[_TeamClass], Integers]:
    a = problem.instance(is_fixed=np.zeros(len(problem.tasks), dtype=bool), allowed=allowed)
    closures = [_closure(travel, a.enter, a.leave, a.service_min) for travel in a.travel_min]
    posts = np.column_stack([a.begin, a.finish, a.from_min, a.to_min, a.mode])
    alike = np.unique(np.hstack([posts, allowed]), axis=0, return_inverse=True)[1].reshape(-1)
    classes: list[_TeamClass] = []
    for number in range(alike.max(initial=-1) + 1):
        teams = np.flatnonzero(alike == number)
        k = teams[0]
        travel, on = closures[a.mode[k]], np.flatnonzero(allowed[k])
        enter, leave, service = a.enter[on], a.leave[on], a.service_min[on]
        arc_min = _whole(service[:, None] + travel[np.ix_(leave, enter)])
        if (arc_min < 1).any():
            raise FrameError("a bound needs stops of a minute or more; some are shorter")
        start, end = a.from_min[k], a.to_min[k]
        classes.append(
            _TeamClass(
                teams=teams,
                tasks=on,
                arc_min=arc_min,
                out_min=_whole(travel[a.begin[k], enter]),
                home_min=_whole(service + travel[leave, a.finish[k]]),
                open_min=_whole(np.clip(a.open_min[on] - start, 0.0, None)),
                close_min=_whole(np.minimum(a.close_min[on], end) - start),
                to_min=int(np.floor(end - start + 1e-9)),
            )
        )
    return classes, alike


def _closure(travel: Floats, enter: Integers, leave: Integers, service: Floats) -> Floats:
    """Travel that no detour, not even through a task, makes shorter."""
    shortest = travel.copy()
    np.minimum.at(shortest, (enter, leave), service)
    for via in range(len(shortest)):
        np.minimum(shortest, shortest[:, via, None] + shortest[None, via], out=shortest)
    return shortest


def _whole(minutes: Floats) -> Integers:
    return np.floor(minutes + 1e-9).astype(np.int64)

"""Why a task is not in the plan, and what putting it in would cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.compiled import compiled
from geo.patrol_plan import PatrolPlan
from geo.patrol_problem import PatrolProblem
from geo.patrol_routes import SLACK_MIN, Floats, Instance, Integers, back_min

REASONS = (
    "dropped",  # the planner took it out
    "no_team",  # no team may do it: zone, kind, or blocked
    "window",  # no team that may do it is on duty in its window
    "distance",  # on duty, but it cannot be there in its window and be back in time
    "no_free_team",  # only by leaving out other stops, worth ``displaced``
    "not_worth",  # there is time; it is worth less than the way there
)
REASON_COLUMNS = (
    "task",
    "place",
    "kind",
    "is_must",
    "reason",
    "team",
    "added_min",
    "displaced",
    "displaced_stops",
)


def unserved(
    problem: PatrolProblem,
    plan: PatrolPlan,
    *,
    locks: Sequence[tuple[str, int]] = (),
    drops: Sequence[int] = (),
) -> pd.DataFrame:
    """Every task that the plan leaves out, what must be done first, then by prize.

    Returns
    -------
    ``task, place, kind, is_must, reason`` (one of :data:`REASONS`), and for the team that
    could do it at least cost: ``team``, ``added_min`` that its route grows by, ``displaced``
    prize and ``displaced_stops`` (task numbers) it would have to leave out. Empty where no team
    can ever do it.
    """
    tasks, teams = problem.tasks, problem.teams
    left = np.setdiff1d(np.arange(len(tasks)), plan.served)
    left = left[(tasks["kind"].to_numpy()[left] != "break")]
    permitted, allowed = problem.permitted[:, left], problem.allowed[:, left]
    starts = np.maximum(
        teams["from_min"].to_numpy(float)[:, None], tasks["open_min"].to_numpy(float)[left]
    )
    ends = np.minimum(
        teams["to_min"].to_numpy(float)[:, None], tasks["close_min"].to_numpy(float)[left]
    )
    on_duty = permitted & (starts <= ends)
    offers = _offers(problem, plan, left, locks)
    is_dropped = np.isin(left, np.asarray(drops, dtype=np.int64))
    reason = np.select(
        [
            is_dropped,
            ~permitted.any(axis=0),
            ~on_duty.any(axis=0),
            ~allowed.any(axis=0),
            offers["displaced_count"].to_numpy() > 0,
        ],
        ["dropped", "no_team", "window", "distance", "no_free_team"],
        "not_worth",
    )
    frame = pd.DataFrame(
        {
            "task": left,
            "place": tasks["place"].to_numpy()[left],
            "kind": tasks["kind"].to_numpy()[left],
            "is_must": tasks["is_must"].to_numpy(bool)[left],
            "reason": np.where(
                (reason == "not_worth") & (offers["team"].to_numpy() < 0),
                "no_free_team",
                reason,
            ),
            "team": [teams.index[k] if k >= 0 else None for k in offers["team"]],
            "added_min": offers["added_min"].to_numpy(),
            "displaced": offers["displaced"].to_numpy(),
            "displaced_stops": [
                plan.routes[k][first : first + count] if k >= 0 else ()
                for k, first, count in zip(
                    offers["team"], offers["first"], offers["displaced_count"], strict=True
                )
            ],
            "prize": tasks["prize"].to_numpy(float)[left],
        },
    )
    frame = frame.sort_values(["is_must", "prize"], ascending=False, kind="stable")
    return frame[list(REASON_COLUMNS)].reset_index(drop=True)


def _offers(
    problem: PatrolProblem,
    plan: PatrolPlan,
    left: npt.NDArray[np.int64],
    locks: Sequence[tuple[str, int]],
) -> pd.DataFrame:
    """Cheapest way to do each task, by displaced prize and then by added minutes."""
    kinds = problem.tasks["kind"].to_numpy()
    is_fixed = kinds == "break"
    is_fixed[[task for _, task in locks]] = True
    instance = problem.instance(is_fixed=is_fixed, allowed=problem.allowed)
    longest = max((len(route) for route in plan.routes), default=0)
    stops = np.full((len(plan.routes), longest), -1)
    for team, route in enumerate(plan.routes):
        stops[team, : len(route)] = route
    count = np.array([len(route) for route in plan.routes], dtype=np.int64)
    shape = (len(left), 3)
    numbers, costs = np.full(shape, -1), np.full((len(left), 2), np.nan)
    numbers[:, 2] = 0
    cheapest_offers(instance, stops, count, left, numbers, costs)
    return pd.DataFrame(
        {
            "team": numbers[:, 0],
            "first": numbers[:, 1],
            "displaced_count": numbers[:, 2],
            "displaced": costs[:, 0],
            "added_min": costs[:, 1],
        }
    )


@compiled
def cheapest_offers(
    a: Instance,
    stops: Integers,
    count: Integers,
    tasks: Integers,
    numbers: Integers,
    costs: Floats,
) -> None:
    """For each task the team, first stop and number of stops in a row it takes the place of."""
    for c in range(len(tasks)):
        task = tasks[c]
        for k in range(len(count)):
            if not a.allowed[k, task]:
                continue
            whole = back_min(a, stops[k, : count[k]], k, 0, 0, -1)
            for first in range(count[k] + 1):
                lost = 0.0
                for taken in range(count[k] - first + 1):
                    if taken > 0:
                        gone = stops[k, first + taken - 1]
                        if a.is_fixed[gone]:
                            break
                        lost += a.prize[gone]
                    if numbers[c, 0] >= 0 and lost > costs[c, 0]:
                        break
                    back = back_min(a, stops[k, : count[k]], k, first, taken, task)
                    if back > a.to_min[k] + SLACK_MIN:
                        continue
                    added = back - whole
                    if numbers[c, 0] < 0 or (lost, added) < (costs[c, 0], costs[c, 1]):
                        numbers[c, 0], numbers[c, 1], numbers[c, 2] = k, first, taken
                        costs[c, 0], costs[c, 1] = lost, added

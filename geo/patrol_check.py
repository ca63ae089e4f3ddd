"""Whether a plan keeps every hard rule, looked at again from scratch.

Written without the search's arrays and code: it reads the frames of the problem and the
stops of the plan, minute by minute.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd

from geo.patrol_plan import PatrolPlan
from geo.patrol_problem import PatrolProblem

Row = dict[Hashable, Any]

ROUNDING_MIN = 1e-6
VIOLATION_COLUMNS = ("code", "team", "task", "minutes")


def violations(problem: PatrolProblem, plan: PatrolPlan) -> pd.DataFrame:
    """Broken rules, one row each; empty for a sound plan.

    Returns
    -------
    ``code, team, task, minutes`` (by how much, 0 where no time is meant). Codes:

    - ``unknown_task``, ``unknown_team``, ``repeated``: what is listed does not exist, or twice;
    - ``not_permitted``: the team may not do the task;
    - ``too_early``, ``too_late``: outside the window of the task;
    - ``travel``: less time from the post or stop before than the way takes;
    - ``dwell``: shorter than the task's service time;
    - ``after_shift``: the team is back when it is no longer on duty;
    - ``order``: the stops are not those of the routes;
    - ``value``: the prizes do not add up to the plan's value, or its harm.
    """
    found: list[tuple[str, str, int, float]] = []
    tasks = problem.tasks.to_dict("records")
    teams = dict(zip(problem.teams.index, problem.teams.to_dict("records"), strict=True))
    number = {name: k for k, name in enumerate(problem.teams.index)}
    seen: list[int] = []
    for name, listed in plan.stops.groupby("team", sort=False):
        stops = listed.sort_values("order").to_dict("records")
        if name not in teams:
            found.append(("unknown_team", str(name), -1, 0.0))
            continue
        if tuple(stop["task"] for stop in stops) != plan.routes[number[name]]:
            found.append(("order", str(name), -1, 0.0))
        for code, task, minutes in _along(problem, number[name], teams[name], tasks, stops):
            found.append((code, str(name), task, minutes))
        seen += [stop["task"] for stop in stops]
    found += [("repeated", "", task, 0.0) for task in sorted(set(seen)) if seen.count(task) > 1]
    if sorted(seen) != sorted(task for route in plan.routes for task in route):
        found.append(("order", "", -1, 0.0))
    known = [tasks[task] for task in set(seen) if 0 <= task < len(tasks)]
    value = sum(task["prize"] for task in known)
    harm = sum(task["prize"] for task in known if task["kind"] in ("hotspot", "stay"))
    for total, stated in ((value, plan.value), (harm, plan.harm)):
        if abs(total - stated) > ROUNDING_MIN * max(1.0, abs(stated)):
            found.append(("value", "", -1, total - stated))
    return pd.DataFrame(found, columns=list(VIOLATION_COLUMNS))


def _along(
    problem: PatrolProblem, number: int, team: Row, tasks: list[Row], stops: list[Row]
) -> Iterator[tuple[str, int, float]]:
    """Broken rules of one team from stop to stop: code, task, minutes."""
    travel = problem.travel_min[team.get("mode", 0)]
    at, free_from = team["begin"], team["from_min"]
    for stop in stops:
        if not 0 <= stop["task"] < len(tasks):
            yield "unknown_task", stop["task"], 0.0
            continue
        task = tasks[stop["task"]]
        if not problem.permitted[number, stop["task"]]:
            yield "not_permitted", stop["task"], 0.0
        lacks = {
            "travel": free_from + travel[at, task["enter"]] - stop["arrive_min"],
            "too_early": max(task["open_min"], stop["arrive_min"]) - stop["start_min"],
            "too_late": stop["start_min"] - task["close_min"],
            "dwell": task["service_min"] - (stop["leave_min"] - stop["start_min"]),
        }
        for code, lack in lacks.items():
            if lack > ROUNDING_MIN:
                yield code, stop["task"], float(lack)
        at, free_from = task["leave"], stop["leave_min"]
    late = free_from + travel[at, team["finish"]] - team["to_min"]
    if late > ROUNDING_MIN:
        yield "after_shift", -1, float(late)

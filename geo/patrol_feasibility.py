"""What in a patrol problem cannot be met, before anything is planned.

A plan always exists, if need be an empty one; this says in advance which must will be
missing from it and which team cannot move, and by how many minutes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.patrol_problem import Floats, PatrolProblem

OBSTACLES = (
    "no_teams",  # nobody is on duty
    "no_time",  # a team's time ends before it has come from its post to its end post
    "no_break",  # a team's break does not fit into its time
    "no_team",  # no team may go to this must: its zone, kind, or blocked
    "window",  # no such team is on duty in its window
    "distance",  # on duty, but too far to be there in its window and be back
    "too_many",  # the musts that only this zone's teams may do take longer than they have
)
OBSTACLE_COLUMNS = ("code", "subject", "needed_min", "available_min")


def obstacles(problem: PatrolProblem) -> pd.DataFrame:
    """Constraints that cannot be met, one row each; empty where nothing stands in the way.

    Returns
    -------
    ``code`` (one of :data:`OBSTACLES`), ``subject`` (team, place or zone), ``needed_min``
    and ``available_min``: minutes it takes and minutes there are, NaN where no time is meant.
    """
    tasks, teams = problem.tasks, problem.teams
    found: list[tuple[str, object, float, float]] = []
    if teams.empty:
        found.append(("no_teams", "", np.nan, np.nan))
    time_min = teams["to_min"].to_numpy(float) - teams["from_min"].to_numpy(float)
    way_min = problem.travel_min[
        problem.modes, teams["begin"].to_numpy(np.int64), teams["finish"].to_numpy(np.int64)
    ]
    found += [
        ("no_time", name, way, time)
        for name, way, time in zip(teams.index, way_min, time_min, strict=True)
        if way > time + 1e-9
    ]
    is_never = ~problem.allowed.any(axis=0)
    rests = tasks[is_never & (tasks["kind"] == "break").to_numpy()]
    found += [
        ("no_break", team, float(minutes), np.nan)
        for team, minutes in zip(rests["place"], rests["service_min"], strict=True)
    ]
    if not teams.empty:
        missed = np.flatnonzero(is_never & tasks["is_must"].to_numpy(bool))
        found += [_missed(problem, task) for task in missed.tolist()]
        found += _overfull(problem, np.clip(time_min - way_min, 0.0, None))
    return pd.DataFrame(found, columns=list(OBSTACLE_COLUMNS))


def _missed(problem: PatrolProblem, task: int) -> tuple[str, object, float, float]:
    place = problem.tasks["place"].iat[task]
    may = problem.permitted[:, task]
    if not may.any():
        return "no_team", place, np.nan, np.nan
    opens = problem.tasks["open_min"].to_numpy(float)[task]
    closes = problem.tasks["close_min"].to_numpy(float)[task]
    from_min = problem.teams["from_min"].to_numpy(float)[may]
    to_min = problem.teams["to_min"].to_numpy(float)[may]
    if not ((from_min <= closes) & (opens <= to_min) & (opens <= closes)).any():
        return "window", place, np.nan, np.nan
    start, end = problem.start_min[may, task], problem.end_min[may, task]
    # The team that misses by least: late at the place, or late back.
    lack = np.maximum(start - closes, end - to_min)
    best = int(lack.argmin())
    needed = float(end[best] - from_min[best])
    return "distance", place, needed, needed - float(lack[best])


def _overfull(
    problem: PatrolProblem, time_min: Floats
) -> list[tuple[str, object, float, float]]:
    """Zones whose own musts take longer than all teams that may do any of them have."""
    tasks, zones = problem.tasks, problem.teams["zone"].to_numpy()
    feasible = problem.allowed
    is_must = tasks["is_must"].to_numpy(bool) & feasible.any(axis=0)
    found: list[tuple[str, object, float, float]] = []
    for zone in pd.unique(zones):
        own = zones == zone
        only_here = is_must & ~feasible[~own].any(axis=0)
        needed = float(tasks["service_min"].to_numpy(float)[only_here].sum())
        available = float(time_min[own].sum())
        if needed > available + 1e-9:
            found.append(("too_many", zone, needed, available))
    return found

"""Compile, or load from the disk cache, every compiled part of the patrol planner."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.patrol_bound import upper_bound
from geo.patrol_plan import plan_patrol
from geo.patrol_problem import PatrolProblem
from geo.patrol_reasons import unserved


def warm_patrol() -> None:
    """Plan, bound and explain a shift of two tasks, so that no planner waits for the compiler."""
    tasks = pd.DataFrame(
        {
            "place": ["a", "b"],
            "kind": "hotspot",
            "block": 0,
            "unit_code": "u",
            "enter": [0, 1],
            "leave": [0, 1],
            "prize": 1.0,
            "service_min": 1.0,
            "open_min": 0.0,
            "close_min": 9.0,
            "is_must": [False, True],
        }
    )
    team = {"zone": "u", "begin": 0, "finish": 0, "from_min": 0.0, "to_min": 9.0}
    problem = PatrolProblem(
        tasks=tasks,
        teams=pd.DataFrame([team, team], index=["x", "y"]),
        travel_min=np.ones((1, 2, 2)) - np.eye(2),
        permitted=np.ones((2, 2), dtype=bool),
    )
    plan = plan_patrol(problem, iterations=20, locks=[("x", 0)])
    unserved(problem, plan, drops=[1])
    upper_bound(problem, plans=[plan], rounds=2)

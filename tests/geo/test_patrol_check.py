"""The check finds each kind of broken rule."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from geo.patrol_check import violations
from geo.patrol_plan import PatrolPlan, plan_patrol
from geo.patrol_problem import PatrolProblem

MakeCounty = Callable[..., PatrolProblem]


@pytest.fixture(scope="module")
def problem(county: MakeCounty) -> PatrolProblem:
    return county(2, units=2, hotspots=10, villages=8, musts=2, city=2)


@pytest.fixture(scope="module")
def plan(problem: PatrolProblem) -> PatrolPlan:
    return plan_patrol(problem, iterations=50)


def codes(problem: PatrolProblem, plan: PatrolPlan) -> set[str]:
    return set(violations(problem, plan)["code"])


def test_a_sound_plan_has_none(problem: PatrolProblem, plan: PatrolPlan) -> None:
    assert len(plan.stops) > 5
    assert violations(problem, plan).empty


@pytest.mark.parametrize(
    ("column", "shift", "code"),
    [
        ("arrive_min", -5.0, "travel"),
        ("start_min", 500.0, "too_late"),
        ("start_min", -90.0, "too_early"),
        ("leave_min", -9.0, "dwell"),
        ("leave_min", 400.0, "after_shift"),
    ],
)
def test_times_are_looked_at(
    problem: PatrolProblem, plan: PatrolPlan, column: str, shift: float, code: str
) -> None:
    stops = plan.stops.copy()
    stops.loc[stops.index[-1], column] += shift
    assert code in codes(problem, replace(plan, stops=stops))


def test_travel_is_looked_at(problem: PatrolProblem, plan: PatrolPlan) -> None:
    slower = replace(problem, travel_min=problem.travel_min + 1.0)
    found = violations(slower, plan)
    assert (found["code"] == "travel").sum() == len(plan.stops)
    assert found.loc[found["code"] == "travel", "minutes"].to_numpy() == pytest.approx(1.0)


def test_who_may_go_where_is_looked_at(problem: PatrolProblem, plan: PatrolPlan) -> None:
    nobody = replace(problem, permitted=np.zeros_like(problem.permitted))
    assert (violations(nobody, plan)["code"] == "not_permitted").sum() == len(plan.stops)


def test_lists_and_sums_are_looked_at(problem: PatrolProblem, plan: PatrolPlan) -> None:
    assert codes(problem, replace(plan, value=plan.value + 1.0)) == {"value"}
    assert codes(problem, replace(plan, harm=plan.harm - 1.0)) == {"value"}
    assert "order" in codes(problem, replace(plan, routes=((),) * len(plan.routes)))
    stops = plan.stops.copy()
    stops.loc[0, "task"] = 10_000
    assert {"unknown_task", "order"} <= codes(problem, replace(plan, stops=stops))
    stops.loc[0, "task"] = stops.loc[1, "task"]
    assert "repeated" in codes(problem, replace(plan, stops=stops))
    stops.loc[0, "team"] = "nobody"
    assert "unknown_team" in codes(problem, replace(plan, stops=stops))

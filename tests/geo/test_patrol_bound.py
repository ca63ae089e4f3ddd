"""No plan is worth more than the bound, whatever the instance."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.patrol_bound import improving_bounds, upper_bound
from geo.patrol_plan import plan_patrol
from geo.patrol_problem import PatrolProblem

MakeCounty = Callable[..., PatrolProblem]


@given(seed=st.integers(0, 5_000), units=st.integers(1, 3), city=st.integers(0, 2))
@settings(max_examples=25, deadline=None)
def test_every_bound_is_above_every_plan(
    county: MakeCounty, seed: int, units: int, city: int
) -> None:
    problem = county(seed, units=units, city=city, hotspots=5)
    plan = plan_patrol(problem, iterations=150)
    start = plan_patrol(problem, iterations=0)
    bounds = [bound.value for bound in improving_bounds(problem, plans=[start], rounds=30)]
    assert min(bounds) >= plan.value - 1e-6
    assert bounds == sorted(bounds, reverse=True)


@given(seed=st.integers(0, 5_000))
@settings(max_examples=15, deadline=None)
def test_the_bound_holds_for_any_travel_and_fractions_of_minutes(
    county: MakeCounty, seed: int
) -> None:
    problem = county(seed, hotspots=6, minutes=100.0)
    rng = np.random.default_rng(seed)
    size = problem.travel_min.shape[1]
    problem = replace(problem, travel_min=rng.uniform(0.0, 25.0, (1, size, size)))
    plan = plan_patrol(problem, iterations=200)
    assert upper_bound(problem, plans=[plan], rounds=30).value >= plan.value - 1e-6


def test_the_bound_is_tight_where_the_plan_is_optimal(county: MakeCounty) -> None:
    problem = county(1, units=2, hotspots=4, villages=3, musts=1, city=0, minutes=90.0)
    plan = plan_patrol(problem, iterations=500)
    bound = upper_bound(problem, plans=[plan])
    assert bound.is_final
    assert bound.gap(plan) <= 0.005
    assert bound.gap(plan) <= bound.harm_gap(problem, plan) <= 0.02


def test_a_larger_county_is_planned_near_the_bound(county: MakeCounty) -> None:
    problem = county(3, units=6, hotspots=25, villages=30, musts=5, city=4, minutes=150.0)
    plan = plan_patrol(problem, iterations=3_000)
    bound = upper_bound(problem, plans=[plan], rounds=80)
    assert 0.0 <= bound.harm_gap(problem, plan) <= 0.05
    greedy = plan_patrol(problem, iterations=0)
    assert bound.harm_gap(problem, greedy) > bound.harm_gap(problem, plan)


def test_locks_and_drops_lower_the_bound(county: MakeCounty) -> None:
    problem = county(3, units=3, hotspots=12, villages=8, musts=2, city=2)
    plan = plan_patrol(problem, iterations=400)
    free = upper_bound(problem, plans=[plan])
    drops = plan.served[:5].tolist()
    less = plan_patrol(problem, iterations=400, drops=drops)
    dropped = upper_bound(problem, plans=[less], drops=drops)
    assert less.value - 1e-6 <= dropped.value < free.value
    poor = [
        task for task in problem.tasks["prize"].sort_values().index if problem.allowed[3, task]
    ]
    locks = [("t3", int(poor[0]))]
    held = plan_patrol(problem, iterations=400, locks=locks)
    bound = upper_bound(problem, plans=[held], locks=locks)
    assert held.value - 1e-6 <= bound.value <= free.value + 0.02 * abs(free.value)


def test_without_tasks_or_teams_nothing_is_possible(county: MakeCounty) -> None:
    problem = county(1, minutes=0.0)
    plan = plan_patrol(problem, iterations=10)
    bound = upper_bound(problem, plans=[plan])
    assert bound.value == pytest.approx(0.0, abs=1e-9)
    assert bound.gap(plan) == 0.0
    nobody = replace(problem, teams=problem.teams.iloc[:0], permitted=problem.permitted[:0])
    plan = plan_patrol(nobody, iterations=10)
    assert upper_bound(nobody, plans=[plan]).value == pytest.approx(0.0, abs=1e-9)

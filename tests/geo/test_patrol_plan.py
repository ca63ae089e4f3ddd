"""Plans: sound on any instance, repeatable, never below greedy, and around what is locked."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.patrol_check import violations
from geo.patrol_plan import greedy_plan, improving_plans, plan_patrol, varied_plans
from geo.patrol_problem import PatrolProblem

MakeCounty = Callable[..., PatrolProblem]


@given(
    seed=st.integers(0, 10_000),
    units=st.integers(1, 4),
    hotspots=st.integers(0, 8),
    villages=st.integers(0, 8),
    musts=st.integers(0, 4),
    city=st.integers(0, 3),
    minutes=st.sampled_from([0.0, 20.0, 120.0, 300.0]),
)
@settings(max_examples=60, deadline=None)
def test_plans_of_any_county_keep_every_rule(county: MakeCounty, **sizes: int) -> None:
    problem = county(**sizes)
    greedy = max(greedy_plan(problem).value, greedy_plan(problem, is_per_minute=False).value)
    plan = plan_patrol(problem, iterations=60, seed=1)
    assert violations(problem, plan).empty
    assert plan.value >= greedy - 1e-9


@given(seed=st.integers(0, 10_000), is_line=st.booleans())
@settings(max_examples=25, deadline=None)
def test_travel_need_not_be_symmetric_nor_metric(
    county: MakeCounty, seed: int, is_line: bool
) -> None:
    problem = county(seed, hotspots=8, minutes=150.0)
    rng = np.random.default_rng(seed)
    size = problem.travel_min.shape[1]
    travel = rng.integers(1, 40, (2, size, size)).astype(float)
    tasks = problem.tasks
    if is_line:
        tasks = tasks.assign(leave=rng.permutation(size)[rng.integers(0, size, len(tasks))])
    teams = problem.teams.assign(mode=np.arange(len(problem.teams)) % 2)
    problem = replace(problem, travel_min=travel, tasks=tasks, teams=teams)
    assert violations(problem, plan_patrol(problem, iterations=80)).empty


def test_the_same_seed_makes_the_same_plan_however_often_one_looks(county: MakeCounty) -> None:
    problem = county(4, units=5, hotspots=20, villages=15, musts=4, city=3)
    *_, often = improving_plans(problem, iterations=300, seed=7, every=20)
    *_, seldom = improving_plans(problem, iterations=300, seed=7, every=300)
    assert often.routes == seldom.routes
    assert plan_patrol(problem, iterations=300, seed=7).routes == seldom.routes


def test_plans_only_improve_and_the_first_is_the_greedy_one(county: MakeCounty) -> None:
    problem = county(4, units=5, hotspots=20, villages=15, musts=4, city=3)
    values = [plan.value for plan in improving_plans(problem, iterations=400, every=50)]
    assert len(values) == 9
    assert values[0] >= greedy_plan(problem).value
    assert (np.diff(values) >= -1e-6).all()
    assert values[-1] > values[0]


def test_a_small_problem_is_solved_to_the_optimum(county: MakeCounty) -> None:
    for seed in range(8):
        problem = county(seed, units=1, hotspots=3, villages=2, musts=1, city=0, minutes=75.0)
        problem = replace(problem, minute_cost=0.0, stop_cost=0.0)
        best = max(_values(problem))
        assert plan_patrol(problem, iterations=300).value == pytest.approx(best)


def _values(problem: PatrolProblem) -> list[float]:
    """Values of all feasible routes of the only team."""
    task, team = problem.tasks.to_dict("list"), problem.teams.iloc[0]
    travel = problem.travel_min[0]
    values = [0.0]
    for size in range(1, 6):
        for route in permutations(np.flatnonzero(problem.allowed[0]).tolist(), size):
            at, clock, is_feasible = team["begin"], team["from_min"], True
            for i in route:
                clock = max(clock + travel[at, task["enter"][i]], task["open_min"][i])
                is_feasible &= clock <= task["close_min"][i]
                clock, at = clock + task["service_min"][i], task["leave"][i]
            if is_feasible and clock + travel[at, team["finish"]] <= team["to_min"]:
                values.append(sum(task["prize"][i] for i in route))
    return values


def test_musts_and_due_villages_come_before_any_harm(county: MakeCounty) -> None:
    problem = county(2, units=2, hotspots=12, villages=10, musts=3, city=2, risk=1e6)
    plan = plan_patrol(problem, iterations=300)
    reachable = problem.allowed.any(axis=0) & problem.tasks["is_must"].to_numpy()
    assert set(np.flatnonzero(reachable)) <= set(plan.served)


def test_locked_stops_stay_and_dropped_ones_go(county: MakeCounty) -> None:
    problem = county(5, units=3, hotspots=12, villages=8, musts=3, city=3)
    plan = plan_patrol(problem, iterations=200)
    team = max(range(len(plan.routes)), key=lambda k: len(plan.routes[k]))
    code, route = problem.teams.index[team], plan.routes[team]
    locks = [(code, route[0]), (code, route[-1])]
    drops = [route[1]]
    again = plan_patrol(problem, iterations=200, locks=locks, drops=drops, start=plan, seed=3)
    assert violations(problem, again).empty
    assert {route[0], route[-1]} <= set(again.routes[team])
    assert route[1] not in again.served
    whole = [
        (name, i) for name, r in zip(problem.teams.index, plan.routes, strict=True) for i in r
    ]
    kept = plan_patrol(problem, iterations=50, locks=whole)
    assert {i for _, i in whole} <= set(kept.served)


def test_locks_that_cannot_be_kept_are_named(county: MakeCounty) -> None:
    problem = county(5, units=2, hotspots=12, villages=0, musts=0, city=1, minutes=60.0)
    city = np.flatnonzero(problem.allowed[2])
    with pytest.raises(FrameError, match="unlock one"):
        plan_patrol(problem, locks=[("t2", int(task)) for task in city])
    with pytest.raises(FrameError, match="unknown"):
        plan_patrol(problem, locks=[("nobody", 0)])
    with pytest.raises(FrameError, match="locked twice"):
        plan_patrol(problem, locks=[("t2", int(city[0]))], drops=[int(city[0])])
    never = int(np.flatnonzero(~problem.allowed[0])[0])
    with pytest.raises(FrameError, match="cannot do"):
        plan_patrol(problem, locks=[("t0", never)])


def test_a_break_is_kept_in_its_window(county: MakeCounty) -> None:
    problem = county(6, units=1, hotspots=8, villages=4, musts=0, city=0, minutes=150.0)
    post = int(problem.teams["begin"].iloc[0])
    rest = {
        **problem.tasks.iloc[0].to_dict(),
        "place": "t0",
        "kind": "break",
        "prize": 0.0,
        "service_min": 30.0,
        "enter": post,
        "leave": post,
        "open_min": 80.0,
        "close_min": 100.0,
    }
    tasks = pd.concat([problem.tasks, pd.DataFrame([rest])], ignore_index=True)
    permitted = np.column_stack([problem.permitted, [True]])
    problem = replace(problem, tasks=tasks, permitted=permitted)
    plan = plan_patrol(problem, iterations=100)
    stop = plan.stops.set_index("task").loc[len(tasks) - 1]
    assert 80.0 <= stop["start_min"] <= 100.0
    assert stop["leave_min"] == stop["start_min"] + 30.0
    assert violations(problem, plan).empty


def test_no_risk_no_team_no_time_and_too_many_teams(county: MakeCounty) -> None:
    no_risk = county(1, risk=0.0)
    plan = plan_patrol(no_risk, iterations=50)
    assert plan.harm == 0.0
    assert set(no_risk.tasks["kind"].iloc[plan.served]) <= {"must", "village"}
    assert len(plan.served) > 0
    no_team = county(1, units=1, city=0)
    no_team = replace(no_team, teams=no_team.teams.iloc[:0], permitted=no_team.permitted[:0])
    assert plan_patrol(no_team, iterations=50).stops.empty
    no_time = plan_patrol(county(1, minutes=0.0), iterations=50)
    assert no_time.routes == ((), (), (), ())
    many = county(1, units=1, hotspots=2, villages=0, musts=0, city=12)
    plan = plan_patrol(many, iterations=2_000)
    assert len(plan.served) == len(many.tasks)
    assert max(len(route) for route in plan.routes) <= 2  # shared out, not piled up


def test_a_second_stop_never_comes_without_a_first(county: MakeCounty) -> None:
    problem = county(9, units=2, hotspots=15, villages=0, musts=0, city=3)
    for plan in improving_plans(problem, iterations=200, every=10):
        kind = problem.tasks.iloc[plan.served].groupby(["place", "block"])["kind"].agg(set)
        assert all("hotspot" in kinds for kinds in kind)


def test_varied_plans_differ_and_are_nearly_as_good(county: MakeCounty) -> None:
    problem = county(3, units=4, hotspots=25, villages=10, musts=2, city=4)
    best = plan_patrol(problem, iterations=1_500)
    plans = varied_plans(problem, count=4, iterations=1_500, seed=5)
    assert len({plan.routes for plan in plans}) == 4
    assert all(violations(problem, plan).empty for plan in plans)
    harm = np.array([plan.harm for plan in plans])
    assert (harm > 0.9 * best.harm).all()
    again = varied_plans(problem, count=4, iterations=1_500, seed=5)
    assert [plan.routes for plan in again] == [plan.routes for plan in plans]

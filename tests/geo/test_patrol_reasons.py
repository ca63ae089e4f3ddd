"""Every task left out has a reason, and the price of putting it in is right."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.patrol_plan import plan_patrol
from geo.patrol_problem import PatrolProblem
from geo.patrol_reasons import REASONS, unserved

MakeCounty = Callable[..., PatrolProblem]

WAY_MIN = 10.0


def line_of_three(**changes: object) -> PatrolProblem:
    """Post 0, places 1 and 2 on a line, ten minutes apart; one team of unit u, 60 minutes."""
    task = {
        "place": ["near", "far"],
        "kind": "hotspot",
        "block": 0,
        "unit_code": "u",
        "enter": [1, 2],
        "leave": [1, 2],
        "prize": [2.0, 3.0],
        "service_min": 15.0,
        "open_min": 0.0,
        "close_min": 60.0,
        "is_must": False,
    }
    at = np.arange(3.0)
    team = {"zone": "u", "begin": 0, "finish": 0, "from_min": 0.0, "to_min": 60.0}
    return PatrolProblem(
        tasks=pd.DataFrame({**task, **changes}),
        teams=pd.DataFrame([team], index=["t"]),
        travel_min=WAY_MIN * np.abs(at[:, None] - at[None])[None],
        permitted=np.ones((1, 2), dtype=bool),
    )


def reason(problem: PatrolProblem, place: str, **held: object) -> pd.Series:
    plan = plan_patrol(problem, iterations=30, **held)
    return unserved(problem, plan, **held).set_index("place").loc[place]


def test_no_free_team_says_what_would_give_way() -> None:
    row = reason(line_of_three(), "near")
    assert row["reason"] == "no_free_team"
    assert row["team"] == "t"
    assert row["displaced"] == 3.0
    assert row["displaced_stops"] == (1,)
    assert row["added_min"] == pytest.approx(-20.0)  # back earlier: it is nearer


def test_window_distance_and_zone_are_told_apart() -> None:
    assert reason(line_of_three(open_min=[100.0, 0.0], close_min=[200.0, 60.0]), "near")[
        "reason"
    ] == ("window")
    assert reason(line_of_three(close_min=[60.0, 5.0]), "far")["reason"] == "distance"
    row = reason(replace(line_of_three(), permitted=np.array([[True, False]])), "far")
    assert row["reason"] == "no_team"
    assert row["team"] is None
    assert np.isnan(row["added_min"])


def test_dropped_and_worthless_places_are_told_apart() -> None:
    dropped = reason(line_of_three(), "far", drops=[1])
    assert dropped["reason"] == "dropped"
    worthless = reason(line_of_three(prize=[0.0, 3.0], service_min=5.0), "near")
    assert worthless["reason"] == "not_worth"
    assert worthless["added_min"] == pytest.approx(5.0)


def test_a_lock_does_not_give_way() -> None:
    problem = line_of_three()
    row = reason(problem, "near", locks=[("t", 1)])
    assert row["reason"] == "no_free_team"
    assert row["team"] is None


@given(seed=st.integers(0, 5_000), minutes=st.sampled_from([0.0, 60.0, 150.0]))
@settings(max_examples=30, deadline=None)
def test_every_task_is_served_or_explained(
    county: MakeCounty, seed: int, minutes: float
) -> None:
    problem = county(seed, hotspots=10, minutes=minutes)
    plan = plan_patrol(problem, iterations=60)
    left = unserved(problem, plan)
    assert sorted([*left["task"], *plan.served]) == list(range(len(problem.tasks)))
    assert set(left["reason"]) <= set(REASONS)
    assert left["is_must"].is_monotonic_decreasing
    for row in left.itertuples():
        if row.displaced_stops:
            prize = problem.tasks["prize"].to_numpy()[list(row.displaced_stops)].sum()
            assert prize == pytest.approx(row.displaced)

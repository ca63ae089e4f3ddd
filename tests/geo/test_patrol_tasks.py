"""Places become tasks as the rules say, and what cannot be met is named."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geo.errors import FrameError
from geo.patrol_feasibility import obstacles
from geo.patrol_problem import PatrolProblem
from geo.patrol_tasks import (
    CITY,
    TaskRules,
    build_problem,
    presence_by_block,
    rotating_sample,
)

MakeCounty = Callable[..., PatrolProblem]

PLACES = pd.DataFrame({"location": [1, 2], "unit_code": ["u", "w"]}, index=["h1", "h2"])
HARM = [[4.0, 2.0], [0.0, 6.0]]
TEAMS = pd.DataFrame(
    {
        "zone": ["u", CITY],
        "begin": [0, 0],
        "finish": [0, 0],
        "from_min": [0.0, 60.0],
        "to_min": [210.0, 240.0],
    },
    index=["home", "city"],
)
TRAVEL = 10.0 * (1.0 - np.eye(4))
VILLAGES = pd.DataFrame(
    {"location": [3, 3], "unit_code": ["u", "w"], "days_since": [3, 9]}, index=["v1", "v2"]
)
MUSTS = pd.DataFrame(
    {"location": [2], "unit_code": ["u"], "open_min": [30.0], "close_min": [90.0]}, index=["m"]
)
EXACT = TaskRules(sample_share=0.0)


def build(**changes: object) -> PatrolProblem:
    given = {"musts": MUSTS, "villages": VILLAGES, "rules": EXACT, **changes}
    return build_problem(PLACES, HARM, TEAMS, TRAVEL, **given)


def test_prizes_dwell_and_windows() -> None:
    tasks = build().tasks
    hot = tasks[tasks["kind"] == "hotspot"].set_index(["place", "block"])
    assert hot["prize"].to_dict() == {("h1", 0): 4.0, ("h1", 1): 2.0, ("h2", 1): 6.0}
    assert hot.loc[("h2", 1), ["service_min", "open_min", "close_min"]].tolist() == [
        15,
        120,
        225,
    ]
    stay = tasks[tasks["kind"] == "stay"].set_index(["place", "block"])["prize"]
    assert stay.to_numpy() == pytest.approx(0.35 * hot["prize"].to_numpy())
    village = tasks[tasks["kind"] == "village"].set_index("place")
    assert village["is_must"].to_dict() == {"v1": False, "v2": True}
    assert village.loc["v1", "prize"] == pytest.approx(0.1 * 4.0 * 3 / 7)
    assert village.loc["v1", ["service_min", "open_min", "close_min"]].tolist() == [
        8.0,
        -np.inf,
        np.inf,
    ]


def test_a_must_outweighs_all_that_a_team_could_do() -> None:
    tasks = build().tasks.set_index("place")
    most = 210 // 8 + 1
    assert tasks.loc["v2", "prize"] >= min(most, len(tasks)) * 6.0
    assert tasks.loc["m", "prize"] == 2.0 * tasks.loc["v2", "prize"]


def test_who_may_go_where() -> None:
    problem = build(blocked=[("city", "h1")])
    tasks = problem.tasks
    home, city = problem.permitted
    assert set(tasks["place"][home]) == {"h1", "v1", "m"}
    assert set(tasks["place"][city]) == {"h2", "m"}
    # Blocks begin every two hours; the home team is gone when h1's second one ends.
    start = problem.start_min[0, tasks.index[(tasks["place"] == "h1") & (tasks["block"] == 1)]]
    assert start.tolist() == [120.0, 120.0]


def test_lines_breaks_and_foot_patrols() -> None:
    teams = TEAMS.assign(
        break_min=[30.0, 0.0], break_from_min=90.0, break_to_min=120.0, mode=[0, 1]
    )
    line = MUSTS.assign(leave_location=[3], service_min=[20.0])
    travel = np.stack([TRAVEL, 4.0 * TRAVEL])
    problem = build_problem(PLACES, HARM, teams, travel, musts=line, rules=EXACT)
    tasks = problem.tasks.set_index("place")
    assert tasks.loc["m", ["enter", "leave", "service_min"]].tolist() == [2, 3, 20.0]
    assert tasks.loc["home", ["kind", "enter", "service_min"]].tolist() == ["break", 0, 30.0]
    rest = problem.tasks.index[problem.tasks["kind"] == "break"]
    assert problem.permitted[:, rest].tolist() == [[True], [False]]
    assert problem.start_min[1, 0] == 60.0 + 40.0


def test_every_place_has_its_turn_before_any_has_another() -> None:
    share = [rotating_sample(53, 0.1, rotation=turn, seed=3) for turn in range(20)]
    assert np.array_equal(np.sum(share[:10], axis=0), np.ones(53))
    assert np.array_equal(np.sum(share[10:], axis=0), np.ones(53))
    assert not np.array_equal(share[0], share[10])
    assert not rotating_sample(53, 0.0, rotation=1).any()


def test_sampled_places_are_raised_and_held_out_ones_left_alone() -> None:
    harm = np.concatenate([np.zeros(20), np.arange(1.0, 21.0)])[:, None]
    places = pd.DataFrame({"location": 1, "unit_code": "u"}, index=np.arange(40))
    rules = TaskRules(sample_share=0.1, holdout_share=0.1, second_share=0.0)
    problem = build_problem(places, harm, TEAMS, TRAVEL, rules=rules, rotation=2, seed=5)
    sample = rotating_sample(40, 0.1, rotation=2, seed=5)
    holdout = rotating_sample(40, 0.1, rotation=2, seed=6)
    prize = problem.tasks.set_index("place")["prize"]
    assert set(prize.index) == set(np.flatnonzero(((harm[:, 0] > 0) | sample) & ~holdout))
    assert (prize[prize.index.isin(np.flatnonzero(sample))] >= 10.5).all()


def test_presence_of_each_zone_in_each_block() -> None:
    table = presence_by_block(TEAMS, block_min=120.0, blocks=3)
    assert table.loc["u"].tolist() == [120.0, 90.0, 0.0]
    assert table.loc[CITY].tolist() == [60.0, 120.0, 0.0]


def test_what_cannot_be_met_is_named() -> None:
    assert obstacles(build()).to_dict("records") == [
        pytest.approx(
            {"code": "no_team", "subject": "v2", "needed_min": np.nan, "available_min": np.nan},
            nan_ok=True,
        )
    ]
    late = MUSTS.assign(open_min=500.0, close_min=600.0)
    early = MUSTS.assign(open_min=0.0, close_min=4.0)
    far = obstacles(build(villages=None, musts=early)).iloc[0]
    assert obstacles(build(villages=None, musts=late))["code"].tolist() == ["window"]
    assert far["code"] == "distance"
    assert far["needed_min"] == 30.0
    assert far["available_min"] == 24.0
    teams = TEAMS.assign(finish=1, to_min=[5.0, 240.0])
    short = build_problem(PLACES, HARM, teams, TRAVEL, rules=EXACT)
    assert obstacles(short).iloc[0].tolist() == ["no_time", "home", 10.0, 5.0]
    many = pd.DataFrame({"location": 3, "unit_code": "u", "days_since": 9}, index=range(40))
    full = obstacles(build(musts=None, villages=many)).iloc[0]
    assert full.tolist() == ["too_many", "u", 320.0, 210.0]
    rest = TEAMS.assign(break_min=300.0, break_from_min=0.0, break_to_min=60.0).iloc[:1]
    assert obstacles(build_problem(PLACES, HARM, rest, TRAVEL, rules=EXACT))[
        "code"
    ].tolist() == ["no_break"]
    nobody = build_problem(PLACES, HARM, TEAMS.iloc[:0], TRAVEL, musts=MUSTS, rules=EXACT)
    assert obstacles(nobody)["code"].tolist() == ["no_teams"]


def test_a_county_of_the_planner_has_no_obstacle_but_reach(county: MakeCounty) -> None:
    problem = county(7, units=3, musts=3, city=2, minutes=300.0)
    never = problem.tasks["is_must"].to_numpy() & ~problem.allowed.any(axis=0)
    assert len(obstacles(problem)) == never.sum()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"villages": VILLAGES.drop(columns="days_since")}, "lack the columns days_since"),
        ({"villages": VILLAGES.assign(days_since=-1)}, "days_since"),
        ({"musts": MUSTS.assign(open_min=np.nan)}, "both ends"),
        ({"musts": MUSTS.assign(location=9)}, "not among the 4 rows"),
    ],
)
def test_wrong_frames_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(FrameError, match=message):
        build(**changes)


def test_wrong_arrays_are_refused() -> None:
    with pytest.raises(FrameError, match="harm must have"):
        build_problem(PLACES, [1.0, 2.0], TEAMS, TRAVEL)
    with pytest.raises(FrameError, match="expected harm"):
        build_problem(PLACES, [[-1.0], [2.0]], TEAMS, TRAVEL)
    with pytest.raises(FrameError, match="finite and not negative"):
        build_problem(PLACES, HARM, TEAMS, np.full((4, 4), np.inf))
    with pytest.raises(FrameError, match="repeat"):
        build_problem(PLACES, HARM, TEAMS.set_axis(["a", "a"]), TRAVEL)
    with pytest.raises(FrameError, match="no travel matrix"):
        replace(build(), teams=TEAMS.assign(mode=3))

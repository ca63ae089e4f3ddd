"""Patrol plans of a made-up county against other solvers, in one run.

    python bench/patrol.py [--sizes S M L] [--seconds 8] [--seeds 1]

pyvroom, PyVRP and OR-tools run where they are installed; they are no dependencies of the
product, so put them into an environment of their own that also sees the product. Each gets
the same tasks, whole minutes, and as much time on one thread (pyvroom: exploration levels 0
and 5, which take their own time). Plans are re-checked; ``harm`` is the share of all expected
harm that is covered, ``missed`` the musts left out that some team could do alone, ``gap`` the
distance to the proven bound as a share of all that is not a must. ``first`` is the time to the
first plan.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pandas as pd

from geo.patrol_bound import Bound, improving_bounds
from geo.patrol_check import violations
from geo.patrol_plan import PatrolPlan, greedy_plan, improving_plans, plan_of, plan_patrol
from geo.patrol_problem import PatrolProblem
from geo.patrol_tasks import CITY, build_problem
from geo.patrol_warm import warm_patrol

# dangerous places, villages, musts, township teams, city teams
SIZES = {"S": (60, 200, 26, 26, 10), "M": (100, 300, 40, 52, 14), "L": (150, 350, 60, 52, 24)}
UNITS, POSTS, SIDE_KM = 26, 5, 45.0
BOUND_S = {"S": 40.0, "M": 150.0, "L": 400.0}
TRIAL = 1_000  # iterations
Solver = Callable[[PatrolProblem, float, int], list[list[int]]]


def county(size: str, seed: int) -> PatrolProblem:
    """A square of 26 townships; half the dangerous places lie around the county town."""
    hotspots, villages, musts, home, city = SIZES[size]
    rng = np.random.default_rng(seed)
    centres = rng.uniform(2.0, SIDE_KM - 2.0, (UNITS, 2))
    town = rng.normal(SIDE_KM / 2, 4.0, (hotspots // 2, 2))
    at = np.concatenate(
        [
            centres,
            rng.normal(SIDE_KM / 2, 3.0, (POSTS, 2)),
            np.clip(town, 0.0, SIDE_KM),
            rng.uniform(0.0, SIDE_KM, (hotspots - len(town) + villages + musts, 2)),
        ]
    )
    apart_km = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    codes = np.array([f"u{number:02d}" for number in range(UNITS)])
    unit = codes[apart_km[:, :UNITS].argmin(axis=1)]
    first = np.cumsum([UNITS + POSTS, hotspots, villages, musts])

    def places(kind: int, letter: str) -> pd.DataFrame:
        number = np.arange(first[kind], first[kind + 1])
        frame = pd.DataFrame({"location": number, "unit_code": unit[number]})
        return frame.set_axis([f"{letter}{place}" for place in frame.index])

    level = 10.0 * rng.gamma(0.8, 1.0, hotspots)
    start = rng.choice([0.0, 90.0, 180.0, 270.0], home + city)
    post = np.concatenate([np.arange(home) % UNITS, UNITS + np.arange(city) % POSTS])
    teams = pd.DataFrame(
        {
            "zone": [*codes[np.arange(home) % UNITS], *[CITY] * city],
            "begin": post,
            "finish": post,
            "from_min": start,
            "to_min": start + 210.0,
        }
    )
    opens = rng.integers(0, 16, musts) * 20.0
    return build_problem(
        places(0, "h"),
        level[:, None] * rng.dirichlet(np.full(4, 4.0), hotspots) * 4.0,
        teams.set_axis([f"t{number:02d}" for number in teams.index]),
        np.ceil(apart_km * 1.3 * 60.0 / 40.0),
        musts=places(2, "m").assign(open_min=opens, close_min=opens + 150.0),
        villages=places(1, "v").assign(days_since=rng.integers(0, 9, villages)),
    )


def whole(problem: PatrolProblem) -> dict[str, np.ndarray]:
    """Tasks in whole numbers: windows, service, prizes in cents."""
    task, end = problem.tasks, float(problem.teams["to_min"].max())
    return {
        "open": np.clip(np.ceil(task["open_min"]), 0, end).astype(int).to_numpy(),
        "close": np.clip(np.floor(task["close_min"]), 0, end).astype(int).to_numpy(),
        "service": task["service_min"].astype(int).to_numpy(),
        "prize": np.rint(100.0 * task["prize"]).astype(int).to_numpy(),
        "at": task["enter"].to_numpy(int),
        "begin": problem.teams["begin"].to_numpy(int),
        "from": problem.teams["from_min"].astype(int).to_numpy(),
        "to": problem.teams["to_min"].astype(int).to_numpy(),
        "travel": problem.travel_min[0].astype(int),
    }


def with_vroom(level: int) -> Solver:
    def solve(problem: PatrolProblem, _seconds: float, _seed: int) -> list[list[int]]:
        import vroom

        a, is_must = whole(problem), problem.tasks["is_must"].to_numpy()
        # Priorities are whole numbers up to 100: musts get 100, the others at most 20.
        top = a["prize"][~is_must].max()
        priority = np.where(is_must, 100, np.ceil(20.0 * a["prize"] / top)).astype(int)
        model = vroom.Input()
        model.set_durations_matrix("car", a["travel"].astype(np.uint32))
        for k in range(len(problem.teams)):
            model.add_vehicle(
                vroom.Vehicle(
                    k,
                    start=int(a["begin"][k]),
                    end=int(a["begin"][k]),
                    time_window=vroom.TimeWindow(int(a["from"][k]), int(a["to"][k])),
                    skills=set(np.flatnonzero(problem.allowed[k]).tolist()),
                )
            )
        for i in np.flatnonzero(problem.allowed.any(axis=0)).tolist():
            model.add_job(
                vroom.Job(
                    i,
                    location=int(a["at"][i]),
                    default_service=int(a["service"][i]),
                    skills={i},
                    priority=int(priority[i]),
                    time_windows=[vroom.TimeWindow(int(a["open"][i]), int(a["close"][i]))],
                )
            )
        found = model.solve(exploration_level=level, nb_threads=1).routes
        stops = found[found["type"] == "job"]
        routes: list[list[int]] = [[] for _ in range(len(problem.teams))]
        for vehicle, job in zip(stops["vehicle_id"], stops["id"], strict=True):
            routes[int(vehicle)].append(int(job))
        return routes

    return solve


def with_pyvrp(problem: PatrolProblem, seconds: float, seed: int) -> list[list[int]]:
    import pyvrp
    from pyvrp.stop import MaxRuntime

    a, allowed = whole(problem), problem.allowed
    tasks = np.flatnonzero(allowed.any(axis=0))
    # One profile for the teams that may go to the same places; all other places are far.
    _, first, profile = np.unique(
        problem.permitted, axis=0, return_index=True, return_inverse=True
    )
    matrices = []
    for k in first:
        far = ~np.isin(np.arange(len(a["travel"])), a["at"][problem.permitted[k]])
        far[a["begin"]] = False
        matrix = a["travel"].copy()
        matrix[far], matrix[:, far] = 10_000, 10_000
        np.fill_diagonal(matrix, 0)
        matrices.append(matrix)
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in range(len(a["travel"]))],
        clients=[
            pyvrp.Client(
                int(a["at"][i]),
                service_duration=int(a["service"][i]),
                tw_early=int(a["open"][i]),
                tw_late=int(a["close"][i]),
                prize=int(a["prize"][i]),
                required=False,
            )
            for i in tasks
        ],
        depots=[pyvrp.Depot(int(post)) for post in np.unique(a["begin"])],
        vehicle_types=[
            pyvrp.VehicleType(
                start_depot=int(np.searchsorted(np.unique(a["begin"]), a["begin"][k])),
                end_depot=int(np.searchsorted(np.unique(a["begin"]), a["begin"][k])),
                tw_early=int(a["from"][k]),
                tw_late=int(a["to"][k]),
                profile=int(profile.reshape(-1)[k]),
                name=str(k),
            )
            for k in range(len(problem.teams))
        ],
        distance_matrices=matrices,
        duration_matrices=matrices,
    )
    best = pyvrp.solve(data, MaxRuntime(seconds), seed=seed, collect_stats=False).best
    routes: list[list[int]] = [[] for _ in range(len(problem.teams))]
    for route in best.routes():
        visits = [activity.idx for activity in route if activity.is_client()]
        routes[route.vehicle_type()] = tasks[visits].tolist()
    return routes if best.is_feasible() else [[] for _ in routes]


def with_ortools(problem: PatrolProblem, seconds: float, _seed: int) -> list[list[int]]:
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    a, allowed = whole(problem), problem.allowed
    tasks, teams = np.flatnonzero(allowed.any(axis=0)), len(problem.teams)
    at = np.concatenate([a["at"][tasks], a["begin"]])
    service = np.concatenate([a["service"][tasks], np.zeros(teams, int)])
    nodes = list(range(len(tasks), len(tasks) + teams))
    manager = pywrapcp.RoutingIndexManager(len(at), teams, nodes, nodes)
    routing = pywrapcp.RoutingModel(manager)
    travel = a["travel"][np.ix_(at, at)]
    way = routing.RegisterTransitMatrix(travel.tolist())
    step = routing.RegisterTransitMatrix((travel + service[:, None]).tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(way)
    end = int(a["to"].max())
    routing.AddDimension(step, end, end, False, "time")
    clock = routing.GetDimensionOrDie("time")
    for k in range(teams):
        for index in (routing.Start(k), routing.End(k)):
            clock.CumulVar(index).SetRange(int(a["from"][k]), int(a["to"][k]))
    for node, i in enumerate(tasks):
        index = manager.NodeToIndex(node)
        clock.CumulVar(index).SetRange(int(a["open"][i]), int(a["close"][i]))
        routing.VehicleVar(index).SetValues([-1, *np.flatnonzero(allowed[:, i]).tolist()])
        routing.AddDisjunction([index], int(a["prize"][i]))
    options = pywrapcp.DefaultRoutingSearchParameters()
    strategy, search = (
        routing_enums_pb2.FirstSolutionStrategy,
        routing_enums_pb2.LocalSearchMetaheuristic,
    )
    options.first_solution_strategy = strategy.PARALLEL_CHEAPEST_INSERTION
    options.local_search_metaheuristic = search.GUIDED_LOCAL_SEARCH
    options.time_limit.FromMilliseconds(int(1000 * seconds))
    found = routing.SolveWithParameters(options)
    routes: list[list[int]] = [[] for _ in range(teams)]
    for k in range(teams if found else 0):
        index = found.Value(routing.NextVar(routing.Start(k)))
        while not routing.IsEnd(index):
            routes[k].append(int(tasks[manager.IndexToNode(index)]))
            index = found.Value(routing.NextVar(index))
    return routes


def ours(problem: PatrolProblem, seconds: float, seed: int) -> tuple[PatrolPlan, float]:
    """As many iterations as fit into the time: a trial without the greedy start measures them."""
    trial = improving_plans(problem, iterations=TRIAL, seed=seed, every=TRIAL)
    started = time.perf_counter()
    next(trial)
    first_s = time.perf_counter() - started
    next(trial)
    trial_s = time.perf_counter() - started
    count = int(0.95 * TRIAL * (seconds - trial_s - first_s) / (trial_s - first_s))
    return plan_patrol(problem, iterations=max(TRIAL, count), seed=seed), first_s


def proven(problem: PatrolProblem, plan: PatrolPlan, seconds: float) -> Bound:
    started, bounds = time.perf_counter(), improving_bounds(problem, plans=[plan])
    best = next(bounds)
    while not best.is_final and time.perf_counter() - started < seconds:
        best = next(bounds, best)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["S"], choices=list(SIZES))
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    options = parser.parse_args()
    peers: dict[str, tuple[str, Solver]] = {
        "pyvroom x0": ("vroom", with_vroom(0)),
        "pyvroom x5": ("vroom", with_vroom(5)),
        "PyVRP": ("pyvrp", with_pyvrp),
        "OR-tools": ("ortools", with_ortools),
    }
    missing = sorted({module for module, _ in peers.values() if find_spec(module) is None})
    if missing:
        print(f"not installed, left out: {', '.join(missing)}")
    warm_patrol()
    for size in options.sizes:
        for seed in options.seeds:
            compare(county(size, seed), f"{size}{seed}", options.seconds, seed, peers)


def compare(
    problem: PatrolProblem,
    name: str,
    seconds: float,
    seed: int,
    peers: dict[str, tuple[str, Solver]],
) -> None:
    plans: dict[str, tuple[PatrolPlan, float]] = {}
    for label, is_per_minute in (("greedy by prize", False), ("greedy per minute", True)):
        started = time.perf_counter()
        plan = greedy_plan(problem, is_per_minute=is_per_minute)
        plans[label] = plan, time.perf_counter() - started
    first_s = 0.0
    for limit_s in (2.0, seconds):
        started = time.perf_counter()
        plan, first_s = ours(problem, limit_s, seed)
        plans[f"ours {limit_s:.0f} s"] = plan, time.perf_counter() - started
    for label, (module, solve) in peers.items():
        if find_spec(module) is not None:
            started = time.perf_counter()
            routes = solve(problem, seconds, seed)
            plans[label] = plan_of(problem, routes), time.perf_counter() - started
    started = time.perf_counter()
    bound = proven(problem, plans[f"ours {seconds:.0f} s"][0], BOUND_S[name[0]])
    bound_s = time.perf_counter() - started
    is_must = problem.tasks["is_must"].to_numpy() & problem.allowed.any(axis=0)
    harm = problem.tasks["prize"].to_numpy()[problem.is_harm].sum()
    print(
        f"\n{name}: {len(problem.tasks)} tasks, {len(problem.teams)} teams; first {first_s:.2f} s; "
        f"bound in {bound.rounds} rounds, {bound_s:.0f} s, final: {bound.is_final}"
    )
    print("solver              harm   missed    gap    value gap  rules  seconds")
    for label, (plan, taken_s) in plans.items():
        missed = int(is_must.sum() - is_must[plan.served].sum())
        rules = "kept" if violations(problem, plan).empty else "BROKEN"
        print(
            f"{label:<18} {plan.harm / harm:6.2%} {missed:6} "
            f"{bound.harm_gap(problem, plan):8.2%} {bound.gap(plan):10.3%}  {rules:<6} "
            f"{taken_s:6.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

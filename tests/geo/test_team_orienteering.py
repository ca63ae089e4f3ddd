"""The literature's instances: read, solved, and checked apart from the solver."""

import math
import os
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from geo.errors import SourceError
from geo.patrol_check import violations
from geo.patrol_plan import plan_patrol
from geo.team_orienteering import HEAT, read_instance, read_vertices

REALDATA = os.environ.get("PINGAN_REALDATA")

TEXT = """n 5
m 2
tmax 8.0
0.0 0.0 0
1.0 0.0 5
0.0 3.0 7
9.0 9.0 50
2.0 0.0 0
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "small.txt"
    file.write_text(TEXT)
    return file


def test_a_file_is_read_and_solved(path: Path) -> None:
    problem = read_instance(path)
    assert problem.travel_min.shape == (1, 5, 5)
    assert problem.travel_min[0, 1, 2] == pytest.approx(math.sqrt(10.0))
    plan = plan_patrol(problem, iterations=50)
    assert plan.value == 12.0
    assert violations(problem, plan).empty
    assert 2 not in plan.served  # out of reach


@pytest.mark.parametrize(
    ("old", "new"),
    [("n 5", "n 6"), ("tmax", "limit"), ("9.0 9.0 50", "9.0 nine 50"), ("m 2", "m 0")],
)
def test_other_files_are_refused(path: Path, old: str, new: str) -> None:
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(SourceError, match="small"):
        read_instance(path)


@pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is not set")
def test_confirmed_values_of_set_4_are_reached() -> None:
    folder = Path(str(REALDATA)) / "oracles" / "top"
    known = pd.read_csv(folder / "best_known.csv", index_col="instance")
    known = known[known["status"] == "confirmed"]["best_known"]
    assert len(known) == 15
    gaps = []
    for name, best in known.items():
        path = folder / "Set4" / f"{name}.txt"
        vertices, teams, limit = read_vertices(path)
        plan = plan_patrol(read_instance(path), iterations=6_000, seed=1, heat=HEAT)
        assert len(plan.routes) == teams
        visited = [task + 1 for route in plan.routes for task in route]
        assert len(set(visited)) == len(visited)
        for route in plan.routes:
            stops = [0, *(task + 1 for task in route), len(vertices) - 1]
            ways = [math.dist(vertices[a][:2], vertices[b][:2]) for a, b in pairwise(stops)]
            assert sum(ways) <= limit + 1e-6
        value = sum(vertices[v][2] for v in visited)
        assert value == plan.value <= best
        gaps.append(1.0 - value / best)
    assert sum(gaps) / len(gaps) <= 0.01

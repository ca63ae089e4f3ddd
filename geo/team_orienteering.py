"""Team-orienteering instances of the literature, solved by the patrol planner.

Chao, Golden & Wasil (1996, doi:10.1016/0377-2217(94)00289-4): each of m teams goes from the
first vertex to the last within a time limit, and the prizes of vertices visited add up. The
files start with ``n N``, ``m P``, ``tmax T``; then one ``x y prize`` a line.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import SourceError
from geo.patrol_problem import PatrolProblem

Floats = npt.NDArray[np.float64]


# Heat that suits long routes of few teams and prizes much alike.
HEAT = 1.5


def read_instance(path: Path) -> PatrolProblem:
    """Problem of one file; task i is vertex i + 1, counted from 0.

    Raises
    ------
    SourceError
        When the file is not in the format.
    """
    vertices, teams, limit = read_vertices(path)
    table = np.array(vertices)
    return orienteering_problem(table[:, :2], table[:, 2], teams=teams, limit=limit)


def read_vertices(path: Path) -> tuple[list[tuple[float, float, float]], int, float]:
    """Vertices (x, y, prize), number of teams, and limit of one file.

    Raises
    ------
    SourceError
        When the file is not in the format.
    """
    wrong = SourceError(
        "FORMAT", f"{path.name} is no team-orienteering file: n, m, tmax, x y s"
    )
    try:
        lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
        lines = [line for line in lines if line]
        head = {line[0].lower(): float(line[1]) for line in lines[:3]}
        count, teams, limit = int(head["n"]), int(head["m"]), head["tmax"]
        rows = [tuple(float(text) for text in line) for line in lines[3:]]
    except (IndexError, KeyError, ValueError) as error:
        raise wrong from error
    vertices = [(row[0], row[1], row[2]) for row in rows if len(row) == 3]
    if count < 2 or teams < 1 or not len(vertices) == len(rows) == count:
        raise wrong
    return vertices, teams, limit


def orienteering_problem(
    xy: npt.ArrayLike, prizes: npt.ArrayLike, *, teams: int, limit: float
) -> PatrolProblem:
    """Teams from the first vertex to the last, Euclidean distances, one limit.

    Parameters
    ----------
    xy
        (vertices, 2) coordinates.
    prizes
        (vertices); those of the first and the last do not count.
    """
    at, prize = np.asarray(xy, dtype=float), np.asarray(prizes, dtype=float)
    inner = np.arange(1, len(at) - 1)
    tasks = pd.DataFrame(
        {
            "place": inner,
            "kind": "hotspot",
            "block": 0,
            "unit_code": "",
            "enter": inner,
            "leave": inner,
            "prize": prize[inner],
            "service_min": 0.0,
            "open_min": 0.0,
            "close_min": limit,
            "is_must": False,
        }
    )
    team = {"zone": "", "begin": 0, "finish": len(at) - 1, "from_min": 0.0, "to_min": limit}
    return PatrolProblem(
        tasks=tasks,
        teams=pd.DataFrame([team] * teams, index=pd.RangeIndex(teams)),
        travel_min=_distances(at)[None],
        permitted=np.ones((teams, len(inner)), dtype=bool),
    )


def _distances(at: Floats) -> Floats:
    return np.asarray(np.hypot(*(at[:, None] - at[None, :]).transpose(2, 0, 1)))

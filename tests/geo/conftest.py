"""Made-up patrol problems for the tests of the planner."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from geo.patrol_problem import PatrolProblem
from geo.patrol_tasks import CITY, build_problem

MakeCounty = Callable[..., PatrolProblem]


def make_county(
    seed: int = 0,
    *,
    units: int = 3,
    hotspots: int = 6,
    villages: int = 6,
    musts: int = 2,
    city: int = 1,
    risk: float = 1.0,
    minutes: float = 120.0,
    side_km: float = 15.0,
) -> PatrolProblem:
    """A plane of ``units`` townships, one team each and ``city`` more, two blocks of harm."""
    rng = np.random.default_rng(seed)
    count = (units, hotspots, villages, musts)
    at = rng.uniform(0.0, side_km, (sum(count), 2))
    first = np.cumsum([0, *count])
    travel = np.ceil(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) * 2.0)
    codes = np.array([f"u{number}" for number in range(units)])
    unit = np.hypot(*(at[:, None] - at[None, :units]).transpose(2, 0, 1)).argmin(axis=1)

    def places(kind: int, letter: str) -> pd.DataFrame:
        number = np.arange(first[kind], first[kind + 1])
        index = [f"{letter}{place}" for place in range(len(number))]
        return pd.DataFrame({"location": number, "unit_code": codes[unit[number]]}, index=index)

    start = rng.choice([0.0, 30.0, 60.0], units + city)
    post = np.concatenate([np.arange(units), rng.integers(0, units, city)])
    teams = pd.DataFrame(
        {
            "zone": [*codes, *[CITY] * city],
            "begin": post,
            "finish": post,
            "from_min": start,
            "to_min": start + minutes,
        },
        index=[f"t{number}" for number in range(units + city)],
    )
    opens = rng.uniform(0.0, 90.0, musts)
    return build_problem(
        places(1, "h"),
        risk * rng.gamma(1.0, 1.0, (hotspots, 2)),
        teams,
        travel,
        musts=places(3, "m").assign(open_min=opens, close_min=opens + 60.0),
        villages=places(2, "v").assign(days_since=rng.integers(0, 9, villages)),
    )


@pytest.fixture(scope="session")
def county() -> MakeCounty:
    return make_county

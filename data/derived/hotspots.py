"""Where incidents concentrate, beyond chance, through time and in repeats.

Every function takes the cases and a selection and gives a :class:`Result` whose facts say
what entered, what was left out and which parameters were used. Data too few for a method
give an empty result with a ``note`` among the parameters, never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.derived.cases import Cases, Events
from data.derived.county_cells import CountyCells, Shape, county_cells
from data.derived.density import density
from data.derived.results import Result, empty_cells
from geo.aoristic import hour_of_week_profile
from geo.concentration import concentration as concentration_of
from geo.emerging import Emergence, count_cube, emerging_hotspots
from geo.errors import ExactCostError, FrameError
from geo.hotspots import Cluster, Spot, hotspots
from geo.near_repeat import RepeatRole, near_repeat_table, repeat_roles
from geo.neighbours import Neighbours
from geo.selection import IncidentSelection

__all__ = [
    "concentration",
    "density",
    "emerging",
    "near_repeat",
    "significance",
    "week_profile",
]

Found = TypeVar("Found")
Floats = npt.NDArray[np.float64]

# A record enters while its 95 % circle stays within the 3 × 3 cells around it.
REACH_CELLS = 1.5
FEWEST_CELLS = 3
FEWEST_PAIRED = 4
FEWEST_STEPS, MOST_STEPS = 12, 52
STEPS_DAYS = (7, 14, 28, 91, 182, 364, 728)  # whole weeks: no step has more Saturdays
SAME_PLACE_M = 1.0
HOUR_UNKNOWN = 255
LORENZ_POINTS = 200

SPOT_COLUMNS = (
    "value",
    "around",
    "gi_star",
    "local_moran",
    "p_high",
    "p_low",
    "q_high",
    "q_low",
    "spot",
    "cluster",
)
EMERGING_COLUMNS = ("emergence", "trend_z", "trend_p", "hot_steps", "cold_steps", "events")
PAIR_COLUMNS = (
    "from_m",
    "to_m",
    "from_days",
    "to_days",
    "observed",
    "expected",
    "sd",
    "ratio",
    "z",
    "p",
)


def significance(
    cases: Cases,
    selection: IncidentSelection,
    *,
    cell_m: float = 500.0,
    level: float = 0.05,
    shape: Shape = "square",
) -> Result:
    """Hot, cold and outlying cells at a false discovery rate.

    Parameters
    ----------
    cell_m
        Side of a square, or width of a hexagon, in metres.
    level
        False discovery rate of :func:`geo.hotspots.hotspots`.

    Returns
    -------
    Cells with :data:`SPOT_COLUMNS` that are hot, cold or part of a cluster.
    ``parameters["null"]`` says whether p is exact or simulated.
    """
    _check_level(level)
    cells, events, cell = _counted(cases, selection, cell_m=cell_m, shape=shape)
    parameters: dict[str, object] = {
        "cell_m": float(cell_m),
        "shape": shape,
        "level": float(level),
        "cells": len(cells),
    }
    if not len(events) or len(cells) < FEWEST_CELLS:
        parameters["note"] = "too_few_events" if not len(events) else "too_few_cells"
        return Result(
            facts=events.facts("significance", parameters), cells=empty_cells(*SPOT_COLUMNS)
        )
    counts = np.bincount(cell, minlength=len(cells)).astype(np.float64)
    table, parameters["null"] = _exactly(hotspots, counts, cells.neighbours, level=level)
    table = table[list(SPOT_COLUMNS)]
    chosen = ((table["spot"] != Spot.NONE) | (table["cluster"] != Cluster.NONE)).to_numpy()
    return Result(
        facts=events.facts("significance", parameters), cells=cells.drawn(table, chosen)
    )


def emerging(
    cases: Cases,
    selection: IncidentSelection,
    *,
    cell_m: float = 1000.0,
    step_days: int | None = None,
    level: float = 0.05,
) -> Result:
    """Cells by the run of their hot and cold steps and the trend of Gi*.

    Steps end with the period; days at its beginning that fill no whole step are left out.

    Parameters
    ----------
    step_days
        Length of a step; chosen to give 12 to 52 steps when None.

    Returns
    -------
    Cells with :data:`EMERGING_COLUMNS` of a class other than none.
    """
    _check_level(level)
    cells, events, _ = _counted(cases, selection, cell_m=cell_m, shape="square")
    days = events.day_to - events.day_from + 1
    step = _step_days(days) if step_days is None else int(step_days)
    if step < 1:
        raise FrameError(f"step_days = {step} must be at least 1")
    steps = days // step
    parameters: dict[str, object] = {
        "cell_m": float(cell_m),
        "step_days": step,
        "steps": steps,
        "level": float(level),
        "cells": len(cells),
    }
    if len(events) and len(cells) >= FEWEST_CELLS and steps >= 2:
        first = events.day_to - steps * step + 1
        events = events.since(first)
        cell = cells.assign(events.x_m, events.y_m)
        cube = count_cube(cell, (events.day - first) // step, places=len(cells), steps=steps)
        found, parameters["null"] = _exactly(
            emerging_hotspots, cube, cells.neighbours, level=level
        )
        places = found.places
        chosen = (places["emergence"] != Emergence.NONE).to_numpy()
        drawn = cells.drawn(places[list(EMERGING_COLUMNS)], chosen)
    else:
        drawn = empty_cells(*EMERGING_COLUMNS)
        if not len(events):
            parameters["note"] = "too_few_events"
        else:
            parameters["note"] = "short_period" if steps < 2 else "too_few_cells"
    return Result(facts=events.facts("emerging", parameters), cells=drawn)


def near_repeat(
    cases: Cases,
    selection: IncidentSelection,
    *,
    distances_m: Sequence[float] = (200.0, 400.0, 600.0),
    days: Sequence[float] = (7.0, 14.0, 21.0, 28.0),
) -> Result:
    """Pairs of incidents close in space and time, against chance.

    Only incidents placed within the first band take part. Whole local days are compared.

    Parameters
    ----------
    distances_m
        Upper edges of the bands of distance; the same place (less than 1 m) comes before.
    days
        Upper edges of the bands of days apart.

    Returns
    -------
    ``tables["near_repeat"]`` with :data:`PAIR_COLUMNS`, one row per band of distance and
    days, the last ones open; ``tables["roles"]``: ``role, events`` within the first bands.
    """
    if not len(distances_m) or not len(days):
        raise FrameError("near repeats need at least one band of distance and one of days")
    events = Events.of(cases, selection, coarsest_m=float(distances_m[0])).in_area()
    parameters: dict[str, object] = {
        "distances_m": [float(edge) for edge in distances_m],
        "days": [float(edge) for edge in days],
    }
    pairs = pd.DataFrame(columns=list(PAIR_COLUMNS), dtype=np.float64)
    roles = pd.Series(dtype=np.int64)
    if len(events) >= FEWEST_PAIRED:
        x_m, y_m, day = events.x_m, events.y_m, events.day
        pairs = near_repeat_table(
            x_m,
            y_m,
            day,
            distance_edges_m=(0.0, SAME_PLACE_M, *distances_m),
            day_edges=(0.0, *days),
        ).rename(columns={"p_high": "p"})
        roles = repeat_roles(
            x_m, y_m, day, distance_m=float(distances_m[0]), days_apart=float(days[0])
        )["role"].value_counts()
    else:
        parameters["note"] = "too_few_events"
    names = [str(role) for role in RepeatRole]
    counted = roles.reindex(names, fill_value=0).to_numpy(dtype=np.int64)
    return Result(
        facts=events.facts("near_repeat", parameters),
        cells=empty_cells(),
        tables={
            "near_repeat": pairs,
            "roles": pd.DataFrame({"role": names, "events": counted}),
        },
    )


def concentration(
    cases: Cases, selection: IncidentSelection, *, cell_m: float = 500.0
) -> Result:
    """How few cells hold most of the incidents.

    Returns
    -------
    Cells that together hold half of the incidents, with ``value``;
    ``tables["lorenz"]``: ``share_of_places, share_of_events``, at most 200 points from the
    busiest cell on; ``tables["concentration"]``: one row of ``places, events, gini,
    gini_sparse, holding_25, holding_50, holding_80`` (shares of places).
    """
    cells, events, cell = _counted(cases, selection, cell_m=cell_m, shape="square")
    parameters: dict[str, object] = {"cell_m": float(cell_m), "cells": len(cells)}
    if not len(events):
        parameters["note"] = "too_few_events"
        return Result(
            facts=events.facts("concentration", parameters),
            cells=empty_cells("value"),
            tables={
                "lorenz": pd.DataFrame(
                    columns=["share_of_places", "share_of_events"], dtype=np.float64
                ),
                "concentration": pd.DataFrame(),
            },
        )
    counts = np.bincount(cell, minlength=len(cells)).astype(np.float64)
    found = concentration_of(counts)
    holding = {
        f"holding_{round(100 * share)}": part for share, part in found.places_holding.items()
    }
    busiest = np.argsort(-counts, kind="stable")[
        : round(found.places_holding[0.5] * len(cells))
    ]
    chosen = np.zeros(len(cells), dtype=bool)
    chosen[busiest] = True
    return Result(
        facts=events.facts("concentration", parameters),
        cells=cells.drawn(pd.DataFrame({"value": counts}), chosen),
        tables={
            "lorenz": _lorenz(found.lorenz),
            "concentration": pd.DataFrame(
                [
                    {
                        "places": found.places,
                        "events": found.events,
                        "gini": found.gini,
                        "gini_sparse": found.gini_sparse,
                        **holding,
                    }
                ]
            ),
        },
    )


def week_profile(cases: Cases, selection: IncidentSelection) -> Result:
    """Incidents by weekday and hour, placed or not.

    Returns
    -------
    ``tables["week"]``: 168 rows of ``weekday`` (0 = Monday), ``hour`` and ``events``. Those
    whose hour is not known are left out; ``parameters["hour_unknown"]`` counts them.
    """
    rows = cases.rows(selection)
    known = rows[cases.columns.hour[rows] != HOUR_UNKNOWN]
    hour = cases.columns.hour[known].astype(np.int64)
    local_s = cases.columns.day[known].astype(np.int64) * 86_400 + hour * 3_600
    profile = hour_of_week_profile(local_s, local_s)
    weekday, of_day = np.divmod(np.arange(profile.size), 24)
    day_from, day_to = cases.period(selection)
    events = Events(
        cases=cases,
        selection=selection,
        rows=known,
        too_coarse=0,
        outside=0,
        day_from=day_from,
        day_to=day_to,
    )
    return Result(
        facts=events.facts("week", {"hour_unknown": len(rows) - len(known)}),
        cells=empty_cells(),
        tables={
            "week": pd.DataFrame(
                {
                    "weekday": weekday,
                    "hour": of_day,
                    "events": profile.ravel().round().astype(np.int64),
                }
            )
        },
    )


def _counted(
    cases: Cases, selection: IncidentSelection, *, cell_m: float, shape: Shape
) -> tuple[CountyCells, Events, npt.NDArray[np.int32]]:
    """The county's cells, the events in them and the cell of each."""
    cells = county_cells(cases, cell_m=cell_m, shape=shape, units=selection.units)
    events = Events.of(cases, selection, coarsest_m=REACH_CELLS * cell_m)
    cell = cells.assign(events.x_m, events.y_m)
    return cells, events.inside(cell >= 0), cell[cell >= 0]


def _exactly(
    measure: Callable[..., Found], counts: Floats, neighbours: Neighbours, *, level: float
) -> tuple[Found, str]:
    """A measure with exact p-values where they take no more than moments, else simulated."""
    try:
        return measure(counts, neighbours, level=level), "exact"
    except ExactCostError:
        return measure(counts, neighbours, level=level, null="simulated"), "simulated"


def _step_days(days: int) -> int:
    """The shortest step that gives 12 to 52 steps: whole weeks where the period is long."""
    for step in STEPS_DAYS:
        if FEWEST_STEPS <= days // step <= MOST_STEPS:
            return step
    return 1 if days <= MOST_STEPS else max(3, -(-days // MOST_STEPS))


def _lorenz(curve: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Lorenz curve from (0, 0), thinned to :data:`LORENZ_POINTS`."""
    share_of_events = np.concatenate([[0.0], curve])
    at = np.unique(
        np.linspace(0, len(curve), min(LORENZ_POINTS, len(curve) + 1)).round().astype(np.int64)
    )
    return pd.DataFrame(
        {"share_of_places": at / len(curve), "share_of_events": share_of_events[at]}
    )


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise FrameError(f"level = {level} must lie between 0 and 1, for example 0.05")

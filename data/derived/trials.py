"""Back-test of the forecast on events from anywhere, without a store or a region pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from data.derived.forecasts import Progress, assess, components
from data.derived.results import Facts, Result, empty_cells
from geo.errors import FrameError
from geo.grid import OUTSIDE, SquareGrid
from geo.selection import day_of
from geo.snap_points import find_snap_points
from geo.training import History

Floats = npt.NDArray[np.float64]


def backtest_points(
    x_m: Floats,
    y_m: Floats,
    time_days: Floats,
    *,
    boundary_m: shapely.Geometry | None,
    cell_m: float,
    horizon_days: float,
    version: str,
    first_origin_days: float | None = None,
    end_days: float | None = None,
    source: Mapping[str, object] | None = None,
    progress: Progress | None = None,
) -> Result:
    """Back-test events given as coordinates and times.

    Parameters
    ----------
    x_m, y_m
        (n) coordinates in a metric CRS.
    time_days
        (n) local time in days since 1970-01-01.
    boundary_m
        Polygon of the area in the same CRS; the convex hull of the events when None, which
        ``parameters["boundary"]`` then says.
    version
        Name of the data, for the facts.
    first_origin_days, end_days
        Start of the first scored window, and when the last one ends at the latest; see
        :func:`data.derived.forecasts.assess`. The end is that of the last day by default.
    source
        Further parameters to print: how the events were read.

    Returns
    -------
    Tables ``scores``, ``decision``, ``drift`` and ``components``; no cells.

    Raises
    ------
    FrameError
        When there is no event, the cells are far too many, or no whole window fits.
    """
    if not len(time_days):
        raise FrameError("there are no events to back-test")
    if not 0 < horizon_days < np.inf:
        raise FrameError(f"horizon_days = {horizon_days} must be a positive number of days")
    is_given = boundary_m is not None
    area = boundary_m if is_given else _hull(x_m, y_m)
    if not shapely.area(area) > 0:
        raise FrameError("all events lie on one line or spot; give a boundary")
    shapely.prepare(area)
    grid = SquareGrid.covering(tuple(shapely.bounds(area).tolist()), cell_m=cell_m)
    inside = shapely.contains_xy(area, grid.centres_m())
    if not inside.any():
        raise FrameError(f"cells of {cell_m:g} m are wider than the area; take smaller ones")
    cell = grid.assign(x_m, y_m)
    entered = (cell != OUTSIDE) & inside[cell]
    last = float(np.floor(time_days.max())) + 1.0
    end = last if end_days is None else min(end_days, last)
    origin = end
    if first_origin_days is not None:
        windows = int((end - first_origin_days) / horizon_days + 1e-9)
        if windows < 1:
            raise FrameError("no whole window fits between the first origin and the end")
        origin = first_origin_days + windows * horizon_days
    entered &= time_days < end
    history = History(
        cell=cell[entered].astype(np.int64),
        time_days=time_days[entered],
        inside=inside.reshape(grid.rows, grid.columns),
    )
    assessed = assess(
        history,
        origin_days=origin,
        horizon_days=horizon_days,
        first_origin_days=first_origin_days,
        progress=progress,
    )
    decision = assessed.decision
    parameters: dict[str, object] = {
        "cell_m": float(cell_m),
        "cells": int(inside.sum()),
        "boundary": "given" if is_given else "hull",
        "horizon_days": float(horizon_days),
        "origin": day_of(int(origin)).isoformat(),
        "method": decision.method,
        "windows": decision.windows,
        **(source or {}),
    }
    if not decision.windows:
        parameters["note"] = "no_backtest"
    facts = Facts(
        method="forecast",
        parameters=parameters,
        events=len(history.time_days),
        too_coarse=0,
        outside=int((time_days < end).sum()) - len(history.time_days),
        day_from=int(np.floor(time_days.min())),
        day_to=int(np.ceil(end)) - 1,
        version=version,
        is_demo=False,
        snapped_share=find_snap_points(x_m[entered], y_m[entered]).stacked_share,
    )
    return Result(
        facts=facts,
        cells=empty_cells(),
        tables={
            "scores": assessed.scores,
            "decision": pd.DataFrame([asdict(decision)]),
            "drift": assessed.drift,
            "components": components(assessed.forecast),
        },
    )


def _hull(x_m: Floats, y_m: Floats) -> shapely.Geometry:
    # What lies on the far side of the globe cannot be projected.
    known = np.isfinite(x_m) & np.isfinite(y_m)
    return shapely.convex_hull(shapely.multipoints(np.column_stack([x_m, y_m])[known]))

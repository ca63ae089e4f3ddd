"""Density of incidents as a surface: per km², or per head of the residents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from data.derived.cases import Cases, Events
from data.derived.county_cells import county_cells
from data.derived.results import Facts, Result
from geo.adaptive_density import adaptive_bandwidths, adaptive_density_grid
from geo.assign import OUTSIDE, UnitIndex
from geo.density import PER_PEOPLE, DensityGrid, Kernel, density_grid, risk_adjusted
from geo.errors import FrameError
from geo.selection import IncidentSelection

CELLS_PER_BANDWIDTH = 8
FEWEST_CELLS_PER_BANDWIDTH = 4
MOST_CELLS = 400_000
LEAST_PEOPLE_PER_KM2 = 10.0  # below, a rate per head says nothing

Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float, float, float]


def density(
    cases: Cases,
    selection: IncidentSelection,
    *,
    bandwidth_m: float = 1000.0,
    kernel: Kernel = "quartic",
    is_adaptive: bool = False,
    per_people: bool = False,
) -> tuple[DensityGrid, Facts]:
    """Kernel density of the selected incidents in the county's metric CRS.

    Parameters
    ----------
    bandwidth_m
        Radius of the kernel; incidents placed more coarsely are left out.
    is_adaptive
        Narrow where incidents are dense, wide where they are rare; not corrected at the border.
    per_people
        Incidents per 10 000 residents, spread evenly over their units, in place of per km²;
        NaN where hardly anybody lives.

    Raises
    ------
    FrameError
        When the bandwidth is not positive or too small for the county, the residents are not
        known, or a rate is asked for with an adaptive bandwidth.
    """
    if not bandwidth_m > 0:
        raise FrameError(f"bandwidth_m = {bandwidth_m} must be positive")
    if is_adaptive and per_people:
        raise FrameError("a rate needs one bandwidth everywhere; choose adaptive or per head")
    events = Events.of(cases, selection, coarsest_m=bandwidth_m).in_area()
    area = cases.area_m(selection.units)
    bounds = shapely.bounds(area).tolist()
    cell_m = _cell_m(bounds, bandwidth_m)
    x_m, y_m = events.x_m, events.y_m
    grid = density_grid(
        x_m,
        y_m,
        bounds_m=bounds,
        cell_m=cell_m,
        bandwidth_m=bandwidth_m,
        kernel=kernel,
        boundary=area,
    )
    if is_adaptive and len(events):
        grid = adaptive_density_grid(
            x_m,
            y_m,
            bounds_m=bounds,
            cell_m=cell_m,
            bandwidths_m=adaptive_bandwidths(x_m, y_m, pilot=grid),
            kernel=kernel,
        )
    if per_people:
        exposure = _residents(cases, grid, bounds, kernel=kernel, area=area)
        grid = risk_adjusted(grid, exposure, least_exposure=LEAST_PEOPLE_PER_KM2)
    parameters: dict[str, object] = {
        "bandwidth_m": float(bandwidth_m),
        "kernel": kernel,
        "cell_m": cell_m,
        "is_adaptive": is_adaptive,
        "per_people": PER_PEOPLE if per_people else None,
    }
    if not len(events):
        parameters["note"] = "too_few_events"
    return grid, events.facts("density", parameters)


def density_cells(
    cases: Cases,
    selection: IncidentSelection,
    *,
    bandwidth_m: float = 1000.0,
    kernel: Kernel = "quartic",
    is_adaptive: bool = False,
    per_people: bool = False,
) -> Result:
    """:func:`density` at the centres of cells half a bandwidth wide, for files and pictures.

    Returns
    -------
    Cells above zero with ``density`` and ``events``, the incidents within the bandwidth
    of the centre.
    """
    grid, facts = density(
        cases,
        selection,
        bandwidth_m=bandwidth_m,
        kernel=kernel,
        is_adaptive=is_adaptive,
        per_people=per_people,
    )
    cells = county_cells(cases, cell_m=bandwidth_m / 2, units=selection.units)
    facts = replace(facts, parameters=facts.parameters | {"drawn_m": bandwidth_m / 2})
    x_m, y_m = cells.grid.centres_m()[cells.inside].T
    events = Events.of(cases, selection, coarsest_m=bandwidth_m).in_area()
    around = np.zeros(len(cells), dtype=np.int64)
    if len(events):
        tree = cKDTree(np.column_stack([events.x_m, events.y_m]))
        centres = np.column_stack([x_m, y_m])
        around = tree.query_ball_point(centres, bandwidth_m, return_length=True)
    table = pd.DataFrame({"density": grid.sample(x_m, y_m), "events": around})
    return Result(facts=facts, cells=cells.drawn(table, (table["density"] > 0).to_numpy()))


def _cell_m(bounds: Bounds, bandwidth_m: float) -> float:
    """An eighth of the bandwidth, coarser where that would need too many cells."""
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    coarse = float(np.sqrt(width * height / MOST_CELLS))
    cell_m = max(bandwidth_m / CELLS_PER_BANDWIDTH, coarse)
    if cell_m > bandwidth_m / FEWEST_CELLS_PER_BANDWIDTH:
        least = coarse * FEWEST_CELLS_PER_BANDWIDTH
        raise FrameError(
            f"bandwidth_m = {bandwidth_m:g} is too fine for this area; use {least:.0f} or more"
        )
    return cell_m


def _residents(
    cases: Cases,
    grid: DensityGrid,
    bounds: Bounds,
    *,
    kernel: Kernel,
    area: shapely.Geometry,
) -> DensityGrid:
    """Residents per km², each unit's spread evenly over its cells, smoothed like the events."""
    units = cases.region.units
    people = units["population"].to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.nansum(people) > 0:
        raise FrameError("the units have no population; add it to the region pack, or use km²")
    rows, columns = grid.values.shape
    row, column = np.divmod(np.arange(rows * columns), columns)
    x_m = grid.west_m + (column + 0.5) * grid.cell_m
    y_m = grid.south_m + (row + 0.5) * grid.cell_m
    unit = UnitIndex(units.geometry.to_crs(cases.region.metric_crs)).assign(x_m, y_m)
    held = unit != OUTSIDE
    cells = np.bincount(unit[held], minlength=len(units))
    each = np.nan_to_num(people) / np.maximum(cells, 1)
    return density_grid(
        x_m[held],
        y_m[held],
        bounds_m=bounds,
        cell_m=grid.cell_m,
        bandwidth_m=grid.bandwidth_m,
        kernel=kernel,
        weights=each[unit[held]],
        boundary=area,
    )

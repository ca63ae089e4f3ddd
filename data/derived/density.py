"""Density of incidents as a surface: per km², or per head of the residents."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from data.derived.cases import Cases, Events
from data.derived.county_cells import county_cells
from data.derived.results import Facts, Result
from data.region import RegionPack
from geo.adaptive_density import adaptive_bandwidths, adaptive_density_grid
from geo.assign import OUTSIDE, UnitIndex
from geo.density import (
    PER_PEOPLE,
    DensityGrid,
    Interior,
    Kernel,
    density_grid,
    risk_adjusted,
)
from geo.errors import FrameError
from geo.grid import SquareGrid
from geo.selection import IncidentSelection

CELLS_PER_BANDWIDTH = 8
FEWEST_CELLS_PER_BANDWIDTH = 4
ENOUGH_CELLS, MOST_CELLS = 400_000, 1_000_000
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
    ground = _ground(cases.area_m(selection.units), float(bandwidth_m), kernel)
    x_m, y_m = events.x_m, events.y_m
    grid = ground.density(x_m, y_m)
    if is_adaptive and len(events):
        grid = adaptive_density_grid(
            x_m,
            y_m,
            bounds_m=ground.bounds_m,
            cell_m=ground.cell_m,
            bandwidths_m=adaptive_bandwidths(x_m, y_m, pilot=grid),
            kernel=kernel,
        )
    if per_people:
        exposure = ground.residents(cases.region)
        grid = risk_adjusted(grid, exposure, least_exposure=LEAST_PEOPLE_PER_KM2)
    parameters: dict[str, object] = {
        "bandwidth_m": float(bandwidth_m),
        "kernel": kernel,
        "cell_m": ground.cell_m,
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


@dataclass(frozen=True, kw_only=True, eq=False)
class _Ground:
    """What every density of one area, bandwidth and kernel stands on."""

    area: shapely.Geometry
    bounds_m: Bounds
    cell_m: float
    bandwidth_m: float
    kernel: Kernel
    interior: Interior
    _residents: dict[str, DensityGrid] = field(default_factory=dict, init=False, repr=False)

    def density(self, x_m: Floats, y_m: Floats, weights: Floats | None = None) -> DensityGrid:
        """Density of points that lie in the area."""
        return density_grid(
            x_m,
            y_m,
            bounds_m=self.bounds_m,
            cell_m=self.cell_m,
            bandwidth_m=self.bandwidth_m,
            kernel=self.kernel,
            weights=weights,
            interior=self.interior,
        )

    def residents(self, region: RegionPack) -> DensityGrid:
        """Residents per km², smoothed like the events; made once and kept."""
        made = self._residents.get(region.digest)
        if made is None:
            made = self._residents[region.digest] = self.density(*_residents(self, region))
        return made


@lru_cache(maxsize=8)
def _ground(area: shapely.Geometry, bandwidth_m: float, kernel: Kernel) -> _Ground:
    west, south, east, north = shapely.bounds(area).tolist()
    bounds_m = (west, south, east, north)
    cell_m = _cell_m(bounds_m, bandwidth_m)
    interior = Interior.of(
        area, bounds_m=bounds_m, cell_m=cell_m, bandwidth_m=bandwidth_m, kernel=kernel
    )
    return _Ground(
        area=area,
        bounds_m=bounds_m,
        cell_m=cell_m,
        bandwidth_m=bandwidth_m,
        kernel=kernel,
        interior=interior,
    )


def _cell_m(bounds: Bounds, bandwidth_m: float) -> float:
    """An eighth of the bandwidth, coarser where that would need too many cells."""
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    if bandwidth_m > max(width, height):
        raise FrameError(
            f"bandwidth_m = {bandwidth_m:g} is wider than the area; "
            f"use {max(width, height):.0f} or less"
        )
    coarsest = bandwidth_m / FEWEST_CELLS_PER_BANDWIDTH
    least = float(np.sqrt(width * height / MOST_CELLS)) * FEWEST_CELLS_PER_BANDWIDTH
    if bandwidth_m < least:
        raise FrameError(
            f"bandwidth_m = {bandwidth_m:g} is too fine for this area; use {least:.0f} or more"
        )
    enough = float(np.sqrt(width * height / ENOUGH_CELLS))
    return min(max(bandwidth_m / CELLS_PER_BANDWIDTH, enough), coarsest)


def _residents(ground: _Ground, region: RegionPack) -> tuple[Floats, Floats, Floats]:
    """Points with the residents that each stands for: a unit's are spread evenly over it."""
    units = region.units
    people = units["population"].to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.nansum(people) > 0:
        raise FrameError("the units have no population; add it to the region pack, or use km²")
    x_m, y_m = SquareGrid.covering(ground.bounds_m, cell_m=ground.cell_m).centres_m().T
    held = shapely.intersects_xy(ground.area, x_m, y_m)
    unit = UnitIndex(units.geometry.to_crs(region.metric_crs)).assign(x_m, y_m)
    held &= unit != OUTSIDE
    unit = unit[held]
    each = np.nan_to_num(people) / np.maximum(np.bincount(unit, minlength=len(units)), 1)
    return x_m[held], y_m[held], each[unit]

"""Compile, or load from the disk cache, every compiled part of the measures."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.adaptive_density import adaptive_bandwidths, adaptive_density_grid
from geo.assign import UnitIndex
from geo.component_maps import smooth
from geo.cube import CountsCube
from geo.density import density_grid
from geo.emerging import emerging_hotspots
from geo.grid import SquareGrid
from geo.hotspots import hotspots
from geo.near_repeat import near_repeat_table, repeat_roles
from geo.network_density import RoadNetwork, network_density
from geo.road_axis import Windows
from geo.selection import IncidentColumns
from geo.window_list import listed_windows

Floats = npt.NDArray[np.float64]


def warm_measures() -> None:
    """Run each measure on a toy map, so that no user waits for the compiler.

    Twice: arrays that must not be written, such as columns of a frame or of a snapshot, are
    a type of their own to the compiler.
    """
    for is_writeable in (True, False):
        counts, days = np.arange(9.0), np.zeros(9, dtype=np.int32)
        counts.flags.writeable = days.flags.writeable = is_writeable
        _warm_statistics(counts)
        _warm_surfaces(counts)
        _warm_places(counts)
        CountsCube.from_columns(_columns(days))


def _warm_statistics(counts: Floats) -> None:
    neighbours = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=3, columns=3).neighbours()
    hotspots(counts, neighbours)
    emerging_hotspots(np.stack([counts, counts[::-1]], axis=1), neighbours)
    near_repeat_table(counts, counts, counts)
    repeat_roles(counts, counts, counts, distance_m=2.0, days_apart=2.0)


def _warm_surfaces(at: Floats) -> None:
    smooth(np.diag(at), 0.1)
    bounds = (0.0, 0.0, 9.0, 9.0)
    pilot = density_grid(at, at, bounds_m=bounds, cell_m=1.0, bandwidth_m=2.0, weights=at)
    adaptive_density_grid(
        at,
        at,
        bounds_m=bounds,
        cell_m=1.0,
        bandwidths_m=adaptive_bandwidths(at, at, pilot=pilot),
        weights=at,
    )


def _warm_places(at: Floats) -> None:
    UnitIndex(gpd.GeoSeries([shapely.box(0, 0, 9, 9)])).assign(at, at)
    roads = RoadNetwork.from_lines(gpd.GeoSeries([shapely.LineString([(0, 0), (9, 9)])]))
    section, along = roads.snap(at, at, farthest_m=1.0)
    network_density(roads, section, along, at_section=[0], at_along_m=[1.0], bandwidth_m=2.0)
    road = np.zeros(len(at), dtype=np.int64)
    listed_windows(at, Windows(stretch=road, from_m=at, to_m=at + 1.0))


def _columns(days: npt.NDArray[np.int32]) -> IncidentColumns:
    """Incidents of nothing, with the types of a snapshot's."""
    n = len(days)
    return IncidentColumns(
        incident_id=np.arange(n),
        category=np.zeros(n, np.uint8),
        severity=np.zeros(n, np.uint8),
        day=days,
        hour=np.zeros(n, np.uint8),
        unit=np.full(n, -1, np.int16),
        match=np.zeros(n, np.uint8),
        lon=np.zeros(n),
        lat=np.zeros(n),
        r95_m=np.zeros(n, np.float32),
        deaths=np.zeros(n, np.int16),
        injured=np.zeros(n, np.int16),
        unit_codes=(),
    )

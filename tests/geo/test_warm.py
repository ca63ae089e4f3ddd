"""Warming up leaves nothing for the first user to compile, wherever the cache may lie."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from numba.core.caching import CacheImpl

from geo import (
    adaptive_density,
    assign,
    cube,
    density,
    hotspots,
    near_pairs,
    nearest,
    neighbours,
    network_density,
    significance,
    trend,
)
from geo.compiled import compiled
from geo.grid import SquareGrid
from geo.segments import segments_of
from geo.warm import warm_measures

MODULES = (
    adaptive_density,
    assign,
    cube,
    density,
    hotspots,
    near_pairs,
    nearest,
    neighbours,
    network_density,
    significance,
    trend,
)


def machine_code() -> dict[str, int]:
    """Compiled versions of each function."""
    return {
        f"{module.__name__}.{name}": len(function.signatures)
        for module in MODULES
        for name, function in vars(module).items()
        if hasattr(function, "signatures")
    }


def test_every_compiled_function_has_been_compiled() -> None:
    warm_measures()
    assert len(machine_code()) >= 16
    assert {name for name, versions in machine_code().items() if not versions} == set()


def test_arrays_of_a_frame_need_no_further_compilation() -> None:
    warm_measures()
    before = machine_code()
    column = pd.DataFrame({"x": np.arange(20.0)})["x"].to_numpy()
    assert not column.flags.writeable
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=4, columns=5)
    hotspots.hotspots(column, grid.neighbours())
    assign.UnitIndex(gpd.GeoSeries([shapely.box(0, 0, 9, 9)])).assign(column, column)
    road = segments_of([shapely.LineString([(0, 0), (9, 9)])])
    nearest.NearestSegment(road).query(column[::2], column[::2])
    assert machine_code() == before


def test_without_a_folder_to_cache_in_it_still_compiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])

    @compiled
    def total(values: np.ndarray) -> float:
        return values.sum()

    assert total(np.arange(4.0)) == 6.0

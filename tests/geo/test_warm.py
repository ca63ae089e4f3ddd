"""Warming up leaves nothing for the first user to compile, wherever the cache may lie."""

import importlib
import pkgutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from numba.core.caching import CacheImpl

import geo
from geo.assign import UnitIndex
from geo.compiled import compiled
from geo.grid import SquareGrid
from geo.hotspots import hotspots
from geo.nearest import NearestSegment
from geo.patrol_warm import warm_patrol
from geo.segments import segments_of
from geo.warm import warm_measures

MODULES = [
    importlib.import_module(f"geo.{module.name}")
    for module in pkgutil.iter_modules(geo.__path__)
]


def compiled_functions() -> dict[str, object]:
    """Each compiled function by module and name."""
    return {
        f"{module.__name__}.{name}": function
        for module in MODULES
        for name, function in vars(module).items()
        if hasattr(function, "signatures")
    }


def machine_code() -> dict[str, int]:
    """Compiled versions of each function."""
    return {name: len(function.signatures) for name, function in compiled_functions().items()}


def called_from_compiled() -> set[str]:
    """Names that compiled functions call: one read from the cache holds these within it."""
    return {
        called
        for function in compiled_functions().values()
        for called in function.py_func.__code__.co_names
    }


def test_every_compiled_function_has_been_compiled() -> None:
    warm_measures()
    warm_patrol()  # by the planner itself: nothing of it is needed for the first page
    inner = called_from_compiled()
    versions = {
        name: count
        for name, count in machine_code().items()
        if name.rpartition(".")[2] not in inner
    }
    assert len(versions) >= 16
    assert {name for name, count in versions.items() if not count} == set()


def test_arrays_of_a_frame_need_no_further_compilation() -> None:
    warm_measures()
    before = machine_code()
    column = pd.DataFrame({"x": np.arange(20.0)})["x"].to_numpy()
    assert not column.flags.writeable
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=4, columns=5)
    hotspots(column, grid.neighbours())
    UnitIndex(gpd.GeoSeries([shapely.box(0, 0, 9, 9)])).assign(column, column)
    road = segments_of([shapely.LineString([(0, 0), (9, 9)])])
    NearestSegment(road).query(column[::2], column[::2])
    assert machine_code() == before


def test_without_a_folder_to_cache_in_it_still_compiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])

    @compiled
    def total(values: np.ndarray) -> float:
        return values.sum()

    assert total(np.arange(4.0)) == 6.0

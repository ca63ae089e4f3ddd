"""Unit assignment equals geopandas' spatial join, point for point."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.assign import OUTSIDE, UnitIndex


def voronoi_units(seed: int, count: int) -> gpd.GeoSeries:
    seats = np.random.default_rng(seed).uniform(0, 1, (count, 2))
    cells = shapely.voronoi_polygons(
        shapely.multipoints(seats), extend_to=shapely.box(-1, -1, 2, 2)
    )
    disc = shapely.Point(0.5, 0.5).buffer(0.45)
    clipped = shapely.intersection(shapely.get_parts(cells), disc)
    return gpd.GeoSeries([cell for cell in clipped if not cell.is_empty])


def positions_by_sjoin(units: gpd.GeoSeries, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y))
    joined = points.sjoin(gpd.GeoDataFrame(geometry=units), how="left", predicate="intersects")
    return joined["index_right"].groupby(level=0).min().fillna(OUTSIDE).to_numpy(int)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 40))
def test_equals_sjoin(seed: int, count: int) -> None:
    units = voronoi_units(seed, count)
    rng = np.random.default_rng(seed)
    corners = shapely.get_coordinates(units.values)
    x = np.concatenate([rng.uniform(-0.1, 1.1, 500), corners[:, 0]])
    y = np.concatenate([rng.uniform(-0.1, 1.1, 500), corners[:, 1]])
    assert np.array_equal(UnitIndex(units).assign(x, y), positions_by_sjoin(units, x, y))


def test_two_squares_by_hand() -> None:
    units = gpd.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    x = [0.5, 1.5, 1.0, 2.0, 2.1, np.nan, np.inf, 0.0]
    y = [0.5, 0.5, 0.5, 1.0, 0.5, 0.5, 0.5, 0.0]
    assert UnitIndex(units).assign(x, y).tolist() == [0, 1, 0, 1, -1, -1, -1, 0]


def test_overlapping_units_give_the_first() -> None:
    units = gpd.GeoSeries([shapely.box(0, 0, 2, 2), shapely.box(0, 0, 2, 2)])
    assert UnitIndex(units).assign([1.0], [1.0]).tolist() == [0]


@pytest.mark.parametrize("units", [gpd.GeoSeries([]), gpd.GeoSeries([shapely.box(0, 0, 1, 1)])])
def test_no_points_and_no_units(units: gpd.GeoSeries) -> None:
    assert UnitIndex(units).assign([], []).tolist() == []
    assert UnitIndex(units).assign([9.0], [9.0]).tolist() == [OUTSIDE]

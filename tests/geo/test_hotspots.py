"""Gi*, Gi, local and global statistics against published values; classes on planted maps."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from geo.errors import FrameError
from geo.grid import SquareGrid
from geo.hotspots import (
    Cluster,
    Spot,
    getis_ord,
    global_g,
    global_moran,
    hotspots,
    local_moran,
)
from geo.neighbours import Neighbours
from geo.significance import benjamini_hochberg

# Getis and Ord's six points, as in esda's tests.
SIX = ([10, 20, 40, 15, 30, 30], [10, 10, 10, 20, 20, 30])
SIX_VALUES = [2, 3, 3.2, 5, 8, 7]
# Ten regions of de Smith, Goodchild and Longley, as in libpysal's examples.
TEN = [
    [1, 3],
    [0, 4],
    [3, 6],
    [0, 2, 4, 7],
    [1, 3, 5, 8],
    [4, 9],
    [2, 7],
    [3, 6, 8],
    [4, 7, 9],
    [5, 8],
]
TEN_VALUES = [2.24, 3.10, 4.55, -5.15, -4.39, 0.46, 5.54, 9.02, -2.09, -3.06]


@pytest.fixture(scope="module")
def oracles() -> Path:
    folder = os.environ.get("PINGAN_REALDATA")
    if folder is None:
        pytest.skip("PINGAN_REALDATA is not set")
    return Path(folder) / "oracles"


def read_gal(path: Path) -> Neighbours:
    """Neighbours in the order of the file, whatever the ids are."""
    lines = path.read_text().splitlines()[1:]
    ids = [line.split()[0] for line in lines[::2]]
    position = {name: at for at, name in enumerate(ids)}
    return Neighbours.from_lists(
        [[position[each] for each in line.split()] for line in lines[1::2]]
    )


def test_six_points() -> None:
    neighbours = Neighbours.within_distance(*SIX, distance_m=15)
    assert getis_ord(SIX_VALUES, neighbours) == pytest.approx(
        [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331], abs=5e-9
    )
    assert getis_ord(SIX_VALUES, neighbours, includes_self=False) == pytest.approx(
        [-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941], abs=5e-9
    )
    general = global_g(SIX_VALUES, neighbours)
    assert general.value == pytest.approx(0.55709780, abs=1e-8)
    assert general.p / 2 == pytest.approx(0.172936, abs=5e-7)


def test_getis_and_ord_1996_raster(oracles: Path) -> None:
    raster = pd.read_csv(oracles / "getisord" / "getisord_xyz.csv")
    cell = np.flatnonzero((raster.x == 210) & (raster.y == 210))[0]
    assert raster.val[cell] == 83
    expected = {
        30: 1.221979163,
        60: 1.748097543,
        90: 1.986135427,
        120: 1.893373824,
        150: 1.237454253,
    }
    for distance, published in expected.items():
        near = Neighbours.within_distance(raster.x, raster.y, distance_m=distance)
        gi = getis_ord(raster.val, near, includes_self=False)[cell]
        assert gi == pytest.approx(published, abs=5e-10)
    near = Neighbours.within_distance(raster.x, raster.y, distance_m=30)
    star = getis_ord(raster.val, near)[cell]
    assert star == pytest.approx(1.450779807, abs=5e-10)
    # The book divides the variance by n − 1 = 255 instead of n.
    assert star * np.sqrt(255 / 256) == pytest.approx(1.447943481, abs=5e-10)


def test_memphis_robberies(oracles: Path) -> None:
    events = gpd.read_file(oracles / "memphis" / "memphis_robberies.gpkg").to_crs(32615)
    grid = SquareGrid(west_m=762_000, south_m=3_876_500, cell_m=500, rows=59, columns=71)
    counts = grid.count(events.geometry.x, events.geometry.y)
    assert (counts.sum(), counts.max()) == (2_245, 23)
    found = hotspots(counts, grid.neighbours())
    top = found.sort_values(["gi_star", "p_high"], ascending=[False, True]).head(5)
    assert top["gi_star"].to_numpy() == pytest.approx(
        [17.50676167, 14.43857388, 14.43857388, 13.73053054, 12.55045831], abs=5e-9
    )
    by_count = found.loc[[961, 1032, 890, 960, 2291]]
    assert by_count["value"].tolist() == [9, 7, 12, 15, 14]
    assert by_count["p_high"].to_numpy() == pytest.approx(
        [1.986e-10, 2.156e-8, 1.356e-7, 1.204e-6, 5.357e-6], rel=5e-4
    )
    assert (found["gi_star"] > 1.96).sum() == 515
    assert (found["gi_star"] > 2.576).sum() == 422
    assert (found["spot"] == Spot.HOT).sum() == 62
    from_z = benjamini_hochberg(norm.sf(found["gi_star"]))
    assert (from_z <= 0.05).sum() == 422
    moran = global_moran(counts, grid.neighbours())
    assert moran.value == pytest.approx(0.364764051, abs=5e-10)
    assert moran.z == pytest.approx(46.745621, abs=5e-7)


def test_ten_regions() -> None:
    neighbours = Neighbours.from_lists(TEN)
    local = local_moran(TEN_VALUES, neighbours)
    assert local == pytest.approx(
        [
            *(-0.11409277, -0.19940543, -0.13351408, -0.51770383, 0.48095009),
            *(0.12208113, 1.19148298, -0.58144305, 0.07101383, 0.34314301),
        ],
        abs=5e-9,
    )
    z = np.array(TEN_VALUES) - np.mean(TEN_VALUES)
    lag = neighbours.sums(z)
    quadrants = np.select(
        [(z > 0) & (lag > 0), (z <= 0) & (lag > 0), (z <= 0) & (lag <= 0)], [1, 2, 3], 4
    )
    assert quadrants.tolist() == [4, 4, 4, 2, 3, 3, 1, 4, 3, 3]
    assert global_moran(TEN_VALUES, neighbours).value == pytest.approx(0.07361243, abs=5e-9)


def test_st_louis_homicide_and_carolina_sids(oracles: Path) -> None:
    homes = pd.read_csv(oracles / "stl" / "stl_hom.csv")
    st_louis = global_moran(
        homes["HR8893"], read_gal(oracles / "stl" / "stl.gal"), assumption="normality"
    )
    assert st_louis.value == pytest.approx(0.24365582621771659, abs=1e-14)
    assert st_louis.p / 2 == pytest.approx(0.00013573931, abs=5e-12)
    sids = gpd.read_file(oracles / "sids2" / "sids2.shp")
    carolina = global_moran(sids["SIDR74"], read_gal(oracles / "sids2" / "sids2.gal"))
    assert carolina.value == pytest.approx(0.24772519320480135, abs=1e-14)


def test_a_planted_cluster_is_found_and_named() -> None:
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=30, columns=30)
    counts = np.random.default_rng(5).poisson(1.0, 900).reshape(30, 30)
    counts[10:14, 10:14] += 9
    counts[11, 11] = 0  # a hole among high ones
    found = hotspots(counts.ravel(), grid.neighbours())
    spot, cluster = (found[name].to_numpy().reshape(30, 30) for name in ("spot", "cluster"))
    assert (spot[11:13, 11:13] == Spot.HOT).all()
    assert cluster[11, 11] == Cluster.LOW_HIGH
    assert cluster[12, 12] == Cluster.HIGH_HIGH
    assert (spot == Spot.HOT).sum() <= 36


def test_a_planted_cold_area_and_an_outlier_in_it() -> None:
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=30, columns=30)
    counts = np.random.default_rng(6).poisson(12.0, 900).reshape(30, 30)
    counts[5:12, 5:12] = 2
    counts[8, 8] = 30
    found = hotspots(counts.ravel(), grid.neighbours(), null="simulated")
    assert found["spot"][8 * 30 + 6] == Spot.COLD
    assert found["cluster"][8 * 30 + 6] == Cluster.LOW_LOW
    assert found["cluster"][8 * 30 + 8] == Cluster.HIGH_LOW


def test_an_even_map_has_no_spots_and_no_scores() -> None:
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=4, columns=4)
    found = hotspots(np.full(16, 2), grid.neighbours())
    assert set(found["spot"]) == {Spot.NONE}
    assert found["gi_star"].isna().all()


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.1, 100), shift=st.floats(-50, 50))
def test_scores_do_not_depend_on_unit_or_origin(seed: int, scale: float, shift: float) -> None:
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=6, columns=7)
    neighbours = grid.neighbours()
    values = np.random.default_rng(seed).random(42)
    moved = values * scale + shift
    assert getis_ord(moved, neighbours) == pytest.approx(
        getis_ord(values, neighbours), abs=1e-6
    )
    assert local_moran(moved, neighbours) == pytest.approx(
        local_moran(values, neighbours), abs=1e-6
    )
    mean = local_moran(values, neighbours).mean() * 42 / 41
    assert global_moran(values, neighbours).value == pytest.approx(mean, abs=1e-9)


def test_missing_values_are_refused() -> None:
    with pytest.raises(FrameError, match="missing"):
        getis_ord([1.0, np.nan], Neighbours.from_lists([[1], [0]]))
    with pytest.raises(FrameError, match="one each"):
        local_moran([1.0], Neighbours.from_lists([[1], [0]]))

"""Stacks beyond chance and rounded coordinates, on made and on real files."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from geo.errors import FrameError
from geo.snap_points import find_snap_points, lattice_step


def test_free_points_show_no_stacks() -> None:
    rng = np.random.default_rng(1)
    found = find_snap_points(rng.normal(0, 400, 3_000), rng.normal(0, 400, 3_000))
    assert len(found.stacks) == 0
    assert (found.events, found.stacked_share, found.lattice) == (3_000, 0.0, None)


def test_one_snap_point_among_free_ones() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 2_000, 500), rng.uniform(0, 2_000, 500)
    x[:7], y[:7] = 777.0, 888.0
    found = find_snap_points(x, y)
    assert found.stacks[["x_m", "y_m", "events"]].to_numpy().tolist() == [[777, 888, 7]]
    assert found.stacked_share == 7 / 500
    assert found.distinct == 494


def test_snapped_files_are_stacked_throughout() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 5_000, 300), rng.uniform(0, 5_000, 300)
    pick = rng.integers(0, 300, 4_000)
    found = find_snap_points(x[pick], y[pick])
    assert found.stacked_share > 0.99
    assert found.stacks["events"].is_monotonic_decreasing


@pytest.mark.parametrize(("decimals", "step"), [(-2, 100.0), (0, 1.0), (3, 0.001), (5, 1e-5)])
def test_lattice_of_rounded_coordinates(decimals: int, step: float) -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(1_000, 99_999, (2, 200)).round(decimals)
    assert lattice_step(x, y) == pytest.approx(step)


def test_memphis_coordinates_are_rounded_to_a_thousandth_of_a_degree() -> None:
    folder = os.environ.get("PINGAN_REALDATA")
    if folder is None:
        pytest.skip("PINGAN_REALDATA is not set")
    events = gpd.read_file(Path(folder) / "oracles" / "memphis" / "memphis_robberies.gpkg")
    assert lattice_step(events.geometry.x, events.geometry.y) == pytest.approx(0.001)


def test_empty_and_wrong_input() -> None:
    assert find_snap_points([], []).events == 0
    assert lattice_step([], []) is None
    with pytest.raises(FrameError, match="no coordinates"):
        find_snap_points([np.nan], [0.0])
    with pytest.raises(FrameError, match="must lie between"):
        find_snap_points([0.0], [0.0], tolerance_m=0.0)

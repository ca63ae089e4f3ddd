"""Kernel density against hand-computed and brute-force values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.density import density_grid
from geo.errors import FrameError

BOUNDS = (0.0, 0.0, 10_000.0, 8_000.0)


def test_peak_of_one_event_is_three_over_pi_h_squared() -> None:
    # Quartic kernel: K(0) = 3 / (π h²); h = 1 km gives 0.95493 per km².
    grid = density_grid(
        [5_050.0], [4_050.0], bounds_m=BOUNDS, cell_m=100.0, bandwidth_m=1_000.0
    )
    assert grid.values.max() == pytest.approx(3 / np.pi, rel=2e-3)
    assert grid.sample(5_050.0, 4_050.0) == pytest.approx(3 / np.pi, rel=2e-3)
    assert grid.sample(5_050.0, 4_050.0 + 1_100.0) == 0.0


@pytest.mark.parametrize("kernel", ["quartic", "epanechnikov", "gaussian"])
def test_integral_is_the_count_of_events(kernel: str) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(3_000, 7_000, 200), rng.uniform(3_000, 5_000, 200)
    grid = density_grid(x, y, bounds_m=BOUNDS, cell_m=100.0, bandwidth_m=600.0, kernel=kernel)
    assert grid.count == 200
    assert grid.values.sum() * 0.1**2 == pytest.approx(200, rel=1e-3)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_matches_the_direct_sum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(2_000, 8_000, 50), rng.uniform(2_000, 6_000, 50)
    grid = density_grid(x, y, bounds_m=BOUNDS, cell_m=50.0, bandwidth_m=1_000.0)
    at_x, at_y = rng.uniform(2_000, 8_000, 30), rng.uniform(2_000, 6_000, 30)
    squared = ((at_x[:, None] - x) ** 2 + (at_y[:, None] - y) ** 2) / 1_000.0**2
    direct = (3 / np.pi * np.clip(1 - squared, 0, None) ** 2).sum(axis=1)
    assert grid.sample(at_x, at_y) == pytest.approx(direct, abs=0.02 * direct.max() + 1e-12)


def test_weights_and_points_outside() -> None:
    x, y = [5_000.0, 5_000.0, -1.0], [4_000.0, 4_000.0, 4_000.0]
    grid = density_grid(
        x, y, bounds_m=BOUNDS, cell_m=100.0, bandwidth_m=500.0, weights=[2.0, 3.0, 9.0]
    )
    assert grid.count == 5.0
    assert grid.values.sum() * 0.1**2 == pytest.approx(5.0)


def test_no_events_is_an_empty_surface() -> None:
    grid = density_grid([], [], bounds_m=BOUNDS, cell_m=100.0, bandwidth_m=500.0)
    assert grid.values.shape == (80, 100)
    assert not grid.values.any()


@pytest.mark.parametrize(
    ("bounds", "cell"), [((0.0, 0.0, 0.0, 1.0), 100.0), (BOUNDS, 0.0), (BOUNDS, 501.0)]
)
def test_impossible_grids_are_refused(bounds: tuple, cell: float) -> None:
    with pytest.raises(FrameError):
        density_grid([], [], bounds_m=bounds, cell_m=cell, bandwidth_m=500.0)

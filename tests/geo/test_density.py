"""Kernel density against hand-computed and brute-force values."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.adaptive_density import adaptive_bandwidths, adaptive_density_grid
from geo.density import density_grid, inside_share, risk_adjusted
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


@pytest.mark.parametrize(
    ("kernel", "at_0", "at_500"),
    [
        ("quartic", 9.54929659e-7, 5.37147933e-7),
        ("epanechnikov", 6.36619772e-7, 4.77464829e-7),
        ("gaussian", 1.59154943e-7, 1.40453744e-7),
    ],
)
def test_printed_kernel_values(kernel: str, at_0: float, at_500: float) -> None:
    # One event with h = 1 km at the centre of a cell: values per m² at 0 and 500 m.
    grid = adaptive_density_grid(
        [5_050.0], [4_050.0], bounds_m=BOUNDS, cell_m=100.0, bandwidths_m=[1e3], kernel=kernel
    )
    assert grid.values[40, 50] / 1e6 == pytest.approx(at_0, rel=1e-8)
    assert grid.values[40, 55] / 1e6 == pytest.approx(at_500, rel=1e-8)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), kernel=st.sampled_from(["quartic", "epanechnikov"]))
def test_adaptive_surface_is_the_direct_sum(seed: int, kernel: str) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-500, 10_500, 40), rng.uniform(-500, 8_500, 40)
    h, weight = rng.uniform(60, 3_000, 40), rng.uniform(0.5, 2, 40)
    grid = adaptive_density_grid(
        x, y, bounds_m=BOUNDS, cell_m=250.0, bandwidths_m=h, kernel=kernel, weights=weight
    )
    at_y, at_x = (np.indices((32, 40)) + 0.5) * 250.0
    u = ((at_x[..., None] - x) ** 2 + (at_y[..., None] - y) ** 2) / h**2
    shape = 3 / np.pi * (1 - u) ** 2 if kernel == "quartic" else 2 / np.pi * (1 - u)
    direct = (weight * np.where(u <= 1, shape, 0) / (h / 1_000) ** 2).sum(axis=-1)
    assert grid.values == pytest.approx(direct, abs=1e-9)


def test_abramson_narrows_where_events_are_dense() -> None:
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(3_000, 150, 200), rng.uniform(0, 10_000, 60)])
    y = np.concatenate([rng.normal(3_000, 150, 200), rng.uniform(0, 8_000, 60)])
    pilot = density_grid(x, y, bounds_m=BOUNDS, cell_m=100.0, bandwidth_m=800.0)
    h = adaptive_bandwidths(x, y, pilot=pilot)
    f = pilot.sample(x, y)
    expected = 800 * np.sqrt(np.exp(np.log(np.maximum(f, 1e-12)).mean()) / np.maximum(f, 1e-12))
    assert h == pytest.approx(np.clip(expected, 200, 3_200))
    assert np.median(h[:200]) < 0.8 * 800 < 800 < np.median(h[200:])


@pytest.mark.parametrize("kernel", ["quartic", "epanechnikov", "gaussian"])
def test_nothing_is_lost_at_the_boundary(kernel: str) -> None:
    rng = np.random.default_rng(4)
    boundary = shapely.Point(5_000, 4_000).buffer(3_000)
    x, y = rng.uniform(2_000, 8_000, 500), rng.uniform(1_000, 7_000, 500)
    within = shapely.contains_xy(boundary, x, y)
    grid = density_grid(
        x, y, bounds_m=BOUNDS, cell_m=100.0, bandwidth_m=800.0, kernel=kernel, boundary=boundary
    )
    share = inside_share(boundary, 0.0, 0.0, 100.0, grid.values.shape)
    assert grid.count == within.sum()
    assert (grid.values * share).sum() * 0.1**2 == pytest.approx(within.sum(), rel=3e-3)
    assert not grid.values[share == 0].any()


def test_even_events_give_an_even_surface_up_to_the_boundary() -> None:
    x, y = (
        axis.ravel() for axis in np.meshgrid(np.arange(25, 6_000, 50), np.arange(25, 6_000, 50))
    )
    boundary = shapely.box(1_000, 1_000, 5_000, 5_000)
    options = {"bounds_m": (0, 0, 6_000, 6_000), "cell_m": 100.0, "bandwidth_m": 500.0}
    corrected = density_grid(x, y, boundary=boundary, **options).values[10:50, 10:50]
    inside = shapely.contains_xy(boundary, x, y)
    plain = density_grid(x[inside], y[inside], **options).values[10:50, 10:50]
    # 400 events per km²: a straight edge halves the plain surface, a corner quarters it.
    assert plain.min() < 0.4 * 400
    assert corrected.mean() == pytest.approx(400, rel=0.01)
    assert corrected.min() > 0.65 * 400


def test_inside_share_is_the_exact_area() -> None:
    boundary = shapely.Point(5_000, 4_000).buffer(2_345, quad_segs=64)
    share = inside_share(boundary, 0.0, 0.0, 250.0, (32, 40))
    assert share.sum() * 250**2 == pytest.approx(boundary.area, rel=1e-9)
    assert share.max() == 1.0


def test_risk_per_head_is_the_ratio_and_unknown_where_few_live() -> None:
    options = {"bounds_m": BOUNDS, "cell_m": 100.0, "bandwidth_m": 1_000.0}
    events = density_grid([3_000.0], [4_000.0], **options, weights=[20.0])
    people = density_grid([3_000.0], [4_000.0], **options, weights=[5_000.0])
    risk = risk_adjusted(events, people, least_exposure=50.0)
    known = people.values >= 50
    assert risk.values[known] == pytest.approx(40.0)  # 20 of 5,000 = 40 of 10,000
    assert np.isnan(risk.values[~known]).all()


def test_risk_needs_one_grid() -> None:
    events = density_grid([], [], bounds_m=BOUNDS, cell_m=100.0, bandwidth_m=1_000.0)
    people = density_grid([], [], bounds_m=BOUNDS, cell_m=100.0, bandwidth_m=500.0)
    with pytest.raises(FrameError, match="share grid"):
        risk_adjusted(events, people, least_exposure=1.0)


def test_bandwidths_must_be_positive() -> None:
    with pytest.raises(FrameError, match="positive"):
        adaptive_density_grid([1.0], [1.0], bounds_m=BOUNDS, cell_m=100.0, bandwidths_m=[0.0])

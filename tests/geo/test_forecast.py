"""The forecast: planted structure is found, the future is never read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.forecast import METHODS, SCALES, Scale, forecast, rolling_forecasts
from geo.training import DISCOVERED_CATEGORIES, History, harm_weights, trainable_categories
from geo.vocabulary import CATEGORY_CODES

INSIDE = np.ones((20, 30), dtype=bool)


def history(cells: np.ndarray, days: np.ndarray, **options: object) -> History:
    return History(cell=cells, time_days=days, inside=INSIDE, **options)


def random_history(seed: int, n: int = 600) -> History:
    rng = np.random.default_rng(seed)
    return history(rng.integers(0, INSIDE.size, n), rng.uniform(0, 140, n))


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6), horizon=st.sampled_from([1 / 3, 1.0, 7.0]))
def test_nothing_after_the_origin_matters(seed: int, horizon: float) -> None:
    whole = random_history(seed)
    past = whole.time_days < 100
    rng = np.random.default_rng(seed + 1)
    other = history(
        np.append(whole.cell[past], rng.integers(0, INSIDE.size, 50)),
        np.append(whole.time_days[past], rng.uniform(100, 140, 50)),
    )
    for method in METHODS:
        options = {"origin_days": 100.0, "horizon_days": horizon, "method": method}
        assert np.array_equal(
            forecast(whole, **options).expected, forecast(other, **options).expected
        )


def test_rolling_equals_forecasting_each_window_alone() -> None:
    data = random_history(5)
    origins = np.array([100.0, 107.0, 114.0])
    rolled = list(rolling_forecasts(data, origins_days=origins, horizon_days=7.0))
    for origin, made in zip(origins, rolled, strict=True):
        alone = forecast(data, origin_days=float(origin), horizon_days=7.0)
        assert made["blend"].expected == pytest.approx(alone.expected, rel=1e-6)
        assert alone.windows == 6
        assert alone.trained_on == (data.time_days < origin).sum()


def test_shares_sum_to_one_and_the_total_is_the_recent_rate() -> None:
    data = random_history(6)
    made = forecast(data, origin_days=140.0, horizon_days=7.0)
    assert sum(made.component_share.values()) == pytest.approx(1.0)
    assert set(made.component_share) == set(SCALES)
    recent = ((data.time_days >= 98) & (data.time_days < 140)).sum()
    assert made.expected.sum() == pytest.approx(recent / 6)


def test_a_lasting_hot_cell_is_told_by_the_unsmoothed_long_memory() -> None:
    rng = np.random.default_rng(1)
    cells = np.where(rng.random(2_000) < 0.5, 305, rng.integers(0, INSIDE.size, 2_000))
    made = forecast(
        history(cells, rng.uniform(0, 400, 2_000)),
        origin_days=400.0,
        horizon_days=7.0,
        scales=(
            Scale(half_life_days=np.inf, smoothing_cells=0.0),
            Scale(half_life_days=np.inf, smoothing_cells=4.0),
        ),
    )
    assert made.expected.argmax() == 305
    assert made.component_share[Scale(half_life_days=np.inf, smoothing_cells=0.0)] > 0.6


def test_a_moving_hot_cell_is_told_by_the_short_memory() -> None:
    # Every four weeks the hot cell is another one.
    rng = np.random.default_rng(2)
    days = np.sort(rng.uniform(0, 280, 30_000))
    cells = (days // 28).astype(int) * 53 + 7
    long, short = (Scale(half_life_days=h, smoothing_cells=0.0) for h in (np.inf, 5.0))
    made = forecast(
        history(cells, days), origin_days=275.0, horizon_days=7.0, scales=(long, short)
    )
    assert made.component_share[short] > 0.6
    assert made.expected.argmax() == 9 * 53 + 7


def test_baselines_are_plain_counts() -> None:
    data = history(np.array([0, 0, 0, 5]), np.array([0.0, 1.0, 2.0, 95.0]))
    every = forecast(data, origin_days=100.0, horizon_days=10.0, method="count_all")
    recent = forecast(data, origin_days=100.0, horizon_days=14.0, method="count_recent")
    assert (every.expected[0, 0], every.expected[0, 5]) == pytest.approx((0.3, 0.1))
    assert (recent.expected[0, 0], recent.expected[0, 5]) == pytest.approx((0.0, 0.5))


def test_smoothing_loses_nothing_at_the_border() -> None:
    inside = np.zeros((20, 30), dtype=bool)
    inside[5:15, 5:25] = True
    data = History(cell=np.full(10, 5 * 30 + 5), time_days=np.arange(10.0), inside=inside)
    made = forecast(data, origin_days=10.0, horizon_days=1.0, method="kde")
    assert made.expected.sum() == pytest.approx(1.0, rel=1e-6)
    assert not made.expected[~inside].any()


def test_events_outside_or_off_the_grid_are_left_out() -> None:
    inside = INSIDE.copy()
    inside[0, 0] = False
    data = History(cell=np.array([0, -1, 4]), time_days=np.zeros(3), inside=inside)
    assert data.cell.tolist() == [4]


def test_top_flags_the_asked_share_of_the_area() -> None:
    made = forecast(random_history(7), origin_days=140.0, horizon_days=7.0)
    flagged = made.top(0.05)
    assert flagged.sum() == 30
    assert made.expected[flagged].min() >= made.expected[~flagged].max()


def test_weights_count_as_harm() -> None:
    weight = harm_weights([1, 2, 3, 3], {1: 1.0, 2: 10.0, 3: 100.0})
    assert weight.tolist() == [1.0, 10.0, 100.0, 100.0]
    data = history(np.array([0, 1, 2, 2]), np.zeros(4), weight=weight)
    made = forecast(data, origin_days=10.0, horizon_days=10.0, method="count_all")
    assert made.expected[0, :3].tolist() == [1.0, 10.0, 200.0]
    with pytest.raises(FrameError, match="no weight"):
        harm_weights([4], {1: 1.0})


def test_scaling_all_weights_scales_the_forecast() -> None:
    data = random_history(8)
    heavy = history(data.cell, data.time_days, weight=np.full(len(data.cell), 250.0))
    options = {"origin_days": 140.0, "horizon_days": 7.0}
    light = forecast(data, **options).expected
    assert forecast(heavy, **options).expected == pytest.approx(250 * light, rel=1e-6)


def test_discovered_kinds_are_left_out_with_a_reason() -> None:
    kept, left_out = trainable_categories(("burglary", "drug"))
    assert kept == ("burglary",)
    assert left_out == {"drug": DISCOVERED_CATEGORIES["drug"]}
    assert trainable_categories(("drug",), include_discovered=True) == (("drug",), {})
    assert set(CATEGORY_CODES) - set(trainable_categories()[0]) == set(DISCOVERED_CATEGORIES)


def test_a_first_forecast_from_one_event_is_possible() -> None:
    made = forecast(history(np.array([7]), np.array([0.0])), origin_days=1.0, horizon_days=7.0)
    assert made.windows == 0
    assert made.expected.sum() == pytest.approx(7.0)


def test_impossible_histories_are_refused() -> None:
    with pytest.raises(FrameError, match="lies before"):
        forecast(history(np.array([7]), np.array([5.0])), origin_days=5.0, horizon_days=7.0)
    with pytest.raises(FrameError, match="positive"):
        forecast(random_history(1), origin_days=50.0, horizon_days=0.0)
    with pytest.raises(FrameError, match="apart"):
        next(rolling_forecasts(random_history(1), origins_days=[50, 58], horizon_days=7.0))
    with pytest.raises(FrameError, match="outside the grid"):
        history(np.array([600]), np.array([0.0]))
    with pytest.raises(FrameError, match="one entry"):
        history(np.array([1, 2]), np.array([0.0]))
    with pytest.raises(FrameError, match="finite"):
        history(np.array([1]), np.array([0.0]), weight=np.array([-1.0]))
    with pytest.raises(FrameError, match="no cell"):
        History(cell=np.array([0]), time_days=np.array([0.0]), inside=~INSIDE)

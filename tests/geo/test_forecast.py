"""The forecast: planted structure is found, the future is never read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.component_maps import SCALES, Scale
from geo.errors import FrameError
from geo.forecast import METHODS, SHIFT_METHODS, forecast, rolling_forecasts
from geo.training import (
    DISCOVERED_CATEGORIES,
    HARM_WEIGHTS,
    History,
    harm_weights,
    shift_histories,
    trainable_categories,
)
from geo.vocabulary import CATEGORY_CODES, Severity

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
    rate = 600 / (140 - data.time_days[0]) * 7
    # The six windows before, and twenty incidents' worth of the long run.
    assert made.expected.sum() == pytest.approx((recent + 20) / (6 + 20 / rate))


def test_a_quiet_month_does_not_end_all_expectation() -> None:
    data = history(np.arange(40), np.linspace(0, 100, 40))
    made = forecast(data, origin_days=200.0, horizon_days=7.0)
    assert made.expected.sum() == pytest.approx(20 / (6 + 20 / (40 / 200 * 7)))
    assert made.expected[made.inside].min() > 0


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


def random_shift(seed: int, n: int = 900) -> tuple[History, History]:
    rng = np.random.default_rng(seed)
    hour = rng.choice([*range(24), 255], n)
    cell, day = rng.integers(0, INSIDE.size, n), rng.integers(0, 140, n)
    return shift_histories(cell, day, hour, inside=INSIDE, start_hour=16)


def test_a_shift_is_counted_from_its_start_and_runs_past_midnight() -> None:
    own, every = shift_histories(
        [1, 2, 3, 4, 5, 6],
        [10, 10, 11, 11, 11, 11],
        [21, 22, 0, 5, 6, 255],
        inside=INSIDE,
        start_hour=22,
        length_hours=8,
        weight=[1, 2, 3, 4, 5, 6],
    )
    assert own.cell.tolist() == [2, 3, 4]
    assert own.weight.tolist() == [2, 3, 4]
    assert own.time_days == pytest.approx([10, 10 + 2 / 24, 10 + 7 / 24])
    # Known to the day only: in the background, and not before its day has ended at 24 h.
    assert every.cell.tolist() == [1, 2, 3, 4, 5, 6]
    assert every.time_days[-1] == pytest.approx(11 + 2 / 24, abs=1e-4)
    assert every.time_days[-1] < 11 + 2 / 24
    assert own.total(10, 10 + 8 / 24) == 9.0


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_nothing_after_the_origin_matters_to_a_shift(seed: int) -> None:
    own, every = random_shift(seed)
    own_past, every_past = (
        history(data.cell[data.time_days < 100], data.time_days[data.time_days < 100])
        for data in (own, every)
    )
    for method in SHIFT_METHODS:
        options = {"origin_days": 100.0, "horizon_days": 1.0, "method": method}
        whole = forecast(own, background=every, **options)
        past = forecast(own_past, background=every_past, **options)
        assert np.array_equal(whole.expected, past.expected)


def test_a_shift_may_learn_from_all_hours_and_from_its_own() -> None:
    rng = np.random.default_rng(3)
    day = np.sort(rng.integers(0, 400, 12_000))
    hour = rng.integers(0, 24, 12_000)
    # Where the places do not depend on the hour, all hours tell more.
    cell = rng.choice(INSIDE.size, 12_000, p=rng.dirichlet(np.full(INSIDE.size, 0.1)))
    # Where the shift has places of its own, its own past does.
    other = np.where(hour < 8, INSIDE.size - 1 - cell, cell)
    parts = []
    for cells in (cell, other):
        own, every = shift_histories(cells, day, hour, inside=INSIDE, start_hour=0)
        made = forecast(own, origin_days=400.0, horizon_days=1.0, background=every)
        assert len(made.component_share) == 2 * len(SCALES)
        assert sum(made.component_share.values()) == pytest.approx(1.0)
        parts.append(sum(p for s, p in made.component_share.items() if s.is_background))
    assert parts[0] > 0.5 > 0.4 > parts[1]


def test_counts_of_a_shift_and_of_all_hours_hold_the_total_of_the_shift() -> None:
    own, every = random_shift(4)
    begin = own.time_days[0]
    options = {"origin_days": 140.0, "horizon_days": 1.0, "background": every}
    counts = {m: forecast(own, method=m, **options) for m in ("count_all", "count_shift")}
    rate = len(own.cell) / (140 - begin) * counts["count_all"].week_factor
    for made in counts.values():
        assert made.expected.sum() == pytest.approx(rate)
    assert counts["count_all"].expected == pytest.approx(
        every.counts(-np.inf, np.inf) * rate / len(every.cell)
    )
    assert counts["count_shift"].expected == pytest.approx(
        own.counts(-np.inf, np.inf) * rate / len(own.cell)
    )


def test_fridays_differ_from_tuesdays_as_far_as_incidents_show() -> None:
    # Each week six incidents on weekday 4 and one on each other day.
    days = np.concatenate([np.arange(364), np.repeat(np.arange(4, 364, 7), 5)]) + 0.5
    data = history(np.zeros(len(days), dtype=int), days)
    friday, saturday = (
        forecast(data, origin_days=day, horizon_days=1.0).week_factor for day in (368.0, 369.0)
    )
    mean = 12 * 52 / 7
    assert friday == pytest.approx((6 * 52 + 20) / (mean + 20), rel=0.02)
    assert saturday == pytest.approx((52 + 20) / (mean + 20), rel=0.05)
    few = history(np.zeros(3, dtype=int), np.array([4.5, 11.5, 18.5]))
    assert forecast(few, origin_days=25.0, horizon_days=1.0).week_factor < 1.15
    assert forecast(data, origin_days=366.0, horizon_days=7.0).week_factor == 1.0


def test_default_harm_covers_every_severity_and_is_capped() -> None:
    assert set(HARM_WEIGHTS) == set(Severity)
    assert harm_weights([0, 1, 2, 3, 4]).tolist() == [1.0, 1.0, 3.0, 5.0, 5.0]


def test_impossible_shifts_are_refused() -> None:
    own, every = random_shift(5)
    elsewhere = History(cell=every.cell, time_days=every.time_days, inside=INSIDE.T)
    with pytest.raises(FrameError, match="same cells"):
        forecast(own, origin_days=100.0, horizon_days=1.0, background=elsewhere)
    nothing = shift_histories([1], [1], [255], inside=INSIDE, start_hour=0)
    with pytest.raises(FrameError, match="known hour"):
        forecast(nothing[0], origin_days=9.0, horizon_days=1.0, background=nothing[1])
    with pytest.raises(FrameError, match="background"):
        forecast(own, origin_days=100.0, horizon_days=1.0, method="count_shift")
    with pytest.raises(FrameError, match="0–23"):
        shift_histories([1], [1], [24], inside=INSIDE, start_hour=0)
    with pytest.raises(FrameError, match="lasts"):
        shift_histories([1], [1], [1], inside=INSIDE, start_hour=0, length_hours=25)
    with pytest.raises(FrameError, match="one entry"):
        shift_histories([1], [1, 2], [1], inside=INSIDE, start_hour=0)

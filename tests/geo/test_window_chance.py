"""Chance of an accumulation: uniform when accidents fall by chance, small when they do not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.road_axis import RoadAxis
from geo.road_prediction import RoadPrediction, predict_roads
from geo.window_chance import window_chance

SEGMENTS = pd.DataFrame(
    {
        "route_code": ["A", "A", "B", "C"],
        "from_chain_m": [0.0, 20_000.0, 0.0, 0.0],
        "to_chain_m": [20_000.0, 50_000.0, 30_000.0, 300.0],
        "road_class": ["S", "X", "X", "X"],
        "is_urban": False,
    }
)
AXIS = RoadAxis.of(SEGMENTS)


def scattered(rng: np.random.Generator, count: int) -> np.ndarray:
    at = rng.uniform(0, AXIS.length_m, count)
    # The gap of one metre between stretches holds nothing.
    return at + np.searchsorted([50_000.0, 80_000.0], at)


def fitted(position: np.ndarray) -> RoadPrediction:
    return predict_roads(AXIS, SEGMENTS, position, years=3.0)


def test_uniform_under_chance() -> None:
    # Traffic differs from km to km, so that scores are not a few steps only.
    rng = np.random.default_rng(11)
    km = np.arange(80) * 1000.0
    segments = pd.DataFrame(
        {
            "route_code": "A",
            "from_chain_m": km,
            "to_chain_m": km + 1000,
            "road_class": np.where(km < 30_000, "S", "X"),
            "aadt": np.exp(rng.normal(8, 0.8, 80)),
        }
    )
    axis = RoadAxis.of(segments)

    def drawn(share: np.ndarray) -> np.ndarray:
        return km[rng.choice(80, 150, p=share / share.sum())] + rng.uniform(0, 1000, 150)

    prediction = predict_roads(axis, segments, drawn(segments["aadt"].to_numpy()), years=3.0)
    p = np.concatenate(
        [
            window_chance(
                prediction, drawn(prediction.density), window_m=500.0, runs=99, seed=seed
            ).best_p_value
            for seed in range(200)
        ]
    )
    for level in (0.05, 0.1, 0.25, 0.5, 0.75):
        error = np.sqrt(level * (1 - level) / len(p))
        assert (p <= level).mean() == pytest.approx(level, abs=3 * error)


def test_a_planted_accumulation_is_seen_and_a_lone_accident_is_not() -> None:
    position = np.r_[scattered(np.random.default_rng(2), 120), np.full(9, 61_234.0)]
    found = window_chance(fitted(position), position, window_m=500.0, runs=199)
    s, x = found.best_p_value
    assert x == pytest.approx(1 / 200)
    assert s > 0.05
    assert found.p_value([9, 1, 0], [0.6, 0.001, 0.6], [1, 1, 1]).tolist() == [1 / 200, 1, 1]


def test_draws_are_repeatable_and_progress_is_told() -> None:
    position = scattered(np.random.default_rng(3), 60)
    told: list[tuple[int, int]] = []
    one, two = (
        window_chance(
            fitted(position),
            position,
            window_m=500.0,
            runs=49,
            seed=4,
            progress=lambda done, all_: told.append((done, all_)),
        )
        for _ in range(2)
    )
    assert np.array_equal(one.maxima, two.maxima)
    assert told == [(49, 49)] * 2
    with pytest.raises(FrameError, match="at least one run"):
        window_chance(fitted(position), position, window_m=500.0, runs=0)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(2, 80),
    window=st.sampled_from([200, 500, 2000]),
)
def test_the_best_window_equals_brute_force(seed: int, count: int, window: float) -> None:
    position = np.sort(scattered(np.random.default_rng(seed), count).round())
    prediction = fitted(position)
    found = window_chance(prediction, position, window_m=window, runs=1)
    best = np.zeros(len(prediction.peer_classes))
    for at in position:
        stretch = np.searchsorted(AXIS.from_m, at, side="right") - 1
        begin = min(at, max(AXIS.to_m[stretch] - window, AXIS.from_m[stretch]))
        end = min(begin + window, AXIS.to_m[stretch])
        n = ((position >= begin) & (position <= end)).sum()
        own = prediction.class_at([(begin + end) / 2])[0]
        edges = np.clip([AXIS.segment_from_m, AXIS.segment_to_m], begin, end)
        mean = (
            (edges[1] - edges[0]) * prediction.density * found.scale[prediction.peer_class]
        ).sum()
        if n >= 2 and n > mean > 0:
            best[own] = max(best[own], n * np.log(n / mean) - (n - mean))
    assert found.best == pytest.approx(best, abs=1e-6)

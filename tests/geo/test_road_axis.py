"""Windows on the axis of all roads equal a search by brute force."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.road_axis import RoadAxis, running_total


def segments(*rows: tuple[str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["route_code", "from_chain_m", "to_chain_m"])


AXIS = RoadAxis.of(
    segments(
        ("S2", 0, 670), ("G1", 500, 900), ("G1", 0, 500), ("G1", 1000, 1130), ("S2", 670, 1000)
    )
)


def test_stretches_are_unbroken_runs_of_one_route() -> None:
    assert AXIS.route_code.tolist() == ["G1", "G1", "S2"]
    assert AXIS.from_chain_m.tolist() == [0, 1000, 0]
    assert AXIS.to_chain_m.tolist() == [900, 1130, 1000]
    assert AXIS.length_m == 2030
    assert AXIS.order.tolist() == [2, 1, 3, 0, 4]


def test_places_on_and_off_the_road() -> None:
    position, stretch = AXIS.locate(
        ["G1", "G1", "G1", "S2", "S2", "X9", "S2", "G1"],
        [0.0, 950.0, 1130.0, 1000.0, -1.0, 5.0, np.nan, 500.0],
    )
    assert stretch.tolist() == [0, -1, 1, 2, -1, -1, -1, 0]
    assert np.isnan(position[[1, 4, 5, 6]]).all()
    on = stretch >= 0
    assert AXIS.chain(position[on], stretch[on]).tolist() == [0, 1130, 1000, 500]


@pytest.mark.parametrize(("window", "number"), [(0.1, 7), (0.2, 6), (0.4, 4), (0.7, 1)])
def test_published_numbers_of_windows_on_067_miles(window: float, number: int) -> None:
    axis = RoadAxis.of(segments(("A", 0.0, 0.67)))
    found = axis.windows(window, 0.1)
    assert len(found) == number
    assert found.to_m[-1] == pytest.approx(0.67)
    assert (found.to_m - found.from_m) == pytest.approx(np.full(number, min(window, 0.67)))


@settings(deadline=None, max_examples=60)
@given(
    lengths=st.lists(st.integers(1, 900), min_size=1, max_size=5),
    steps=st.integers(1, 6),
    step=st.integers(7, 90),
    seed=st.integers(0, 10_000),
    count=st.integers(0, 60),
)
def test_sums_equal_brute_force(
    lengths: list[int], steps: int, step: int, seed: int, count: int
) -> None:
    axis = RoadAxis.of(segments(*((f"R{i}", 10, 10 + n) for i, n in enumerate(lengths))))
    rng = np.random.default_rng(seed)
    route = rng.integers(0, len(lengths), count)
    chain = 10.0 + rng.integers(0, np.array(lengths)[route] + 1)
    weight = rng.integers(1, 6, count).astype(float)
    position, stretch = axis.locate([f"R{i}" for i in route], chain)
    size = {"window_m": float(steps * step), "step_m": float(step)}
    found = axis.windows(**size)
    sums = axis.window_sums(position, stretch, **size)
    weighted = axis.window_sums(position, stretch, weights=weight, **size)
    assert len(sums) == len(found)
    for i in range(len(found)):
        is_last = found.to_m[i] == axis.to_m[found.stretch[i]]
        inside = (position >= found.from_m[i]) & (
            (position <= found.to_m[i]) if is_last else (position < found.to_m[i])
        )
        assert sums[i] == inside.sum()
        assert weighted[i] == weight[inside].sum()


def test_events_off_the_roads_do_not_count() -> None:
    position, stretch = AXIS.locate(["G1", "X9", "G1"], [10.0, 10.0, 20.0])
    sums = AXIS.window_sums(position, stretch, window_m=100.0, step_m=100.0, weights=[1, 9, 2])
    assert sums.sum() == sums[0] == 3


def test_running_total_adds_nothing_in_gaps() -> None:
    knots, total = running_total(AXIS, np.full(5, 0.5))
    assert total[-1] == 0.5 * 2030
    ends = np.interp(AXIS.to_m, knots, total) - np.interp(AXIS.from_m, knots, total)
    assert ends == pytest.approx(0.5 * (AXIS.to_m - AXIS.from_m))


def test_impossible_roads_and_windows_are_refused() -> None:
    with pytest.raises(FrameError, match="need a length"):
        RoadAxis.of(segments(("A", 5, 5)))
    with pytest.raises(FrameError, match="of A overlap at 50 m"):
        RoadAxis.of(segments(("A", 0, 100), ("A", 50, 200)))
    with pytest.raises(FrameError, match="whole number of steps"):
        AXIS.windows(250.0, 100.0)

"""Smoothed accidents of a published sample network of 32.3 miles, and conservation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.road_axis import RoadAxis
from geo.road_smoothing import decayed_shares, triangular_shares

# Sample data of linref 1.0 (MIT): route ends and crashes in miles, cut every half mile.
ENDS = {"I-5": 12.0, "SR-1": 9.8, "US-101": 10.5}
CRASHES = {
    "I-5": [4.47, 5.86, 8.40, 11.58],
    "SR-1": [2.25, 2.59, 3.54, 3.74, 6.00, 6.76, 7.62],
    "US-101": [0.23, 1.82, 2.56, 3.45, 4.02, 8.18, 8.24, 9.70, 9.89],
}


def cut(route: str, end: float) -> pd.DataFrame:
    first = np.arange(0, end - 1e-9, 0.5)
    return pd.DataFrame(
        {"route_code": route, "from_chain_m": first, "to_chain_m": np.minimum(first + 0.5, end)}
    )


AXIS = RoadAxis.of(pd.concat([cut(route, end) for route, end in ENDS.items()]))
PLACES = AXIS.locate(
    [route for route, at in CRASHES.items() for _ in at], np.concatenate(list(CRASHES.values()))
)


def test_triangle_of_one_mile() -> None:
    shares = triangular_shares(AXIS, *PLACES, reach_m=1.0)
    assert len(shares) == 65
    assert shares.sum() == pytest.approx(20.0)
    published = [0, 0.00045, 0.14, 0.3891, 0.3698, 0.30545, 0.4254, 0.305, 0.0648]
    assert shares[5:14] == pytest.approx(published, abs=5e-6)


def test_linear_decay_over_two_neighbours() -> None:
    shares = decayed_shares(AXIS, *PLACES, neighbours=2)
    assert shares.sum() == pytest.approx(20.0)
    assert shares[5:14] == pytest.approx(np.array([0, 1, 2, 3, 3, 3, 3, 2, 1]) / 9)
    road = RoadAxis.of(cut("A", 5.0))
    middle = decayed_shares(road, *road.locate(["A"], [2.7]), neighbours=2)
    assert middle[3:8] == pytest.approx(np.array([1, 2, 3, 2, 1]) / 9)
    near_end = decayed_shares(road, *road.locate(["A"], [0.6]), neighbours=2)
    assert near_end[:5].tolist() == pytest.approx([0.25, 0.375, 0.25, 0.125, 0])


@settings(deadline=None, max_examples=40)
@given(
    at=st.lists(st.floats(0, 9.8), min_size=1, max_size=15),
    reach=st.floats(0.01, 30),
    neighbours=st.integers(0, 30),
)
def test_every_accident_stays_on_its_road(
    at: list[float], reach: float, neighbours: int
) -> None:
    places = AXIS.locate(["SR-1"] * len(at), at)
    on_road = AXIS.route_code[np.searchsorted(AXIS.from_m, AXIS.segment_from_m, "right") - 1]
    for shares in (
        triangular_shares(AXIS, *places, reach_m=reach),
        decayed_shares(AXIS, *places, neighbours=neighbours),
    ):
        assert shares.sum() == pytest.approx(len(at))
        assert shares[on_road == "SR-1"].sum() == pytest.approx(len(at))
        assert (shares >= 0).all()


def test_weights_and_places_off_the_road() -> None:
    position, stretch = AXIS.locate(["I-5", "A-9"], [3.0, 3.0])
    for shares in (
        triangular_shares(AXIS, position, stretch, reach_m=0.5, weights=[3, 9]),
        decayed_shares(AXIS, position, stretch, neighbours=0, weights=[3, 9]),
    ):
        assert shares.sum() == pytest.approx(3)
    with pytest.raises(FrameError, match="reach"):
        triangular_shares(AXIS, position, stretch, reach_m=0.0)
    with pytest.raises(FrameError, match="neighbours"):
        decayed_shares(AXIS, position, stretch, neighbours=-1)

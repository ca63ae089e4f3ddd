"""The nearest segment of the grid search is the nearest segment of all."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.nearest import NONE, NearestSegment
from geo.segments import Segments, segments_of

CORNER = np.array([500_000.0, 3_800_000.0])  # of a county in a metric CRS

coordinate = st.floats(-1_000, 1_000, allow_nan=False, allow_subnormal=False)
place = st.tuples(coordinate, coordinate)
# Whole numbers give ties, crossings at cell borders, and segments along the axes.
whole_place = st.tuples(*2 * [st.integers(-6, 6).map(float)])
far_place = st.tuples(*2 * [st.floats(-1e6, 1e6, allow_subnormal=False)])


def brute_force(segments: Segments, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(points, segments) distances."""
    dx, dy = x[:, None] - segments.x_m, y[:, None] - segments.y_m
    along = np.clip(dx * segments.ux + dy * segments.uy, 0, segments.length_m)
    return np.hypot(dx - along * segments.ux, dy - along * segments.uy)


def assert_nearest(segments: Segments, x: np.ndarray, y: np.ndarray, reach_m: float) -> None:
    found = NearestSegment(segments).query(x, y, max_distance_m=reach_m)
    distance = brute_force(segments, x, y)
    least = distance.min(axis=1)
    is_found = found.segment != NONE
    borderline = np.abs(least - reach_m) < 1e-9
    assert (is_found == (least <= reach_m))[~borderline].all()
    at = np.flatnonzero(is_found)
    assert np.abs(found.distance_m[at] - least[at]).max(initial=0) <= 1e-9
    assert np.abs(distance[at, found.segment[at]] - least[at]).max(initial=0) <= 1e-9
    foot_x, foot_y = segments.place(found.segment[at], found.along_m[at])
    apart = np.hypot(foot_x - x[at], foot_y - y[at])
    assert np.abs(apart - found.distance_m[at]).max(initial=0) <= 1e-9
    assert np.isnan(found.along_m[~is_found]).all()
    assert np.isnan(found.distance_m[~is_found]).all()


lines = st.lists(
    st.lists(place, min_size=2, max_size=6) | st.lists(whole_place, min_size=2, max_size=6),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=300)
@given(
    lines=lines,
    points=st.lists(place | whole_place | far_place, min_size=1, max_size=20),
    reach_m=st.sampled_from([0.0, 1.0, 50.0, np.inf]),
)
def test_equals_brute_force(
    lines: list[list[tuple[float, float]]], points: list[tuple[float, float]], reach_m: float
) -> None:
    segments = segments_of([shapely.LineString(line) for line in lines])
    x, y = np.array(points).T
    if len(segments):
        assert_nearest(segments, x, y, reach_m)
    else:
        assert (NearestSegment(segments).query(x, y).segment == NONE).all()


@pytest.mark.parametrize("offset", [(0.0, 0.0), (500_000.0, 3_800_000.0)])
@pytest.mark.parametrize("step_m", [0.5, 20.0, 400.0])
def test_a_county_of_roads_and_points_around_it(
    offset: tuple[float, float], step_m: float
) -> None:
    rng = np.random.default_rng(4)
    walk = np.cumsum(rng.normal(0, step_m, (40, 30, 2)), axis=1)
    walk += rng.uniform(0, 40 * step_m, (40, 1, 2)) + offset
    segments = segments_of(shapely.linestrings(walk))
    x, y = (rng.uniform(-40 * step_m, 80 * step_m, (2_000, 2)) + offset).T
    x[:500], y[:500] = x[:500] + 0.05 * (x[:500] - offset[0]), offset[1]
    assert_nearest(segments, x, y, np.inf)
    assert_nearest(segments, x, y, 3 * step_m)


def test_one_road_at_a_mistaken_place_does_not_blow_up_the_grid() -> None:
    rng = np.random.default_rng(5)
    start = rng.uniform(0, 50_000, (5_000, 2)) + CORNER
    ends = np.stack([start, start + rng.normal(0, 60, start.shape)], axis=1)
    ends[0] -= ends[0].mean(axis=0)
    segments = segments_of(shapely.linestrings(ends))
    index = NearestSegment(segments)
    assert len(index._starts) < 5_000_000
    x, y = (rng.uniform(-5_000, 55_000, (500, 2)) + CORNER).T
    assert_nearest(segments, x, y, np.inf)


def test_points_without_coordinates_have_none() -> None:
    index = NearestSegment(segments_of([shapely.LineString([(0, 0), (10, 0)])]))
    found = index.query([np.nan, 3.0, 3.0, np.inf], [0.0, np.nan, -4.0, 0.0])
    assert found.segment.tolist() == [NONE, NONE, 0, NONE]
    assert found.along_m[2] == 3.0
    assert found.distance_m[2] == 4.0
    assert len(index.query([], []).segment) == 0


def test_reach_is_inclusive() -> None:
    index = NearestSegment(segments_of([shapely.LineString([(0, 0), (10, 0)])]))
    assert index.query([5.0], [5.0], max_distance_m=5.0).segment.tolist() == [0]
    assert index.query([5.0], [5.0], max_distance_m=4.999).segment.tolist() == [NONE]
    assert index.query([5.0], [0.0], max_distance_m=0.0).segment.tolist() == [0]


def test_no_segments_and_repeated_vertices() -> None:
    assert NearestSegment(segments_of([])).query([1.0], [1.0]).segment.tolist() == [NONE]
    doubled = segments_of([shapely.LineString([(0, 0), (0, 0), (10, 0), (10, 0), (10, 5)])])
    found = NearestSegment(doubled).query([10.0, 11.0], [4.0, 4.0])
    assert found.segment.tolist() == [1, 1]
    assert found.distance_m.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("reach_m", [-1.0, np.nan])
def test_impossible_questions_are_refused(reach_m: float) -> None:
    index = NearestSegment(segments_of([shapely.LineString([(0, 0), (10, 0)])]))
    with pytest.raises(FrameError, match="not below zero"):
        index.query([1.0], [1.0], max_distance_m=reach_m)
    with pytest.raises(FrameError, match="one of each"):
        index.query([1.0, 2.0], [1.0])


def test_threads_share_an_index() -> None:
    rng = np.random.default_rng(6)
    walk = np.cumsum(rng.normal(0, 20, (40, 30, 2)), axis=1)
    index = NearestSegment(segments_of(shapely.linestrings(walk)))
    x, y = rng.uniform(-200, 200, (2, 5_000))
    alone = index.query(x, y)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: index.query(x, y), range(16)):
            assert np.array_equal(found.segment, alone.segment)
            assert np.array_equal(found.distance_m, alone.distance_m)

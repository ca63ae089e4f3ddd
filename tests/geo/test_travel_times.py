"""Times and ways along roads, and straight lines where no road leads."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import CrsError, FrameError
from geo.travel_times import ON_FOOT, RoadGraph, TravelRules, travel_times

CRS = "EPSG:4547"
RULES = TravelRules(
    speeds_kmh={"county": 60.0, "street": 30.0, "expressway": 120.0},
    access_kmh=6.0,
    straight_kmh=30.0,
    detour=1.5,
    farthest_m=500.0,
)


def roads(
    *lines: list[tuple[float, float]], classes: list[str] | None = None
) -> gpd.GeoDataFrame:
    kinds = classes or ["county"] * len(lines)
    shapes = [shapely.LineString(line) for line in lines]
    return gpd.GeoDataFrame({"road_class": kinds}, geometry=shapes, crs=CRS)


def test_times_follow_class_length_and_access() -> None:
    frame = roads([(0, 0), (6000, 0)], [(3000, 0), (3000, 3000)], classes=["county", "street"])
    times = travel_times(
        RoadGraph.from_roads(frame, rules=RULES), [0, 6000, 3000], [0, 100, 3000]
    )
    # 6 km at 60 km/h and 100 m at 6 km/h; 3 km at 60 and 3 km at 30.
    assert times.minutes[0, 1] == pytest.approx(6.0 + 1.0)
    assert times.minutes[0, 2] == pytest.approx(3.0 + 6.0)
    assert times.minutes[1, 2] == pytest.approx(1.0 + 3.0 + 6.0)
    assert not times.is_straight.any()
    assert times.whole_minutes()[0, 1] == 7.0


def test_ways_are_drawn_along_the_roads_in_the_direction_of_travel() -> None:
    frame = roads([(0, 0), (1000, 500), (2000, 0)], [(2000, 0), (2000, 2000)])
    times = travel_times(RoadGraph.from_roads(frame, rules=RULES), [0, 2000], [0, 1000])
    there, back = times.path(0, 1), times.path(1, 0)
    assert list(there.coords) == [(0, 0), (1000, 500), (2000, 0), (2000, 1000)]
    assert list(back.coords) == list(there.coords)[::-1]
    assert there.length * 0.001 == pytest.approx(times.minutes[0, 1])


def test_places_on_one_road_need_no_junction_between_them() -> None:
    frame = roads([(0, 0), (10_000, 0)])
    x = [1000.0, 9000.0, 4000.0, 4000.0]
    times = travel_times(RoadGraph.from_roads(frame, rules=RULES), x, np.zeros(4))
    assert times.minutes == pytest.approx(np.abs(np.subtract.outer(x, x)) / 1000.0, abs=1e-6)
    assert list(times.path(1, 2).coords) == [(9000, 0), (4000, 0)]


def test_roads_that_nearly_meet_join_and_bridges_do_not() -> None:
    near = roads([(0, 0), (1000, 0)], [(1020, 5), (2000, 0)])
    assert not travel_times(RoadGraph.from_roads(near), [0, 2000], [0, 0]).is_straight.any()
    cross = ([(0, 0), (2000, 0)], [(1000, -1000), (1000, 1000)])
    at = ([0.0, 1000.0], [0.0, 1000.0])
    level = RoadGraph.from_roads(roads(*cross), rules=RULES)
    assert travel_times(level, *at).minutes[0, 1] == pytest.approx(2.0)
    bridge = roads(*cross, classes=["county", "expressway"])
    times = travel_times(RoadGraph.from_roads(bridge, rules=RULES), *at)
    assert times.is_straight[0, 1]  # the second place is 1 km from the only road it may join


def test_where_no_road_leads_the_line_is_straight_and_marked() -> None:
    frame = roads([(0, 0), (1000, 0)], [(50_000, 0), (51_000, 0)])
    times = travel_times(RoadGraph.from_roads(frame, rules=RULES), [0, 1000, 50_000], [0, 0, 0])
    assert times.is_straight.tolist() == [
        [False, False, True],
        [False, False, True],
        [True, True, False],
    ]
    assert times.minutes[0, 2] == pytest.approx(50.0 * 1.5 * 2.0)
    assert list(times.path(0, 2).coords) == [(0, 0), (50_000, 0)]
    empty = travel_times(RoadGraph.empty(RULES), [0, 1000], [0, 0])
    assert empty.minutes[0, 1] == pytest.approx(3.0)
    assert empty.is_straight.tolist() == [[False, True], [True, False]]
    no_rows = RoadGraph.from_roads(frame.iloc[:0], rules=RULES)
    assert travel_times(no_rows, [0, 1000], [0, 0]).minutes == pytest.approx(empty.minutes)
    assert travel_times(no_rows, [], []).minutes.shape == (0, 0)


def test_loops_parallel_roads_and_walking() -> None:
    ring = roads([(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)])
    times = travel_times(RoadGraph.from_roads(ring, rules=RULES), [0, 500], [0, 1000])
    assert times.minutes[0, 1] == pytest.approx(1.5)
    pair = roads([(0, 0), (3000, 0)], [(0, 0), (1500, 2000), (3000, 0)])
    times = travel_times(RoadGraph.from_roads(pair, rules=ON_FOOT), [0, 3000], [0, 0])
    assert times.minutes[0, 1] == pytest.approx(36.0)
    assert times.path(0, 1).length == pytest.approx(3000.0)


@given(seed=st.integers(0, 1_000))
@settings(max_examples=25, deadline=None)
def test_times_on_a_road_network_are_a_metric(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = [rng.uniform(0, 5000, (3, 2)).tolist() for _ in range(8)]
    graph = RoadGraph.from_roads(roads(*lines), rules=TravelRules())
    times = travel_times(graph, *rng.uniform(0, 5000, (2, 12)))
    minutes = times.minutes
    assert minutes == pytest.approx(minutes.T)
    if not times.is_straight.any():
        detours = minutes[:, :, None] + minutes[None, :, :]
        assert (detours.min(axis=1) >= minutes - 1e-9).all()
    speeds = TravelRules()
    for start, end in ((0, 1), (2, 3), (4, 5)):
        if not times.is_straight[start, end]:
            # One class, hence one speed: the way drawn is as long as it takes time.
            fast = times.path(start, end).length * 0.06 / max(speeds.speeds_kmh.values())
            slow = times.path(start, end).length * 0.06 / speeds.access_kmh
            assert fast - 1e-6 <= minutes[start, end] <= slow + 1e-6


def test_wrong_input_is_refused() -> None:
    with pytest.raises(CrsError):
        RoadGraph.from_roads(roads([(0, 0), (1, 1)]).set_crs(4326, allow_override=True))
    with pytest.raises(FrameError, match="positive"):
        RoadGraph.from_roads(roads([(0, 0), (1, 1)]), rules=TravelRules(other_kmh=0.0))
    with pytest.raises(FrameError, match="coordinates"):
        travel_times(RoadGraph.empty(), [np.nan], [0.0])

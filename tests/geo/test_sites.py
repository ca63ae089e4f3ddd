"""LEC, the closed loop of hazards, neighbours of sites, camera coverage."""

import math
from datetime import date
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from geo.errors import CrsError, FrameError
from geo.sites import (
    CONSEQUENCES,
    EXPOSURES,
    LIKELIHOODS,
    camera_coverage,
    hazard_loop,
    lec,
    near_sites,
)

METRIC = "EPSG:4547"
NAN = float("nan")


@pytest.mark.parametrize(
    ("steps", "d", "grade", "level"),
    [
        ((10, 10, 100), 10_000, "red", "extreme"),
        ((3, 6, 40), 720, "red", "extreme"),
        ((1, 3, 100), 300, "orange", "high"),
        ((6, 3, 15), 270, "orange", "high"),
        ((3, 3, 15), 135, "yellow", "considerable"),
        ((10, 1, 7), 70, "yellow", "considerable"),  # on the cut: the graver grade
        ((3, 2, 7), 42, "blue", "general"),
        ((0.2, 1, 100), 20, "blue", "general"),  # on the cut
        ((0.1, 0.5, 1), 0.05, "blue", "slight"),
    ],
)
def test_lec(steps: tuple, d: float, grade: str, level: str) -> None:
    row = lec(*steps).iloc[0]
    assert row["d"] == pytest.approx(d)
    assert (row["grade"], row["level"]) == (grade, level)


def test_lec_cuts_are_closed_on_the_left() -> None:
    cuts = (70.0, 135.0, 300.0)
    table = lec([10, 3, 1], [1, 3, 3], [7, 15, 100], cuts=cuts)
    assert table["d"].tolist() == list(cuts)
    assert table["grade"].tolist() == ["yellow", "orange", "red"]


def test_lec_knows_each_combination() -> None:
    grid = np.array(list(product(LIKELIHOODS, EXPOSURES, CONSEQUENCES)))
    table = lec(*grid.T)
    assert len(table) == 7 * 6 * 6
    expected = pd.cut(
        grid.prod(axis=1).round(9),
        [0, 70, 160, 320, np.inf],
        right=False,
        labels=["blue", "yellow", "orange", "red"],
    )
    assert table["grade"].tolist() == list(expected)


def test_lec_not_assessed() -> None:
    row = lec([NAN], [6], [40]).iloc[0]
    assert math.isnan(row["d"])
    assert row["grade"] is None
    assert row["level"] is None


def test_lec_faults() -> None:
    with pytest.raises(FrameError, match="likelihood 5 is no step"):
        lec([5], [1], [1])
    with pytest.raises(FrameError, match="must rise"):
        lec([1], [1], [1], cuts=(160, 70, 320))


HAZARDS = pd.DataFrame(
    {
        "unit": ["a", "a", "a", "b", "b", "b"],
        "found_on": pd.to_datetime(["2010-01-01"] * 5 + ["2010-09-01"]),
        "due_on": pd.to_datetime(
            ["2010-02-01", "2010-02-01", "2010-03-31", "2010-03-30", None, "2010-10-01"]
        ),
        "closed_on": pd.to_datetime(
            ["2010-02-01", "2010-02-02", None, None, None, "2010-09-02"]
        ),
    }
)


def test_hazard_loop() -> None:
    table = hazard_loop(HAZARDS, date(2010, 3, 31), by="unit")
    assert table.index.name == "unit"
    a, b = table.loc["a"], table.loc["b"]
    assert a[["found", "closed", "open", "overdue", "due"]].tolist() == [3, 2, 1, 0, 3]
    assert a["closed_on_time"] == 1  # on the due day; a day later is late
    assert a["rectification"] == pytest.approx(1 / 3)
    assert a["closed_share"] == pytest.approx(2 / 3)
    assert a["median_days"] == 31.5
    assert b[["found", "closed", "open", "overdue", "without_due"]].tolist() == [2, 0, 2, 1, 1]
    assert math.isnan(b["median_days"])


def test_the_due_day_itself_is_in_time() -> None:
    assert hazard_loop(HAZARDS, date(2010, 3, 31))["overdue"].tolist() == [1]
    assert hazard_loop(HAZARDS, date(2010, 4, 1))["overdue"].tolist() == [2]


def test_what_is_later_has_not_happened() -> None:
    row = hazard_loop(HAZARDS, date(2010, 2, 1)).iloc[0]
    assert (row["found"], row["closed"]) == (5, 1)
    assert hazard_loop(HAZARDS, date(2009, 1, 1)).empty


def test_days_since_1970_do_as_well() -> None:
    names = ["found_on", "due_on", "closed_on"]
    numbers = HAZARDS.assign(
        **{name: (HAZARDS[name] - pd.Timestamp(0)).dt.days for name in names}
    )
    day = date(2010, 3, 31)
    pd.testing.assert_frame_equal(hazard_loop(numbers, day), hazard_loop(HAZARDS, day))


def test_hazard_faults() -> None:
    with pytest.raises(FrameError, match="'unit_code'"):
        hazard_loop(HAZARDS, date(2010, 3, 31), by="unit_code")
    backwards = HAZARDS.assign(closed_on=pd.Timestamp("2009-12-31"))
    with pytest.raises(FrameError, match="closed before"):
        hazard_loop(backwards, date(2010, 3, 31))


def points(xy: list[tuple[float, float]], names: list[str] | None = None, crs: str = METRIC):
    return gpd.GeoDataFrame(index=names, geometry=[Point(*each) for each in xy], crs=crs)


def test_near_sites() -> None:
    mines = points([(0, 0), (1000, 0)], ["m1", "m2"])
    schools = points([(0, 300), (400, 0), (0, 501), (1500, 0)], ["s1", "s2", "s3", "s4"])
    pairs = near_sites(mines, schools, within_m=500)
    assert pairs.to_numpy().tolist() == [
        ["m1", "s1", 300.0],
        ["m1", "s2", 400.0],
        ["m2", "s4", 500.0],  # on the limit
    ]


def test_rows_without_a_place_are_near_nothing() -> None:
    mines = gpd.GeoDataFrame(geometry=[None, Point(0, 0)], crs=METRIC)
    targets = gpd.GeoDataFrame(geometry=[Point(1, 0), None], crs=METRIC)
    pairs = near_sites(mines, targets, within_m=5)
    assert pairs.to_numpy().tolist() == [[1, 0, 1.0]]


def test_degrees_are_no_metres() -> None:
    mines = points([(113.4, 34.1)], crs="EPSG:4326")
    with pytest.raises(CrsError, match="not metric"):
        near_sites(mines, mines, within_m=500)
    with pytest.raises(CrsError, match="differ"):
        near_sites(mines.to_crs(METRIC), mines, within_m=500)


coordinates = st.tuples(st.integers(0, 50), st.integers(0, 50))


@settings(max_examples=50)
@given(
    st.lists(coordinates, max_size=12), st.lists(coordinates, max_size=12), st.integers(0, 30)
)
def test_near_sites_equals_all_pairs(left: list, right: list, within: int) -> None:
    pairs = near_sites(points(left), points(right), within_m=within)
    expected = {
        (i, j)
        for i, a in enumerate(left)
        for j, b in enumerate(right)
        if (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 <= within**2
    }
    assert set(zip(pairs["site"], pairs["target"], strict=True)) == expected


CELLS = gpd.GeoDataFrame(
    geometry=[box(0, 0, 500, 500), box(500, 0, 1000, 500), box(2000, 0, 2500, 500)], crs=METRIC
)


def cameras(rows: list[tuple]) -> gpd.GeoDataFrame:
    x, networked, online, reach = zip(*rows, strict=True)
    return points([(each, 250) for each in x]).assign(
        is_networked=networked, is_online=online, range_m=reach
    )


def test_camera_coverage() -> None:
    found = camera_coverage(
        cameras(
            [
                (250, True, True, 100),
                (750, True, False, 100),
                (2250, False, True, 100),  # not on the platform: nobody sees it
                (2250, True, None, 100),
            ]
        ),
        CELLS,
    )
    assert (found.cameras, found.networked, found.online) == (4, 3, 1)
    assert found.networked_share == 0.75
    assert found.online_share == pytest.approx(1 / 3)
    assert found.is_covered.tolist() == [True, False, False]
    assert found.covered_share == pytest.approx(1 / 3)
    assert found.area_share[0] == pytest.approx(math.pi * 100**2 / 500**2, rel=1e-3)
    assert found.area_share[1:].tolist() == [0, 0]


def test_overlapping_ranges_count_once() -> None:
    twice = cameras([(250, True, True, 100)] * 2)
    assert camera_coverage(twice, CELLS).area_share[0] == pytest.approx(0.12566, rel=1e-3)


def test_cells_may_weigh_differently() -> None:
    found = camera_coverage(cameras([(250, True, True, 100)]), CELLS, weights=[6, 3, 3])
    assert found.covered_share == 0.5
    with pytest.raises(FrameError, match="one weight per cell"):
        camera_coverage(cameras([(250, True, True, 100)]), CELLS, weights=[1])


@pytest.mark.parametrize(("default", "covered"), [(50, [1, 0, 0]), (250, [1, 1, 0])])
def test_a_range_not_stated_is_assumed_and_said(default: float, covered: list[int]) -> None:
    found = camera_coverage(cameras([(250, True, True, NAN)]), CELLS, default_range_m=default)
    assert found.assumed_ranges == 1
    assert found.is_covered.tolist() == covered


def test_no_camera_and_no_cell() -> None:
    none = cameras([(250, False, False, 50)])
    found = camera_coverage(none, CELLS)
    assert found.covered_share == 0
    assert math.isnan(found.online_share)
    assert math.isnan(camera_coverage(none, CELLS.iloc[:0]).covered_share)


def test_a_camera_without_a_place_covers_nothing() -> None:
    lost = gpd.GeoDataFrame(
        {"is_networked": [True], "is_online": [True], "range_m": [50.0]},
        geometry=gpd.GeoSeries([None], crs=METRIC),
    )
    found = camera_coverage(lost, CELLS)
    assert (found.online, found.covered_share) == (1, 0)


def test_camera_columns() -> None:
    with pytest.raises(FrameError, match="'is_online'"):
        camera_coverage(cameras([(1, True, True, 1)]).drop(columns="is_online"), CELLS)

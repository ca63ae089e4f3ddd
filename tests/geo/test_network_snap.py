import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from geo.errors import CrsError, FrameError
from geo.network import RoadIndex, SnapRules, snap_points
from geo.stakes import RouteLocator

CRS = "EPSG:4547"


def roads_of(*rows):
    columns = ["route_code", "name", "road_class", "aliases", "stake_from_m", "stake_to_m"]
    table = pd.DataFrame([row[:-1] for row in rows], columns=columns)
    return gpd.GeoDataFrame(table, geometry=[row[-1] for row in rows], crs=CRS)


def points_of(*xy, index=None):
    return gpd.GeoSeries([shapely.Point(p) for p in xy], index=index, crs=CRS)


@pytest.fixture
def roads():
    """Two roads running east, 30 m apart, and one running north far off."""
    return roads_of(
        ("S237", "许洛线", "provincial", "许洛路", 25_000.0, 26_000.0, shapely.LineString([(0, 0), (1000, 0)])),
        ("X001", "禹神路", "county", "", np.nan, np.nan, shapely.LineString([(0, 30), (1000, 30)])),
        ("", "", "street", "", np.nan, np.nan, shapely.LineString([(5000, 0), (5000, 900)])),
    )  # fmt: skip


def test_a_point_gets_its_road_place_stake_and_side(roads):
    snapped = snap_points(points_of((400, -8), (5010, 300), (1003, -4), index=[7, 3, 9]), roads)
    assert snapped.index.tolist() == [7, 3, 9]
    assert snapped["road"].tolist() == [0, 2, 0]
    assert snapped["route_code"].tolist() == ["S237", "", "S237"]
    assert_allclose(snapped["distance_m"], [8, 10, 5])
    assert_allclose(snapped["x_m"], [400, 5000, 1000])
    assert_allclose(snapped["y_m"], [0, 300, 0])
    assert_allclose(snapped["chain_m"], [400, 300, 1000])
    assert_allclose(snapped["stake_m"], [25_400, np.nan, 26_000])
    assert snapped["side"].tolist() == ["right", "right", "right"]
    assert snapped["runner_up"].tolist() == [1, -1, 1]
    assert_allclose(snapped["runner_up_distance_m"], [38, np.nan, np.hypot(3, 34)])
    assert snapped["status"].tolist() == ["good", "good", "good"]


def test_the_posterior_is_gaussian(roads):
    snapped = snap_points(points_of((400, 5), (400, 15), (5010, 300)), roads)
    # Distances 5 and 25 m, σ = 15 m: odds exp((25² − 5²) / 450).
    first = 1 / (1 + np.exp(-(25**2 - 5**2) / 450))
    assert_allclose(snapped["posterior"], [first, 0.5, 1.0])
    assert snapped["status"].tolist() == ["ambiguous", "ambiguous", "good"]
    assert_allclose(snapped["runner_up_distance_m"], [25, 15, np.nan])


def test_statuses(roads):
    rules = SnapRules(tolerance_m=45)
    points = points_of((5031, 5), (5045, 5), (5045.1, 5), (500, 4000))
    snapped = snap_points(points, roads, rules=rules)
    assert snapped["status"].tolist() == ["fair", "fair", "unmatched", "unmatched"]
    assert snapped["road"].tolist() == [2, 2, -1, -1]
    assert snapped.loc[2, ["distance_m", "posterior", "stake_m"]].isna().all()
    assert snapped["side"].isna().tolist() == [False, False, True, True]


def test_the_route_code_decides_between_neighbours(roads):
    point = points_of((400, 16))
    snapped = snap_points(point, roads, route_code=["S237"])
    # Equal code against conflicting code: odds 20 · 20.
    weight = np.exp(-(16**2) / 450) * 20, np.exp(-(14**2) / 450) / 20
    assert snapped["road"].tolist() == [0]
    assert_allclose(snapped["posterior"], weight[0] / sum(weight))
    assert snapped["status"].tolist() == ["good"]
    assert snap_points(point, roads, route_code=["X001"])["road"].tolist() == [1]
    unsaid = snap_points(point, roads, route_code=[None])
    assert unsaid["road"].tolist() == [1]
    assert unsaid["status"].tolist() == ["ambiguous"]


def test_names_and_aliases_count(roads):
    points = points_of((400, 15), (400, 15), (400, 15), (400, 15))
    names = ["许洛路", "禹神路", "不详", None]
    snapped = snap_points(points, roads, road_name=names)
    assert snapped["road"].tolist()[:2] == [0, 1]
    assert_allclose(snapped["posterior"], [5 / 6, 5 / 6, 0.5, 0.5])


def test_the_stake_counts_on_its_route():
    roads = roads_of(
        ("S1", "", "", "", 0.0, 1000.0, shapely.LineString([(0, 0), (1000, 0)])),
        ("S2", "", "", "", 7000.0, 8000.0, shapely.LineString([(0, 20), (1000, 20)])),
    )
    snapped = snap_points(points_of((400, 12), (400, 8)), roads, stake_m=[450, np.nan])
    weights = np.exp(-(12**2) / 450 - 0.5 * 0.5**2), np.exp(-(8**2) / 450 - 0.5 * 69.5**2)
    assert snapped["road"].tolist() == [0, 0]
    assert_allclose(snapped["posterior"].iloc[0], weights[0] / sum(weights))
    assert snapped["status"].tolist() == ["good", "ambiguous"]


def test_headings_tell_roads_at_a_crossing_apart():
    roads = roads_of(
        ("A", "", "", "", np.nan, np.nan, shapely.LineString([(-500, 0), (500, 0)])),
        ("B", "", "", "", np.nan, np.nan, shapely.LineString([(0, -500), (0, 500)])),
    )
    points = points_of(*[(10, 10)] * 5)
    snapped = snap_points(points, roads, bearing_deg=[90, 275, 0, 190, np.nan])
    assert snapped["road"].tolist()[:4] == [0, 0, 1, 1]
    assert snapped["status"].tolist() == ["good"] * 4 + ["ambiguous"]


def test_classes_count_by_their_odds(roads):
    rules = SnapRules(class_odds={"provincial": 30.0})
    snapped = snap_points(points_of((400, 15)), roads, rules=rules)
    assert snapped["road"].tolist() == [0]
    assert_allclose(snapped["posterior"], 30 / 31)


def test_rows_of_one_route_do_not_compete():
    roads = roads_of(
        ("S1", "", "", "", 0.0, 500.0, shapely.LineString([(0, 0), (500, 0)])),
        ("S1", "", "", "", 500.0, 900.0, shapely.LineString([(500, 0), (900, 0)])),
    )
    snapped = snap_points(points_of((498, 9), (503, 9)), roads)
    assert snapped["posterior"].tolist() == [1.0, 1.0]
    assert snapped["road"].tolist() == [0, 1]
    assert snapped["runner_up"].tolist() == [-1, -1]
    assert_allclose(snapped["stake_m"], [498, 503])


def test_stakes_come_from_the_calibration_where_there_is_one(roads):
    table = pd.DataFrame(
        {
            "route_code": "S237",
            "piece": [0, 0, 0],
            "stake_m": [25_000, 25_300, 26_000],
            "chain_m": [0, 200, 1000],
        }
    )
    locator = RouteLocator(roads, calibration=table)
    snapped = snap_points(points_of((100, -3), (100, 40)), roads, locator=locator)
    assert_allclose(snapped["stake_m"], [25_150, np.nan])


def test_sides_and_the_axis(roads):
    snapped = snap_points(points_of((100, 2), (100, -2), (100, 0)), roads)
    assert snapped["side"].tolist() == ["left", "right", "on"]


def test_empty_missing_and_no_points(roads):
    points = gpd.GeoSeries([None, shapely.Point(), shapely.Point(10, 1)], crs=CRS)
    assert snap_points(points, roads)["road"].tolist() == [-1, -1, 0]
    assert len(snap_points(points.iloc[:0], roads)) == 0
    assert snap_points(points, roads.iloc[:0])["status"].tolist() == ["unmatched"] * 3


def test_what_snapping_refuses(roads):
    points = points_of((0, 0))
    with pytest.raises(CrsError, match="points is in EPSG:4326"):
        snap_points(points.to_crs(4326), roads)
    with pytest.raises(CrsError, match="bring them to the roads'"):
        snap_points(points.to_crs(4546), roads)
    with pytest.raises(CrsError, match="roads"):
        snap_points(points, roads.to_crs(4326))
    with pytest.raises(FrameError, match="representative_point"):
        snap_points(points.buffer(3), roads)
    with pytest.raises(FrameError, match="'route_code'"):
        RoadIndex(roads.drop(columns="route_code"))


def winding_roads(count, seed):
    rng = np.random.default_rng(seed)
    lines = [
        shapely.LineString(
            rng.uniform(0, 2000, 2) + np.cumsum(rng.normal(0, 40, (20, 2)), axis=0)
        )
        for _ in range(count)
    ]
    return roads_of(
        *((f"R{i}", "", "", "", np.nan, np.nan, line) for i, line in enumerate(lines))
    )


@given(st.integers(0, 2**32 - 1))
def test_the_nearest_road_is_the_one_geopandas_finds(seed):
    roads = winding_roads(30, seed)
    xy = np.random.default_rng(seed).uniform(-50, 2050, (60, 2))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=CRS)
    joined = points.sjoin_nearest(roads, how="left", max_distance=50.0, distance_col="d")
    joined = joined[~joined.index.duplicated()]
    snapped = snap_points(points, roads)
    assert_array_equal(snapped["road"], joined["index_right"].fillna(-1).astype(int))
    assert_allclose(snapped["distance_m"], joined["d"], atol=1e-9)
    lines = roads.geometry.to_numpy()
    matched = snapped[snapped["road"] >= 0]
    feet = shapely.line_interpolate_point(lines[matched["road"]], matched["chain_m"])
    assert_allclose(shapely.get_coordinates(feet), matched[["x_m", "y_m"]], atol=1e-6)
    assert (matched["posterior"].between(1 / 31, 1)).all()
    assert (matched["runner_up"] != matched["road"]).all()


def test_accepted_roads_are_right_and_doubtful_ones_are_kept_apart():
    """GPS error of 12 m on a dense network: what is accepted is right, what is not is not."""
    rng = np.random.default_rng(4)
    roads = winding_roads(150, 4)
    source = rng.integers(0, 150, 20_000)
    on = shapely.line_interpolate_point(
        roads.geometry.to_numpy()[source], rng.random(20_000), normalized=True
    )
    xy = shapely.get_coordinates(on) + rng.normal(0, 12, (20_000, 2))
    snapped = snap_points(gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=CRS), roads)
    right = snapped["road"] == source
    accepted = snapped["status"].isin(["good", "fair"])
    assert right[accepted].mean() > 0.95
    assert right[snapped["status"] == "ambiguous"].mean() < 0.85
    assert right[snapped["posterior"] < 0.6].mean() < 0.65

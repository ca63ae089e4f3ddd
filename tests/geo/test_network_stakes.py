from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from geo.errors import CrsError, FrameError
from geo.stakes import RouteLocator, StakeStatus

CRS = "EPSG:4547"
CORNER = shapely.LineString([(0, 0), (1000, 0), (1000, 1000)])


def routes_of(*rows, crs=CRS):
    codes, starts, ends, lines = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"route_code": codes, "stake_from_m": starts, "stake_to_m": ends},
        geometry=list(lines),
        crs=crs,
    )


def calibration_of(*points):
    """Points of route A: (piece, stake, chain)."""
    piece, stake, chain = zip(*points, strict=True)
    return pd.DataFrame({"route_code": "A", "piece": piece, "stake_m": stake, "chain_m": chain})


@pytest.fixture
def corner():
    return routes_of(("A", 1000.0, 3000.0, CORNER))


def xy(places):
    return np.column_stack([places.x_m, places.y_m])


def test_stakes_run_along_the_line(corner):
    places = RouteLocator(corner).locate("A", [1000, 1500, 2000, 2500, 3000])
    assert_array_equal(places.row, np.arange(5))
    assert_allclose(xy(places), [(0, 0), (500, 0), (1000, 0), (1000, 500), (1000, 1000)])
    assert_allclose(places.bearing_deg, [90, 90, 0, 0, 0])
    assert_array_equal(places.multiplicity, 1)
    assert_array_equal(places.status, StakeStatus.UNIQUE)


def test_stakes_may_fall_along_the_line(corner):
    corner[["stake_from_m", "stake_to_m"]] = [[3000.0, 1000.0]]
    places = RouteLocator(corner).locate("A", [1000, 1500, 3000])
    assert_allclose(xy(places), [(1000, 1000), (1000, 500), (0, 0)])
    assert_allclose(places.bearing_deg, [180, 180, 270])


def test_a_stake_without_place_says_why(corner):
    corner.loc[1] = ["B", np.nan, np.nan, CORNER]
    places = RouteLocator(corner).locate(
        ["A", "A", "A", "B", "C", None], [999.0, 3001.0, np.nan, 5.0, 5.0, 5.0]
    )
    assert len(places.row) == 0
    assert [StakeStatus(s).name for s in places.status] == [
        "BEYOND",
        "BEYOND",
        "MISSING",
        "UNKNOWN_ROUTE",
        "UNKNOWN_ROUTE",
        "UNKNOWN_ROUTE",
    ]


def test_a_long_chain_repeats_stakes(corner):
    """Rebuilt 350 m longer: K0+650 to K1+000 come twice."""
    long = calibration_of((0, 0, 0), (0, 1000, 1000), (1, 650, 1000), (1, 1650, 2000))
    places = RouteLocator(corner, calibration=long).locate("A", [600, 650, 800, 1000, 1001])
    assert_array_equal(places.row, [0, 1, 1, 2, 2, 3, 3, 4])
    assert_array_equal(places.piece, [0, 0, 1, 0, 1, 0, 1, 1])
    assert_array_equal(places.multiplicity, [1, 2, 2, 2, 2, 2, 2, 1])
    assert_array_equal(places.status, [0, 1, 1, 1, 0])
    assert_allclose(
        xy(places),
        [
            (600, 0),
            (650, 0),
            (1000, 0),
            (800, 0),
            (1000, 150),
            (1000, 0),
            (1000, 350),
            (1000, 351),
        ],
    )


def test_a_short_chain_skips_stakes(corner):
    """Rebuilt 820 m shorter: K1+000 is K1+820."""
    short = calibration_of((0, 0, 0), (0, 1000, 1000), (1, 1820, 1000), (1, 2820, 2000))
    places = RouteLocator(corner, calibration=short).locate("A", [1000, 1400, 1820, 2000])
    assert_array_equal(places.row, [0, 2, 3])
    assert_allclose(xy(places), [(1000, 0), (1000, 0), (1000, 180)])
    assert places.status[1] == StakeStatus.JUMPED


def test_where_pieces_meet_there_is_one_place(corner):
    two = calibration_of((0, 0, 0), (0, 900, 1000), (1, 900, 1000), (1, 2000, 2000))
    places = RouteLocator(corner, calibration=two).locate("A", [900.0, 1450.0])
    assert_array_equal(places.multiplicity, [1, 1])
    assert_allclose(xy(places), [(1000, 0), (1000, 500)])


def test_rows_of_one_route_that_overlap_give_two_places():
    routes = routes_of(
        ("A", 0.0, 1000.0, shapely.LineString([(0, 0), (1000, 0)])),
        ("B", 0.0, 10.0, shapely.LineString([(0, 90), (10, 90)])),
        ("A", 500.0, 1500.0, shapely.LineString([(500, 40), (1500, 40)])),
    )
    places = RouteLocator(routes).locate("A", [700.0])
    assert_allclose(xy(places), [(700, 0), (700, 40)])
    assert_array_equal(places.piece, [0, 1])


def test_stakes_between_calibration_points(corner):
    uneven = calibration_of((0, 0, 0), (0, 100, 300), (0, 200, 2000))
    places = RouteLocator(corner, calibration=uneven).locate("A", [50, 100, 150])
    assert_allclose(xy(places), [(150, 0), (300, 0), (1000, 150)])


def test_parts_of_a_route_follow_one_another_over_a_gap():
    parts = routes_of(
        ("A", np.nan, np.nan, shapely.LineString([(0, 0), (100, 0)])),
        ("A", np.nan, np.nan, shapely.LineString([(150, 0), (250, 0)])),
    )
    locator = RouteLocator(parts, calibration=calibration_of((0, 0, 0), (0, 200, 200)))
    assert_allclose(xy(locator.locate("A", [50, 150])), [(50, 0), (200, 0)])
    assert shapely.equals(
        locator.section("A", 50, 150),
        shapely.MultiLineString([[(50, 0), (100, 0)], [(150, 0), (200, 0)]]),
    )


def test_the_calibration_of_the_day(corner):
    table = calibration_of((0, 0, 0), (0, 2000, 2000), (1, 50_000, 0), (1, 52_000, 2000))
    table["valid_from"] = [None, None, "2018-01-01", "2018-01-01"]
    table["valid_to"] = ["2018-01-01", "2018-01-01", None, None]

    def place(stake, day=None):
        locator = RouteLocator(corner, calibration=table, on=day)
        return xy(locator.locate("A", [stake])).tolist()

    assert place(500, date(2017, 12, 31)) == [[500, 0]]
    assert place(500, date(2018, 1, 1)) == []
    assert place(50_500, date(2018, 1, 1)) == [[500, 0]]
    assert place(50_500) == [[500, 0]]
    assert place(500) == []


def test_sections_run_from_the_first_stake_to_the_second(corner):
    locator = RouteLocator(corner)
    assert locator.section("A", 1500, 2500).wkt == "LINESTRING (500 0, 1000 0, 1000 500)"
    assert locator.section("A", 2500, 1500).wkt == "LINESTRING (1000 500, 1000 0, 500 0)"
    assert locator.section("A", 0, 1100).wkt == "LINESTRING (0 0, 100 0)"
    assert locator.section("A", 5000, 6000).is_empty
    assert locator.section("Z", 0, 1).is_empty


def test_sections_over_broken_chains(corner):
    long = calibration_of((0, 0, 0), (0, 1000, 1000), (1, 650, 1000), (1, 1650, 2000))
    locator = RouteLocator(corner, calibration=long)
    assert locator.section("A", 600, 1200).length == pytest.approx(400 + 550)
    assert locator.section("A", 600, 1200).geom_type == "LineString"
    twice = locator.section("A", 900, 700)
    assert twice.wkt == "MULTILINESTRING ((1000 250, 1000 50), (900 0, 700 0))"
    short = calibration_of((0, 0, 0), (0, 1000, 1000), (1, 1820, 1000), (1, 2820, 2000))
    section = RouteLocator(corner, calibration=short).section("A", 900, 1920)
    assert section.wkt == "LINESTRING (900 0, 1000 0, 1000 100)"


def test_points_back_to_stakes(corner):
    fixes = RouteLocator(corner).stake_of("A", [400, 400, 990, np.nan], [30, -20, 300, 0])
    assert_allclose(fixes.stake_m, [1400, 1400, 2300, np.nan])
    assert_allclose(fixes.offset_m, [-30, 20, -10, np.nan])
    assert_array_equal(fixes.piece, [0, 0, 0, -1])
    assert np.isnan(RouteLocator(corner).stake_of("Z", [1.0], [1.0]).stake_m).all()


def test_posts_are_put_on_the_line(corner):
    posts = pd.DataFrame(
        {
            "route_code": "A",
            "piece": 0,
            "stake_m": [0, 1000, 1900],
            "x_m": [100, 990, 1006],
            "y_m": [5, 5, 900],
        }
    )
    locator = RouteLocator(corner, calibration=posts)
    assert_allclose(xy(locator.locate("A", [0, 1900])), [(100, 0), (1000, 900)])
    assert locator.pieces.loc[0, "residual_m"] == pytest.approx(6.0)
    assert locator.pieces.loc[0, "length_m"] == pytest.approx(1800.0)


def test_posts_against_the_stakes(corner):
    posts = pd.DataFrame(
        {
            "route_code": "A",
            "piece": 3,
            "stake_m": [0, 1000, 2000],
            "x_m": [1000, 1000, 0],
            "y_m": [1000, 0, 0],
        }
    )
    places = RouteLocator(corner, calibration=posts).locate("A", [500, 1500])
    assert_allclose(xy(places), [(1000, 500), (500, 0)])
    assert_array_equal(places.piece, 3)


def test_posts_of_a_hairpin_stay_on_their_leg():
    """Legs 20 m apart: the plain nearest place is on the wrong leg for most posts."""
    hairpin = shapely.LineString([(0, 0), (2000, 0), (2000, 20), (0, 20)])
    stakes = np.arange(0, 4001, 100)
    at = shapely.get_coordinates(shapely.line_interpolate_point(hairpin, stakes))
    noise = np.random.default_rng(5).normal(0, 15, at.shape)
    noise[[0, -1]] = 0
    posts = pd.DataFrame(
        {
            "route_code": "A",
            "piece": 0,
            "stake_m": stakes[::5],
            "x_m": (at + noise)[::5, 0],
            "y_m": (at + noise)[::5, 1],
        }
    )
    plain = shapely.line_locate_point(hairpin, shapely.points(at + noise))
    assert np.percentile(np.abs(plain - stakes), 90) > 1000
    routes = routes_of(("A", np.nan, np.nan, hairpin))
    places = RouteLocator(routes, calibration=posts).locate("A", stakes)
    assert len(places.row) == len(stakes)
    assert np.hypot(*(xy(places) - at).T).max() < 60


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([(0, 0, 0)], "one calibration point"),
        ([(0, 0, 0), (0, 500, 600), (0, 400, 900)], "near stake 500"),
        ([(0, 0, 0), (0, 500, 600), (0, 500, 900)], "strictly"),
        ([(0, 0, 0), (0, 500, 700), (0, 900, 600)], "near stake 900"),
        ([(0, 0, 0), (0, 500, 2100)], "leaves its line"),
    ],
)
def test_calibration_must_rise_along_the_line(corner, points, says):
    with pytest.raises(FrameError, match=says):
        RouteLocator(corner, calibration=calibration_of(*points))


def test_what_the_locator_refuses(corner):
    with pytest.raises(CrsError, match="not metric"):
        RouteLocator(corner.to_crs(4326))
    with pytest.raises(FrameError, match="no column 'stake_to_m'"):
        RouteLocator(corner.drop(columns="stake_to_m"))
    nowhere = calibration_of((0, 0, 0), (0, 1, 1)).assign(route_code="Z")
    with pytest.raises(FrameError, match="route Z, which has no line"):
        RouteLocator(corner, calibration=nowhere)
    with pytest.raises(FrameError, match="no column 'x_m'"):
        RouteLocator(corner, calibration=calibration_of((0, 0, 0)).drop(columns="chain_m"))
    astray = calibration_of((0, 0, 0), (0, 500, 500), (0, 1000, 1000)).drop(columns="chain_m")
    astray["x_m"], astray["y_m"] = astray["stake_m"], [0, 400, 0]
    with pytest.raises(FrameError, match="post at stake 500 is more than 150 m"):
        RouteLocator(corner, calibration=astray)
    with pytest.raises(FrameError, match="must be lines"):
        RouteLocator(routes_of(("A", 0.0, 1.0, shapely.Point(0, 0))))
    with pytest.raises(FrameError, match="strictly"):
        RouteLocator(routes_of(("A", 5.0, 5.0, CORNER)))
    empty = corner.assign(geometry=[shapely.LineString()])
    with pytest.raises(FrameError, match="whose line is empty"):
        RouteLocator(empty, calibration=calibration_of((0, 0, 0), (0, 1, 1)))


def test_without_routes_every_route_is_unknown(corner):
    locator = RouteLocator(corner.iloc[:0])
    assert_array_equal(locator.locate(["A"], [1.0]).status, StakeStatus.UNKNOWN_ROUTE)
    assert len(locator.locate([], []).row) == 0


@st.composite
def calibrated_routes(draw):
    """A winding line, two to six calibration points, and a broken chain or none."""
    n = draw(st.integers(3, 12))
    headings = draw(st.lists(st.floats(-1.2, 1.2), min_size=n, max_size=n))
    steps = draw(st.lists(st.floats(20.0, 400.0), min_size=n, max_size=n))
    # Headings within ±69°: the line never meets itself, so that places are unambiguous.
    step = np.array(steps)[:, None] * np.column_stack([np.cos(headings), np.sin(headings)])
    line = shapely.LineString(np.vstack([[0.0, 0.0], np.cumsum(step, axis=0)]))
    fractions = draw(st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True))
    chain = np.array([0, *sorted(fractions), 100]) / 100 * line.length
    scales = draw(st.lists(st.floats(0.9, 1.1), min_size=len(chain), max_size=len(chain)))
    stake = np.concatenate([[0.0], np.cumsum(np.diff(chain) * scales[1:])])
    at = draw(st.integers(1, len(chain) - 2))
    jump = draw(st.sampled_from([0.0, -15.0, 40.0]))
    falls = -1.0 if draw(st.booleans()) else 1.0
    table = pd.concat(
        [
            calibration_of(*((0, s, c) for s, c in zip(stake, chain, strict=True))).iloc[
                : at + 1
            ],
            calibration_of(*((1, s + jump, c) for s, c in zip(stake, chain, strict=True))).iloc[
                at:
            ],
        ]
    )
    table["stake_m"] = falls * table["stake_m"] + 10_000
    return RouteLocator(routes_of(("A", np.nan, np.nan, line)), calibration=table), line


@given(calibrated_routes(), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8))
def test_a_place_has_a_stake_and_the_stake_has_that_place(route, fractions):
    locator, line = route
    points = shapely.line_interpolate_point(line, fractions, normalized=True)
    x, y = shapely.get_coordinates(points).T
    fixes = locator.stake_of("A", x, y)
    assert_allclose(fixes.offset_m, 0, atol=1e-6)
    places = locator.locate("A", fixes.stake_m)
    apart = np.hypot(places.x_m - x[places.row], places.y_m - y[places.row])
    nearest = pd.Series(apart).groupby(places.row).min()
    assert len(nearest) == len(x)
    assert nearest.max() < 1e-6


@given(calibrated_routes(), st.lists(st.floats(9_000.0, 14_000.0), min_size=2, max_size=20))
def test_places_are_on_the_line_and_rise_with_their_stakes(route, stakes):
    locator, line = route
    stakes = np.sort(stakes)
    places = locator.locate("A", stakes)
    points = shapely.points(places.x_m, places.y_m)
    assert_allclose(shapely.distance(line, points), 0, atol=1e-6)
    chain = shapely.line_locate_point(line, points)
    assert_array_equal(
        np.bincount(places.row, minlength=len(stakes))[places.row], places.multiplicity
    )
    pieces = locator.pieces.set_index("piece")
    for piece in (0, 1):
        of_piece = places.piece == piece
        at = chain[of_piece]
        rises = np.diff(at)
        assert (rises >= -1e-6).all() or (rises <= 1e-6).all()
        low, high = pieces.loc[piece, ["stake_from_m", "stake_to_m"]]
        assert (
            (stakes[places.row[of_piece]] >= low) & (stakes[places.row[of_piece]] <= high)
        ).all()


def test_locating_equals_shapely_line_by_line():
    rng = np.random.default_rng(11)
    lines = [
        shapely.LineString(np.cumsum(rng.normal(20, 30, (60, 2)), axis=0)) for _ in range(7)
    ]
    length = shapely.length(lines)
    codes = [f"X{i:03d}" for i in range(7)]
    locator = RouteLocator(routes_of(*zip(codes, np.zeros(7), length, lines, strict=True)))
    route = rng.integers(0, 7, 5_000)
    stake = rng.random(5_000) * length[route]
    places = locator.locate(np.array(codes)[route], stake)
    expected = shapely.line_interpolate_point(np.array(lines)[route], stake)
    assert_array_equal(places.row, np.arange(5_000))
    assert_allclose(xy(places), shapely.get_coordinates(expected), rtol=0, atol=1e-6)


def test_denser_calibration_places_better():
    """60 km whose kilometres are up to 1.5 % off, 350 m too long at 20, 820 short at 40."""
    rng = np.random.default_rng(8)
    km = np.concatenate([[0.0], np.cumsum(1000 * (1 + rng.uniform(-0.015, 0.015, 60)))])
    heading = np.cumsum(rng.normal(0, 0.1, 1200))
    step = km[-1] / 1200
    line = shapely.LineString(
        np.vstack(
            [
                [0, 0],
                np.cumsum(step * np.column_stack([np.cos(heading), np.sin(heading)]), axis=0),
            ]
        )
    )
    chain = km / km[-1] * line.length
    stake = np.arange(61) * 1000.0

    def points(every, breaks):
        rows = []
        for piece, (first, last) in enumerate([(0, 20), (20, 40), (40, 60)]):
            shift = (0, -350, 470)[piece]
            rows += [(piece, stake[i] + shift, chain[i]) for i in range(first, last + 1, every)]
        if breaks:
            return calibration_of(*rows)
        return calibration_of((0, *rows[0][1:]), (0, *rows[-1][1:]))

    routes = routes_of(("A", np.nan, np.nan, line))
    truth = RouteLocator(routes, calibration=points(1, True))
    asked = rng.uniform(0, 60_470, 20_000)
    true = truth.locate("A", asked)
    # 350 of 60 000 m are there twice, 820 of 60 470 m not at all.
    assert (true.multiplicity == 2).sum() / 2 == pytest.approx(20_000 * 350 / 60_470, rel=0.2)
    assert (true.status == StakeStatus.JUMPED).sum() == pytest.approx(
        20_000 * 820 / 60_470, rel=0.2
    )
    sure = true.row[true.multiplicity == 1]
    true_xy = xy(true)[true.multiplicity == 1]

    def median_and_p95(table):
        found = RouteLocator(routes, calibration=table).locate("A", asked[sure])
        assert_array_equal(np.bincount(found.row), 1)
        return np.percentile(np.hypot(*(xy(found) - true_xy).T), [50, 95])

    ends, breaks, ten_km, km_posts = (
        median_and_p95(points(every, with_breaks))
        for every, with_breaks in ((20, False), (20, True), (10, True), (1, True))
    )
    assert ends[1] > 400
    assert breaks[1] < 120
    assert ten_km[0] < breaks[0]
    assert ten_km[1] < 60
    assert km_posts[1] < 1e-6

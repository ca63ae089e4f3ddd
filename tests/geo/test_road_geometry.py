"""Bends of known radius, the error of a drawn line, and grades of known slope."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from geo.errors import CrsError, FrameError
from geo.road_geometry import DESIGN_LIMITS, sharp_bends, steep_grades

CRS = "EPSG:4547"


def curve(radius_m, deflection_deg, *, lead_m=200.0, turn=1, step_m=1.0):
    """Straight, circular arc, straight; from the origin eastwards, turning left for 1."""
    arc_m = radius_m * np.radians(deflection_deg)
    along = np.arange(0.0, lead_m * 2 + arc_m + step_m, step_m)
    heading = turn * np.clip(along - lead_m, 0, arc_m) / radius_m
    steps = step_m * np.stack([np.cos(heading), np.sin(heading)], axis=1)
    return np.concatenate([[[0.0, 0.0]], np.cumsum(steps, axis=0)])


def roads_of(*lines, crs=CRS, **columns):
    return gpd.GeoDataFrame(
        {"route_code": [f"X{i}" for i in range(len(lines))], **columns},
        geometry=[
            line if hasattr(line, "geom_type") else shapely.LineString(line) for line in lines
        ],
        crs=crs,
    )


def test_limits_are_those_of_the_standard():
    speeds = (120, 100, 80, 60, 40, 30, 20)
    table = [DESIGN_LIMITS[v] for v in speeds]
    assert [row.radius_limit_m for row in table] == [650, 400, 250, 125, 60, 30, 15]
    assert [row.radius_general_m for row in table] == [1000, 700, 400, 200, 100, 65, 30]
    assert [row.radius_crowned_m for row in table] == [5500, 4000, 2500, 1500, 600, 350, 150]
    assert [row.grade_max for row in table] == [0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09]


@settings(max_examples=40, deadline=None)
@given(radius=st.floats(45, 190), turn=st.sampled_from([1, -1]), deflection=st.floats(75, 170))
def test_a_bend_has_its_radius_turn_and_deflection(radius, turn, deflection):
    bends = sharp_bends(roads_of(curve(radius, deflection, turn=turn)), design_speed_kmh=60)
    (bend,) = bends.to_dict("records")
    assert_allclose(bend["radius_m"], radius, rtol=0.01)
    assert bend["turn"] == ("left" if turn == 1 else "right")
    assert bend["below"] == ("limit" if bend["radius_m"] < 125 else "general")
    # Where the bend runs into the straight its radius passes the general one.
    assert -np.degrees(50 / radius) - 1 < bend["deflection_deg"] - deflection < 1
    arc_m = radius * np.radians(deflection)
    assert_allclose([bend["from_chain_m"], bend["to_chain_m"]], [200, 200 + arc_m], atol=26)
    assert_allclose(
        bend["geometry"].length, bend["to_chain_m"] - bend["from_chain_m"], rtol=0.02
    )
    assert bend["from_chain_m"] < bend["apex_chain_m"] < bend["to_chain_m"]


def test_an_s_bend_is_two_bends_and_a_wide_curve_none():
    there = curve(80, 90)
    turned = curve(80, 90, turn=-1) @ np.array([[0, 1], [-1, 0]])  # now heading north
    s_bend = np.concatenate([there, there[-1] + turned[1:]])
    bends = sharp_bends(roads_of(curve(400, 60), s_bend), design_speed_kmh=40)
    assert bends["turn"].tolist() == ["left", "right"]
    assert bends["road"].tolist() == [1, 1]
    assert bends["route_code"].tolist() == ["X1", "X1"]


def test_speeds_differ_by_road_and_may_be_unknown():
    line = curve(90, 60)
    roads = roads_of(line, line, line, design_speed=[40, 30, np.nan])
    bends = sharp_bends(roads)
    assert bends[["road", "below", "general_m"]].to_numpy().tolist() == [[0, "general", 100.0]]
    with pytest.raises(FrameError, match="no limits for a design speed of 50 km/h"):
        sharp_bends(roads, design_speed_kmh=50)
    with pytest.raises(FrameError, match="no column speed"):
        sharp_bends(roads, design_speed_kmh="speed")


def test_the_error_is_that_of_noise_across_the_line():
    # Radius 60 m over 50 m of road: 17 m, as drawn lines scatter.
    rng = np.random.default_rng(5)
    bend = sharp_bends(roads_of(curve(60, 120)), design_speed_kmh=60).iloc[0]
    assert_allclose(bend["radius_error_m"], 17.28, rtol=0.08)  # the chord is 48.6 m
    assert bend["is_clear"]
    # The middle one of the three points is off by sigma. The tail above is long, so the
    # spread is taken between the quantiles of one standard deviation.
    half_chord, rise = 60 * np.sin(25 / 60), 60 * (1 - np.cos(25 / 60))
    sagitta = rise + rng.normal(0, 1.5, 20_000)
    radius = (half_chord**2 + sagitta**2) / (2 * sagitta)
    low, high = np.quantile(radius, [0.1587, 0.8413])
    assert_allclose((high - low) / 2, bend["radius_error_m"], rtol=0.2)


def test_parts_are_apart_and_short_lines_have_no_radius():
    corner = shapely.MultiLineString([[(0, 0), (100, 0)], [(100, 0), (100, 100)]])
    assert sharp_bends(roads_of(corner), design_speed_kmh=60).empty
    one = shapely.LineString([(0, 0), (100, 0), (100, 100)])
    two = shapely.MultiLineString([[(-500, 0), (-400, 0)], one.coords])
    (bend,) = sharp_bends(roads_of(two), design_speed_kmh=60).to_dict("records")
    assert_allclose(bend["apex_chain_m"], 200, atol=5)
    assert sharp_bends(roads_of([(0, 0), (20, 0), (20, 20)]), design_speed_kmh=60).empty
    assert sharp_bends(roads_of(), design_speed_kmh=60).empty


def test_the_chain_does_not_depend_on_how_a_line_is_cut_into_vertices():
    line = shapely.LineString(curve(70, 100))
    dense = shapely.segmentize(line, 0.3)
    both = sharp_bends(roads_of(line, dense), design_speed_kmh=60)
    assert_allclose(both["radius_m"].iloc[0], both["radius_m"].iloc[1], rtol=1e-6)
    assert_allclose(both["apex_chain_m"].iloc[0], both["apex_chain_m"].iloc[1])


def test_grades_are_found_where_heights_are_given():
    height = np.interp(np.arange(0, 3001, 10), [0, 1000, 1800, 3000], [0, 0, 64, 40])
    line = [(x, 0.0, z) for x, z in zip(range(0, 3001, 10), height, strict=True)]
    flat = [(0, 0), (3000, 0)]
    grades = steep_grades(roads_of(line, flat), design_speed_kmh=60)
    (grade,) = grades.to_dict("records")
    assert_allclose(grade["grade"], 0.08)
    assert grade["road"] == 0
    # A 200 m mean passes 6 % when three quarters of it lie on the 8 % slope.
    assert_allclose([grade["from_chain_m"], grade["to_chain_m"]], [1050, 1750], atol=15)
    assert grade["mean_grade"] == pytest.approx(0.078, abs=0.002)
    assert grade["grade_max"] == 0.06
    down = steep_grades(roads_of(line[::-1]), design_speed_kmh=60)
    assert_allclose(down["grade"], -0.08)
    assert steep_grades(roads_of(line), design_speed_kmh=30).empty


def test_roads_must_be_metric_lines():
    with pytest.raises(CrsError):
        sharp_bends(roads_of([(113, 34), (114, 34)], crs="EPSG:4326"), design_speed_kmh=60)
    with pytest.raises(FrameError, match="must be lines"):
        sharp_bends(roads_of(shapely.Point(0, 0)), design_speed_kmh=60)

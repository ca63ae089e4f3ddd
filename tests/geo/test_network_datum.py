import numpy as np
import pytest
import shapely
from pyproj import Transformer

from data.region import RegionPack
from geo import datum
from geo.assign import UnitIndex
from geo.datum_evidence import suspect_datum
from geo.network import RoadIndex
from geo.vocabulary import Datum


@pytest.fixture(scope="module")
def yuzhou():
    pack = RegionPack.open("yuzhou")
    roads = pack.roads.to_crs(pack.metric_crs)
    return RoadIndex(roads), UnitIndex(pack.units), pack


SHIFT = {
    Datum.WGS84: lambda lon, lat: (lon, lat),
    Datum.GCJ02: datum.wgs84_to_gcj02,
    Datum.BD09: datum.wgs84_to_bd09,
}


def degrees_along_roads(pack, n, sigma_m, seed):
    rng = np.random.default_rng(seed)
    roads = pack.roads.to_crs(pack.metric_crs).geometry
    lines = roads.to_numpy()[rng.choice(len(roads), n, p=roads.length / roads.length.sum())]
    on = shapely.line_interpolate_point(lines, rng.random(n), normalized=True)
    xy = shapely.get_coordinates(on) + rng.normal(0, sigma_m, (n, 2))
    to_degrees = Transformer.from_crs(pack.metric_crs, 4326, always_xy=True)
    return np.array(to_degrees.transform(*xy.T))


@pytest.mark.parametrize("true", list(SHIFT))
@pytest.mark.parametrize("sigma_m", [0.0, 15.0])
def test_points_on_roads_tell_their_datum(yuzhou, true, sigma_m):
    roads, units, pack = yuzhou
    lon, lat = degrees_along_roads(pack, 300, sigma_m, seed=2)
    opinion = suspect_datum(*SHIFT[true](lon, lat), roads=roads, units=units)
    assert opinion.proposed == true
    assert [fit.share_near for fit in opinion.fits] == sorted(
        (fit.share_near for fit in opinion.fits), reverse=True
    )
    best = opinion.fits[0]
    assert best.datum == true
    # A normal error across the road: |d| ≤ 20 m for 82 % of points, its median 0.674 σ.
    assert best.share_near > (0.99 if sigma_m == 0 else 0.75)
    assert best.median_m < 0.674 * sigma_m * 1.15 + 0.1
    assert best.share_inside > 0.95


def test_a_third_on_roads_is_enough(yuzhou):
    roads, units, pack = yuzhou
    lon, lat = degrees_along_roads(pack, 400, 10.0, seed=3)
    scattered = pack.units.sample_points(30, rng=1).explode().get_coordinates().to_numpy().T
    mixed = np.hstack([[lon, lat], scattered[:, :700]])
    opinion = suspect_datum(*datum.wgs84_to_gcj02(*mixed), roads=roads, units=units)
    assert opinion.proposed == Datum.GCJ02


def test_no_opinion_without_evidence(yuzhou):
    roads, units, pack = yuzhou
    lon, lat = degrees_along_roads(pack, 49, 5.0, seed=4)
    few = suspect_datum(*datum.wgs84_to_gcj02(lon, lat), roads=roads, units=units)
    assert few.proposed is None
    assert few.fits[0].share_near > 0.9

    scattered = pack.units.sample_points(40, rng=2).explode().get_coordinates().to_numpy().T
    assert suspect_datum(*scattered, roads=roads, units=units).proposed is None

    far = suspect_datum(np.full(100, 120.0), np.full(100, 30.0), roads=roads, units=units)
    assert far.proposed is None
    assert [fit.share_inside for fit in far.fits] == [0, 0, 0]
    assert np.isnan([fit.median_m for fit in far.fits]).all()
    none = suspect_datum([np.nan], [np.nan], roads=roads, units=units)
    assert none.proposed is None


def test_a_sample_of_many_points_says_the_same(yuzhou):
    roads, units, pack = yuzhou
    lon, lat = degrees_along_roads(pack, 60_000, 8.0, seed=6)
    opinion = suspect_datum(*datum.wgs84_to_bd09(lon, lat), roads=roads, units=units)
    assert opinion.proposed == Datum.BD09
    # Two-sided normal tail of 20 / 8 = 2.5 σ.
    assert opinion.fits[0].share_near == pytest.approx(0.985, abs=0.02)


def test_a_place_named_many_times_counts_once(yuzhou):
    roads, units, pack = yuzhou
    lon, lat = degrees_along_roads(pack, 30, 0.0, seed=7)
    many = np.tile(datum.wgs84_to_gcj02(lon, lat), 100)
    opinion = suspect_datum(*many, roads=roads, units=units)
    assert opinion.fits[0].share_near > 0.95
    assert opinion.proposed is None

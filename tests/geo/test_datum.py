import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from geo import datum
from geo.vocabulary import Datum

# Published reference points: WGS-84 (lon, lat) → GCJ-02.
GCJ = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
# The same places by an independent implementation (coord-convert 0.2.1).
GCJ_TO_BD = [
    ((113.4681, 34.1547), (113.47468005810974, 34.16038574262112)),
    ((116.377817, 39.911954), (116.38425826623846, 39.91808914178044)),
]
WGS_TO_BD = [
    ((113.4681, 34.1547), (113.4810158840361, 34.15914580909128)),
    ((121.5, 31.2), (121.5110176887812, 31.203611399590887)),
]
china = st.tuples(st.floats(73.0, 136.0), st.floats(2.0, 55.0))


@pytest.mark.parametrize(("wgs", "gcj"), GCJ)
def test_gcj02_equals_the_published_values(wgs, gcj):
    assert_allclose(datum.wgs84_to_gcj02(*wgs), gcj, rtol=0, atol=1e-9)
    assert_allclose(datum.gcj02_to_wgs84(*gcj), wgs, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("gcj", "bd"), GCJ_TO_BD)
def test_bd09_equals_the_published_values(gcj, bd):
    assert_allclose(datum.gcj02_to_bd09(*gcj), bd, rtol=0, atol=1e-9)
    assert_allclose(datum.bd09_to_gcj02(*bd), gcj, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("wgs", "bd"), WGS_TO_BD)
def test_both_steps_in_one(wgs, bd):
    assert_allclose(datum.wgs84_to_bd09(*wgs), bd, rtol=0, atol=1e-9)
    assert_allclose(datum.bd09_to_wgs84(*bd), wgs, rtol=0, atol=1e-9)


@given(china)
def test_gcj02_round_trip(point):
    assert_allclose(
        datum.gcj02_to_wgs84(*datum.wgs84_to_gcj02(*point)), point, rtol=0, atol=1e-9
    )


@given(china)
def test_bd09_round_trip(point):
    assert_allclose(datum.bd09_to_wgs84(*datum.wgs84_to_bd09(*point)), point, rtol=0, atol=1e-9)


@given(
    st.one_of(
        st.tuples(st.floats(-180.0, 72.0), st.floats(-90.0, 90.0)),
        st.tuples(st.floats(-180.0, 180.0), st.floats(56.0, 90.0)),
    )
)
def test_outside_china_nothing_moves(point):
    for change in (
        datum.wgs84_to_gcj02,
        datum.gcj02_to_wgs84,
        datum.gcj02_to_bd09,
        datum.bd09_to_gcj02,
        datum.wgs84_to_bd09,
        datum.bd09_to_wgs84,
    ):
        assert_array_equal(change(*point), point)


def test_the_shift_at_34_north_113_east_is_600_m_east_southeast():
    lon, lat = datum.wgs84_to_gcj02(113.4681, 34.1547)
    assert_allclose([lon - 113.4681, lat - 34.1547], [0.00632, -0.00131], atol=6e-5)


def test_arrays_broadcast_and_missing_stays_missing():
    lon, lat = datum.wgs84_to_gcj02([113.4, np.nan, 120.0], 34.0)
    assert lon.shape == lat.shape == (3,)
    assert np.isnan(lon[1])
    assert lon[0] != 113.4


def test_every_datum_leads_to_wgs84():
    point = (113.4681, 34.1547)
    assert datum.to_wgs84(*point, Datum.WGS84) == point
    assert datum.to_wgs84(*point, Datum.CGCS2000) == point
    assert datum.to_wgs84(*point, Datum.GCJ02) == datum.gcj02_to_wgs84(*point)
    assert datum.to_wgs84(*point, Datum.BD09) == datum.bd09_to_wgs84(*point)


@given(china)
def test_two_rounds_are_good_to_a_millionth_and_four_to_a_billionth(point):
    gcj = datum.wgs84_to_gcj02(*point)
    assert_allclose(datum.gcj02_to_wgs84(*gcj, rounds=2), point, rtol=0, atol=1e-6)
    assert_allclose(datum.gcj02_to_wgs84(*gcj, rounds=4), point, rtol=0, atol=1e-9)


def test_long_arrays_equal_single_points():
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(60, 140, (2, 3, 10_000))
    for change in (datum.wgs84_to_gcj02, datum.gcj02_to_wgs84):
        x, y = change(lon, lat)
        assert x.shape == (3, 10_000)
        at = rng.integers(0, 10_000, 20)
        for i in at:
            assert_allclose(
                change(lon[1, i], lat[1, i]), (x[1, i], y[1, i]), rtol=0, atol=1e-13
            )

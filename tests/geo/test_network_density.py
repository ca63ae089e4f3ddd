"""Network density against published values and against conservation of events."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.network_density import RoadNetwork, network_density

REALDATA = os.environ.get("PINGAN_REALDATA")
needs_real_data = pytest.mark.skipif(REALDATA is None, reason="PINGAN_REALDATA is not set")
ORACLES = Path(REALDATA or ".") / "oracles"

# Accident places 1–5 cm short of a junction that the published densities keep on their
# own road; all others as near to a junction lie at it.
KEPT_ON_ROAD = [
    (518894.713, 175682.256), (520875.220, 177891.951), (518783.717, 176223.118),
    (520446.826, 175423.936), (520166.310, 175406.065), (520305.109, 175597.481),
    (520702.201, 173875.742), (522098.020, 174708.138), (518430.004, 176764.416),
    (520644.124, 173501.737),
]  # fmt: skip


def network(*coordinates: list[tuple[float, float]]) -> RoadNetwork:
    return RoadNetwork.from_lines(gpd.GeoSeries([shapely.LineString(c) for c in coordinates]))


TEE = network([(0, 0), (100, 0)], [(0, 0), (-100, 0)], [(0, 0), (0, 100)])


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("discontinuous", [0.014994, 0.014514, 0.012834, 0.004617, 0.002457]),
        ("continuous", [0.013036, 0.011436, 0.008716, 0.006156, 0.003276]),
    ],
)
def test_tee_junction_to_the_printed_digits(split: str, expected: list[float]) -> None:
    found = network_density(
        TEE,
        [0],
        [20.0],
        at_section=[0, 0, 0, 1, 1],
        at_along_m=[19.0, 11.0, 1.0, 11.0, 21.0],
        bandwidth_m=50.0,
        kernel="epanechnikov",
        split=split,
    )
    assert found / 1000 == pytest.approx(expected, abs=5e-7)


def test_four_arms_to_the_printed_digits() -> None:
    # spNetwork's own tests: events per unit of length, there again divided by the bandwidth
    # but in the continuous case.
    arms = [(0.1, 5.0), (5.0, 0.1), (0.1, -5.0), (-5.0, 0.1)]
    star = network(*([(0.1, 0.1), arm] for arm in arms))

    def density(arm: int, at: int, at_m: float, bandwidth: float, split: str) -> float:
        found = network_density(
            star,
            [arm],
            [3.0 if arm == 0 else 3.2],
            at_section=[at],
            at_along_m=[at_m],
            bandwidth_m=bandwidth,
            split=split,
            junction_m=1e-6,
        )
        return float(found[0]) / 1000

    one = density(0, 1, 3.0, 10.0, "discontinuous") / 10
    other = density(3, 1, 3.0, 12.0, "discontinuous") / 12
    assert one == pytest.approx(0.00128, abs=1e-9)
    assert one + other == pytest.approx(0.002446168505926355, abs=1e-12)
    assert density(0, 0, 1.0, 5.0, "continuous") == pytest.approx(0.12015, abs=1e-12)


@pytest.mark.parametrize("split", ["discontinuous", "continuous"])
def test_an_event_at_a_junction_favours_no_road(split: str) -> None:
    arms = network_density(
        TEE,
        [0],
        [0.2],
        at_section=[0, 1, 2],
        at_along_m=[10.0, 10.0, 10.0],
        bandwidth_m=50.0,
        split=split,
    )
    assert arms == pytest.approx(np.full(3, 2 / 3 * 15 / 16 / 0.05 * (1 - 0.2**2) ** 2))


@settings(deadline=None, max_examples=25)
@given(
    section=st.integers(0, 11),
    along=st.floats(0, 100),
    split=st.sampled_from(["discontinuous", "continuous"]),
    kernel=st.sampled_from(["quartic", "epanechnikov"]),
)
def test_a_grid_of_streets_keeps_every_event(
    section: int, along: float, split: str, kernel: str
) -> None:
    # Two by two blocks of 100 m: no dead ends, so neither rule loses anything.
    streets = [
        [(100 * i, 100 * j), (100 * i + 100 * (1 - d), 100 * j + 100 * d)]
        for i in range(3)
        for j in range(3)
        for d in (0, 1)
        if (i < 2 if d == 0 else j < 2)
    ]
    grid = network(*streets)
    piece, start, end = grid.lixels(0.5)
    density = network_density(
        grid,
        [section],
        [along],
        at_section=piece,
        at_along_m=(start + end) / 2,
        bandwidth_m=180.0,
        kernel=kernel,
        split=split,
    )
    assert (density / 1000 * (end - start)).sum() == pytest.approx(1.0, abs=2e-3)


def test_only_the_continuous_rule_keeps_what_reaches_a_dead_end() -> None:
    road = network([(0, 0), (100, 0)])
    piece, start, end = road.lixels(0.1)
    mass = {}
    for split in ("discontinuous", "continuous"):
        density = network_density(
            road,
            [0],
            [90.0],
            at_section=piece,
            at_along_m=(start + end) / 2,
            bandwidth_m=50.0,
            split=split,
        )
        mass[split] = (density / 1000 * (end - start)).sum()
    assert mass["continuous"] == pytest.approx(1.0, abs=1e-4)
    assert mass["discontinuous"] < 0.9


def test_weights_add_and_events_off_the_road_do_not_count() -> None:
    at = {"at_section": [0], "at_along_m": [50.0], "bandwidth_m": 40.0}
    one = network_density(TEE, [0], [60.0], **at)
    five = network_density(TEE, [0, 0, -1], [60.0, 60.0, 0.0], weights=[2, 3, 9], **at)
    assert five == pytest.approx(5 * one)


def test_snap_gives_section_and_metres_or_none() -> None:
    section, along = TEE.snap([30.0, -5.0, 500.0], [3.0, 60.0, 500.0], farthest_m=10.0)
    assert section.tolist() == [0, 2, -1]
    assert along.tolist() == [30.0, 60.0, 0.0]


def test_lixels_cover_each_section_evenly() -> None:
    section, start, end = network([(0, 0), (100, 0)], [(0, 0), (0, 30)]).lixels(40.0)
    assert section.tolist() == [0, 0, 0, 1]
    assert start == pytest.approx([0, 100 / 3, 200 / 3, 0])
    assert end == pytest.approx([100 / 3, 200 / 3, 100, 30])


def test_impossible_networks_and_bandwidths_are_refused() -> None:
    with pytest.raises(FrameError, match="single lines"):
        RoadNetwork.from_lines(gpd.GeoSeries([shapely.Point(0, 0)]))
    with pytest.raises(FrameError, match="without length"):
        network([(0, 0), (0, 0)])
    with pytest.raises(FrameError, match="bandwidth"):
        network_density(TEE, [0], [1.0], at_section=[0], at_along_m=[1.0], bandwidth_m=0.0)
    with pytest.raises(FrameError, match="not among"):
        network_density(TEE, [7], [1.0], at_section=[0], at_along_m=[1.0], bandwidth_m=9.0)


@needs_real_data
def test_chicago_street_crimes_to_the_printed_digits() -> None:
    roads = pd.read_csv(ORACLES / "chicago_network/chi_net.csv").to_numpy()
    crimes = pd.read_csv(ORACLES / "chicago_network/chi_pts.csv")
    chicago = network(*(row.reshape(2, 2).tolist() for row in roads))
    assert chicago.length_m.sum() == pytest.approx(31150.21, abs=0.005)
    section = crimes["seg"].to_numpy() - 1
    events = (section, crimes["tp"].to_numpy() * chicago.length_m[section])
    piece, start, end = chicago.lixels(2.0)
    options = {
        "bandwidth_m": 60 * np.sqrt(5),
        "kernel": "epanechnikov",
        "junction_m": 1e-6,
    }
    middles = {"at_section": piece, "at_along_m": (start + end) / 2}
    split = {
        rule: network_density(chicago, *events, split=rule, **middles, **options) / 1000
        for rule in ("discontinuous", "continuous")
    }
    mass = {rule: (density * (end - start)).sum() for rule, density in split.items()}
    assert mass["discontinuous"] == pytest.approx(112.761, abs=5e-4)
    assert mass["continuous"] == pytest.approx(116.0, abs=5e-4)
    assert split["discontinuous"].max() == pytest.approx(0.023552, abs=5e-7)
    # The reference values are read off pixels of some feet.
    asked = pd.read_csv(ORACLES / "chicago_network/chi_q.csv")
    at = asked["seg"].to_numpy() - 1
    found = network_density(
        chicago,
        *events,
        at_section=at,
        at_along_m=asked["tp"].to_numpy() * chicago.length_m[at],
        split="discontinuous",
        **options,
    )
    assert np.corrcoef(found, asked["v"])[0, 1] > 0.998
    assert np.abs(found / 1000 - asked["v"]).max() < 0.0023


@needs_real_data
def test_montreal_bicycle_accidents_at_all_published_points() -> None:
    folder = ORACLES / "spnetwork"
    roads = gpd.read_file(folder / "mtl_network.gpkg").geometry
    accidents = gpd.read_file(folder / "bike_accidents.gpkg").geometry
    published = pd.read_csv(folder / "nkde_densities_expected.csv")["densities"].to_numpy()
    montreal = RoadNetwork.from_lines(roads, tolerance_m=0.1)
    at_section, at_along = _middles_of_pieces(montreal.length_m, size=200.0, least=50.0)
    assert len(at_section) == len(published) == 3163
    # Accidents within 5 m of each other are one place with their number as weight.
    place = accidents.buffer(2.5).to_frame("geometry").dissolve().explode(ignore_index=True)
    part = gpd.GeoDataFrame(geometry=accidents).sjoin(place)
    xy = accidents.get_coordinates().groupby(part["index_right"].to_numpy()).mean()
    weight = part.groupby("index_right").size().to_numpy()
    section, along = montreal.snap(xy["x"], xy["y"], farthest_m=1.0)
    length = montreal.length_m[section]
    kept = shapely.STRtree(shapely.points(KEPT_ON_ROAD)).query(
        shapely.points(xy), predicate="dwithin", distance=0.01
    )[0]
    at_junction = np.minimum(along, length - along) < 1.0
    at_junction[kept] = False
    along = np.where(at_junction, np.where(along < length / 2, 0.0, length), along)
    found = network_density(
        montreal,
        section,
        along,
        at_section=at_section,
        at_along_m=at_along,
        bandwidth_m=300.0,
        split="discontinuous",
        weights=weight,
        junction_m=1e-6,
    )
    # Published per metre and again divided by the bandwidth.
    found = found / 1000 / 300
    assert len(kept) == 10
    assert np.array_equal(found == 0, published == 0)
    assert np.abs(found - published).max() < 3e-8 < published.max() / 1000
    assert (np.abs(found - published) <= 0.01 * published).mean() > 0.99
    assert found.sum() == pytest.approx(0.0120403, rel=1e-3)
    assert found.max() == pytest.approx(4.6165e-5, rel=3e-3)
    assert found.argmax() == 912
    assert (found > 0).sum() == 2740


def _middles_of_pieces(
    length_m: np.ndarray, *, size: float, least: float
) -> tuple[np.ndarray, np.ndarray]:
    """Cut at every ``size`` metres; a last piece shorter than ``least`` joins the one before."""
    pieces = np.floor(length_m / size)
    pieces += length_m - pieces * size >= least
    pieces = np.maximum(pieces, 1).astype(int)
    section = np.repeat(np.arange(len(pieces)), pieces)
    number = np.arange(len(section)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    is_last = number == pieces[section] - 1
    end = np.where(is_last, length_m[section], (number + 1) * size)
    return section, (number * size + end) / 2

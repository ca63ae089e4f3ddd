"""Moment empirical Bayes against R spdep 1.2-7 and esda, to the printed digits."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.errors import FrameError
from geo.neighbours import Neighbours
from geo.rate_smoothing import (
    global_empirical_bayes,
    local_empirical_bayes,
    plug_in_interval,
)


@pytest.fixture(scope="module")
def rate_oracles() -> Path:
    folder = os.environ.get("PINGAN_REALDATA")
    if folder is None:
        pytest.skip("PINGAN_REALDATA is not set")
    return Path(folder) / "oracles"


def read_gal(path: Path) -> Neighbours:
    """Neighbours of a file whose ids number its places from 1."""
    lines = path.read_text().splitlines()[1:]
    assert [line.split()[0] for line in lines[::2]] == [
        str(at + 1) for at in range(len(lines) // 2)
    ]
    return Neighbours.from_lists([[int(i) - 1 for i in line.split()] for line in lines[1::2]])


def test_north_carolina_global(rate_oracles: Path) -> None:
    table = pd.read_csv(rate_oracles / "index/nc_sids_spdep.csv").set_index("NAME")
    assert (table["SID74"].sum(), table["BIR74"].sum()) == (667, 329_962)
    smoothed = global_empirical_bayes(table["SID74"], table["BIR74"])
    assert float(smoothed.mean) == pytest.approx(0.00202144489365, abs=5e-15)
    assert float(smoothed.variance) == pytest.approx(7.69293064701e-07, abs=5e-19)
    assert np.abs(smoothed.rate - table["ebest"]).max() < 1e-16
    rate = pd.Series(smoothed.rate, table.index)
    printed = {"Ashe": 0.001697297331, "Anson": 0.004838804052, "Robeson": 0.003452775114}
    assert rate[list(printed)].to_dict() == pytest.approx(printed, abs=5e-13)
    assert (rate.idxmax(), rate.idxmin()) == ("Anson", "Forsyth")
    assert rate.sum() == pytest.approx(0.2068453345, abs=5e-11)


@pytest.mark.parametrize(
    ("variant", "column", "anson", "total"),
    [
        ("spdep", "eblocal", 0.0081716965, 0.2077457483),
        ("geoda", "eblocal_geoda", 0.0081354237, 0.2090183594),
    ],
)
def test_north_carolina_local(
    rate_oracles: Path, variant: str, column: str, anson: float, total: float
) -> None:
    table = pd.read_csv(rate_oracles / "index/nc_sids_spdep.csv")
    neighbours = read_gal(rate_oracles / "index/nc_queen.gal")
    assert len(neighbours.targets) == 490
    smoothed = local_empirical_bayes(
        table["SID74"], table["BIR74"], neighbours, variant=variant
    )
    assert np.abs(smoothed.rate - table[column]).max() < 1e-16
    at = table.index[table["NAME"] == "Anson"][0]
    assert smoothed.rate[at] == pytest.approx(anson, abs=5e-11)
    assert smoothed.rate.sum() == pytest.approx(total, abs=5e-11)


def test_auckland(rate_oracles: Path) -> None:
    table = pd.read_csv(rate_oracles / "index/auckland_spdep.csv")
    smoothed = global_empirical_bayes(table["M"], table["P"])
    assert float(smoothed.variance) == pytest.approx(7.28417290098e-07, abs=5e-19)
    assert float(smoothed.mean) == pytest.approx(0.00263343619314, abs=5e-15)
    assert np.abs(smoothed.rate - table["eb"]).max() < 1e-16
    first = [0.002978033926, 0.002865623293, 0.002118164662]
    assert smoothed.rate[:3] == pytest.approx(first, abs=5e-13)
    bins = [0, 0.002, 0.0025, 0.003, 0.0035, 1]
    assert np.histogram(smoothed.rate, bins)[0].tolist() == [12, 64, 51, 28, 12]


def test_saint_louis(rate_oracles: Path) -> None:
    table = pd.read_csv(rate_oracles / "index/stl_hom_eb.csv")
    assert (len(table), table["e"].sum(), table["b"].sum()) == (78, 2668, 26_063_770)
    smoothed = global_empirical_bayes(table["e"], table["b"])
    assert float(smoothed.mean) == pytest.approx(1.0236431644e-4, abs=5e-15)
    assert float(smoothed.variance) == pytest.approx(1.6921198240e-8, abs=5e-19)
    first = [2.36718950e-05, 4.54539167e-05, 4.78114019e-05]
    assert smoothed.rate[:3] == pytest.approx(first, abs=5e-14)
    neighbours = read_gal(rate_oracles / "stl/stl_hom_rook.gal")
    local = local_empirical_bayes(table["e"], table["b"], neighbours, variant="geoda").rate
    printed = [4.01485749e-05, 3.62437513e-05, 4.93034844e-05, 5.09387329e-05, 3.72735210e-05]
    assert local[:5] == pytest.approx(printed, abs=5e-14)


def test_the_prior_variance_is_never_negative() -> None:
    smoothed = global_empirical_bayes([5, 5, 6, 5, 4], [1000] * 5)
    assert smoothed.rate == pytest.approx([0.005] * 5)
    assert float(smoothed.variance) == 0
    low, high = plug_in_interval([5, 5, 6, 5, 4], [1000] * 5)
    assert (low == high).all()  # the trap of a plug-in: certainty from little data


def test_nothing_happened_anywhere() -> None:
    assert global_empirical_bayes([0, 0], [10, 20]).rate.tolist() == [0, 0]


def test_refusals() -> None:
    with pytest.raises(FrameError, match="exposures positive"):
        global_empirical_bayes([1, 2], [0, 10])
    with pytest.raises(FrameError, match="match them"):
        local_empirical_bayes([1, 2], [10, 10], Neighbours.from_lists([[1], [0], []]))

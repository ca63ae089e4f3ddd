"""Rates of official statistics, and the homicide tile."""

import numpy as np
import pytest
from scipy.stats import poisson

from geo.death_rates import (
    INDICATORS,
    NATIONAL,
    Homicides,
    homicide_tile,
    implied_exposure,
    indicator_rate,
)
from geo.errors import FrameError


@pytest.mark.parametrize(
    ("name", "count", "exposure", "expected"),
    [
        ("deaths_per_gdp", 112_822, 202_190, 0.558),
        ("deaths_per_100k_staff", 33, 1_000_000, 3.3),
        ("deaths_per_10k_vehicles", 62, 100_000, 6.2),
        ("deaths_per_mt_coal", 7, 3.5, 2.0),
        ("deaths_per_100k", 6, 1_200_000, 0.5),
        ("crashes_per_100k", 70, 1_109_782, 6.3076),
        ("crimes_per_1k", 2, 1000, 2.0),
        ("crimes_per_10k", 4472, 1_000_000, 44.72),
        ("clearance_same_year", 30, 40, 0.75),
        ("clearance_any_year", 50, 40, 1.25),
        ("rectification", 9, 12, 0.75),
    ],
)
def test_formulas(name: str, count: int, exposure: float, expected: float) -> None:
    row = indicator_rate(name, [count], [exposure]).iloc[0]
    assert row["rate"] == pytest.approx(expected, abs=5e-4)
    assert row["low"] < row["rate"] < row["high"]


def test_every_formula_is_tested() -> None:
    assert len(INDICATORS) == 11


def test_the_published_national_figures_agree() -> None:
    gdp = implied_exposure("deaths_per_gdp", 112_822, NATIONAL["deaths_per_gdp"][2006])
    assert round(gdp, -1) == 202_190
    assert indicator_rate("deaths_per_gdp", [112_822], [gdp])["rate"][0] == pytest.approx(0.558)


def test_national_rates_fell_each_year() -> None:
    for series in NATIONAL.values():
        assert list(series) == [2005, 2006, 2007]
        assert sorted(series.values(), reverse=True) == list(series.values())


def test_the_interval_is_exact() -> None:
    row = indicator_rate("deaths_per_100k", [3], [100_000]).iloc[0]
    # P(X >= 3 | low) and P(X <= 3 | high) are both 2.5 %.
    assert poisson.sf(2, row["low"]) == pytest.approx(0.025)
    assert poisson.cdf(3, row["high"]) == pytest.approx(0.025)
    assert indicator_rate("deaths_per_100k", [0], [100_000])["low"][0] == 0.0


@pytest.mark.parametrize("exposure", [0.0, np.nan])
@pytest.mark.parametrize("name", ["deaths_per_mt_coal", "clearance_any_year"])
def test_nothing_exposed_has_no_rate(name: str, exposure: float) -> None:
    row = indicator_rate(name, [0], [exposure]).iloc[0]
    assert np.isnan(row[["rate", "low", "high"]].to_numpy(float)).all()


@pytest.mark.parametrize(
    ("name", "count", "exposure"),
    [
        ("deaths_per_dog", 1, 1),
        ("deaths_per_gdp", 1.5, 1),
        ("deaths_per_gdp", np.nan, 1),
        ("deaths_per_gdp", 1, -1),
        ("rectification", 3, 2),
    ],
)
def test_faults(name: str, count: float, exposure: float) -> None:
    with pytest.raises(FrameError):
        indicator_rate(name, [count], [exposure])


def test_an_exposure_needs_a_rate() -> None:
    with pytest.raises(FrameError):
        implied_exposure("deaths_per_gdp", 5, 0)


@pytest.mark.parametrize(
    ("occurred", "solved", "expected"),
    [
        (0, 0, Homicides.NONE),
        (5, 5, Homicides.ALL_SOLVED),
        (5, 4, Homicides.NOT_ALL_SOLVED),
        (1, 0, Homicides.NOT_ALL_SOLVED),
    ],
)
def test_homicide_tile(occurred: int, solved: int, expected: Homicides) -> None:
    assert homicide_tile(occurred, solved) is expected


@pytest.mark.parametrize(("occurred", "solved"), [(1, 2), (0, -1)])
def test_homicide_tile_faults(occurred: int, solved: int) -> None:
    with pytest.raises(FrameError):
        homicide_tile(occurred, solved)

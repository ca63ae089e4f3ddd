"""Year on year, 双下降, rate ratios and trends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from geo.comparison import both_fell, rate_ratio, trend, year_on_year
from geo.errors import FrameError
from geo.rates import fit_rates


@pytest.mark.parametrize(
    ("current", "base", "change", "relative"),
    [
        (3, 0, "new", None),
        (0, 0, "level", None),
        (0, 9, "counts", None),
        (20, 9, "counts", None),
        (9, 10, "percent", -0.1),
        (15, 10, "percent", 0.5),
        (10, 10, "percent", 0.0),
        (0, 10, "percent", -1.0),
    ],
)
def test_year_on_year(current: int, base: int, change: str, relative: float | None) -> None:
    row = year_on_year([current], [base]).iloc[0]
    assert (row["current"], row["base"], row["difference"]) == (current, base, current - base)
    assert row["change"] == change
    if relative is None:
        assert np.isnan(row["relative"])
    else:
        assert row["relative"] == pytest.approx(relative)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((9, 10, 1, 2), (True, True, True)),
        ((9, 10, 2, 2), (True, False, False)),
        ((10, 10, 1, 2), (False, True, False)),
        ((11, 10, 3, 2), (False, False, False)),
        ((0, 0, 0, 0), (False, False, False)),
    ],
)
def test_both_fell_only_if_both(counts: tuple[int, ...], expected: tuple[bool, ...]) -> None:
    row = both_fell(*([value] for value in counts)).iloc[0]
    assert tuple(row[["events_fell", "deaths_fell", "both_fell"]]) == expected
    assert tuple(row[["events", "events_base", "deaths", "deaths_base"]]) == counts


@given(
    st.integers(0, 60),
    st.integers(0, 60),
    st.floats(0.2, 5),
)
def test_rate_ratio_interval_is_exact(after: int, before: int, scale: float) -> None:
    row = rate_ratio([after], [before], exposure_after=1.0, exposure_before=scale).iloc[0]
    if after + before == 0:
        assert np.isnan(row["ratio"])
    total = after + before
    if after:
        share = row["low"] / (row["low"] + scale)
        assert binom.sf(after - 1, total, share) == pytest.approx(0.025, abs=1e-8)
    else:
        assert row["low"] == 0
    if before:
        share = row["high"] / (row["high"] + scale)
        assert binom.cdf(after, total, share) == pytest.approx(0.025, abs=1e-8)
        assert row["low"] <= row["ratio"] <= row["high"]
    else:
        assert row["high"] == np.inf


def test_rate_ratio_in_numbers() -> None:
    """Treated spot: 8 cases in half a year after 40 in a whole year."""
    row = rate_ratio([8], [40], exposure_after=183, exposure_before=365).iloc[0]
    assert row["ratio"] == pytest.approx(8 / 183 / (40 / 365))
    assert row["high"] < 1


def test_trend_is_clear_only_where_the_counts_are() -> None:
    rng = np.random.default_rng(4)
    exposures = np.full(12, 1.0)
    base = fit_rates([100, 100, 3] + [60] * 9, exposures).draws(4_000, rng)
    now = fit_rates([200, 102, 5] + [60] * 9, exposures).draws(4_000, rng)
    seen = trend(now, base)
    assert seen.ratio[0] == pytest.approx(2, rel=0.15)
    assert seen.low[0] < seen.ratio[0] < seen.high[0]
    assert seen.arrow.tolist()[:3] == [1, 0, 0]
    assert seen.p_up[0] > 0.99
    down = trend(base, now)
    assert down.arrow[0] == -1
    assert down.ratio == pytest.approx(1 / seen.ratio)
    better = trend(now, base, direction=-1)
    assert better.arrow[0] == -1


def test_trend_of_a_unit_without_rate_is_unknown() -> None:
    draws = np.array([[1.0, np.nan], [2.0, np.nan]])
    seen = trend(draws, draws)
    assert np.isnan(seen.ratio[1])
    assert np.isnan(seen.p_up[1])
    assert seen.arrow[1] == 0


def test_refusals() -> None:
    with pytest.raises(FrameError, match="whole"):
        year_on_year([1.5], [2])
    with pytest.raises(FrameError, match="one count per unit"):
        year_on_year([1, 2], [2])
    with pytest.raises(FrameError, match="exposures must be positive"):
        rate_ratio([1], [2], exposure_after=0)
    with pytest.raises(FrameError, match="do not pair"):
        trend(np.ones((3, 2)), np.ones((4, 2)))
    with pytest.raises(FrameError, match="same units"):
        both_fell([1, 2], [1, 2], [1], [1])

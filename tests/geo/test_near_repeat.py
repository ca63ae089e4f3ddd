"""Near-repeat tables against published counts, brute force and permutations; trends."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, poisson

from geo.errors import FrameError
from geo.near_repeat import RepeatRole, near_repeat_table, repeat_roles
from geo.trend import mann_kendall


@pytest.fixture(scope="module")
def oracles() -> Path:
    folder = os.environ.get("PINGAN_REALDATA")
    if folder is None:
        pytest.skip("PINGAN_REALDATA is not set")
    return Path(folder) / "oracles"


def closed(edge: float) -> float:
    """An upper edge that its band holds."""
    return float(np.nextafter(edge, np.inf))


def days_of(dates: pd.Series) -> np.ndarray:
    return (dates - dates.min()).dt.days.to_numpy()


@pytest.fixture(scope="module")
def burglary(oracles: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    frame = pd.read_csv(
        oracles / "nearrepeat" / "chicago_be_month1.csv",
        names=["x", "y", "date"],
        parse_dates=["date"],
    )
    return frame["x"].to_numpy(), frame["y"].to_numpy(), days_of(frame["date"])


@pytest.fixture(scope="module")
def arson(oracles: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    frame = pd.read_csv(oracles / "nearrepeat" / "chicago_arson_full.csv", parse_dates=["date"])
    return frame["X"].to_numpy(), frame["Y"].to_numpy(), days_of(frame["date"])


def observed(table: pd.DataFrame, columns: int) -> list[list[int]]:
    return table["observed"].to_numpy().reshape(-1, columns).tolist()


def test_burkitt_lymphoma(oracles: Path) -> None:
    cases = gpd.read_file(oracles / "burkitt" / "burkitt.shp")
    table = near_repeat_table(
        cases["X"],
        cases["Y"],
        cases["T"],
        distance_edges_m=(0, closed(20)),
        day_edges=(0, closed(5)),
    )
    assert len(cases) == 188
    cell = table.iloc[0]
    assert cell["observed"] == 13
    assert table["observed"][:2].sum() == 3_429
    assert table["observed"][[0, 2]].sum() == 52
    assert cell["expected"] == pytest.approx(10.1438161, abs=5e-8)
    assert cell["sd"] == pytest.approx(2.89787523, abs=5e-9)
    assert cell["z"] == pytest.approx(0.98561, abs=5e-6)
    # 100 000 permutations gave 0.2018 (standard error 0.0013); the matched law is close.
    assert cell["p_high"] == pytest.approx(0.2018, abs=0.004)
    assert poisson.sf(13, cell["expected"]) == pytest.approx(0.14624558197, abs=5e-12)


def test_burglaries_equal_the_near_repeat_calculator(burglary: tuple) -> None:
    table = near_repeat_table(
        *burglary,
        distance_edges_m=(0, 1, 100, 200, 300),
        day_edges=(0, 7, 14, 21),
        metric="manhattan",
    )
    assert observed(table, 4) == [
        [28, 5, 5, 2],
        [44, 13, 8, 4],
        [97, 56, 19, 16],
        [77, 67, 45, 20],
        [182_194, 146_149, 95_237, 45_879],
    ]


def test_burglaries_in_wide_bands(burglary: tuple) -> None:
    # The published table holds pairs exactly 21 days apart in its last column.
    table = near_repeat_table(
        *burglary,
        distance_edges_m=(0, 0.1, 200, 400, closed(600)),
        day_edges=(0, 7, 14, closed(21)),
        metric="manhattan",
    )
    assert [row[:3] for row in observed(table, 4)[:4]] == [
        [28, 5, 5],
        [141, 69, 32],
        [186, 140, 118],
        [237, 192, 142],
    ]
    cell = table.iloc[4]
    assert cell["expected"] == pytest.approx(99.767174, abs=5e-7)
    assert cell["sd"] == pytest.approx(7.970703, abs=5e-7)
    assert cell["ratio"] == pytest.approx(1.4133, abs=5e-5)
    assert cell["z"] == pytest.approx(5.173, abs=5e-4)


def test_same_place_burglaries_are_beyond_chance(burglary: tuple) -> None:
    table = near_repeat_table(
        *burglary, distance_edges_m=(0, 1), day_edges=(0, 7), metric="manhattan"
    )
    assert table["z"][0] == pytest.approx(4.05, abs=5e-3)
    # Poisson would say 0.003; permutations find fewer than 5 in 100 000.
    assert poisson.sf(27, table["expected"][0]) > 0.002
    assert table["p_high"][0] < 1e-4


def test_arson_ratio_has_no_simulation_noise(arson: tuple) -> None:
    table = near_repeat_table(
        *arson,
        distance_edges_m=(0, 0.01, 201, 401, 601),
        day_edges=(0, 1, 2, 3),
        metric="manhattan",
    )
    assert observed(table, 4) == [
        [0, 2, 0, 8],
        [9, 1, 1, 46],
        [4, 0, 0, 141],
        [6, 0, 0, 234],
        [393, 710, 770, 133_656],
    ]
    cell = table.iloc[4]
    assert cell["expected"] == pytest.approx(0.172701, abs=5e-7)
    assert cell["sd"] == pytest.approx(0.414902, abs=5e-7)
    assert cell["ratio"] == pytest.approx(52.1133, abs=5e-5)


def test_surveillance_knox(arson: tuple, burglary: tuple) -> None:
    fires = near_repeat_table(
        *arson, distance_edges_m=(0, closed(400)), day_edges=(0, closed(2))
    ).iloc[0]
    assert fires["observed"] == 22
    assert fires["expected"] == pytest.approx(4.252653, abs=5e-7)
    assert poisson.sf(22, fires["expected"]) == pytest.approx(1.92179e-10, rel=5e-6)
    thefts = near_repeat_table(
        *burglary, distance_edges_m=(0, closed(200)), day_edges=(0, closed(14))
    ).iloc[0]
    assert thefts["observed"] == 288
    assert thefts["expected"] == pytest.approx(260.6936, abs=5e-5)
    # Poisson would call it weak evidence; the exact variance is much smaller than Poisson's 260.
    assert poisson.sf(288, thefts["expected"]) == pytest.approx(0.0443, abs=5e-5)
    assert thefts["sd"] == pytest.approx(9.3477, abs=5e-5)
    assert thefts["p_high"] < 0.005


def brute_force(
    x: np.ndarray,
    y: np.ndarray,
    t: np.ndarray,
    space: list[float],
    time: list[float],
    metric: str,
) -> np.ndarray:
    i, j = np.triu_indices(len(x), 1)
    dx, dy = np.abs(x[i] - x[j]), np.abs(y[i] - y[j])
    distance = dx + dy if metric == "manhattan" else np.sqrt(dx * dx + dy * dy)
    bands = [np.digitize(distance, space) - 1, np.digitize(np.abs(t[i] - t[j]), time) - 1]
    flat = np.bincount(bands[0] * len(time) + bands[1], minlength=len(space) * len(time))
    return flat.reshape(len(space), len(time))


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(4, 120),
    metric=st.sampled_from(["euclidean", "manhattan"]),
)
def test_pairs_equal_brute_force_and_expectations_add_up(
    seed: int, n: int, metric: str
) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 40, n) * 25.0, rng.integers(0, 40, n) * 25.0
    t = rng.integers(0, 60, n).astype(float)
    space, time = [0.0, 1.0, 100.0, 250.0], [0.0, 1.0, 7.0, 14.0]
    table = near_repeat_table(x, y, t, distance_edges_m=space, day_edges=time, metric=metric)
    expected = brute_force(x, y, t, space, time, metric)
    assert observed(table, 4) == expected.tolist()
    by_band = table.groupby("from_m")[["observed", "expected"]].sum()
    assert by_band["expected"].to_numpy() == pytest.approx(by_band["observed"].to_numpy())
    assert table["expected"].sum() == pytest.approx(n * (n - 1) / 2)


def test_moments_are_those_of_permutations() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.normal(0, 300, 60), rng.normal(0, 300, 60)
    t = np.sort(rng.integers(0, 40, 60)).astype(float)
    cell = near_repeat_table(x, y, t, distance_edges_m=(0, 200), day_edges=(0, 5)).iloc[0]
    close = np.hypot(x[:, None] - x, y[:, None] - y) < 200
    dealt = rng.permuted(np.tile(t, (20_000, 1)), axis=1)
    i, j = np.nonzero(np.triu(close, 1))
    counts = (np.abs(dealt[:, i] - dealt[:, j]) < 5).sum(axis=1)
    assert counts.mean() == pytest.approx(cell["expected"], abs=5 * cell["sd"] / 20_000**0.5)
    assert counts.std() == pytest.approx(cell["sd"], rel=0.03)


def test_roles_and_chains() -> None:
    #      first, same place, near, far away, too late, second chain
    x = [0.0, 0.0, 90.0, 5_000.0, 0.0, 9_000.0, 9_050.0]
    days = [1.0, 3.0, 9.0, 2.0, 90.0, 5.0, 5.0]
    roles = repeat_roles(x, [0.0] * 7, days, distance_m=100.0, days_apart=7.0)
    assert roles["role"].tolist() == [
        RepeatRole.ORIGINATOR,
        RepeatRole.REPEAT,
        RepeatRole.NEAR_REPEAT,
        RepeatRole.ISOLATED,
        RepeatRole.ISOLATED,
        RepeatRole.ORIGINATOR,  # at the same time the first row leads
        RepeatRole.NEAR_REPEAT,
    ]
    assert roles["chain"].tolist() == [0, 0, 0, -1, -1, 1, 1]
    assert roles["earlier"].tolist() == [0, 1, 1, 0, 0, 0, 1]
    assert roles["later"].tolist() == [1, 1, 0, 0, 0, 1, 0]


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10**6), n=st.integers(0, 80))
def test_roles_equal_brute_force(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 30, n) * 30.0, rng.integers(0, 30, n) * 30.0
    t = rng.integers(0, 90, n).astype(float)
    roles = repeat_roles(x, y, t, distance_m=120.0, days_apart=10.0)
    near = np.hypot(x[:, None] - x, y[:, None] - y) <= 120.0
    near &= np.abs(t[:, None] - t) <= 10.0
    row = np.arange(n)
    before = (t[None, :] < t[:, None]) | (
        (t[None, :] == t[:, None]) & (row[None, :] < row[:, None])
    )
    assert roles["earlier"].tolist() == (near & before).sum(axis=1).tolist()
    assert (
        roles["later"].tolist()
        == (near & before.T & (row[:, None] != row)).sum(axis=1).tolist()
    )


@pytest.mark.parametrize(
    ("edges", "message"),
    [((1, 2), "rise from 0"), ((0, 2, 2), "rise"), ((0, np.inf), "open band")],
)
def test_wrong_edges_are_refused(edges: tuple, message: str) -> None:
    five = np.arange(5.0)
    with pytest.raises(FrameError, match=message):
        near_repeat_table(five, five, five, distance_edges_m=edges)


def test_too_few_or_missing_events_are_refused() -> None:
    with pytest.raises(FrameError, match="at least 4"):
        near_repeat_table([1, 2, 3], [1, 2, 3], [1, 2, 3])
    with pytest.raises(FrameError, match="no place or time"):
        near_repeat_table([1, 2, 3, np.nan], [1, 2, 3, 4], [1, 2, 3, 4])


def test_mann_kendall_worked_example() -> None:
    trend = mann_kendall([1, 3, 2, 4, 5, 7, 6, 8, 9, 10])
    assert (trend.s[0], trend.variance[0]) == (41, 125)
    assert trend.z[0] == pytest.approx(3.57770876, abs=5e-9)
    assert trend.p[0] == pytest.approx(0.000346619, abs=5e-10)
    assert trend.tau[0] == pytest.approx(0.911111, abs=5e-7)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 6), min_size=3, max_size=30))
def test_mann_kendall_turns_with_time_and_agrees_with_kendall(series: list[int]) -> None:
    there, back = mann_kendall(series), mann_kendall(series[::-1])
    assert there.s[0] == -back.s[0]
    assert there.variance[0] == back.variance[0]
    if len(set(series)) > 1:
        ties = np.unique(series, return_counts=True)[1]
        pairs = len(series) * (len(series) - 1) / 2
        tau_b = there.s[0] / np.sqrt(pairs * (pairs - (ties * (ties - 1) / 2).sum()))
        assert tau_b == pytest.approx(kendalltau(range(len(series)), series).statistic)
    else:
        assert (there.z[0], there.p[0]) == (0, 1)


def test_series_that_cannot_trend_are_refused() -> None:
    with pytest.raises(FrameError, match="two steps"):
        mann_kendall([[1.0], [2.0]])
    with pytest.raises(FrameError, match="no value"):
        mann_kendall([1.0, np.nan])

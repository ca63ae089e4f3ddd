"""Exact p-values against enumeration, simulation and their own promise of calibration."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import ExactCostError, FrameError
from geo.grid import SquareGrid
from geo.significance import benjamini_hochberg, exact_tails, simulated_tails


def enumerated(values: list[int], place: int, k: int, observed: int) -> tuple[float, float]:
    others = values[:place] + values[place + 1 :]
    sums = np.array([sum(chosen) for chosen in combinations(others, k)])
    return (sums >= observed).mean(), (sums <= observed).mean()


def test_worked_example() -> None:
    # {0, 0, 1, 1, 2, 3} without the 5 itself: 10 of 20 triples reach 4.
    tails = exact_tails([0, 0, 1, 1, 2, 3, 5], [0] * 6 + [4], [0] * 6 + [3])
    assert tails.high[6] == pytest.approx(10 / 20, rel=1e-14)
    assert tails.low[6] == pytest.approx(15 / 20, rel=1e-14)
    assert tails.high[:6].tolist() == [1.0] * 6


@settings(deadline=None, max_examples=60)
@given(
    values=st.lists(st.integers(0, 9), min_size=3, max_size=9),
    pick=st.randoms(use_true_random=False),
)
def test_equals_enumeration(values: list[int], pick) -> None:
    n = len(values)
    degrees, sums = [], []
    for place in range(n):
        others = values[:place] + values[place + 1 :]
        degrees.append(pick.randint(0, n - 1))
        sums.append(sum(pick.sample(others, degrees[-1])))
    tails = exact_tails(values, sums, degrees)
    for place in range(n):
        high, low = enumerated(values, place, degrees[place], sums[place])
        assert tails.high[place] == pytest.approx(high, rel=1e-12)
        assert tails.low[place] == pytest.approx(low, rel=1e-12)


def test_tiny_p_values_keep_their_digits() -> None:
    # Eight of 10 000 places hold a 50; the one chance is 1 / C(9 999, 8) for the other 8.
    counts = np.zeros(10_000)
    counts[:9] = 50
    sums, degrees = np.zeros(10_000), np.zeros(10_000, dtype=int)
    sums[0], degrees[0] = 400, 8
    ways = np.prod([(9_999 - j) / (8 - j) for j in range(8)])
    assert exact_tails(counts, sums, degrees).high[0] == pytest.approx(1 / ways, rel=1e-12)


def test_simulation_agrees_with_the_exact_answer() -> None:
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=5, columns=6)
    counts = np.random.default_rng(3).negative_binomial(1, 0.3, len(grid))
    neighbours = grid.neighbours()
    sums, degrees = neighbours.sums(counts), neighbours.degrees
    exact = exact_tails(counts, sums, degrees)
    simulated = simulated_tails(counts, sums, degrees, draws=99_999, seed=1)
    # Five standard errors of a share of 99 999 draws; most of the grid is neighbour to all.
    assert np.abs(simulated.high - exact.high).max() < 5 * 0.5 / np.sqrt(60_000)
    assert np.abs(simulated.low - exact.low).max() < 5 * 0.5 / np.sqrt(60_000)


def test_simulated_rates_do_not_depend_on_their_unit() -> None:
    rates = np.random.default_rng(4).random(40)
    degrees = np.full(40, 3)
    sums = np.roll(rates, 1) + np.roll(rates, 2) + np.roll(rates, 3)
    one = simulated_tails(rates, sums, degrees, draws=999)
    other = simulated_tails(rates * 1e6, sums * 1e6, degrees, draws=999)
    assert one.high.tolist() == other.high.tolist()
    assert one.high.min() >= 1 / 1_000


@pytest.mark.parametrize("make", ["sparse", "clustered"])
def test_exact_p_is_calibrated_on_shuffled_maps(make: str) -> None:
    rng = np.random.default_rng(11)
    grid = SquareGrid(west_m=0.0, south_m=0.0, cell_m=1.0, rows=100, columns=120)
    neighbours = grid.neighbours()
    if make == "sparse":
        counts = rng.negative_binomial(0.2, 0.1, len(grid))
    else:
        counts = rng.poisson(rng.pareto(1.6, len(grid)).clip(0, 40))
    small, discoveries = [], []
    for _ in range(30):
        dealt = rng.permutation(counts)
        tails = exact_tails(dealt, neighbours.sums(dealt), neighbours.degrees)
        small.append((tails.high < 0.001).mean())
        discoveries.append((benjamini_hochberg(tails.high) <= 0.05).sum())
    assert 0.0005 < np.mean(small) < 0.002
    assert np.mean(discoveries) < 1.5


def test_benjamini_hochberg_published_example() -> None:
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    rejected = benjamini_hochberg(p) <= 0.05
    assert rejected.tolist() == [True, True] + [False] * 8
    # The cutoff is that of rank 2: 2 / 10 · 5 % = 0.01.
    assert (
        benjamini_hochberg([0.001, 0.01, *p[2:]])[1]
        <= 0.05
        < benjamini_hochberg([0.001, 0.0101, *p[2:]])[1]
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_adjusted_p_keeps_the_order_and_never_falls_below_p(p: list[float]) -> None:
    q = benjamini_hochberg(p)
    assert (q >= np.array(p) - 1e-15).all()
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= 0).all()


def test_the_small_members_of_a_family_suffice() -> None:
    p = np.random.default_rng(9).random(5_000) ** 4
    small = p <= 0.05
    alone = benjamini_hochberg(p[small], family=len(p)) <= 0.05
    assert alone.tolist() == (benjamini_hochberg(p)[small] <= 0.05).tolist()


@pytest.mark.parametrize(
    ("counts", "sums", "degrees", "message"),
    [
        ([0.5, 1], [0, 0], [1, 1], "whole counts"),
        ([-1, 1], [0, 0], [1, 1], "whole counts"),
        ([0, 1], [1, 0], [2, 1], "at most n − 1"),
        ([0, 1, 1], [9, 0, 0], [1, 1, 1], "distinct neighbours"),
        ([0, 9_000_000], [0, 0], [1, 1], "too large"),
    ],
)
def test_refusals(counts: list, sums: list, degrees: list, message: str) -> None:
    with pytest.raises(FrameError, match=message):
        exact_tails(counts, sums, degrees)


def test_nothing_to_test() -> None:
    assert exact_tails([], [], []).high.tolist() == []
    assert simulated_tails([1.0], [0.0], [0]).low.tolist() == [1.0]


def test_too_large_counts_are_an_error_of_their_own() -> None:
    with pytest.raises(ExactCostError, match="simulate the null"):
        exact_tails([0, 9_000_000], [0, 0], [1, 1])

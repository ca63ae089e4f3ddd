"""Accuracy measures against printed values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.accuracy import accuracy_curve, flagged_hits


def test_curve_to_the_printed_digits() -> None:
    curve = accuracy_curve([8, 4, 4, 2, 1, 0], [6, 7, 3, 2, 1, 0], ties="fewest")
    assert curve["pai"].to_numpy() == pytest.approx(
        [1.8947368, 1.4210526, 1.6842105, 1.4210526, 1.2, 1.0], abs=5e-8
    )
    assert curve["pei_star"].to_numpy() == pytest.approx(
        [0.85714286, 0.69230769, 1, 1, 1, 1], abs=5e-9
    )
    assert curve["rri"].to_numpy() == pytest.approx(
        [1.3333333, 1.3333333, 1, 1, 1, 1], abs=5e-8
    )


def test_ties_share_their_hits() -> None:
    curve = accuracy_curve([4, 4, 4, 0], [6, 3, 0, 1])
    assert curve["hits"].tolist() == [3.0, 6.0, 9.0, 10.0]


@given(
    score=st.lists(st.integers(0, 4), min_size=1, max_size=30),
    seed=st.integers(0, 99),
)
def test_hits_of_flagged_cells_are_those_of_the_curve(score: list[int], seed: int) -> None:
    seen = np.random.default_rng(seed).poisson(1.0, len(score)).astype(float)
    flagged = np.arange(1, len(score) + 1)
    hits = flagged_hits(np.array(score, dtype=float), seen, flagged)
    assert hits == pytest.approx(accuracy_curve(score, seen)["hits"].to_numpy())


@given(
    observed=st.lists(st.integers(0, 9), min_size=2, max_size=30).filter(any),
    seed=st.integers(0, 99),
)
def test_curve_is_bounded_by_the_oracle(observed: list[int], seed: int) -> None:
    predicted = np.random.default_rng(seed).integers(0, 4, len(observed))
    curve = accuracy_curve(predicted, observed)
    assert (curve["pei_star"] <= 1 + 1e-12).all()
    assert curve["hit_rate"].iloc[-1] == pytest.approx(1.0)
    assert curve["pai"].iloc[-1] == pytest.approx(1.0)
    assert accuracy_curve(observed, observed)["pei_star"].to_numpy() == pytest.approx(1.0)

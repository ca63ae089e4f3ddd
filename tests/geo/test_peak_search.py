"""Peak search against a vendor's worked example, and its bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.peak_search import PeakRules, peak_search

# Mile 1.00 to 1.85: windows of 0.1 mile hold 0, 0, 3, 0, 0, 1, 0, 0, 0 (the last shifted back).
EVENTS = [1.22, 1.24, 1.27, 1.55]


def example(limit: float, longest: float = 0.1):
    rules = PeakRules(window_m=0.1, cv_limit=limit, longest_m=longest)
    return peak_search([1.0], [1.85], EVENTS, rules=rules).iloc[0]


def test_worked_example() -> None:
    assert np.std([0, 0, 3, 0, 0, 1, 0, 0, 0], ddof=1) == pytest.approx(1.014, abs=5e-4)
    none, third = example(0.30), example(0.35)
    assert not none["is_precise"]
    assert third["is_precise"]
    assert third["cv"] == pytest.approx(0.338, abs=5e-4)
    assert (third["from_m"], third["to_m"]) == pytest.approx((1.2, 1.3))
    assert third["value"] / len(EVENTS) == 0.75
    # A single accident has CV 1.014.
    alone = peak_search(
        [1.0], [1.85], [1.22, 1.55], rules=PeakRules(window_m=0.1, longest_m=0.1)
    ).iloc[0]
    assert alone["cv"] == pytest.approx(np.std([1, 1, 0, 0, 0, 0, 0, 0, 0], ddof=1))


def test_windows_grow_until_the_estimate_is_precise() -> None:
    def prediction(begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        km = (end - begin) / 1000
        return 2.0 * km, 0.4 / km

    events = np.r_[np.full(3, 450.0), np.full(2, 620.0), np.full(4, 1850.0)]
    found = peak_search(
        [0.0, 1000.0],
        [1000.0, 2000.0],
        events,
        rules=PeakRules(cv_limit=0.5),
        prediction=prediction,
    )
    # Four accidents at one place are precise in 100 m, five in two places need 300 m.
    assert found["is_precise"].all()
    assert found.loc[1, ["from_m", "to_m"]].tolist() == [1800, 1900]
    assert found.loc[0, "from_m"] <= 450 < 620 < found.loc[0, "to_m"]
    assert found.loc[0, "to_m"] - found.loc[0, "from_m"] == 300


@settings(deadline=None, max_examples=60)
@given(
    lengths=st.lists(st.floats(1, 3000), min_size=1, max_size=6),
    events=st.lists(st.floats(0, 9000), max_size=30),
    limit=st.floats(0.05, 2),
)
def test_peaks_lie_inside_their_segment(
    lengths: list[float], events: list[float], limit: float
) -> None:
    ends = np.cumsum(lengths)
    first = np.r_[0.0, ends[:-1]]
    found = peak_search(first, ends, events, rules=PeakRules(cv_limit=limit))
    assert (found["from_m"] >= first - 1e-9).all()
    assert (found["to_m"] <= ends + 1e-9).all()
    assert (found["to_m"] > found["from_m"]).all()
    assert (found.loc[found["is_precise"], "cv"] <= limit).all()
    assert found["value"].max() <= len(events)


def test_impossible_rules_are_refused() -> None:
    with pytest.raises(FrameError, match="length"):
        peak_search([0.0], [0.0], [])

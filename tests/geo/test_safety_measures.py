"""Screening measures of the Highway Safety Manual, chapter 4.

The twenty junctions are HSM-derived: their inputs were reconstructed, not copied from the
book (every yearly sum equals its severity sum, and all derived values agree), so
they guard against regressions and prove no conformity.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.safety_measures import (
    FLANDERS_ACCIDENTS,
    FLANDERS_SCORE,
    SEVERITY_WEIGHTS,
    accident_rate,
    accident_weights,
    average_frequency,
    critical_rate,
    equivalent_damage,
    excess_frequency,
    flanders_score,
    level_of_service,
    method_of_moments,
    million_vehicle_km,
    relative_severity_index,
    type_share,
)

# Control, major and minor AADT, accidents in three years, fatal, injury, damage only.
JUNCTIONS = pd.DataFrame(
    [
        ("signal", 30100, 4800, 22, 0, 6, 16), ("stop", 12000, 1200, 35, 2, 23, 10),
        ("stop", 18000, 800, 23, 0, 13, 10), ("signal", 11200, 10900, 13, 0, 5, 8),
        ("signal", 30700, 18400, 15, 0, 4, 11), ("signal", 31500, 3600, 9, 0, 2, 7),
        ("stop", 21000, 1000, 34, 1, 17, 16), ("signal", 23800, 22300, 9, 0, 2, 7),
        ("signal", 47000, 8500, 37, 0, 22, 15), ("stop", 15000, 1500, 17, 0, 7, 10),
        ("signal", 42000, 1950, 38, 1, 19, 18), ("signal", 46000, 18500, 32, 0, 15, 17),
        ("signal", 11400, 11400, 6, 0, 2, 4), ("signal", 24800, 21200, 10, 0, 5, 5),
        ("stop", 26000, 500, 17, 1, 4, 12), ("signal", 12400, 7300, 21, 0, 11, 10),
        ("stop", 14400, 3200, 13, 1, 5, 7), ("signal", 17600, 4500, 19, 0, 8, 11),
        ("stop", 15400, 2500, 11, 1, 5, 5), ("signal", 54500, 5600, 8, 0, 3, 5),
    ],
    columns=["control", "major", "minor", "total", "fatal", "injury", "damage"],
    index=range(1, 21),
)  # fmt: skip


def test_hsm_derived_equivalent_damage() -> None:
    table = JUNCTIONS
    assert (table[["fatal", "injury", "damage"]].sum(axis=1) == table["total"]).all()
    accidents = np.zeros((20, 5))
    accidents[:, [0, 1, 4]] = table[["fatal", "injury", "damage"]]
    score = pd.Series(equivalent_damage(accidents, SEVERITY_WEIGHTS["hsm"]), table.index)
    printed = {
        2: 1347, 11: 769, 7: 745, 17: 604, 19: 602, 15: 598, 9: 257, 12: 182, 3: 153, 16: 131,
        18: 99, 10: 87, 1: 82, 4: 63, 14: 60, 5: 55, 20: 38, 6: 29, 8: 29, 13: 26,
    }  # fmt: skip
    assert score.to_dict() == printed


def test_hsm_derived_critical_rates() -> None:
    table = JUNCTIONS
    exposure = million_vehicle_km(table["major"] + table["minor"], 1.0, 3.0)
    found = critical_rate(table["total"], exposure, table["control"]).set_index(table.index)
    by_control = found.groupby(table["control"])["average"].first()
    assert by_control["stop"] == pytest.approx(1.0339, abs=5e-5)
    assert by_control["signal"] == pytest.approx(0.4182, abs=5e-5)
    assert found.loc[7, "rate"] == pytest.approx(1.411, abs=5e-4)
    assert found.loc[7, "critical"] == pytest.approx(1.395, abs=5e-4)
    assert found.index[found["is_above"]].tolist() == [2, 7, 9, 11, 16, 18]
    assert average_frequency(table.loc[7, "total"], 3.0) == pytest.approx(34 / 3)


def test_hsm_derived_severity_index_of_junction_7() -> None:
    # Rear-end, sideswipe, angle, fixed object: accidents and cost of one.
    found = relative_severity_index([[19, 7, 5, 3], [0, 0, 0, 0]], [13200, 34000, 61100, 94700])
    assert found[0] == pytest.approx(31717.65, abs=0.005)
    assert np.isnan(found[1])


def test_weight_sets_fall_with_severity_and_name_their_source() -> None:
    for weights in SEVERITY_WEIGHTS.values():
        assert (np.diff(weights.array()) <= 0).all()
        assert weights.source
    assert SEVERITY_WEIGHTS["flanders"].array().tolist() == [5, 3, 1, 1, 0]


def test_an_accident_weighs_by_its_worst_outcome_alone() -> None:
    found = accident_weights(
        [1, 9, 0, 0, 0],
        [0, 5, 2, np.nan, np.nan],
        [0, 40, 2, 1, 0],
        SEVERITY_WEIGHTS["flanders"],
    )
    assert found.tolist() == [5, 5, 3, 1, 0]


def test_rate_without_traffic_is_unknown() -> None:
    assert accident_rate([4, 4], [2.0, 0.0])[0] == 2.0
    assert np.isnan(accident_rate([4, 4], [2.0, 0.0])[1])


def test_moments_draw_towards_the_group() -> None:
    found = method_of_moments([0, 2, 10, 3, 3], list("aaabb"))
    pull = 4 / 28
    assert found["adjusted"].tolist() == pytest.approx(
        [pull * 4, 2 + pull * 2, 10 - pull * 6, 3, 3]
    )
    assert found["potential"].tolist() == pytest.approx(
        [pull * 4 - 4, pull * 2 - 2, 6 - pull * 6, 0, 0]
    )


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=30))
def test_adjusted_counts_lie_between_count_and_mean(counts: list[int]) -> None:
    adjusted = method_of_moments(counts, [0] * len(counts))["adjusted"].to_numpy()
    mean = np.mean(counts)
    assert (adjusted >= np.minimum(counts, mean) - 1e-9).all()
    assert (adjusted <= np.maximum(counts, mean) + 1e-9).all()


def test_level_of_service_bounds() -> None:
    # k = 0.16, μ = 10: σ = 4, so 4, 10 and 16 are the borders.
    found = level_of_service([3, 4, 9, 10, 15, 16], 10.0, 0.16)
    assert found.tolist() == [1, 2, 2, 3, 3, 4]
    assert excess_frequency([3.0], [1.0]).tolist() == [2.0]


def test_share_of_one_type() -> None:
    of_type = np.array([8, 1, 2, 1, 0, 1, 2, 0])
    total = np.array([10, 10, 10, 10, 8, 9, 10, 1])
    found = type_share(of_type, total)
    assert found["share"].tolist() == pytest.approx((of_type / total).tolist())
    assert found["probability"].idxmax() == 0
    assert found.loc[0, "probability"] > 0.99 > 0.5 > found.loc[4, "probability"]
    assert found.loc[0, "excess"] == pytest.approx(0.8 - 15 / 68)
    # Moments by hand from the seven places with two or more accidents.
    n, x = total[:7], of_type[:7]
    mean = (x / n).mean()
    pairs = ((x**2 - x) / (n**2 - n)).sum()
    variance = (pairs - (x / n).sum() ** 2 / 7) / 6
    alpha = (mean**2 - mean**3 - variance * mean) / variance
    draws = np.random.default_rng(0).beta(alpha + 8, alpha / mean - alpha + 2, 200_000)
    assert found.loc[0, "probability"] == pytest.approx((draws > 15 / 68).mean(), abs=0.005)


def test_equal_shares_stand_out_nowhere() -> None:
    found = type_share([2, 2, 2], [10, 10, 10], threshold=0.2)
    assert found["probability"].isna().all()
    with pytest.raises(FrameError, match="two places"):
        type_share([1, 0], [3, 1])
    with pytest.raises(FrameError, match="outnumber"):
        type_share([4], [3])


def test_flanders_counts_vulnerable_users_more() -> None:
    dead, serious, injured = [1, 1, 0], [0, 0, 0], [0, 0, 1]
    cyclists = flanders_score(dead, serious, injured, is_vulnerable=True)
    assert cyclists.sum() == pytest.approx(18.7)
    assert len(cyclists) >= FLANDERS_ACCIDENTS
    assert cyclists.sum() >= FLANDERS_SCORE > flanders_score(dead, serious, injured).sum() == 11
    assert flanders_score([0], [2], [3]).tolist() == [7]
    assert flanders_score([0], [np.nan], [3]).tolist() == [3]

"""The table of disorder spots, its windows and its steps."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.disorder_spots import (
    Outcome,
    SpotRule,
    SpotStep,
    check,
    matched_seasons,
    outcomes,
    season_effect,
    steps_from,
    watch_window,
)
from geo.errors import FrameError

NAN = float("nan")
BEST = {
    "is_closed": False,
    "has_plan": True,
    "has_post": True,
    "is_listed": False,
    "is_window_over": True,
    "ratio": 0.5,
    "low": 0.3,
    "high": 0.8,
    "satisfied": 0.9,
}


def outcome(**changed) -> str:
    return outcomes(pd.DataFrame([BEST | changed]))["outcome"][0]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        # Row by row of the table.
        ({"has_plan": False}, Outcome.NO_PLAN),
        ({"has_plan": False, "has_post": False}, Outcome.NO_PLAN),
        ({"has_post": False}, Outcome.NO_POST),
        ({"ratio": 0.91, "high": 1.4}, Outcome.PROPOSE_LISTING),
        ({}, Outcome.PASSED),
        ({"is_listed": True}, Outcome.PASSED),
        ({"ratio": 0.8}, Outcome.EXTEND),
        ({"ratio": 0.91, "high": 1.4, "is_listed": True}, Outcome.EXTEND),
        ({"is_closed": True, "ratio": 1.31, "low": 0.9, "high": 2.0}, Outcome.RELAPSE),
        # What the rows leave open.
        ({"is_window_over": False}, Outcome.IN_TREATMENT),
        ({"is_closed": True, "ratio": 2.0, "is_window_over": False}, Outcome.WATCHED),
        ({"is_closed": True, "ratio": 0.5}, Outcome.STABLE),
        ({"is_closed": True, "ratio": NAN}, Outcome.STABLE),
        ({"ratio": NAN, "low": 0.0, "high": NAN}, Outcome.EXTEND),
        ({"ratio": np.inf, "high": np.inf}, Outcome.PROPOSE_LISTING),
        ({"satisfied": NAN}, Outcome.EXTEND),
        # The borders: 0.9 and 1.3 are not above, 0.7 and the least share are in.
        ({"ratio": 0.9}, Outcome.EXTEND),
        ({"ratio": 0.7}, Outcome.PASSED),
        ({"ratio": 0.7 + 1e-15}, Outcome.PASSED),
        ({"ratio": 0.701}, Outcome.EXTEND),
        ({"high": 1.0}, Outcome.EXTEND),
        ({"high": 0.999}, Outcome.PASSED),
        ({"satisfied": 0.8}, Outcome.PASSED),
        ({"satisfied": 0.799}, Outcome.EXTEND),
        ({"is_closed": True, "ratio": 1.3}, Outcome.STABLE),
    ],
)
def test_outcomes(changed: dict, expected: Outcome) -> None:
    assert outcome(**changed) == expected


def test_a_relapse_says_whether_it_is_clear() -> None:
    rows = pd.DataFrame(
        [
            BEST | {"is_closed": True, "ratio": 1.4, "low": low, "high": 3.0}
            for low in (0.7, 1.1)
        ],
        index=["a", "b"],
    )
    table = outcomes(rows)
    assert table["outcome"].tolist() == [Outcome.RELAPSE, Outcome.RELAPSE]
    assert table["is_clear"].to_dict() == {"a": False, "b": True}


def test_numbers_are_settings() -> None:
    easy = SpotRule(better_to=0.85)
    spots = pd.DataFrame([BEST | {"ratio": 0.8}])
    assert outcomes(spots, rule=easy)["outcome"][0] == Outcome.PASSED


def test_a_missing_column_is_named() -> None:
    with pytest.raises(FrameError, match="'ratio'"):
        outcomes(pd.DataFrame([BEST]).drop(columns="ratio"))


def test_matched_seasons() -> None:
    after = (date(2010, 7, 1), date(2010, 12, 31))
    assert matched_seasons(after, date(2010, 5, 1)) == (
        (date(2009, 7, 1), date(2009, 12, 31)),
        (date(2008, 7, 1), date(2008, 12, 31)),
    )
    # A treatment of over a year pushes the base back.
    assert matched_seasons(after, date(2009, 8, 1), years=1) == (
        (date(2008, 7, 1), date(2008, 12, 31)),
    )


def test_a_leap_day_has_a_season_too() -> None:
    after = (date(2012, 2, 29), date(2012, 3, 31))
    assert matched_seasons(after, date(2012, 1, 1), years=1)[0][0] == date(2011, 2, 28)


@pytest.mark.parametrize(
    ("after", "treated"),
    [
        ((date(2010, 7, 1), date(2010, 6, 30)), date(2010, 5, 1)),
        ((date(2010, 7, 1), date(2011, 7, 1)), date(2010, 5, 1)),
        ((date(2010, 7, 1), date(2010, 8, 1)), date(2010, 7, 2)),
    ],
)
def test_window_faults(after: tuple, treated: date) -> None:
    with pytest.raises(FrameError):
        matched_seasons(after, treated)


def test_the_effect_of_a_season() -> None:
    after = (date(2010, 7, 1), date(2010, 12, 31))
    before = matched_seasons(after, date(2010, 6, 1))
    days = (
        [date(2010, 7, 1) + timedelta(k) for k in range(10)]
        + [date(2009, 12, 31)] * 15
        + [date(2008, 7, 1)] * 25
        + [date(2010, 6, 30), date(2009, 6, 30)] * 9  # out of season
    )
    row = season_effect(days, after, before).iloc[0]
    assert (row["after"], row["before"]) == (10, 40)
    assert (row["days_after"], row["days_before"]) == (184, 368)
    assert row["ratio"] == pytest.approx(0.5)
    # Clopper and Pearson of 10 in 50, as odds times two.
    assert row["low"] == pytest.approx(2 * 0.10030 / 0.89970, rel=1e-3)
    assert row["high"] == pytest.approx(2 * 0.33718 / 0.66282, rel=1e-3)
    twice = season_effect(days, after, before, people_after=2.0).iloc[0]
    assert twice["ratio"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("closed", "last"),
    [
        (date(2010, 3, 15), date(2010, 9, 15)),
        (date(2010, 8, 31), date(2011, 2, 28)),
    ],
)
def test_watch_window(closed: date, last: date) -> None:
    assert watch_window(closed) == (closed + timedelta(1), last)


@given(st.integers(0, 60), st.integers(0, 60))
def test_what_passes_is_clearly_better(n_after: int, n_before: int) -> None:
    after = (date(2010, 7, 1), date(2010, 12, 31))
    days = [date(2010, 8, 1)] * n_after + [date(2009, 8, 1)] * n_before
    effect = season_effect(days, after, matched_seasons(after, date(2010, 6, 1), years=1))
    row = effect.iloc[0]
    result = outcome(ratio=row["ratio"], low=row["low"], high=row["high"])
    if result == Outcome.PASSED:
        assert n_after <= 0.7 * n_before
        assert row["high"] < 1
    if result == Outcome.PROPOSE_LISTING:
        assert n_after > 0.9 * n_before


def test_few_counts_never_pass() -> None:
    # 1 after 4 is a quarter, but the interval reaches beyond 1.
    after = (date(2010, 7, 1), date(2010, 12, 31))
    days = [date(2010, 8, 1)] + [date(2009, 8, 1)] * 4
    row = season_effect(days, after, [(date(2009, 7, 1), date(2009, 12, 31))]).iloc[0]
    assert row["ratio"] == 0.25
    assert outcome(ratio=row["ratio"], low=row["low"], high=row["high"]) == Outcome.EXTEND


DAY = date(2010, 6, 1)
COMPLETE = {
    "verified": (SpotStep(kind="verified", on=DAY), None),
    "treating": (SpotStep(kind="treating", on=DAY, has_plan=True, has_post=True), None),
    "listed": (SpotStep(kind="listed", on=DAY, doc_no="3"), Outcome.PROPOSE_LISTING),
    "accepted": (SpotStep(kind="accepted", on=DAY), Outcome.PASSED),
    "closed": (SpotStep(kind="closed", on=DAY, doc_no="9"), None),
    "relapsed": (SpotStep(kind="relapsed", on=DAY), Outcome.RELAPSE),
    "rejected": (SpotStep(kind="rejected", on=DAY, note="不在辖区"), None),
}
ALLOWED = {
    "found": {"verified", "rejected"},
    "verified": {"treating", "rejected"},
    "treating": {"listed", "accepted"},
    "listed": {"accepted"},
    "accepted": {"closed"},
    "closed": {"relapsed"},
    "relapsed": {"listed"},
    "rejected": set(),
}


@pytest.mark.parametrize("status", ALLOWED)
def test_steps(status: str) -> None:
    assert set(steps_from(status)) == ALLOWED[status]
    for kind, (step, found) in COMPLETE.items():
        faults = check(status, step, outcome=found)
        assert faults == (() if kind in ALLOWED[status] else ("transition",))


@pytest.mark.parametrize(
    ("status", "step", "found", "faults"),
    [
        ("verified", SpotStep(kind="treating", on=DAY), None, ("plan", "post")),
        ("treating", SpotStep(kind="listed", on=DAY), None, ("doc_no", "reason")),
        ("treating", SpotStep(kind="listed", on=DAY, doc_no="3", note="群众反映"), None, ()),
        ("relapsed", SpotStep(kind="listed", on=DAY, doc_no="3"), None, ()),
        ("listed", SpotStep(kind="accepted", on=DAY), Outcome.EXTEND, ("outcome",)),
        ("accepted", SpotStep(kind="closed", on=DAY), None, ("doc_no",)),
        ("closed", SpotStep(kind="relapsed", on=DAY), Outcome.STABLE, ("reason",)),
        ("found", SpotStep(kind="rejected", on=DAY, note="  "), None, ("reason",)),
        ("found", SpotStep(kind="burnt", on=DAY), None, ("transition",)),
    ],
)
def test_what_a_step_needs(
    status: str, step: SpotStep, found: Outcome | None, faults: tuple
) -> None:
    assert check(status, step, outcome=found) == faults


def test_steps_follow_in_time() -> None:
    step, _ = COMPLETE["verified"]
    assert check("found", step, last_on=DAY + timedelta(1)) == ("on",)
    assert check("found", step, last_on=DAY) == ()

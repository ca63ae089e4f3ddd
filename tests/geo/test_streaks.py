"""Spells without a recorded crime, their chance, and the doubt."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.streaks import zero_streaks

SINCE, AS_OF = date(2008, 1, 1), date(2010, 12, 31)


def streak(days: list[date], **options) -> pd.Series:
    settings = {"since": SINCE, "as_of": AS_OF, "units": 1} | options
    return zero_streaks([0] * len(days), days, **settings).iloc[0]


def every(step: int, first: date, last: date) -> list[date]:
    return [first + timedelta(i) for i in range(0, (last - first).days + 1, step)]


def test_a_spell_and_its_chance() -> None:
    # One crime every ten days up to 20 November; the base is the 24 months before that day.
    last = date(2010, 11, 20)
    days = [last - timedelta(10 * k) for k in range(90)]
    row = streak(days)
    assert row["last_day"] == pd.Timestamp(last)
    assert row["streak_days"] == 41
    assert row["streak_ten_days"] == 4  # from 21 November on
    assert row["base_days"] == 730
    assert row["base_events"] == 73  # 20 November 2008 itself is in, the last crime is not
    assert row["rate_per_day"] == pytest.approx(0.1)
    assert row["chance"] == pytest.approx(np.exp(-4.1))


def test_a_crime_today_is_no_spell() -> None:
    row = streak([date(2010, 1, 1), AS_OF])
    assert (row["streak_days"], row["streak_ten_days"], row["chance"]) == (0, 0, 1.0)


@pytest.mark.parametrize(
    ("last", "as_of", "expected"),
    [
        (date(2010, 3, 10), date(2010, 3, 20), 1),
        (date(2010, 3, 10), date(2010, 3, 19), 0),
        (date(2010, 3, 11), date(2010, 3, 31), 1),
        (date(2010, 3, 9), date(2010, 3, 10), 0),
        (date(2010, 2, 20), date(2010, 2, 28), 1),
    ],
)
def test_whole_ten_days(last: date, as_of: date, expected: int) -> None:
    assert streak([last], as_of=as_of)["streak_ten_days"] == expected


def test_no_crime_at_all_has_no_rate() -> None:
    row = streak([])
    assert pd.isna(row["last_day"])
    assert row["streak_days"] == (AS_OF - SINCE).days + 1
    assert np.isnan(row["chance"])
    assert not row["is_doubtful"]


def test_records_that_begin_later_make_the_base_shorter() -> None:
    row = streak([date(2010, 3, 1), date(2010, 3, 11)], since=date(2010, 3, 1))
    assert (row["base_days"], row["base_events"]) == (10, 1)


def test_a_leap_day_looks_back_to_the_end_of_february() -> None:
    row = streak([date(2012, 2, 29)], since=date(2008, 1, 1), as_of=date(2012, 3, 1))
    assert row["base_days"] == (date(2012, 2, 29) - date(2010, 2, 28)).days


CRIMES = every(5, date(2008, 1, 1), date(2010, 9, 30))


@pytest.mark.parametrize(
    ("calls_a_day", "expected"),
    [(2, True), (3, True), (1, False), (0, False)],  # two a day is what the base has
)
def test_calls_that_go_on_cast_a_doubt(calls_a_day: int, expected: bool) -> None:
    before = every(1, date(2008, 1, 1), max(CRIMES)) * 2
    since_then = every(1, max(CRIMES) + timedelta(1), AS_OF) * calls_a_day
    calls = before + since_then
    row = streak(CRIMES, call_unit=[0] * len(calls), call_day=calls)
    assert row["calls"] == len(since_then)
    assert row["expected_calls"] == pytest.approx(2 * row["streak_days"])
    assert row["chance"] < 1e-6
    assert row["is_doubtful"] == expected


def test_a_common_spell_is_not_doubted_unless_asked() -> None:
    as_of = max(CRIMES) + timedelta(3)
    calls = every(1, date(2008, 1, 1), as_of)
    options = {"as_of": as_of, "call_unit": [0] * len(calls), "call_day": calls}
    assert not streak(CRIMES, **options)["is_doubtful"]
    assert streak(CRIMES, **options, rare=1.0)["is_doubtful"]


def test_units_are_kept_apart() -> None:
    table = zero_streaks(
        [0, 2, 2],
        [date(2010, 12, 1), date(2010, 12, 30), date(2010, 12, 20)],
        units=3,
        since=SINCE,
        as_of=AS_OF,
    )
    assert table["streak_days"].tolist() == [30, 1096, 1]
    assert table["calls"].isna().all()


@pytest.mark.parametrize(("unit", "day"), [([1], [AS_OF]), ([0], [None]), ([0, 0], [AS_OF])])
def test_records_need_unit_and_day(unit: list, day: list) -> None:
    with pytest.raises(FrameError):
        zero_streaks(unit, day, units=1, since=SINCE, as_of=AS_OF)


def test_calls_need_units_and_days() -> None:
    with pytest.raises(FrameError, match="110 calls need both"):
        streak(CRIMES, call_unit=[0])


def test_the_last_day_follows_the_first() -> None:
    with pytest.raises(FrameError, match="before the first"):
        streak([], since=AS_OF, as_of=SINCE)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40))
def test_a_longer_spell_is_never_likelier(shifts: list[int]) -> None:
    days = [SINCE + timedelta(shift) for shift in shifts]
    as_of = max(days) + timedelta(20)
    chances = [streak(days, as_of=as_of + timedelta(k))["chance"] for k in range(0, 30, 7)]
    assert chances == sorted(chances, reverse=True) or np.isnan(chances).all()

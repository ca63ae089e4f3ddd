"""Inspection rhythm: periods, obligations, compliance."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import FrameError
from geo.inspection import (
    RHYTHM_OF,
    Rhythm,
    as_days,
    compliance,
    is_within_interval,
    obligations,
    period_index,
)


def one_unit(rhythm: Rhythm, days: list[str], since: date, as_of: date, **options) -> pd.Series:
    return compliance(
        [0] * len(days), days, units=1, rhythm=rhythm, since=since, as_of=as_of, **options
    ).iloc[0]


@pytest.mark.parametrize(
    ("level", "same", "next_period"),
    [
        ("city", ("2010-02-01", "2010-02-28"), "2010-03-01"),
        ("township", ("2010-02-01", "2010-02-10"), "2010-02-11"),
        ("township", ("2010-02-11", "2010-02-20"), "2010-02-21"),
        ("township", ("2010-02-21", "2010-02-28"), "2010-03-01"),
        ("township", ("2010-01-21", "2010-01-31"), "2010-02-01"),
        ("village", ("2010-12-27", "2011-01-02"), "2011-01-03"),  # ISO week 52 of 2010
        ("village", ("1969-12-29", "1970-01-04"), "1970-01-05"),
    ],
)
def test_periods(level: str, same: tuple[str, str], next_period: str) -> None:
    first, last, after = period_index([*same, next_period], RHYTHM_OF[level])
    assert first == last
    assert after == first + 1


@given(st.dates(date(1960, 1, 1), date(2100, 1, 1)))
def test_weeks_are_iso_weeks(day: date) -> None:
    here, there = period_index([day, day + timedelta(1)], Rhythm.WEEK)
    assert (here == there) == (day.isocalendar()[:2] == (day + timedelta(1)).isocalendar()[:2])


@pytest.mark.parametrize(
    ("rhythm", "elapsed"),
    [(Rhythm.MONTH, 12), (Rhythm.TEN_DAYS, 36), (Rhythm.WEEK, 51), (Rhythm.DAY, 365)],
)
def test_a_whole_year(rhythm: Rhythm, elapsed: int) -> None:
    # 2010 began on a Friday and ended on one: 51 ISO weeks lie wholly in it.
    owed = obligations(rhythm, date(2010, 1, 1), date(2010, 12, 31))
    assert len(owed) == elapsed


def test_only_periods_that_are_over_and_whole_count() -> None:
    owed = obligations(Rhythm.MONTH, date(2010, 1, 15), date(2010, 4, 29))
    assert owed["first_day"].dt.strftime("%m-%d").tolist() == ["02-01", "03-01"]
    assert len(obligations(Rhythm.MONTH, date(2010, 1, 15), date(2010, 4, 30))) == 3


def test_compliance_of_a_township() -> None:
    days = ["2010-01-01", "2010-01-10", "2010-01-31", "2010-02-20"]
    row = one_unit(Rhythm.TEN_DAYS, days, date(2010, 1, 1), date(2010, 2, 28))
    assert (row["elapsed"], row["met"], row["missed"]) == (6, 3, 3)
    assert row["compliance"] == 0.5
    assert row["is_overdue"]
    assert row["overdue_since"] == pd.Timestamp("2010-02-21")
    assert row["last_day"] == pd.Timestamp("2010-02-20")


def test_the_running_period_is_not_yet_overdue() -> None:
    row = one_unit(Rhythm.MONTH, ["2010-01-31"], date(2010, 1, 1), date(2010, 2, 27))
    assert (row["elapsed"], row["is_overdue"], row["compliance"]) == (1, False, 1.0)
    assert pd.isna(row["overdue_since"])
    row = one_unit(Rhythm.MONTH, ["2010-01-31"], date(2010, 1, 1), date(2010, 2, 28))
    assert (row["elapsed"], row["is_overdue"]) == (2, True)


@pytest.mark.parametrize("level", RHYTHM_OF)
def test_a_special_period_is_daily_at_every_level(level: str) -> None:
    march = (date(2010, 3, 1), date(2010, 3, 31))
    owed = obligations(RHYTHM_OF[level], *march, special=[march])
    assert owed["is_daily"].all()
    assert len(owed) == 31


def test_a_month_partly_special_owes_its_days_and_its_month() -> None:
    special = [(date(2010, 3, 3), date(2010, 3, 5)), (date(2010, 3, 5), date(2010, 3, 7))]
    row = one_unit(
        Rhythm.MONTH,
        ["2010-03-03", "2010-03-04"],
        date(2010, 3, 1),
        date(2010, 3, 31),
        special=special,
    )
    # Two of five days, and the month by either of them.
    assert (row["elapsed"], row["met"]) == (6, 3)
    assert row["overdue_since"] == pd.Timestamp("2010-03-05")


def test_units_are_counted_apart() -> None:
    table = compliance(
        [0, 2, 2],
        ["2010-01-05", "2010-01-06", "2009-12-31"],
        units=3,
        rhythm=Rhythm.MONTH,
        since=date(2010, 1, 1),
        as_of=date(2010, 1, 31),
    )
    assert table["met"].tolist() == [1, 0, 1]
    assert table["compliance"].tolist() == [1.0, 0.0, 1.0]


def test_nothing_has_elapsed() -> None:
    row = one_unit(Rhythm.MONTH, [], date(2010, 1, 1), date(2010, 1, 30))
    assert row["elapsed"] == 0
    assert np.isnan(row["compliance"])
    assert not row["is_overdue"]


@pytest.mark.parametrize(("unit", "day"), [([3], ["2010-01-01"]), ([0], [None]), ([0], [])])
def test_records_need_unit_and_day(unit: list, day: list) -> None:
    with pytest.raises(FrameError):
        compliance(
            unit,
            pd.Series(day, dtype="datetime64[s]"),
            units=3,
            rhythm=Rhythm.WEEK,
            since=date(2010, 1, 1),
            as_of=date(2010, 2, 1),
        )


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 130)), max_size=60),
    st.sampled_from(list(Rhythm)),
    st.integers(0, 120),
)
def test_compliance_equals_a_plain_count(
    records: list[tuple[int, int]], rhythm: Rhythm, length: int
) -> None:
    since = date(2010, 1, 1)
    as_of = since + timedelta(length)
    table = compliance(
        [unit for unit, _ in records],
        [since + timedelta(shift) for _, shift in records],
        units=4,
        rhythm=rhythm,
        since=since,
        as_of=as_of,
    )
    owed = obligations(rhythm, since, as_of)
    for unit in range(4):
        days = [pd.Timestamp(since + timedelta(s)) for u, s in records if u == unit]
        met = sum(
            any(row.first_day <= day <= row.last_day for day in days)
            for row in owed.itertuples()
        )
        assert table["met"][unit] == met


def test_days_in_every_form() -> None:
    expected = np.array(["2010-03-01", "NaT"], dtype="datetime64[D]")
    for values in (
        pd.Series([14669, None]),
        pd.Series([14669, None], dtype="Int64"),
        pd.Series(["2010-03-01", None]),
        [date(2010, 3, 1), None],
        pd.Series([pd.Timestamp("2010-03-01 23:59"), pd.NaT]),
    ):
        assert np.array_equal(as_days(values), expected, equal_nan=True)


def test_within_the_interval() -> None:
    visits = ["2010-03-01", "2010-02-28", None]
    assert is_within_interval(visits, date(2010, 3, 8), interval_days=7).tolist() == [
        True,
        False,
        False,
    ]

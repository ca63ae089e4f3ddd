"""Counts against the plain way of getting them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.components.kpis import change_text
from dashboard.queries import (
    class_breaks,
    count_categories,
    count_facets,
    count_months,
    count_units,
    count_week,
    latest_rows,
    sum_totals,
    year_before_selection,
)
from dashboard.rows import within_days
from geo.selection import IncidentColumns, IncidentSelection
from geo.vocabulary import CATEGORY_CODES, MATCH_CODES

UNITS = ("a", "b", "c")
FIRST, LAST = 19_358, 20_453


def make_columns(n: int, seed: int = 3) -> IncidentColumns:
    random = np.random.default_rng(seed)
    return IncidentColumns(
        incident_id=np.arange(n, dtype=np.int64),
        category=random.integers(0, len(CATEGORY_CODES), n).astype(np.uint8),
        severity=random.integers(0, 5, n).astype(np.uint8),
        day=np.sort(random.integers(FIRST, LAST + 1, n)).astype(np.int32),
        hour=random.choice([*range(24), 255], n).astype(np.uint8),
        unit=random.integers(-1, len(UNITS), n).astype(np.int16),
        match=random.integers(0, len(MATCH_CODES), n).astype(np.uint8),
        lon=np.zeros(n),
        lat=np.zeros(n),
        r95_m=np.zeros(n, dtype=np.float32),
        deaths=random.integers(0, 2, n).astype(np.int16),
        injured=random.integers(0, 3, n).astype(np.int16),
        unit_codes=UNITS,
    )


COLUMNS = make_columns(3000)
selections = st.builds(
    IncidentSelection,
    categories=st.none() | st.just(CATEGORY_CODES[:9]) | st.just(()),
    severities=st.none() | st.just((1, 3)),
    hours=st.none() | st.just((0, 8, 23)),
    weekdays=st.none() | st.just((5, 6)),
    units=st.none() | st.just(("a", "c")),
    worst_match=st.none() | st.just("C2"),
    day_from=st.none() | st.integers(FIRST, LAST),
    day_to=st.none() | st.integers(FIRST, LAST),
)


@settings(max_examples=30, deadline=None)
@given(selections)
def test_facet_counts_equal_filtering_by_each_option(selection: IncidentSelection) -> None:
    facets = count_facets(COLUMNS, selection, newest=LAST)
    for name, options in (
        ("categories", CATEGORY_CODES[:3]),
        ("severities", (0, 3)),
        ("hours", (0, 13)),
        ("weekdays", (0, 6)),
        ("units", UNITS),
    ):
        for option in options:
            alone = replace(selection, **{name: (option,)})
            assert facets[name][option] == COLUMNS.mask(alone).sum(), (name, option)
    for option in ("A1", "C2", "U"):
        alone = replace(selection, worst_match=option)
        assert facets["worst_match"][option] == COLUMNS.mask(alone).sum()
    everything = replace(selection, day_from=None, day_to=None)
    assert facets["period"]["all"] == COLUMNS.mask(everything).sum()
    newest = replace(selection, day_from=LAST, day_to=LAST)
    assert facets["period"]["day"] == COLUMNS.mask(newest).sum()


def test_facets_of_no_rows_are_zero() -> None:
    facets = count_facets(make_columns(0), IncidentSelection(), newest=LAST)
    assert {count for group in facets.values() for count in group.values()} == {0}


def test_totals_and_tables_agree() -> None:
    rows = np.flatnonzero(COLUMNS.mask(IncidentSelection(units=("a", "b"))))
    totals, kinds = sum_totals(COLUMNS, rows), count_categories(COLUMNS, rows)
    assert totals.incidents == len(rows) == kinds["incidents"].sum()
    assert kinds["incidents"].is_monotonic_decreasing
    assert totals.deaths == COLUMNS.deaths[rows].sum()
    assert totals.units == 2
    assert totals.unplaced == (COLUMNS.match[rows] == len(MATCH_CODES) - 1).sum()
    assert count_units(COLUMNS, rows).tolist()[2] == 0
    cells, untimed = count_week(COLUMNS, rows)
    assert cells.sum() + untimed == len(rows)
    assert untimed == (COLUMNS.hour[rows] == 255).sum()
    assert cells[6, 23] == ((COLUMNS.weekday[rows] == 6) & (COLUMNS.hour[rows] == 23)).sum()


def test_months_compare_equal_stretches() -> None:
    days = np.arange(FIRST, LAST - 15, dtype=np.int32)
    columns = replace(make_columns(len(days)), day=days)
    months = count_months(columns, np.arange(len(days)), end=int(days[-1]))
    assert len(months) == 12
    assert months["this_year"].tolist()[:3] == [31, 28, 31]
    assert months["previous_year"].tolist()[:3] == [31, 29, 31]
    assert months["this_year"].tolist()[-1] == months["previous_year"].tolist()[-1] == 15


@given(selections)
def test_a_period_is_a_slice_of_all_days(selection: IncidentSelection) -> None:
    undated = replace(selection, day_from=None, day_to=None)
    rows = np.flatnonzero(COLUMNS.mask(undated))
    found = within_days(COLUMNS, rows, selection.day_from, selection.day_to)
    assert found.tolist() == np.flatnonzero(COLUMNS.mask(selection)).tolist()


def test_the_list_is_newest_first_and_limited() -> None:
    rows = latest_rows(COLUMNS, np.arange(len(COLUMNS)), limit=10)
    assert rows["incident_id"].tolist() == list(range(2999, 2989, -1))
    outside = latest_rows(COLUMNS, np.flatnonzero(COLUMNS.unit == -1))
    assert set(outside["unit_code"]) == {""}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([0, 0], []),
        ([5], [5]),
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
        ([2, 2, 9], [2, 9]),
    ],
)
def test_class_breaks(values: list[int], expected: list[int]) -> None:
    assert class_breaks(np.array(values, dtype=int)) == expected


def test_open_periods_have_no_year_before() -> None:
    assert year_before_selection(IncidentSelection(day_from=FIRST)) is None


@pytest.mark.parametrize(
    ("now", "base", "text", "direction"),
    [
        (3, None, "无上年同期", ""),
        (3, 0, "同比 新增", "up"),
        (0, 0, "同比 持平", ""),
        (8, 9, "上年同期 9", "down"),
        (12, 12, "同比 持平", ""),
        (15, 10, "同比 +50.0%", "up"),
        (0, 20, "同比 -100.0%", "down"),
    ],
)
def test_no_per_cent_of_a_small_base(
    now: int, base: int | None, text: str, direction: str
) -> None:
    assert change_text(now, base) == (text, direction)

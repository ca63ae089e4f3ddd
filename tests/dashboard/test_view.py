"""The view survives the address bar, and bad addresses are harmless."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.state import LAYERS, PERIODS, View, day_of, period_window, year_before
from geo.selection import day_number
from geo.vocabulary import CATEGORY_CODES, MATCH_CODES

NEWEST = day_number(date(2024, 3, 15))


def subsets(universe: tuple, *, empty: bool = False):
    chosen = st.lists(st.sampled_from(universe), unique=True, min_size=0 if empty else 1)
    ordered = chosen.map(lambda items: tuple(item for item in universe if item in items))
    return ordered if empty else st.none() | ordered


views = st.builds(
    View,
    layers=subsets(LAYERS, empty=True),
    period=st.sampled_from(PERIODS),
    day_from=st.none() | st.integers(0, 40_000),
    day_to=st.none() | st.integers(0, 40_000),
    categories=subsets(CATEGORY_CODES),
    severities=subsets(tuple(range(5))),
    hours=subsets(tuple(range(24))),
    weekdays=subsets(tuple(range(7))),
    units=subsets(("411081001", "411081002")),
    worst_match=st.none() | st.sampled_from(MATCH_CODES),
    place=st.none() | st.just("incident:12") | st.just("place:411:1"),
)


@given(views)
def test_an_address_restores_its_view(view: View) -> None:
    assert View.from_params(view.to_params()) == view


@given(
    st.dictionaries(st.sampled_from(list(View().__dataclass_fields__)), st.text(max_size=20))
)
def test_any_address_gives_a_view(params: dict[str, str]) -> None:
    View.from_params(params).selection(NEWEST)


@given(
    st.dictionaries(
        st.sampled_from(["layers", "kind", "severity", "hour", "from", "to", "at", "match"]),
        st.text(max_size=20),
    )
)
def test_malformed_addresses_are_left_out(params: dict[str, str]) -> None:
    View.from_params(params).selection(NEWEST)


def test_the_default_view_has_an_empty_address() -> None:
    assert View().to_params() == {}


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("day", date(2024, 3, 15), date(2024, 3, 15)),
        ("week", date(2024, 3, 9), date(2024, 3, 15)),
        ("month", date(2024, 3, 1), date(2024, 3, 15)),
        ("year", date(2024, 1, 1), date(2024, 3, 15)),
        ("last_year", date(2023, 1, 1), date(2023, 3, 15)),
    ],
)
def test_presets_count_from_the_newest_day(period: str, first: date, last: date) -> None:
    assert period_window(period, NEWEST) == (day_number(first), day_number(last))


def test_the_year_before_a_leap_day() -> None:
    leap = day_number(date(2024, 2, 29))
    assert day_of(year_before(leap, leap)[1]) == date(2023, 2, 28)

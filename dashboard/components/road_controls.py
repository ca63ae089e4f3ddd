"""Filters of the road page, and how its map is coloured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboard.frame import Frame
from dashboard.i18n import label, language, t
from dashboard.queries import newest_day, unit_names
from dashboard.road_queries import Roads
from dashboard.road_state import (
    COLOURINGS,
    GRADES,
    KINDS,
    PROTECTION_GRADES,
    STATES,
    YEARS,
    RoadView,
    change_roads,
    has_filters,
    reset_roads,
    road_view,
)
from dashboard.road_words import status_word
from dashboard.section_words import route_words
from dashboard.state import day_of
from geo.selection import day_number


def period_filter(frame: Frame) -> None:
    """Years of the statistics and their last day."""
    view = road_view()
    _one("years", t("roads.years"), YEARS, view.years, words=_years)
    newest = newest_day(frame)
    end = day_of(newest if view.until is None else view.until)
    st.date_input(
        t("roads.until"),
        value=min(end, day_of(newest)),
        max_value=day_of(newest),
        key="road_until",
        on_change=_take_until,
        args=(newest,),
    )


def road_filters(frame: Frame, roads: Roads) -> None:
    """What narrows the list; only what occurs is offered."""
    view, items = road_view(), roads.items
    names = unit_names(frame, language())
    _some("kinds", t("roads.kinds"), KINDS, lambda code: label("road_kind", code), view)
    states = [state for state in STATES if state in set(items["status"])]
    _some("states", t("roads.states"), states, status_word, view)
    routes = sorted(set(items["route_code"]) - {""})
    _pick(
        "route",
        t("roads.route"),
        routes,
        lambda code: route_words(code, frame.region),
        view.route,
    )
    offices = sorted(set(items["responsible_unit"]) - {""})
    codes = sorted({code for codes in items["unit_codes"] for code in codes})
    _pick(
        "unit",
        t("roads.unit"),
        [*offices, *codes],
        lambda unit: names.get(unit, unit),
        view.unit,
    )
    present = {*items["grade"], *items["protection_grade"]}
    _some("grades", t("roads.grades"), [g for g in GRADES if g in present], grade_word, view)
    if has_filters(view):
        st.button(t("roads.reset"), on_click=reset, type="tertiary", key="road_reset")


def colour_control() -> None:
    """How stretches are coloured."""
    st.segmented_control(
        t("roads.colour"),
        COLOURINGS,
        format_func=lambda code: label("road_colour", code),
        default=road_view().colour,
        required=True,
        key="road_colour",
        on_change=lambda: change_roads(colour=st.session_state["road_colour"]),
        label_visibility="collapsed",
    )


def grade_word(grade: str) -> str:
    """A grade of the programme, or the hazard's own."""
    if grade in PROTECTION_GRADES:
        return t("roads.protection", grade=grade)
    return label("hazard_grade", grade)


def reset() -> None:
    """All filters off, in the view and in their widgets."""
    reset_roads()
    for name in ("years", "until", "kinds", "states", "route", "unit", "grades"):
        st.session_state.pop(f"road_{name}", None)


def _take_until(newest: int) -> None:
    day = st.session_state["road_until"]
    if day is not None:
        number = day_number(day)
        change_roads(until=None if number >= newest else number)


def _take(name: str) -> None:
    value = st.session_state[f"road_{name}"]
    change_roads(**{name: tuple(value) if isinstance(value, list) else value or ""})


def _one(
    name: str,
    title: str,
    choices: Sequence[Any],
    chosen: Any,
    *,
    words: Callable[[Any], str],
) -> None:
    st.segmented_control(
        title,
        choices,
        format_func=words,
        default=chosen,
        required=True,
        key=f"road_{name}",
        on_change=_take,
        args=(name,),
    )


def _some(
    name: str,
    title: str,
    choices: Sequence[str],
    words: Callable[[str], str],
    view: RoadView,
) -> None:
    if choices:
        st.pills(
            title,
            choices,
            selection_mode="multi",
            format_func=words,
            default=[code for code in getattr(view, name) if code in choices],
            key=f"road_{name}",
            on_change=_take,
            args=(name,),
        )


def _pick(
    name: str, title: str, choices: Sequence[str], words: Callable[[str], str], chosen: str
) -> None:
    st.selectbox(
        title,
        choices,
        index=choices.index(chosen) if chosen in choices else None,
        format_func=words,
        placeholder=t("roads.all"),
        key=f"road_{name}",
        on_change=_take,
        args=(name,),
    )


def _years(years: int) -> str:
    return t("roads.years_option", years=years)

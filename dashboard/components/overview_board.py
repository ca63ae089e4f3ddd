"""The overview: period, tiles, map of grades or counts, and the table of units."""

from __future__ import annotations

import streamlit as st

from dashboard.components import markup
from dashboard.components.layers import draw
from dashboard.components.overview_tiles import overview_tiles
from dashboard.components.overview_units import overview_units
from dashboard.components.risk_map import draw_grades, grade_map
from dashboard.components.risk_style import risk_style
from dashboard.components.risk_words import period_words
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.overview_queries import SPANS, Overview, overview
from dashboard.queries import period_text
from dashboard.risk_queries import Risk, current_risk
from dashboard.risk_state import change_risk, risk_view
from dashboard.state import current_view, set_view
from geo.errors import SafetyError

MAPS: tuple[str, ...] = ("grades", "counts")
HEIGHT_PX = 470
_SPAN, _MAP = "overview_span", "overview_map"


def overview_board(frame: Frame) -> None:
    """Everything below the title; the period is the one the other pages use too."""
    risk_style()
    span = current_view().period
    span = span if span in SPANS else "year"
    with st.container(horizontal=True, vertical_alignment="center", key="overview_controls"):
        _choice(SPANS, span, "period", _SPAN, t("overview.period"))
        chosen = st.session_state.get(_MAP) or MAPS[0]
        _choice(MAPS, chosen, "overview_map", _MAP, t("overview.map"))
    numbers, risk = overview(frame, span), _risk(frame)
    overview_tiles(numbers)
    left, right = st.columns([1, 1.15], gap="small")
    with left:
        _map(frame, numbers, risk, chosen)
    with right:
        overview_units(frame, numbers, risk, selected=risk_view().unit)
        st.page_link("pages/risk.py", label=t("overview.to_risk"))


def _map(frame: Frame, numbers: Overview, risk: Risk | None, chosen: str) -> None:
    start, end = period_text(frame, numbers.selection)
    words = [t("legend.period", start=start, end=end)]
    if chosen == "grades" and risk is not None:
        drawing = draw_grades(frame, risk, selected=risk_view().unit)
        words = [t("overview.grades_of", period=period_words(risk.run.period))]
    else:
        drawing = draw(frame, ("units",), numbers.selection, "light")
    if chosen == "grades" and risk is None:
        st.caption(t("overview.no_index"))
    grade_map(frame, drawing, key="overview_map_view", height_px=HEIGHT_PX, choose=_choose)
    markup.show(
        f'<div class="pa-legend">{"".join(drawing.legend)}'
        f'<div class="pa-quiet">{for_html(" · ".join(words))}</div></div>'
    )


def _risk(frame: Frame) -> Risk | None:
    try:
        with st.spinner(t("risk.indexing")):
            found = current_risk(frame)
    except SafetyError:
        return None
    return found if found.ranked else None


def _choice(options: tuple[str, ...], chosen: str, group: str, key: str, title: str) -> None:
    st.segmented_control(
        title,
        options,
        format_func=lambda name: label(group, name),
        default=chosen,
        required=True,
        key=key,
        on_change=_take_span if key == _SPAN else None,
        label_visibility="collapsed",
        width="content",
    )


def _take_span() -> None:
    set_view(current_view().changed(period=st.session_state[_SPAN]))


def _choose(code: str) -> None:
    change_risk(unit=code)

"""道路: dangerous sections by rule and by risk, and the ledger that follows them until safe."""

from __future__ import annotations

import streamlit as st

from dashboard.components.header import page_header
from dashboard.components.road_actions import today
from dashboard.components.road_board import missing_roads, road_board, road_panels
from dashboard.components.road_controls import period_filter, road_filters
from dashboard.components.road_map import take_click
from dashboard.components.road_results import screened
from dashboard.components.road_style import road_style
from dashboard.components.style import page_style
from dashboard.frame import current_frame
from dashboard.i18n import t
from dashboard.road_queries import filtered
from dashboard.road_state import road_view
from dashboard.state import View, write_address


@st.fragment
def roads() -> None:
    """Everything that follows the filters and the ledger."""
    frame = current_frame()
    filters, main = st.columns([1, 4.9], gap="medium")
    with filters, st.container(key="filters"):
        period_filter(frame)
    with main:
        found = screened(frame, road_view())
    if found is None:
        return
    take_click(found)
    with filters, st.container(key="road_filters"):
        road_filters(frame, found)
    view, day = road_view(), today(frame)
    with main:
        road_board(frame, view, found, shown=filtered(found.items, view), today=day)
        road_panels(frame, view, found, today=day)
    write_address(View(), view.to_params())


page_style()
road_style()
page_header(current_frame(), t("page.roads"))
if not missing_roads(current_frame()):
    roads()

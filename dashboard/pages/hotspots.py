"""热点: where it concentrates, what is beyond chance, what changes, what comes next."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis import length_scale
from dashboard.components.empty import empty_store
from dashboard.components.facets import filter_panel
from dashboard.components.header import page_header
from dashboard.components.hotspot_board import hotspot_board
from dashboard.components.hotspot_controls import method_controls
from dashboard.components.hotspot_panels import hotspot_panels
from dashboard.components.hotspot_results import measure
from dashboard.components.style import page_style
from dashboard.frame import current_frame
from dashboard.hotspot_state import hotspot_view
from dashboard.i18n import t
from dashboard.queries import has_people, is_empty, newest_day
from dashboard.state import current_view, write_address


@st.fragment
def hotspots() -> None:
    """Everything that follows the filters and the method."""
    frame = current_frame()
    filters, main = st.columns([1, 4.1], gap="medium")
    with filters, st.container(key="filters"):
        filter_panel(frame, leave_out=("layers",))
    selection = current_view().selection(newest_day(frame))
    with main:
        scale = length_scale(frame)
        method_controls(has_people=has_people(frame), scale=scale)
        view = hotspot_view().scaled(scale)
        measured = measure(frame, selection, view)
        if measured is not None:
            hotspot_board(frame, view, measured)
        hotspot_panels(frame, selection, view)
    write_address(current_view(), hotspot_view().to_params())


page_style()
page_header(current_frame(), t("page.hotspots"))
if is_empty(current_frame()):
    empty_store()
else:
    hotspots()

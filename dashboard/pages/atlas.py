"""一张图: filters, map, record, charts and list, all of one selection."""

from __future__ import annotations

import streamlit as st

from dashboard.components.atlas_map import atlas_map
from dashboard.components.details import details
from dashboard.components.empty import empty_store
from dashboard.components.exports import export_buttons
from dashboard.components.facets import filter_panel
from dashboard.components.header import page_header
from dashboard.components.kpis import kpi_row
from dashboard.components.layers import draw
from dashboard.components.legend import legend_card
from dashboard.components.record import record_panel
from dashboard.components.style import page_style
from dashboard.frame import current_frame
from dashboard.i18n import t
from dashboard.queries import is_empty, newest_day, period_text, summary
from dashboard.state import current_view, write_address


@st.fragment
def atlas() -> None:
    """Everything that follows the filters; the rest of the page never reruns for them."""
    frame = current_frame()
    filters, main = st.columns([1, 4.1], gap="medium")
    with filters, st.container(key="filters"):
        filter_panel(frame)
    view = current_view()
    selection = view.selection(newest_day(frame))
    numbers, (start, end) = summary(frame, selection), period_text(frame, selection)
    with main:
        kpi_row(numbers.now, numbers.before)
        middle, side = st.columns([3, 1.05])
        with middle:
            if not numbers.now.incidents:
                st.info(t("empty.filter"))
            drawing = draw(frame, view.layers, selection, "light")
            atlas_map(frame, drawing)
            details(frame, numbers)
    with side:
        record_panel(frame, current_view().place, numbers)
        legend_card(frame, drawing, start, end)
        export_buttons(frame, selection, numbers.now.incidents, start, end)
    write_address(current_view())


page_style()
page_header(current_frame(), t("page.atlas"))
if is_empty(current_frame()):
    empty_store()
else:
    atlas()

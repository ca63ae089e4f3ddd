"""矿山与重点场所: mines, key sites, disorder spots and patrol strength on one day."""

from __future__ import annotations

import streamlit as st

from dashboard.components.empty import empty_store
from dashboard.components.header import page_header
from dashboard.components.risk_results import lacks_incidents
from dashboard.components.site_controls import site_controls
from dashboard.components.site_facts import site_facts
from dashboard.components.site_order import spots_panel, strength_panel
from dashboard.components.site_panels import mines_panel, places_panel
from dashboard.components.site_tables import table_style
from dashboard.components.style import page_style
from dashboard.frame import current_frame
from dashboard.i18n import t
from dashboard.queries import is_empty
from dashboard.site_queries import board, day_shown, order, spots
from dashboard.site_state import site_view
from dashboard.state import View, write_address


@st.fragment
def sites() -> None:
    """Everything that follows the day."""
    frame, view = current_frame(), site_view()
    day = day_shown(frame, view)
    with st.spinner(t("sites.measuring")):
        found = board(frame, day)
    site_controls(frame, view, day)
    if view.panel == "mines":
        mines_panel(frame, view, found)
    elif view.panel == "places":
        places_panel(frame, view, found)
    elif view.panel == "spots":
        spots_panel(frame, spots(frame, day))
    else:
        strength_panel(frame, order(frame, day))
    site_facts(frame, found)
    write_address(View(), view.to_params())


page_style()
table_style()
page_header(current_frame(), t("page.sites"))
if is_empty(current_frame()):
    empty_store()
elif not lacks_incidents(current_frame()):
    sites()

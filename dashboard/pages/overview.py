"""总览: the head-line numbers, the map of grades and every unit on one line."""

from __future__ import annotations

import streamlit as st

from dashboard.components.empty import empty_store
from dashboard.components.header import page_header
from dashboard.components.overview_board import overview_board
from dashboard.components.risk_results import lacks_incidents
from dashboard.components.style import page_style
from dashboard.frame import current_frame
from dashboard.i18n import t
from dashboard.queries import is_empty
from dashboard.state import View, current_view, write_address


@st.fragment
def overview() -> None:
    """Everything that follows the period."""
    overview_board(current_frame())
    write_address(View(period=current_view().period))


page_style()
page_header(current_frame(), t("page.overview"))
if is_empty(current_frame()):
    empty_store()
elif not lacks_incidents(current_frame()):
    overview()

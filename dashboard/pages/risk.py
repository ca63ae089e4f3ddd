"""风险指数: grade and rank of every unit with their uncertainty, and how they come about."""

from __future__ import annotations

import streamlit as st

from dashboard.components.empty import empty_store
from dashboard.components.header import page_header
from dashboard.components.risk_board import risk_board
from dashboard.components.risk_controls import risk_controls
from dashboard.components.risk_panels import risk_panels
from dashboard.components.risk_results import indexed, lacks_incidents
from dashboard.components.style import page_style
from dashboard.frame import current_frame
from dashboard.i18n import t
from dashboard.queries import is_empty
from dashboard.risk_state import risk_view
from dashboard.state import View, write_address


@st.fragment
def risk() -> None:
    """Everything that follows the period."""
    frame = current_frame()
    risk_controls(frame)
    found = indexed(frame, risk_view())
    if found is not None:
        risk_board(frame, risk_view(), found)
        risk_panels(frame, risk_view(), found)
    write_address(View(), risk_view().to_params())


page_style()
page_header(current_frame(), t("page.risk"))
if is_empty(current_frame()):
    empty_store()
elif not lacks_incidents(current_frame()):
    risk()

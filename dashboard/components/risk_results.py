"""From the risk view to its index, or to words of what to do."""

from __future__ import annotations

import streamlit as st

from dashboard.components.risk_style import risk_style
from dashboard.escape import for_markdown
from dashboard.frame import Frame
from dashboard.i18n import t
from dashboard.risk_queries import Risk, risk
from dashboard.risk_state import RiskView
from geo.errors import SafetyError


def indexed(frame: Frame, view: RiskView) -> Risk | None:
    """The index, or ``None`` after saying why there is none."""
    risk_style()
    try:
        with st.spinner(t("risk.indexing")):
            found = risk(frame, view)
    except SafetyError as error:
        no_index(error)
        return None
    if not found.ranked:
        no_index(None)
        return None
    return found


def no_index(error: SafetyError | None) -> None:
    """What an index needs, and how to bring it in."""
    st.info(t("risk.impossible"))
    st.code(
        "pingan profile list\npingan load indicators FILE.xlsx --profile PROFILE",
        language="bash",
    )
    if error is not None:
        st.caption(for_markdown(str(error)))


def lacks_incidents(frame: Frame) -> bool:
    """Whether there is no incident at all, which is then said."""
    if len(frame.columns):
        return False
    st.info(t("risk.no_incidents"))
    return True

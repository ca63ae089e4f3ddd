"""Below the map: charts or list of the selection; only the one chosen is made and sent."""

from __future__ import annotations

import streamlit as st

from dashboard.components.analysis import selection_charts
from dashboard.components.listing import incident_list
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.queries import Summary

PANELS = {"charts": selection_charts, "list": incident_list}


def details(frame: Frame, summary: Summary) -> None:
    """The panel chosen, unless the selection is empty."""
    panel = st.segmented_control(
        t("common.view"),
        list(PANELS),
        format_func=lambda name: label("panel", name),
        default="charts",
        required=True,
        key="panel",
        label_visibility="collapsed",
    )
    if summary.now.incidents:
        PANELS[panel](frame, summary)

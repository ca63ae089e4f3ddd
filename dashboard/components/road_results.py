"""From the road view to its screening, while the reader sees progress."""

from __future__ import annotations

import streamlit as st

from dashboard.components import markup
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.road_queries import Roads, roads
from dashboard.road_state import RoadView
from geo.errors import SafetyError


def screened(frame: Frame, view: RoadView) -> Roads | None:
    """The screening, or ``None`` after saying why there is none."""
    bar = st.empty()

    def progress(done: int, runs: int) -> None:
        # About twenty messages are enough for an eye.
        if done % max(1, runs // 20) == 0:
            bar.progress(done / runs, t("roads.running", done=done, runs=runs))

    try:
        with st.spinner(t("roads.screening")):
            found = roads(frame, view, progress)
    except SafetyError:
        st.info(t("roads.impossible"))
        return None
    bar.empty()
    if found.run.facts.note:
        markup.beware(label("road_note", found.run.facts.note))
    return found

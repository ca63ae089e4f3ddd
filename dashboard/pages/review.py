"""核对: texts that nobody could place, placed by hand, and the way back."""

from __future__ import annotations

import streamlit as st

from dashboard.components.header import page_header
from dashboard.components.review import (
    decide_panel,
    decisions_panel,
    review_note,
    review_queue,
)
from dashboard.components.style import page_style
from dashboard.frame import current_frame
from dashboard.i18n import language, t
from dashboard.intake import reviewer

frame = current_frame()
st.query_params.from_dict({"lang": language()})
page_style()
page_header(frame, t("page.review"))
review_note()
left, right = st.columns([1, 2.1], gap="medium")
with left:
    text = review_queue(frame)
if text is not None:
    with right:
        decide_panel(frame, reviewer(), text)
decisions_panel(frame, reviewer())

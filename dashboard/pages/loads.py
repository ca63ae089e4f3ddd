"""数据: what has been loaded, what was refused and why, and the way in for files."""

from __future__ import annotations

import streamlit as st

from dashboard.components.header import page_header
from dashboard.components.hit_rate import hit_rate_panel
from dashboard.components.loads import load_history, load_report, rejected_rows
from dashboard.components.style import page_style
from dashboard.components.upload import upload_panel
from dashboard.frame import current_frame
from dashboard.i18n import language, t
from dashboard.intake import registered

frame = current_frame()
st.query_params.from_dict({"lang": language()})
page_style()
page_header(frame, t("page.loads"))
st.markdown(f"#### {t('loads.history')}")
load_id = load_history(frame)
left, right = st.columns([3, 2], gap="large")
if load_id is not None:
    with left:
        load_report(frame, load_id)
with right:
    st.markdown(f"#### {t('upload.heading')}")
    upload_panel(registered())
if load_id is not None:
    hit_rate_panel(frame)
    rejected_rows(frame, load_id)

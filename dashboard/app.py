"""Entry of the dashboard: language, navigation, then the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.review import review_title
from dashboard.i18n import DEFAULT_LANGUAGE, LANGUAGES, t

HERE = Path(__file__).parent

if "language" not in st.session_state:
    asked = st.query_params.get("lang", DEFAULT_LANGUAGE)
    st.session_state["language"] = asked if asked in LANGUAGES else DEFAULT_LANGUAGE

st.set_page_config(
    page_title=t("app.name"), page_icon=HERE / "assets" / "icon.png", layout="wide"
)
page = st.navigation(
    [
        st.Page(HERE / "pages" / "atlas.py", title=t("page.atlas"), default=True),
        st.Page(HERE / "pages" / "overview.py", title=t("page.overview")),
        st.Page(HERE / "pages" / "hotspots.py", title=t("page.hotspots")),
        st.Page(HERE / "pages" / "roads.py", title=t("page.roads")),
        st.Page(HERE / "pages" / "risk.py", title=t("page.risk")),
        st.Page(HERE / "pages" / "sites.py", title=t("page.sites")),
        st.Page(HERE / "pages" / "contest.py", title=t("page.contest")),
        st.Page(HERE / "pages" / "loads.py", title=t("page.loads")),
        st.Page(HERE / "pages" / "review.py", title=review_title(), url_path="review"),
        st.Page(HERE / "pages" / "wall.py", title=t("page.wall")),
    ],
    position="top",
)
page.run()

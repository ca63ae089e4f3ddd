"""Above the page of key sites: the day, the sector, the panel and the workbook."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard.export import EXCEL
from dashboard.frame import Frame
from dashboard.i18n import deferred, label, t
from dashboard.site_queries import board
from dashboard.site_state import PANELS, SECTORS, SiteView, change_sites
from dashboard.site_words import board_workbook


def site_controls(frame: Frame, view: SiteView, day: date) -> None:
    """Draw the controls; a change is in :func:`dashboard.site_state.site_view` before the rerun."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="site_controls"):
        st.segmented_control(
            t("sites.panel"),
            PANELS,
            format_func=lambda name: label("site_panel", name),
            default=view.panel,
            required=True,
            key="site_panel",
            on_change=lambda: change_sites(panel=st.session_state["site_panel"]),
            width="content",
        )
        st.date_input(
            t("sites.as_of"),
            value=day,
            key="site_day",
            on_change=lambda: change_sites(as_of=st.session_state["site_day"]),
            width=150,
        )
        # A sector has its mines or its other sites; spots and teams have none.
        st.selectbox(
            t("sites.sector"),
            [None, *SECTORS],
            index=[None, *SECTORS].index(view.sector),
            format_func=lambda code: (
                t("sites.every_sector") if code is None else label("category", code)
            ),
            key="site_sector",
            on_change=lambda: change_sites(sector=st.session_state["site_sector"]),
            disabled=view.panel not in ("mines", "places"),
            width=180,
        )
        st.download_button(
            t("export.excel"),
            data=deferred(board_workbook, board(frame, day), frame.region),
            file_name=f"pingan-{frame.region.code}-sites-{day.isoformat()}.xlsx",
            mime=EXCEL,
            on_click="ignore",
            key="site_export",
        )

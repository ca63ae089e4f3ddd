"""Above the contest: period, panel, workbook, or the way back from a published result."""

from __future__ import annotations

import streamlit as st

from dashboard.components import markup
from dashboard.components.risk_words import period_words
from dashboard.contest_queries import period_shown, periods
from dashboard.contest_state import ContestView, change_contest
from dashboard.contest_words import contest_workbook
from dashboard.export import EXCEL
from dashboard.frame import Frame
from dashboard.i18n import deferred, t
from data.derived.contest import ContestRun


def contest_controls(frame: Frame, view: ContestView) -> None:
    """The period, or which published scoreboard is open."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="contest_controls"):
        if view.result is not None:
            markup.beware(t("contest.opened", number=view.result), width="content")
            st.button(
                t("risk.back"),
                on_click=change_contest,
                kwargs={"result": None},
                key="contest_back",
            )
            return
        options, shown = periods(frame), period_shown(frame, view)
        options = options if shown in options else [shown, *options]
        st.selectbox(
            t("risk.period"),
            options,
            index=options.index(shown),
            format_func=period_words,
            key="contest_period",
            on_change=lambda: change_contest(period=st.session_state["contest_period"]),
            width=190,
        )


def contest_export(frame: Frame, run: ContestRun) -> None:
    """The workbook; numbers of events from 1 to 4 do not leave the office this way."""
    st.download_button(
        t("export.excel"),
        data=deferred(contest_workbook, run, frame.region),
        file_name=f"pingan-{frame.region.code}-contest-{run.period}-{run.definition.digest[:8]}.xlsx",
        mime=EXCEL,
        on_click="ignore",
        help=t("contest.export_help"),
        key="contest_export",
    )

"""平安杯: the scoreboard of a period with its reasons, the awards and the fund."""

from __future__ import annotations

import streamlit as st

from dashboard.components.contest_board import (
    contest_facts,
    contest_warnings,
    rank_table,
    score_bars,
)
from dashboard.components.contest_controls import contest_controls, contest_export
from dashboard.components.contest_panels import contest_panels
from dashboard.components.empty import empty_store
from dashboard.components.header import page_header
from dashboard.components.risk_results import lacks_incidents
from dashboard.components.site_tables import table_style
from dashboard.components.style import page_style
from dashboard.contest_queries import contest as scored
from dashboard.contest_state import contest_view
from dashboard.escape import for_markdown
from dashboard.frame import current_frame
from dashboard.i18n import t
from dashboard.queries import is_empty
from dashboard.state import View, write_address
from geo.errors import SafetyError


@st.fragment
def contest() -> None:
    """Everything that follows the period."""
    frame, view = current_frame(), contest_view()
    contest_controls(frame, view)
    try:
        run = scored(frame, view)
    except SafetyError as error:
        st.info(for_markdown(f"{t('contest.impossible')} {error}"))
    else:
        left, right = st.columns([1.25, 1], gap="small")
        with left:
            score_bars(frame, run)
        with right:
            rank_table(frame, run, 520)
            contest_export(frame, run)
        contest_warnings(run)
        contest_facts(frame, run)
        contest_panels(frame, view, run)
    write_address(View(), view.to_params())


page_style()
table_style()
page_header(current_frame(), t("page.contest"))
if is_empty(current_frame()):
    empty_store()
elif not lacks_incidents(current_frame()):
    contest()

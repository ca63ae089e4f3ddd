"""Above the risk map: the period, the base year, and which kept result is open."""

from __future__ import annotations

import streamlit as st

from dashboard.components import markup
from dashboard.components.risk_words import period_words
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.risk_queries import Choices, choices
from dashboard.risk_state import change_risk, risk_view

LENGTHS = ("year", "quarter", "month")


def risk_controls(frame: Frame) -> None:
    """Draw the controls; a change is in :func:`risk_view` before the rerun."""
    view = risk_view()
    if view.result is not None:
        with st.container(horizontal=True, vertical_alignment="center", key="risk_controls"):
            markup.beware(t("risk.opened", number=view.result), width="content")
            st.button(
                t("risk.back"), on_click=change_risk, kwargs={"result": None}, key="risk_back"
            )
        return
    chosen = choices(frame, view)
    with st.container(horizontal=True, vertical_alignment="bottom", key="risk_controls"):
        st.segmented_control(
            t("risk.length"),
            LENGTHS,
            format_func=lambda name: label("period_length", name),
            default=chosen.period.length,
            required=True,
            key=f"risk_length_{chosen.period.length}",
            on_change=_take_length,
            args=(chosen,),
            width="content",
        )
        _select("period", t("risk.period"), chosen.periods[chosen.period.length], chosen.period)
        _select("base_year", t("risk.base_year"), chosen.base_years, chosen.base.year)


def _select(name: str, title: str, options: list, value: object) -> None:
    texts = [str(option) for option in options]
    at = texts.index(str(value)) if str(value) in texts else 0
    key = f"risk_{name}_{value}_{len(options)}"
    st.selectbox(
        title,
        options,
        index=at,
        format_func=lambda option: period_words(str(option)),
        key=key,
        on_change=lambda: change_risk(**{name: st.session_state[key]}),
        width=190,
    )


def _take_length(chosen: Choices) -> None:
    wanted = st.session_state[f"risk_length_{chosen.period.length}"]
    # The newest period of the new length that lies in the one shown, or ends as it does.
    options = chosen.periods[wanted]
    year = [text for text in options if text.startswith(str(chosen.period.year))]
    change_risk(period=(year or options)[0])

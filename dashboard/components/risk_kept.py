"""Results kept in the store, each with the definition it was made with; one click opens one."""

from __future__ import annotations

import streamlit as st

from dashboard.components.risk_words import period_words
from dashboard.frame import Frame
from dashboard.i18n import t
from dashboard.risk_queries import kept_results
from dashboard.risk_state import change_risk

_KEY, _TAKEN = "risk_kept", "risk_kept_taken"


def risk_kept(frame: Frame) -> None:
    """The list, newest first."""
    kept = kept_results(frame)
    if kept.empty:
        st.info(t("risk.none_kept"))
        st.code("pingan index run --period 2012 --base 2010", language="bash")
        return
    st.caption(t("risk.kept_help"))
    zone = frame.region.timezone
    shown = kept.reset_index()
    table = {
        t("risk.result"): shown["index_id"],
        t("risk.period"): shown["period"].map(period_words),
        t("risk.base"): shown["base_period"].map(period_words),
        t("risk.definition"): shown["definition_id"]
        + " v"
        + shown["definition_version"].astype(str),
        t("risk.digest"): shown["digest"].str[:12],
        t("facts.version"): shown["data_version"],
        t("risk.seed"): shown["seed"],
        t("risk.draws"): shown["draws"],
        t("risk.made_at"): _local(shown["made_at"], zone),
        t("risk.published_at"): _local(shown["published_at"], zone).fillna(t("risk.trial")),
        t("export.mark"): shown["is_demo"].map({True: t("mark.demo"), False: ""}),
    }
    state = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=_KEY,
        width="stretch",
    )
    _take([int(shown["index_id"].iloc[row]) for row in state["selection"]["rows"]])


def _take(chosen: list[int]) -> None:
    # The table keeps its selection: only a new one opens a result, so that one can leave it.
    if chosen == st.session_state.get(_TAKEN, []):
        return
    st.session_state[_TAKEN] = chosen
    if chosen:
        change_risk(result=chosen[0])
        st.rerun(scope="fragment")


def _local(moments, zone: str):
    return moments.dt.tz_convert(zone).dt.strftime("%Y-%m-%d %H:%M")

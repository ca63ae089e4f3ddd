"""The newest incidents of the selection as a table; a row opens its record."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.frame import Frame
from dashboard.i18n import label, language, t
from dashboard.queries import Summary, latest, unit_names
from dashboard.state import change_view

_LAST_ROW = "last_row"


def incident_list(frame: Frame, summary: Summary) -> None:
    """Table of the newest incidents of the selection."""
    rows = latest(frame, summary.selection)
    st.caption(t("list.heading", shown=f"{len(rows):,}", total=f"{summary.now.incidents:,}"))
    event = st.dataframe(
        labelled(rows, unit_names(frame, language())),
        hide_index=True,
        height=360,
        key="incident_list",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "day": st.column_config.DateColumn(t("list.day"), format="YYYY-MM-DD"),
            "hour": st.column_config.NumberColumn(t("list.hour"), width="small"),
            "category": t("list.category"),
            "severity": t("list.severity"),
            "unit": t("list.unit"),
            "match": t("list.match"),
            "deaths": st.column_config.NumberColumn(t("list.deaths"), width="small"),
            "injured": st.column_config.NumberColumn(t("list.injured"), width="small"),
        },
    )
    picked = event["selection"]["rows"]
    chosen = (
        int(rows["incident_id"].iloc[picked[0]]) if picked and picked[0] < len(rows) else None
    )
    if chosen != st.session_state.get(_LAST_ROW):
        st.session_state[_LAST_ROW] = chosen
        if chosen is not None:
            change_view(place=f"incident:{chosen}")


def labelled(rows: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Codes of :func:`dashboard.queries.latest_rows` replaced by words."""

    def words(group: str, column: str) -> pd.Series:
        codes = rows[column].unique()
        return rows[column].map({code: label(group, code) for code in codes})

    return pd.DataFrame(
        {
            "day": rows["day"],
            "hour": rows["hour"],
            "category": words("category", "category"),
            "severity": words("severity", "severity"),
            "unit": rows["unit_code"].map(names).fillna(t("common.outside")),
            "match": rows["match_code"],
            "deaths": rows["deaths"],
            "injured": rows["injured"],
        }
    )

"""Loads, their balanced reports, and the rows that were refused."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts import balance_chart, matches_chart, show
from dashboard.escape import for_markdown
from dashboard.export import csv, write_workbook
from dashboard.frame import Frame
from dashboard.i18n import label, t

BALANCE = ("read", "accepted", "rejected", "duplicate")
SHOWN_ROWS = 2000


def load_history(frame: Frame) -> int | None:
    """Table of all loads; returns the one picked, else the newest, ``None`` without any."""
    loads = frame.store.loads()
    if loads.empty:
        st.info(t("empty.loads"))
        return None
    accepted = loads["inserted"] + loads["updated"]
    zone = frame.region.timezone
    table = pd.DataFrame(
        {
            "load": loads.index,
            "kind": [label("record_kind", kind) for kind in loads["kind"]],
            "profile": loads["profile"],
            "file": loads["file_name"],
            "status": [label("load_status", status) for status in loads["status"]],
            "accepted": accepted,
            "rejected": loads["rejected"],
            "finished": _local(loads["finished_at"], zone),
            "as_of": _local(loads["as_of"], zone),
            "demo": loads["is_demo"].astype(bool),
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        key="loads",
        on_select="rerun",
        selection_mode="single-row",
        height=table_height(len(table)),
        column_config={
            "load": st.column_config.NumberColumn(t("loads.load"), width="small"),
            "kind": t("loads.kind"),
            "profile": t("loads.profile"),
            "file": t("loads.file"),
            "status": t("loads.status"),
            "accepted": st.column_config.NumberColumn(t("loads.accepted"), format="localized"),
            "rejected": st.column_config.NumberColumn(t("loads.rejected"), format="localized"),
            "finished": t("loads.finished"),
            "as_of": t("loads.as_of"),
            "demo": st.column_config.CheckboxColumn(t("loads.demo")),
        },
    )
    st.caption(t("loads.choose"))
    rows = event["selection"]["rows"]
    return int(loads.index[rows[0] if rows and rows[0] < len(loads) else 0])


def table_height(rows: int, most_px: int = 320) -> int:
    """Height of a table in pixels that shows ``rows`` without empty ones, up to a limit."""
    return min(38 + 35 * max(rows, 1), most_px)


def load_report(frame: Frame, load_id: int) -> None:
    """Where every row of the load went, and how well the accepted ones were placed."""
    report = frame.store.load_report(load_id)
    counts = {name: int(report[name]) for name in BALANCE}
    st.markdown(f"**{t('loads.report', load=load_id)}**")
    show(balance_chart(**counts))
    st.caption(t("loads.balance", **{name: f"{count:,}" for name, count in counts.items()}))
    for finding in report.get("warnings") or ():
        st.warning(
            f"{for_markdown(label('finding', finding['code']))} · {for_markdown(finding['detail'])}"
        )
    matches = match_counts(report)
    if matches:
        st.markdown(f"**{t('loads.hit_rate')}**")
        show(matches_chart(matches))
    dropped = report.get("dropped_columns") or ()
    if dropped:
        st.caption(t("loads.dropped", columns=", ".join(map(for_markdown, dropped))))


def match_counts(report: Mapping[str, Any]) -> dict[str, int]:
    """Accepted rows per match grade, fuzzy ones with their exact grade."""
    totals: dict[str, int] = {}
    for code, count in (report.get("matches") or {}).items():
        grade = str(code).removesuffix("~")
        totals[grade] = totals.get(grade, 0) + int(count)
    return totals


def rejected_rows(frame: Frame, load_id: int) -> None:
    """The quarantine of one load with its reasons, and as a file."""
    rows = frame.store.rejected(load_id)
    st.markdown(f"**{t('loads.rejected_rows')}**")
    if rows.empty:
        st.caption(t("loads.no_rejected"))
        return
    names = {
        "row_no": t("loads.row"),
        "reason": t("loads.reason"),
        "code": t("record.code"),
        "field": t("loads.field"),
        "detail": t("loads.detail"),
        "raw": t("loads.raw"),
        "resolved_load_id": t("loads.resolved"),
    }
    words = {code: label("reason", code) for code in rows["code"].unique()}
    table = rows.assign(reason=rows["code"].map(words))[list(names)].rename(columns=names)
    st.dataframe(table.head(SHOWN_ROWS), hide_index=True, height=table_height(len(rows)))
    with st.container(horizontal=True):
        st.download_button(
            t("export.csv"),
            data=partial(csv, table),
            file_name=f"rejected-{load_id}.csv",
            mime="text/csv",
            on_click="ignore",
        )
        st.download_button(
            t("export.excel"),
            data=partial(write_workbook, {t("loads.rejected"): table}),
            file_name=f"rejected-{load_id}.xlsx",
            on_click="ignore",
        )


def _local(times: pd.Series, zone: str) -> pd.Series:
    return times.dt.tz_convert(zone).dt.strftime("%Y-%m-%d %H:%M")

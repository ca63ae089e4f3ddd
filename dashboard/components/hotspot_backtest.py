"""Beside every forecast: how often such forecasts were right before."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.backtest_charts import (
    components_chart,
    drift_chart,
    scores_chart,
)
from dashboard.charts import show
from dashboard.components import markup
from dashboard.escape import for_html
from dashboard.i18n import label, t
from dashboard.result_words import nominal_areas, points, verdict
from data.derived.results import Result


def backtest_panel(result: Result) -> None:
    """Verdict in one sentence, hit rates as a picture, the figures, drift and components."""
    facts, tables = result.facts, result.tables
    scores = tables["scores"]
    with st.container(key="backtest"):
        if scores.empty:
            markup.show(
                f'<div class="pa-card"><h4>{for_html(t("backtest.heading"))}</h4>'
                f"<div>{for_html(verdict(result))}</div></div>"
            )
            return
        decision = tables["decision"].iloc[0]
        used = facts.parameters
        how = t(
            "backtest.how",
            windows=int(decision["windows"]),
            unit=label("horizon_unit", used["horizon"]),
            weight=f"{decision['events']:,.0f}",
            of=t("backtest.harm") if used["is_harm_weighted"] else t("backtest.incidents"),
            cell=f"{used['cell_m']:g}",
        )
        markup.show(
            f'<div class="pa-card"><h4>{for_html(t("backtest.heading"))}</h4>'
            f'<div class="pa-verdict">{for_html(verdict(result))}</div>'
            f'<div class="pa-quiet">{for_html(how)}</div></div>'
        )
        show(scores_chart(scores))
        markup.show(_table(_rows_in_use(scores), _rows_of(scores, "blend")))
        left, right = st.columns([1, 1.25])
        with left:
            st.caption(t("backtest.drift"), help=t("backtest.drift_help"))
            show(drift_chart(tables["drift"]))
        with right:
            components = tables["components"]
            st.caption(t("backtest.components"), help=t("backtest.components_help"))
            if components.empty:
                st.caption(t("backtest.only_counts"))
            else:
                show(components_chart(components, float(facts.parameters["cell_m"])))


def _rows_of(scores: pd.DataFrame, method: str) -> pd.DataFrame:
    return nominal_areas(scores[scores["method"] == method])


def _rows_in_use(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores of the rule that picks the method, at the areas shown."""
    return _rows_of(scores, "decided")


def _table(used: pd.DataFrame, blend: pd.DataFrame) -> str:
    """HTML table: accuracy as used, and the blend against the count."""
    heads = (
        t("backtest.area"),
        t("backtest.hit_rate"),
        "PAI",
        "PEI*",
        t("backtest.difference"),
    )
    head = "".join(f"<th>{for_html(text)}</th>" for text in heads)
    body = ""
    for row, against in zip(used.itertuples(), blend.itertuples(), strict=True):
        cells = (
            f"{100 * row.area:g} %",
            f"{row.hit_rate:.1%}",
            f"{row.pai:.1f}",
            f"{row.pei_star:.2f}",
            f"{points(against.difference)} "
            f"({points(against.difference_low)} – {points(against.difference_high)})",
        )
        body += "<tr>" + "".join(f"<td>{for_html(text)}</td>" for text in cells) + "</tr>"
    caption = t("backtest.table")
    return (
        f'<table class="pa-table"><caption>{for_html(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )

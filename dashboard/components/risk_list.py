"""The ranking: every unit with its rank interval, grade and score whisker on one line."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from dashboard import assets, published
from dashboard.components.risk_words import (
    amount,
    domain_names,
    grade_letter,
    grade_word,
    rank_span,
    rank_words,
    score_words,
)
from dashboard.frame import ROOT_FROM_COMPONENT, Frame
from dashboard.i18n import t
from dashboard.palette import RISK_COLOURS, RISK_INK
from dashboard.risk_queries import Risk, names_of
from dashboard.risk_state import change_risk

_KEY, _TAKEN = "risk_list", "risk_list_taken"
_UP, _DOWN = "↑", "↓"
_STUB = """
export default async function (component) {
  const url = new URL(component.data.script, new URL(".", document.baseURI));
  (await import(url)).default(component);
}
"""


def risk_list(frame: Frame, risk: Risk, *, selected: str, height_px: int) -> None:
    """Draw the list; a click opens the unit before the rerun."""
    component = st.components.v2.component("pingan_risk", js=_STUB)
    url = published.publish(frame, list_text(frame, risk), "json")
    component(
        key=_KEY,
        data={
            "script": assets.url("js/risk_list.js"),
            "rows": url.removeprefix(ROOT_FROM_COMPONENT),
            "selected": selected,
            "height": height_px,
        },
        on_pick_change=_take,
    )


def list_text(frame: Frame, risk: Risk) -> str:
    """JSON of heads, grade bands and rows."""
    names, domains = names_of(frame, risk.run), domain_names(risk.run.definition)
    yellow, orange, red = risk.run.definition.cuts
    content = {
        "heads": [
            t("risk.rank"),
            t("risk.grade"),
            t("risk.town"),
            t("risk.index"),
            t("risk.highest"),
            t("risk.trend"),
        ],
        "help": [
            t("risk.rank_help", of=risk.ranked),
            t("risk.grade_help"),
            "",
            t("risk.index_help"),
            t("risk.highest_help"),
            t("risk.trend_help"),
        ],
        "bands": [
            [0, yellow, RISK_COLOURS["blue"]],
            [yellow, orange, RISK_COLOURS["yellow"]],
            [orange, red, RISK_COLOURS["orange"]],
            [red, 100, RISK_COLOURS["red"]],
        ],
        "rows": [
            _row(risk, str(code), unit, names, domains) for code, unit in risk.units.iterrows()
        ],
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _row(
    risk: Risk, code: str, unit: pd.Series, names: dict[str, str], domains: dict[str, str]
) -> dict[str, object]:
    grade, name = unit["colour"], names.get(code, code)
    if pd.isna(unit["rank"]):
        return {"key": code, "name": name, "none": t("risk.no_index")}
    arrows = [
        (_UP if arrow > 0 else _DOWN) + domains.get(domain, domain)
        for domain, arrow in risk.arrows.get(code, [])
    ]
    highest = domains.get(unit["highest_domain"], unit["highest_domain"])
    said = [name, grade_word(grade), rank_words(unit, risk.ranked), score_words(unit)]
    if unit["grade"] != unit["shown_grade"]:
        said.append(t("risk.settling", grade=grade_word(unit["grade"])))
    if unit["is_hatched"]:
        said.append(t("risk.unsure", share=f"{unit['p_shown']:.0%}"))
    return {
        "key": code,
        "name": name,
        "rank": [str(int(unit["rank"])), rank_span(unit)],
        "grade": [
            grade_letter(grade),
            RISK_COLOURS[grade],
            bool(unit["is_hatched"]),
            RISK_INK[grade],
        ],
        "score": [
            round(float(unit[column]), 1) for column in ("index", "index_low", "index_high")
        ],
        "text": amount(unit["index"], unit["index_low"], unit["index_high"]),
        "highest": f"{unit['highest_score']:.0f} {highest}",
        "trend": " ".join(arrows),
        "said": " · ".join(said),
    }


def _take() -> None:
    pick = st.session_state[_KEY].get("pick")
    if pick and pick != st.session_state.get(_TAKEN):
        st.session_state[_TAKEN] = pick
        change_risk(unit=pick["key"])

"""Below the ranking: account, parts, trend, weights, sensitivity, exposures, kept results."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.charts import show
from dashboard.components import markup
from dashboard.components.risk_account import risk_account
from dashboard.components.risk_exposures import risk_exposures
from dashboard.components.risk_kept import risk_kept
from dashboard.components.risk_weights import risk_weights
from dashboard.components.risk_words import domain_names, period_words, significant
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.risk_charts import MOST_UNITS, parts_chart, sensitivity_chart, trend_chart
from dashboard.risk_queries import Risk, names_of
from dashboard.risk_state import PANELS, RiskView, change_risk

_KEY = "risk_panel"


def risk_panels(frame: Frame, view: RiskView, risk: Risk) -> None:
    """The panel chosen."""
    st.segmented_control(
        t("common.view"),
        PANELS,
        format_func=lambda name: label("risk_panel", name),
        default=view.panel,
        required=True,
        key=_KEY,
        on_change=lambda: change_risk(panel=st.session_state[_KEY]),
        label_visibility="collapsed",
    )
    _PANELS[view.panel](frame, view, risk)


def _account(frame: Frame, view: RiskView, risk: Risk) -> None:
    names, code = names_of(frame, risk.run), risk.unit(view.unit)
    codes = [str(each) for each in risk.units.index]
    st.selectbox(
        t("risk.town"),
        codes,
        index=codes.index(code),
        format_func=lambda each: names[each],
        key=f"risk_unit_{code}",
        on_change=lambda: change_risk(unit=st.session_state[f"risk_unit_{code}"]),
        width=260,
        label_visibility="collapsed",
    )
    risk_account(risk, code, names[code])


def _parts(frame: Frame, _: RiskView, risk: Risk) -> None:
    _beside(
        lambda: show(
            parts_chart(
                risk.run.domains,
                risk.units,
                names_of(frame, risk.run),
                domain_names(risk.run.definition),
            )
        ),
        label("risk_panel", "parts"),
        [t("risk.parts_help"), t("risk.highest_help"), *_first_units(risk)],
    )


def _trend(frame: Frame, view: RiskView, risk: Risk) -> None:
    trend = risk.run.trend
    if trend.empty:
        st.info(label("index_note", "no_trend"))
        return
    names = domain_names(risk.run.definition)
    chosen = view.domain if view.domain in names else next(iter(names))
    st.segmented_control(
        t("risk.domain"),
        list(names),
        format_func=lambda name: names[name],
        default=chosen,
        required=True,
        key="risk_domain",
        on_change=lambda: change_risk(domain=st.session_state["risk_domain"]),
        label_visibility="collapsed",
    )
    rows = trend[trend["domain"] == chosen].set_index("unit_code", drop=False)
    rows = rows.reindex(risk.units.index).dropna(subset=["ratio"]).head(MOST_UNITS)
    words = [trend_words(row) for _, row in rows.iterrows()]
    past = risk.run.facts.parameters["compared_with"]
    said = [
        t(
            "risk.trend_said",
            period=period_words(risk.run.period),
            base=period_words(str(past)),
        ),
        t("risk.trend_help"),
    ]
    st.caption(" ".join(said))
    show(trend_chart(rows, names_of(frame, risk.run), words))


def trend_words(row: pd.Series) -> str:
    """Counts of both periods, ratio with interval, and the probability of a rise."""
    return t(
        "risk.trend_words",
        base=f"{row['base']:.0f}",
        current=f"{row['current']:.0f}",
        ratio=significant(row["ratio"], 2),
        span=f"{significant(row['low'], 2)}–{significant(row['high'], 2)}",
        p_up=f"{row['p_up']:.0%}",
    )


def _weights(frame: Frame, _: RiskView, risk: Risk) -> None:
    risk_weights(frame, risk)


def _sensitivity(_: Frame, __: RiskView, risk: Risk) -> None:
    table, names = risk.run.sensitivity, domain_names(risk.run.definition)
    words = {
        row.factor: label("factor", row.factor)
        if row.kind != "weight"
        else t("risk.weight_of", domain=names.get(row.factor, row.factor))
        for row in table.itertuples()
    }
    first = table.iloc[0]
    _beside(
        lambda: show(sensitivity_chart(table, words)),
        label("risk_panel", "sensitivity"),
        [
            t("risk.most_moves", factor=words[first["factor"]]),
            t("risk.sensitivity_help"),
        ],
    )


def _exposures(frame: Frame, _: RiskView, risk: Risk) -> None:
    risk_exposures(frame, risk)


def _kept(frame: Frame, _: RiskView, __: Risk) -> None:
    risk_kept(frame)


def _beside(picture: Callable[[], None], title: str, said: list[str]) -> None:
    left, right = st.columns([2.6, 1], gap="medium")
    with left:
        picture()
    with right:
        markup.card(title, said)


def _first_units(risk: Risk) -> list[str]:
    if risk.ranked <= MOST_UNITS:
        return []
    return [t("risk.first_units", count=MOST_UNITS, of=risk.ranked)]


_PANELS: dict[str, Callable[[Frame, RiskView, Risk], None]] = {
    "account": _account,
    "parts": _parts,
    "trend": _trend,
    "weights": _weights,
    "sensitivity": _sensitivity,
    "exposures": _exposures,
    "kept": _kept,
}

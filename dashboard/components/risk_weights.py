"""Sliders that try other weights: ranks move at once, and nothing is saved."""

from __future__ import annotations

import streamlit as st

from dashboard.charts import show
from dashboard.components import markup
from dashboard.components.risk_words import domain_names
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import t
from dashboard.risk_charts import weights_chart
from dashboard.risk_queries import Reweighed, Risk, names_of

MOST = 3.0
_STEP = 0.25
_KEY = "risk_weight"


@st.fragment
def risk_weights(frame: Frame, risk: Risk) -> None:
    """Sliders, what they do in words, and every unit's rank before and after.

    A fragment of its own: a slider redraws no more than this.
    """
    definition = risk.run.definition
    names = domain_names(definition)
    left, right = st.columns([1, 2.6], gap="large")
    with left:
        markup.beware(t("risk.tryout"))
        weights = {
            each.id: st.slider(
                names[each.id],
                0.0,
                max(MOST, each.weight),
                each.weight,
                _STEP,
                key=f"{_KEY}_{each.id}_{definition.digest[:8]}",
            )
            for each in definition.domains
        }
        st.button(
            t("risk.reset"),
            on_click=_reset,
            args=(
                tuple(
                    f"{_KEY}_{each.id}_{definition.digest[:8]}" for each in definition.domains
                ),
            ),
            key="risk_reset",
        )
    with right:
        if not any(weights.values()):
            st.info(t("risk.no_weight"))
            return
        tried = Reweighed.of(risk, weights)
        said = [
            t("risk.moved", moved=tried.moved, of=risk.ranked),
            t("risk.beyond", beyond=tried.beyond),
        ]
        lines = "".join(f"<p>{for_html(text)}</p>" for text in said)
        markup.show(f'<div class="pa-words">{lines}</div>')
        show(weights_chart(tried.table, names_of(frame, risk.run)))


def _reset(keys: tuple[str, ...]) -> None:
    for key in keys:
        st.session_state.pop(key, None)

"""The risk map beside the ranking, with facts, warnings and files below."""

from __future__ import annotations

import streamlit as st

from dashboard.components import markup
from dashboard.components.risk_exports import risk_exports
from dashboard.components.risk_facts import risk_facts, risk_warnings
from dashboard.components.risk_list import risk_list
from dashboard.components.risk_map import draw_grades, grade_map
from dashboard.frame import Frame
from dashboard.risk_queries import Risk
from dashboard.risk_state import RiskView, change_risk

HEIGHT_PX = 520


def risk_board(frame: Frame, view: RiskView, risk: Risk) -> None:
    """Map and ranking of the same colours; a click in either opens the unit in both."""
    unit = risk.unit(view.unit)
    left, right = st.columns([1, 1.28], gap="small")
    with left:
        drawing = draw_grades(frame, risk, selected=unit)
        grade_map(frame, drawing, key="risk_map", height_px=HEIGHT_PX, choose=_choose)
        markup.show(f'<div class="pa-legend">{"".join(drawing.legend)}</div>')
    with right:
        risk_list(frame, risk, selected=unit, height_px=HEIGHT_PX)
        risk_exports(frame, risk)
    risk_warnings(risk)
    risk_facts(risk)


def _choose(code: str) -> None:
    change_risk(unit=code)

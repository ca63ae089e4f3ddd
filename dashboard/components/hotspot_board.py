"""The hot-spot map with everything that belongs beside it."""

from __future__ import annotations

import streamlit as st

from dashboard.components import markup
from dashboard.components.hotspot_backtest import backtest_panel
from dashboard.components.hotspot_exports import hotspot_exports
from dashboard.components.hotspot_facts import facts_line, warnings
from dashboard.components.hotspot_map import cell_card, hotspot_map, zoom_buttons
from dashboard.components.hotspot_results import Measured
from dashboard.frame import Frame
from dashboard.hotspot_state import HotspotView, hotspot_view

HEIGHT_PX = 500


def hotspot_board(frame: Frame, view: HotspotView, measured: Measured) -> None:
    """Map, facts and warnings; at the side the legend, or for a forecast its back-test."""
    is_forecast = measured.facts.method == "forecast"
    middle, side = st.columns([1.3, 1] if is_forecast else [3, 1.05], gap="small")
    with middle:
        warnings(measured.facts, is_blank=measured.is_blank)
        hotspot_map(frame, measured.drawing, HEIGHT_PX)
        if is_forecast:
            left, right = st.columns([1.25, 1], gap="small")
            with left:
                _legend(measured)
            with right:
                _cell(frame, measured)
                hotspot_exports(frame, view, measured)
        facts_line(measured.facts)
    with side:
        if measured.result is not None and is_forecast:
            backtest_panel(measured.result)
        else:
            _legend(measured)
            _cell(frame, measured)
            hotspot_exports(frame, view, measured)


def _legend(measured: Measured) -> None:
    legend = "".join(measured.drawing.legend)
    if legend:
        markup.show(f'<div class="pa-card pa-legend">{legend}</div>')


def _cell(frame: Frame, measured: Measured) -> None:
    if measured.result is not None and not measured.is_blank:
        # The view as it is now: a click on the map has just opened a cell.
        cell_card(hotspot_view(), measured.result)
        with st.container(horizontal=True, key="hotspot_zoom"):
            zoom_buttons(frame, measured.result)

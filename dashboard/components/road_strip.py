"""The strip diagram: the route of the open stretch, or the one chosen, along its stakes."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.charts import show
from dashboard.components import markup
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.maps.legend import Swatch, swatch_legend
from dashboard.road_charts import strip_chart
from dashboard.road_looks import LINE, PEERS, SEVERITY_COLOURS, WORKS
from dashboard.road_queries import Roads, road_strip
from dashboard.road_state import RoadView
from dashboard.section_words import route_words


def strip_panel(frame: Frame, view: RoadView, roads: Roads) -> None:
    """Draw the strip of one route, its legend beside its name."""
    route, selected = strip_route(frame, view, roads)
    if not route:
        return
    parts = road_strip(frame, view, route)
    items = roads.items[roads.items["route_code"] == route]
    title = f"<b>{for_html(route_words(route, frame.region))}</b>"
    with st.container(key="road_strip"):
        markup.show(f'<div class="pa-strip">{title}{_legend()}</div>')
        show(strip_chart(parts, items, years=roads.run.facts.years, selected=selected))


def strip_route(
    frame: Frame, view: RoadView, roads: Roads
) -> tuple[str, tuple[float, float] | None]:
    """Route to unroll and the chains of the open stretch on it."""
    known = frame.region.road_reference.length_m.index
    at = roads.find(view.section)
    if at is not None:
        item = roads.items.iloc[at]
        if item["route_code"] in known:
            low, high = item["chain_from_m"], item["chain_to_m"]
            return str(item["route_code"]), None if pd.isna(low) else (float(low), float(high))
    if view.route in known:
        return view.route, None
    ranked = [code for code in roads.items["route_code"] if code in known]
    return (str(ranked[0]) if ranked else ""), None


def _legend() -> str:
    swatches = [
        Swatch(colour=colour, shape="square", label=label("road_severity", name))
        for name, colour in SEVERITY_COLOURS.items()
    ]
    swatches += [
        Swatch(colour=LINE, shape="line", label=t("strip.expected")),
        Swatch(colour=PEERS, shape="line", label=t("strip.peers")),
        Swatch(colour=WORKS, shape="square", label=t("strip.works")),
    ]
    return swatch_legend(t("strip.title"), swatches)

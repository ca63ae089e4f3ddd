"""List, map and strip of the road page, and the panels below them."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard.components import markup
from dashboard.components.empty import empty_store
from dashboard.components.road_controls import colour_control
from dashboard.components.road_exports import road_exports
from dashboard.components.road_facts import road_facts
from dashboard.components.road_list import road_list
from dashboard.components.road_map import road_legend, road_map
from dashboard.components.road_sheet import section_sheet
from dashboard.components.road_strip import strip_panel
from dashboard.components.road_units import unit_table
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.queries import is_empty
from dashboard.road_queries import ROAD_KIND, Roads, days_overdue
from dashboard.road_state import PANELS, RoadView, change_roads

HEIGHT_PX = 430
_PANEL = "road_panel"


def missing_roads(frame: Frame) -> bool:
    """Whether there is nothing to show; then what is missing, and what to do."""
    if is_empty(frame) and frame.store.hazards((ROAD_KIND,)).empty:
        empty_store()
        return True
    if frame.region.roads.empty:
        st.info(t("roads.no_roads"))
        return True
    if frame.region.road_reference.locator is None:
        markup.beware(t("roads.no_stakes"))
    return False


def road_board(
    frame: Frame, view: RoadView, roads: Roads, *, shown: list[int], today: date
) -> None:
    """Ranked list and map side by side, the strip below."""
    left, right = st.columns([1.12, 1], gap="small")
    with left:
        markup.show(f'<div class="pa-counts">{_counts(roads, shown, today)}</div>')
        road_list(frame, view, roads, shown=shown, today=today, height_px=HEIGHT_PX)
    with right:
        with st.container(horizontal=True, vertical_alignment="center", key="road_map_head"):
            colour_control()
        road_map(frame, view, roads, shown=shown, height_px=HEIGHT_PX)
    markup.show(
        f'<div class="pa-legend pa-legend-line">{road_legend(view, roads, shown)}</div>'
    )
    strip_panel(frame, view, roads)


def road_panels(frame: Frame, view: RoadView, roads: Roads, *, today: date) -> None:
    """The sheet of the open stretch, or the units; then exports and facts."""
    with st.container(horizontal=True, vertical_alignment="center", key="road_panel_head"):
        st.segmented_control(
            t("common.view"),
            PANELS,
            format_func=lambda name: label("road_panel", name),
            default=view.panel,
            required=True,
            key=f"{_PANEL}_{view.panel}",
            on_change=_take,
            args=(view.panel,),
            label_visibility="collapsed",
        )
        road_exports(frame, view, roads)
    if view.panel == "units":
        unit_table(frame, today)
    else:
        section_sheet(frame, view, roads, today)
    road_facts(roads.run.facts)


def _take(panel: str) -> None:
    change_roads(panel=st.session_state[f"{_PANEL}_{panel}"])


def _counts(roads: Roads, shown: list[int], today: date) -> str:
    items = roads.items.iloc[shown]
    late = int((days_overdue(items, today) > 0).sum())
    known = int(items["hazard_id"].notna().sum())
    text = for_html(t("roads.counts", shown=f"{len(items):,}", known=f"{known:,}"))
    if not late:
        return text
    return f'{text} <em class="pa-late">● {for_html(t("roads.late_count", count=late))}</em>'

"""指挥大屏: scenes that follow one another on a big screen; ``?every=15`` sets the pace."""

from __future__ import annotations

import streamlit as st

from dashboard.components.atlas_map import show_map
from dashboard.components.empty import empty_store
from dashboard.components.layers import draw
from dashboard.components.scenes import SCENES, interval_s, is_paused, scene_on_turn
from dashboard.components.style import wall_style
from dashboard.components.wall_parts import (
    wall_controls,
    wall_head,
    wall_legend,
    wall_numbers,
    wall_ranking,
)
from dashboard.frame import current_frame
from dashboard.queries import is_empty, newest_day, period_text, summary


def wall(every_s: int) -> None:
    """One scene."""
    frame, index = current_frame(), scene_on_turn(every_s)
    scene = SCENES[index]
    selection = scene.view().selection(newest_day(frame))
    numbers = summary(frame, selection)
    drawing = draw(frame, scene.layers, selection, "dark", is_brief=True)
    wall_head(frame, scene.name, *period_text(frame, selection))
    left, right = st.columns([1, 3.1])
    with left:
        wall_numbers(numbers)
        wall_ranking(frame, numbers)
        wall_legend(drawing)
        wall_controls(index)
    with right, st.container(key="wall_map"):
        show_map(
            frame,
            drawing,
            key="wall_map_view",
            theme="dark",
            height_px=900,
            fit=frame.region.bounds,
            text_scale=2.0,
            is_wall=True,
        )


wall_style()
if is_empty(current_frame()):
    empty_store()
else:
    every = interval_s(st.query_params.get("every"))
    st.fragment(wall, run_every=None if is_paused() else every)(every)

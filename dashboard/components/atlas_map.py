"""The map of the atlas page and what a click on it means."""

from __future__ import annotations

import streamlit as st

from dashboard.components.header import marks
from dashboard.components.layers import Drawing
from dashboard.frame import Frame
from dashboard.i18n import label, language, localized, t
from dashboard.maps.elements import Bounds
from dashboard.maps.layers import layer_group
from dashboard.maps.offline import RETURNED_OBJECTS, base_map, clicked, localize
from dashboard.palette import Theme
from dashboard.state import change_view
from geo.vocabulary import (
    CATEGORY_CODES,
    HAZARD_GRADES,
    HAZARD_KINDS,
    HAZARD_STATUSES,
    SITE_KINDS,
)

HEIGHT_PX = 560
_LAST_CLICK = "last_click"


def atlas_map(frame: Frame, drawing: Drawing) -> None:
    """Draw the map; a new click opens the record of what was clicked."""
    result = show_map(frame, drawing, key="atlas_map", theme="light", height_px=HEIGHT_PX)
    click = clicked(result)
    if click != st.session_state.get(_LAST_CLICK):
        st.session_state[_LAST_CLICK] = click
        if click is not None:
            change_view(place=f"{click.kind}:{click.key}")


def show_map(
    frame: Frame,
    drawing: Drawing,
    *,
    key: str,
    theme: Theme,
    height_px: int,
    fit: Bounds | None = None,
    text_scale: float = 1.0,
    is_wall: bool = False,
) -> dict[str, object]:
    """The constant base map with ``drawing`` in its one changing group."""
    # Streamlit serves a component's files only when it is first imported by a script run,
    # so not at the head of this module, which the server imports to warm up.
    from streamlit_folium import st_folium

    base = base_map(
        frame,
        theme,
        language(),
        words=map_words(),
        watermark=None if is_wall else " · ".join(marks(frame)) or None,
        attribution=t("map.source", region=localized(dict(frame.region.names))),
        text_scale=text_scale,
        controls=not is_wall,
        remember=None if is_wall else key,
    )
    group = layer_group(drawing.layers, fit=fit)
    localize(base, group)
    return st_folium(
        base,
        key=key,
        height=height_px,
        use_container_width=True,
        feature_group_to_add=group,
        returned_objects=[] if is_wall else RETURNED_OBJECTS,
    )


def map_words() -> dict[str, str]:
    """Labels of every code the browser may have to name."""
    groups = {
        "category": CATEGORY_CODES,
        "site_kind": SITE_KINDS,
        "hazard_kind": HAZARD_KINDS,
        "hazard_status": HAZARD_STATUSES,
        "hazard_grade": HAZARD_GRADES,
    }
    return {code: label(group, code) for group, codes in groups.items() for code in codes}

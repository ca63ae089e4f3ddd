"""The map of the road page: stretches, accidents, and what a click means."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard.components.atlas_map import show_map
from dashboard.components.layers import Drawing, within
from dashboard.frame import Frame
from dashboard.i18n import label, language, t
from dashboard.lru import ByteLru
from dashboard.maps.elements import Bounds
from dashboard.maps.layers import points_layer, units_layer
from dashboard.maps.legend import Swatch, swatch_legend
from dashboard.maps.offline import clicked
from dashboard.maps.sections import sections_layer, sections_text
from dashboard.palette import category_colours
from dashboard.road_looks import classes, colours
from dashboard.road_queries import Roads
from dashboard.road_state import RoadView, change_roads
from dashboard.road_words import place, reason_line, status_word
from geo.selection import IncidentSelection
from geo.vocabulary import CATEGORIES, Domain

TRAFFIC = CATEGORIES[Domain.TRAFFIC]
_KEY, _LAST_CLICK, _FIT, _ZOOM = "road_map", "road_click", "road_fit", "road_zoom"
_MARGIN = 0.006  # degrees
_texts: ByteLru[str] = ByteLru(8 << 20, len)


def road_map(
    frame: Frame, view: RoadView, roads: Roads, *, shown: list[int], height_px: int
) -> None:
    """Stretches coloured as chosen, the open one brought out, and the accidents as points."""
    key = (frame.region.digest, frame.version, view.years, view.until)
    text = _texts.get(
        (*key, frame.store.ledger_version, language()), lambda: _text(frame, roads)
    )
    at = roads.find(view.section)
    selected = "" if at is None else str(roads.items["key"].iloc[at])
    _zoom(roads)
    facts = roads.run.facts
    period = IncidentSelection(day_from=facts.day_from, day_to=facts.day_to)
    layers = [
        units_layer(frame),
        sections_layer(frame, text, shown=shown, colour=view.colour, selected=selected),
        points_layer(frame, within(period, TRAFFIC)),
    ]
    show_map(
        frame,
        Drawing(layers, []),
        key=_KEY,
        theme="light",
        height_px=height_px,
        fit=st.session_state.get(_FIT),
    )


def take_click(roads: Roads) -> None:
    """Open what was clicked on the map, before anything is drawn."""
    click = clicked(st.session_state.get(_KEY))
    if click is None or click == st.session_state.get(_LAST_CLICK):
        return
    st.session_state[_LAST_CLICK] = click
    found = click.key if click.kind == "section" else _holding(roads, click.kind, click.key)
    if found:
        change_roads(section=found, panel="sheet")


def road_legend(view: RoadView, roads: Roads, shown: list[int]) -> str:
    """HTML of the colours in use."""
    items = roads.items.iloc[shown]
    swatches = [
        Swatch(colour=tint, shape="line", label=word)
        for tint, word in classes(items, view.colour)
    ]
    points = category_colours(TRAFFIC)
    swatches += [Swatch(colour=points[code], label=label("category", code)) for code in TRAFFIC]
    return swatch_legend(t("roads.legend"), swatches)


def _zoom(roads: Roads) -> None:
    """Frame the stretch that was opened in the list, once."""
    at = roads.find(st.session_state.pop(_ZOOM, ""))
    if at is None:
        return
    west, south, east, north = roads.items.geometry.iloc[at].bounds
    bounds: Bounds = (west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN)
    st.session_state[_FIT] = bounds


def _holding(roads: Roads, kind: str, key: str) -> str:
    """Key of the best ranked stretch that holds an accident."""
    if kind != "incident" or not key.isdigit():
        return ""
    inside = [int(key) in ids for ids in roads.items["event_ids"]]
    at = np.flatnonzero(inside)
    return str(roads.items["key"].iloc[at[0]]) if len(at) else ""


def _text(frame: Frame, roads: Roads) -> str:
    notes = []
    for item in roads.items.drop(columns="geometry").to_dict("records"):
        state = " · ".join(filter(None, [item["name"], status_word(item["status"])]))
        notes.append([place(frame, item), reason_line(item), state])
    return sections_text(roads.items, classes=colours(roads.items), notes=notes)

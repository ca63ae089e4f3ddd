"""The map of key sites: colour and shape say the state, never colour alone."""

from __future__ import annotations

import json

import pandas as pd

from dashboard import published
from dashboard.components import markup
from dashboard.components.atlas_map import show_map
from dashboard.components.layers import Drawing
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.maps.elements import Layer
from dashboard.maps.layers import units_layer
from dashboard.maps.legend import Swatch, swatch_legend
from dashboard.palette import GREY, RISK_COLOURS
from dashboard.site_queries import URGENCY
from data.derived.sites import SiteBoard

HEIGHT_PX = 470
STATE_MARKS: dict[str, tuple[str, str]] = {
    "covert": ("star", RISK_COLOURS["red"]),
    "revived": ("cross", RISK_COLOURS["red"]),
    "stop_incomplete": ("diamond", RISK_COLOURS["orange"]),
    "overdue": ("triangle", RISK_COLOURS["orange"]),
    "closure_due": ("cross", RISK_COLOURS["orange"]),
    "unknown": ("diamond", GREY),
    "merging": ("triangle", RISK_COLOURS["yellow"]),
    "controlled": ("circle", RISK_COLOURS["blue"]),
    "operating": ("square", RISK_COLOURS["blue"]),
    "closed": ("diamond", RISK_COLOURS["blue"]),
}
FINDING_MARKS: dict[str, tuple[str, str]] = {
    "hazard_overdue": ("star", RISK_COLOURS["red"]),
    "hazard_open": ("diamond", RISK_COLOURS["orange"]),
    "not_visited": ("triangle", RISK_COLOURS["yellow"]),
    "watched": ("circle", RISK_COLOURS["blue"]),
}


def mine_map(frame: Frame, found: SiteBoard, mines: pd.DataFrame) -> None:
    """Mines by state; the most urgent are drawn last, on top."""
    names = {code: label("mine_state", code) for code in URGENCY}
    _show(frame, found, mines["state"], STATE_MARKS, names, t("sites.mine_states"))


def place_map(frame: Frame, found: SiteBoard, places: pd.DataFrame) -> None:
    """Other sites by what was found."""
    names = {code: label("site_finding", code) for code in FINDING_MARKS}
    _show(frame, found, findings(places), FINDING_MARKS, names, t("sites.findings"))


def findings(places: pd.DataFrame) -> pd.Series:
    """What is to be said of each site first, a key of :data:`FINDING_MARKS`."""
    said = pd.Series("watched", index=places.index, dtype=object)
    said = said.mask(places["is_overdue"], "not_visited")
    said = said.mask(places["open_hazards"] > 0, "hazard_open")
    return said.mask(places["overdue_hazards"] > 0, "hazard_overdue")


def _show(
    frame: Frame,
    found: SiteBoard,
    states: pd.Series,
    marks: dict[str, tuple[str, str]],
    names: dict[str, str],
    title: str,
) -> None:
    geometry = found.sites.geometry.reindex(states.index[::-1])
    geometry = geometry[~(geometry.isna() | geometry.is_empty)]
    placed = states.reindex(geometry.index)
    content = {
        "keys": [str(key) for key in geometry.index],
        "names": found.sites["name"].reindex(geometry.index).fillna("").astype(str).tolist(),
        "kinds": [names[code] for code in placed],
        "lon": geometry.x.round(6).tolist(),
        "lat": geometry.y.round(6).tolist(),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    layer = Layer(
        slot="sites",
        kind="Marks",
        options={
            "url": published.publish(frame, text, "json"),
            "kinds": None,
            "marks": {names[code]: list(mark) for code, mark in marks.items()},
            "clickKind": "site",
        },
        shown=len(geometry),
    )
    counts = states.value_counts()
    swatches = [
        Swatch(
            colour=colour,
            shape=shape,
            label=t("legend.unit_count", name=names[code], count=f"{counts[code]:,}"),
        )
        for code, (shape, colour) in marks.items()
        if code in counts
    ]
    drawing = Drawing([units_layer(frame), layer], [])
    show_map(frame, drawing, key="site_map", theme="light", height_px=HEIGHT_PX)
    if swatches:
        markup.show(f'<div class="pa-legend">{swatch_legend(title, swatches)}</div>')

"""The ranked list of stretches; its rows are published once, a change sends which to show."""

from __future__ import annotations

import json
from datetime import date

import streamlit as st

from dashboard import assets, published
from dashboard.frame import ROOT_FROM_COMPONENT, Frame
from dashboard.i18n import language, t
from dashboard.lru import ByteLru
from dashboard.road_looks import colours, status_colour
from dashboard.road_queries import Roads, days_overdue
from dashboard.road_state import RoadView, change_roads
from dashboard.road_words import (
    chance,
    per_year,
    place,
    rank_text,
    reason_line,
    status_word,
)

_KEY, _TAKEN = "road_list", "road_list_serial"
_rows: ByteLru[str] = ByteLru(4 << 20, len)
_STUB = """
export default async function (component) {
  const url = new URL(component.data.script, new URL(".", document.baseURI));
  (await import(url)).default(component);
}
"""


def road_list(
    frame: Frame, view: RoadView, roads: Roads, *, shown: list[int], today: date, height_px: int
) -> None:
    """Draw the list; a click opens the stretch before the rerun."""
    component = st.components.v2.component("pingan_sections", js=_STUB)
    open_at = roads.find(view.section)
    url = published.publish(frame, list_text(frame, view, roads, today), "json")
    component(
        key=_KEY,
        data={
            "script": assets.url("js/section_list.js"),
            "rows": url.removeprefix(ROOT_FROM_COMPONENT),
            "shown": shown,
            "selected": "" if open_at is None else roads.items["key"].iloc[open_at],
            "height": height_px,
            "nothing": t("roads.nothing"),
        },
        on_pick_change=_take,
    )


def list_text(frame: Frame, view: RoadView, roads: Roads, today: date) -> str:
    """JSON of all rows, whatever the filters."""
    period = (frame.region.digest, frame.version, view.years, view.until)
    key = (*period, frame.store.ledger_version, today, language())
    return _rows.get(key, lambda: _text(frame, roads, today))


def _take() -> None:
    pick = st.session_state[_KEY].get("pick")
    if pick and pick != st.session_state.get(_TAKEN):
        st.session_state[_TAKEN] = pick
        change_roads(section=pick["key"], panel="sheet")
        st.session_state["road_zoom"] = pick["key"]


def _text(frame: Frame, roads: Roads, today: date) -> str:
    items, years = roads.items, roads.run.facts.years
    late = days_overdue(items, today).tolist()
    tints = colours(items)["rank"]
    rows = []
    for at, item in enumerate(items.drop(columns="geometry").to_dict("records")):
        rank, _, interval = rank_text(item).partition(" ")
        figures = []
        if item["peak_expected"] == item["peak_expected"]:
            figures = [
                t(
                    "roads.figures",
                    expected=per_year(item["peak_expected"], years),
                    excess=per_year(item["peak_excess"], years),
                ),
                chance(item["p_chance"]),
            ]
        if item["accidents"] == item["accidents"]:
            deaths, injured = int(item["deaths"]), int(item["injured"])
            figures.append(t("roads.harm", deaths=deaths, injured=injured))
        rows.append(
            {
                "key": item["key"],
                "rank": [rank or "–", interval.strip("()")],
                "colour": tints[at],
                "title": place(frame, item),
                "state": status_word(item["status"]),
                "tint": status_colour(item["status"]),
                "late": t("roads.late", days=f"{late[at]:,}") if late[at] else "",
                "reason": reason_line(item),
                "figures": [text for text in figures if text],
            }
        )
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))

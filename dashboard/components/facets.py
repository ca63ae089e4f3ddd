"""The filter panel: every filter with the counts its options would give."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import assets
from dashboard.components.layers import layer_counts
from dashboard.frame import Frame
from dashboard.i18n import label, language, t
from dashboard.palette import DOMAIN_COLOURS
from dashboard.queries import facets, newest_day, unit_names
from dashboard.state import (
    LAYERS,
    PERIODS,
    View,
    change_view,
    current_view,
    day_of,
    set_view,
    view_epoch,
)
from geo.vocabulary import CATEGORIES, MATCH_CODES, Severity

_KEY = "facets"
# Only this travels with every change; the panel itself is an asset the browser keeps.
_STUB = """
export default async function (component) {
  const url = new URL(component.data.script, new URL(".", document.baseURI));
  (await import(url)).default(component);
}
"""


def filter_panel(frame: Frame) -> None:
    """Draw the panel; a change is in :func:`dashboard.state.current_view` before the rerun."""
    view = current_view()
    component = st.components.v2.component("pingan_facets", js=_STUB)
    component(
        key=_KEY,
        data={
            "script": assets.url("js/facets.js"),
            "epoch": view_epoch(),
            "words": {
                "heading": t("filter.heading"),
                "hint": t("filter.hint"),
                "reset": t("filter.reset"),
            },
            "chosen": _chosen(view),
            "groups": _groups(facets(frame, view), frame),
        },
        on_choice_change=_take_choice,
        on_reset_change=_take_reset,
    )


def _take_choice() -> None:
    choice = st.session_state[_KEY].get("choice")
    # A late click on a panel that has been reset since must not bring its choice back.
    if choice and choice.get("epoch") == view_epoch():
        change_view(
            layers=choice.get("layers"),
            period=choice.get("period"),
            day_from=choice.get("from"),
            day_to=choice.get("to"),
            categories=choice.get("categories"),
            severities=choice.get("severities"),
            hours=choice.get("hours"),
            weekdays=choice.get("weekdays"),
            units=choice.get("units"),
            worst_match=choice.get("worst_match"),
        )


def _take_reset() -> None:
    set_view(View(layers=current_view().layers))


def _chosen(view: View) -> dict[str, Any]:
    return {
        "layers": list(view.layers),
        "period": view.period,
        "from": None if view.day_from is None else day_of(view.day_from).isoformat(),
        "to": None if view.day_to is None else day_of(view.day_to).isoformat(),
        "categories": list(view.categories or ()),
        "severities": list(view.severities or ()),
        "hours": list(view.hours or ()),
        "weekdays": list(view.weekdays or ()),
        "units": list(view.units or ()),
        "worst_match": view.worst_match,
    }


def _groups(counts: dict[str, dict], frame: Frame) -> list[dict[str, Any]]:
    newest, names = newest_day(frame), unit_names(frame, language())
    oldest = int(frame.columns.day[0]) if len(frame.columns) else newest
    periods = _options(PERIODS, "period", counts["period"])
    return [
        _group(
            "layers",
            "list",
            _options(LAYERS, "layer", layer_counts(frame, counts["categories"])),
            open=True,
        ),
        _group(
            "period",
            "single",
            periods,
            open=True,
            dates={
                "min": day_of(oldest).isoformat(),
                "max": day_of(newest).isoformat(),
                "from": day_of(oldest).isoformat(),
                "to": day_of(newest).isoformat(),
            },
        ),
        _group("categories", "list", _tree(counts["categories"]), open=True, tree=True),
        _group(
            "severities",
            "list",
            _options(reversed(list(map(int, Severity))), "severity", counts["severities"]),
        ),
        _group("hours", "bars fine", _plain(range(24), counts["hours"])),
        _group("weekdays", "bars", _options(range(7), "weekday", counts["weekdays"])),
        _group(
            "units",
            "list",
            [[code, names.get(code, code), count] for code, count in counts["units"].items()],
        ),
        _group(
            "worst_match",
            "single",
            _options(MATCH_CODES, "match", counts["worst_match"]),
            clearable=True,
        ),
    ]


def _group(name: str, kind: str, options: list[list[Any]], **more: Any) -> dict[str, Any]:
    titles = {
        "layers": t("filter.layers"),
        "period": t("filter.period"),
        "categories": t("filter.category"),
        "severities": t("filter.severity"),
        "hours": t("filter.hour"),
        "weekdays": t("filter.weekday"),
        "units": t("filter.unit"),
        "worst_match": t("filter.match"),
    }
    return {"id": name, "title": titles[name], "kind": kind, "options": options, **more}


def _options(codes: Any, group: str, counts: dict | None = None) -> list[list[Any]]:
    counts = counts or {}
    return [[code, label(group, code), counts.get(code)] for code in codes]


def _plain(codes: range, counts: dict) -> list[list[Any]]:
    return [[code, str(code), counts[code]] for code in codes]


def _tree(counts: dict[str, int]) -> list[list[Any]]:
    """Domains, each with its categories below."""
    rows: list[list[Any]] = []
    for domain, codes in CATEGORIES.items():
        colour, total = DOMAIN_COLOURS[domain], sum(counts[code] for code in codes)
        rows.append([str(domain), label("domain", domain), total, colour, list(codes)])
        rows += [[code, label("category", code), counts[code], colour] for code in codes]
    return rows

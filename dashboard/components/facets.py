"""The filter panel: every filter with the counts its options would give."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from dashboard import assets, published
from dashboard.components.layers import layer_counts
from dashboard.frame import ROOT_FROM_COMPONENT, Frame
from dashboard.i18n import label, language, t
from dashboard.lru import ByteLru
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
_panels: ByteLru[str] = ByteLru(1 << 20, len)
# Only this travels with every change; the panel itself and its words the browser keeps.
_STUB = """
export default async function (component) {
  const url = new URL(component.data.script, new URL(".", document.baseURI));
  (await import(url)).default(component);
}
"""


def filter_panel(frame: Frame, *, leave_out: tuple[str, ...] = ()) -> None:
    """Draw the panel; a change is in :func:`dashboard.state.current_view` before the rerun.

    ``leave_out`` names groups that mean nothing on the page, such as ``"layers"``.
    """
    view = current_view()
    component = st.components.v2.component("pingan_facets", js=_STUB)
    counts = facets(frame, view)
    component(
        key=_KEY,
        data={
            "script": assets.url("js/facets.js"),
            "panel": _panel_url(frame, language(), leave_out),
            "epoch": view_epoch(),
            "chosen": _chosen(view),
            "counts": _counts(frame, counts, layer_counts(frame, counts["categories"])),
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
    """What is chosen, groups without a choice left out."""
    chosen = {
        "period": view.period,
        "from": None if view.day_from is None else day_of(view.day_from).isoformat(),
        "to": None if view.day_to is None else day_of(view.day_to).isoformat(),
        "categories": view.categories,
        "severities": view.severities,
        "hours": view.hours,
        "weekdays": view.weekdays,
        "units": view.units,
        "worst_match": view.worst_match,
    }
    return {"layers": view.layers} | {name: value for name, value in chosen.items() if value}


def _panel_url(frame: Frame, tongue: str, leave_out: tuple[str, ...]) -> str:
    """Address of the panel's groups and words, constant per data version and language."""
    key = (frame.region.digest, frame.version, tongue, leave_out)

    def make() -> str:
        panel = _panel(frame)
        panel["groups"] = [one for one in panel["groups"] if one["id"] not in leave_out]
        return json.dumps(panel, ensure_ascii=False)

    text = _panels.get(key, make)
    return published.publish(frame, text, "json").removeprefix(ROOT_FROM_COMPONENT)


def _panel(frame: Frame) -> dict[str, Any]:
    newest, names = newest_day(frame), unit_names(frame, language())
    oldest = int(frame.columns.day[0]) if len(frame.columns) else newest
    first, last = day_of(oldest).isoformat(), day_of(newest).isoformat()
    codes = _codes(frame)
    return {
        "words": {
            "heading": t("filter.heading"),
            "hint": t("filter.hint"),
            "reset": t("filter.reset"),
        },
        "groups": [
            _group("layers", "list", _options("layer", codes["layers"]), open=True),
            _group(
                "period",
                "single",
                _options("period", codes["period"]),
                open=True,
                dates={"min": first, "max": last, "from": first, "to": last},
            ),
            _group("categories", "list", _tree(), open=True, tree=True),
            _group("severities", "list", _options("severity", codes["severities"])),
            _group("hours", "bars fine", [[hour, str(hour)] for hour in codes["hours"]]),
            _group("weekdays", "bars", _options("weekday", codes["weekdays"])),
            _group("units", "list", [[code, names.get(code, code)] for code in codes["units"]]),
            _group(
                "worst_match",
                "single",
                _options("match", codes["worst_match"]),
                clearable=True,
            ),
        ],
    }


def _codes(frame: Frame) -> dict[str, Sequence[Any]]:
    """Options of every group in the order shown; both the words and the counts follow it."""
    return {
        "layers": LAYERS,
        "period": PERIODS,
        "categories": [
            item for family in CATEGORIES.items() for item in (family[0], *family[1])
        ],
        "severities": sorted(map(int, Severity), reverse=True),
        "hours": range(24),
        "weekdays": range(7),
        "units": frame.columns.unit_codes,
        "worst_match": MATCH_CODES,
    }


def _counts(
    frame: Frame, counts: dict[str, dict], of_layer: dict[str, int]
) -> dict[str, list[int | None]]:
    """Counts of every group's options, in the order of :func:`_codes`."""
    families = {
        domain: sum(counts["categories"][code] for code in codes)
        for domain, codes in CATEGORIES.items()
    }
    known = counts | {"layers": of_layer, "categories": counts["categories"] | families}
    return {
        group: [known[group].get(code) for code in codes]
        for group, codes in _codes(frame).items()
    }


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


def _options(group: str, codes: Iterable[Any]) -> list[list[Any]]:
    return [[code, label(group, code)] for code in codes]


def _tree() -> list[list[Any]]:
    """Domains, each with its categories below: code, label, colour, children."""
    rows: list[list[Any]] = []
    for domain, codes in CATEGORIES.items():
        colour = DOMAIN_COLOURS[domain]
        rows.append([domain, label("domain", domain), colour, codes])
        rows += [[code, label("category", code), colour] for code in codes]
    return rows

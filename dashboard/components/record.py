"""The record of one place: an incident, site, hazard, unit or village."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components import markup
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, language, t
from dashboard.queries import Summary, hazards, sites, unit_names
from dashboard.state import change_view, focus_unit
from geo.errors import StoreError

Rows = list[tuple[str, str]]


def record_panel(frame: Frame, place: str | None, summary: Summary) -> None:
    """Card of ``place`` (``kind:key``), or a word on how to open one."""
    if place is None:
        markup.show(
            f'<div class="pa-card pa-record"><h4>{for_html(t("record.heading"))}</h4>'
            f'<div class="pa-quiet">{for_html(t("record.prompt"))}</div></div>'
        )
        return
    kind, _, key = place.partition(":")
    found = _FINDERS[kind](frame, key, summary)
    title, rows = found or (t("record.missing"), [])
    body = "".join(
        f"<dt>{for_html(name)}</dt><dd>{for_html(value)}</dd>" for name, value in rows if value
    )
    markup.show(
        f'<div class="pa-card pa-record"><h4>{for_html(title)}</h4><dl>{body}</dl></div>'
    )
    with st.container(horizontal=True, key="record_actions"):
        if kind == "unit" and found:
            st.button(t("record.focus"), on_click=focus_unit, args=(key,), type="tertiary")
        st.button(t("record.close"), on_click=_close, type="tertiary")


def _close() -> None:
    change_view(place=None)


def _incident(frame: Frame, key: str, _: Summary) -> tuple[str, Rows] | None:
    try:
        record = frame.store.incident(int(key)) if key.isdigit() else None
    except StoreError:
        record = None
    if record is None:
        return None
    stake = record.get("stake_m")
    route = record.get("route_code") or ""
    return t("record.incident", id=key), [
        (t("record.category"), label("category", record["category"])),
        (t("record.severity"), label("severity", int(record["severity"]))),
        (t("record.occurred"), _moment(record)),
        (t("record.casualties"), f"{record['deaths']} / {record['injured']}"),
        (t("record.loss"), _number(record.get("loss_yuan"))),
        (t("record.route"), route if _none(stake) else f"{route} {_stake(stake)}"),
        *_situation(frame, record),
        *_origin(record),
    ]


def _site(frame: Frame, key: str, _: Summary) -> tuple[str, Rows] | None:
    record = _row(sites(frame), key)
    if record is None:
        return None
    return str(record["name"]), [
        (t("record.kind"), label("site_kind", record["site_kind"])),
        (t("record.sector"), _label("category", record.get("sector"))),
        (t("record.status"), _label("site_status", record.get("status"))),
        (t("record.capacity"), _number(record.get("capacity"))),
        *_situation(frame, record),
        *_origin(record),
    ]


def _hazard(frame: Frame, key: str, _: Summary) -> tuple[str, Rows] | None:
    record = _row(hazards(frame), key)
    if record is None:
        return None
    stakes = [
        _stake(record[name])
        for name in ("stake_from_m", "stake_to_m")
        if not _none(record.get(name))
    ]
    return str(record["name"]), [
        (t("record.kind"), label("hazard_kind", record["hazard_kind"])),
        (t("record.grade"), _label("hazard_grade", record.get("grade"))),
        (t("record.status"), _label("hazard_status", record.get("status"))),
        (t("record.found_on"), _date(record.get("found_on"))),
        (t("record.due_on"), _date(record.get("due_on"))),
        (t("record.closed_on"), _date(record.get("closed_on"))),
        (t("record.route"), " ".join([_text(record.get("route_code")), " – ".join(stakes)])),
        *_situation(frame, record),
        *_origin(record),
    ]


def _unit(frame: Frame, key: str, summary: Summary) -> tuple[str, Rows] | None:
    names = unit_names(frame, language())
    if key not in names:
        return None
    unit = frame.region.units.loc[key]
    return names[key], [
        (t("record.code"), key),
        (t("record.population"), _number(unit.get("population"))),
        (t("record.selected_count"), f"{int(summary.units.get(key, 0)):,}"),
        (t("record.source"), frame.region.sources.get("units", "")),
    ]


def _place(frame: Frame, key: str, _: Summary) -> tuple[str, Rows] | None:
    places = frame.region.places
    found = places[places["place_code"].astype(str) == key]
    if found.empty:
        return None
    place = found.iloc[0]
    names = unit_names(frame, language())
    return str(place["name"]), [
        (t("record.kind"), t("record.village")),
        (t("record.code"), key),
        (t("record.unit"), names.get(str(place["unit_code"]), "")),
        (t("record.coordinates"), f"{place.geometry.x:.5f}, {place.geometry.y:.5f}"),
        (t("record.source"), frame.region.sources.get("places", "")),
    ]


_FINDERS = {
    "incident": _incident,
    "site": _site,
    "hazard": _hazard,
    "unit": _unit,
    "place": _place,
}


def _row(table: pd.DataFrame, key: str) -> Mapping[str, Any] | None:
    if not key.isdigit() or int(key) not in table.index:
        return None
    return table.loc[int(key)].to_dict()


def _situation(frame: Frame, record: Mapping[str, Any]) -> Rows:
    unit, r95, lon = record.get("unit_code"), record.get("r95_m"), record.get("lon")
    names = unit_names(frame, language())
    match = _text(record.get("match_code"))
    return [
        (t("record.unit"), t("common.outside") if _none(unit) else names.get(unit, str(unit))),
        (t("record.place"), _text(record.get("place_text"))),
        (t("record.match"), label("match", match.removesuffix("~")) if match else ""),
        (t("record.r95"), "" if _none(r95) else t("record.metres", value=f"{r95:,.0f}")),
        (
            t("record.coordinates"),
            "" if _none(lon) else f"{record['lon']:.5f}, {record['lat']:.5f}",
        ),
    ]


def _origin(record: Mapping[str, Any]) -> Rows:
    rows = [
        (t("record.source"), _text(record.get("source"))),
        (t("record.load"), _text(record.get("load_id"))),
        (t("record.file"), _text(record.get("file_name"))),
        (t("record.row"), _text(record.get("row_no"))),
    ]
    extra = record.get("attributes")
    if isinstance(extra, str):
        extra = json.loads(extra)
    if isinstance(extra, dict):
        rows += [(str(name), _text(value)) for name, value in extra.items()]
    return rows


def _moment(record: Mapping[str, Any]) -> str:
    precision = str(record["time_precision"])
    shape = "%Y-%m-%d" if precision == "day" else "%Y-%m-%d %H:%M"
    moment = record["occurred_local"].strftime(shape)
    return f"{moment} ({label('time_precision', precision)})"


def _stake(metres: float) -> str:
    """Chainage the way road signs write it: K12+300."""
    return f"K{int(metres // 1000)}+{int(metres % 1000):03d}"


def _none(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _text(value: Any) -> str:
    return "" if _none(value) else str(value)


def _number(value: Any) -> str:
    return "" if _none(value) else f"{float(value):,.10g}"


def _label(group: str, code: Any) -> str:
    return "" if _none(code) else label(group, code)


def _date(day: Any) -> str:
    return "" if _none(day) else pd.Timestamp(day).date().isoformat()

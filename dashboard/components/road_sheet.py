"""The sheet of one stretch: why it is there, by which accidents, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components import markup
from dashboard.components.road_effect import effect_panel
from dashboard.components.road_evidence import attach_form, evidence_panel
from dashboard.components.road_steps import ledger_forms, open_form
from dashboard.components.road_timeline import timeline
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, language, t
from dashboard.queries import unit_names
from dashboard.road_looks import status_colour
from dashboard.road_queries import Roads, accidents_of, days_overdue, road_cases
from dashboard.road_state import RoadView
from dashboard.road_words import (
    chance,
    extent,
    per_year,
    place,
    rank_text,
    reason_extent,
    reason_text,
    rule_of,
    status_word,
    unit_words,
)
from dashboard.state import day_of
from geo.hazard_states import REJECTED

LISTED_ACCIDENTS = 200
EVALUATED = ("accepted", "closed", "monitoring", "relapsed")


def section_sheet(frame: Frame, view: RoadView, roads: Roads, today: date) -> None:
    """Everything about the open stretch, or a word on how to open one."""
    at = roads.find(view.section)
    if at is None:
        markup.show(f'<div class="pa-card pa-quiet">{for_html(t("sheet.prompt"))}</div>')
        return
    item = roads.items.iloc[at].to_dict()
    late = int(days_overdue(roads.items.iloc[[at]], today).iloc[0])
    markup.show(_head(item, place(frame, item), late))
    reasons, story, steps = st.columns([1.15, 1, 1], gap="medium")
    with reasons:
        _figures(frame, roads, item)
        _reasons(item)
        _accidents(frame, view, item)
    hazard_id = None if pd.isna(item["hazard_id"]) else int(item["hazard_id"])
    with steps, st.container(key="road_steps"):
        if hazard_id is None:
            open_form(frame, roads, at, today)
        else:
            ledger_forms(frame, item, today)
            attach_form(frame, hazard_id, item["status"], today)
            if item["status"] == REJECTED and pd.notna(item["accidents"]):
                open_form(frame, roads, at, today)  # the danger may have come back
    with story:
        if hazard_id is None:
            markup.show(
                f'<div class="pa-card pa-quiet">{for_html(t("sheet.not_listed"))}</div>'
            )
            return
        if item["status"] in EVALUATED:
            effect_panel(frame, hazard_id)
        timeline(frame, hazard_id)
        evidence_panel(frame, hazard_id)


def _head(item: Mapping[str, Any], where: str, late: int) -> str:
    named = f"<span>{for_html(item['name'])}</span>" if item["name"] else ""
    code = f"<span>{for_html(item['code'])}</span>" if item["code"] else ""
    dot = f'<i style="background:{status_colour(item["status"])}"></i>'
    state = f'<em class="pa-state">{dot}{for_html(status_word(item["status"]))}</em>'
    red = f'<em class="pa-late">● {for_html(t("roads.late", days=f"{late:,}"))}</em>'
    return (
        f'<div class="pa-sheet-head"><b>{for_html(where)}</b>{state}'
        f"{red if late else ''}{named}{code}</div>"
    )


def _figures(frame: Frame, roads: Roads, item: Mapping[str, Any]) -> None:
    years = roads.run.facts.years
    names = unit_names(frame, language())
    title = t("sheet.unit") if item["responsible_unit"] else t("sheet.area")
    rows = [(title, unit_words(names, item))]
    if pd.notna(item["due_on"]):
        rows.append((t("sheet.due_on"), pd.Timestamp(item["due_on"]).date().isoformat()))
    if pd.notna(item["rank"]):
        where = extent(item["peak_stake_from_m"], item["peak_stake_to_m"])
        rows += [
            (t("sheet.rank"), rank_text(item)),
            (
                t("sheet.expected"),
                t(
                    "sheet.expected_text",
                    expected=per_year(item["peak_expected"], years),
                    peers=per_year(item["peak_predicted"], years),
                    excess=per_year(item["peak_excess"], years),
                ),
            ),
            (t("sheet.peak"), where),
            (t("sheet.chance"), chance(item["p_chance"])),
            (t("sheet.loss"), t("sheet.loss_text", level=int(item["loss"]))),
            (t("sheet.severity"), f"{item['severity_score']:g}"),
        ]
    if pd.notna(item["accidents"]):
        counts = {name: int(item[name]) for name in ("accidents", "fatal", "deaths", "injured")}
        rows.append((t("sheet.accidents"), t("sheet.accidents_text", **counts)))
    if item["protection_grade"]:
        rows.append((t("sheet.protection"), str(item["protection_grade"])))
    if item["grade"]:
        rows.append((t("record.grade"), label("hazard_grade", item["grade"])))
    body = "".join(
        f"<dt>{for_html(name)}</dt><dd>{for_html(value)}</dd>" for name, value in rows if value
    )
    markup.show(f'<div class="pa-card pa-record"><dl>{body}</dl></div>')


def _reasons(item: Mapping[str, Any]) -> None:
    rows = []
    for reason in item["rules"]:
        stakes = reason_extent(reason)
        first, last = (day_of(reason[name]).isoformat() for name in ("day_from", "day_to"))
        small = " · ".join(
            filter(
                None,
                [
                    stakes,
                    t("facts.span", start=first, end=last),
                    label("rule_mark", reason["status"]),
                    label("certainty", reason["certainty"]),
                ],
            )
        )
        rows.append(
            f"<li><b>{for_html(reason_text(reason))}</b><span>{for_html(small)}</span></li>"
        )
    if item["is_risky"]:
        rows.append(
            f"<li><b>{for_html(t('roads.risky'))}</b>"
            f"<span>{for_html(t('sheet.risky_help'))}</span></li>"
        )
    if not rows:
        rows.append(f"<li><b>{for_html(t('roads.ledger_only'))}</b></li>")
    title = for_html(t("sheet.reasons"))
    markup.show(
        f'<div class="pa-card pa-reasons"><h4>{title}</h4><ul>{"".join(rows)}</ul></div>'
    )


def _accidents(frame: Frame, view: RoadView, item: Mapping[str, Any]) -> None:
    """Each accident of the reasons: day, stake, deaths, injured; never who."""
    if not len(item["event_ids"]):
        return
    rules = [reason for reason in item["rules"] if len(reason["tightest_event_ids"])]
    counted = {
        event: number
        for number, reason in reversed(list(enumerate(rules)))
        for event in reason["tightest_event_ids"]
    }
    found = accidents_of(road_cases(frame, view), list(item["event_ids"]))
    places = [_stake_of(row) for row in found.to_dict("records")]
    table = pd.DataFrame(
        {
            "rule": [
                rule_of(rules[counted[event]]) if event in counted else ""
                for event in found["event_id"]
            ],
            "day": [day_of(day) for day in found["day"]],
            "stake": places,
            "deaths": found["deaths"],
            "injured": found["injured"],
        }
    )
    # Those the rules name come first, then by harm.
    order = table.assign(
        first=[counted.get(event, len(rules)) for event in found["event_id"]]
    ).sort_values(["first", "deaths", "injured", "day"], ascending=[True, False, False, False])
    shown = table.loc[order.index].head(LISTED_ACCIDENTS)
    st.caption(t("sheet.listed", shown=f"{len(shown):,}", total=f"{len(table):,}"))
    st.dataframe(
        shown,
        hide_index=True,
        height=min(38 + 35 * len(shown), 300),
        column_order=["day", "stake", "deaths", "injured", "rule"],
        column_config={
            "day": st.column_config.DateColumn(t("list.day"), format="YYYY-MM-DD", width=95),
            "stake": st.column_config.TextColumn(t("sheet.stake"), width=110),
            "deaths": st.column_config.NumberColumn(t("list.deaths"), width=50),
            "injured": st.column_config.NumberColumn(t("list.injured"), width=50),
            "rule": t("sheet.counted_by"),
        },
        key="road_accidents",
    )


def _stake_of(row: Mapping[str, Any]) -> str:
    if pd.isna(row["stake_m"]):
        return t("roads.from_start", metres=f"{row['chain_m']:,.0f}")
    return extent(row["stake_m"], float("nan"))

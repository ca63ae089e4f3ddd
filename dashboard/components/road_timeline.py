"""The history of a hazard as the ledger has it; nothing in it can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard.components import markup
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.road_looks import status_colour

YUAN_PER_WAN = 10_000


def timeline(frame: Frame, hazard_id: int) -> None:
    """Every event, newest first: day, office, what was said."""
    with frame.store.ledger_reader() as reader:
        history, measures = reader.history(hazard_id), reader.measures(hazard_id)
    rows = []
    for number, row in history.iloc[::-1].iterrows():
        works = measures[measures["event_id"] == number]
        said = " · ".join(filter(None, _said(row, works)))
        day = pd.Timestamp(row["happened_on"]).date().isoformat()
        office = label("hazard_role", row["role"])
        dot = status_colour(row["to_status"])
        rows.append(
            f'<li style="--dot:{dot}"><b>{for_html(label("step", row["kind"]))}</b> '
            f"<span>{for_html(day)} · {for_html(office)}</span>"
            f"<p>{for_html(said)}</p></li>"
        )
    if not rows:
        rows.append(f"<li><p>{for_html(t('timeline.none'))}</p></li>")
    title, note = for_html(t("timeline.title")), for_html(t("timeline.note"))
    markup.show(
        f'<div class="pa-card pa-timeline"><h4>{title}</h4><ul>{"".join(rows)}</ul>'
        f'<div class="pa-quiet">{note}</div></div>'
    )


def _said(row: Mapping[str, Any], works: pd.DataFrame) -> list[str]:
    facts = row["facts"]
    said = [_text(row["doc_no"])]
    if facts.get("level"):
        said.append(label("hazard_level", facts["level"]))
    said.append(_text(facts.get("responsible_unit")))
    if facts.get("deadline"):
        said.append(_deadline(facts))
    if len(works):
        kinds = dict.fromkeys(works["measure_kind"])
        said.append(t("common.and").join(label("measure_kind", kind) for kind in kinds))
    if facts.get("budget_yuan"):
        said.append(t("timeline.budget", wan=f"{facts['budget_yuan'] / YUAN_PER_WAN:,g}"))
    if facts.get("started_on"):
        said.append(t("timeline.started", day=facts["started_on"]))
    if facts.get("checked_by"):
        said.append(
            t("common.and").join(label("hazard_role", one) for one in facts["checked_by"])
        )
    if facts.get("result"):
        said.append(label("acceptance", facts["result"]))
    if facts.get("into"):
        said.append(t("timeline.into", hazard=facts["into"]))
    if facts.get("control_until"):
        said.append(t("timeline.until", day=facts["control_until"]))
    return [*said, _text(row["note"])]


def _deadline(facts: Mapping[str, Any]) -> str:
    if facts.get("old_deadline"):
        return t("timeline.moved", old=facts["old_deadline"], new=facts["deadline"])
    return t("timeline.deadline", day=facts["deadline"])


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)

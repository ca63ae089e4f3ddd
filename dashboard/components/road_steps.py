"""Forms of the ledger: enter a stretch, and take the next step with just what it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import streamlit as st

from dashboard.components import markup
from dashboard.components.road_actions import act, action_note, enter_hazard, now
from dashboard.components.road_effect import effect_words
from dashboard.components.road_office import office, office_control
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, language, t
from dashboard.queries import unit_names
from dashboard.road_queries import ROAD_KIND, Roads, road_effect
from dashboard.road_words import missing_words, place
from data.derived.sections_effect import HazardEffect
from geo.hazard_states import (
    CONTROLLED,
    ENDED,
    EVALUATION_YEARS,
    EXTENDED,
    JOINT_CHECK,
    RESULTS,
    TRANSITIONS,
    HazardEvent,
    HazardState,
    Measure,
    check,
    steps_from,
)
from geo.vocabulary import HAZARD_LEVELS, HAZARD_ROLES, MEASURE_KINDS

# What no field of a form can give.
_PICTURES = ("photo_after", "photo_or_reason")
# Said at another place of the form.
_ELSEWHERE = ("role", "on", "evaluation", *_PICTURES)


@dataclass(frozen=True, kw_only=True)
class _Step:
    """What a form needs to know."""

    frame: Frame
    hazard_id: int
    state: HazardState
    today: date
    on: date
    planned: tuple[str, ...]

    def key(self, name: str) -> str:
        return f"step_{name}_{self.hazard_id}_{self.state.status}"


Fields = Callable[[_Step], dict[str, Any]]


def open_form(frame: Frame, roads: Roads, at: int, today: date) -> None:
    """Enter a screened stretch into the ledger."""
    action_note()
    item = roads.items.iloc[at]
    st.markdown(f"**{t('steps.enter')}**")
    office_control()
    with st.form(f"road_open_{item['key']}", border=False):
        name = st.text_input(t("steps.name"), value=place(frame, item), max_chars=120)
        on = st.date_input(t("steps.found_on"), value=today, max_value=today)
        note = st.text_input(t("steps.note"), max_chars=400)
        if st.form_submit_button(t("steps.enter_button"), type="primary"):
            enter_hazard(frame, roads, at, name=name, role=office(), on=on, note=note)
            st.rerun()


def ledger_forms(frame: Frame, item: Mapping[str, Any], today: date) -> None:
    """The step that is next, what is missing for it, and the other steps there are."""
    action_note()
    hazard_id = int(item["hazard_id"])
    with frame.store.ledger_reader() as reader:
        state, measures = reader.state(hazard_id), reader.measures(hazard_id)
    if state.status in ENDED:
        ended = t("steps.ended", state=label("hazard_status", state.status))
        markup.show(f'<div class="pa-card pa-quiet">{for_html(ended)}</div>')
        return
    step = _Step(
        frame=frame,
        hazard_id=hazard_id,
        state=state,
        today=today,
        on=today,
        planned=tuple(dict.fromkeys(measures["measure_kind"])),
    )
    st.markdown(f"**{t('steps.title')}**")
    office_control()
    kinds = steps_from(state.status)
    kind = st.pills(
        t("steps.step"),
        kinds,
        format_func=lambda code: label("step", code),
        default=kinds[0],
        required=True,
        key=step.key("kind"),
        label_visibility="collapsed",
    )
    _form(step, str(kind))


def _form(step: _Step, kind: str) -> None:
    """What is missing in words, then a field for each thing that can be given here."""
    stands = check(step.state, HazardEvent(kind=kind, role=office(), on=step.today))
    is_own = "role" not in stands
    _needs(kind, stands)
    with st.form(step.key(f"form_{kind}"), border=False):
        on = st.date_input(
            t("steps.on"), value=step.today, max_value=step.today, key=step.key(f"on_{kind}")
        )
        given = _FIELDS[kind](replace(step, on=on))
        note = st.text_input(_note_title(kind), max_chars=400, key=step.key(f"note_{kind}"))
        pressed = st.form_submit_button(
            t("steps.take", step=label("step", kind)), type="primary", disabled=not is_own
        )
    if pressed:
        event = HazardEvent(kind=kind, role=office(), on=on, note=note, **given)
        act(
            step.frame,
            lambda desk: desk.advance(step.hazard_id, event, at=now()),
            t("steps.taken", step=label("step", kind)),
        )
        st.rerun()


def _needs(kind: str, stands: tuple[str, ...]) -> None:
    lines = []
    if "role" in stands:
        roles = [role for role in HAZARD_ROLES if role in TRANSITIONS[kind].roles]
        words = t("common.and").join(label("hazard_role", role) for role in roles)
        lines.append(t("steps.offices", offices=words))
    open_points = [code for code in stands if code not in _ELSEWHERE]
    if open_points:
        lines.append(t("steps.missing", what=t("common.and").join(missing_words(open_points))))
    lines += [t("steps.attach_first", what=word) for word in missing_words(_shown(stands))]
    markup.beware(*lines)
    if not lines and "evaluation" not in stands:
        st.caption(t("steps.ready"))


def _shown(stands: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in stands if code in _PICTURES)


def _note_title(kind: str) -> str:
    if kind in ("rejected", "relapsed", EXTENDED, CONTROLLED):
        return t("steps.reason")
    return t("steps.reason_or_photo") if kind == "verified" else t("steps.note")


# ---- the fields of each step ----------------------------------------------------------------


def _nothing(_: _Step) -> dict[str, Any]:
    return {}


def _listed(step: _Step) -> dict[str, Any]:
    names = sorted(unit_names(step.frame, language()).values())
    known = step.frame.store.hazards((ROAD_KIND,))["responsible_unit"].dropna()
    level = st.segmented_control(
        t("steps.level"),
        HAZARD_LEVELS,
        format_func=lambda code: label("hazard_level", code),
        key=step.key("level"),
    )
    doc_no = st.text_input(t("steps.doc_no"), max_chars=80, key=step.key("doc_no"))
    unit = st.selectbox(
        t("steps.responsible_unit"),
        list(dict.fromkeys([*known, *names])),
        index=None,
        accept_new_options=True,
        placeholder=t("steps.unit_hint"),
        key=step.key("unit"),
    )
    deadline = st.date_input(t("steps.deadline"), value=None, key=step.key("deadline"))
    return {
        "level": level or "",
        "doc_no": doc_no,
        "responsible_unit": unit or "",
        "deadline": deadline,
    }


def _planned(step: _Step) -> dict[str, Any]:
    kinds = _kinds(step, t("steps.measures"), default=())
    budget = st.number_input(
        t("steps.budget"), min_value=0.0, value=None, step=1.0, key=step.key("budget")
    )
    return {"measures": tuple(Measure(kind=kind) for kind in kinds), "budget_wan": budget}


def _treating(step: _Step) -> dict[str, Any]:
    started = st.date_input(
        t("steps.started_on"), value=None, max_value=step.on, key=step.key("started_on")
    )
    return {"started_on": started}


def _submitted(step: _Step) -> dict[str, Any]:
    kinds = _kinds(step, t("steps.done"), default=step.planned)
    return {"measures": tuple(Measure(kind=kind, done_on=step.on) for kind in kinds)}


def _accepted(step: _Step) -> dict[str, Any]:
    present = st.pills(
        t("steps.checked_by"),
        HAZARD_ROLES,
        selection_mode="multi",
        format_func=lambda code: label("hazard_role", code),
        default=[role for role in HAZARD_ROLES if role in JOINT_CHECK],
        key=step.key("checked_by"),
    )
    result = st.segmented_control(
        t("steps.result"),
        RESULTS,
        format_func=lambda code: label("acceptance", code),
        key=step.key("result"),
    )
    return {"checked_by": tuple(present), "result": result or ""}


def _closed(step: _Step) -> dict[str, Any]:
    return {"doc_no": st.text_input(t("steps.doc_no"), max_chars=80, key=step.key("doc_no"))}


def _monitoring(step: _Step) -> dict[str, Any]:
    years = st.segmented_control(
        t("steps.evaluation_years"),
        EVALUATION_YEARS,
        format_func=lambda number: t("roads.years_option", years=number),
        default=EVALUATION_YEARS[0],
        required=True,
        key=step.key("years"),
    )
    found = road_effect(step.frame, step.hazard_id, int(years))
    if isinstance(found, HazardEffect):
        st.caption(t("steps.evaluation", words=effect_words(found)[0]))
        return {"evaluation": found.evaluation}
    st.caption(label("missing", found))
    return {}


def _merged(step: _Step) -> dict[str, Any]:
    hazards = step.frame.store.hazards((ROAD_KIND,))
    live = hazards[~hazards["status"].fillna("found").isin(ENDED)]
    others = [int(number) for number in live.index if number != step.hazard_id]
    into = st.selectbox(
        t("steps.into"),
        others,
        index=None,
        format_func=lambda number: f"{number} {live.loc[number, 'name']}",
        key=step.key("into"),
    )
    return {"into": into}


def _extended(step: _Step) -> dict[str, Any]:
    return {
        "deadline": st.date_input(
            t("steps.new_deadline"), value=None, key=step.key("new_deadline")
        )
    }


def _controlled(step: _Step) -> dict[str, Any]:
    return {
        "control_until": st.date_input(
            t("steps.control_until"), value=None, key=step.key("control_until")
        )
    }


_FIELDS: dict[str, Fields] = {
    "verified": _nothing,
    "listed": _listed,
    "planned": _planned,
    "treating": _treating,
    "submitted": _submitted,
    "accepted": _accepted,
    "closed": _closed,
    "monitoring": _monitoring,
    "relapsed": _nothing,
    "merged": _merged,
    "rejected": _nothing,
    EXTENDED: _extended,
    CONTROLLED: _controlled,
}


def _kinds(step: _Step, title: str, *, default: tuple[str, ...]) -> tuple[str, ...]:
    chosen = st.pills(
        title,
        MEASURE_KINDS,
        selection_mode="multi",
        format_func=lambda code: label("measure_kind", code),
        default=[kind for kind in default if kind in MEASURE_KINDS],
        key=step.key("measures"),
    )
    return tuple(chosen)

"""Where the page writes to the ledger; the only place that reads the clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import streamlit as st

from dashboard.escape import for_markdown
from dashboard.frame import Frame
from dashboard.i18n import t
from dashboard.road_queries import Roads
from dashboard.road_words import missing_words
from data.derived.sections import save_run
from data.derived.sections_runs import METHOD
from data.ledger import Ledger, NewHazard
from geo.errors import HazardError, SafetyError

_NOTE = "road_note"


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def today(frame: Frame) -> date:
    """The day in the region."""
    return now().astimezone(ZoneInfo(frame.region.timezone)).date()


def act(frame: Frame, step: Callable[[Ledger], object], done: str) -> bool:
    """Take one step in a transaction of its own, and keep what to say about it."""
    try:
        with frame.store.ledger() as desk:
            step(desk)
    except SafetyError as error:
        missing = error.missing if isinstance(error, HazardError) else ()
        words = t("common.and").join(missing_words(missing)) or str(error)
        st.session_state[_NOTE] = ("error", t("steps.refused", why=words))
        return False
    st.session_state[_NOTE] = ("done", done)
    return True


def action_note() -> None:
    """What the last step did, or why it was refused."""
    kind, words = st.session_state.pop(_NOTE, (None, ""))
    if kind == "error":
        st.error(for_markdown(words))
    elif kind == "done":
        st.toast(for_markdown(words))


def enter_hazard(
    frame: Frame, roads: Roads, at: int, *, name: str, role: str, on: date, note: str
) -> bool:
    """Enter a screened stretch as found, with the screening that found it."""
    item = roads.items.iloc[at]
    try:
        section_id = _section_id(frame, roads, str(item["route_code"]), item["chain_from_m"])
    except SafetyError as error:
        st.session_state[_NOTE] = ("error", t("steps.refused", why=str(error)))
        return False
    grade = item["protection_grade"] or None
    new = NewHazard(name=name, section_id=section_id, protection_grade=grade, note=note)
    return act(
        frame,
        lambda desk: desk.open_hazard(new, role=role, on=on, at=now()),
        t("steps.entered"),
    )


def _section_id(frame: Frame, roads: Roads, route_code: str, chain_from_m: float) -> int:
    """Number of a section in its saved screening, which is saved unless it was before."""
    run = roads.run
    said = json.loads(json.dumps(asdict(run.facts)))
    with frame.store.ledger_reader() as reader:
        runs = reader.runs()
        same = runs[(runs["method"] == METHOD) & (runs["data_version"] == run.facts.version)]
        saved = [int(number) for number, known in same["parameters"].items() if known == said]
    run_id = saved[0] if saved else save_run(frame.store, run, at=now())
    with frame.store.ledger_reader() as reader:
        sections = reader.sections(run_id)
    is_own = (sections["route_code"] == route_code).to_numpy() & np.isclose(
        sections["chain_from_m"].to_numpy(dtype=float), chain_from_m, atol=1e-3
    )
    return int(sections.index[np.flatnonzero(is_own)[0]])

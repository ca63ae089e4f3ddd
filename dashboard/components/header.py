"""Head of every desk page: title, marks, data date and the language switch."""

from __future__ import annotations

import streamlit as st

from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import LANGUAGES, language, localized, t
from dashboard.state import day_of


def page_header(frame: Frame, page: str) -> None:
    """Title line of ``page`` (already translated) with everything that marks the data."""
    title, switch = st.columns([5, 1], vertical_alignment="center")
    facts = [f'<span class="mark">{for_html(mark)}</span>' for mark in marks(frame)]
    if len(frame.columns):
        newest = day_of(frame.columns.day[-1]).isoformat()
        facts.append(f"<span>{for_html(t('mark.as_of', day=newest))}</span>")
    facts.append(f"<span>{for_html(t('mark.version', version=frame.version))}</span>")
    name = for_html(t("app.title", region=localized(dict(frame.region.names))))
    title.html(
        f'<div class="pa-title"><b>{name}</b><span>{for_html(page)}</span>{"".join(facts)}</div>'
    )
    with switch.container(horizontal=True, horizontal_alignment="right"):
        language_switch()


def marks(frame: Frame) -> list[str]:
    """Words that must stand on every page: demo data, schematic borders."""
    words = [t("mark.demo")] if frame.is_demo else []
    return words + ([t("mark.schematic")] if frame.region.is_schematic else [])


def language_switch() -> None:
    """中文 / English; the choice goes into the address as ``lang``."""
    st.segmented_control(
        t("common.language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        default=language(),
        required=True,
        key="language_switch",
        on_change=_take_language,
        label_visibility="collapsed",
    )


def _take_language() -> None:
    # Kept apart from the widget's own key, which is forgotten on pages without the switch.
    st.session_state["language"] = st.session_state["language_switch"]

"""Above the hot-spot map: the method, and the few settings that belong to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from dashboard.hotspot_state import CHOICES, HotspotView, change_hotspots, hotspot_view
from dashboard.i18n import label, t

Words = Callable[[Any], str]


def method_controls(*, has_people: bool, scale: int) -> None:
    """Draw the controls; a change is in :func:`hotspot_view` before the rerun.

    ``has_people`` says whether residents are known, without which there is no rate; lengths are
    shown ``scale`` times as long.
    """
    view = hotspot_view()
    with st.container(horizontal=True, vertical_alignment="bottom", key="hotspot_controls"):
        _choice("method", t("hotspots.method"), view)
        _SETTINGS[view.method](view, has_people, partial(_metres, scale))


def _density(view: HotspotView, has_people: bool, metres: Words) -> None:
    _choice("bandwidth_m", t("hotspots.bandwidth"), view, words=metres)
    _choice("kernel", t("hotspots.kernel"), view)
    _switch("is_adaptive", t("hotspots.adaptive"), view, help_text=t("hotspots.adaptive_help"))
    _switch(
        "per_people",
        t("hotspots.per_people"),
        view,
        help_text=t("hotspots.per_people_help"),
        disabled=view.is_adaptive or not has_people,
    )


def _significance(view: HotspotView, _: bool, metres: Words) -> None:
    _choice("cell_m", t("hotspots.cell"), view, words=metres)
    _choice("shape", t("hotspots.shape"), view)
    _choice("measure", t("hotspots.measure"), view)


def _emerging(view: HotspotView, _: bool, metres: Words) -> None:
    _choice("wide_cell_m", t("hotspots.cell"), view, words=metres)


def _forecast(view: HotspotView, _: bool, metres: Words) -> None:
    _choice("horizon", t("hotspots.horizon"), view)
    if view.horizon == "shift":
        _choice("shift", t("hotspots.shift"), view)
    _choice("cell_m", t("hotspots.cell"), view, words=metres)
    _switch("is_harm_weighted", t("hotspots.harm"), view, help_text=t("hotspots.harm_help"))
    _switch(
        "include_discovered",
        t("hotspots.discovered"),
        view,
        help_text=t("hotspots.discovered_help"),
    )


_SETTINGS: dict[str, Callable[[HotspotView, bool, Words], None]] = {
    "density": _density,
    "significance": _significance,
    "emerging": _emerging,
    "forecast": _forecast,
}


def _choice(
    name: str,
    title: str,
    view: HotspotView,
    *,
    words: Words | None = None,
) -> None:
    st.segmented_control(
        title,
        CHOICES[name],
        format_func=words or (lambda code: label(name, code)),
        default=getattr(view, name),
        required=True,
        key=f"hotspot_{name}",
        on_change=_take,
        args=(name,),
        width="content",
    )


def _switch(
    name: str, title: str, view: HotspotView, *, help_text: str, disabled: bool = False
) -> None:
    st.toggle(
        title,
        value=getattr(view, name),
        help=help_text,
        disabled=disabled,
        key=f"hotspot_{name}",
        on_change=_take,
        args=(name,),
        width="content",
    )


def _take(name: str) -> None:
    change_hotspots(**{name: st.session_state[f"hotspot_{name}"]})


def _metres(scale: int, value: int) -> str:
    return t("hotspots.metres", value=f"{scale * value}")

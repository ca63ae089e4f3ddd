"""Below the hot-spot map: when, how concentrated, how contagious. One at a time is made."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.analysis import concentration, near_repeat
from dashboard.charts import show, week_chart
from dashboard.components import markup
from dashboard.frame import Frame
from dashboard.hotspot_charts import lorenz_chart, near_repeat_chart
from dashboard.hotspot_state import PANELS, HotspotView, change_hotspots
from dashboard.i18n import label, t
from dashboard.queries import summary
from geo.selection import IncidentSelection

_KEY = "hotspot_panel"


def hotspot_panels(frame: Frame, selection: IncidentSelection, view: HotspotView) -> None:
    """The panel chosen: a picture, and beside it what it says in plain words."""
    st.segmented_control(
        t("common.view"),
        PANELS,
        format_func=lambda name: label("hotspot_panel", name),
        default=view.panel,
        required=True,
        key=_KEY,
        on_change=lambda: change_hotspots(panel=st.session_state[_KEY]),
        label_visibility="collapsed",
    )
    picture, words = st.columns([2.2, 1], gap="medium")
    with picture, st.spinner(t("hotspots.measuring"), show_time=False):
        said = _PANELS[view.panel](frame, selection, view)
    with words:
        markup.card(label("hotspot_panel", view.panel), said)


def _week(frame: Frame, selection: IncidentSelection, _: HotspotView) -> list[str]:
    numbers = summary(frame, selection)
    show(week_chart(numbers.week))
    said = [t("week.help")]
    if numbers.week.sum():
        day, hour = divmod(int(numbers.week.argmax()), 24)
        said.insert(
            0,
            t(
                "week.peak",
                day=label("weekday", day),
                hour=hour,
                count=f"{numbers.week.max():,}",
            ),
        )
    if numbers.untimed:
        said.append(t("chart.week_note", count=f"{numbers.untimed:,}"))
    return said


def _concentration(frame: Frame, selection: IncidentSelection, view: HotspotView) -> list[str]:
    tables = concentration(frame, selection, view).tables
    if tables["concentration"].empty:
        return [label("note", "too_few_events")]
    found = tables["concentration"].iloc[0]
    holding = {share / 100: float(found[f"holding_{share}"]) for share in (25, 50, 80)}
    show(lorenz_chart(tables["lorenz"], holding))
    return [
        t("concentration.half", share=f"{holding[0.5]:.1%}", cell=f"{view.cell_m}"),
        t(
            "concentration.gini",
            gini=f"{found['gini']:.2f}",
            sparse=f"{found['gini_sparse']:.2f}",
        ),
        t("concentration.help"),
    ]


def _near_repeat(frame: Frame, selection: IncidentSelection, _: HotspotView) -> list[str]:
    result = near_repeat(frame, selection)
    pairs, roles = result.tables["near_repeat"], result.tables["roles"]
    if pairs.empty:
        return [label("note", result.facts.parameters["note"])]
    show(near_repeat_chart(pairs))
    of_role = dict(zip(roles["role"], roles["events"], strict=True))
    total = max(sum(of_role.values()), 1)
    followed = of_role.get("repeat", 0) + of_role.get("near_repeat", 0)
    return [
        t("near_repeat.help"),
        t("near_repeat.roles", share=f"{followed / total:.0%}"),
        t(
            "near_repeat.used",
            events=f"{result.facts.events:,}",
            left_out=f"{result.facts.too_coarse + result.facts.outside:,}",
        ),
    ]


_PANELS: dict[str, Callable[[Frame, IncidentSelection, HotspotView], list[str]]] = {
    "week": _week,
    "concentration": _concentration,
    "near_repeat": _near_repeat,
}

"""The texts of the command wall: head line, number column and ranking."""

from __future__ import annotations

import streamlit as st

from dashboard.components import markup
from dashboard.components.header import marks
from dashboard.components.kpis import kpi_tiles
from dashboard.components.layers import Drawing
from dashboard.components.scenes import SCENES, is_paused, next_scene, toggle_pause
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, language, localized, t
from dashboard.queries import Summary, unit_names

TOP_UNITS = 5


def wall_head(frame: Frame, scene: str, start: str, end: str) -> None:
    """Title, scene, period and the marks that say what the data is."""
    name = t("app.title", region=localized(dict(frame.region.names)))
    mark = " · ".join(marks(frame))
    badge = f'<span class="mark">{for_html(mark)}</span>' if mark else ""
    markup.show(
        f'<div class="wall-head"><b>{for_html(name)}</b>'
        f"<em>{for_html(label('scene', scene))}</em>"
        f"<span>{for_html(t('legend.period', start=start, end=end))}</span>{badge}</div>"
    )


def wall_numbers(summary: Summary) -> None:
    """The big numbers: all incidents, then deaths and injured."""
    tiles = kpi_tiles(summary.now, summary.before, css="wall-kpi")[:3]
    markup.show(f'<div class="wall-kpis">{"".join(tiles)}</div>')


def wall_legend(drawing: Drawing) -> None:
    """What the marks on the map mean."""
    markup.show(f'<div class="wall-legend">{"".join(drawing.legend)}</div>')


def wall_ranking(frame: Frame, summary: Summary) -> None:
    """Units with most incidents as bars."""
    names = unit_names(frame, language())
    top = summary.units[summary.units > 0].sort_values(ascending=False).head(TOP_UNITS)
    rows = [
        f'<div class="row"><s style="width:{100 * count / top.iloc[0]:.0f}%"></s>'
        f"<b>{for_html(names.get(code, code))}</b><span>{count:,}</span></div>"
        for code, count in top.items()
    ]
    body = "".join(rows) or f'<div class="pa-quiet">{for_html(t("empty.filter"))}</div>'
    markup.show(f'<div class="wall-rank"><h4>{for_html(t("wall.top_units"))}</h4>{body}</div>')


def wall_controls(index: int) -> None:
    """Dots for the scenes, pause, next, leave; small, for whoever stands at the desk."""
    with st.container(
        key="wall_controls",
        horizontal=True,
        vertical_alignment="center",
        gap="small",
        wrap=False,
    ):
        dots = "".join(
            f'<i class="{"on" if place == index else ""}"></i>' for place in range(len(SCENES))
        )
        markup.show(f'<div class="wall-dots">{dots}</div>', width="content")
        if st.button(
            t("wall.resume") if is_paused() else t("wall.pause"), on_click=toggle_pause
        ):
            st.rerun()  # the timer belongs to the page, not to the fragment
        st.button(t("wall.next"), on_click=next_scene)
        if st.button(t("wall.leave")):
            st.switch_page("pages/atlas.py")

"""From the hot-spot view to its result: what is measured, while the reader sees progress."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.analysis import emerging, forecast, learnt_from, significance, surface_of
from dashboard.components.hotspot_map import draw_cells, draw_surface
from dashboard.components.layers import Drawing
from dashboard.frame import Frame
from dashboard.hotspot_state import HotspotView
from dashboard.i18n import t
from dashboard.tiles import heat_measure
from data.derived.results import Facts, Result
from geo.errors import SafetyError
from geo.selection import IncidentSelection


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What the page shows; ``result`` is ``None`` for a density, which has no cells.

    ``selection`` holds the incidents that entered: a forecast learns from before the period.
    """

    selection: IncidentSelection
    facts: Facts
    drawing: Drawing
    result: Result | None

    @property
    def is_blank(self) -> bool:
        """Whether the map has nothing of the method to show."""
        if self.result is None:
            return not self.facts.events
        return self.result.cells.empty


def measure(frame: Frame, selection: IncidentSelection, view: HotspotView) -> Measured | None:
    """Result of the chosen method, or ``None`` after saying why there is none."""
    if view.method == "forecast":
        selection = learnt_from(selection)
    try:
        if view.method == "density":
            bandwidth_m = float(view.bandwidth_m)
            facts = heat_measure(frame, selection, bandwidth_m, surface_of(view))[1]
            drawing = draw_surface(frame, selection, view)
            return Measured(selection=selection, facts=facts, drawing=drawing, result=None)
        result = _result(frame, selection, view)
    except SafetyError:
        st.info(t("hotspots.impossible"))
        return None
    drawing = draw_cells(frame, selection, view, result)
    return Measured(selection=selection, facts=result.facts, drawing=drawing, result=result)


def _result(frame: Frame, selection: IncidentSelection, view: HotspotView) -> Result:
    if view.method == "forecast":
        bar = st.empty()

        def progress(done: int, windows: int) -> None:
            # A shift has many windows: about twenty messages are enough for an eye.
            if done % max(1, windows // 20) == 0:
                text = t("backtest.running", done=done, windows=windows)
                bar.progress(done / windows, text)

        result = forecast(frame, selection, view, progress)
        bar.empty()
        return result
    with st.spinner(t("hotspots.measuring")):
        of_method = significance if view.method == "significance" else emerging
        return of_method(frame, selection, view)

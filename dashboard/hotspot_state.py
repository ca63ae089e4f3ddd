"""What the hot-spot page shows beyond the selection, as one value that lives in the URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

METHODS: tuple[str, ...] = ("density", "significance", "emerging", "forecast")
PANELS: tuple[str, ...] = ("week", "concentration", "near_repeat")

# Field → its choices, in the order they are offered.
CHOICES: dict[str, tuple[Any, ...]] = {
    "method": METHODS,
    "cell_m": (250, 500, 1000),
    "wide_cell_m": (500, 1000, 2000),
    "shape": ("square", "hex"),
    "measure": ("spot", "cluster"),
    "bandwidth_m": (500, 1000, 2000),
    "kernel": ("quartic", "epanechnikov", "gaussian"),
    "is_adaptive": (False, True),
    "per_people": (False, True),
    "horizon": ("week", "shift"),
    "shift": (0, 1, 2),
    "is_harm_weighted": (False, True),
    "include_discovered": (False, True),
    "panel": PANELS,
}

# Field → short name in the address.
_PARAMETERS = {
    "method": "method",
    "cell_m": "grid",
    "wide_cell_m": "coarse",
    "shape": "shape",
    "measure": "show",
    "bandwidth_m": "bandwidth",
    "kernel": "kernel",
    "is_adaptive": "adaptive",
    "per_people": "perpeople",
    "horizon": "horizon",
    "shift": "shift",
    "is_harm_weighted": "harm",
    "include_discovered": "discovered",
    "panel": "panel",
    "cell": "cell",
}
_KEY = "hotspot_view"
_CELL = re.compile(r"-?\d{1,3}\.\d{4},-?\d{1,2}\.\d{4}")


@dataclass(frozen=True, kw_only=True)
class HotspotView:
    """Method, its settings, the panel below the map and the cell whose numbers are open.

    ``wide_cell_m`` is the cell of the emerging hot spots, which need more events each.
    ``shift`` 0, 1, 2 begins at 0, 8, 16 h and only counts when ``horizon`` is ``"shift"``.
    ``cell`` is named by its middle, ``"lon,lat"``. Lengths are those of a county, see
    :meth:`scaled`.
    """

    method: str = "significance"
    cell_m: int = 500
    wide_cell_m: int = 1000
    shape: str = "square"
    measure: str = "spot"
    bandwidth_m: int = 1000
    kernel: str = "quartic"
    is_adaptive: bool = False
    per_people: bool = False
    horizon: str = "week"
    shift: int = 2
    is_harm_weighted: bool = False
    include_discovered: bool = False
    panel: str = "week"
    cell: str | None = None

    def scaled(self, scale: int) -> HotspotView:
        """The view with the lengths of a region that many times wider than a county."""
        return replace(
            self,
            cell_m=self.cell_m * scale,
            wide_cell_m=self.wide_cell_m * scale,
            bandwidth_m=self.bandwidth_m * scale,
        )

    def to_params(self) -> dict[str, str]:
        """The shortest address parameters that give this view back."""
        base = HotspotView()
        return {
            parameter: _text(getattr(self, name))
            for name, parameter in _PARAMETERS.items()
            if getattr(self, name) != getattr(base, name)
        }

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> HotspotView:
        """The view an address describes; what cannot be understood is left out."""
        values: dict[str, Any] = {}
        for name, choices in CHOICES.items():
            by_text = {_text(choice): choice for choice in choices}
            text = params.get(_PARAMETERS[name])
            if text in by_text:
                values[name] = by_text[text]
        cell = params.get(_PARAMETERS["cell"], "")
        if _CELL.fullmatch(cell):
            values["cell"] = cell
        return cls(**values)


def hotspot_view() -> HotspotView:
    """The session's hot-spot view, read from the address when the session is new."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = HotspotView.from_params(st.query_params)
    return st.session_state[_KEY]


def change_hotspots(**values: Any) -> None:
    """Replace some fields of the session's hot-spot view.

    A cell belongs to its grid: when that changes, the cell is closed.
    """
    before = hotspot_view()
    after = replace(before, **values)
    if _grid(before) != _grid(after):
        after = replace(after, cell=None)
    st.session_state[_KEY] = after


def _grid(view: HotspotView) -> tuple[object, ...]:
    return view.method, view.cell_m, view.wide_cell_m, view.shape


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)

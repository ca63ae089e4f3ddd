"""Map elements as declarations: Python names layers by URL, ``atlas.js`` draws them.

Everything reaches the page through :func:`dashboard.escape.for_script`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from branca.element import MacroElement
from folium.template import Template

from dashboard.escape import for_script

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One thing on the map.

    Parameters
    ----------
    slot
        Place on the map, e.g. ``"heat"``; a new layer in a slot updates the old one in
        place, so nothing flickers and data already fetched is kept.
    kind
        Name of the drawing class in ``atlas.js``.
    options
        JSON values for that class: URLs, filters and colours, never records.
    shown, left_out
        Records drawn, and records that match but are placed too coarsely to be drawn here.
    """

    slot: str
    kind: str
    options: dict[str, object] = field(default_factory=dict)
    shown: int = 0
    left_out: int = 0


class Reset(MacroElement):
    """Forget the feature groups shown before; streamlit-folium only ever adds to its list."""

    _template = Template(
        "{% macro script(this, kwargs) %}window.feature_group = [];{% endmacro %}"
    )


class Scene(MacroElement):
    """The complete set of layers: those of earlier scenes that are not in it are removed."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "Atlas.show(map_div, {{ this.layers }}, {{ this.fit }});"
        "{% endmacro %}"
    )

    def __init__(self, layers: Sequence[Layer], fit: Bounds | None) -> None:
        super().__init__()
        self._name = "Scene"
        self.layers = for_script(
            [{"slot": la.slot, "kind": la.kind, "options": la.options} for la in layers]
        )
        self.fit = for_script(fit)

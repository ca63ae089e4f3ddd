"""From the view to the layers of the map and their legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.maps.elements import Layer
from dashboard.maps.layers import (
    hazards_layer,
    heat_layer,
    places_layer,
    points_layer,
    sites_layer,
    units_layer,
)
from dashboard.maps.legend import Swatch, heat_legend, site_swatches, swatch_legend
from dashboard.palette import DOMAIN_COLOURS, STATUS_COLOURS, Theme, ramp_hex
from dashboard.queries import class_breaks, hazards, sites, summary
from geo.selection import IncidentSelection
from geo.vocabulary import CATEGORIES, SITE_KINDS, Domain

BANDWIDTH_M = 1000.0
CRIMES = CATEGORIES[Domain.CRIME]
ACCIDENTS = CATEGORIES[Domain.TRAFFIC] + CATEGORIES[Domain.WORK_SAFETY]

# Layer of the view → what it is made of.
SITE_LAYERS: dict[str, tuple[str, ...]] = {
    "mines": ("coal_mine", "noncoal_mine"),
    "cameras": ("camera",),
    "posts": ("patrol_post",),
}
SITE_LAYERS["sites"] = tuple(
    kind for kind in SITE_KINDS if not any(kind in kinds for kinds in SITE_LAYERS.values())
)
HAZARD_LAYERS: dict[str, tuple[str, ...]] = {
    "sections": ("road_section",),
    "spots": ("disorder_spot", "site_hazard"),
}


@dataclass(frozen=True)
class Drawing:
    """Layers from the bottom up, and their legend as escaped HTML."""

    layers: list[Layer]
    legend: list[str]


def draw(
    frame: Frame, layers: Sequence[str], selection: IncidentSelection, theme: Theme
) -> Drawing:
    """Everything the chosen ``layers`` put on the map for ``selection``."""
    drawn: list[Layer] = []
    legend: list[str] = []
    _add_units(frame, "units" in layers, selection, theme, drawn, legend)
    if "hotspots" in layers:
        _add_hotspots(frame, selection, theme, drawn, legend)
    if "villages" in layers:
        drawn.append(places_layer(frame))
    kinds = [kind for name, group in HAZARD_LAYERS.items() if name in layers for kind in group]
    if kinds:
        drawn.append(hazards_layer(frame, kinds=kinds))
        seen = _present(hazards(frame), "hazard_kind", kinds, "status")
        legend.append(swatch_legend(t("legend.status"), _status_swatches(seen)))
    _add_points(frame, layers, selection, drawn, legend)
    kinds = [kind for name, group in SITE_LAYERS.items() if name in layers for kind in group]
    if kinds:
        drawn.append(sites_layer(frame, kinds))
        seen = _present(sites(frame), "site_kind", kinds, "site_kind")
        labels = {kind: label("site_kind", kind) for kind in seen}
        legend.append(swatch_legend(t("legend.sites"), site_swatches(seen, labels)))
    return Drawing(drawn, legend)


def layer_counts(frame: Frame, counts: dict[str, int]) -> dict[str, int]:
    """Objects each layer would show; ``counts`` are incidents by category."""
    of_site = sites(frame)["site_kind"].value_counts()
    of_hazard = hazards(frame)["hazard_kind"].value_counts()
    crimes = sum(counts[code] for code in CRIMES)
    return {
        "accidents": sum(counts[code] for code in ACCIDENTS),
        "cases": crimes,
        "hotspots": crimes,
        "units": len(frame.region.units),
        "villages": len(frame.region.places),
        **{name: int(of_site.reindex(kinds).sum()) for name, kinds in SITE_LAYERS.items()},
        **{name: int(of_hazard.reindex(kinds).sum()) for name, kinds in HAZARD_LAYERS.items()},
    }


def within(selection: IncidentSelection, categories: Sequence[str]) -> IncidentSelection:
    """``selection`` cut down to ``categories``."""
    chosen = selection.categories
    kept = [code for code in categories if chosen is None or code in chosen]
    return replace(selection, categories=tuple(kept))


def _add_units(
    frame: Frame,
    filled: bool,
    selection: IncidentSelection,
    theme: Theme,
    drawn: list[Layer],
    legend: list[str],
) -> None:
    if not filled:
        drawn.append(units_layer(frame))
        return
    counts = summary(frame, selection).units
    period = IncidentSelection(day_from=selection.day_from, day_to=selection.day_to)
    breaks = class_breaks(summary(frame, period).units.to_numpy())
    ramp = ramp_hex(theme, max(len(breaks), 2))
    fills = unit_fills(counts, breaks, ramp)
    notes = {code: t("legend.count", count=f"{count:,}") for code, count in counts.items()}
    drawn.append(units_layer(frame, fills, notes=notes))
    lower = [1, *(step + 1 for step in breaks[:-1])]
    swatches = [
        Swatch(colour=colour, shape="square", label=_span(first, last))
        for first, last, colour in zip(lower, breaks, ramp, strict=False)
    ]
    legend.append(swatch_legend(t("legend.units"), swatches, note=t("legend.unit_scale")))


def unit_fills(counts: pd.Series, breaks: Sequence[int], ramp: Sequence[str]) -> dict[str, str]:
    """Unit code → colour of its class; units without incidents stay unfilled."""
    if not breaks:
        return {}
    some = counts[counts > 0]
    classes = np.minimum(np.searchsorted(breaks, some.to_numpy()), len(breaks) - 1)
    return {code: ramp[place] for code, place in zip(some.index, classes, strict=True)}


def _add_hotspots(
    frame: Frame,
    selection: IncidentSelection,
    theme: Theme,
    drawn: list[Layer],
    legend: list[str],
) -> None:
    layer = heat_layer(frame, within(selection, CRIMES), theme, bandwidth_m=BANDWIDTH_M)
    drawn.append(layer)
    note = [
        t("legend.method", bandwidth=f"{BANDWIDTH_M:g}"),
        t("legend.heat_scale"),
        *_drawn_note(layer),
    ]
    if layer.shown:
        title = t("legend.hotspots")
        legend.append(
            heat_legend(
                frame, theme, bandwidth_m=BANDWIDTH_M, title=title, note=t("legend.join").join(note)
            )
        )


def _add_points(
    frame: Frame,
    layers: Sequence[str],
    selection: IncidentSelection,
    drawn: list[Layer],
    legend: list[str],
) -> None:
    categories = (ACCIDENTS if "accidents" in layers else ()) + (
        CRIMES if "cases" in layers else ()
    )
    if not categories:
        return
    layer = points_layer(frame, within(selection, categories))
    drawn.append(layer)
    domains = [d for d in Domain if set(CATEGORIES[d]) & set(categories)]
    swatches = [Swatch(colour=DOMAIN_COLOURS[d], label=label("domain", d)) for d in domains]
    note = t("legend.join").join(_drawn_note(layer))
    legend.append(swatch_legend(t("legend.points"), swatches, note=note))


def _drawn_note(layer: Layer) -> list[str]:
    notes = [t("legend.drawn", drawn=f"{layer.shown:,}")]
    if layer.left_out:
        notes.append(t("legend.excluded", excluded=f"{layer.left_out:,}"))
    return notes


def _status_swatches(statuses: Sequence[str]) -> list[Swatch]:
    return [
        Swatch(colour=STATUS_COLOURS[status], shape="line", label=label("hazard_status", status))
        for status in STATUS_COLOURS
        if status in statuses
    ]


def _present(
    table: pd.DataFrame, column: str, kinds: Sequence[str], wanted: str
) -> list[str]:
    """Values of ``wanted`` that occur among the rows whose ``column`` is in ``kinds``."""
    values = table.loc[table[column].isin(kinds), wanted].dropna()
    return sorted({str(value) for value in values})


def _span(first: int, last: int) -> str:
    return f"{first:,}" if first == last else f"{first:,}–{last:,}"

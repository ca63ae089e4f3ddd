"""From the view to the layers of the map and their legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dashboard.frame import Frame
from dashboard.i18n import label, t
from dashboard.maps.elements import Layer
from dashboard.maps.layers import (
    UNITS_OPACITY,
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
SEPARATOR = " · "
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
    frame: Frame,
    layers: Sequence[str],
    selection: IncidentSelection,
    theme: Theme,
    *,
    is_brief: bool = False,
) -> Drawing:
    """Everything the chosen ``layers`` put on the map for ``selection``.

    A brief legend names the marks only; a full one also says the method, how many are
    drawn and how many are left out.
    """
    sheet = _Sheet(frame, selection, theme, is_brief)
    sheet.units(is_filled="units" in layers)
    if "hotspots" in layers:
        sheet.hotspots()
    if "villages" in layers:
        sheet.layers.append(places_layer(frame))
    sheet.hazards(_kinds(HAZARD_LAYERS, layers))
    sheet.points(
        (ACCIDENTS if "accidents" in layers else ()) + (CRIMES if "cases" in layers else ())
    )
    sheet.sites(_kinds(SITE_LAYERS, layers))
    return Drawing(sheet.layers, sheet.legend)


class _Sheet:
    """Layers and legend growing together, from the bottom up."""

    def __init__(
        self, frame: Frame, selection: IncidentSelection, theme: Theme, is_brief: bool
    ) -> None:
        self.frame, self.selection, self.theme = frame, selection, theme
        self.is_brief = is_brief
        self.layers: list[Layer] = []
        self.legend: list[str] = []

    def units(self, *, is_filled: bool) -> None:
        frame, selection = self.frame, self.selection
        if not is_filled:
            self.layers.append(units_layer(frame))
            return
        counts = summary(frame, selection).units
        period = IncidentSelection(day_from=selection.day_from, day_to=selection.day_to)
        breaks = class_breaks(summary(frame, period).units.to_numpy())
        ramp = ramp_hex(self.theme, max(len(breaks), 2))
        notes = {code: t("legend.count", count=f"{count:,}") for code, count in counts.items()}
        self.layers.append(units_layer(frame, unit_fills(counts, breaks, ramp), notes=notes))
        lower = [1, *(step + 1 for step in breaks[:-1])]
        swatches = [
            Swatch(
                colour=colour,
                shape="square",
                label=_span(first, last),
                opacity=UNITS_OPACITY,
            )
            for first, last, colour in zip(lower, breaks, ramp, strict=False)
        ]
        self._explain(t("legend.units"), swatches, [t("legend.unit_scale")])

    def hotspots(self) -> None:
        crimes = within(self.selection, CRIMES)
        layer = heat_layer(self.frame, crimes, self.theme, bandwidth_m=BANDWIDTH_M)
        self.layers.append(layer)
        if not layer.shown:
            return
        note = [
            t("legend.method", bandwidth=f"{BANDWIDTH_M:g}"),
            t("legend.heat_scale"),
            *_drawn_note(layer),
        ]
        self.legend.append(
            heat_legend(
                self.frame,
                self.theme,
                bandwidth_m=BANDWIDTH_M,
                title=t("legend.hotspots"),
                note="" if self.is_brief else SEPARATOR.join(note),
            )
        )

    def hazards(self, kinds: Sequence[str]) -> None:
        if kinds:
            self.layers.append(hazards_layer(self.frame, kinds=kinds))
            seen = _present(hazards(self.frame), "hazard_kind", kinds, "status")
            self._explain(t("legend.status"), _status_swatches(seen))

    def points(self, categories: Sequence[str]) -> None:
        if not categories:
            return
        layer = points_layer(self.frame, within(self.selection, categories))
        self.layers.append(layer)
        shown = within(self.selection, categories).categories or ()
        domains = [d for d in Domain if set(CATEGORIES[d]) & set(shown)]
        swatches = [Swatch(colour=DOMAIN_COLOURS[d], label=label("domain", d)) for d in domains]
        self._explain(t("legend.points"), swatches, _drawn_note(layer))

    def sites(self, kinds: Sequence[str]) -> None:
        if kinds:
            self.layers.append(sites_layer(self.frame, kinds))
            seen = _present(sites(self.frame), "site_kind", kinds, "site_kind")
            labels = {kind: label("site_kind", kind) for kind in seen}
            self._explain(t("legend.sites"), site_swatches(seen, labels))

    def _explain(self, title: str, swatches: list[Swatch], notes: Sequence[str] = ()) -> None:
        if swatches:
            note = "" if self.is_brief else SEPARATOR.join(notes)
            self.legend.append(swatch_legend(title, swatches, note=note))


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


def unit_fills(counts: pd.Series, breaks: Sequence[int], ramp: Sequence[str]) -> dict[str, str]:
    """Unit code → colour of its class; units without incidents stay unfilled."""
    if not breaks:
        return {}
    some = counts[counts > 0]
    classes = np.minimum(np.searchsorted(breaks, some.to_numpy()), len(breaks) - 1)
    return {code: ramp[place] for code, place in zip(some.index, classes, strict=True)}


def _kinds(groups: Mapping[str, Sequence[str]], layers: Sequence[str]) -> list[str]:
    return [kind for name, kinds in groups.items() if name in layers for kind in kinds]


def _drawn_note(layer: Layer) -> list[str]:
    notes = [t("legend.drawn", drawn=f"{layer.shown:,}")]
    if layer.left_out:
        notes.append(t("legend.excluded", excluded=f"{layer.left_out:,}"))
    return notes


def _status_swatches(statuses: Sequence[str]) -> list[Swatch]:
    """One swatch per colour: statuses drawn alike share it."""
    words: dict[str, list[str]] = {}
    for status, colour in STATUS_COLOURS.items():
        if status in statuses:
            words.setdefault(colour, []).append(label("hazard_status", status))
    return [
        Swatch(colour=colour, shape="line", label=" / ".join(names))
        for colour, names in words.items()
    ]


def _present(table: pd.DataFrame, column: str, kinds: Sequence[str], wanted: str) -> list[str]:
    """Values of ``wanted`` that occur among the rows whose ``column`` is in ``kinds``."""
    values = table.loc[table[column].isin(kinds), wanted].dropna()
    return sorted({str(value) for value in values})


def _span(first: int, last: int) -> str:
    return f"{first:,}" if first == last else f"{first:,}–{last:,}"

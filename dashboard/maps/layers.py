"""The layers of the map, as declarations of a few hundred bytes each.

layers = [
    units_layer(frame),
    heat_layer(frame, selection, theme, bandwidth_m=500),
    points_layer(frame, selection),
]
st_folium(
    base_map(frame, theme, language),
    feature_group_to_add=layer_group(layers),
    returned_objects=RETURNED_OBJECTS,
)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import folium
import numpy as np

from dashboard import tiles
from dashboard.frame import Frame
from dashboard.maps.elements import Bounds, Layer, Reset, Scene
from dashboard.palette import (
    GRADE_COLOURS,
    STATUS_COLOURS,
    Theme,
    category_colours,
)
from dashboard.rows import rows_of
from dashboard.tiles import Surface
from geo.selection import IncidentSelection
from geo.vocabulary import (
    CATEGORY_CODES,
    HAZARD_KINDS,
    MATCH_CODES,
    SITE_KINDS,
)

# Fills of units let the roads below them show; their legend is as pale.
UNITS_OPACITY = 0.55


def heat_layer(
    frame: Frame,
    selection: IncidentSelection,
    theme: Theme,
    *,
    bandwidth_m: float = 500.0,
    opacity: float = 0.85,
) -> Layer:
    """Density of the selected incidents as raster tiles, double-buffered in the browser.

    Only incidents with ``r95_m <= bandwidth_m`` enter; the others are in ``left_out``.
    """
    rows = rows_of(frame, selection)
    sharp = int(np.count_nonzero(tiles.sharp_enough(frame, bandwidth_m)[rows]))
    query = {"b": bandwidth_m, "s": selection.to_json(), "t": theme}
    return _tiles_layer(frame, query, opacity, shown=sharp, left_out=len(rows) - sharp)


def surface_layer(
    frame: Frame,
    selection: IncidentSelection,
    theme: Theme,
    *,
    bandwidth_m: float,
    surface: Surface,
    opacity: float = 0.85,
) -> Layer:
    """Like :func:`heat_layer`, made the way ``surface`` says."""
    facts = tiles.heat_measure(frame, selection, bandwidth_m, surface)[1]
    query = {
        "b": bandwidth_m,
        "s": selection.to_json(),
        "t": theme,
        "f": asdict(surface),
    }
    left_out = facts.too_coarse + facts.outside
    return _tiles_layer(frame, query, opacity, shown=facts.events, left_out=left_out)


def _tiles_layer(
    frame: Frame, query: dict[str, object], opacity: float, *, shown: int, left_out: int
) -> Layer:
    url = frame.url("heat", "heat/{z}/{x}/{y}.png", query)
    return Layer(
        slot="heat",
        kind="Heat",
        options={"url": url, "opacity": opacity},
        shown=shown,
        left_out=left_out,
    )


def points_layer(frame: Frame, selection: IncidentSelection) -> Layer:
    """Every placed incident, fetched once per data version and filtered in the browser."""
    rows = rows_of(frame, selection)
    placed = int(np.count_nonzero(frame.placed[rows]))
    usual, wanted = category_colours(), category_colours(selection.categories)
    return Layer(
        slot="points",
        kind="Points",
        options={
            "url": frame.url("points", "points.bin"),
            "filter": _browser_filter(selection, frame.columns.unit_codes),
            # Only those that differ from the domain's colour, which the map knows.
            "colours": {
                place: wanted[code]
                for place, code in enumerate(CATEGORY_CODES)
                if wanted[code] != usual[code]
            },
        },
        shown=placed,
        left_out=len(rows) - placed,
    )


def _browser_filter(
    selection: IncidentSelection, unit_codes: Sequence[str]
) -> dict[str, object]:
    """The selection with codes turned into the byte positions of the points payload.

    What allows everything is left out.
    """

    def places(chosen: tuple[str, ...] | None, universe: Sequence[str]) -> list[int] | None:
        if chosen is None:
            return None
        return [universe.index(code) for code in chosen if code in universe]

    worst = selection.worst_match
    wanted = {
        "categories": places(selection.categories, CATEGORY_CODES),
        "severities": selection.severities,
        "dayFrom": selection.day_from,
        "dayTo": selection.day_to,
        "hours": selection.hours,
        "weekdays": selection.weekdays,
        "units": places(selection.units, unit_codes),
        "worstMatch": None if worst is None else MATCH_CODES.index(worst),
    }
    return {name: value for name, value in wanted.items() if value is not None}


def units_layer(
    frame: Frame,
    fills: Mapping[str, str] | None = None,
    *,
    notes: Mapping[str, str] | None = None,
    signs: Mapping[str, str] | None = None,
    hatched: Sequence[str] = (),
    selected: str | None = None,
    opacity: float = UNITS_OPACITY,
) -> Layer:
    """Unit outlines, clickable; with ``fills`` (unit code → hex colour) a choropleth.

    ``notes`` (unit code → text) adds a line to each tooltip, ``signs`` (unit code → a letter or
    two) is written into the area, ``hatched`` areas are striped, ``selected`` is framed.
    """
    options: dict[str, object] = {
        "url": frame.url("units", "units.json"),
        "fills": _by_value(fills or {}),
        "notes": dict(notes or {}),
        "opacity": opacity,
    }
    if signs:
        options["signs"] = _by_value(signs)
    if hatched:
        options["hatched"] = list(hatched)
    if selected:
        options["selected"] = selected
    return Layer(slot="units", kind="Areas", options=options)


def _by_value(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Value → its keys: shorter than key → value when values repeat."""
    keys: dict[str, list[str]] = {}
    for key, value in values.items():
        keys.setdefault(value, []).append(key)
    return keys


def hazards_layer(
    frame: Frame,
    *,
    kinds: Sequence[str] = HAZARD_KINDS,
    statuses: Sequence[str] | None = None,
    colour_by: str = "status",
) -> Layer:
    """Road sections and other hazards, coloured by ``"status"`` or ``"grade"``."""
    return Layer(
        slot="hazards",
        kind="Hazards",
        options={
            "url": frame.url("hazards", "hazards.json"),
            "kinds": list(kinds),
            "statuses": None if statuses is None else list(statuses),
            "by": colour_by,
            "colours": STATUS_COLOURS if colour_by == "status" else GRADE_COLOURS,
        },
    )


def sites_layer(frame: Frame, kinds: Sequence[str] = SITE_KINDS) -> Layer:
    """Mines, key sites, cameras, patrol posts: one mark per site of the given kinds."""
    return Layer(
        slot="sites",
        kind="Marks",
        options={
            "url": frame.url("sites", "sites.json"),
            "kinds": list(kinds),
            "clickKind": "site",
        },
    )


def places_layer(frame: Frame, kinds: Sequence[str] | None = None) -> Layer:
    """Villages and communities of the gazetteer as small dots with names when zoomed in."""
    return Layer(
        slot="places",
        kind="Marks",
        options={
            "url": frame.url("places", "places.json"),
            "kinds": None if kinds is None else list(kinds),
            "marks": {},
            "clickKind": "place",
        },
    )


def layer_group(layers: Sequence[Layer], *, fit: Bounds | None = None) -> folium.FeatureGroup:
    """The feature group to hand to ``st_folium``: exactly these layers, bottom first.

    Parameters
    ----------
    fit
        (west, south, east, north) in degrees to frame, once whenever it changes.
    """
    group = folium.FeatureGroup(name="scene", control=False)
    group.add_child(Reset())
    group.add_child(Scene(layers, fit))
    return group

"""Road sections on the map: published as one text, chosen and coloured in the browser."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import shapely

from dashboard import published
from dashboard.frame import Frame
from dashboard.maps.elements import Layer

_DEGREE = 1e5  # about a metre
_SIMPLER = 2e-5  # degrees; a line on a screen needs no more


def sections_text(
    sections: gpd.GeoDataFrame,
    *,
    classes: Mapping[str, Sequence[str]],
    notes: Sequence[Sequence[str]],
) -> str:
    """JSON of the sections for the map script.

    Parameters
    ----------
    sections
        (n) shapes in EPSG:4326 with a ``key``; a point is drawn as a dot.
    classes
        Way of colouring → (n) colours.
    notes
        (n) lines of each tooltip.
    """
    shapes = shapely.simplify(sections.geometry.to_numpy(), _SIMPLER)
    lines = []
    for shape in shapes:
        parts = [part for part in shapely.get_parts(shape) if not part.is_empty]
        lines.append([_flat(part) for part in parts])
    content = {
        "keys": sections["key"].tolist(),
        "lines": lines,
        "colours": {name: list(colours) for name, colours in classes.items()},
        "notes": [list(note) for note in notes],
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def sections_layer(
    frame: Frame, text: str, *, shown: Sequence[int], colour: str, selected: str
) -> Layer:
    """Those of :func:`sections_text` at positions ``shown``, the first on top.

    Parameters
    ----------
    colour
        Way of colouring.
    selected
        Key of the section to bring out, or "".
    """
    return Layer(
        slot="sections",
        kind="Sections",
        options={
            "url": published.publish(frame, text, "json"),
            "shown": list(shown),
            "by": colour,
            "selected": selected,
        },
        shown=len(shown),
    )


def _flat(shape: shapely.Geometry) -> list[int]:
    points = shapely.get_coordinates(shape)
    whole: list[int] = np.rint(points * _DEGREE).astype(np.int64).ravel().tolist()
    return whole

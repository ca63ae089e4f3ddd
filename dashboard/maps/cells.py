"""Cells of a grid on the map: published as one text, named to the browser by its URL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely

from dashboard import published
from dashboard.frame import Frame
from dashboard.maps.elements import Layer

OPACITY = 0.78
_DEGREE = 1e5  # about a metre


@dataclass(frozen=True, kw_only=True)
class CellClass:
    """How the cells of one class look; ``sign`` is drawn into cells with room for it."""

    label: str
    colour: str
    sign: str = ""

    @property
    def ink(self) -> str:
        """Black or white, whichever reads better on the colour."""
        red, green, blue = (int(self.colour[i : i + 2], 16) for i in (1, 3, 5))
        return "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 150 else "#FFFFFF"


def cell_keys(cells: gpd.GeoDataFrame) -> list[str]:
    """Name of each cell, ``"lon,lat"`` of its middle: the same whatever else is shown."""
    west, south, east, north = shapely.bounds(cells.geometry.to_numpy()).T.reshape(4, -1)
    lon, lat = ((west + east) / 2).tolist(), ((south + north) / 2).tolist()
    return [f"{x:.4f},{y:.4f}" for x, y in zip(lon, lat, strict=True)]


def cells_text(
    cells: gpd.GeoDataFrame,
    *,
    classes: Sequence[CellClass],
    of: Sequence[int],
    notes: Sequence[str],
) -> str:
    """JSON of the cells for the map script.

    Parameters
    ----------
    cells
        (n) polygons in EPSG:4326, drawn in their order.
    of
        (n) place of each cell's class in ``classes``.
    notes
        (n) second line of each tooltip.
    """
    parts, cell = shapely.get_parts(cells.geometry.to_numpy(), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    whole = np.rint(points * _DEGREE).astype(np.int64).ravel()
    ends = 2 * np.searchsorted(ring, np.arange(len(rings) + 1)) if len(rings) else [0]
    content = {
        "classes": [[la.label, la.colour, la.sign, la.ink] for la in classes],
        "of": list(map(int, of)),
        "keys": cell_keys(cells),
        "notes": list(notes),
        "rings": [whole[first:last].tolist() for first, last in pairwise(ends)],
        "owners": cell[part].tolist(),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def cells_layer(frame: Frame, text: str, *, shown: int) -> Layer:
    """``shown`` cells of :func:`cells_text`, clickable; a change is one short URL."""
    url = published.publish(frame, text, "json")
    return Layer(
        slot="cells", kind="Cells", options={"url": url, "opacity": OPACITY}, shown=shown
    )

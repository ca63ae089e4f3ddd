"""The smaller layers as compact JSON: only what the map draws and a click needs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import geopandas as gpd
import shapely

from dashboard.frame import Frame
from dashboard.lru import ByteLru

_DEGREES = 5  # decimals; about a metre
_UNIT_TOLERANCE_M = 20.0
_packed: ByteLru[bytes] = ByteLru(32 << 20, len)


def units(frame: Frame) -> dict[str, object]:
    """Unit polygons, simplified to 20 m with shared borders kept shared."""
    whole = frame.region.units.to_crs(frame.region.metric_crs)
    simple = gpd.GeoSeries(
        shapely.coverage_simplify(whole.geometry.to_numpy(), _UNIT_TOLERANCE_M),
        index=whole.index,
        crs=whole.crs,
    ).to_crs(4326)
    # Where the base map writes the name.
    middles = frame.region.units.geometry.representative_point()
    features = [
        {
            "key": str(code),
            "name": name,
            "middle": [round(middle.x, _DEGREES), round(middle.y, _DEGREES)],
            "rings": _rings(shape),
        }
        for code, name, middle, shape in zip(
            whole.index, whole["name"], middles, simple, strict=True
        )
    ]
    return {"features": features}


def hazards(frame: Frame) -> dict[str, object]:
    """Hazards as lines or points with kind, grade and status."""
    table = frame.store.hazards()
    table = table[~(table.geometry.isna() | table.geometry.is_empty)]
    features = [
        {
            "key": str(key),
            "name": name or "",
            "kind": kind,
            "grade": grade or None,
            "status": status or None,
            "lines": _lines(shape),
        }
        for key, name, kind, grade, status, shape in zip(
            table.index,
            _text(table, "name"),
            _text(table, "hazard_kind"),
            _text(table, "grade"),
            _text(table, "status"),
            table.geometry,
            strict=True,
        )
    ]
    return {"features": features}


def sites(frame: Frame) -> dict[str, object]:
    """Sites as parallel columns."""
    return _marks(frame.store.sites(), "site_kind")


def places(frame: Frame) -> dict[str, object]:
    """Gazetteer places as parallel columns."""
    return _marks(frame.store.places(), "kind")


def packed(frame: Frame, layer: str) -> bytes:
    """Gzip-compressed JSON of ``units``, ``hazards``, ``sites`` or ``places``; cached."""
    key = (frame.region.digest, frame.version, layer)
    return _packed.get(key, lambda: _pack(LAYERS[layer](frame)))


def _pack(content: dict[str, object]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return gzip.compress(text.encode(), 6, mtime=0)


def _marks(table: gpd.GeoDataFrame, kind: str) -> dict[str, object]:
    placed = table[~(table.geometry.isna() | table.geometry.is_empty)]
    points = placed.geometry
    if not (points.geom_type == "Point").all():
        points = points.representative_point()
    return {
        "keys": [str(key) for key in placed.index],
        "names": _text(placed, "name"),
        "kinds": _text(placed, kind),
        "lon": points.x.round(_DEGREES + 1).tolist(),
        "lat": points.y.round(_DEGREES + 1).tolist(),
    }


def _text(table: gpd.GeoDataFrame, column: str) -> list[str]:
    return table[column].astype(object).where(table[column].notna(), "").map(str).tolist()


def _rings(shape: shapely.Geometry) -> list[list[list[float]]]:
    parts = shapely.get_parts(shape)
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    return [_coordinates(ring) for ring in rings]


def _lines(shape: shapely.Geometry) -> list[list[list[float]]]:
    """Every part as a chain of points; a chain of one is a point, polygons give borders."""
    flat: list[list[list[float]]] = []
    for part in shapely.get_parts(shape):
        flat += _rings(part) if part.geom_type == "Polygon" else [_coordinates(part)]
    return flat


def _coordinates(shape: shapely.Geometry) -> list[list[float]]:
    return shapely.get_coordinates(shape).round(_DEGREES).tolist()


LAYERS: dict[str, Callable[[Frame], dict[str, object]]] = {
    "units": units,
    "hazards": hazards,
    "sites": sites,
    "places": places,
}

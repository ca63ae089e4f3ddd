"""The base map: the region's own units, roads and places as PMTiles.

Built once per region pack by GDAL into the cache folder; read by the browser in ranges.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from dashboard.frame import Frame

# name → zooms held in the file (beyond the last one the browser scales).
BASE_SOURCES: dict[str, tuple[int, int]] = {
    "county": (6, 12),
    "units": (6, 13),
    "roads": (6, 13),
    "places": (9, 13),
}
_building = threading.Lock()


def sources(frame: Frame) -> list[str]:
    """Names of the sources this region has anything for."""
    region = frame.region
    empty = {name for name in ("roads", "places") if getattr(region, name).empty}
    return [name for name in BASE_SOURCES if name not in empty]


def source_file(frame: Frame, name: str) -> Path:
    """PMTiles file of one source, built when it is not there yet.

    Raises
    ------
    KeyError
        When ``name`` is not one of :data:`BASE_SOURCES`.
    """
    zooms = BASE_SOURCES[name]
    folder = frame.settings.home / "cache" / f"base-{frame.region.digest[:16]}"
    file = folder / f"{name}.pmtiles"
    with _building:
        if not file.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            _write(_content(frame, name), name, file, zooms)
    return file


def _content(frame: Frame, name: str) -> gpd.GeoDataFrame:
    region = frame.region
    if name == "county":
        whole = region.units.geometry.union_all()
        return gpd.GeoDataFrame({"name": [""]}, geometry=[whole], crs=region.units.crs)
    source: gpd.GeoDataFrame = getattr(region, name)
    wanted = {
        "units": ["name", "name_en"],
        "roads": ["name", "road_class"],
        "places": ["name", "kind"],
    }[name]
    kept = [column for column in wanted if column in source.columns]
    slim = source[[*kept, source.geometry.name]].reset_index()
    if name == "units":
        if "name_en" in slim:
            slim["name_en"] = slim["name_en"].where(
                slim["name_en"].fillna("") != "", slim["name"]
            )
        # Labels need a point that is surely inside; the polygons follow with the borders.
        points = slim.set_geometry(slim.geometry.representative_point()).assign(role="label")
        borders = slim.set_geometry(slim.geometry.boundary).assign(role="border")
        slim = gpd.GeoDataFrame(pd.concat([borders, points], ignore_index=True))
    return slim


def _write(content: gpd.GeoDataFrame, name: str, file: Path, zooms: tuple[int, int]) -> None:
    # Written under another name first: a reader never sees half a file.
    with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        half = Path(scratch) / file.name
        pyogrio.write_dataframe(
            content,
            half,
            driver="PMTiles",
            layer=name,
            dataset_options={"MINZOOM": str(zooms[0]), "MAXZOOM": str(zooms[1])},
        )
        half.replace(file)

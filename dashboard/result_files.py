"""A result as GeoJSON or CSV with everything a reader must know."""

from __future__ import annotations

import json
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from dashboard import export
from dashboard.disclosure import SMALLEST_SHOWN, suppressed, suppressed_tables
from dashboard.result_words import result_marks
from dashboard.state import day_of
from data.derived.results import Result
from data.region import RegionPack
from geo.selection import IncidentSelection

# The table a method is about, where that is not its cells.
MAIN_TABLES = {"near_repeat": "near_repeat", "week": "week"}


def about(
    result: Result,
    region: RegionPack | None,
    selection: IncidentSelection | None,
    *,
    is_internal: bool = False,
) -> dict[str, object]:
    """The facts of a result under fixed English names, with its tables."""
    facts = result.facts
    tables = result.tables if is_internal else suppressed_tables(result)
    return {
        "region": None if region is None else region.code,
        "method": facts.method,
        "parameters": facts.parameters,
        "selection": None if selection is None else json.loads(selection.to_json()),
        "period": [day_of(facts.day_from).isoformat(), day_of(facts.day_to).isoformat()],
        "events": facts.events,
        "too_coarse": facts.too_coarse,
        "outside": facts.outside,
        "left_out": facts.left_out,
        "snapped_share": round(facts.snapped_share, 4),
        "data_version": facts.version,
        "is_demo": facts.is_demo,
        "is_schematic": region is not None and region.is_schematic,
        "mark": result_marks(facts, region),
        "crs": "WGS-84",
        "is_internal": is_internal,
        "counts_hidden_below": None if is_internal else SMALLEST_SHOWN,
        "tables": {name: records(table) for name, table in tables.items()},
    }


def result_geojson(
    result: Result, facts: Mapping[str, object], *, is_internal: bool = False
) -> bytes:
    """RFC 7946 feature collection of the cells with the member ``about``."""
    cells = result.cells if is_internal else suppressed(result)
    collection = {
        "type": "FeatureCollection",
        "about": facts,
        "features": [
            {
                "type": "Feature",
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [
                        [[round(lon, 6), round(lat, 6)] for lon, lat in polygon.exterior.coords]
                    ],
                },
                "properties": properties,
            }
            for polygon, properties in zip(
                cells.geometry, records(cells.drop(columns="geometry")), strict=True
            )
        ],
    }
    return json_text(collection).encode()


def result_csv(
    result: Result, facts: Mapping[str, object], *, is_internal: bool = False
) -> bytes:
    """The cells by their centre, or the table of a method without cells; for Excel.

    The last two columns are the data version and the marks: a table travels alone.
    """
    name = MAIN_TABLES.get(result.facts.method)
    if name is not None:
        table = (result.tables if is_internal else suppressed_tables(result))[name]
    else:
        table = _centred(result.cells if is_internal else suppressed(result))
    table = table.assign(
        data_version=result.facts.version, mark=" · ".join(map(str, facts["mark"]))
    )
    return export.csv(table.replace([np.inf, -np.inf], np.nan))


def records(table: pd.DataFrame) -> list[dict[str, object]]:
    """Rows as JSON values; what is missing or infinite becomes null."""
    columns = {
        str(name): [_plain(value) for value in table[name].tolist()] for name in table.columns
    }
    return [
        dict(zip(columns, values, strict=True))
        for values in zip(*columns.values(), strict=True)
    ]


def json_text(value: object, *, indent: int | None = None) -> str:
    """Compact JSON that every reader accepts: no NaN, no infinity."""
    separators = (",", ":") if indent is None else None
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, separators=separators, indent=indent
    )


def _centred(cells: gpd.GeoDataFrame) -> pd.DataFrame:
    bounds = cells.geometry.bounds
    table = pd.DataFrame(cells.drop(columns="geometry"))
    table.insert(0, "lon", ((bounds["minx"] + bounds["maxx"]) / 2).round(6))
    table.insert(1, "lat", ((bounds["miny"] + bounds["maxy"]) / 2).round(6))
    return table


def _plain(value: object) -> object:
    if value is pd.NA:
        return None
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value

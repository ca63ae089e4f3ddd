"""The current selection as a file: GeoJSON with codes, a workbook with words.

Only the columns of :data:`COLUMNS` ever leave: places, never people. Everything here is
free of the session, because a deferred download runs outside of it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd
import xlsxwriter

from dashboard.escape import for_cell

COLUMNS: tuple[str, ...] = (
    "category",
    "severity",
    "occurred_local",
    "time_precision",
    "unit_code",
    "match_code",
    "r95_m",
    "place_text",
    "route_code",
    "stake_m",
    "deaths",
    "injured",
    "loss_yuan",
    "lon",
    "lat",
    "source",
    "load_id",
)
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Beyond this a workbook opens slowly and its sheet limit is near.
WORKBOOK_ROWS = 200_000


@dataclass(frozen=True, kw_only=True)
class About:
    """What a file says about itself.

    Parameters
    ----------
    facts
        Translated item → translated text, in reading order.
    record
        The same facts under fixed English names, for machines.
    headings
        Column → translated heading.
    labels
        Column → code → word, applied in the workbook.
    sheets
        Names of the data sheet and the facts sheet.
    """

    facts: Mapping[str, str]
    record: Mapping[str, object]
    headings: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[object, str]] = field(default_factory=dict)
    sheets: tuple[str, str] = ("incidents", "about")


def export_table(incidents: gpd.GeoDataFrame) -> pd.DataFrame:
    """The exportable columns that are there, index ``incident_id`` first; times as text."""
    table = pd.DataFrame(incidents.drop(columns="geometry", errors="ignore"))
    table = table.rename_axis(index="incident_id").reset_index()
    table = table[["incident_id", *COLUMNS]]
    table["occurred_local"] = _local_text(table["occurred_local"], table["time_precision"])
    return table


def geojson(incidents: gpd.GeoDataFrame, about: About) -> bytes:
    """RFC 7946 feature collection; unplaced incidents have a null geometry.

    The facts stand in the collection's own member ``about``.
    """
    table = export_table(incidents)
    columns = {
        name: table[name].astype(object).where(table[name].notna(), None).tolist()
        for name in table.columns
    }
    lons, lats = columns.pop("lon"), columns.pop("lat")
    identifiers = columns.pop("incident_id")
    names = list(columns)
    features = [
        {
            "type": "Feature",
            "id": identifier,
            "geometry": None
            if lon is None
            else {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]},
            "properties": dict(zip(names, values, strict=True)),
        }
        for identifier, lon, lat, values in zip(
            identifiers, lons, lats, zip(*columns.values(), strict=True), strict=True
        )
    ]
    collection = {
        "type": "FeatureCollection",
        "about": dict(about.record),
        "features": features,
    }
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def workbook(incidents: gpd.GeoDataFrame, about: About) -> bytes:
    """Two-sheet workbook, words in place of codes; at most :data:`WORKBOOK_ROWS` rows.

    Text stays text: nothing becomes a formula or a link.
    """
    table = export_table(incidents.head(WORKBOOK_ROWS))
    for name, words in about.labels.items():
        table[name] = table[name].map(lambda code, words=words: words.get(code, code))
    return write_workbook(
        {
            about.sheets[0]: table.rename(columns=dict(about.headings)),
            about.sheets[1]: pd.DataFrame(list(about.facts.items())),
        },
        headless=(about.sheets[1],),
    )


def write_workbook(
    sheets: Mapping[str, pd.DataFrame], *, headless: Sequence[str] = ()
) -> bytes:
    """One sheet per frame, every text through :func:`dashboard.escape.for_cell`."""
    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(buffer, options) as book:
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF1F5"})
        for title, table in sheets.items():
            sheet = book.add_worksheet(title[:31])
            first = 0 if title in headless else 1
            if first:
                sheet.write_row(0, 0, [for_cell(str(name)) for name in table.columns], head)
                sheet.freeze_panes(1, 0)
                sheet.autofilter(0, 0, max(len(table), 1), max(table.shape[1] - 1, 0))
            for place, name in enumerate(table.columns):
                values = table[name].astype(object).where(table[name].notna(), None)
                cells = [for_cell(value) for value in values.tolist()]
                sheet.write_column(first, place, cells)
                widest = max((len(str(cell)) for cell in cells[:200]), default=0)
                sheet.set_column(place, place, min(max(widest, len(str(name)), 8) + 2, 60))
    return buffer.getvalue()


def csv(table: pd.DataFrame) -> bytes:
    """CSV with a byte-order mark, so that Excel reads it as UTF-8; cells made inert."""
    safe = table.rename(columns=lambda name: for_cell(str(name)))
    texts = safe.select_dtypes(include=["object", "string", "str"]).columns
    safe = safe.assign(**{name: safe[name].map(for_cell) for name in texts})
    return safe.to_csv(index=False).encode("utf-8-sig")


def _local_text(moments: pd.Series, precision: pd.Series) -> pd.Series:
    """Local wall clock as ISO text, only as exact as the record is."""
    text = moments.dt.strftime("%Y-%m-%dT%H:%M")
    return text.where(precision.astype(str) != "day", moments.dt.strftime("%Y-%m-%d"))

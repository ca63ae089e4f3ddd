"""Buttons that hand out the cells shown; the file is made when one is pressed.

Counts below five never leave this way, see :mod:`dashboard.disclosure`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial

import streamlit as st

from dashboard.analysis import surface_of
from dashboard.components.hotspot_results import Measured
from dashboard.frame import Frame
from dashboard.hotspot_state import HotspotView
from dashboard.i18n import deferred, t
from dashboard.result_files import about, result_csv, result_geojson
from data.derived.density import density_cells
from data.derived.results import Result
from data.region import RegionPack
from geo.selection import IncidentSelection

Written = Callable[[Result, RegionPack, IncidentSelection], bytes]


def hotspot_exports(frame: Frame, view: HotspotView, measured: Measured) -> None:
    """GeoJSON, CSV and PNG of what the map shows."""
    facts, selection = measured.facts, measured.selection
    stem = f"pingan-{frame.region.code}-{facts.method}-{facts.version}"
    make = partial(_result, frame, view, measured)
    files: tuple[tuple[str, str, str, Written], ...] = (
        (t("export.geojson"), "geojson", "application/geo+json", _geojson),
        (t("export.csv"), "csv", "text/csv", _csv),
        (t("export.png"), "png", "image/png", partial(_png, view.measure)),
    )
    with st.container(horizontal=True, key="hotspot_exports"):
        for title, suffix, mime, write in files:
            st.download_button(
                title,
                data=deferred(_file, write, make, frame.region, selection),
                file_name=f"{stem}.{suffix}",
                mime=mime,
                on_click="ignore",
                disabled=measured.is_blank,
                key=f"hotspot_export_{suffix}",
            )


def _result(frame: Frame, view: HotspotView, measured: Measured) -> Result:
    """What the map shows as cells; a density is made into some."""
    if measured.result is not None:
        return measured.result
    return density_cells(
        frame.cases,
        measured.selection,
        bandwidth_m=float(view.bandwidth_m),
        **asdict(surface_of(view)),
    )


def _file(
    write: Written,
    make: Callable[[], Result],
    region: RegionPack,
    selection: IncidentSelection,
) -> bytes:
    return write(make(), region, selection)


def _geojson(result: Result, region: RegionPack, selection: IncidentSelection) -> bytes:
    return result_geojson(result, about(result, region, selection))


def _csv(result: Result, region: RegionPack, selection: IncidentSelection) -> bytes:
    return result_csv(result, about(result, region, selection))


def _png(
    measure: str, result: Result, region: RegionPack, selection: IncidentSelection
) -> bytes:
    # Here and not at the top: the drawing library alone takes longer to load than a page.
    from dashboard.pictures import map_picture

    return map_picture(result, region, selection, measure=measure)

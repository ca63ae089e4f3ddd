"""Buttons that hand out the index; the file is made when one is pressed.

Counts below five never leave this way, see :mod:`dashboard.index_files`.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.export import EXCEL
from dashboard.frame import Frame
from dashboard.i18n import deferred, t
from dashboard.index_files import index_csv, index_geojson, index_workbook
from dashboard.risk_queries import Risk
from data.derived.risk import IndexRun
from data.region import RegionPack

Written = Callable[[IndexRun, RegionPack], bytes]


def risk_exports(frame: Frame, risk: Risk) -> None:
    """Workbook, CSV, GeoJSON and PNG of the index shown."""
    run = risk.run
    stem = f"pingan-{frame.region.code}-index-{run.period}-{run.definition.digest[:8]}"
    files: tuple[tuple[str, str, str, Written], ...] = (
        (t("export.excel"), "xlsx", EXCEL, index_workbook),
        (t("export.csv"), "csv", "text/csv", index_csv),
        (t("export.geojson"), "geojson", "application/geo+json", index_geojson),
        (t("export.png"), "png", "image/png", _picture),
    )
    with st.container(horizontal=True, key="risk_exports"):
        for title, suffix, mime, write in files:
            st.download_button(
                title,
                data=deferred(write, run, frame.region),
                file_name=f"{stem}.{suffix}",
                mime=mime,
                on_click="ignore",
                help=t("risk.export_help"),
                key=f"risk_export_{suffix}",
            )


def _picture(run: IndexRun, region: RegionPack) -> bytes:
    # Here and not at the top: the drawing library is slow to import.
    from dashboard.index_words import index_picture

    return index_picture(run, region)

"""Buttons that export the current selection; the file is made when one is pressed."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard.components.header import marks
from dashboard.export import COLUMNS, EXCEL, About, geojson, workbook
from dashboard.frame import Frame
from dashboard.i18n import label, language, localized, t
from dashboard.queries import unit_names
from geo.selection import IncidentSelection
from geo.vocabulary import CATEGORY_CODES, MATCH_CODES, Severity, TimePrecision


def export_buttons(
    frame: Frame, selection: IncidentSelection, rows: int, start: str, end: str
) -> None:
    """GeoJSON and Excel of ``selection``, which holds ``rows`` incidents."""
    about = about_export(frame, selection, rows, start, end)
    stem = f"pingan-{frame.region.code}-{start}-{end}"
    left, right = st.columns(2)
    left.download_button(
        t("export.geojson"),
        data=partial(_geojson, frame, selection, about),
        file_name=f"{stem}.geojson",
        mime="application/geo+json",
        on_click="ignore",
        disabled=not rows,
        width="stretch",
    )
    right.download_button(
        t("export.excel"),
        data=partial(_workbook, frame, selection, about),
        file_name=f"{stem}.xlsx",
        mime=EXCEL,
        on_click="ignore",
        disabled=not rows,
        width="stretch",
    )


def about_export(
    frame: Frame, selection: IncidentSelection, rows: int, start: str, end: str
) -> About:
    """Everything a reader of the file must know, in the session's language."""
    region, words = localized(dict(frame.region.names)), marks(frame)
    return About(
        facts={
            t("export.region"): region,
            t("export.period"): t("legend.period", start=start, end=end),
            t("export.selection"): selection.to_json(),
            t("export.rows"): str(rows),
            t("export.version"): frame.version,
            t("export.method"): t("export.method_text"),
            t("export.mark"): " · ".join(words) or t("common.none"),
        },
        record={
            "region": frame.region.code,
            "period": [start, end],
            "selection": selection.to_json(),
            "rows": rows,
            "data_version": frame.version,
            "is_demo": frame.is_demo,
            "is_schematic": frame.region.is_schematic,
            "crs": "WGS-84",
            "mark": words,
        },
        headings={name: label("column", name) for name in ("incident_id", *COLUMNS)},
        labels={
            "category": {code: label("category", code) for code in CATEGORY_CODES},
            "severity": {int(code): label("severity", int(code)) for code in Severity},
            "match_code": {str(code): label("match", code) for code in MATCH_CODES},
            "time_precision": {
                str(code): label("time_precision", code) for code in TimePrecision
            },
            "unit_code": dict(unit_names(frame, language())),
        },
        sheets=(t("export.incidents"), t("export.about")),
    )


def _geojson(frame: Frame, selection: IncidentSelection, about: About) -> bytes:
    return geojson(frame.store.incidents(selection), about)


def _workbook(frame: Frame, selection: IncidentSelection, about: About) -> bytes:
    return workbook(frame.store.incidents(selection), about)

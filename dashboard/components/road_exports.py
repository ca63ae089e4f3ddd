"""Official forms, the sheet of the open stretch and the sections as files, made when asked."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.components.header import marks
from dashboard.components.road_facts import fact_rows
from dashboard.export import EXCEL
from dashboard.frame import Frame
from dashboard.i18n import deferred, localized, t
from dashboard.road_export import ministry_workbook, police_workbook, sections_geojson
from dashboard.road_queries import Roads, road_cases
from dashboard.road_state import RoadView
from data.derived.sections_forms import hazard_rows, section_rows

Made = Callable[[Frame, RoadView, Roads], bytes]


def road_exports(frame: Frame, view: RoadView, roads: Roads) -> None:
    """Ministry form, police ledger, GeoJSON, and a page on the open stretch."""
    stem = f"pingan-{frame.region.code}-roads-{roads.run.facts.version}"
    files: tuple[tuple[str, str, str, str, Made], ...] = (
        (t("road_export.ministry"), "ministry", "xlsx", EXCEL, _ministry),
        (t("road_export.police"), "police", "xlsx", EXCEL, _police),
        (t("export.geojson"), "sections", "geojson", "application/geo+json", _geojson),
    )
    with st.container(horizontal=True, key="road_exports", width="content"):
        for title, name, suffix, mime, make in files:
            st.download_button(
                title,
                data=deferred(make, frame, view, roads),
                file_name=f"{stem}-{name}.{suffix}",
                mime=mime,
                on_click="ignore",
                disabled=roads.items.empty,
                key=f"road_export_{name}",
            )
        at = roads.find(view.section)
        st.download_button(
            t("road_export.sheet"),
            data=deferred(_sheet, frame, view, roads),
            file_name=f"{stem}-section.pdf",
            mime="application/pdf",
            on_click="ignore",
            # What only the ledger has was not measured.
            disabled=at is None or at >= len(roads.run.sections),
            help=t("road_export.sheet_help"),
            key="road_export_sheet",
        )


def _ministry(frame: Frame, view: RoadView, roads: Roads) -> bytes:
    return ministry_workbook(_rows(frame, view, roads), _about(frame, roads))


def _police(frame: Frame, view: RoadView, roads: Roads) -> bytes:
    return police_workbook(_rows(frame, view, roads), _about(frame, roads))


def _geojson(frame: Frame, _: RoadView, roads: Roads) -> bytes:
    return sections_geojson(roads.run, frame.region)


def _sheet(frame: Frame, view: RoadView, roads: Roads) -> bytes:
    # The drawing library takes a second to load, and few ask for it.
    from dashboard.sheets import section_sheets

    number = int(roads.run.sections.index[roads.find(view.section) or 0])
    cases = road_cases(frame, view)
    return section_sheets(frame.store, frame.region, roads.run, [number], cases=cases)


def _rows(frame: Frame, view: RoadView, roads: Roads) -> pd.DataFrame:
    """The ledger; while it is empty, what was screened."""
    cases = road_cases(frame, view)
    known = hazard_rows(frame.store, frame.region, run=roads.run, cases=cases)
    return known if len(known) else section_rows(frame.store, frame.region, run=roads.run)


def _about(frame: Frame, roads: Roads) -> dict[str, str]:
    words = " · ".join(marks(frame)) or t("common.none")
    return {
        t("export.region"): localized(dict(frame.region.names)),
        **dict(fact_rows(roads.run.facts)),
        t("export.mark"): words,
    }

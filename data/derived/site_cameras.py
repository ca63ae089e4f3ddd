"""What the cameras of a county cover of its hot spots of crime."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd

from data.derived.cases import Cases
from data.derived.hotspots import significance
from data.derived.results import Result
from data.derived.site_records import as_flags, as_numbers
from geo.hotspots import Spot
from geo.selection import IncidentSelection, day_number
from geo.sites import camera_coverage
from geo.vocabulary import CATEGORIES, Domain


def hot_cells(cases: Cases, as_of: date, *, days: int, cell_m: float) -> gpd.GeoDataFrame:
    """Cells where the crimes of the last ``days`` days are significantly many, with ``value``."""
    last = day_number(as_of)
    selection = IncidentSelection(
        categories=CATEGORIES[Domain.CRIME], day_from=last - days + 1, day_to=last
    )
    return only_hot(significance(cases, selection, cell_m=cell_m))


def only_hot(hotspots: Result) -> gpd.GeoDataFrame:
    """The hot cells of :func:`data.derived.hotspots.significance`."""
    cells = hotspots.cells
    return cells.loc[cells["spot"] == Spot.HOT.value, ["value", "geometry"]]


def cameras_over(
    sites: gpd.GeoDataFrame,
    attributes: pd.DataFrame,
    cells: gpd.GeoDataFrame,
    *,
    metric_crs: str,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Coverage of the hot cells by the cameras among the sites.

    Parameters
    ----------
    attributes
        Of the sites, with ``networked`` and ``range_m`` as texts. A camera is online when its status is.

    Returns
    -------
    One row of counts and shares (:class:`geo.sites.CameraCoverage`) with ``cells`` and ``covered_cells``,
    and the cells with ``is_covered`` and ``area_share``.
    """
    chosen = sites["site_kind"] == "camera"
    cameras = sites.loc[chosen, ["status", "geometry"]].assign(
        is_networked=as_flags(attributes.loc[chosen, "networked"]),
        is_online=sites.loc[chosen, "status"] == "online",
        range_m=as_numbers(attributes.loc[chosen, "range_m"]),
    )
    coverage = camera_coverage(
        cameras.to_crs(metric_crs),
        cells.to_crs(metric_crs),
        weights=cells["value"].astype(float),
    )
    row = {
        "cameras": coverage.cameras,
        "networked": coverage.networked,
        "online": coverage.online,
        "networked_share": coverage.networked_share,
        "online_share": coverage.online_share,
        "assumed_ranges": coverage.assumed_ranges,
        "cells": len(cells),
        "covered_cells": int(coverage.is_covered.sum()),
        "covered_share": coverage.covered_share,
    }
    covered = cells.assign(is_covered=coverage.is_covered, area_share=coverage.area_share)
    return pd.DataFrame([row]), covered

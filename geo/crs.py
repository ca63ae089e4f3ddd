"""Coordinate-system law: stored and shown in WGS-84, measured in metres."""

from __future__ import annotations

import geopandas as gpd
from pyproj import CRS

from geo.errors import CrsError

WGS84 = CRS.from_epsg(4326)


def require_metric(frame: gpd.GeoDataFrame | gpd.GeoSeries, *, what: str) -> None:
    """Raise unless ``frame`` is in a projected CRS whose axes are metres.

    Raises
    ------
    CrsError
        Naming the CRS found and the call that cures it.
    """
    crs = frame.crs
    if crs is None:
        raise CrsError(f"{what} has no CRS; set it with .set_crs(...) before measuring")
    if not crs.is_projected or crs.axis_info[0].unit_name not in {"metre", "meter"}:
        raise CrsError(
            f"{what} is in {crs.to_string()}, which is not metric; "
            "use .to_crs(region.metric_crs) first"
        )


def require_same(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame, *, what: str) -> None:
    """Raise unless both frames are in one CRS."""
    if left.crs != right.crs:
        raise CrsError(
            f"{what}: {left.crs} and {right.crs} differ; bring one over with .to_crs(...)"
        )

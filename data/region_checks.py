"""What a region is measured in: its projected CRS and its time zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import geopandas as gpd
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo.errors import RegionError

# CGCS2000 3-degree Gauss–Krüger zones without prefix: EPSG:4534 has its meridian at 75° E.
CGCS2000_ZONES = {75 + 3 * step: 4534 + step for step in range(21)}
CHINA_TIMEZONES = frozenset({"Asia/Shanghai", "Asia/Urumqi"})


def default_metric_crs(units: gpd.GeoDataFrame, *, timezone: str) -> str:
    """The usual projected CRS for a region: CGCS2000 3-degree in China, else UTM.

    Parameters
    ----------
    units
        EPSG:4326.
    timezone
        A mainland time zone chooses the CGCS2000 zone whose meridian is nearest.
    """
    west, _, east, _ = units.total_bounds
    meridian = 3 * round((west + east) / 6)
    if timezone in CHINA_TIMEZONES and meridian in CGCS2000_ZONES:
        return f"EPSG:{CGCS2000_ZONES[meridian]}"
    return str(units.estimate_utm_crs().to_string())


def require_metric_crs(name: str) -> None:
    """Raise :class:`RegionError` unless ``name`` is a known projected CRS in metres."""
    try:
        crs = CRS.from_user_input(name)
    except CRSError as error:
        raise RegionError(f"metric_crs {name!r} is unknown; use e.g. EPSG:4547") from error
    if not crs.is_projected or crs.axis_info[0].unit_name not in {"metre", "meter"}:
        raise RegionError(
            f"metric_crs {name!r} does not measure in metres; use a projected CRS"
        )


def require_timezone(name: str) -> None:
    """Raise :class:`RegionError` unless ``name`` is a known IANA time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise RegionError(f"timezone {name!r} is unknown; use e.g. Asia/Shanghai") from error

"""What is at risk in each unit, and where that is known from.

A loaded figure comes first, that of the period or the nearest earlier one. Where a unit has none,
the region pack speaks for some: its population, the length of its roads, its area, and the
register of sites for key sites. Every value says its origin; the rest is unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import pandas as pd

from data.indicators import INDICATORS, Status, figures_for
from data.periods import Period
from data.region import RegionPack
from data.store import Store
from geo.errors import SettingsError

KEY_SITE_KINDS: tuple[str, ...] = (
    "school",
    "fuel_station",
    "market",
    "scenic_spot",
    "reservoir",
    "other_site",
)


class Origin(StrEnum):
    """Where an exposure is known from."""

    FIGURE = "figure"
    CARRIED = "carried"  # figure of an earlier period
    PACK = "pack"  # population of the region pack
    ROADS = "roads"  # computed: length of the pack's roads inside the unit
    OUTLINE = "outline"  # computed: area of the unit's polygon
    REGISTER = "register"  # counted in the store's register of sites
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, eq=False)
class Exposures:
    """Exposures of one period.

    Parameters
    ----------
    values
        Units × names; NaN where unknown.
    origins
        A row per unit and name: ``unit_code``, ``exposure``, ``value``, ``origin``, ``of_period`` (of a figure).
    """

    values: pd.DataFrame
    origins: pd.DataFrame


def exposures_for(
    store: Store, region: RegionPack, period: Period, names: Iterable[str]
) -> Exposures:
    """Exposures of the region's units for a period.

    Parameters
    ----------
    names
        Codes of the indicator registry, as the denominators of an index definition.

    Raises
    ------
    SettingsError
        When a name is no indicator.
    """
    names = list(dict.fromkeys(names))
    if unknown := [name for name in names if name not in INDICATORS]:
        raise SettingsError(
            f"{unknown[0]!r} is no indicator to divide by; see the registry in the data dictionary"
        )
    figures = figures_for(store, period, indicators=names)
    units = pd.Index(region.units.index, name="unit_code")
    rows = []
    for name in names:
        known = figures[figures["indicator"] == name].set_index("unit_code").reindex(units)
        origin = known["status"].map(
            {
                Status.PRESENT.value: Origin.FIGURE.value,
                Status.CARRIED.value: Origin.CARRIED.value,
            }
        )
        value = known["value"].astype(float)
        if name in _FALLBACKS and value.isna().any():
            source, fallback = _FALLBACKS[name]
            other = fallback(store, region).reindex(units).astype(float)
            origin = origin.mask(value.isna() & other.notna(), source.value)
            value = value.fillna(other)
        rows.append(
            pd.DataFrame(
                {
                    "unit_code": units,
                    "exposure": name,
                    "value": value.to_numpy(),
                    "origin": origin.fillna(Origin.UNKNOWN.value).to_numpy(),
                    "of_period": known["of_period"].to_numpy(dtype=object),
                }
            )
        )
    origins = pd.concat(rows, ignore_index=True)
    values = origins.pivot(index="unit_code", columns="exposure", values="value")
    return Exposures(
        values=values.reindex(index=units, columns=names).rename_axis(columns=None),
        origins=origins,
    )


def road_km(region: RegionPack) -> pd.Series[float]:
    """Kilometres of the pack's roads inside each unit; empty where the pack has no roads."""
    if region.roads.empty:
        return pd.Series(dtype=float)
    roads = region.roads[["geometry"]].to_crs(region.metric_crs)
    units = region.units[["geometry"]].to_crs(region.metric_crs).reset_index()
    pieces = gpd.overlay(roads, units, how="intersection", keep_geom_type=True)
    length = pieces.geometry.length.groupby(pieces["unit_code"]).sum() / 1000
    return pd.Series(length.reindex(region.units.index, fill_value=0.0))


def area_km2(region: RegionPack) -> pd.Series[float]:
    """Square kilometres of each unit's polygon in the region's metric CRS."""
    return pd.Series(region.units.geometry.to_crs(region.metric_crs).area / 1e6)


def _key_sites(store: Store) -> pd.Series[float]:
    """Registered key sites by unit; empty where none is registered at all."""
    sites = store.sites(KEY_SITE_KINDS)
    if sites.empty:
        return pd.Series(dtype=float)
    found = sites["unit_code"].value_counts()
    return pd.Series(found.reindex(store.units().index, fill_value=0))


_Fallback = Callable[[Store, RegionPack], "pd.Series[float]"]
_FALLBACKS: dict[str, tuple[Origin, _Fallback]] = {
    "population": (Origin.PACK, lambda _, region: region.units["population"]),
    "road_km": (Origin.ROADS, lambda _, region: road_km(region)),
    "area_km2": (Origin.OUTLINE, lambda _, region: area_km2(region)),
    "key_sites": (Origin.REGISTER, lambda store, _: _key_sites(store)),
}

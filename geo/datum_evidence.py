"""Which Chinese datum a set of points is in, by the roads it lies on.

A forgotten datum moves every point by 600 m (GCJ-02) or 1.3 km (BD-09), far from the roads
along which records cluster. Reading the points in each datum and counting those on roads
finds the true one, even when most points are not on any road.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from pyproj import Transformer

from geo.assign import OUTSIDE, UnitIndex
from geo.crs import WGS84
from geo.datum import to_wgs84
from geo.network import RoadIndex
from geo.vocabulary import Datum

# Fewer points tell too little, more tell nothing new.
MIN_POINTS = 50
MAX_POINTS = 20_000
PLACE_DECIMALS = 5  # one metre
NEAR_ROAD_M = 20.0
FAR_M = 2_000.0
DATUM_RATIO = 2.0
DATUM_SIGMAS = 3.0


@dataclass(frozen=True)
class DatumFit:
    """How well points fit region and roads when read in one datum.

    Parameters
    ----------
    share_inside
        Share of the distinct points inside the region's units.
    median_m
        Median distance of those inside to the nearest road, at most :data:`FAR_M`; NaN
        when none is inside.
    share_near
        Share of the distinct points that are inside and within :data:`NEAR_ROAD_M` of a road.
    """

    datum: Datum
    share_inside: float
    median_m: float
    share_near: float


@dataclass(frozen=True)
class DatumOpinion:
    """The fits of a set of points, best first, and the datum they speak for, if any."""

    fits: tuple[DatumFit, ...]
    proposed: Datum | None


def suspect_datum(
    lon: ArrayLike, lat: ArrayLike, *, roads: RoadIndex, units: UnitIndex
) -> DatumOpinion:
    """Read points in each Chinese datum and see in which they lie on roads.

    Nothing is converted: the opinion is for whoever states the datum of a file. Points at
    one place count once, for a place named a thousand times is one piece of evidence.
    There is no opinion when fewer than :data:`MIN_POINTS` fall inside the region, or when
    the best datum does not put at least twice as many points on roads as any other, by
    three standard errors of the difference.

    Parameters
    ----------
    lon, lat
        (n) degrees in an unknown datum. Of very many points an even sample is taken.
    roads
        Roads in the region's metric CRS.
    units
        Units in WGS-84 degrees.
    """
    given = np.column_stack([np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)])
    given = given[np.isfinite(given).all(axis=1)]
    _, places = np.unique(given.round(PLACE_DECIMALS), axis=0, return_index=True)
    x, y = given[places[:: max(1, -(-len(places) // MAX_POINTS))]].T
    to_metric = Transformer.from_crs(WGS84, roads.crs, always_xy=True)
    fits: list[DatumFit] = []
    for trial in (Datum.WGS84, Datum.GCJ02, Datum.BD09):
        wgs_x, wgs_y = to_wgs84(x, y, trial)
        inside = units.assign(wgs_x, wgs_y) != OUTSIDE
        distance = roads.distance_m(
            *to_metric.transform(wgs_x[inside], wgs_y[inside]), at_most_m=FAR_M
        )
        fits.append(
            DatumFit(
                datum=trial,
                share_inside=float(inside.mean()) if len(x) else 0.0,
                median_m=float(np.median(distance)) if len(distance) else float("nan"),
                share_near=float((distance <= NEAR_ROAD_M).sum() / len(x)) if len(x) else 0.0,
            )
        )
    fits.sort(key=lambda fit: fit.share_near, reverse=True)
    best, second = (fit.share_near * len(x) for fit in fits[:2])
    is_clear = (
        fits[0].share_inside * len(x) >= MIN_POINTS
        and best >= DATUM_RATIO * second
        and best - second >= DATUM_SIGMAS * np.sqrt(best + second)
    )
    return DatumOpinion(tuple(fits), fits[0].datum if is_clear and best > 0 else None)

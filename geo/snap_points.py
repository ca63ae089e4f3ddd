"""Places that are artefacts: many events on one coordinate, or coordinates rounded to a lattice.

Public and anonymised files snap events to street middles or round their coordinates; a density
map then shows the snapping. Measured positions hardly ever coincide: the chance that several
share one spot follows from the density of the events around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree
from scipy.special import gammainc

from geo.errors import FrameError
from geo.significance import benjamini_hochberg

Floats = npt.NDArray[np.float64]

_DECIMALS = range(-3, 7)
_LATTICE_SHARE = 0.99


@dataclass(frozen=True, eq=False)
class SnapPoints:
    """What :func:`find_snap_points` found.

    Parameters
    ----------
    stacks
        Frame of the places that hold more events than chance allows, largest first: ``x_m, y_m,
        events, nearby`` (events within the radius, elsewhere) and ``q``. A stack is a snap point
        or a real repeat address: which one, the file's maker knows.
    events, distinct
        Number of events, and of distinct coordinates (to the tolerance).
    stacked_share
        Share of the events that lie on stacks.
    lattice
        Step of the lattice on which 99 % of the coordinates lie, in their own unit, or None.
    """

    stacks: pd.DataFrame
    events: int
    distinct: int
    stacked_share: float
    lattice: float | None


def find_snap_points(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    *,
    tolerance_m: float = 1.0,
    radius_m: float = 500.0,
    fewest: int = 3,
    level: float = 0.01,
) -> SnapPoints:
    """Stacks of events that share a coordinate beyond chance.

    Under the null the events around a place fall evenly over the disc of ``radius_m``, so a
    spot of ``tolerance_m`` expects their number × (tolerance / radius)².

    Parameters
    ----------
    x_m, y_m
        (n) coordinates in a metric CRS.
    tolerance_m
        Coordinates are equal when they round to the same multiple of it.
    radius_m
        Radius of the surroundings.
    fewest
        Smallest number of events that makes a stack.
    level
        False discovery rate over all distinct places.

    Raises
    ------
    FrameError
        When a coordinate is missing, or the tolerance is not below the radius.
    """
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    if x.shape != y.shape or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise FrameError("an event has no coordinates; leave it out first")
    if not 0 < tolerance_m < radius_m:
        raise FrameError(f"tolerance_m = {tolerance_m} must lie between 0 and radius_m")
    if not len(x):
        empty = pd.DataFrame(columns=["x_m", "y_m", "events", "nearby", "q"], dtype=float)
        return SnapPoints(empty, 0, 0, 0.0, None)
    keys = np.rint(np.column_stack([x, y]) / tolerance_m).astype(np.int64)
    places, events = np.unique(keys, axis=0, return_counts=True)
    at = places * tolerance_m
    crowded = np.flatnonzero(events >= fewest)
    # Weighted range count: the surroundings hold the events of every distinct place.
    around = cKDTree(at).query_ball_point(at[crowded], radius_m)
    nearby = np.array([events[each].sum() for each in around], dtype=np.int64)
    nearby -= events[crowded]
    # At least one other event: an empty disc says nothing about the density.
    expected = np.maximum(nearby, 1) * (tolerance_m / radius_m) ** 2
    p = np.ones(len(places))
    p[crowded] = gammainc(events[crowded], expected)
    q = benjamini_hochberg(p)[crowded]
    stacks = pd.DataFrame(
        {
            "x_m": at[crowded, 0],
            "y_m": at[crowded, 1],
            "events": events[crowded],
            "nearby": nearby,
            "q": q,
        }
    )
    stacks = stacks[q <= level].sort_values("events", ascending=False, ignore_index=True)
    return SnapPoints(
        stacks=stacks,
        events=len(x),
        distinct=len(places),
        stacked_share=float(stacks["events"].sum() / len(x)),
        lattice=lattice_step(x, y),
    )


def lattice_step(x: npt.ArrayLike, y: npt.ArrayLike) -> float | None:
    """Coarsest power of ten on whose multiples 99 % of the coordinates lie.

    Parameters
    ----------
    x, y
        (n) coordinates in the unit in which they were written, degrees or metres.

    Returns
    -------
    The step, 1000 … 10⁻⁶, or None when the coordinates are finer.
    """
    values = np.concatenate([np.asarray(x, float).ravel(), np.asarray(y, float).ravel()])
    if not len(values):
        return None
    for decimals in _DECIMALS:
        # Text with d decimals comes back within a few units in the last place.
        off = np.abs(values - np.round(values, decimals))
        if (off <= 8 * np.spacing(np.abs(values))).mean() >= _LATTICE_SHARE:
            return float(10.0**-decimals)
    return None

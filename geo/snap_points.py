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
Integers = npt.NDArray[np.int64]

_DECIMALS = range(-3, 7)
_LATTICE_SHARE = 0.99
_SAMPLE = 1_000
_SAMPLE_SHARE = 0.9  # a sample below it is no chance where the share of all is 0.99


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
    is_stacked
        (n) which events lie on stacks.
    stacked_share
        Their share.
    lattice
        Step of the lattice on which 99 % of the coordinates lie, in their own unit, or None.
    """

    stacks: pd.DataFrame
    events: int
    distinct: int
    is_stacked: npt.NDArray[np.bool_]
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
        return SnapPoints(empty, 0, 0, np.zeros(0, dtype=np.bool_), 0.0, None)
    place, at = _places(x, y, tolerance_m)
    events = np.bincount(place)
    crowded = np.flatnonzero(events >= fewest)
    nearby = _events_around(at, events, crowded, radius_m) - events[crowded]
    # At least one other event: an empty disc says nothing about the density.
    expected = np.maximum(nearby, 1) * (tolerance_m / radius_m) ** 2
    q = np.ones(len(at))
    p = gammainc(events[crowded], expected)
    q[crowded] = benjamini_hochberg(p, family=len(at))
    stacks = pd.DataFrame(
        {
            "x_m": at[crowded, 0],
            "y_m": at[crowded, 1],
            "events": events[crowded],
            "nearby": nearby,
            "q": q[crowded],
        }
    )
    stacks = stacks[stacks["q"] <= level]
    is_stacked = (q <= level)[place]
    return SnapPoints(
        stacks=stacks.sort_values("events", ascending=False, kind="stable", ignore_index=True),
        events=len(x),
        distinct=len(at),
        is_stacked=is_stacked,
        stacked_share=float(is_stacked.mean()),
        lattice=lattice_step(x, y),
    )


def _places(x: Floats, y: Floats, tolerance_m: float) -> tuple[Integers, Floats]:
    """(n) number of each event's place, and (places, 2) where they are."""
    rounded = np.rint(np.column_stack([x, y]) / tolerance_m)
    # By hashing: sorting millions of pairs would take most of the time.
    row, rows = pd.factorize(rounded[:, 1])
    column = pd.factorize(rounded[:, 0])[0]
    place, _ = pd.factorize(column * len(rows) + row)
    at = np.empty((place.max() + 1, 2))
    at[place] = rounded * tolerance_m
    return place, at


def _events_around(
    at: Floats, events: Integers, crowded: Integers, radius_m: float
) -> Integers:
    """(crowded) events within the radius of each crowded place, its own among them."""
    if not len(crowded):
        return np.zeros(0, dtype=np.int64)
    # A range count with weights: the surroundings hold the events of every distinct place.
    tree = cKDTree(at, balanced_tree=False, compact_nodes=False)
    around = tree.query_ball_point(at[crowded], radius_m)
    return np.array([events[each].sum() for each in around], dtype=np.int64)


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
    sample = values[:: max(1, len(values) // _SAMPLE)]
    for decimals in _DECIMALS:
        if _share_on(sample, decimals) < _SAMPLE_SHARE:
            continue
        if _share_on(values, decimals) >= _LATTICE_SHARE:
            return float(10.0**-decimals)
    return None


def _share_on(values: Floats, decimals: int) -> float:
    # Text with d decimals comes back within a few units in the last place.
    off = np.abs(values - np.round(values, decimals))
    return float((off <= 8 * np.spacing(np.abs(values))).mean())

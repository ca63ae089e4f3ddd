"""Stretches of road along their routes, and which of them are the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from data.road_reference import RoadReference
from geo.hazard_states import REJECTED

SAME_SHARE = 0.5
# A stretch shorter than this, such as a point, counts as so long.
LEAST_M = 1.0
# Points placed this surely speak for a place on a road; a village's middle does not.
_SURE_POINTS = ("A1", "A2", "B1", "B2")


def chain_spans(hazards: pd.DataFrame, reference: RoadReference) -> pd.DataFrame:
    """Where hazards lie on the roads of today, whatever their stakes were.

    Parameters
    ----------
    hazards
        ``route_code``, ``stake_from_m``, ``stake_to_m``, ``match_code`` and ``geometry`` in
        EPSG:4326. The shape counts; stakes only where it is missing or a mere point.

    Returns
    -------
    Frame with the index of ``hazards``: ``route_code``, ``chain_from_m``, ``chain_to_m`` (NaN
    where not on a known route) and the stakes there now, ``stake_from_m``, ``stake_to_m``.
    """
    codes = hazards["route_code"].fillna("").to_numpy(dtype=object)
    shapes = np.asarray(hazards["geometry"], dtype=object)
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    low, high = reference.chain_interval(codes, shapes)
    by_stakes = is_point | np.isnan(low)
    stakes = hazards[["stake_from_m", "stake_to_m"]].to_numpy(dtype=float)
    for row in np.flatnonzero(by_stakes & np.isfinite(stakes).all(axis=1)):
        found = reference.intervals(codes[row], *stakes[row])
        if len(found) == 1:
            low[row], high[row] = found[0][1:]
            is_point[row] = False
    vague = is_point & ~hazards["match_code"].isin(_SURE_POINTS).to_numpy()
    low[vague] = high[vague] = np.nan
    start, _ = reference.stakes_of(codes, low)
    end, _ = reference.stakes_of(codes, high)
    return pd.DataFrame(
        {
            "route_code": codes,
            "chain_from_m": low,
            "chain_to_m": high,
            "stake_from_m": np.fmin(start, end),
            "stake_to_m": np.fmax(start, end),
        },
        index=hazards.index,
    )


def same_sections(
    sections: pd.DataFrame, hazards: pd.DataFrame, *, least_share: float = SAME_SHARE
) -> pd.DataFrame:
    """Pairs of sections and hazards that share enough of the shorter one.

    Parameters
    ----------
    sections, hazards
        ``route_code``, ``chain_from_m``, ``chain_to_m``, indexed by their numbers; hazards
        may say their ``status``.

    Returns
    -------
    ``section_id``, ``hazard_id``, ``shared_m``, ``share`` of the shorter; best first within
    a section, a rejected hazard after those in force.
    """
    left = _spans(sections, "section_id")
    right = _spans(hazards, "hazard_id")
    pairs = left.merge(right, on="route_code", suffixes=("", "_other"))
    shared = np.fmin(pairs["high"], pairs["high_other"]) - np.fmax(
        pairs["low"], pairs["low_other"]
    )
    shorter = np.fmin(pairs["high"] - pairs["low"], pairs["high_other"] - pairs["low_other"])
    is_rejected = hazards.reindex(columns=["status"])["status"] == REJECTED
    pairs = pairs.assign(
        shared_m=shared,
        share=shared / shorter,
        is_rejected=pairs["hazard_id"].isin(hazards.index[is_rejected]),
    )
    pairs = pairs[pairs["share"] >= least_share]
    pairs = pairs.sort_values(
        ["section_id", "is_rejected", "share", "shared_m"], ascending=[True, True, False, False]
    )
    return pairs[["section_id", "hazard_id", "shared_m", "share"]].reset_index(drop=True)


def _spans(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    low, high = (frame[c].to_numpy(dtype=float) for c in ("chain_from_m", "chain_to_m"))
    low, high = _widened(low, high)
    spans = pd.DataFrame(
        {name: frame.index, "route_code": frame["route_code"], "low": low, "high": high}
    )
    return spans[np.isfinite(low)]


def _widened(
    low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    room = np.maximum(LEAST_M - (high - low), 0.0) / 2
    return low - room, high + room

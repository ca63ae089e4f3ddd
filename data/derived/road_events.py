"""Traffic accidents on the axis of their routes, each with how surely it is there.

A stake on a known route places an accident exactly, where it has just one place. Otherwise a
position that is fine enough is put on the road it most probably belongs to, with what the
record says of its route. What has two places, or rival roads, or none, stays in the frame,
counted, without a place: nothing is guessed. Only where the rivals meet is the place sure: such
an accident counts for the likelier road, and is told apart as being at a junction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.derived.junctions import at_junction
from data.region import RegionPack
from data.road_reference import RoadReference
from data.store import Store
from geo.errors import FrameError
from geo.network import RoadIndex, SnapRules, snap_points
from geo.selection import IncidentSelection
from geo.stakes import StakeStatus
from geo.vocabulary import CATEGORIES, Domain

LINK_CODES = ("exact-stake", "coordinate+route", "coordinate-only", "ambiguous", "unmatched")
PLACED_CODES = LINK_CODES[:3]
# What is special of a place, or why there is none, by how it can be helped.
LINK_REASONS = (
    "",
    "junction",  # placed where two roads meet, on the likelier of them
    "stake_repeated",  # the stake is at two places (长链)
    "rival_road",  # another road is nearly as probable
    "route_conflict",  # the position lies on another route than the record names
    "unplaced",  # neither stake nor position
    "unknown_route",
    "stake_jumped",  # the stake was cut off (短链)
    "stake_beyond",  # before the first or after the last stake
    "too_coarse",
    "no_road",  # none within reach of the position
)
# Positions up to a 95 % radius, with the standard error and reach they are snapped with.
SNAP_BANDS = (
    (50.0, SnapRules(sigma_m=15.0, tolerance_m=50.0)),
    (150.0, SnapRules(sigma_m=50.0, tolerance_m=150.0)),
)
VULNERABLE = ("crash_pedestrian", "crash_nonmotor")
_PROCEDURES = {
    "general": "general",
    "一般": "general",
    "一般程序": "general",
    "summary": "summary",
    "简易": "summary",
    "简易程序": "summary",
}
_YES = frozenset({"1", "true", "yes", "是", "有"})
_STAKE_REASON = {
    StakeStatus.REPEATED: "stake_repeated",
    StakeStatus.JUMPED: "stake_jumped",
    StakeStatus.BEYOND: "stake_beyond",
    StakeStatus.UNKNOWN_ROUTE: "unknown_route",
}
# Room for the stakes of one route on the common axis of all.
_APART_M = 1e7


def road_events(
    incidents: Store | gpd.GeoDataFrame,
    region: RegionPack,
    selection: IncidentSelection | None = None,
) -> pd.DataFrame:
    """Every selected traffic accident, on its route where that is sure.

    Parameters
    ----------
    incidents
        A store, or rows of :meth:`Store.incidents` that have been selected already.
    region
        Its routes and their calibration.
    selection
        Of a store's incidents; its categories are narrowed to traffic.

    Returns
    -------
    DataFrame
        One row per accident, in the order of ``incident_id``:

        ``event_id``; ``route_code`` ("" where not placed), ``piece`` (-1 without stakes),
        ``chain_m`` (real metres along the route over its pieces, NaN where not placed),
        ``stake_m`` (that of the place, NaN without), ``side`` of rising stakes (``left``,
        ``right``, ``on``; None: not known); ``day``; ``deaths``; ``serious`` (NaN: not
        recorded); ``injured``; ``is_vulnerable``; ``procedure`` (``general``, ``summary``,
        None); ``is_urban`` (of the segment, nullable) and ``road_class`` of the route;
        ``link_code`` of :data:`LINK_CODES`; ``link_reason`` of :data:`LINK_REASONS`;
        ``offset_m`` from the record's position to the road (NaN without one);
        ``runner_up_gap_m``, how much farther the next road is (inf: none in reach); ``lon,
        lat`` of the place on the road, else of the record.

    Raises
    ------
    FrameError
        When a selection comes with rows that have been selected already.
    """
    if isinstance(incidents, Store):
        incidents = incidents.incidents(_traffic(selection or IncidentSelection()))
    elif selection is not None:
        raise FrameError("give a selection with a store, not with rows selected before")
    rows = incidents[incidents["category"].isin(CATEGORIES[Domain.TRAFFIC])]
    rows = rows.reset_index()
    frame = _facts(rows)
    reference = region.road_reference
    _by_stake(frame, rows, reference)
    _by_position(frame, rows, region)
    _describe(frame, region)
    return frame


def linked(events: pd.DataFrame) -> pd.DataFrame:
    """The events that have a place on a route, ready for :func:`geo.road_events.road_events`."""
    return events[events["link_code"].isin(PLACED_CODES)].reset_index(drop=True)


def link_counts(events: pd.DataFrame) -> pd.DataFrame:
    """How many events there are of each ``link_code`` and ``link_reason``; adds up to all."""
    counts = events.groupby(["link_code", "link_reason"]).size().rename("events").reset_index()
    order = counts["link_code"].map(LINK_CODES.index)
    return counts.iloc[np.lexsort((-counts["events"], order))].reset_index(drop=True)


def _traffic(selection: IncidentSelection) -> IncidentSelection:
    wanted = selection.categories
    traffic = CATEGORIES[Domain.TRAFFIC]
    kept = traffic if wanted is None else tuple(code for code in traffic if code in wanted)
    values = {name: getattr(selection, name) for name in selection.__dataclass_fields__}
    return IncidentSelection(**(values | {"categories": kept}))


def _facts(rows: gpd.GeoDataFrame) -> pd.DataFrame:
    """What the records say of the accidents, and no place yet."""
    attributes = [json.loads(text) if text else {} for text in rows["attributes"].fillna("")]
    n = len(rows)
    serious = pd.to_numeric(pd.Series(_values(attributes, "serious")), errors="coerce")
    vulnerable = pd.Series(
        [str(v).lower() in _YES for v in _values(attributes, "is_vulnerable")]
    )
    procedure = [_PROCEDURES.get(str(v)) for v in _values(attributes, "procedure")]
    return pd.DataFrame(
        {
            "event_id": rows["incident_id"].astype("int64"),
            "route_code": pd.Series([""] * n, dtype=object),
            "piece": np.full(n, -1, dtype=np.int64),
            "chain_m": np.full(n, np.nan),
            "stake_m": np.full(n, np.nan),
            "side": pd.Series([None] * n, dtype=object),
            "day": (rows["occurred_local"].dt.floor("D") - pd.Timestamp(0)).dt.days.astype(
                "int32"
            ),
            "deaths": rows["deaths"].astype("int64"),
            "serious": serious.to_numpy(dtype=float),
            "injured": rows["injured"].astype("int64"),
            "is_vulnerable": rows["category"].isin(VULNERABLE) | vulnerable.astype(bool),
            "procedure": pd.Series(procedure, dtype=object),
            "is_urban": pd.array([pd.NA] * n, dtype="boolean"),
            "road_class": pd.Series([None] * n, dtype=object),
            "link_code": pd.Series(["unmatched"] * n, dtype=object),
            "link_reason": pd.Series(["unplaced"] * n, dtype=object),
            "offset_m": np.full(n, np.nan),
            "runner_up_gap_m": np.full(n, np.nan),
            "lon": rows["lon"].to_numpy(dtype=float),
            "lat": rows["lat"].to_numpy(dtype=float),
        }
    )


def _values(attributes: list[dict[str, Any]], key: str) -> list[Any]:
    return [one.get(key) for one in attributes]


def _by_stake(frame: pd.DataFrame, rows: gpd.GeoDataFrame, reference: RoadReference) -> None:
    """Places of the accidents whose stake has one."""
    said = rows["route_code"].notna() & rows["stake_m"].notna()
    at = np.flatnonzero(said)
    if reference.locator is None or not len(at):
        frame.loc[said, "link_reason"] = "unknown_route"
        return
    codes = rows["route_code"].to_numpy(dtype=object)[at]
    stakes = rows["stake_m"].to_numpy(dtype=float)[at]
    found = reference.locator.locate(codes, stakes)
    for status, reason in _STAKE_REASON.items():
        frame.loc[at[found.status == status], "link_reason"] = reason
    frame.loc[at[found.status == StakeStatus.REPEATED], "link_code"] = "ambiguous"
    unique = found.multiplicity == 1
    row = found.row[unique]
    place = at[row]
    x_m, y_m, piece = found.x_m[unique], found.y_m[unique], found.piece[unique]
    feet = gpd.GeoSeries.from_xy(x_m, y_m, crs=reference.routes.crs)
    own = rows.geometry.iloc[place].to_crs(reference.routes.crs)
    # A position that was itself read from the stake says nothing of its own.
    is_own = rows["match_code"].iloc[place].str.startswith("A").to_numpy()
    offset = feet.distance(gpd.GeoSeries(own.to_numpy(), crs=feet.crs)).to_numpy()
    degrees = feet.to_crs(4326)
    values: dict[str, Any] = {
        "route_code": codes[row],
        "piece": piece,
        "stake_m": stakes[row],
        "chain_m": reference.chain_of(codes[row], piece, stakes[row]),
        "offset_m": np.where(is_own, offset, np.nan),
        "lon": degrees.x.to_numpy(),
        "lat": degrees.y.to_numpy(),
        "link_code": "exact-stake",
        "link_reason": "",
    }
    _put(frame, place, values)


def _by_position(frame: pd.DataFrame, rows: gpd.GeoDataFrame, region: RegionPack) -> None:
    """Places of the others whose position is fine enough."""
    open_ = (frame["link_code"] != "exact-stake").to_numpy() & rows["lon"].notna().to_numpy()
    radius = rows["r95_m"].fillna(np.inf).to_numpy(dtype=float)
    coarse = (
        open_ & (radius > SNAP_BANDS[-1][0]) & (frame["link_reason"] == "unplaced").to_numpy()
    )
    frame.loc[coarse, "link_reason"] = "too_coarse"
    reference = region.road_reference
    if not len(reference.routes):
        frame.loc[open_ & ~coarse, "link_reason"] = "no_road"
        return
    index = RoadIndex(reference.routes)
    finer = 0.0
    for coarsest, rules in SNAP_BANDS:
        at = np.flatnonzero(open_ & (radius > finer) & (radius <= coarsest))
        finer = coarsest
        if len(at):
            _snap(frame, rows, at, index=index, rules=rules, reference=reference)


def _snap(
    frame: pd.DataFrame,
    rows: gpd.GeoDataFrame,
    at: NDArray[np.int64],
    *,
    index: RoadIndex,
    rules: SnapRules,
    reference: RoadReference,
) -> None:
    codes = rows["route_code"].iloc[at].fillna("").to_numpy(dtype=object)
    known = np.isin(codes.astype(str), index.route_code.astype(str)) & (codes != "")
    stakes = rows["stake_m"].to_numpy(dtype=float)[at]
    snapped = snap_points(
        rows.geometry.iloc[at].to_crs(index.crs),
        index,
        rules=rules,
        route_code=np.where(known, codes, ""),
        stake_m=stakes if reference.locator is not None else None,
        locator=reference.locator,
    )
    status = snapped["status"].to_numpy(dtype=object)
    agrees = ~known | (snapped["route_code"].to_numpy(dtype=object) == codes)
    # At a junction the place is sure, whichever of its roads is counted.
    rivals = np.flatnonzero(status == "ambiguous")
    junction = np.zeros(len(at), dtype=bool)
    contested = snapped.iloc[rivals]
    junction[rivals] = at_junction(
        contested["x_m"].to_numpy(),
        contested["y_m"].to_numpy(),
        contested["road"].to_numpy(),
        contested["runner_up"].to_numpy(),
        lines=reference.routes.geometry.to_numpy(),
    )
    is_placed = (np.isin(status, ("good", "fair")) | junction) & agrees
    reason = np.select(
        [status == "unmatched", ~agrees, junction, status == "ambiguous"],
        ["no_road", "route_conflict", "junction", "rival_road"],
        "",
    )
    code = np.select(
        [is_placed & known, is_placed, reason == "no_road"],
        ["coordinate+route", "coordinate-only", "unmatched"],
        "ambiguous",
    )
    gap = (snapped["runner_up_distance_m"] - snapped["distance_m"]).fillna(np.inf)
    found = status != "unmatched"
    frame.loc[at, "offset_m"] = snapped["distance_m"].to_numpy()
    frame.loc[at, "runner_up_gap_m"] = np.where(found, gap, np.nan)
    # A stake that is at two places stays ambiguous, not unmatched, far from any road.
    kept = (frame["link_code"].iloc[at] == "ambiguous").to_numpy() & (reason == "no_road")
    frame.loc[at[~kept], "link_code"] = code[~kept]
    frame.loc[at[~kept], "link_reason"] = reason[~kept]

    place, part = at[is_placed], snapped[is_placed]
    route, chain = part["route_code"].to_numpy(dtype=object), part["chain_m"].to_numpy()
    stake, piece = reference.stakes_of(route, chain)
    feet = gpd.GeoSeries.from_xy(part["x_m"], part["y_m"], crs=index.crs).to_crs(4326)
    side = part["side"].to_numpy(dtype=object)
    turned = np.isin(_keys(route, piece), _falling(reference))
    values: dict[str, Any] = {
        "route_code": route,
        "piece": piece,
        "chain_m": chain,
        "stake_m": stake,
        "side": np.where(turned, _turned(side), side),
        "lon": feet.x.to_numpy(),
        "lat": feet.y.to_numpy(),
    }
    _put(frame, place, values)


def _describe(frame: pd.DataFrame, region: RegionPack) -> None:
    """Class of the route and make of its section at each place."""
    roads = region.roads.set_index("route_code")
    frame["road_class"] = frame["route_code"].map(roads["road_class"]).astype(object)
    segments = region.segments
    codes = pd.Index(roads.index, dtype=object)
    segments = segments[segments["is_urban"].notna()].reset_index(drop=True)
    low = segments["stake_from_m"].fillna(-_APART_M / 2) + _APART_M * codes.get_indexer(
        segments["route_code"]
    )
    high = low + (segments["stake_to_m"] - segments["stake_from_m"]).fillna(_APART_M)
    order = np.argsort(low.to_numpy(), kind="stable")
    route = codes.get_indexer(frame["route_code"])
    # A place without a stake is known of by what holds for its whole route.
    stake = frame["stake_m"].fillna(-_APART_M / 4).to_numpy() + _APART_M * route
    at = np.searchsorted(low.to_numpy()[order], stake, side="right") - 1
    inside = np.flatnonzero((route >= 0) & (at >= 0) & (len(order) > 0))
    segment = order[at[inside]]
    inside_too = stake[inside] < high.to_numpy()[segment]
    frame.loc[inside[inside_too], "is_urban"] = segments["is_urban"].to_numpy()[
        segment[inside_too]
    ]


def _put(frame: pd.DataFrame, at: NDArray[np.int64], values: dict[str, Any]) -> None:
    for name, value in values.items():
        frame.loc[at, name] = value


def _keys(route: Iterable[str], piece: Iterable[int]) -> NDArray[np.str_]:
    return np.array(
        [f"{code}|{number}" for code, number in zip(route, piece, strict=True)], str
    )


def _falling(reference: RoadReference) -> NDArray[np.str_]:
    """Pieces whose stakes fall along the line."""
    pieces = reference.pieces
    falls = pieces[pieces["chain_from_m"] > pieces["chain_to_m"]]
    return _keys(falls["route_code"], falls["piece"])


def _turned(side: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.select([side == "left", side == "right"], ["right", "left"], side).astype(object)

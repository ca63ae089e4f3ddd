"""Points on the road network: the nearest road, and how surely it is the right one.

Every road within reach of a point is a hypothesis. Its weight is the Gaussian likelihood
of the position error times the odds of what else the record says (route code, road name,
stake, heading) and of the road's class; weights of all roads in reach add up to one. A
point whose best road does not carry enough of the weight is *ambiguous* and comes back
with its runner-up, never as a silent guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.crs import require_metric
from geo.errors import CrsError, FrameError
from geo.nearest import NearestSegment
from geo.segments import Floats, Ints, segments_of
from geo.stakes import RouteLocator

Number = TypeVar("Number", np.float64, np.int64)

SNAP_STATUSES = ("good", "fair", "ambiguous", "unmatched")
SIDES = ("left", "right", "on")
# Below this distance a point is on the axis: neither left nor right of it.
ON_AXIS_M = 1e-6
CHUNK = 100_000


@dataclass(frozen=True, kw_only=True)
class SnapRules:
    """How much each kind of evidence weighs.

    Parameters
    ----------
    tolerance_m
        Roads farther away are not considered.
    sigma_m
        Standard error of the positions: 15 for GPS, 50 for clicks on a map.
    stake_sigma_m
        Standard error of given stakes.
    bearing_sigma_deg
        Standard error of given headings; a road may be travelled both ways.
    code_odds, name_odds
        Odds for a road whose route code, or name, is the given one. A different code
        counts against the road by the same odds.
    class_odds
        Relative frequency of events by ``road_class``; classes not named count 1.
    accept
        Least posterior probability of an accepted road.
    good_sigmas
        Accepted roads within so many ``sigma_m`` are good, farther ones fair.
    """

    tolerance_m: float = 50.0
    sigma_m: float = 15.0
    stake_sigma_m: float = 100.0
    bearing_sigma_deg: float = 20.0
    code_odds: float = 20.0
    name_odds: float = 5.0
    class_odds: Mapping[str, float] = field(default_factory=dict)
    accept: float = 0.9
    good_sigmas: float = 2.0


@dataclass(frozen=True)
class _Candidates:
    """Pairs of point and road, in the order of the points."""

    point: Ints
    segment: Ints
    road: Ints
    along_m: Floats
    distance_m: Floats

    def take(self, at: Ints | NDArray[np.bool_]) -> _Candidates:
        return _Candidates(
            self.point[at],
            self.segment[at],
            self.road[at],
            self.along_m[at],
            self.distance_m[at],
        )


class RoadIndex:
    """The roads of one region, ready to be searched any number of times.

    Parameters
    ----------
    roads
        (n) metric lines with ``route_code``, ``name``, ``road_class``, ``aliases``
        (joined by ``|``), ``stake_from_m``, ``stake_to_m``. Rows that share a route code
        are one road: they do not compete with each other.

    Raises
    ------
    CrsError
        When ``roads`` is not metric.
    FrameError
        When ``route_code`` is missing or a geometry is not a line.
    """

    def __init__(self, roads: gpd.GeoDataFrame) -> None:
        require_metric(roads, what="roads")
        if "route_code" not in roads:
            raise FrameError("roads have no column 'route_code'; it may hold empty texts")
        self.crs = roads.crs
        self.segments = segments_of(roads.geometry.to_numpy())
        self._nearest = NearestSegment(self.segments)
        self._reach_trees: dict[float, shapely.STRtree] = {}
        self.route_code = _texts(roads, "route_code")
        self.road_class = _texts(roads, "road_class")
        group, _ = pd.factorize(self.route_code)
        unnamed = self.route_code == ""
        # A road without a code stands for itself.
        self.group = np.where(unnamed, len(roads) + np.arange(len(roads)), group)
        names = _texts(roads, "name") + "|" + _texts(roads, "aliases")
        spelled = pd.Series(names).str.split("|").explode()
        self.spellings = spelled[spelled != ""]
        self.stakes_m = roads.reindex(columns=["stake_from_m", "stake_to_m"]).to_numpy(
            dtype=float
        )
        self.length_m = np.bincount(
            self.segments.line, weights=self.segments.length_m, minlength=len(roads)
        )

    def distance_m(self, x_m: ArrayLike, y_m: ArrayLike, *, at_most_m: float) -> Floats:
        """Distance from each point to the nearest road, at most ``at_most_m``."""
        found = self._nearest.query(x_m, y_m, max_distance_m=at_most_m)
        return np.where(found.segment >= 0, found.distance_m, at_most_m)

    def candidates(
        self, points: NDArray[np.object_], x_m: Floats, y_m: Floats, *, tolerance_m: float
    ) -> _Candidates:
        """The nearest place on every road within reach of every point."""
        if tolerance_m not in self._reach_trees:
            self._reach_trees[tolerance_m] = self.segments.reach_tree(tolerance_m)
        point, segment = self._reach_trees[tolerance_m].query(points)
        x, y = x_m[point], y_m[point]
        along = self.segments.along_m(segment, x, y)
        foot_x, foot_y = self.segments.place(segment, along)
        # Hypotenuses are dear; most pairs are out of reach.
        square = (x - foot_x) ** 2 + (y - foot_y) ** 2
        near = np.flatnonzero(square <= tolerance_m**2)
        point, segment, along = point[near], segment[near], along[near]
        distance = np.sqrt(square[near])
        road = self.segments.line[segment]
        group = self.group[road]
        order = np.lexsort((distance, point * (2 * len(self.route_code) + 1) + group))
        point, group = point[order], group[order]
        first = np.r_[True, (np.diff(point) != 0) | (np.diff(group) != 0)][: len(point)]
        kept = order[first]
        return _Candidates(point[first], segment[kept], road[kept], along[kept], distance[kept])


def snap_points(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    roads: gpd.GeoDataFrame | RoadIndex,
    *,
    rules: SnapRules | None = None,
    route_code: ArrayLike | None = None,
    road_name: ArrayLike | None = None,
    stake_m: ArrayLike | None = None,
    bearing_deg: ArrayLike | None = None,
    locator: RouteLocator | None = None,
) -> pd.DataFrame:
    """Put points on the road they most probably belong to.

    Parameters
    ----------
    points
        (n) metric points; missing and empty ones stay unmatched.
    roads
        In the same CRS; pass a :class:`RoadIndex` when snapping more than once.
    rules
        Default: :class:`SnapRules`.
    route_code, road_name, stake_m, bearing_deg
        (n) what else the records say; empty texts and NaN say nothing. Headings are
        clockwise from grid north.
    locator
        Calibrated routes; without it stakes run linearly between the ends of a row.

    Returns
    -------
    Frame with the index of ``points``: ``road`` and ``runner_up`` (positions in
    ``roads``, -1 where none), ``route_code``, ``distance_m`` and
    ``runner_up_distance_m`` (NaN where none), ``x_m, y_m`` (the place on the road),
    ``chain_m`` (length along the row), ``stake_m`` (NaN where uncalibrated), ``side``
    (of the row's direction), ``posterior`` and ``status``: ``good`` and ``fair`` are
    accepted, ``ambiguous`` carries its likeliest road, ``unmatched`` has none in reach.

    Raises
    ------
    CrsError
        When points are not metric or not in the CRS of the roads.
    FrameError
        When a geometry is not a point.
    """
    rules = rules or SnapRules()
    require_metric(points, what="points")
    index = roads if isinstance(roads, RoadIndex) else RoadIndex(roads)
    if points.crs != index.crs:
        raise CrsError(f"points are in {points.crs}; bring them to the roads' {index.crs}")
    geometry = np.asarray(points.geometry.values, dtype=object)
    kinds = shapely.get_type_id(geometry)
    if not np.isin(kinds, (shapely.GeometryType.MISSING, shapely.GeometryType.POINT)).all():
        raise FrameError("points hold other geometries; take their .representative_point()")
    xy = np.full((len(geometry), 2), np.nan)
    found, row = shapely.get_coordinates(geometry, return_index=True)
    xy[row] = found
    evidence = pd.DataFrame(
        {
            "x_m": xy[:, 0],
            "y_m": xy[:, 1],
            "route_code": _given_texts(route_code),
            "road_name": _given_texts(road_name),
            "stake_m": np.nan if stake_m is None else np.asarray(stake_m, dtype=float),
            "bearing_deg": (
                np.nan if bearing_deg is None else np.asarray(bearing_deg, dtype=float)
            ),
        },
        index=range(len(geometry)),
    )
    # In chunks, so that memory does not grow with the candidates of all points at once.
    snapped = [
        _snap(geometry[at : at + CHUNK], evidence.iloc[at : at + CHUNK], index, rules, locator)
        for at in range(0, max(len(evidence), 1), CHUNK)
    ]
    return pd.concat(snapped).set_axis(points.index)


def _snap(
    points: NDArray[np.object_],
    evidence: pd.DataFrame,
    index: RoadIndex,
    rules: SnapRules,
    locator: RouteLocator | None,
) -> pd.DataFrame:
    x, y = evidence["x_m"].to_numpy(), evidence["y_m"].to_numpy()
    found = index.candidates(points, x, y, tolerance_m=rules.tolerance_m)
    score = _log_weights(found, evidence, index, rules, locator)
    order = np.lexsort((found.distance_m, -score, found.point))
    found, score = found.take(order), score[order]
    first = np.flatnonzero(np.r_[True, np.diff(found.point) != 0][: len(score)])
    rivals = np.diff(np.r_[first, len(score)])
    weight = np.exp(score - np.repeat(score[first], rivals))
    posterior = 1.0 / np.add.reduceat(weight, first) if len(first) else np.empty(0)
    best = found.take(first)
    contested = rivals > 1
    second = found.take(first[contested] + 1)

    n = len(evidence)
    at = best.point
    foot_x, foot_y = index.segments.place(best.segment, best.along_m)
    right = index.segments.right_m(best.segment, x[at], y[at])
    side = np.select([best.distance_m <= ON_AXIS_M, right > 0], [2, 1], 0)
    reach = rules.good_sigmas * rules.sigma_m
    status = np.select([posterior < rules.accept, best.distance_m <= reach], [2, 0], 1)
    codes = np.full(n, "", dtype=object)
    codes[at] = index.route_code[best.road]
    return pd.DataFrame(
        {
            "road": _spread(n, at, best.road, -1),
            "route_code": codes,
            "distance_m": _spread(n, at, best.distance_m, np.nan),
            "x_m": _spread(n, at, foot_x, np.nan),
            "y_m": _spread(n, at, foot_y, np.nan),
            "chain_m": _spread(n, at, _chain_m(best, index), np.nan),
            "stake_m": _spread(n, at, _stakes_m(best, index, locator), np.nan),
            "side": pd.Categorical.from_codes(_spread(n, at, side, -1), pd.Index(SIDES)),
            "runner_up": _spread(n, at[contested], second.road, -1),
            "runner_up_distance_m": _spread(n, at[contested], second.distance_m, np.nan),
            "posterior": _spread(n, at, posterior, np.nan),
            "status": pd.Categorical.from_codes(
                _spread(n, at, status, SNAP_STATUSES.index("unmatched")),
                pd.Index(SNAP_STATUSES),
            ),
        },
        index=evidence.index,
    )


def _log_weights(
    found: _Candidates,
    evidence: pd.DataFrame,
    index: RoadIndex,
    rules: SnapRules,
    locator: RouteLocator | None,
) -> Floats:
    """Log of each candidate's weight, up to a constant per point."""
    score = -0.5 * (found.distance_m / rules.sigma_m) ** 2
    if rules.class_odds:
        odds = [rules.class_odds.get(c, 1.0) for c in index.road_class]
        score += np.log(odds)[found.road]

    given = evidence["route_code"].to_numpy()
    agrees = np.ones(len(score), dtype=bool)
    if (given != "").any():
        wanted, actual = given[found.point], index.route_code[found.road]
        says = (wanted != "") & (actual != "")
        agrees = ~says | (wanted == actual)
        score += np.where(says, np.where(agrees, 1.0, -1.0) * np.log(rules.code_odds), 0.0)

    names = evidence["road_name"].to_numpy()
    if (names != "").any():
        known, vocabulary = pd.factorize(index.spellings.to_numpy())
        name_of_point = pd.Index(vocabulary).get_indexer(pd.Index(names)).astype(np.int64)
        pairs = np.unique(index.spellings.index.to_numpy() * len(vocabulary) + known)
        name = name_of_point[found.point]
        is_called = np.isin(found.road * len(vocabulary) + name, pairs) & (name >= 0)
        score += np.where(is_called, np.log(rules.name_odds), 0.0)

    bearing = evidence["bearing_deg"].to_numpy()
    if np.isfinite(bearing).any():
        segments = index.segments
        axis = np.degrees(np.arctan2(segments.ux, segments.uy))[found.segment]
        # Folded to 0–90°: a heading along the road, either way, is 0.
        apart = np.abs((bearing[found.point] - axis + 90.0) % 180.0 - 90.0)
        score -= 0.5 * np.nan_to_num(apart / rules.bearing_sigma_deg) ** 2

    stake = evidence["stake_m"].to_numpy()
    if np.isfinite(stake).any():
        apart = stake[found.point] - _stakes_m(found, index, locator)
        apart = np.where(agrees, apart, np.nan)
        score -= 0.5 * np.nan_to_num(apart / rules.stake_sigma_m) ** 2
    return score


def _chain_m(found: _Candidates, index: RoadIndex) -> Floats:
    """Length along the row of each candidate's place."""
    chain: Floats = index.segments.chain_m[found.segment] + found.along_m
    return chain


def _stakes_m(found: _Candidates, index: RoadIndex, locator: RouteLocator | None) -> Floats:
    """Stake of each candidate's place, NaN where its road has none."""
    if locator is not None:
        feet = index.segments.place(found.segment, found.along_m)
        return locator.stake_of(index.route_code[found.road], *feet).stake_m
    start, end = index.stakes_m[found.road].T
    stake: Floats = start + (end - start) * _chain_m(found, index) / index.length_m[found.road]
    return stake


def _spread(n: int, at: Ints, values: NDArray[Number], missing: float) -> NDArray[Number]:
    """An array of ``n`` rows that holds ``values`` at some and ``missing`` elsewhere."""
    spread = np.full(n, missing, dtype=values.dtype)
    spread[at] = values
    return spread


def _texts(roads: gpd.GeoDataFrame, column: str) -> NDArray[np.object_]:
    texts = roads[column] if column in roads else pd.Series("", index=roads.index)
    return np.asarray(texts.astype(object).fillna(""), dtype=object)


def _given_texts(values: ArrayLike | None) -> NDArray[np.object_] | str:
    if values is None:
        return ""
    given = pd.Series(np.asarray(values, dtype=object)).fillna("")
    return np.asarray(given, dtype=object)

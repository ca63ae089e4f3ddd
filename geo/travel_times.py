"""Travel times between places along roads, without any service: many-to-many shortest paths.

Roads are cut where they meet; each place joins the nearest road, the way there being
straight. Dijkstra's algorithm (scipy) starts from every place. Where no road leads, the time is
that of a straight line lengthened by a detour factor, and marked so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sparse
import shapely
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree
from shapely.ops import substring

from geo.crs import require_metric
from geo.errors import FrameError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

SPEEDS_KMH: Mapping[str, float] = {
    "expressway": 80.0,
    "national": 60.0,
    "provincial": 55.0,
    "county": 45.0,
    "township": 35.0,
    "street": 30.0,
    "village": 25.0,
}


_SAME_M = 0.01  # points as near as this are one node
_NO_TIME_MIN = 1e-9  # a way of no length still is a way


@dataclass(frozen=True, kw_only=True)
class TravelRules:
    """How fast teams move.

    Parameters
    ----------
    speeds_kmh
        Speed by ``road_class``.
    other_kmh
        Speed on other classes.
    access_kmh
        Speed off the road, between a place and the nearest one.
    straight_kmh, detour
        Speed, and length over that of the straight line, where no road leads.
    tolerance_m
        Road ends as near as this to another road join it.
    separated
        Classes that cross others without a junction; they join at their ends only, and no place
        joins them.
    farthest_m
        A place farther from every road is not on the network.
    """

    speeds_kmh: Mapping[str, float] = field(default_factory=lambda: dict(SPEEDS_KMH))
    other_kmh: float = 30.0
    access_kmh: float = 15.0
    straight_kmh: float = 30.0
    detour: float = 1.4
    tolerance_m: float = 30.0
    separated: frozenset[str] = frozenset({"expressway"})
    farthest_m: float = 10_000.0


ON_FOOT = TravelRules(
    speeds_kmh={}, other_kmh=5.0, access_kmh=5.0, straight_kmh=5.0, detour=1.3
)


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadGraph:
    """Road pieces between junctions.

    Parameters
    ----------
    node_xy
        (nodes, 2) metres.
    ends
        (pieces, 2) nodes.
    from_m, to_m
        (pieces) where a piece begins and ends along its line.
    line
        (pieces) number of its line in ``lines``.
    minutes_per_m
        (pieces).
    lines
        Road lines, metric.
    is_joined
        (lines) whether places may join it: not where it crosses others without a junction.
    """

    node_xy: Floats
    ends: Integers
    from_m: Floats
    to_m: Floats
    line: Integers
    minutes_per_m: Floats
    lines: npt.NDArray[np.object_]
    is_joined: Booleans
    rules: TravelRules

    @classmethod
    def from_roads(
        cls, roads: gpd.GeoDataFrame, *, rules: TravelRules | None = None
    ) -> RoadGraph:
        """Graph of lines with ``road_class``; empty for a frame without roads.

        Raises
        ------
        CrsError
            When the roads are not metric.
        FrameError
            When a speed is not positive.
        """
        rules = rules or TravelRules()
        require_metric(roads, what="roads")
        speeds = [*rules.speeds_kmh.values(), rules.other_kmh, rules.access_kmh]
        if min(speeds) <= 0 or rules.straight_kmh <= 0:
            raise FrameError("speeds must be positive")
        parts = roads.explode(ignore_index=True)
        parts = parts[~(parts.geometry.is_empty | parts.geometry.isna())]
        parts = parts[(parts.length > 0).to_numpy()]
        lines = np.asarray(parts.geometry.values)
        classes = parts.get("road_class", pd.Series("", parts.index)).to_numpy(dtype=object)
        speed = np.array([rules.speeds_kmh.get(kind, rules.other_kmh) for kind in classes])
        is_separated = np.isin(classes.astype(str), list(rules.separated))
        line, along, points = _cuts(lines, is_separated, rules.tolerance_m)
        node, node_xy = _merged(points)
        order = np.lexsort((along, line))
        line, along, node = line[order], along[order], node[order]
        is_piece = (line[1:] == line[:-1]) & (node[1:] != node[:-1])
        at = np.flatnonzero(is_piece)
        return cls(
            node_xy=node_xy,
            ends=np.column_stack([node[at], node[at + 1]]),
            from_m=along[at],
            to_m=along[at + 1],
            line=line[at],
            minutes_per_m=0.06 / speed[line[at]] if len(at) else np.empty(0),
            lines=lines,
            is_joined=~is_separated,
            rules=rules,
        )

    @classmethod
    def empty(cls, rules: TravelRules | None = None) -> RoadGraph:
        """A region without roads: all travel is straight."""
        no = np.empty(0)
        return cls(
            node_xy=np.empty((0, 2)),
            ends=np.empty((0, 2), np.int64),
            from_m=no,
            to_m=no,
            line=np.empty(0, np.int64),
            minutes_per_m=no,
            lines=np.empty(0, object),
            is_joined=np.empty(0, bool),
            rules=rules or TravelRules(),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Links:
    """Pieces between junctions and places, each pair of nodes once, by ``low * nodes + high``."""

    nodes: int
    key: Integers
    line: Integers
    low_m: Floats
    high_m: Floats
    minutes: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class TravelTimes:
    """Minutes between places, and the ways.

    Parameters
    ----------
    minutes
        (places, places); 0 on the diagonal.
    is_straight
        (places, places) True where no road leads and the time is that of a straight line.
    xy
        (places, 2) metres.
    before
        (places, nodes) the node before each on the way from a place; junctions come first, then
        the places themselves.
    """

    minutes: Floats
    is_straight: Booleans
    xy: Floats
    before: npt.NDArray[np.int32]
    graph: RoadGraph
    links: _Links

    def whole_minutes(self) -> Floats:
        """Minutes rounded up: what a plan counts with."""
        return np.asarray(np.ceil(self.minutes - 1e-9))

    def path(self, start: int, end: int) -> shapely.LineString:
        """The way from one place to another along the roads, or the straight line."""
        if start == end or self.is_straight[start, end]:
            return shapely.LineString(self.xy[[start, end]])
        junctions = len(self.graph.node_xy)
        node, way = junctions + end, [self.xy[[end]]]
        while node != junctions + start:
            before = int(self.before[start, node])
            way.append(self._step(node, before))
            node = before
        way.append(self.xy[[start]])
        vertices = np.concatenate(way)[::-1]
        is_new = np.r_[True, (np.diff(vertices, axis=0) != 0).any(axis=1)]
        distinct = vertices[is_new]
        return shapely.LineString(distinct if len(distinct) > 1 else self.xy[[start, end]])

    def _step(self, node: int, other: int) -> Floats:
        """Vertices of the piece between two nodes, in this direction."""
        links = self.links
        key = min(node, other) * links.nodes + max(node, other)
        at = int(np.searchsorted(links.key, key))
        ends = (float(links.low_m[at]), float(links.high_m[at]))
        cut = substring(
            self.graph.lines[links.line[at]], *(ends if node < other else ends[::-1])
        )
        return np.asarray(shapely.get_coordinates(cut))


def travel_times(graph: RoadGraph, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> TravelTimes:
    """Shortest times between places, all to all.

    Parameters
    ----------
    x_m, y_m
        (places) in the CRS of the graph's roads.

    Raises
    ------
    FrameError
        When a place has no coordinates.
    """
    xy = np.column_stack([np.asarray(x_m, dtype=float), np.asarray(y_m, dtype=float)])
    if not np.isfinite(xy).all():
        raise FrameError("places need coordinates; leave out those that have none")
    rules, count, junctions = graph.rules, len(xy), len(graph.node_xy)
    piece, along, access_m = _join(graph, xy)
    links = _linked(graph, piece, along)
    minutes = np.full((count, count), np.inf)
    before = np.full((count, links.nodes), -1, np.int32)
    on = np.flatnonzero(piece >= 0)
    if len(on):
        low, high = np.divmod(links.key, links.nodes)
        matrix = sparse.csr_array(
            (links.minutes, (low, high)), shape=(links.nodes, links.nodes)
        )
        found, before[on] = dijkstra(
            matrix, directed=False, indices=junctions + on, return_predecessors=True
        )
        access = access_m[on] * 0.06 / rules.access_kmh
        minutes[np.ix_(on, on)] = found[:, junctions + on] + access[:, None] + access[None, :]
    apart_m = np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1))
    is_straight = ~np.isfinite(minutes)
    straight = apart_m * rules.detour * 0.06 / rules.straight_kmh
    minutes = np.where(is_straight, straight, minutes)
    np.fill_diagonal(minutes, 0.0)
    np.fill_diagonal(is_straight, False)
    return TravelTimes(
        minutes=minutes,
        is_straight=is_straight,
        xy=xy,
        before=before,
        graph=graph,
        links=links,
    )


def _cuts(
    lines: npt.NDArray[np.object_], is_separated: Booleans, tolerance_m: float
) -> tuple[Integers, Floats, Floats]:
    """Where lines are cut: number of the line, metres along it, and the point that is met."""
    if not len(lines):
        return np.empty(0, np.int64), np.empty(0), np.empty((0, 2))
    number = np.arange(len(lines))
    length = shapely.length(lines)
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    end_of = np.tile(number, 2)
    # A closed line needs a node besides its end.
    closed = np.flatnonzero(shapely.is_closed(lines))
    tree = shapely.STRtree(lines)
    left, right = tree.query(lines, predicate="intersects")
    left, right = left[left < right], right[left < right]
    met, pair = shapely.get_coordinates(
        shapely.intersection(lines[left], lines[right]), return_index=True
    )
    if is_separated.any() and len(met):
        over = is_separated[left[pair]] | is_separated[right[pair]]
        to_end_m = cKDTree(shapely.get_coordinates(ends)).query(met)[0]
        met, pair = (
            met[~over | (to_end_m <= tolerance_m)],
            pair[~over | (to_end_m <= tolerance_m)],
        )
    near, other = tree.query(ends, predicate="dwithin", distance=tolerance_m)
    near, other = near[other != end_of[near]], other[other != end_of[near]]
    line = np.concatenate([end_of, closed, left[pair], right[pair], other])
    middle = shapely.line_interpolate_point(lines[closed], length[closed] / 2.0)
    crossings = shapely.points(met)
    points = np.concatenate([ends, middle, crossings, crossings, ends[near]])
    along = np.asarray(shapely.line_locate_point(lines[line], points))
    along[len(number) : 2 * len(number)] = length  # the end of a closed line is its start too
    return line, along, shapely.get_coordinates(points)


def _merged(points: Floats) -> tuple[Integers, Floats]:
    """Number of the node of each point, points of one place being one; the nodes' positions."""
    if not len(points):
        return np.empty(0, np.int64), points
    pairs = cKDTree(points).query_pairs(_SAME_M, output_type="ndarray")
    graph = sparse.csr_array(
        (np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points), len(points))
    )
    _, node = connected_components(graph, directed=False)
    first = np.unique(node, return_index=True)[1]
    return node.astype(np.int64), points[first]


def _join(graph: RoadGraph, xy: Floats) -> tuple[Integers, Floats, Floats]:
    """Piece of road that each place joins (-1 for none), metres along its line, and to it."""
    count = len(xy)
    piece, along, access_m = np.full(count, -1), np.zeros(count), np.zeros(count)
    joined = np.flatnonzero(graph.is_joined)
    if not len(joined) or not count:
        return piece, along, access_m
    points = shapely.points(xy)
    (place, found), distance = shapely.STRtree(graph.lines[joined]).query_nearest(
        points,
        max_distance=graph.rules.farthest_m,
        return_distance=True,
        all_matches=False,
    )
    line = joined[found]
    along[place] = shapely.line_locate_point(graph.lines[line], points[place])
    access_m[place] = distance
    step = float(graph.to_m.max()) + 1.0
    at = np.searchsorted(graph.line * step + graph.from_m, line * step + along[place], "right")
    at = np.maximum(at - 1, 0)
    piece[place] = np.where(graph.line[at] == line, at, -1)
    return piece, along, access_m


def _linked(graph: RoadGraph, piece: Integers, along: Floats) -> _Links:
    """The graph with the places put into the pieces they join."""
    junctions = len(graph.node_xy)
    nodes = junctions + len(piece)
    on = np.flatnonzero(piece >= 0)
    used = np.unique(piece[on])
    of = np.concatenate([used, piece[on], used])
    at_m = np.concatenate([graph.from_m[used], along[on], graph.to_m[used]])
    rank = np.repeat([0, 1, 2], [len(used), len(on), len(used)])
    node = np.concatenate([graph.ends[used, 0], junctions + on, graph.ends[used, 1]])
    order = np.lexsort((at_m, rank, of))
    of, at_m, node = of[order], at_m[order], node[order]
    link = np.flatnonzero(of[1:] == of[:-1])
    start = np.concatenate([graph.ends[:, 0], node[link]])
    end = np.concatenate([graph.ends[:, 1], node[link + 1]])
    from_m = np.concatenate([graph.from_m, at_m[link]])
    to_m = np.concatenate([graph.to_m, at_m[link + 1]])
    whole = np.concatenate([np.arange(len(graph.line)), of[link]])
    minutes = np.maximum(np.abs(to_m - from_m) * graph.minutes_per_m[whole], _NO_TIME_MIN)
    key = np.minimum(start, end) * nodes + np.maximum(start, end)
    order = np.lexsort((minutes, key))
    order = order[np.r_[True, np.diff(key[order]) != 0][: len(order)]]
    is_forward = (start < end)[order]
    return _Links(
        nodes=nodes,
        key=key[order],
        line=graph.line[whole[order]],
        low_m=np.where(is_forward, from_m[order], to_m[order]),
        high_m=np.where(is_forward, to_m[order], from_m[order]),
        minutes=minutes[order],
    )

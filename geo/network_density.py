"""Density of events along roads, in events per km of road.

Events do not spread across fields, so the kernel follows the network (Okabe, Satoh &
Sugihara 2009, doi:10.1080/13658810802475491). At a junction of m roads it splits:

- discontinuous: 1/(m − 1) of it goes on along every other road;
- continuous: 2/m goes on along every other road and −(m − 2)/m turns back, which keeps
  the surface free of jumps and conserves every event; at a dead end all turns back.

Each route from an event shorter than the bandwidth adds its part, cycles included; the
number of routes grows fast, so keep the bandwidth within some ten blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.compiled import compiled
from geo.errors import FrameError
from geo.nearest import NearestSegment
from geo.segments import Segments, segments_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
NetworkKernel = Literal["epanechnikov", "quartic"]
SplitRule = Literal["discontinuous", "continuous"]

# A route that carries less than this part of an event is not followed on: the number of
# routes doubles at every junction, what they carry halves.
_LEAST_PART = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadNetwork:
    """Road sections between junctions.

    Parameters
    ----------
    ends
        (sections, 2) node numbers of each section's start and end.
    length_m
        (sections) lengths along the road.
    lines
        (sections) shapely lines in a metric CRS.
    """

    ends: Integers
    length_m: Floats
    lines: npt.NDArray[np.object_]

    @classmethod
    def from_lines(cls, roads: gpd.GeoSeries, *, tolerance_m: float = 0.5) -> RoadNetwork:
        """Network of lines already split at junctions; ends that meet become one node.

        Parameters
        ----------
        roads
            Lines in a metric CRS; use ``shapely.node`` first where roads cross unsplit.
        tolerance_m
            Ends closer than this are the same junction.

        Raises
        ------
        FrameError
            When a geometry is not a line, or has no length.
        """
        lines = np.asarray(roads.values)
        if not (shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING).all():
            raise FrameError("roads must be single lines; explode multi-part lines first")
        length = shapely.length(lines)
        if not (length > 0).all():
            raise FrameError("roads without length; drop them")
        points = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
        node = _merge_points(points, tolerance_m)
        return cls(ends=node.reshape(2, -1).T.copy(), length_m=length, lines=lines)

    def snap(
        self, x_m: npt.ArrayLike, y_m: npt.ArrayLike, *, farthest_m: float
    ) -> tuple[Integers, Floats]:
        """Nearest section of each point (-1 beyond ``farthest_m``) and metres along it."""
        found = self._nearest.query(x_m, y_m, max_distance_m=farthest_m)
        section, along = np.full(len(found.segment), -1), np.zeros(len(found.segment))
        near = found.segment >= 0
        at = found.segment[near]
        section[near] = self._segments.line[at]
        along[near] = self._segments.chain_m[at] + found.along_m[near]
        return section, along

    @cached_property
    def _segments(self) -> Segments:
        return segments_of(self.lines)

    @cached_property
    def _nearest(self) -> NearestSegment:
        return NearestSegment(self._segments)

    def lixels(self, length_m: float) -> tuple[Integers, Floats, Floats]:
        """Cut every section into equal pieces not longer than ``length_m``.

        Returns
        -------
        (pieces) section of each piece, metres along it where the piece starts, and ends.
        """
        pieces = np.maximum(1, np.ceil(self.length_m / length_m)).astype(np.int64)
        section = np.repeat(np.arange(len(pieces)), pieces)
        number = np.arange(len(section)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        step = (self.length_m / pieces)[section]
        return section, number * step, (number + 1) * step


def network_density(
    network: RoadNetwork,
    event_section: npt.ArrayLike,
    event_along_m: npt.ArrayLike,
    *,
    at_section: npt.ArrayLike,
    at_along_m: npt.ArrayLike,
    bandwidth_m: float,
    kernel: NetworkKernel = "quartic",
    split: SplitRule = "continuous",
    weights: npt.ArrayLike | None = None,
    junction_m: float = 1.0,
) -> Floats:
    """Kernel density of events along a network, at given points of it.

    Parameters
    ----------
    event_section, event_along_m
        (n) section of each event and metres along it, as :meth:`RoadNetwork.snap`
        gives; events on section -1 do not count.
    at_section, at_along_m
        (k) where to evaluate, for example the middles of :meth:`RoadNetwork.lixels`.
    bandwidth_m
        Metres along the road.
    weights
        (n) weights, one each by default.
    junction_m
        An event this near a junction lies at it and spreads evenly along all its roads.

    Returns
    -------
    (k) events per km of road.

    Raises
    ------
    FrameError
        When the bandwidth is not positive or a section is unknown.
    """
    if not bandwidth_m > 0:
        raise FrameError(f"bandwidth_m = {bandwidth_m} must be positive")
    section = np.asarray(event_section, dtype=np.int64)
    along = np.asarray(event_along_m, dtype=float)
    weight = np.ones(len(section)) if weights is None else np.asarray(weights, dtype=float)
    on_road = section >= 0
    at = np.asarray(at_section, dtype=np.int64)
    count = len(network.length_m)
    if (section >= count).any() or (len(at) and not 0 <= at.min() <= at.max() < count):
        raise FrameError(f"a section number is not among the {count} sections of the network")
    order = np.lexsort((np.asarray(at_along_m, dtype=float), at))
    starts = np.searchsorted(at[order], np.arange(count + 1))
    node_starts, node_sections = _sections_of_nodes(network.ends)
    values = np.zeros(len(at))
    _spread(
        network.ends,
        network.length_m,
        node_starts,
        node_sections,
        section[on_road],
        np.clip(along[on_road], 0.0, network.length_m[section[on_road]]),
        weight[on_road],
        starts,
        np.asarray(at_along_m, dtype=float)[order],
        bandwidth_m,
        junction_m,
        kernel == "quartic",
        split == "continuous",
        values,
    )
    density = np.empty(len(at))
    density[order] = values * 1000.0
    return density


def _merge_points(points: npt.NDArray[np.object_], tolerance_m: float) -> Integers:
    """Number the points, those within the tolerance of each other alike."""
    cells = np.rint(shapely.get_coordinates(points) / tolerance_m)
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _sections_of_nodes(ends: Integers) -> tuple[Integers, Integers]:
    """Sections that meet at each node as compressed sparse rows.

    A section is numbered 2·s where it leaves the node from its start and 2·s + 1 where
    from its end; a loop is there twice, as it should be.
    """
    node = ends.ravel()
    order = np.argsort(node, kind="stable")
    nodes = int(node.max()) + 1 if len(node) else 0
    return np.searchsorted(node[order], np.arange(nodes + 1)), order


@compiled
def _spread(
    ends: Integers,
    length: Floats,
    node_starts: Integers,
    node_sections: Integers,
    event_section: Integers,
    event_along: Floats,
    weight: Floats,
    at_starts: Integers,
    at_along: Floats,
    bandwidth: float,
    junction: float,
    is_quartic: bool,
    is_continuous: bool,
    values: Floats,
) -> None:
    """Follow every route of every event, depth first; ``values`` is filled in place."""
    scale = (15 / 16 if is_quartic else 3 / 4) / bandwidth
    stack_way = np.empty(4096, np.int64)  # 2·section + 0 forwards, + 1 backwards
    stack_distance = np.empty(4096)  # to the start of that way
    stack_part = np.empty(4096)
    for i in range(len(event_section)):
        home, along = event_section[i], event_along[i]
        # Both ways from the event: as if it had come in from the other end.
        stack_way[0], stack_distance[0], stack_part[0] = 2 * home, -along, weight[i]
        stack_way[1], stack_distance[1] = 2 * home + 1, along - length[home]
        stack_part[1] = weight[i]
        depth = 2
        near_start, near_end = along <= junction, length[home] - along <= junction
        if near_start or near_end:
            # At a junction no road is the event's own: all get the same.
            node = ends[home, 0 if near_start else 1]
            first, last = node_starts[node], node_starts[node + 1]
            depth = last - first
            for k in range(depth):
                stack_way[k] = node_sections[first + k]
                stack_distance[k] = 0.0
                stack_part[k] = weight[i] * 2 / depth
                if depth == 1 and not is_continuous:
                    stack_part[k] = weight[i]
        while depth:
            depth -= 1
            way, distance, part = stack_way[depth], stack_distance[depth], stack_part[depth]
            section, backwards = way // 2, way % 2
            for k in range(at_starts[section], at_starts[section + 1]):
                ahead = length[section] - at_along[k] if backwards else at_along[k]
                reached = distance + ahead
                # Behind the event the other way counts; a point right at it counts once.
                if reached < 0 or reached >= bandwidth or (reached == 0 and backwards):
                    continue
                u = 1 - (reached / bandwidth) ** 2
                values[k] += part * scale * (u * u if is_quartic else u)
            distance += length[section]
            if distance >= bandwidth:
                continue
            node = ends[section, 1 - backwards]
            first, last = node_starts[node], node_starts[node + 1]
            roads = last - first
            came_from = 2 * section + 1 - backwards
            if is_continuous:
                onward, back = part * 2 / roads, part * (2 / roads - 1)
            else:
                onward, back = part / max(roads - 1, 1), 0.0
            for k in range(first, last):
                leaving = node_sections[k]
                share = back if leaving == came_from else onward
                if abs(share) < _LEAST_PART * weight[i] or depth == len(stack_way):
                    continue
                stack_way[depth], stack_distance[depth] = leaving, distance
                stack_part[depth] = share
                depth += 1

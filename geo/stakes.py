"""Kilometre stakes (桩号) to places and back, on calibrated routes with broken chains.

A route is a list of *pieces*. Within a piece stakes rise strictly along the line, through
its calibration points and linearly between them. Where a road has been rebuilt the pieces
no longer meet in stakes (断链): after a long chain (长链) stakes repeat, so one stake has
two places; after a short chain (短链) stakes jump, so some have none. Every answer says
how many places there are.

All pieces are cut at vertices and calibration points into straight segments with one
scale each, and the stakes of each route into the cells between those cuts, so that a
stake costs one binary search, however many pieces overlap there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.calibration import (
    Piece,
    calibration_in_force,
    linear_pieces,
    require_columns,
    surveyed_pieces,
)
from geo.crs import require_metric
from geo.errors import FrameError
from geo.nearest import NearestSegment
from geo.segments import Floats, Ints, concatenate

# Two pieces that meet within this distance at the same stake are one place.
JOINT_M = 1.0


class StakeStatus(IntEnum):
    """Why a stake has the number of places it has."""

    UNIQUE = 0
    REPEATED = 1  # at several places: a long chain, or pieces that overlap
    JUMPED = 2  # between the stakes of the route, but on no piece: a short chain
    BEYOND = 3  # before the first or after the last stake of the route
    UNKNOWN_ROUTE = 4  # no such route, or one without stakes
    MISSING = 5  # no stake given


@dataclass(frozen=True)
class StakePlaces:
    """The places of (n) stakes, (k) in all.

    Parameters
    ----------
    row
        (k) position of the stake each place belongs to, ascending.
    x_m, y_m
        (k) coordinates in the routes' CRS.
    piece
        (k) number of the piece within its route.
    bearing_deg
        (k) direction of rising stakes, clockwise from grid north.
    multiplicity
        (k) how many places the stake has.
    status
        (n) :class:`StakeStatus` of each stake.
    """

    row: Ints
    x_m: Floats
    y_m: Floats
    piece: Ints
    bearing_deg: Floats
    multiplicity: Ints
    status: NDArray[np.int8]


@dataclass(frozen=True)
class StakeFixes:
    """The stakes of (n) points.

    Parameters
    ----------
    stake_m
        Stake of the nearest place on the route; NaN where the route has none.
    offset_m
        Distance from that place, above zero to the right of rising stakes.
    piece
        Number of the piece within the route; -1 where there is none.
    """

    stake_m: Floats
    offset_m: Floats
    piece: Ints


class RouteLocator:
    """Places of stakes on calibrated routes.

    Parameters
    ----------
    routes
        Metric lines with ``route_code``, ``stake_from_m``, ``stake_to_m`` (NaN where the
        line has no stakes). Each row is a piece, calibrated at its two ends; stakes may
        rise or fall along the line. Several rows of one route are several pieces.
    calibration
        Surveyed stakes that replace the ends of the routes they name: ``route_code``,
        ``piece`` (number, one more after each broken chain), ``stake_m``, and either
        ``chain_m``, the length along the route's rows in frame order, or ``x_m, y_m`` in
        the routes' CRS. Optional ``valid_from, valid_to`` (dates, end exclusive).
    on
        The day whose calibration is wanted. Default: the calibration still in force,
        whose ``valid_to`` is empty.

    Attributes
    ----------
    pieces
        One row per piece: ``route_code, piece, stake_from_m, stake_to_m, length_m,
        residual_m``.
    nodes
        The ends of all straight segments, by piece and rising stake: ``route_code, piece,
        stake_m, chain_m``; between two of a piece both run linearly.

    Raises
    ------
    CrsError
        When ``routes`` is not metric.
    FrameError
        When a column is missing, a calibration names an unknown route, a piece has fewer
        than two calibration points, stakes do not rise or fall strictly along a piece,
        or a calibration point lies off its line.
    """

    def __init__(
        self,
        routes: gpd.GeoDataFrame,
        *,
        calibration: pd.DataFrame | None = None,
        on: date | None = None,
    ) -> None:
        require_metric(routes, what="routes")
        require_columns(routes, ("route_code", "stake_from_m", "stake_to_m"), what="routes")
        surveyed = calibration_in_force(calibration, on=on)
        codes = routes["route_code"].to_numpy(dtype=object)
        unknown = sorted(set(surveyed["route_code"]) - set(codes))
        if unknown:
            raise FrameError(f"the calibration names route {unknown[0]}, which has no line")
        pieces = [
            *linear_pieces(routes, except_codes=set(surveyed["route_code"])),
            *surveyed_pieces(routes, surveyed),
        ]
        # Along a route, pieces follow one another in the order of their first stake.
        pieces.sort(key=lambda piece: (piece.route_code, piece.from_m))
        self.pieces = pd.DataFrame(
            {
                "route_code": pd.Series([p.route_code for p in pieces], dtype="str"),
                "piece": np.array([p.number for p in pieces], dtype=np.int64),
                "stake_from_m": [p.from_m for p in pieces],
                "stake_to_m": [p.to_m for p in pieces],
                "length_m": [float(p.segments.length_m.sum()) for p in pieces],
                "residual_m": [p.residual_m for p in pieces],
            }
        )
        self.nodes = _nodes(pieces)
        self.route_codes = pd.Index(self.pieces["route_code"].unique(), dtype=object)
        self._route_of_piece = self.route_codes.get_indexer(
            pd.Index(self.pieces["route_code"], dtype=object)
        )
        self._join(pieces)
        self._indexes: dict[int, tuple[Ints, NearestSegment]] = {}

    def locate(self, route_codes: ArrayLike, stakes_m: ArrayLike) -> StakePlaces:
        """Every place of every stake.

        Parameters
        ----------
        route_codes
            One code, or (n) codes.
        stakes_m
            (n) stakes in metres; NaN has no place.

        Returns
        -------
        StakePlaces
            None, one or several places per stake; ``status`` says why.
        """
        stakes = np.atleast_1d(np.asarray(stakes_m, dtype=float))
        route = self._route_positions(route_codes, len(stakes))
        known = np.flatnonzero(route >= 0)
        status = np.full(len(stakes), StakeStatus.UNKNOWN_ROUTE, dtype=np.int8)
        cell = self._cells(route[known], stakes[known])
        count = self._cell_start[cell + 1] - self._cell_start[cell]
        status[known] = np.select(
            [count == 1, count > 1, np.isnan(stakes[known])],
            [StakeStatus.UNIQUE, StakeStatus.REPEATED, StakeStatus.MISSING],
            StakeStatus.BEYOND,
        )
        self._tell_jumps(status, known[count == 0], route, stakes)

        before = np.cumsum(count) - count
        entry = np.repeat(self._cell_start[cell] - before, count) + np.arange(count.sum())
        row = np.repeat(known, count)
        at = self._segment_of_entry[entry]
        x_m, y_m = self._segments.place(at, (stakes[row] - self._stake_m[at]) * self._scale[at])
        return StakePlaces(
            row=row,
            x_m=x_m,
            y_m=y_m,
            piece=self._piece_number[at],
            bearing_deg=self._bearing_deg[at],
            multiplicity=np.repeat(count, count),
            status=status,
        )

    def section(self, route_code: str, from_m: float, to_m: float) -> shapely.Geometry:
        """All road of a route whose stakes lie between two stakes.

        Returns
        -------
        LineString, running from ``from_m`` to ``to_m`` also when stakes fall that way;
        a MultiLineString where the road between them is in several parts, as when both
        stakes are repeated; an empty LineString where there is none.
        """
        low, high = min(from_m, to_m), max(from_m, to_m)
        route = int(self.route_codes.get_indexer([route_code])[0])
        at = np.flatnonzero(
            (self._route == route) & (self._stake_m < high) & (self._end_m > low)
        )
        if route < 0 or not len(at):
            return shapely.LineString()
        start = np.maximum(self._stake_m[at], low) - self._stake_m[at]
        stop = np.minimum(self._end_m[at], high) - self._stake_m[at]
        first = np.column_stack(self._segments.place(at, start * self._scale[at]))
        last = np.column_stack(self._segments.place(at, stop * self._scale[at]))
        parts_at = 1 + np.flatnonzero(np.hypot(*(first[1:] - last[:-1]).T) > JOINT_M)
        lines = [
            np.vstack([starts[:1], ends])
            for starts, ends in zip(
                np.split(first, parts_at), np.split(last, parts_at), strict=True
            )
        ]
        if from_m > to_m:
            lines = [line[::-1] for line in reversed(lines)]
        geometry = [shapely.LineString(line) for line in lines]
        return geometry[0] if len(geometry) == 1 else shapely.MultiLineString(geometry)

    def stake_of(self, route_codes: ArrayLike, x_m: ArrayLike, y_m: ArrayLike) -> StakeFixes:
        """Stake of the place on its route nearest to each point.

        Parameters
        ----------
        route_codes
            One code, or (n) codes.
        x_m, y_m
            (n) coordinates in the routes' CRS; NaN has no stake.
        """
        x = np.atleast_1d(np.asarray(x_m, dtype=float))
        y = np.atleast_1d(np.asarray(y_m, dtype=float))
        route = self._route_positions(route_codes, len(x))
        route[~(np.isfinite(x) & np.isfinite(y))] = -1
        stake, offset = np.full(len(x), np.nan), np.full(len(x), np.nan)
        piece = np.full(len(x), -1, dtype=np.int64)
        for position in np.unique(route[route >= 0]):
            rows = np.flatnonzero(route == position)
            segments, index = self._index(int(position))
            nearest = index.query(x[rows], y[rows])
            at, along = segments[nearest.segment], nearest.along_m
            stake[rows] = self._stake_m[at] + along / self._scale[at]
            right = self._segments.right_m(at, x[rows], y[rows])
            offset[rows] = np.copysign(nearest.distance_m, right)
            piece[rows] = self._piece_number[at]
        return StakeFixes(stake_m=stake, offset_m=offset, piece=piece)

    def _join(self, pieces: list[Piece]) -> None:
        """Lay all segments end to end and index the cells between their stakes."""
        sizes = np.array([len(p.segments) for p in pieces], dtype=np.int64)
        owner = np.repeat(np.arange(len(pieces)), sizes)
        self._segments = concatenate([p.segments for p in pieces])
        self._stake_m = np.concatenate([np.empty(0), *(p.stake_m[:-1] for p in pieces)])
        self._end_m = np.concatenate([np.empty(0), *(p.stake_m[1:] for p in pieces)])
        self._scale = self._segments.length_m / (self._end_m - self._stake_m)
        self._piece_number = self.pieces["piece"].to_numpy()[owner]
        self._route = self._route_of_piece[owner]
        direction = np.degrees(np.arctan2(self._segments.ux, self._segments.uy))
        self._bearing_deg = np.mod(direction, 360.0)

        # One axis for all routes: each has its own stretch, with room before and after.
        by_route = self.pieces.groupby(self._route_of_piece)
        self._low_m = by_route["stake_from_m"].min().to_numpy(dtype=float)
        self._high_m = by_route["stake_to_m"].max().to_numpy(dtype=float)
        stretch = self._high_m - self._low_m + 4.0
        self._axis_m = np.cumsum(stretch) - stretch
        start = self._on_axis(self._route, self._stake_m)
        end = self._on_axis(self._route, self._end_m)
        self._cuts = np.unique(np.concatenate([start, end]))

        # Cell 2i+1 is cut i itself, cell 2i the open stretch before it. A segment owns its
        # first cut, and its last one only at the end of a piece.
        first = 2 * np.searchsorted(self._cuts, start) + 1
        ends_piece = np.r_[owner[1:] != owner[:-1], True][: len(owner)]
        last = 2 * np.searchsorted(self._cuts, end) + ends_piece
        span = last - first + 1
        segment = np.repeat(np.arange(len(owner)), span)
        cell = np.arange(span.sum()) - np.repeat(np.cumsum(span) - span - first, span)
        order = np.argsort(cell, kind="stable")
        segment, cell = segment[order], cell[order]
        if len(cell):
            kept = ~self._repeats_joint(segment, cell)
            segment, cell = segment[kept], cell[kept]
        self._segment_of_entry = segment
        self._cell_start = np.searchsorted(cell, np.arange(2 * len(self._cuts) + 2))

    def _repeats_joint(self, segment: Ints, cell: Ints) -> NDArray[np.bool_]:
        """Entries at a cut that name the same place as the entry before."""
        route = self._route[segment]
        cut = self._cuts[np.minimum(cell // 2, len(self._cuts) - 1)]
        stake = cut - self._axis_m[route] - 1.0 + self._low_m[route]
        along = (stake - self._stake_m[segment]) * self._scale[segment]
        x, y = self._segments.place(segment, along)
        near = np.hypot(np.diff(x), np.diff(y)) <= JOINT_M
        is_same = near & (cell[1:] == cell[:-1]) & (cell[1:] % 2 == 1)
        return np.concatenate([np.zeros(1, dtype=np.bool_), is_same])

    def _on_axis(self, route: Ints, stake_m: Floats) -> Floats:
        """Position of stakes on the common axis; those beyond their route stop beside it."""
        low, high = self._low_m[route], self._high_m[route]
        clipped = np.clip(stake_m, low - 1.0, high + 1.0)
        return np.asarray(self._axis_m[route] + 1.0 + (clipped - low), dtype=np.float64)

    def _cells(self, route: Ints, stake_m: Floats) -> Ints:
        at = self._on_axis(route, stake_m)
        cut = np.searchsorted(self._cuts, at)
        is_cut = self._cuts[np.minimum(cut, len(self._cuts) - 1)] == at
        return np.asarray(2 * cut + is_cut, dtype=np.int64)

    def _tell_jumps(
        self, status: NDArray[np.int8], placeless: Ints, route: Ints, stakes: Floats
    ) -> None:
        between = stakes[placeless] > self._low_m[route[placeless]]
        between &= stakes[placeless] < self._high_m[route[placeless]]
        status[placeless[between]] = StakeStatus.JUMPED

    def _route_positions(self, route_codes: ArrayLike, n: int) -> Ints:
        if isinstance(route_codes, str):
            route_codes = np.full(1, route_codes, dtype=object)
        codes = np.atleast_1d(np.asarray(route_codes, dtype=object))
        found = self.route_codes.get_indexer(pd.Index(codes, dtype=object)).astype(np.int64)
        return np.broadcast_to(found, n).copy()

    def _index(self, route: int) -> tuple[Ints, NearestSegment]:
        if route not in self._indexes:
            at = np.flatnonzero(self._route == route)
            self._indexes[route] = at, NearestSegment(self._segments.take(at))
        return self._indexes[route]


def _nodes(pieces: list[Piece]) -> pd.DataFrame:
    sizes = [len(p.stake_m) for p in pieces]
    return pd.DataFrame(
        {
            "route_code": np.repeat(np.array([p.route_code for p in pieces], object), sizes),
            "piece": np.repeat(np.array([p.number for p in pieces], np.int64), sizes),
            "stake_m": np.concatenate([np.empty(0), *(p.stake_m for p in pieces)]),
            "chain_m": np.concatenate([np.empty(0), *(p.chain_m for p in pieces)]),
        }
    )

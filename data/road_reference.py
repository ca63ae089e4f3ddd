"""The routes of a region with their stakes: from stake to chain to place, and back.

The *chain* of a place is its real distance along its route from the start of the line, over
all pieces. Stakes are what the signs say in the calibration in force; a road section keeps
its shape when they change, and its stakes are derived anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer
from shapely.ops import substring

from geo.crs import WGS84
from geo.errors import RegionError, SafetyError
from geo.stakes import RouteLocator

if TYPE_CHECKING:
    from data.region import RegionPack

Floats = NDArray[np.float64]
# Beyond any length of a route, so that pieces laid on one axis do not touch.
_APART_M = 1e7


@dataclass(frozen=True, eq=False)
class RoadReference:
    """Linear reference of one region.

    Parameters
    ----------
    routes
        Metric lines, one row per route, in the order of the pack.
    locator
        Calibrated routes; None where no route has stakes.
    """

    routes: gpd.GeoDataFrame
    locator: RouteLocator | None

    @classmethod
    def of(cls, region: RegionPack, *, on: date | None = None) -> RoadReference:
        """The reference of a pack with the calibration of a day; default: that in force.

        Raises
        ------
        RegionError
            When the calibration does not fit the lines.
        """
        routes = region.roads.to_crs(region.metric_crs)
        points = region.calibration
        if routes["stake_from_m"].isna().all() and points.empty:
            return cls(routes, None)
        to_metric = Transformer.from_crs(WGS84, region.metric_crs, always_xy=True)
        x_m, y_m = to_metric.transform(points["lon"].to_numpy(), points["lat"].to_numpy())
        try:
            locator = RouteLocator(routes, calibration=points.assign(x_m=x_m, y_m=y_m), on=on)
        except SafetyError as error:
            raise RegionError(f"the calibration of region {region.code}: {error}") from error
        return cls(routes, locator if len(locator.pieces) else None)

    @cached_property
    def pieces(self) -> pd.DataFrame:
        """One row per piece: ``route_code, piece, stake_from_m, stake_to_m, chain_from_m,
        chain_to_m, length_m, residual_m``; the chain falls where stakes rise against the line.
        """
        if self.locator is None:
            names = ("stake_from_m", "stake_to_m", "length_m", "residual_m")
            columns = {name: pd.Series(dtype=float) for name in names}
            pieces = pd.DataFrame(
                {"route_code": pd.Series(dtype=object), "piece": [], **columns}
            )
            return pieces.astype({"piece": "int64"}).assign(chain_from_m=[], chain_to_m=[])
        ends = self.locator.nodes.groupby(["route_code", "piece"])["chain_m"]
        chains = ends.agg(chain_from_m="first", chain_to_m="last").reset_index()
        return self.locator.pieces.merge(chains, on=["route_code", "piece"], how="left")

    @cached_property
    def length_m(self) -> pd.Series[float]:
        """Length of each route."""
        return pd.Series(self.routes.length.to_numpy(), index=self.routes["route_code"])

    def chain_of(
        self, route_codes: ArrayLike, pieces: ArrayLike, stakes_m: ArrayLike
    ) -> Floats:
        """Chains of (n) stakes on their pieces; NaN where there is no such piece."""
        stakes = np.asarray(stakes_m, dtype=float)
        keys = pd.MultiIndex.from_arrays([np.asarray(route_codes, object), np.asarray(pieces)])
        at = self._numbered.get_indexer(keys)
        axis, chains = self._stake_axis
        if not len(axis):
            return np.full(len(stakes), np.nan)
        found: Floats = np.interp(at * _APART_M + stakes, axis, chains)
        return np.where(at < 0, np.nan, found)

    def stakes_of(
        self, route_codes: ArrayLike, chains_m: ArrayLike
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Stakes and pieces of (n) chains; NaN and -1 where a route has no stakes there."""
        codes, chains = np.asarray(route_codes, object), np.asarray(chains_m, dtype=float)
        stake, number = np.full(len(chains), np.nan), np.full(len(chains), -1, np.int64)
        if self.locator is None:
            return stake, number
        pieces = self.pieces
        low = pieces[["chain_from_m", "chain_to_m"]].min(axis=1).to_numpy()
        high = pieces[["chain_from_m", "chain_to_m"]].max(axis=1).to_numpy()
        routes = pd.Index(pieces["route_code"].unique(), dtype=object)
        axis = routes.get_indexer(pieces["route_code"].to_numpy()) * _APART_M
        order = np.argsort(axis + low, kind="stable")
        route = routes.get_indexer(codes)
        # Half a millimetre, so that the end of the last piece belongs to it.
        at = np.searchsorted((axis + low)[order], route * _APART_M + chains + 5e-4, "right") - 1
        piece = order[np.maximum(at, 0)]
        inside = (route >= 0) & (at >= 0) & np.isfinite(chains)
        inside &= axis[piece] == route * _APART_M
        inside &= chains <= high[piece] + 5e-4
        rows = np.flatnonzero(inside)
        sheet, stakes = self._chain_axis
        stake[rows] = np.interp(piece[rows] * _APART_M + chains[rows], sheet, stakes)
        number[rows] = pieces["piece"].to_numpy()[piece[rows]]
        return stake, number

    def intervals(
        self, route_code: str, from_m: float, to_m: float
    ) -> list[tuple[int, float, float]]:
        """Piece and rising chain interval of all road between two stakes of a route."""
        low, high = min(from_m, to_m), max(from_m, to_m)
        pieces = self.pieces[self.pieces["route_code"] == route_code]
        pieces = pieces[(pieces["stake_from_m"] < high) & (pieces["stake_to_m"] > low)]
        found = []
        for piece, start, end in zip(
            pieces["piece"], pieces["stake_from_m"], pieces["stake_to_m"], strict=True
        ):
            stakes = [max(low, start), min(high, end)]
            chains = sorted(self.chain_of([route_code] * 2, [piece] * 2, stakes).tolist())
            found.append((int(piece), chains[0], chains[1]))
        return found

    def cut(self, route_code: str, from_m: float, to_m: float) -> shapely.LineString:
        """The road between two chains of a route, EPSG:4326; empty where there is none."""
        row = np.flatnonzero((self.routes["route_code"] == route_code).to_numpy())
        if not len(row):
            return shapely.LineString()
        line = substring(self.routes.geometry.iloc[row[0]], from_m, to_m)
        if line.geom_type == "Point":
            line = shapely.LineString([line, line])
        return self._degrees(line)

    def section(
        self, route_code: str, stake_from_m: float, stake_to_m: float
    ) -> shapely.Geometry:
        """All road between two stakes of a route, EPSG:4326; see RouteLocator.section."""
        if self.locator is None:
            return shapely.LineString()
        return self._degrees(self.locator.section(route_code, stake_from_m, stake_to_m))

    def chain_interval(
        self, route_codes: ArrayLike, geometry: NDArray[np.object_]
    ) -> tuple[Floats, Floats]:
        """Where (n) shapes in EPSG:4326 begin and end along their routes.

        A line counts from its first to its last vertex, whichever way it runs, other
        shapes over all their vertices; NaN without a shape or a route.
        """
        low, high = np.full(len(geometry), np.nan), np.full(len(geometry), np.nan)
        codes = pd.Index(np.asarray(route_codes, dtype=object))
        position = pd.Index(self.routes["route_code"]).get_indexer(codes)
        shapes = np.asarray(geometry, dtype=object)
        rows = np.flatnonzero(
            (position >= 0) & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
        )
        if not len(rows):
            return low, high
        ends = [_ends(shape) for shape in shapes[rows]]
        owner = np.repeat(rows, [len(part) for part in ends])
        metric = gpd.GeoSeries(np.concatenate(ends), crs=WGS84).to_crs(self.routes.crs)
        lines = self.routes.geometry.to_numpy()[position[owner]]
        chain = shapely.line_locate_point(lines, metric.to_numpy())
        spans = pd.Series(chain).groupby(owner).agg(["min", "max"])
        low[spans.index], high[spans.index] = spans["min"], spans["max"]
        return low, high

    @cached_property
    def _numbered(self) -> pd.MultiIndex:
        return pd.MultiIndex.from_frame(self.pieces[["route_code", "piece"]])

    @cached_property
    def _stake_axis(self) -> tuple[Floats, Floats]:
        """Stakes of all pieces on one rising axis, and their chains."""
        return self._axis("stake_m", "chain_m")

    @cached_property
    def _chain_axis(self) -> tuple[Floats, Floats]:
        """Chains of all pieces on one rising axis, and their stakes."""
        return self._axis("chain_m", "stake_m")

    def _axis(self, along: str, across: str) -> tuple[Floats, Floats]:
        if self.locator is None:
            return np.empty(0), np.empty(0)
        nodes = self.locator.nodes
        keys = pd.MultiIndex.from_frame(nodes[["route_code", "piece"]])
        axis = self._numbered.get_indexer(keys) * _APART_M + nodes[along].to_numpy()
        order = np.argsort(axis, kind="stable")
        return axis[order], nodes[across].to_numpy()[order]

    def _degrees(self, shape: shapely.Geometry) -> shapely.Geometry:
        return gpd.GeoSeries([shape], crs=self.routes.crs).to_crs(WGS84).iloc[0]


def section_geometry(
    region: RegionPack, route_code: str, stake_from_m: float, stake_to_m: float
) -> shapely.Geometry:
    """The road between two stakes of a route in the calibration in force, EPSG:4326.

    Returns
    -------
    A LineString from the first stake to the second; a MultiLineString where the road
    between them is in several parts; an empty one where there is none.
    """
    return region.road_reference.section(route_code, stake_from_m, stake_to_m)


def _ends(shape: shapely.Geometry) -> NDArray[np.object_]:
    lines = [part for part in shapely.get_parts(shape) if part.geom_type == "LineString"]
    if lines:
        return np.array([shapely.get_point(line, at) for line in lines for at in (0, -1)])
    return np.asarray(shapely.points(shapely.get_coordinates(shape)))

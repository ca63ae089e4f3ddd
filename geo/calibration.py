"""Pieces of routes: lines whose every vertex has a stake.

A piece is a stretch of road along which stakes rise strictly, linearly between its
calibration points. It is cut at its vertices and at those points, so that each of its
straight segments has one scale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.errors import FrameError
from geo.segments import Floats, Segments, segments_of

# A surveyed post is searched this far around the measure its stake leads to expect, plus
# a share of the distance from the post before: in hairpins the nearest leg may be wrong.
POST_REACH_M = 150.0
POST_STRETCH = 0.02
# A calibration chain may pass the end of its line by this much.
END_SLACK_M = 1.0


@dataclass(frozen=True)
class Piece:
    """Segments in the direction of rising stakes, with the (k + 1) stakes of their ends.

    ``chain_m`` holds the length of the route, along its rows, before each of those ends.
    """

    route_code: str
    number: int
    segments: Segments
    stake_m: Floats
    chain_m: Floats
    residual_m: float

    @property
    def from_m(self) -> float:
        return float(self.stake_m[0])

    @property
    def to_m(self) -> float:
        return float(self.stake_m[-1])


def linear_pieces(routes: gpd.GeoDataFrame, *, except_codes: set[str]) -> list[Piece]:
    """One piece for each row that has stakes at both ends, save those of some routes."""
    codes = routes["route_code"].to_numpy(dtype=object)
    stakes = routes[["stake_from_m", "stake_to_m"]].to_numpy(dtype=float)
    segments = segments_of(routes.geometry.to_numpy())
    bounds = np.searchsorted(segments.line, np.arange(len(routes) + 1))
    pieces: list[Piece] = []
    seen: dict[str, int] = {}
    before: dict[str, float] = {}
    for row, code in enumerate(codes):
        part = segments.take(slice(bounds[row], bounds[row + 1]))
        if code in except_codes or not len(part):
            continue
        ends = np.array([0.0, part.chain_m[-1] + part.length_m[-1]])
        start = before.get(code, 0.0)
        before[code] = start + ends[1]
        if np.isnan(stakes[row]).any():
            continue
        number = seen[code] = seen.get(code, -1) + 1
        piece = _piece(str(code), number, part, ends, stakes[row])
        pieces.append(replace(piece, chain_m=piece.chain_m + start))
    return pieces


def surveyed_pieces(routes: gpd.GeoDataFrame, surveyed: pd.DataFrame) -> list[Piece]:
    """The pieces of a calibration table, by route and number.

    Raises
    ------
    FrameError
        When a route has no length, or a calibration does not fit its line.
    """
    pieces = []
    codes = routes["route_code"].to_numpy(dtype=object)
    for code, of_route in surveyed.groupby("route_code", sort=True):
        rows = segments_of(routes.geometry.to_numpy()[codes == code])
        # The chain of the route runs on from row to row.
        line = replace(rows, chain_m=np.cumsum(rows.length_m) - rows.length_m)
        if not len(line):
            raise FrameError(f"the calibration names route {code}, whose line is empty")
        for number in np.unique(of_route["piece"].to_numpy(dtype=np.int64)):
            points = of_route[of_route["piece"] == number]
            points = points.sort_values("stake_m", kind="stable")
            stakes, chain = points[["stake_m", "chain_m"]].to_numpy(dtype=float).T
            residual = np.nan
            if np.isnan(chain).any():
                xy = points[["x_m", "y_m"]].to_numpy(dtype=float)
                chain, residual = _chain_of_posts(line, stakes, xy, route_code=str(code))
            if len(chain) > 1 and chain[-1] < chain[0]:
                stakes, chain = stakes[::-1], chain[::-1]
            pieces.append(_piece(str(code), int(number), line, chain, stakes, residual))
    return pieces


def calibration_in_force(table: pd.DataFrame | None, *, on: date | None) -> pd.DataFrame:
    """The rows of a calibration table in force, with every column the pieces need.

    Parameters
    ----------
    table
        As in :class:`geo.stakes.RouteLocator`; None gives no rows.
    on
        A day; None means without end.

    Raises
    ------
    FrameError
        When a column is missing.
    """
    columns = ["route_code", "piece", "stake_m", "chain_m", "x_m", "y_m"]
    if table is None:
        return pd.DataFrame(columns=columns)
    require_columns(table, ("route_code", "piece", "stake_m"), what="the calibration")
    if "chain_m" not in table:
        require_columns(table, ("x_m", "y_m"), what="the calibration without chain_m")
    never = pd.Series(pd.NaT, index=table.index)
    begins, ends = (
        pd.to_datetime(table.get(column, never)) for column in ("valid_from", "valid_to")
    )
    if on is None:
        in_force = ends.isna()
    else:
        day = pd.Timestamp(on)
        in_force = (begins.isna() | (begins <= day)) & (ends.isna() | (ends > day))
    return table.loc[in_force].reindex(columns=columns)


def require_columns(frame: pd.DataFrame, columns: tuple[str, ...], *, what: str) -> None:
    """Raise :class:`FrameError` unless the frame has every column."""
    missing = [column for column in columns if column not in frame]
    if missing:
        raise FrameError(f"{what} has no column {missing[0]!r}; it needs {', '.join(columns)}")


def _piece(
    code: str,
    number: int,
    line: Segments,
    chain_m: Floats,
    stakes_m: Floats,
    residual_m: float = np.nan,
) -> Piece:
    """Cut a line at its vertices and calibration points, and give each cut its stake."""
    what = f"route {code}, piece {number}"
    total = float(line.chain_m[-1] + line.length_m[-1])
    if len(chain_m) < 2:
        raise FrameError(f"{what} has one calibration point; it needs two or more")
    if chain_m[0] < -END_SLACK_M or chain_m[-1] > total + END_SLACK_M:
        raise FrameError(f"{what}: calibration leaves its line, which is {total:.0f} m long")
    chain = np.clip(chain_m, 0.0, total)
    step, rise = np.diff(chain), np.diff(stakes_m)
    if not ((step > 0).all() and ((rise > 0).all() or (rise < 0).all())):
        wrong = int(np.argmax((step <= 0) | (np.sign(rise) != np.sign(rise[0])) | (rise == 0)))
        raise FrameError(
            f"{what}: stakes neither rise nor fall strictly along the line near "
            f"stake {stakes_m[wrong + 1]:.0f}; correct it, or begin a new piece there"
        )
    vertices = line.chain_m[(line.chain_m > chain[0]) & (line.chain_m < chain[-1])]
    cuts = np.unique(np.concatenate([chain, vertices]))
    stakes = np.interp(cuts, chain, stakes_m)
    # Cuts that differ by rounding alone would give a segment without stakes.
    distinct = np.r_[True, np.abs(np.diff(stakes)) > 0]
    cuts, stakes = cuts[distinct], stakes[distinct]
    owner = np.searchsorted(line.chain_m, cuts[:-1], side="right") - 1
    along = cuts[:-1] - line.chain_m[owner]
    x_m, y_m = line.place(owner, along)
    ux, uy, length = line.ux[owner], line.uy[owner], np.diff(cuts)
    if rise[0] < 0:
        x_m, y_m = (x_m + ux * length)[::-1], (y_m + uy * length)[::-1]
        ux, uy, length = -ux[::-1], -uy[::-1], length[::-1]
        stakes, cuts = stakes[::-1], cuts[::-1]
    run = np.cumsum(length) - length
    segments = Segments(np.zeros(len(run), dtype=np.int64), x_m, y_m, ux, uy, length, run)
    return Piece(code, number, segments, stakes, cuts, residual_m)


def _chain_of_posts(
    line: Segments, stakes_m: Floats, xy_m: Floats, *, route_code: str
) -> tuple[Floats, float]:
    """Where surveyed posts, in the order of their stakes, stand along a line.

    Returns
    -------
    Lengths along the line, and the greatest distance of a post from it.
    """
    ends = [_nearest(line, x, y, -np.inf, np.inf)[0] for x, y in xy_m[[0, -1]]]
    direction = np.sign(ends[1] - ends[0])
    chain, worst = np.empty(len(stakes_m)), 0.0
    expected, reach = ends[0], POST_REACH_M
    for i, (x, y) in enumerate(xy_m):
        if i:
            ahead = stakes_m[i] - stakes_m[i - 1]
            expected = chain[i - 1] + direction * ahead
            reach = POST_REACH_M + POST_STRETCH * ahead
        chain[i], distance = _nearest(line, x, y, expected - reach, expected + reach)
        # Written so that NaN is refused.
        if not distance <= POST_REACH_M:
            raise FrameError(
                f"route {route_code}: the post at stake {stakes_m[i]:.0f} is more than "
                f"{POST_REACH_M:.0f} m from where its stake leads; correct its coordinates, "
                "or begin a new piece there"
            )
        worst = max(worst, distance)
    return chain, worst


def _nearest(
    line: Segments, x: float, y: float, from_m: float, to_m: float
) -> tuple[float, float]:
    """Length along a line, and distance, of its place nearest to a point within a window."""
    low = np.maximum(from_m - line.chain_m, 0.0)
    high = np.minimum(to_m - line.chain_m, line.length_m)
    within = np.flatnonzero(low <= high)
    if not len(within):
        return np.nan, np.inf
    reach = line.ux[within] * (x - line.x_m[within]) + line.uy[within] * (y - line.y_m[within])
    along = np.clip(reach, low[within], high[within])
    foot_x, foot_y = line.place(within, along)
    distance = np.hypot(x - foot_x, y - foot_y)
    best = int(np.argmin(distance))
    return float(line.chain_m[within[best]] + along[best]), float(distance[best])

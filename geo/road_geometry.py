"""Sharp bends (急弯) and steep grades (陡坡) suggested by a map line: candidates only.

At stations every 10 m the radius is that of the circle through the station and the points
25 m of road before and behind it, a b c / (4 × area). A drawn line is off by some metres,
and a radius is sensitive to that: an error σ of the sagitta h = c²/(8 R) moves R by about
8 σ R²/c², ± 17 m at R = 60 m. A curve shorter than 50 m is drawn out and looks wider than
it is; a corner of a coarsely drawn line is no bend, though it has a radius: its deflection
is small and it is not clear of the error. So a candidate tells where to go and measure; it
is no proof of a defect.

Heights are used only where the lines carry them. They are as good as their source: a
height model cuts no road cutting and spans no bridge.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import require_metric
from geo.errors import FrameError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class DesignLimits:
    """Geometry that a design speed allows (JTG D20 路线设计规范, JTG B01 技术标准).

    Parameters
    ----------
    radius_limit_m
        Least radius, with a superelevation of 8 % (极限值).
    radius_general_m
        Least radius as a rule (一般值).
    radius_crowned_m
        Least radius without superelevation, at a crown of 2 % or less.
    grade_max
        Steepest grade, rise over run. General knowledge: the standards were not at hand.
    """

    radius_limit_m: float
    radius_general_m: float
    radius_crowned_m: float
    grade_max: float


# By design speed in km/h.
DESIGN_LIMITS = MappingProxyType(
    {
        120: DesignLimits(650, 1000, 5500, 0.03),
        100: DesignLimits(400, 700, 4000, 0.04),
        80: DesignLimits(250, 400, 2500, 0.05),
        60: DesignLimits(125, 200, 1500, 0.06),
        40: DesignLimits(60, 100, 600, 0.07),
        30: DesignLimits(30, 65, 350, 0.08),
        20: DesignLimits(15, 30, 150, 0.09),
    }
)

STEP_M = 10.0
SPAN_M = 50.0
# A grade is taken over this much road: heights are too coarse for less.
GRADE_SPAN_M = 200.0
# Taken as straight: no least radius of any road comes near.
STRAIGHT_M = 100_000.0


def sharp_bends(
    roads: gpd.GeoDataFrame,
    *,
    design_speed_kmh: int | str = "design_speed",
    noise_m: float = 1.5,
) -> gpd.GeoDataFrame:
    """Candidate bends whose radius lies below the general least radius.

    Parameters
    ----------
    roads
        Metric lines, with ``route_code`` where they have one.
    design_speed_kmh
        One speed of ``DESIGN_LIMITS`` for all, or the column that holds them; roads whose
        speed is missing are left out.
    noise_m
        Standard error of the drawn line across the road.

    Returns
    -------
    One row per bend, in the roads' CRS: ``road`` (index label), ``route_code``,
    ``from_chain_m, to_chain_m`` along the road, ``radius_m`` (least), ``radius_error_m``
    (one standard error), ``apex_chain_m``, ``turn`` ("left" or "right" along the line),
    ``deflection_deg`` (turned between its ends), ``design_speed_kmh``, ``limit_m``,
    ``general_m``, ``below`` ("limit" or "general"), ``is_clear`` (two standard errors do
    not bring the radius up to ``general_m``), ``geometry``. The first and last 25 m of a
    line have no radius: join the lines of a route first.

    Raises
    ------
    CrsError
        When the roads are not metric.
    FrameError
        When a speed is not one of ``DESIGN_LIMITS``.
    """
    axis = _axis(roads)
    speed = _speeds(roads, design_speed_kmh)
    at = _stations(axis, SPAN_M, ~np.isnan(speed))
    before, here, behind = (axis.xy(at.key + d) for d in (-SPAN_M / 2, 0.0, SPAN_M / 2))
    radius, chord, turned = _circle(before, here, behind)
    limit, general = (
        _allowed(speed[at.road], name) for name in ("radius_limit_m", "radius_general_m")
    )
    runs = _runs(at.part, np.where(radius < general, np.sign(turned), 0.0), -radius)
    apex = runs.worst
    error = 8 * noise_m * radius[apex] ** 2 / np.maximum(chord[apex], 1e-9) ** 2
    table = {
        **_whereabouts(roads, at, runs),
        "apex_chain_m": at.chain_m[apex],
        "radius_m": radius[apex],
        "radius_error_m": error,
        "turn": np.where(turned[apex] > 0, "left", "right"),
        "deflection_deg": np.degrees(runs.sums(STEP_M / radius)),
        "design_speed_kmh": speed[at.road[apex]].astype(np.int64),
        "limit_m": limit[apex],
        "general_m": general[apex],
        "below": np.where(radius[apex] < limit[apex], "limit", "general"),
        "is_clear": radius[apex] + 2 * error < general[apex],
    }
    return gpd.GeoDataFrame(table, geometry=_cut(axis, at, runs), crs=roads.crs)


def steep_grades(
    roads: gpd.GeoDataFrame, *, design_speed_kmh: int | str = "design_speed"
) -> gpd.GeoDataFrame:
    """Candidate grades steeper than the design speed allows, on lines that carry heights.

    Parameters
    ----------
    roads
        Metric lines; those with heights (Z, metres) are looked at, the others left out.
    design_speed_kmh
        As in :func:`sharp_bends`.

    Returns
    -------
    One row per grade: ``road``, ``route_code``, ``from_chain_m``, ``to_chain_m``, ``grade``
    (steepest over 200 m, above zero where the line rises), ``mean_grade``,
    ``design_speed_kmh``, ``grade_max``, ``geometry``. The first and last 100 m of a line
    have no grade.

    Raises
    ------
    CrsError, FrameError
        As :func:`sharp_bends`.
    """
    axis = _axis(roads)
    speed = _speeds(roads, design_speed_kmh)
    has_heights = shapely.has_z(roads.geometry.to_numpy())
    at = _stations(axis, GRADE_SPAN_M, ~np.isnan(speed) & has_heights)
    half = GRADE_SPAN_M / 2
    grade = (axis.height(at.key + half) - axis.height(at.key - half)) / GRADE_SPAN_M
    allowed = _allowed(speed[at.road], "grade_max")
    # A grade just at its limit is allowed, whatever the rounding of the heights.
    is_steep = np.abs(grade) > allowed + 1e-9
    runs = _runs(at.part, np.where(is_steep, np.sign(grade), 0.0), np.abs(grade))
    table = {
        **_whereabouts(roads, at, runs),
        "grade": grade[runs.worst],
        "mean_grade": runs.sums(grade) / (runs.last - runs.first + 1),
        "design_speed_kmh": speed[at.road[runs.worst]].astype(np.int64),
        "grade_max": allowed[runs.worst],
    }
    return gpd.GeoDataFrame(table, geometry=_cut(axis, at, runs), crs=roads.crs)


@dataclass(frozen=True, eq=False)
class _Axis:
    """The vertices of all parts of all roads, laid end to end along one key in metres."""

    key: Floats
    xyz: Floats
    part_road: Ints
    part_key: Floats  # where each part begins on the key
    part_chain_m: Floats  # and on its road
    part_length_m: Floats

    def xy(self, key: Floats) -> Floats:
        return np.column_stack([self._at(key, 0), self._at(key, 1)])

    def height(self, key: Floats) -> Floats:
        return self._at(key, 2)

    def _at(self, key: Floats, column: int) -> Floats:
        if not len(key):
            return np.zeros(0)
        values: Floats = np.interp(key, self.key, self.xyz[:, column])
        return values


@dataclass(frozen=True, eq=False)
class _Stations:
    """Points every ``STEP_M`` along the parts."""

    part: Ints
    road: Ints
    key: Floats
    chain_m: Floats


@dataclass(frozen=True, eq=False)
class _Runs:
    """Stretches of neighbouring stations of one sign, and the worst station of each."""

    first: Ints
    last: Ints
    worst: Ints

    def sums(self, values: Floats) -> Floats:
        total = np.r_[0.0, np.cumsum(values)]
        sums: Floats = total[self.last + 1] - total[self.first]
        return sums


def _axis(roads: gpd.GeoDataFrame) -> _Axis:
    require_metric(roads, what="roads")
    lines = roads.geometry.to_numpy()
    is_line = np.isin(shapely.get_type_id(lines), (-1, 1, 2, 5))
    if not is_line.all():
        raise FrameError("roads must be lines; drop the points and polygons first")
    parts, road = shapely.get_parts(lines, return_index=True)
    xyz, part = shapely.get_coordinates(parts, include_z=True, return_index=True)
    step = np.hypot(*np.diff(xyz[:, :2], axis=0).T)
    step[part[1:] != part[:-1]] = 1.0  # a gap, so that no key is on two parts
    key = np.r_[0.0, np.cumsum(step)][: len(xyz)]
    start = np.searchsorted(part, np.arange(len(parts)))
    stop = np.searchsorted(part, np.arange(len(parts)), side="right")
    length = key[stop - 1] - key[start]
    chain = np.cumsum(length) - length
    chain -= chain[np.searchsorted(road, road)]
    return _Axis(key, xyz, road, key[start], chain, length)


def _stations(axis: _Axis, span_m: float, is_wanted: Flags) -> _Stations:
    """Stations of the wanted roads that have half a span of road on both sides."""
    room = axis.part_length_m - span_m
    count = np.where((room >= 0) & is_wanted[axis.part_road], room // STEP_M + 1, 0)
    count = count.astype(np.int64)
    part = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(part)) - np.repeat(np.cumsum(count) - count, count)
    along = span_m / 2 + STEP_M * number
    return _Stations(
        part=part,
        road=axis.part_road[part],
        key=axis.part_key[part] + along,
        chain_m=axis.part_chain_m[part] + along,
    )


def _circle(before: Floats, here: Floats, behind: Floats) -> tuple[Floats, Floats, Floats]:
    """Radius of the circle through three points, its chord, and a sign: above zero left."""
    a, b, c = here - before, behind - here, behind - before
    sides = np.hypot(*a.T) * np.hypot(*b.T)
    chord = np.hypot(*c.T)
    cross = a[:, 0] * c[:, 1] - a[:, 1] * c[:, 0]
    radius = np.full(len(here), STRAIGHT_M)
    np.divide(sides * chord, 2 * np.abs(cross), out=radius, where=np.abs(cross) > 1e-9)
    return np.minimum(radius, STRAIGHT_M), chord, cross


def _runs(part: Ints, sign: Floats, badness: Floats) -> _Runs:
    """Runs of stations on one part with one sign other than zero."""
    is_new = np.r_[True, (np.diff(part) != 0) | (np.diff(sign) != 0)][: len(part)]
    run = np.cumsum(is_new) - 1
    first = np.flatnonzero(is_new)
    last = np.r_[first[1:], len(part)][: len(first)] - 1
    worst = np.lexsort((-badness, run))[first]
    kept = sign[first] != 0
    return _Runs(first[kept], last[kept], worst[kept])


def _whereabouts(
    roads: gpd.GeoDataFrame, at: _Stations, runs: _Runs
) -> dict[str, NDArray[Any]]:
    """Each station stands for half a step before and after it."""
    road = at.road[runs.first]
    codes = roads["route_code"] if "route_code" in roads else pd.Series(None, roads.index)
    return {
        "road": roads.index.to_numpy()[road],
        "route_code": codes.to_numpy(dtype=object)[road],
        "from_chain_m": at.chain_m[runs.first] - STEP_M / 2,
        "to_chain_m": at.chain_m[runs.last] + STEP_M / 2,
    }


def _cut(axis: _Axis, at: _Stations, runs: _Runs) -> NDArray[np.object_]:
    """The lines of the runs, through their stations and half a step beyond."""
    count = runs.last - runs.first + 3
    line = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    along = STEP_M * np.clip(number - 1.0, -0.5, count[line] - 2.5)
    lines: NDArray[np.object_] = shapely.linestrings(
        axis.xy(at.key[runs.first][line] + along), indices=line
    )
    return lines


def _speeds(roads: gpd.GeoDataFrame, design_speed_kmh: int | str) -> Floats:
    """(n) design speed of each road, NaN where it is not known."""
    if isinstance(design_speed_kmh, int):
        speed = np.full(len(roads), float(design_speed_kmh))
    elif design_speed_kmh in roads:
        speed = roads[design_speed_kmh].to_numpy(dtype=float, na_value=np.nan)
    else:
        raise FrameError(f"roads have no column {design_speed_kmh}; give one design speed")
    odd = speed[~np.isnan(speed) & ~np.isin(speed, list(DESIGN_LIMITS))]
    if len(odd):
        allowed = ", ".join(map(str, DESIGN_LIMITS))
        raise FrameError(f"no limits for a design speed of {odd[0]:g} km/h; one of {allowed}")
    return speed


def _allowed(speed: Floats, name: str) -> Floats:
    """The limit of that name for each of some known speeds."""
    speeds, which = np.unique(speed, return_inverse=True)
    limits = [float(getattr(DESIGN_LIMITS[int(one)], name)) for one in speeds.tolist()]
    return np.array(limits, dtype=float)[which]

"""Key sites 重点场所: LEC grades, the closed loop of hazards, what lies near, what cameras see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.crs import require_metric, require_same
from geo.errors import FrameError
from geo.grades import GRADES
from geo.inspection import as_days

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# LEC (Graham & Kinney 1980; 作业条件危险性评价法): the steps of likelihood, exposure, consequence.
LIKELIHOODS: tuple[float, ...] = (0.1, 0.2, 0.5, 1, 3, 6, 10)
EXPOSURES: tuple[float, ...] = (0.5, 1, 2, 3, 6, 10)
CONSEQUENCES: tuple[float, ...] = (1, 3, 7, 15, 40, 100)
# Least D of yellow, orange and red. Provinces differ: a setting.
LEC_CUTS: tuple[float, float, float] = (70.0, 160.0, 320.0)
_LEC_LEVEL_CUTS = (20.0, 70.0, 160.0, 320.0)


class LecLevel(StrEnum):
    """The five words of the method."""

    SLIGHT = "slight"  # 稍有危险
    GENERAL = "general"  # 一般危险
    CONSIDERABLE = "considerable"  # 显著危险
    HIGH = "high"  # 高度危险
    EXTREME = "extreme"  # 极其危险


def lec(
    likelihood: npt.ArrayLike,
    exposure: npt.ArrayLike,
    consequence: npt.ArrayLike,
    *,
    cuts: tuple[float, float, float] = LEC_CUTS,
) -> pd.DataFrame:
    """D = L · E · C and its grade.

    Parameters
    ----------
    likelihood, exposure, consequence
        (n) steps of :data:`LIKELIHOODS`, :data:`EXPOSURES`, :data:`CONSEQUENCES`; NaN: not assessed.
    cuts
        Least D of yellow, orange and red; a D on a cut takes the graver grade.

    Returns
    -------
    DataFrame
        ``d``, ``grade`` (of :data:`geo.grades.GRADES`) and ``level`` (a :class:`LecLevel`); grade and level
        are None where something is not assessed.

    Raises
    ------
    FrameError
        When a value is no step of its scale, or the cuts do not rise.
    """
    if not 0 < cuts[0] < cuts[1] < cuts[2]:
        raise FrameError("the cuts of LEC must rise from yellow to orange to red")
    d = np.ones(1)
    for name, values, steps in (
        ("likelihood", likelihood, LIKELIHOODS),
        ("exposure", exposure, EXPOSURES),
        ("consequence", consequence, CONSEQUENCES),
    ):
        figures = np.atleast_1d(np.asarray(values, dtype=float))
        if strange := sorted(set(figures[~np.isnan(figures)]) - set(steps)):
            allowed = ", ".join(f"{step:g}" for step in steps)
            raise FrameError(f"{name} {strange[0]:g} is no step of LEC; use {allowed}")
        d = d * figures
    d = np.round(d, 9)  # 0.2 · 10 · 10 is 20, on the cut
    known = ~np.isnan(d)
    grade = np.asarray(GRADES, dtype=object)[np.searchsorted(cuts, d, side="right") * known]
    words = np.asarray([each.value for each in LecLevel], dtype=object)
    level = words[np.searchsorted(_LEC_LEVEL_CUTS, d, side="right") * known]
    grade[~known] = level[~known] = None
    return pd.DataFrame({"d": d, "grade": grade, "level": level})


def hazard_loop(hazards: pd.DataFrame, as_of: date, *, by: str | None = None) -> pd.DataFrame:
    """Found, due and closed hazards 隐患闭环 up to a day.

    Parameters
    ----------
    hazards
        ``found_on``, ``due_on``, ``closed_on``: dates or days since 1970, missing where there is none.
        Hazards found after ``as_of`` are left out, closings after it have not happened.
    as_of
        Last day of the account.
    by
        Column to group by (unit, kind, grade); None: one row for all.

    Returns
    -------
    DataFrame
        ``found``, ``closed``, ``open``, ``overdue`` (open past the due day), ``without_due`` (open, no due
        day set), ``due`` (due day reached), ``closed_on_time`` (of those), ``rectification`` = closed on
        time / due, ``closed_share`` = closed / found (both NaN without any), and ``median_days`` from
        finding to closing.

    Raises
    ------
    FrameError
        When a column is missing, a hazard has no day of finding, or was closed before it.
    """
    needed = ["found_on", "due_on", "closed_on", *([by] if by else [])]
    if missing := [name for name in needed if name not in hazards]:
        raise FrameError(f"the column {missing[0]!r} of the hazards is missing; add it")
    end = np.datetime64(as_of, "D")
    found, due, closed = (as_days(hazards[name]) for name in needed[:3])
    if np.isnat(found).any() or (closed < found).any():
        raise FrameError("each hazard needs a day of finding, and none is closed before it")
    is_closed = closed <= end  # NaT compares false
    is_due = due <= end
    table = pd.DataFrame(
        {
            "group": hazards[by].to_numpy() if by else "all",
            "found": 1,
            "closed": is_closed,
            "open": ~is_closed,
            # The due day itself is still in time.
            "overdue": ~is_closed & (due < end),
            "without_due": ~is_closed & np.isnat(due),
            "due": is_due,
            "closed_on_time": is_due & is_closed & (closed <= due),
            "median_days": np.where(is_closed, (closed - found).astype(float), np.nan),
        }
    )[found <= end]
    groups = table.groupby("group", sort=True)
    counts = groups[[*table.columns[1:-1]]].sum().astype(np.int64)
    return counts.assign(
        rectification=_share(counts["closed_on_time"], counts["due"]),
        closed_share=_share(counts["closed"], counts["found"]),
        median_days=groups["median_days"].median(),
    ).rename_axis(by)


def near_sites(
    sites: gpd.GeoDataFrame, targets: gpd.GeoDataFrame, *, within_m: float
) -> pd.DataFrame:
    """Pairs of a site and a target (school, village, reservoir) at most ``within_m`` apart.

    Parameters
    ----------
    sites, targets
        Any shapes in one metric CRS; rows without a place are left out.
    within_m
        Greatest distance, included. Where a target stands for a whole village, add its radius.

    Returns
    -------
    DataFrame
        ``site``, ``target`` (index labels) and ``distance_m``, by site in frame order, nearest first.

    Raises
    ------
    CrsError
        When a frame is not metric, or the two differ.
    """
    require_metric(sites, what="the sites")
    require_same(sites, targets, what="sites and targets")
    left, right = np.asarray(sites.geometry.values), np.asarray(targets.geometry.values)
    tree = shapely.STRtree(right)
    here, there = tree.query(left, predicate="dwithin", distance=within_m)
    distance = shapely.distance(left[here], right[there])
    order = np.lexsort((there, distance, here))
    return pd.DataFrame(
        {
            "site": sites.index.to_numpy()[here[order]],
            "target": targets.index.to_numpy()[there[order]],
            "distance_m": distance[order],
        }
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class CameraCoverage:
    """What the cameras of a region cover; shares are NaN where there is nothing to share.

    Parameters
    ----------
    cameras, networked, online
        Counts; only a networked camera can be seen to be online.
    networked_share
        Networked of all cameras 联网率.
    online_share
        Online of the networked ones 在线率.
    assumed_ranges
        Cameras whose range was not known and was taken as the default.
    is_covered
        (cells) within the range of a camera that is networked and online.
    area_share
        (cells) of each cell's area within range.
    covered_share
        Share of the cells within range, weighted where weights were given.
    """

    cameras: int
    networked: int
    online: int
    networked_share: float
    online_share: float
    assumed_ranges: int
    is_covered: Flags
    area_share: Floats
    covered_share: float


def camera_coverage(
    cameras: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    *,
    weights: npt.ArrayLike | None = None,
    default_range_m: float = 50.0,
) -> CameraCoverage:
    """Networked and online shares of cameras, and how many hotspot cells they reach.

    Range is taken as free sight all around; walls and direction are not known, so this is the
    most that the cameras can see.

    Parameters
    ----------
    cameras
        Points with ``is_networked``, ``is_online`` (missing: no) and ``range_m`` (NaN: not known), in a
        metric CRS. A camera without a place counts, but covers nothing.
    cells
        Hotspot cells, polygons in the same CRS.
    weights
        (cells) what each cell weighs in ``covered_share``, such as expected events.
    default_range_m
        Range of a camera that states none.

    Raises
    ------
    CrsError
        When a frame is not metric, or the two differ.
    FrameError
        When a column is missing or the weights do not match.
    """
    needed = ("is_networked", "is_online", "range_m")
    if missing := [name for name in needed if name not in cameras]:
        raise FrameError(f"the column {missing[0]!r} of the cameras is missing; add it")
    require_metric(cameras, what="the cameras")
    require_same(cameras, cells, what="cameras and cells")
    networked = _flag(cameras["is_networked"])
    online = networked & _flag(cameras["is_online"])
    range_m = cameras["range_m"].to_numpy(dtype=float)
    points, areas = np.asarray(cameras.geometry.values), np.asarray(cells.geometry.values)
    sees = online & ~shapely.is_missing(points) & ~shapely.is_empty(points)
    reach = np.where(np.isnan(range_m), default_range_m, range_m)[sees]
    # No wider than the true circle: 32 segments a quarter keep 99.96 % of its area.
    seen = shapely.unary_union(shapely.buffer(points[sees], reach, quad_segs=32))
    tree = shapely.STRtree(areas)
    at_cell = tree.query(points[sees], predicate="dwithin", distance=reach)[1]
    is_covered = np.zeros(len(cells), dtype=bool)
    is_covered[at_cell] = True
    share = shapely.area(shapely.intersection(areas, seen)) / shapely.area(areas)
    weight = np.ones(len(cells)) if weights is None else np.asarray(weights, dtype=float)
    if weight.shape != (len(cells),) or not (weight >= 0).all():
        raise FrameError("give one weight per cell, none of them negative")
    return CameraCoverage(
        cameras=len(cameras),
        networked=int(networked.sum()),
        online=int(online.sum()),
        networked_share=_part(networked.sum(), len(cameras)),
        online_share=_part(online.sum(), networked.sum()),
        assumed_ranges=int(np.isnan(range_m).sum()),
        is_covered=is_covered,
        area_share=share,
        covered_share=_part(weight[is_covered].sum(), weight.sum()),
    )


def _flag(column: pd.Series) -> Flags:
    return column.astype("boolean").fillna(False).to_numpy(dtype=bool)


def _part(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.where(whole > 0)

"""The register of disorder spots 治安乱点 with their counts before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from data.derived.cases import Cases, Mask
from data.derived.results import Facts
from data.derived.site_records import as_flags, as_numbers, attribute_texts
from data.region import RegionPack
from data.store import Store
from geo.disorder_spots import (
    Span,
    SpotRule,
    matched_seasons,
    outcomes,
    season_effect,
    watch_window,
)
from geo.inspection import as_days
from geo.selection import day_number
from geo.vocabulary import CATEGORIES, CATEGORY_CODES, Domain

COARSEST_M = 300.0  # the size of a spot: incidents placed more coarsely are not told apart
CLOSED = ("closed", "accepted", "monitoring")
DROPPED = ("merged", "rejected")
# Statuses that a spot only reaches with a plan and a responsible post on file.
UNDER_WAY = ("treating", "listed", "submitted", *CLOSED, "relapsed")

_CRIMES = tuple(CATEGORY_CODES.index(code) for code in CATEGORIES[Domain.CRIME])


def is_crime(cases: Cases) -> Mask:
    """(n) which incidents are crimes."""
    crimes: Mask = np.isin(cases.columns.category, _CRIMES)
    return crimes


def covered_days(cases: Cases) -> tuple[int, int]:
    """First and last day that the records of crime cover; an empty span without any."""
    days = cases.columns.day[is_crime(cases)]
    return (int(days.min()), int(days.max())) if len(days) else (0, -1)


@dataclass(frozen=True, kw_only=True, eq=False)
class SpotBoard:
    """The register of disorder spots on one day.

    Parameters
    ----------
    facts
        ``events`` counts the crimes inside spots; ``too_coarse`` those placed too coarsely to tell.
    spots
        EPSG:4326 areas by ``hazard_id``: ``name``, ``unit_code``, ``status``, ``found_on``, ``due_on``, ``closed_on``, ``is_closed``,
        ``has_plan``, ``has_post``, ``is_listed``, ``is_window_over``, ``after``, ``before``, ``days_after``, ``days_before``, ``ratio``,
        ``low``, ``high``, ``satisfied``, ``outcome``, ``is_clear``. Counts and ratio are missing where the records
        do not reach back far enough.
    """

    facts: Facts
    spots: gpd.GeoDataFrame


def spot_board(
    store: Store,
    region: RegionPack,
    as_of: date,
    *,
    rule: SpotRule | None = None,
    cases: Cases | None = None,
) -> SpotBoard:
    """Every disorder spot with its counts before and after, and what the table says of it.

    After is from the begin of the treatment (attribute ``treated_on``, else the day of finding) to the
    deadline or ``as_of``, at most a year; before are the same days of the last years that the records cover.
    A closed spot is held against the treatment it was closed on. Crimes count by their place.

    Parameters
    ----------
    as_of
        Last day of the account.
    rule
        Numbers of the table.

    Raises
    ------
    FrameError
        When the rule cannot be applied.
    """
    rule = rule or SpotRule()
    known = cases or Cases.of(store, region)
    spots = store.hazards(["disorder_spot"])
    found = as_days(spots["found_on"])
    spots = spots[(found <= np.datetime64(as_of, "D")) & ~spots["status"].isin(DROPPED)]
    texts = attribute_texts(spots, ("treated_on", "has_plan", "has_post", "satisfied", "asked"))
    closed_on = as_days(spots["closed_on"])
    is_closed = spots["status"].isin(CLOSED).to_numpy() & (
        closed_on <= np.datetime64(as_of, "D")
    )
    is_under_way = spots["status"].isin(UNDER_WAY)
    begun = as_days(pd.to_datetime(texts["treated_on"], errors="coerce"))
    begun = np.where(np.isnat(begun), as_days(spots["found_on"]), begun)
    days, inside, too_coarse = _crimes_inside(known, spots)
    covered = covered_days(known)
    rows = []
    for n in range(len(spots)):
        treated = begun[n].astype("datetime64[D]").astype(date)
        windows = (
            _closed_windows(closed_on[n].astype(date), treated, as_of, rule)
            if is_closed[n]
            else _open_windows(treated, as_days(spots["due_on"])[n], as_of)
        )
        rows.append(_effect(days[inside[n]], windows, covered, rule))
    effect = pd.DataFrame(rows, index=spots.index, columns=_EFFECT).astype(float)
    asked = as_numbers(texts["asked"])
    table = spots[
        ["name", "unit_code", "status", "found_on", "due_on", "closed_on", "geometry"]
    ].assign(
        is_closed=is_closed,
        has_plan=as_flags(texts["has_plan"]).fillna(is_under_way).astype(bool),
        has_post=as_flags(texts["has_post"]).fillna(is_under_way).astype(bool),
        is_listed=(spots["status"] == "listed") | spots["level"].notna(),
        is_window_over=np.where(
            is_closed, _watch_over(closed_on, as_of, rule), _is_past(spots["due_on"], as_of)
        ),
        satisfied=as_numbers(texts["satisfied"]) / asked.where(asked > 0),
    )
    table = table.join(effect)
    said = outcomes(pd.DataFrame(table.drop(columns="geometry")), rule=rule)
    facts = Facts(
        method="disorder_spots",
        parameters={"as_of": as_of.isoformat(), "coarsest_m": COARSEST_M,
                    "better_to": rule.better_to, "worse_above": rule.worse_above,
                    "relapse_above": rule.relapse_above, "spots": len(spots)},
        events=int(np.unique(np.concatenate([np.flatnonzero(each) for each in inside])).size)
        if len(inside)
        else 0,
        too_coarse=too_coarse,
        outside=0,
        day_from=covered[0],
        day_to=min(covered[1], day_number(as_of)),
        version=known.version,
        is_demo=known.is_demo,
    )  # fmt: skip
    return SpotBoard(facts=facts, spots=table.join(said))


_EFFECT = ("after", "before", "days_after", "days_before", "ratio", "low", "high")
_Windows = tuple[Span, tuple[Span, ...]] | None


def _open_windows(treated: date, due: np.datetime64, as_of: date) -> _Windows:
    end = as_of if np.isnat(due) else min(as_of, due.astype(date))
    end = min(end, date.fromordinal(treated.toordinal() + 364))
    if end < treated:
        return None
    return (treated, end), matched_seasons((treated, end), treated)


def _closed_windows(closed: date, treated: date, as_of: date, rule: SpotRule) -> _Windows:
    first, last = watch_window(closed, rule=rule)
    last = min(last, as_of)
    return None if last < first or closed < treated else ((first, last), ((treated, closed),))


def _effect(
    days: npt.NDArray[np.int64], windows: _Windows, covered: tuple[int, int], rule: SpotRule
) -> tuple[float, ...]:
    """Counts and ratio of a spot; all NaN where the records do not cover the windows."""
    if windows is not None:
        after, before = windows
        before = tuple(span for span in before if day_number(span[0]) >= covered[0])
        if before and day_number(after[1]) <= covered[1]:
            row = season_effect(days, after, before, level=rule.level).iloc[0]
            return tuple(float(row[name]) for name in _EFFECT)
    return (np.nan,) * len(_EFFECT)


def _crimes_inside(
    cases: Cases, spots: gpd.GeoDataFrame
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], int]:
    """Days of the crimes placed well enough, (spots, crimes) which lie inside, and the others."""
    columns = cases.columns
    placed = is_crime(cases) & np.isfinite(cases.x_m)
    is_fine = placed & (columns.r95_m <= COARSEST_M)
    x, y = columns.lon[is_fine], columns.lat[is_fine]
    inside = np.zeros((len(spots), len(x)), dtype=bool)
    for n, shape in enumerate(spots.geometry):
        if shape is not None:
            inside[n] = shapely.contains_xy(shape, x, y)
    return columns.day[is_fine].astype(np.int64), inside, int((placed & ~is_fine).sum())


def _is_past(column: pd.Series, as_of: date) -> npt.NDArray[np.bool_]:
    past: npt.NDArray[np.bool_] = as_days(column) < np.datetime64(as_of, "D")
    return past


def _watch_over(
    closed_on: npt.NDArray[np.datetime64], as_of: date, rule: SpotRule
) -> list[bool]:
    return [
        not np.isnat(day) and watch_window(day.astype(date), rule=rule)[1] <= as_of
        for day in closed_on
    ]

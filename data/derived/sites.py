"""Mines and key sites on one board: states, inspections, hazards, grades, neighbours, cameras.

The register says what a site is now; inspections and hazards are taken up to the day of the board.
What is not recorded is counted in the facts, never taken for good news.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from data.derived.cases import Cases, Mask, data_version
from data.derived.results import Facts, Result
from data.derived.site_cameras import cameras_over, hot_cells, only_hot
from data.derived.site_inspections import rhythm_board
from data.derived.site_records import (
    as_flags,
    as_numbers,
    attribute_texts,
    last_visits,
    linked_sites,
    site_activity,
)
from data.region import RegionPack
from data.store import Store
from geo.inspection import Span, as_days, is_within_interval
from geo.mines import Merger, MergerRule, merger_stages, mine_states
from geo.selection import day_number
from geo.sites import (
    CONSEQUENCES,
    EXPOSURES,
    LEC_CUTS,
    LIKELIHOODS,
    hazard_loop,
    lec,
    near_sites,
)

MINE_KINDS = ("coal_mine", "noncoal_mine")
DANGEROUS_KINDS = (*MINE_KINDS, "hazchem_site", "firework_site", "fuel_station", "reservoir")
VILLAGE_KINDS = ("village", "community")
KT_PER_MT = 1000.0

_ATTRIBUTES = (
    "is_production_stopped", "is_building_stopped", "is_new", "is_fit", "group", "group_kt",
    "lec_l", "lec_e", "lec_c", "networked", "range_m",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SiteRules:
    """Numbers of the board.

    Parameters
    ----------
    interval_days
        A site is watched when somebody came in so many days.
    reading_days
        Readings of so many days may show that a mine works.
    base_factor
        Power above so many times the base is a sign.
    within_m
        Distance to schools and villages that is reported.
    lec_cuts
        Least D of yellow, orange and red.
    merger
        Capacities and deadline of the merger of mines.
    special
        Special periods, in which inspections are daily.
    hot_days, cell_m
        Crimes of so many days, in cells so wide, make the hot spots that cameras should see.
    """

    interval_days: int = 10
    reading_days: int = 31
    base_factor: float = 1.0
    within_m: float = 500.0
    lec_cuts: tuple[float, float, float] = LEC_CUTS
    merger: MergerRule = field(default_factory=MergerRule)
    special: tuple[Span, ...] = ()
    hot_days: int = 365
    cell_m: float = 500.0


@dataclass(frozen=True, kw_only=True, eq=False)
class SiteBoard:
    """All key sites of a county on one day.

    Parameters
    ----------
    facts
        ``events`` counts sites, ``outside`` those without a place, ``too_coarse`` those placed more
        coarsely than the distance asked for. ``parameters`` hold the rules and what is not known.
    sites
        EPSG:4326 points by ``site_id``: the register's columns, ``last_visit``, ``is_overdue`` (no visit
        within the interval), ``d``, ``lec_grade``, ``lec_level``, ``open_hazards``, ``overdue_hazards``.
    mines
        By ``site_id``: ``name``, ``unit_code``, ``site_kind``, ``status``, the two orders, a flag per reading,
        ``has_activity``, ``readings``, ``is_watched``, ``state``, ``colour``, ``capacity_kt``, ``group``, ``group_kt``, ``stage`` of the
        merger (None: no coal mine in it, or its capacity is not known) and ``days_left``.
    inspections
        As :func:`data.derived.site_inspections.rhythm_board`.
    loop_sites, loop_units
        As :func:`geo.sites.hazard_loop`, by ``site_id`` and by ``unit_code``.
    near
        ``site_id``, ``target_kind`` (``school``, ``village``), ``target`` (name) and ``distance_m``.
    cameras
        One row: counts and shares of :class:`geo.sites.CameraCoverage`, and ``cells``.
    cells
        EPSG:4326 hot-spot cells with ``value``, ``is_covered`` and ``area_share``.
    """

    facts: Facts
    sites: gpd.GeoDataFrame
    mines: pd.DataFrame
    inspections: pd.DataFrame
    loop_sites: pd.DataFrame
    loop_units: pd.DataFrame
    near: pd.DataFrame
    cameras: pd.DataFrame
    cells: gpd.GeoDataFrame


def site_board(
    store: Store,
    region: RegionPack,
    as_of: date,
    *,
    rules: SiteRules | None = None,
    hotspots: Result | None = None,
    cases: Cases | None = None,
) -> SiteBoard:
    """Board of mines and key sites on a day.

    Parameters
    ----------
    as_of
        Last day of the account.
    hotspots
        Of :func:`data.derived.hotspots.significance`, whose hot cells cameras should see; default: of the
        crimes of the last ``hot_days``.
    cases
        Incidents read before; default: read from the store where hot spots are needed.

    Raises
    ------
    FrameError
        When the cuts of LEC do not rise.
    """
    rules = rules or SiteRules()
    sites = store.sites()
    attributes = attribute_texts(sites, _ATTRIBUTES)
    records = store.inspections()
    records = records[as_days(records["inspected_on"]) <= np.datetime64(as_of, "D")]
    at = linked_sites(sites, records["site_name"], records["unit_code"])
    visits = last_visits(at, records, sites=len(sites))
    watched = is_within_interval(visits, as_of, interval_days=rules.interval_days)
    activity = site_activity(
        at, records, sites=len(sites), as_of=as_of, within_days=rules.reading_days,
        base_factor=rules.base_factor,
    ).set_axis(sites.index)  # fmt: skip
    mines = _mines(sites, attributes, activity, watched, as_of, rules)
    grades, refused = _lec(attributes, rules)
    hazards, unlinked, undated = _hazards(store, sites)
    loop_sites = hazard_loop(hazards[hazards["site_id"].notna()], as_of, by="site_id")
    loop_units = hazard_loop(hazards[hazards["unit_code"].notna()], as_of, by="unit_code")
    near, too_coarse = _near(store, region, sites, rules)
    if hotspots is None:
        known = cases or Cases.of(store, region)
        cells = hot_cells(known, as_of, days=rules.hot_days, cell_m=rules.cell_m)
    else:
        cells = only_hot(hotspots)
    cameras, cells = cameras_over(sites, attributes, cells, metric_crs=region.metric_crs)
    is_placed = ~(sites.geometry.isna() | sites.geometry.is_empty)
    named = records["site_name"].notna().to_numpy()
    facts = Facts(
        method="sites",
        parameters={
            "as_of": as_of.isoformat(),
            "interval_days": rules.interval_days,
            "reading_days": rules.reading_days,
            "base_factor": rules.base_factor,
            "within_m": rules.within_m,
            "lec_cuts": list(rules.lec_cuts),
            "merger_deadline": rules.merger.deadline.isoformat(),
            "hot_days": rules.hot_days,
            "cell_m": rules.cell_m,
            "mines_without_reading": int((mines["readings"] == 0).sum()),
            "lec_not_assessed": int(grades["lec_grade"].isna().sum()),
            "lec_refused": refused,
            "inspections": len(records),
            "inspections_unlinked": int((named & (at < 0)).sum()),
            "hazards_unlinked": unlinked,
            "hazards_undated": undated,
        },
        events=len(sites),
        too_coarse=too_coarse,
        outside=int((~is_placed).sum()),
        day_from=day_number(as_of),
        day_to=day_number(as_of),
        version=data_version(store),
        is_demo=store.is_demo,
    )
    columns = ["site_kind", "name", "sector", "status", "capacity", "unit_code", "match_code",
               "r95_m", "geometry"]  # fmt: skip
    loops = loop_sites.reindex(sites.index)[["open", "overdue"]].fillna(0).astype(np.int64)
    return SiteBoard(
        facts=facts,
        sites=sites[columns].assign(
            last_visit=visits.astype("datetime64[s]"),
            is_overdue=~watched,
            d=grades["d"],
            lec_grade=grades["lec_grade"],
            lec_level=grades["lec_level"],
            open_hazards=loops["open"],
            overdue_hazards=loops["overdue"],
        ),
        mines=mines,
        inspections=rhythm_board(store, region, as_of, special=rules.special),
        loop_sites=loop_sites,
        loop_units=loop_units,
        near=near,
        cameras=cameras,
        cells=cells,
    )


def _mines(
    sites: pd.DataFrame,
    attributes: pd.DataFrame,
    activity: pd.DataFrame,
    watched: Mask,
    as_of: date,
    rules: SiteRules,
) -> pd.DataFrame:
    chosen = sites["site_kind"].isin(MINE_KINDS).to_numpy()
    mines = pd.DataFrame(sites.loc[chosen, ["name", "unit_code", "site_kind", "status"]])
    mine = attributes[chosen]
    # Where the register does not keep the two orders apart, its status speaks for both.
    is_stopped = mines["status"] == "double_stop"
    for name in ("is_production_stopped", "is_building_stopped"):
        mines[name] = as_flags(mine[name]).fillna(is_stopped).astype(bool)
    mines = mines.join(activity).assign(is_watched=watched[chosen])
    mines["capacity_kt"] = sites.loc[chosen, "capacity"] * KT_PER_MT
    mines["group"] = mine["group"]
    mines["group_kt"] = as_numbers(mine["group_kt"])
    in_merger = (
        (mines["site_kind"] == "coal_mine")
        & mines["capacity_kt"].ge(0)
        & mines["status"].isin(["double_stop", "merging", "operating"])
    )
    stages = merger_stages(
        pd.DataFrame(
            {
                "capacity_kt": mines["capacity_kt"],
                "is_new": as_flags(mine["is_new"]).fillna(False),
                # A mine that may work has been found fit, unless the register says otherwise.
                "is_fit": as_flags(mine["is_fit"]).fillna(mines["status"] == "operating"),
                "group_kt": mines["group_kt"],
            }
        )[in_merger],
        as_of,
        rule=rules.merger,
    )
    mines["stage"] = stages.reindex(mines.index).astype(object)
    days_left = (rules.merger.deadline - as_of).days
    to_go = mines["stage"].isin([Merger.TO_MERGE.value, Merger.CLOSE.value])
    mines["days_left"] = pd.Series(days_left, index=mines.index, dtype="Int64").where(to_go)
    # A mine in the merger whose capacity is not known may still be late.
    is_late = (mines["stage"] == Merger.CLOSE.value) | (mines["stage"].isna() & (days_left < 0))
    states = mine_states(mines.assign(is_deadline_passed=is_late))
    return mines.join(states)


def _lec(attributes: pd.DataFrame, rules: SiteRules) -> tuple[pd.DataFrame, int]:
    """Grades, and how many values are no step of their scale: those sites are not assessed."""
    values, refused = [], 0
    for name, steps in (
        ("lec_l", LIKELIHOODS),
        ("lec_e", EXPOSURES),
        ("lec_c", CONSEQUENCES),
    ):
        numbers = as_numbers(attributes[name])
        is_step = numbers.isin(steps)
        refused += int((attributes[name].notna() & ~is_step).sum())
        values.append(numbers.where(is_step).to_numpy())
    if attributes.empty:
        values = [np.array([np.nan])] * 3
    grades = lec(*values, cuts=rules.lec_cuts)[: len(attributes)]
    names = {"grade": "lec_grade", "level": "lec_level"}
    return grades.set_axis(attributes.index).rename(columns=names), refused


def _hazards(store: Store, sites: pd.DataFrame) -> tuple[pd.DataFrame, int, int]:
    """Hazards of sites with ``site_id``; how many name no site of the register, and lack a day."""
    hazards = store.hazards(["site_hazard"])
    found, closed = as_days(hazards["found_on"]), as_days(hazards["closed_on"])
    dated = ~np.isnat(found) & ~(closed < found)
    names = attribute_texts(hazards, ["site_name"])["site_name"]
    at = linked_sites(sites, names, hazards["unit_code"])
    ids = pd.array(np.append(sites.index.to_numpy(), 0)[at], dtype="Int64")
    ids[at < 0] = pd.NA
    table = pd.DataFrame(hazards.drop(columns="geometry")).assign(site_id=ids)
    return table[dated], int((at < 0).sum()), int((~dated).sum())


def _near(
    store: Store, region: RegionPack, sites: gpd.GeoDataFrame, rules: SiteRules
) -> tuple[pd.DataFrame, int]:
    dangerous = sites[sites["site_kind"].isin(DANGEROUS_KINDS)]
    fine = dangerous[dangerous["r95_m"] <= rules.within_m]
    places = store.places()
    targets = {
        "school": sites[sites["site_kind"] == "school"],
        "village": places[places["kind"].isin(VILLAGE_KINDS)],
    }
    parts = []
    for kind, frame in targets.items():
        pairs = near_sites(
            fine.to_crs(region.metric_crs),
            frame.to_crs(region.metric_crs),
            within_m=rules.within_m,
        )
        names = frame["name"].reindex(pairs["target"]).to_numpy(dtype=object)
        pairs = pairs.rename(columns={"site": "site_id"})
        parts.append(pairs.assign(target=names, target_kind=kind))
    near = pd.concat(parts, ignore_index=True)
    return near[["site_id", "target_kind", "target", "distance_m"]], len(dangerous) - len(fine)

"""Dangerous road sections: by rule and by risk, each with its reasons.

Accidents on their routes (:mod:`data.derived.road_events`) go through the rules
(:mod:`geo.rule_windows`) and the statistics (:mod:`geo.road_screening`); what overlaps is one
section, ranked by the riskiest window in it, and known again in the ledger by its place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.derived.sections_candidates import join, rule_reasons
from data.derived.sections_cases import RoadCases, stakes_at
from data.derived.sections_risk import peak_windows, section_risk, statistics
from data.derived.sections_runs import (
    COUNTS,
    SectionFacts,
    SectionRun,
    matched,
    read_run,
    read_section,
    save_run,
    typed,
)
from data.region import RegionPack
from data.store import Store
from geo.crs import WGS84
from geo.road_rules import RoadRule, load_rules
from geo.road_screening import Screening, ScreeningRules
from geo.rule_windows import RuleScreen, screen_rules
from geo.selection import IncidentSelection
from geo.window_chance import Progress

__all__ = [
    "SectionFacts",
    "SectionRun",
    "matched",
    "read_run",
    "read_section",
    "save_run",
    "screen_sections",
]

# The rules of this country that name a stretch. The others stand in the table to compare with.
DEFAULT_FAMILIES = ("mps", "city_2008")
# The longest stretch the rules name; a longer chain of windows is no section.
LONGEST_M = 2_000.0
TOP = 30


def screen_sections(
    store: Store,
    region: RegionPack,
    selection: IncidentSelection | None = None,
    *,
    rules: Sequence[RoadRule] | None = None,
    period_end_day: int | None = None,
    years: int = 3,
    window_m: float = 500.0,
    top: int = TOP,
    seed: int = 0,
    progress: Progress | None = None,
) -> SectionRun:
    """Screen the roads of a county.

    Parameters
    ----------
    selection
        Accidents that count; with units, only sections that touch one of them are kept.
    rules
        Default: those of :data:`DEFAULT_FAMILIES` in the bundled table.
    period_end_day
        Last local day; default that of the selection, else of the data.
    years
        Calendar years of the statistics. Rules have periods of their own.
    window_m
        Length of the windows of the statistics, a whole number of 100 m.
    top
        How many of the best ranked windows are sections without any rule.
    seed
        Of all draws: the same data and seed give the same run.
    progress
        Called with the chance runs done and all of them.

    Raises
    ------
    FrameError
        When a parameter is impossible.
    """
    chosen = selection or IncidentSelection()
    cases = RoadCases.of(store, region, chosen, period_end_day=period_end_day, years=years)
    table = rules
    if table is None:
        table = [rule for rule in load_rules() if rule.family in DEFAULT_FAMILIES]
    found = screen_rules(
        cases.events.iloc[:0] if cases.note == "no_roads" else cases.events,
        table,
        period_end_day=cases.day_to,
    )
    options = ScreeningRules(window_m=float(window_m), seed=seed)
    risk = statistics(cases, options, progress=progress)
    sections = _sections(cases, found, table, risk, top=top)
    if chosen.units is not None:
        wanted = set(chosen.units)
        kept = [bool(wanted & set(codes)) for codes in sections["unit_codes"]]
        sections = sections[np.array(kept, dtype=bool)].reset_index(drop=True)
    parameters: dict[str, Any] = {
        "years": years,
        "window_m": options.window_m,
        "top": top,
        "longest_m": LONGEST_M,
        "rank_by": options.rank_by,
        "weights": [options.weights.fatal, options.weights.serious, options.weights.evident],
        "chance_runs": options.chance_runs,
        "rank_level": options.rank_level,
        "seed": seed,
        "rule_ids": [rule.id for rule in table],
        "selection": json.loads(chosen.to_json()),
    }
    facts = _facts(cases, found, table, risk, parameters)
    return matched(store, region, SectionRun(facts=facts, sections=sections))


def _sections(
    cases: RoadCases,
    found: RuleScreen,
    rules: Sequence[RoadRule],
    risk: Screening | None,
    *,
    top: int,
) -> gpd.GeoDataFrame:
    region = cases.region
    peaks = peak_windows(risk)
    risky = peaks[(peaks["rank"] <= top) & (peaks["excess"] > 0)]
    chain = pd.Series(cases.events["chain_m"].to_numpy(), index=cases.events["event_id"])
    extent = join(
        found.hits,
        risky,
        event_chain_m=chain,
        length_m=region.road_reference.length_m,
        longest_m=LONGEST_M,
    )
    reasons = rule_reasons(found.hits, rules)
    codes = extent["route_code"].to_numpy(dtype=object)
    low, high = (extent[f"{end}_chain_m"].to_numpy(dtype=float) for end in ("from", "to"))
    frame = pd.DataFrame({"route_code": codes, "chain_from_m": low, "chain_to_m": high})
    ends = [stakes_at(region, codes, chains) for chains in (low, high)]
    frame["stake_from_m"], frame["stake_to_m"] = np.fmin(*ends), np.fmax(*ends)
    lines = np.array(
        [region.road_reference.cut(*place) for place in zip(codes, low, high, strict=True)],
        dtype=object,
    )
    frame["unit_codes"] = _units(lines, region)
    frame["rules"] = [[reasons[at] for at in rows] for rows in extent["hit_rows"]]
    frame["is_risky"] = [len(rows) > 0 for rows in extent["window_rows"]]
    frame = pd.concat([frame, _counted(frame, cases)], axis=1)
    frame = pd.concat([frame, section_risk(frame, risk, peaks, region)], axis=1)
    # Without statistics, by harm; equal ones in the order of the road.
    order = np.lexsort(
        (
            low,
            codes.astype(str),
            -frame["accidents"],
            -frame["deaths"],
            frame["rank"].fillna(np.inf),
        )
    )
    shapes = gpd.GeoSeries(lines[order], crs=WGS84)
    ordered = frame.iloc[order].reset_index(drop=True)
    return typed(gpd.GeoDataFrame(ordered, geometry=shapes, crs=WGS84))


def _counted(frame: pd.DataFrame, cases: RoadCases) -> pd.DataFrame:
    """Accidents of each section."""
    current = cases.current
    by_route = {
        code: part.sort_values("chain_m") for code, part in current.groupby("route_code")
    }
    rows = []
    for code, low, high, reasons in zip(
        frame["route_code"],
        frame["chain_from_m"],
        frame["chain_to_m"],
        frame["rules"],
        strict=True,
    ):
        part = by_route.get(code, current.iloc[:0])
        inside = part[part["chain_m"].between(low - 1e-3, high + 1e-3)]
        beside = {event for reason in reasons for event in _own_events(reason, low, high)}
        rows.append(
            {
                "event_ids": sorted({*inside["event_id"].tolist(), *beside}),
                "accidents": len(inside),
                "fatal": int((inside["deaths"] > 0).sum()),
                "injury": int((inside["deaths"] + inside["injured"] > 0).sum()),
                "deaths": int(inside["deaths"].sum()),
                "serious": inside["serious"].sum(min_count=len(inside) or 1),
                "injured": int(inside["injured"].sum()),
            }
        )
    return pd.DataFrame(rows, columns=["event_ids", *COUNTS])


def _own_events(reason: dict[str, Any], low: float, high: float) -> list[int]:
    """Accidents of a reason that lie in the section: all, unless it reaches beyond."""
    reaches = reason["from_chain_m"] < low - 1 or reason["to_chain_m"] > high + 1
    return [] if reaches else reason["event_ids"]


def _units(lines: np.ndarray, region: RegionPack) -> list[list[str]]:
    """Codes of the units each line lies in, the longest part first."""
    shapes = region.units.geometry.to_numpy()
    line, unit = shapely.STRtree(shapes).query(lines, predicate="intersects")
    shared = shapely.length(shapely.intersection(lines[line], shapes[unit]))
    table = pd.DataFrame({"line": line, "unit": unit, "shared": shared})
    table = table.sort_values(["shared", "unit"], ascending=[False, True], kind="stable")
    codes = region.units.index.to_numpy()
    named: list[list[str]] = [[] for _ in lines]
    for at, own in zip(table["line"].tolist(), table["unit"].tolist(), strict=True):
        named[at].append(str(codes[own]))
    return named


def _facts(
    cases: RoadCases,
    found: RuleScreen,
    rules: Sequence[RoadRule],
    risk: Screening | None,
    parameters: dict[str, Any],
) -> SectionFacts:
    names = {rule.id: dict(rule.name) for rule in rules}
    model: dict[str, Any] = {}
    if risk is not None:
        fit = risk.prediction
        model = {
            "basis": fit.basis,
            "aadt_share": float(fit.aadt_share),
            "k_km": float(fit.k_km),
            "coefficients": _records(fit.coefficients),
            "classes": _records(fit.classes),
        }
    return SectionFacts(
        version=cases.version,
        is_demo=cases.is_demo,
        parameters=parameters,
        day_from=cases.day_from,
        day_to=cases.day_to,
        years=cases.years,
        events=len(cases.current),
        links=_records(cases.links),
        rules=[
            row | {"name": names[row["rule_id"]], "lacks": list(row["lacks"])}
            for row in _records(found.reports)
        ],
        risk=model,
        note=cases.note,
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): value for name, value in row.items()} for row in table.to_dict("records")
    ]

"""Rows of the official forms: what ledger, pack and screening know of each stretch.

What nobody recorded stays empty; nothing is derived that a survey would have to say.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data.derived.sections_cases import RoadCases
from data.derived.sections_grades import features, segment_facts, survey_text
from data.derived.sections_runs import SectionRun
from data.region import RegionPack
from data.store import Store
from geo.hazard_states import ENDED
from geo.vocabulary import MEASURE_KINDS

YUAN_PER_WAN = 10_000

FORM_COLUMNS = (
    *(
        "hazard_id",
        "section_id",
        "code",
        "name",
        "status",
        "province",
        "city",
        "county",
        "unit",
    ),
    *("route_code", "route_name", "road_class", "tech_grade", "side", "stake_from_m"),
    *("stake_to_m", "found_on", "protection_grade", "is_prone", "features", "survey", "aadt"),
    *("has_bus", "design_speed_kmh", "guard", "works", "budget_wan", "plan_year", "accidents"),
    *("deaths", "injured", "day_from", "day_to", "responsible_unit", "due_on", "level"),
)


def hazard_rows(
    store: Store, region: RegionPack, *, run: SectionRun | None, cases: RoadCases | None
) -> pd.DataFrame:
    """One row per road hazard in force, by number.

    Parameters
    ----------
    run
        Screening that says which stretches are accident-prone; None: not known.
    cases
        Accidents to be counted; None: not counted.

    Returns
    -------
    :data:`FORM_COLUMNS`: stakes of today in metres; ``side`` ``left, right, both`` or None;
    ``is_prone`` nullable; ``features`` tuple of :data:`data.derived.sections_grades.FEATURE_WORDS`;
    ``survey`` what it said; ``aadt`` number or class as text; ``works`` dict of planned works by
    kind, ``{"quantity", "unit"}``; ``budget_wan`` NaN where none.
    """
    hazards = store.hazards(("road_section",))
    hazards = hazards[~hazards["status"].isin(ENDED) & hazards["route_code"].notna()]
    with store.ledger_reader() as desk:
        places = desk.hazard_sections()
        files = {
            at: (desk.measures(int(at)), desk.history(int(at))) for at in hazards.index.tolist()
        }
    prone = _prone(run)
    rows = []
    for hazard_id, hazard in zip(hazards.index, hazards.to_dict("records"), strict=True):
        place = places.loc[hazard_id]
        known = place["chain_from_m"] == place["chain_from_m"]
        stakes = place if known else hazard
        row = _place(region, hazard["route_code"], stakes, hazard["unit_code"])
        row |= {
            "hazard_id": hazard_id,
            "is_prone": None if run is None else hazard_id in prone,
            **_ledger(hazard, *files[hazard_id]),
            **_counts(cases, hazard["route_code"], place["chain_from_m"], place["chain_to_m"]),
        }
        rows.append(row)
    return _frame(rows)


def section_rows(
    store: Store, region: RegionPack, *, run: SectionRun, top: int | None = None
) -> pd.DataFrame:
    """One row per screened section, by rank, with what the ledger says of its hazard.

    Returns
    -------
    As :func:`hazard_rows`; ``side`` is ``both`` since a screening counts both directions.
    """
    hazards = store.hazards(("road_section",))
    rows = []
    sections = run.sections if top is None else run.sections.head(top)
    with store.ledger_reader() as desk:
        for section_id, section in zip(
            sections.index, sections.to_dict("records"), strict=True
        ):
            units = section["unit_codes"]
            row = _place(region, section["route_code"], section, units[0] if units else None)
            row |= {
                "section_id": None if run.run_id is None else section_id,
                "side": "both",
                "is_prone": len(section["rules"]) > 0,
                **{name: section[name] for name in ("accidents", "deaths", "injured")},
                "day_from": run.facts.day_from,
                "day_to": run.facts.day_to,
                "protection_grade": section["protection_grade"],
            }
            number = section["hazard_id"]
            if number is not pd.NA and number in hazards.index:
                own = _ledger(
                    hazards.loc[number].to_dict(),
                    desk.measures(int(number)),
                    desk.history(int(number)),
                )
                own.pop("side")
                row |= own | {
                    "hazard_id": number,
                    "protection_grade": section["protection_grade"] or own["protection_grade"],
                }
            rows.append(row)
    return _frame(rows)


def _prone(run: SectionRun | None) -> set[int]:
    """Hazards in which a rule holds."""
    if run is None:
        return set()
    by_rule = run.sections[run.sections["rules"].map(len) > 0]
    return set(by_rule["hazard_id"].dropna().astype(int).tolist())


def _place(region: RegionPack, route_code: str, stakes: Any, unit_code: Any) -> dict[str, Any]:
    low, high = stakes["stake_from_m"], stakes["stake_to_m"]
    segment = segment_facts(region, route_code, (low + high) / 2)
    road = region.roads[region.roads["route_code"] == route_code]
    parents = (*region.parents, "", "")
    aadt = segment.get("aadt")
    return {
        "province": parents[0],
        "city": parents[1],
        "county": region.names.get("zh") or next(iter(region.names.values())),
        "unit": region.units["name"].get(unit_code, "") if isinstance(unit_code, str) else "",
        "route_code": route_code,
        "route_name": road["name"].iloc[0] if len(road) else "",
        "road_class": road["road_class"].iloc[0] if len(road) else "",
        "stake_from_m": low,
        "stake_to_m": high,
        "tech_grade": segment.get("tech_grade") or "",
        "aadt": f"{aadt:.0f}"
        if aadt is not None and aadt == aadt
        else segment.get("aadt_class", ""),
        "has_bus": segment.get("is_bus_route"),
        "design_speed_kmh": segment.get("design_speed_kmh"),
        "guard": segment.get("guard") or "",
    }


def _ledger(
    hazard: dict[str, Any], measures: pd.DataFrame, history: pd.DataFrame
) -> dict[str, Any]:
    survey = _said(hazard, history)
    planned = history[history["kind"] == "planned"]
    budget = planned["facts"].iloc[-1].get("budget_yuan") if len(planned) else None
    works: dict[str, dict[str, Any]] = {}
    for kind in MEASURE_KINDS:
        own = measures[measures["measure_kind"] == kind]
        if len(own):
            last = own.iloc[-1]
            works[kind] = {"quantity": last["quantity"], "unit": last["quantity_unit"] or ""}
    return {
        **{name: hazard[name] for name in ("code", "name", "status", "side", "found_on")},
        **{name: hazard[name] for name in ("responsible_unit", "due_on", "level")},
        "protection_grade": hazard["protection_grade"],
        "features": features(survey),
        "survey": survey,
        "works": works,
        "budget_wan": np.nan if budget is None else budget / YUAN_PER_WAN,
        "plan_year": hazard["due_on"].year
        if len(planned) and pd.notna(hazard["due_on"])
        else None,
    }


def _said(hazard: dict[str, Any], history: pd.DataFrame) -> str:
    """Description of the danger: from the file, else the note with which it was opened."""
    noted = survey_text(hazard)
    if noted or history.empty:
        return noted
    first = history["note"].iloc[0]
    return "" if pd.isna(first) else str(first)


def _counts(
    cases: RoadCases | None, route_code: str, low: float, high: float
) -> dict[str, Any]:
    if cases is None or low != low:
        return {}
    own = cases.current[cases.current["route_code"] == route_code]
    own = own[own["chain_m"].between(low, high)]
    return {
        "accidents": len(own),
        "deaths": int(own["deaths"].sum()),
        "injured": int(own["injured"].sum()),
        "day_from": cases.day_from,
        "day_to": cases.day_to,
    }


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """All columns, None where nothing is known."""
    table = pd.DataFrame([{name: row.get(name) for name in FORM_COLUMNS} for row in rows])
    if table.empty:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in FORM_COLUMNS})
    return table.astype(object).where(table.notna(), None)

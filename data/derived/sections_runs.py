"""Screenings of road sections: what they say of themselves, saved and read again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import geopandas as gpd
import pandas as pd

from data.derived.sections_grades import section_grades
from data.ledger.sections import same_sections
from data.region import RegionPack
from data.store import Store
from geo.crs import WGS84
from geo.errors import HazardError

METHOD = "sections"
_STORED = (
    "route_code",
    "chain_from_m",
    "chain_to_m",
    "event_ids",
    "p_chance",
    "rank",
    "rank_low",
    "rank_high",
)
_COLUMNS = (
    *("route_code", "chain_from_m", "chain_to_m", "stake_from_m", "stake_to_m", "unit_codes"),
    *("rules", "is_risky", "event_ids", "accidents", "fatal", "injury", "deaths", "serious"),
    *("injured", "observed", "predicted", "expected", "excess"),
    *("peak_chain_from_m", "peak_chain_to_m", "peak_stake_from_m", "peak_stake_to_m"),
    *("peak_observed", "peak_predicted", "peak_expected", "peak_excess", "cv", "loss"),
    *("severity_score", "peer_class", "p_chance", "rank", "rank_low", "rank_high"),
)
COUNTS = ("accidents", "fatal", "injury", "deaths", "serious", "injured")


@dataclass(frozen=True, kw_only=True)
class SectionFacts:
    """What every list, map and sheet of a screening prints; JSON values all.

    Parameters
    ----------
    parameters
        All that is needed to run it again: ``years, window_m, top, longest_m, rank_by,
        weights, chance_runs, seed, selection, rule_ids``.
    day_from, day_to, years
        Inclusive local days of the statistics, and their length in years.
    events
        Accidents of the period on the roads.
    links
        How surely the accidents of the period are placed: ``link_code, link_reason, events``.
    rules
        How far each rule could be evaluated: ``rule_id, name, status, lacks, unknown, events,
        hits`` (:class:`geo.rule_windows.RuleScreen`).
    risk
        The performance function: ``basis, aadt_share, k_km, coefficients, classes``; empty
        with a ``note``.
    note
        Why there are no statistics: ``no_roads``, ``no_events``, ``too_few_events`` or "".
    """

    version: str
    is_demo: bool
    parameters: dict[str, Any]
    day_from: int
    day_to: int
    years: float
    events: int
    links: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    risk: dict[str, Any]
    note: str

    def placed(self, link_code: str) -> int:
        """Accidents of the period with a ``link_code``."""
        return sum(row["events"] for row in self.links if row["link_code"] == link_code)


@dataclass(frozen=True, kw_only=True, eq=False)
class SectionRun:
    """A screening.

    Parameters
    ----------
    sections
        One row per section in order of rank, EPSG:4326 lines:

        *Place* ``route_code, chain_from_m, chain_to_m, stake_from_m, stake_to_m`` (lower
        first, NaN without), ``unit_codes`` (list, the longest part first).
        *Reasons* ``rules`` (list, see :func:`data.derived.sections_candidates.rule_reasons`),
        ``is_risky`` (one of the riskiest windows lies in it).
        *Accidents of the period* ``event_ids`` (list; also those that only a rule with a
        longer period counts), ``accidents, fatal, injury`` (accidents), ``deaths, injured``
        (persons), ``serious`` (NaN: not recorded), ``observed, predicted, expected, excess``
        of the whole section and period.
        *Riskiest window* ``peak_chain_from_m, peak_chain_to_m, peak_stake_from_m,
        peak_stake_to_m, peak_observed, peak_predicted, peak_expected, peak_excess, cv, loss``
        (1–4), ``severity_score, peer_class, p_chance, rank, rank_low, rank_high``: its rank
        among all windows of the county; equal ranks are ties.
        *Ledger* ``protection_grade`` ("" not known), ``hazard_id`` and ``hazard_share``, the
        hazard that holds half of it or more.
    run_id
        Number of a saved screening; then ``section_id`` is the index.
    """

    facts: SectionFacts
    sections: gpd.GeoDataFrame
    run_id: int | None = None


def save_run(store: Store, run: SectionRun, *, at: datetime) -> int:
    """Keep a screening in the ledger; its number.

    Parameters
    ----------
    at
        Moment of saving, with its time zone.
    """
    sections = pd.DataFrame(run.sections.drop(columns="geometry"))
    hidden = {*_STORED, "stake_from_m", "stake_to_m", "hazard_id", "hazard_share"}
    measured = [name for name in sections if name not in hidden]
    rows = sections[list(_STORED)].assign(
        rule=pd.Series(
            [reasons[0]["rule_id"] if reasons else None for reasons in sections["rules"]],
            index=sections.index,
            dtype=object,
        ),
        measures=pd.Series(
            sections[measured].to_dict("records"), index=sections.index, dtype=object
        ),
    )
    with store.ledger() as desk:
        return desk.save_run(
            METHOD,
            asdict(run.facts),
            rows,
            data_version=run.facts.version,
            at=at,
            is_demo=run.facts.is_demo,
        )


def read_run(store: Store, region: RegionPack, run_id: int | None = None) -> SectionRun:
    """A saved screening, compared with the ledger of today.

    Parameters
    ----------
    run_id
        Default: the newest.

    Raises
    ------
    HazardError
        When there is none.
    """
    with store.ledger_reader() as desk:
        runs = desk.runs()
        runs = runs[runs["method"] == METHOD]
        if not len(runs) or (run_id is not None and run_id not in runs.index):
            what = "no saved screening" if run_id is None else f"no screening {run_id}"
            raise HazardError(f"there is {what} in this store; run pingan sections screen")
        number = int(runs.index[0]) if run_id is None else int(run_id)
        stored = desk.sections(number)
    facts = SectionFacts(**runs["parameters"].loc[number])
    own = [*_STORED, "stake_from_m", "stake_to_m"]
    rest = [name for name in _COLUMNS if name not in own]
    measures = pd.DataFrame(stored["measures"].tolist(), index=stored.index, columns=rest)
    frame = pd.concat([pd.DataFrame(stored[own]), measures], axis=1)
    shapes = gpd.GeoSeries(stored.geometry.to_numpy(), index=stored.index, crs=WGS84)
    sections = typed(gpd.GeoDataFrame(frame, geometry=shapes, crs=WGS84))
    return matched(store, region, SectionRun(facts=facts, sections=sections, run_id=number))


def read_section(
    store: Store, region: RegionPack, section_id: int
) -> tuple[SectionRun, pd.Series[Any]]:
    """A section of a saved screening, and its run.

    Raises
    ------
    HazardError
        When there is no such section.
    """
    with store.ledger_reader() as desk:
        runs = desk.runs()
        for run_id in runs.index[runs["method"] == METHOD]:
            if section_id in desk.sections(int(run_id)).index:
                break
        else:
            raise HazardError(f"there is no screened section {section_id} in this store")
    run = read_run(store, region, int(run_id))
    return run, run.sections.loc[section_id]


def matched(store: Store, region: RegionPack, run: SectionRun) -> SectionRun:
    """The run with the hazards of the ledger as it stands now."""
    with store.ledger_reader() as desk:
        known = desk.hazard_sections(with_rejected=True)
        grades = store.hazards(("road_section",))
    sections = run.sections.copy()
    pairs = same_sections(sections, known).drop_duplicates("section_id").set_index("section_id")
    sections["hazard_id"] = pairs["hazard_id"].reindex(sections.index).astype("Int64")
    sections["hazard_share"] = pairs["share"].reindex(sections.index).astype(float)
    sections["protection_grade"] = section_grades(sections, grades, region)
    return replace(run, sections=sections)


def typed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The same types whether measured or read back."""
    whole = ["rank", "rank_low", "rank_high", "loss", "peak_observed", "observed"]
    floats = [
        name
        for name in frame.columns
        if name.startswith(("chain_", "stake_", "peak_"))
        or name in ("predicted", "expected", "excess", "cv", "severity_score", "p_chance")
    ]
    types: dict[str, Any] = dict.fromkeys(floats, "float64") | dict.fromkeys(whole, "Int64")
    types |= dict.fromkeys(COUNTS, "int64") | {"serious": "float64", "is_risky": "bool"}
    texts = dict.fromkeys(
        ("route_code", "peer_class", "unit_codes", "rules", "event_ids"), object
    )
    return frame.astype(types | texts)[[*_COLUMNS, "geometry"]]

"""What the road page shows: screenings, the ledger beside them, and figures of the offices.

A screening is kept by data version, region and period; which of its sections are in the ledger
is looked up again whenever the ledger has moved. Filters only choose among the rows.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from dashboard.frame import Frame
from dashboard.lru import ByteLru
from dashboard.road_state import NEW, RoadView
from data.derived.sections import SectionRun, matched, screen_sections
from data.derived.sections_cases import RoadCases
from data.derived.sections_effect import HazardEffect, hazard_effect
from data.derived.sections_strip import strip
from geo.crs import WGS84
from geo.errors import HazardError, SafetyError
from geo.hazard_states import ENDED, UNSETTLED
from geo.selection import IncidentSelection
from geo.window_chance import Progress

ROAD_KIND = "road_section"
NO_EFFECT = "evaluation_impossible"
_COUNTS = ("accidents", "fatal", "deaths", "injured")
_RISK = (
    *("peak_expected", "peak_excess", "peak_predicted", "expected", "excess", "predicted"),
    *("p_chance", "rank", "rank_low", "rank_high", "loss", "cv", "severity_score"),
    *("peak_stake_from_m", "peak_stake_to_m", "peak_chain_from_m", "peak_chain_to_m"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Roads:
    """One screening with the ledger as it stands.

    Parameters
    ----------
    items
        One row per stretch, screened ones by rank, then those that only the ledger has:
        ``key, hazard_id, status`` ("new" outside the ledger), ``name, grade,
        protection_grade, responsible_unit, due_on``, columns of
        :attr:`data.derived.sections_runs.SectionRun.sections`, EPSG:4326 geometry.
    """

    run: SectionRun
    items: gpd.GeoDataFrame

    def find(self, key: str) -> int | None:
        """Position of a stretch; of the one that shares most road when limits have moved."""
        keys = self.items["key"].tolist()
        if key in keys:
            return keys.index(key)
        if key.startswith("h") and key[1:].isdigit():
            at = np.flatnonzero((self.items["hazard_id"] == int(key[1:])).fillna(False))
            return int(at[0]) if len(at) else None
        return self._nearest(key)

    def _nearest(self, key: str) -> int | None:
        route, _, extent = key.rpartition("@")
        low, _, high = extent.partition("-")
        if not (low.isdigit() and high.isdigit()):
            return None
        items = self.items
        shared = np.fmin(items["chain_to_m"], int(high)) - np.fmax(
            items["chain_from_m"], int(low)
        )
        shared = shared.where(items["route_code"] == route, -1.0).fillna(-1.0)
        return int(shared.to_numpy().argmax()) if (shared > 0).any() else None


def _size(run: SectionRun) -> int:
    return 20_000 + int(run.sections.memory_usage(deep=True).sum()) * 4


# With the version of the ledger they were compared with.
_runs: ByteLru[tuple[int, SectionRun]] = ByteLru(64 << 20, lambda kept: _size(kept[1]))
_roads: ByteLru[Roads] = ByteLru(48 << 20, lambda roads: _size(roads.run))
_cases: ByteLru[RoadCases] = ByteLru(
    64 << 20, lambda cases: int(cases.events.memory_usage(deep=True).sum())
)
_strips: ByteLru[dict[str, pd.DataFrame]] = ByteLru(
    16 << 20, lambda parts: sum(int(p.memory_usage(deep=True).sum()) for p in parts.values())
)
_effects: ByteLru[HazardEffect | str] = ByteLru(1 << 20, lambda _: 1_000)


def clear() -> None:
    """Forget everything kept."""
    for kept in (_runs, _roads, _cases, _strips, _effects):
        kept.clear()


def roads(frame: Frame, view: RoadView, progress: Progress | None = None) -> Roads:
    """The screening of the period of ``view``, beside the ledger of this moment."""
    period, ledger = _period(frame, view), frame.store.ledger_version

    def screen() -> tuple[int, SectionRun]:
        return ledger, screen_sections(
            frame.store,
            frame.region,
            years=view.years,
            period_end_day=view.until,
            progress=progress,
        )

    def make() -> Roads:
        compared, run = _runs.get(period, screen)
        if compared != ledger:
            own = SectionRun(facts=run.facts, sections=run.sections.copy())
            run = matched(frame.store, frame.region, own)
        return Roads(run=run, items=_items(frame, run.sections))

    return _roads.get((*period, ledger), make)


def warm_roads(frame: Frame) -> None:
    """Screen as the page does at first sight before somebody opens it, if it can be done."""
    if len(frame.columns) and not frame.region.roads.empty:
        with suppress(SafetyError):
            roads(frame, RoadView())


def road_cases(frame: Frame, view: RoadView) -> RoadCases:
    """Accidents of the period on their routes."""
    return _cases.get(
        _period(frame, view),
        lambda: RoadCases.of(
            frame.store,
            frame.region,
            IncidentSelection(),
            period_end_day=view.until,
            years=view.years,
        ),
    )


def road_strip(frame: Frame, view: RoadView, route_code: str) -> dict[str, pd.DataFrame]:
    """Everything along one route, see :func:`data.derived.sections_strip.strip`."""
    key = (*_period(frame, view), frame.store.ledger_version, route_code)
    return _strips.get(key, lambda: strip(frame.store, road_cases(frame, view), route_code))


def road_effect(frame: Frame, hazard_id: int, years: int) -> HazardEffect | str:
    """Effect of the works on a hazard, or the code of why there is none yet."""

    def make() -> HazardEffect | str:
        try:
            return hazard_effect(frame.store, frame.region, hazard_id, years=years)
        except HazardError as error:
            return error.missing[0] if error.missing else NO_EFFECT

    key = (frame.version, frame.region.digest, frame.store.ledger_version, hazard_id, years)
    return _effects.get(key, make)


def filtered(items: gpd.GeoDataFrame, view: RoadView) -> list[int]:
    """Positions of the stretches that pass the filters.

    What has ended in the ledger is shown only when asked for by its state.
    """
    keep = (
        ~items["status"].isin(ENDED) if not view.states else items["status"].isin(view.states)
    )
    if view.route:
        keep &= items["route_code"] == view.route
    if view.unit:
        keep &= pd.Series(
            [
                view.unit == unit or view.unit in codes
                for unit, codes in zip(
                    items["responsible_unit"], items["unit_codes"], strict=True
                )
            ],
            index=items.index,
            dtype=bool,
        )
    if view.grades:
        keep &= items["grade"].isin(view.grades) | items["protection_grade"].isin(view.grades)
    if view.kinds:
        known = {
            "rule": items["rules"].map(len) > 0,
            "risk": items["is_risky"],
            "ledger": items["hazard_id"].notna(),
        }
        keep &= np.logical_or.reduce([known[kind].to_numpy(dtype=bool) for kind in view.kinds])
    return np.flatnonzero(keep.to_numpy(dtype=bool)).tolist()


def days_overdue(items: pd.DataFrame, today: date) -> pd.Series[int]:
    """Days each stretch is past its deadline unsettled; 0 when it is not."""
    late = (pd.Timestamp(today) - items["due_on"]).dt.days
    return late.where(items["status"].isin(UNSETTLED), 0).fillna(0).clip(lower=0).astype(int)


def accidents_of(cases: RoadCases, event_ids: list[int]) -> pd.DataFrame:
    """The accidents of a stretch, newest first: ``event_id, day, stake_m, deaths, injured``."""
    own = cases.events[cases.events["event_id"].isin(event_ids)]
    own = own[["event_id", "day", "stake_m", "chain_m", "deaths", "injured"]]
    return own.sort_values(["day", "event_id"], ascending=False, ignore_index=True)


def office_figures(frame: Frame, today: date) -> pd.DataFrame:
    """Counts per responsible unit, those with most overdue first.

    Columns ``hazards, listed, open, closed, overdue``. Road hazards without a responsible unit
    are counted by the code of the area they lie in, "" outside all.
    """
    columns = ["hazards", "listed", "open", "closed", "overdue"]
    with frame.store.ledger_reader() as reader:
        named = reader.unit_figures(today)[columns]
    hazards = frame.store.hazards((ROAD_KIND,))
    hazards["status"] = hazards["status"].fillna("found")
    rest = hazards[hazards["responsible_unit"].isna() & ~hazards["status"].isin(ENDED)]
    is_open = rest["status"].isin(UNSETTLED)
    flags = pd.DataFrame(
        {
            "hazards": True,
            "listed": rest["status"] == "listed",
            "open": is_open,
            "closed": rest["status"].isin(["closed", "monitoring"]),
            "overdue": is_open & (rest["due_on"] < pd.Timestamp(today)),
        }
    )
    by_area = flags.groupby(rest["unit_code"].fillna("")).sum()
    order = ["overdue", "open", "hazards"]
    parts = [part.sort_values(order, ascending=False) for part in (named, by_area) if len(part)]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts).astype("int64")


def _period(frame: Frame, view: RoadView) -> tuple[object, ...]:
    return frame.version, frame.region.digest, view.years, view.until


def _items(frame: Frame, sections: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    hazards = frame.store.hazards((ROAD_KIND,))
    with frame.store.ledger_reader() as reader:
        places = reader.hazard_sections()
    rest = hazards[~hazards.index.isin(sections["hazard_id"].dropna())]
    own = _hazard_rows(rest, places)
    screened = sections.reset_index(drop=True).assign(
        key=[
            f"{route}@{low:.0f}-{high:.0f}"
            for route, low, high in zip(
                sections["route_code"],
                sections["chain_from_m"],
                sections["chain_to_m"],
                strict=True,
            )
        ]
    )
    parts = [part for part in (screened, own) if len(part)]
    items = pd.concat(parts, ignore_index=True) if parts else screened
    known = hazards.reindex(items["hazard_id"])
    in_ledger = items["hazard_id"].notna().to_numpy()
    items["status"] = np.where(in_ledger, known["status"].fillna("found"), NEW)
    for name in ("name", "grade", "responsible_unit"):
        items[name] = known[name].fillna("").to_numpy(dtype=object)
    items["code"] = known["code"].fillna("").to_numpy(dtype=object)
    items["due_on"] = known["due_on"].to_numpy()
    return gpd.GeoDataFrame(items, geometry="geometry", crs=WGS84)


def _hazard_rows(hazards: gpd.GeoDataFrame, places: pd.DataFrame) -> gpd.GeoDataFrame:
    """Hazards that no section of the screening is, in the columns of one."""
    at = places.reindex(hazards.index)
    rows = pd.DataFrame(
        {
            "key": [f"h{number}" for number in hazards.index],
            "hazard_id": pd.array(hazards.index, dtype="Int64"),
            "route_code": hazards["route_code"].fillna("").to_numpy(dtype=object),
            "protection_grade": hazards["protection_grade"].fillna("").to_numpy(dtype=object),
            "unit_codes": [
                [] if pd.isna(code) else [str(code)] for code in hazards["unit_code"]
            ],
            "rules": [[] for _ in range(len(hazards))],
            "event_ids": [[] for _ in range(len(hazards))],
            "is_risky": False,
        }
    )
    for name in ("chain_from_m", "chain_to_m"):
        rows[name] = at[name].to_numpy(dtype=float)
    for name in ("stake_from_m", "stake_to_m"):
        rows[name] = at[name].fillna(hazards[name]).to_numpy(dtype=float)
    for name in (*_COUNTS, *_RISK):
        rows[name] = np.nan
    return gpd.GeoDataFrame(rows, geometry=hazards.geometry.to_numpy(), crs=WGS84)

"""The traffic accidents and roads of a county, ready to be screened for one period."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.derived.cases import data_version
from data.derived.road_events import link_counts, linked, road_events
from data.derived.sections_runs import SectionFacts
from data.region import RegionPack
from data.store import Store
from geo import road_events as contract
from geo.anchored_windows import period_start_day
from geo.errors import FrameError
from geo.road_axis import RoadAxis
from geo.road_prediction import RoadPrediction, predict_roads
from geo.selection import IncidentSelection

DAYS_PER_YEAR = 365.25
# With fewer accidents a county's own performance function is mere noise.
LEAST_EVENTS = 10
_LEAST_PIECE_M = 1.0
_SEGMENT_FACTS = (
    "tech_grade",
    "aadt",
    "aadt_class",
    "lanes",
    "has_median",
    "design_speed_kmh",
    "is_urban",
    "terrain",
    "guard",
    "is_bus_route",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadCases:
    """Accidents on the roads of one data version, and the period that is asked about.

    Parameters
    ----------
    events
        Road events (:func:`geo.road_events.road_events`) up to ``day_to``, with ``lon, lat,
        link_code``; earlier ones are kept for rules that look further back.
    links
        Frame ``link_code, link_reason, events``: how surely the accidents of the period are
        placed; adds up to all of them.
    segments
        Whole network, see :func:`road_segments`.
    day_from, day_to, years
        Inclusive local days of the statistics, and their length.
    """

    region: RegionPack
    version: str
    is_demo: bool
    selection: IncidentSelection
    events: pd.DataFrame
    links: pd.DataFrame
    segments: pd.DataFrame
    day_from: int
    day_to: int
    years: float

    @classmethod
    def of(
        cls,
        store: Store,
        region: RegionPack,
        selection: IncidentSelection,
        *,
        period_end_day: int | None = None,
        years: int = 3,
    ) -> RoadCases:
        """Read the accidents of ``store``.

        Parameters
        ----------
        selection
            Narrows the accidents; its units do not, since roads are compared with those of
            the whole county.
        period_end_day
            Last local day; default that of the selection, else of the data.
        years
            Calendar years up to that day, as far as the data (or the selection) reach back.

        Raises
        ------
        FrameError
            When ``years`` is below one.
        """
        if years < 1:
            raise FrameError(f"years = {years}: screen at least one year")
        version, is_demo = data_version(store), store.is_demo
        known = store.columns().day
        first, last = (int(known[0]), int(known[-1])) if len(known) else (0, 0)
        end = next(d for d in (period_end_day, selection.day_to, last) if d is not None)
        wanted = replace(selection, units=None, day_to=end)
        every = road_events(store, region, wanted)
        begin = first if selection.day_from is None else selection.day_from
        start = min(max(int(period_start_day(end, years)) + 1, begin), end)
        frame = linked(every)
        return cls(
            region=region,
            version=version,
            is_demo=is_demo,
            selection=selection,
            events=contract.road_events(frame).assign(
                **{name: frame[name].to_numpy() for name in ("lon", "lat", "link_code")}
            ),
            links=link_counts(every[every["day"] >= start]),
            segments=road_segments(region),
            day_from=start,
            day_to=end,
            years=(end - start + 1) / DAYS_PER_YEAR,
        )

    @cached_property
    def current(self) -> pd.DataFrame:
        """The events of the period."""
        return self.between(self.day_from, self.day_to)

    def between(self, day_from: int, day_to: int) -> pd.DataFrame:
        """The events of inclusive days."""
        day = self.events["day"]
        return self.events[(day >= day_from) & (day <= day_to)].reset_index(drop=True)

    @property
    def note(self) -> str:
        """Why there are no statistics: ``no_roads``, ``no_events``, ``too_few_events`` or ''."""
        if self.segments.empty:
            return "no_roads"
        if self.current.empty:
            return "no_events"
        return "too_few_events" if len(self.current) < LEAST_EVENTS else ""

    @cached_property
    def prediction(self) -> RoadPrediction | None:
        """The county's performance function, fitted to the period; None with a :attr:`note`."""
        if self.note:
            return None
        axis = RoadAxis.of(self.segments)
        places = self.current[["route_code", "chain_m"]]
        position, _ = axis.locate(places["route_code"], places["chain_m"])
        on_road = position[np.isfinite(position)]
        return predict_roads(axis, self.segments, on_road, years=self.years)


def cases_of(store: Store, region: RegionPack, facts: SectionFacts) -> RoadCases:
    """The accidents of a screening, as the store has them now."""
    return RoadCases.of(
        store,
        region,
        IncidentSelection.from_json(json.dumps(facts.parameters["selection"])),
        period_end_day=facts.day_to,
        years=facts.parameters["years"],
    )


def road_segments(region: RegionPack) -> pd.DataFrame:
    """All roads of a pack cut where their make changes, without gaps.

    Returns
    -------
    ``route_code, from_chain_m, to_chain_m, road_class`` and the columns of the pack's
    segments, not known (NaN, NA or "") where the pack says nothing.
    """
    reference = region.road_reference
    given = region.segments.reset_index(drop=True)
    pieces: list[tuple[str, float, float, int]] = []
    rows_of = given.groupby("route_code").indices
    for code, length in reference.length_m.items():
        known: list[tuple[float, float, int]] = []
        for row in rows_of.get(code, ()):
            stakes = given.loc[row, ["stake_from_m", "stake_to_m"]].astype(float)
            if stakes.isna().any():
                known.append((0.0, float(length), int(row)))
            else:
                known += [
                    (low, high, int(row))
                    for _, low, high in reference.intervals(str(code), *stakes)
                ]
        pieces += [(str(code), *piece) for piece in _without_gaps(known, float(length))]
    frame = pd.DataFrame(pieces, columns=["route_code", "from_chain_m", "to_chain_m", "row"])
    known_row = frame.pop("row").to_numpy(dtype=np.int64)
    classes = region.roads.set_index("route_code")["road_class"] if len(region.roads) else {}
    frame["road_class"] = frame["route_code"].map(classes)
    facts = given[list(_SEGMENT_FACTS)].reindex(np.where(known_row < 0, len(given), known_row))
    return pd.concat([frame, facts.reset_index(drop=True)], axis=1)


def _without_gaps(
    known: list[tuple[float, float, int]], length: float
) -> list[tuple[float, float, int]]:
    """Rising pieces from 0 to the length; row -1 where nothing is known."""
    pieces, at = [], 0.0
    for low, high, row in sorted(known):
        # What rounding leaves between two stretches is no road of its own.
        start = low if low - at >= _LEAST_PIECE_M else at
        end = high if length - high >= _LEAST_PIECE_M else length
        if end - start < _LEAST_PIECE_M:
            continue
        if start > at:
            pieces.append((at, start, -1))
        pieces.append((start, end, row))
        at = end
    if length > at:
        pieces.append((at, length, -1))
    return pieces


def stakes_at(
    region: RegionPack, route_codes: Any, chains_m: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Stakes of (n) chains; NaN where a route has none."""
    stakes, _ = region.road_reference.stakes_of(route_codes, chains_m)
    return stakes

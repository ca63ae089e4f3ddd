"""Did the works on a hazard help: accidents after against those expected without them.

Before: up to three years that end the day before the works. After: one or three whole years
from the day after acceptance. The performance function is that of all roads before; what
changed everywhere between the two periods (traffic, reporting, their lengths) is the ratio of
the accidents of all other roads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.derived.sections_cases import DAYS_PER_YEAR, LEAST_EVENTS, RoadCases
from data.ledger.sections import chain_spans
from data.region import RegionPack
from data.store import Store
from geo.before_after import BeforeAfter, before_after
from geo.errors import HazardError
from geo.hazard_states import EVALUATION_YEARS, Evaluation
from geo.selection import IncidentSelection, day_number, day_of

YEARS_BEFORE = 3
LEAST_DAYS_BEFORE = 365


@dataclass(frozen=True, kw_only=True)
class HazardEffect:
    """Effect of the works on one hazard.

    Parameters
    ----------
    evaluation
        As the ledger keeps it.
    effect
        With interval, significance and the naive figure.
    years_before, years_after
        Lengths of the periods.
    predicted_before, k
        Of the section by the performance function, and its overdispersion.
    growth
        Accidents after over those before on all other roads.
    """

    hazard_id: int
    evaluation: Evaluation
    effect: BeforeAfter
    years_before: float
    years_after: float
    predicted_before: float
    k: float
    growth: float


def hazard_effect(
    store: Store,
    region: RegionPack,
    hazard_id: int,
    *,
    years: int = 1,
    selection: IncidentSelection | None = None,
) -> HazardEffect:
    """Empirical-Bayes before–after of one hazard, the naive comparison beside it.

    Parameters
    ----------
    years
        1 or 3 after acceptance (of a hazard loaded from a file: after it was closed).
    selection
        Narrows the accidents; default all.

    Raises
    ------
    HazardError
        When the hazard is not accepted, has no place on a road, or the accidents on record
        do not cover both periods.
    """
    if years not in EVALUATION_YEARS:
        raise HazardError(f"evaluate after 1 or 3 years, not {years}", ("evaluation_years",))
    hazards = store.hazards(("road_section",))
    with store.ledger_reader() as desk:
        state, history = desk.state(hazard_id), desk.history(hazard_id)
    if hazard_id not in hazards.index:
        raise HazardError(f"hazard {hazard_id} is no road section; only these are evaluated")
    row = hazards.loc[hazard_id]
    accepted = state.accepted_on or _day(row["closed_on"])
    if accepted is None:
        raise HazardError(
            f"hazard {hazard_id} ({state.status}) is not accepted yet; evaluate a year after it is",
            ("evaluation_too_early",),
        )
    begun = _begun(history) or _day(row["found_on"]) or accepted
    before_to = min(begun, accepted)
    before_to -= timedelta(days=1)
    after_from = accepted + timedelta(days=1)
    after_to = _years_later(after_from, years) - timedelta(days=1)
    place = chain_spans(hazards.loc[[hazard_id]], region.road_reference).iloc[0]
    return _measured(
        store,
        region,
        hazard_id,
        years=years,
        place=place,
        before_to=before_to,
        after=(after_from, after_to),
        selection=selection or IncidentSelection(),
    )


def _measured(
    store: Store,
    region: RegionPack,
    hazard_id: int,
    *,
    years: int,
    place: pd.Series[Any],
    before_to: date,
    after: tuple[date, date],
    selection: IncidentSelection,
) -> HazardEffect:
    if pd.isna(place["chain_from_m"]):
        raise HazardError(f"hazard {hazard_id} is not on a road of the region; give it stakes")
    known = store.columns().day
    last = int(known[-1]) if len(known) else -1
    if last < day_number(after[1]):
        reach = day_of(last)
        raise HazardError(
            f"accidents are on record up to {reach}, but the evaluation needs them up to "
            f"{after[1]}; load them first",
            ("evaluation_too_early",),
        )
    prior = RoadCases.of(
        store, region, selection, period_end_day=day_number(before_to), years=YEARS_BEFORE
    )
    days_before = prior.day_to - prior.day_from + 1
    if day_number(before_to) < int(known[0]) or days_before < LEAST_DAYS_BEFORE:
        raise HazardError(
            f"accidents on record before {before_to} span {max(days_before, 0)} days; a year "
            "is needed",
            ("evaluation_period",),
        )
    later = RoadCases.of(
        store, region, replace(selection, day_from=day_number(after[0])),
        period_end_day=day_number(after[1]), years=years,
    )  # fmt: skip
    inside = [_inside(cases.current, place) for cases in (prior, later)]
    if prior.prediction is None:
        raise HazardError(
            f"fewer than {LEAST_EVENTS} accidents before the works are placed on roads; nothing "
            "can be expected from them"
        )
    axis = prior.prediction.axis
    ends = [
        axis.locate([place["route_code"]], [chain])[0]
        for chain in (place["chain_from_m"], place["chain_to_m"])
    ]
    predicted, k = prior.prediction.between(*ends)
    others = [
        len(cases.current) - int(own.sum())
        for cases, own in zip((prior, later), inside, strict=True)
    ]
    if not predicted[0] > 0 or not min(others):
        raise HazardError(
            "there are no accidents on other roads to compare with; load them first"
        )
    growth = others[1] / others[0]
    years_after = (later.day_to - later.day_from + 1) / DAYS_PER_YEAR
    effect = before_after(
        [int(inside[0].sum())],
        [int(inside[1].sum())],
        predicted,
        predicted * growth,
        k,
        years_before=prior.years,
        years_after=years_after,
    )
    naive = effect.naive_percent
    evaluation = Evaluation(
        years=years,
        before_from=day_of(prior.day_from),
        before_to=before_to,
        after_from=after[0],
        after_to=after[1],
        observed_before=int(effect.observed_before),
        observed_after=int(effect.observed_after),
        expected_after=effect.expected_after,
        odds_ratio=effect.ratio,
        standard_error=effect.standard_error / 100,
        naive_change=None if pd.isna(naive) else -naive / 100,
    )
    return HazardEffect(
        hazard_id=hazard_id,
        evaluation=evaluation,
        effect=effect,
        years_before=prior.years,
        years_after=years_after,
        predicted_before=float(predicted[0]),
        k=float(k[0]),
        growth=growth,
    )


def _inside(events: pd.DataFrame, place: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    on_route = events["route_code"] == place["route_code"]
    along = events["chain_m"].between(place["chain_from_m"], place["chain_to_m"])
    inside: npt.NDArray[np.bool_] = (on_route & along).to_numpy(dtype=bool)
    return inside


def _day(moment: Any) -> date | None:
    return None if pd.isna(moment) else pd.Timestamp(moment).date()


def _begun(history: pd.DataFrame) -> date | None:
    """Day the works of the last round began; None where the ledger does not say.

    Then the day the hazard was found stands for it: nothing after it counts as before.
    """
    rounds = history["seq"][history["kind"].isin(["found", "relapsed"])]
    accepted = history["seq"][history["kind"] == "accepted"].max()
    since = rounds[rounds < accepted].max() if len(rounds) else 0
    works = history[(history["kind"] == "treating") & (history["seq"] > since)]
    if works.empty:
        return None
    first = works.iloc[0]
    return date.fromisoformat(first["facts"]["started_on"])


def _years_later(day: date, years: int) -> date:
    """The same date some years on; after 28 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, month=3, day=1)

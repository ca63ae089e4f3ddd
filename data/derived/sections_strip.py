"""A route unrolled: accidents, expected density, hazards and works along its stakes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.derived.sections_cases import RoadCases, stakes_at
from data.store import Store
from geo.empirical_bayes import expected_count
from geo.errors import FrameError

BIN_M = 100.0
SEVERITIES = ("fatal", "injury", "damage")


def severity_of(events: pd.DataFrame) -> np.ndarray:
    """(n) ``fatal``, ``injury`` or ``damage`` of road events."""
    return np.select(
        [events["deaths"] > 0, events["injured"] > 0], ["fatal", "injury"], "damage"
    ).astype(object)


def strip(
    store: Store, cases: RoadCases, route_code: str, *, window_m: float = 500.0
) -> dict[str, pd.DataFrame]:
    """Everything along one route, for the strip diagram.

    Parameters
    ----------
    cases
        Accidents of the period.
    window_m
        Length over which the expected density is taken, centred on each bin.

    Returns
    -------
    dict
        ``accidents``: ``event_id, chain_m, stake_m, day, severity`` (:data:`SEVERITIES`)
        ``, deaths, injured``. ``bins`` of 100 m, the last of 50 to 150 m: ``from_chain_m, to_chain_m, from_stake_m,
        fatal, injury, damage`` and ``predicted, expected`` (accidents per km and year, NaN
        without statistics). ``hazards``: ``hazard_id, chain_from_m, chain_to_m, stake_from_m,
        stake_to_m, status, code, name``. ``works``: ``hazard_id, measure_kind, done_on``
        (NaT while planned) and the hazard's chains.

    Raises
    ------
    FrameError
        When the region has no such route.
    """
    length_m = cases.region.road_reference.length_m
    if route_code not in length_m.index:
        raise FrameError(f"the region has no route {route_code}; check its code")
    length = float(length_m.loc[route_code])
    own = cases.current[cases.current["route_code"] == route_code]
    own = own.sort_values(["chain_m", "event_id"], ignore_index=True)
    accidents = own[["event_id", "chain_m", "stake_m", "day", "deaths", "injured"]]
    accidents = accidents.assign(severity=severity_of(own))
    return {
        "accidents": accidents,
        "bins": _bins(cases, accidents, route_code, length, window_m),
        **_ledger(store, route_code),
    }


def _bins(
    cases: RoadCases, accidents: pd.DataFrame, route_code: str, length: float, window_m: float
) -> pd.DataFrame:
    # What is left over belongs to the last bin: a rate on a few metres would dwarf the rest.
    number = max(round(length / BIN_M), 1)
    start = np.arange(number) * BIN_M
    end = np.append(start[1:], length)
    chain = accidents["chain_m"].to_numpy(dtype=float)
    at = np.minimum((chain / BIN_M).astype(np.int64), number - 1)
    bins = pd.DataFrame(
        {
            "from_chain_m": start,
            "to_chain_m": end,
            "from_stake_m": stakes_at(cases.region, np.full(number, route_code, object), start),
        }
    )
    for severity in SEVERITIES:
        of_kind = at[(accidents["severity"] == severity).to_numpy()]
        bins[severity] = np.bincount(of_kind, minlength=number)
    bins["predicted"] = bins["expected"] = np.nan
    if cases.prediction is None:
        return bins
    middle = (start + end) / 2
    low = np.maximum(middle - window_m / 2, 0.0)
    high = np.minimum(middle + window_m / 2, length)
    observed = np.searchsorted(chain, high, side="right") - np.searchsorted(chain, low)
    axis = cases.prediction.axis
    codes = np.full(number, route_code, dtype=object)
    predicted, k = cases.prediction.between(
        axis.locate(codes, low)[0], axis.locate(codes, high)[0]
    )
    per = 1000 / (high - low) / cases.years
    bins["predicted"] = predicted * per
    bins["expected"] = expected_count(observed, predicted, k).expected * per
    return bins


def _ledger(store: Store, route_code: str) -> dict[str, pd.DataFrame]:
    """Hazards on the route and the works on them."""
    with store.ledger_reader() as desk:
        known = desk.hazard_sections()
        known = known[(known["route_code"] == route_code) & known["chain_from_m"].notna()]
        works = [desk.measures(int(at)) for at in known.index]
    hazards = known.rename_axis("hazard_id").reset_index()
    names = store.hazards(("road_section",))["name"]
    hazards["name"] = hazards["hazard_id"].map(names)
    columns = ["hazard_id", "measure_kind", "done_on"]
    done = pd.concat([part[columns] for part in works]) if works else None
    if done is None:
        done = pd.DataFrame({name: [] for name in columns}).astype({"hazard_id": "int64"})
    place = hazards[["hazard_id", "chain_from_m", "chain_to_m"]]
    return {
        "hazards": hazards.sort_values("chain_from_m", ignore_index=True),
        "works": done.merge(place, on="hazard_id").reset_index(drop=True),
    }

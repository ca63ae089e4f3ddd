"""The statistics of a screening, read by section."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.derived.sections_cases import RoadCases, stakes_at
from data.region import RegionPack
from geo.empirical_bayes import expected_count
from geo.road_screening import Screening, ScreeningRules, screen
from geo.window_chance import Progress

_WINDOW = (
    "route_code",
    "from_chain_m",
    "to_chain_m",
    "peer_class",
    "observed",
    "predicted",
    "expected",
    "excess",
    "loss",
    "cv",
    "severity_score",
    "p_chance",
    "rank",
    "rank_low",
    "rank_high",
)
_PEAK = {
    "from_chain_m": "peak_chain_from_m",
    "to_chain_m": "peak_chain_to_m",
    "observed": "peak_observed",
    "predicted": "peak_predicted",
    "expected": "peak_expected",
    "excess": "peak_excess",
}


def statistics(
    cases: RoadCases, rules: ScreeningRules, *, progress: Progress | None = None
) -> Screening | None:
    """Screening of the period; None where :attr:`RoadCases.note` says why there is none."""
    if cases.note:
        return None
    return screen(
        cases.current, cases.segments, years=cases.years, rules=rules, progress=progress
    )


def peak_windows(risk: Screening | None) -> pd.DataFrame:
    """The ranked windows that hold an accident, best first."""
    if risk is None:
        return pd.DataFrame({name: pd.Series(dtype=float) for name in _WINDOW})
    ranked = risk.sections()
    return ranked.loc[ranked["observed"] > 0, list(_WINDOW)].reset_index(drop=True)


def section_risk(
    sections: pd.DataFrame, risk: Screening | None, peaks: pd.DataFrame, region: RegionPack
) -> pd.DataFrame:
    """Estimates of whole sections, and the riskiest ranked window of each.

    Parameters
    ----------
    sections
        ``route_code, chain_from_m, chain_to_m, accidents``.
    peaks
        Of :func:`peak_windows`.

    Returns
    -------
    The columns of the last two groups of :class:`data.derived.sections.SectionRun`.
    """
    n = len(sections)
    frame = pd.DataFrame({"observed": sections["accidents"].to_numpy(dtype=float)})
    for name in ("predicted", "expected", "excess"):
        frame[name] = np.nan
    if risk is not None and n:
        axis = risk.prediction.axis
        ends = [
            axis.locate(sections["route_code"], sections[name])[0]
            for name in ("chain_from_m", "chain_to_m")
        ]
        predicted, k = risk.prediction.between(*ends)
        estimate = expected_count(frame["observed"], predicted, k)
        frame["predicted"], frame["expected"] = predicted, estimate.expected
        frame["excess"] = estimate.expected - predicted
    window = 0.0 if risk is None else risk.rules.window_m
    best = np.full(n, -1, dtype=np.int64)
    low, high = _widened(sections, window)
    of_route = {
        code: np.asarray(rows, dtype=np.int64)
        for code, rows in peaks.groupby("route_code").indices.items()
    }
    starts, stops = peaks["from_chain_m"].to_numpy(), peaks["to_chain_m"].to_numpy()
    for at, code in enumerate(sections["route_code"]):
        # Ranked windows come best first, so the first that shares some road is the peak.
        rows = of_route.get(code, np.empty(0, dtype=np.int64))
        shares = (starts[rows] < high[at]) & (stops[rows] > low[at])
        if shares.any():
            best[at] = rows[np.argmax(shares)]
    labels = np.where(best < 0, len(peaks), best)
    taken = peaks.drop(columns="route_code").reindex(labels)
    taken = taken.rename(columns=_PEAK).reset_index(drop=True)
    codes = sections["route_code"].to_numpy(dtype=object)
    stakes = [stakes_at(region, codes, taken[f"peak_chain_{end}_m"]) for end in ("from", "to")]
    taken["peak_stake_from_m"] = np.fmin(*stakes)
    taken["peak_stake_to_m"] = np.fmax(*stakes)
    taken["peer_class"] = taken["peer_class"].astype(object).where(best >= 0, "")
    return pd.concat([frame, taken], axis=1)


def _widened(sections: pd.DataFrame, window_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Extents at least as long as a window: between two ranked ones lies less than that."""
    low, high = (
        sections[name].to_numpy(dtype=float) for name in ("chain_from_m", "chain_to_m")
    )
    room = np.maximum(window_m - (high - low), 0.0) / 2
    return low - room, high + room

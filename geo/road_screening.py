"""Which stretches of road are dangerous, how sure is it, and how would it have been by chance.

Sliding windows over all roads get their recorded accidents, the number predicted for such
roads (:mod:`geo.road_prediction`), the empirical-Bayes expectation and its excess, the level of
service of safety, a severity score beside it, and the chance of such an accumulation. The list is of windows that do
not overlap, best first, ranked by expected or by excess accidents: never by a rate, which only
finds roads without traffic, and never by a plain count, which promises too much.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.empirical_bayes import expected_count
from geo.errors import FrameError
from geo.peak_search import PeakRules, peak_search
from geo.road_axis import RoadAxis
from geo.road_prediction import RoadPrediction, predict_roads
from geo.safety_measures import (
    SEVERITY_WEIGHTS,
    SeverityWeights,
    accident_weights,
    level_of_service,
)
from geo.window_chance import Progress, window_chance
from geo.window_list import list_optimism, listed_windows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
RankKey = Literal["expected", "excess"]


@dataclass(frozen=True, kw_only=True)
class ScreeningRules:
    """How to screen.

    Parameters
    ----------
    window_m, step_m
        Sliding windows; the window is a whole number of steps.
    rank_by
        ``expected`` finds where most accidents will be, ``excess`` where most are
        more than on like roads.
    weights
        Of the severity score.
    chance_runs
        Scatterings for the chance of a window; 0 leaves ``p_chance`` empty.
    rank_draws, rank_level
        Posterior draws for the rank interval (0: none), and its probability.
    optimism_runs
        Invented counties from which ``forecast`` learns how the choice of windows flatters; 0
        leaves it at ``expected``.
    seed
        Of all draws.
    """

    window_m: float = 500.0
    step_m: float = 100.0
    rank_by: RankKey = "expected"
    weights: SeverityWeights = field(default_factory=lambda: SEVERITY_WEIGHTS["flanders"])
    chance_runs: int = 999
    rank_draws: int = 500
    rank_level: float = 0.9
    optimism_runs: int = 40
    seed: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Screening:
    """Result of :func:`screen`.

    Parameters
    ----------
    windows
        One row per sliding window, in order of the road: ``route_code, from_chain_m,
        to_chain_m, peer_class, observed, predicted, expected, variance, excess`` (of the whole period),
        ``loss`` (1–4), ``cv, severity_score, p_chance, rank, rank_low, rank_high, forecast``.
        Rank is 0 where the window overlaps a higher one; equal ranks are ties. Forecast is
        what an equal period will bring to a listed window, NaN for the others.
    prediction
        The fit behind ``predicted``.
    position_m
        (events) place of each event on the axis, NaN off it.
    years
        Length of the period.
    outside
        Events off the roads.
    rules
        As used.
    """

    windows: pd.DataFrame
    prediction: RoadPrediction
    position_m: Floats
    years: float
    outside: int
    rules: ScreeningRules

    def sections(self, top: int | None = None) -> pd.DataFrame:
        """The ranked windows, best first; ties at the cut are all kept."""
        ranked = self.windows[self.windows["rank"] > 0]
        if top is not None:
            ranked = ranked[ranked["rank"] <= top]
        return ranked.sort_values(["rank", "route_code", "from_chain_m"], ignore_index=True)

    def peaks(self, rules: PeakRules | None = None) -> pd.DataFrame:
        """Peak search on every road segment: the shortest window that is precise enough.

        Returns
        -------
        One row per segment, in order of the road: ``route_code, from_chain_m, to_chain_m``
        of the peak, ``expected`` accidents of the period, ``cv, is_precise``.
        """
        axis = self.prediction.axis
        found = peak_search(
            axis.segment_from_m,
            axis.segment_to_m,
            self.position_m[np.isfinite(self.position_m)],
            rules=rules,
            prediction=self.prediction.between,
        )
        stretch = np.searchsorted(axis.from_m, axis.segment_from_m, side="right") - 1
        return pd.DataFrame(
            {
                "route_code": axis.route_code[stretch],
                "from_chain_m": axis.chain(found["from_m"], stretch),
                "to_chain_m": axis.chain(found["to_m"], stretch),
                "expected": found["value"],
                "cv": found["cv"],
                "is_precise": found["is_precise"],
            }
        )


def screen(
    events: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    years: float,
    rules: ScreeningRules | None = None,
    progress: Progress | None = None,
) -> Screening:
    """Screen a network of roads.

    Parameters
    ----------
    events
        Road events of the period: ``route_code, chain_m, deaths, serious, injured``.
    segments
        Road segments: ``route_code, from_chain_m, to_chain_m``; optional ``road_class,
        is_urban, aadt, aadt_class`` (see :func:`geo.road_prediction.predict_roads`).
    years
        Length of the period the events are of.
    progress
        Called with the chance runs done and all of them.

    Raises
    ------
    FrameError
        When segments overlap, no event lies on a road, or the rules contradict themselves.
    """
    chosen = rules or ScreeningRules()
    if chosen.rank_by not in ("expected", "excess"):
        raise FrameError(
            f"rank_by = {chosen.rank_by!r}: rank by expected or excess; a rate or a "
            "count ranks chance"
        )
    axis = RoadAxis.of(segments)
    position, stretch = axis.locate(events["route_code"], events["chain_m"])
    is_on = stretch >= 0
    on_road, of_stretch = position[is_on], stretch[is_on]
    prediction = predict_roads(axis, segments, on_road, years=years, block_m=chosen.window_m)
    dead, serious, hurt = (
        events[name].to_numpy(float)[is_on] for name in ("deaths", "serious", "injured")
    )
    weight = accident_weights(dead, serious, hurt, chosen.weights)
    windows = estimate_windows(prediction, on_road, of_stretch, weight, chosen)
    own = axis.windows(chosen.window_m, chosen.step_m)
    peer = prediction.class_at((own.from_m + own.to_m) / 2)
    windows.insert(0, "route_code", axis.route_code[own.stretch])
    windows.insert(3, "peer_class", np.array(prediction.peer_classes, dtype=object)[peer])
    windows["p_chance"] = np.nan
    if chosen.chance_runs:
        chance = window_chance(
            prediction,
            on_road,
            window_m=chosen.window_m,
            runs=chosen.chance_runs,
            seed=chosen.seed,
            progress=progress,
        )
        windows["p_chance"] = chance.p_value(windows["observed"], windows["predicted"], peer)
    listed = listed_windows(windows[chosen.rank_by].to_numpy(), own)
    ranks = _ranks(windows.iloc[listed], chosen)
    for name, values in zip(("rank", "rank_low", "rank_high"), ranks, strict=True):
        column = np.zeros(len(windows), dtype=np.int64)
        column[listed] = values
        windows[name] = column
    forecast = np.full(len(windows), np.nan)
    forecast[listed] = windows["expected"].to_numpy()[listed]
    if chosen.optimism_runs:
        forecast[listed] *= list_optimism(
            prediction,
            window_m=chosen.window_m,
            step_m=chosen.step_m,
            by_excess=chosen.rank_by == "excess",
            runs=chosen.optimism_runs,
            seed=chosen.seed,
        )[: len(listed)]
    windows["forecast"] = forecast
    return Screening(
        windows=windows,
        prediction=prediction,
        position_m=position,
        years=years,
        outside=int((~is_on).sum()),
        rules=chosen,
    )


def estimate_windows(
    prediction: RoadPrediction,
    position_m: Floats,
    stretch: Integers,
    weight: Floats,
    rules: ScreeningRules,
) -> pd.DataFrame:
    """Sliding windows with their counts and estimates: the numeric columns of :class:`Screening`.

    Parameters
    ----------
    position_m, stretch, weight
        (n) places on the axis, none off it, and severity weight of each accident.
    """
    axis = prediction.axis
    own = axis.windows(rules.window_m, rules.step_m)
    observed, severity = (
        axis.window_sums(
            position_m, stretch, window_m=rules.window_m, step_m=rules.step_m, weights=weights
        )
        for weights in (None, weight)
    )
    predicted, k = prediction.between(own.from_m, own.to_m)
    estimate = expected_count(observed, predicted, k)
    return pd.DataFrame(
        {
            "from_chain_m": axis.chain(own.from_m, own.stretch),
            "to_chain_m": axis.chain(own.to_m, own.stretch),
            "observed": observed,
            "predicted": predicted,
            "expected": estimate.expected,
            "variance": estimate.variance,
            "excess": estimate.expected - predicted,
            "loss": level_of_service(observed, predicted, k),
            "cv": np.sqrt(estimate.variance) / estimate.expected,
            "severity_score": severity,
        }
    )


def _ranks(listed: pd.DataFrame, rules: ScreeningRules) -> tuple[Integers, Integers, Integers]:
    """Rank (ties share the smaller one) and its interval by draws of the true frequencies.

    Accidents of a window are Gamma distributed about their expectation; the interval always
    holds the rank itself, which the best of many windows seldom keeps in the draws.
    """
    key = listed[rules.rank_by].round(9)
    rank: Integers = key.rank(method="min", ascending=False).to_numpy().astype(np.int64)
    if not rules.rank_draws:
        return rank, rank, rank
    expected, variance = (listed[name].to_numpy() for name in ("expected", "variance"))
    floor = expected - listed[rules.rank_by].to_numpy()  # 0, or what is predicted
    is_known = variance <= 1e-12 * expected**2
    shape = np.divide(expected**2, variance, out=np.ones(len(rank)), where=~is_known)
    rng = np.random.default_rng(rules.seed)
    draws = rng.standard_gamma(shape, (rules.rank_draws, len(rank))) * (expected / shape)
    draws[:, is_known] = expected[is_known]
    order = np.argsort(floor - draws, axis=1)
    drawn = np.empty_like(order)
    np.put_along_axis(drawn, order, np.arange(1, len(rank) + 1)[None, :], axis=1)
    drawn.sort(axis=0)
    tail = (1 - rules.rank_level) / 2
    low = drawn[int(tail * rules.rank_draws)]
    high = drawn[min(int((1 - tail) * rules.rank_draws), rules.rank_draws - 1)]
    return rank, np.minimum(low, rank), np.maximum(high, rank)

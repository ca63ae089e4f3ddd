"""The composite risk index of places: from counts to score, grade, rank and reasons.

Harm per exposure of each domain is scored against the stored base year (50 equal, 75 twice,
100 four times), the domain scores are combined, and every number can be taken apart again: points
per domain, and within a domain the share of each severity class. The highest domain score stands
beside the index and is never averaged away. Ranks and colours carry their uncertainty.

The index orders places for attention. Patrols are planned on expected harm, never on
the 0–100 score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError
from geo.grades import GRADES, SURE, grade_levels
from geo.harm_rates import HarmModel, Standing
from geo.index_definition import IndexDefinition, Reference
from geo.index_uncertainty import (
    Scoring,
    Singles,
    Uncertainty,
    competition_ranks,
    monte_carlo,
    sensitivity,
)
from geo.rates import raw_rate

Floats = npt.NDArray[np.float64]

THIN_EVENTS = 2.0  # below so many expected events in all a unit has too few to speak of

_TAILS = (0.05, 0.95)


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskIndex:
    """An index with everything needed to explain it.

    Parameters
    ----------
    definition, seed, draws
        What it was made with; the same three and the same frames give the same numbers.
    units
        By unit: ``index``, ``index_low``, ``index_high``, ``grade``, ``p_blue`` … ``p_red``, ``p_grade``,
        ``is_unsure`` (p_grade < 0.6: hatch it), ``rank`` (1 is the highest risk), ``rank_low``,
        ``rank_high``, ``p_top5``, ``highest_domain``, ``highest_score``, ``expected_events``, ``is_thin``.
        A unit to which no domain applies has no index, grade or rank (missing values).
    domains
        A row per unit and domain: ``standing``, ``denominator``, ``exposure``, ``harm_rate``,
        ``reference_rate``, ``expected_harm_rate``, ``score``, ``score_low``, ``score_high``, ``weight`` (renormalised over
        what applies; sums to 1) and ``contribution`` (index points; sums to the index).
    indicators
        A row per unit and indicator: ``domain``, ``count``, ``exposure``, ``raw_rate``, ``rate``,
        ``rate_low``, ``rate_high``, ``harm_rate`` and ``share`` of its domain's harm (sums to 1).
    """

    definition: IndexDefinition
    seed: int
    draws: int
    units: pd.DataFrame
    domains: pd.DataFrame
    indicators: pd.DataFrame
    scoring: Scoring

    def sensitivity(self, *, base: int = 512) -> pd.DataFrame:
        """Total effect of data, method and each weight; see ``geo.index_uncertainty``."""
        ranks = self.units["rank"].fillna(0).to_numpy(dtype=np.int64)
        return sensitivity(self.scoring, ranks=ranks, base=base, seed=self.seed)


def base_reference(
    counts: pd.DataFrame, exposures: pd.DataFrame, definition: IndexDefinition, *, period: str
) -> Reference:
    """Rates of the base year, for ``definition.with_reference``; frames as in ``risk_index``."""
    return HarmModel.fit(counts, exposures, definition).reference(period)


def harm_draws(
    counts: pd.DataFrame,
    exposures: pd.DataFrame,
    definition: IndexDefinition,
    *,
    draws: int = 2_000,
    seed: int = 0,
) -> Floats:
    """(draws, units, domains) harm per exposure of one period, for ``geo.comparison.trend``."""
    model = HarmModel.fit(counts, exposures, definition)
    return model.harm_draws(draws, np.random.default_rng(seed))


def risk_index(
    counts: pd.DataFrame,
    exposures: pd.DataFrame,
    definition: IndexDefinition,
    *,
    draws: int = 10_000,
    seed: int = 0,
) -> RiskIndex:
    """Index of every unit for one period.

    Parameters
    ----------
    counts
        Units × indicator ids: whole events of the period.
    exposures
        The same units × denominators, of the same length of period as the base year's; 0 where
        there is nothing to be exposed, NaN where unknown.
    definition
        With reference rates (``base_reference``).
    draws
        Monte Carlo runs.

    Raises
    ------
    FrameError
        When the definition has no reference, the frames have other units, an indicator is missing, or a
        value is negative.
    """
    reference = definition.reference
    if reference is None:
        raise FrameError(
            "the index definition has no reference rates; add those of a base year first"
        )
    model = HarmModel.fit(counts, exposures, definition)
    standings = [
        each.standing(has_reference=each.domain.id in reference.harm_rates)
        for each in model.domains
    ]
    scoring = Scoring(
        model=model,
        scored=np.array(standings).T == Standing.SCORED,
        reference=np.array(
            [reference.harm_rates.get(each.domain.id, np.nan) for each in model.domains]
        ),
    )
    known = monte_carlo(scoring, draws=draws, rng=np.random.default_rng(seed))
    harm = np.quantile(known.harm, [_TAILS[0], 0.5, _TAILS[1]], axis=0).astype(float)
    return RiskIndex(
        definition=definition,
        seed=seed,
        draws=draws,
        units=_unit_frame(scoring, scoring.scores(harm[1]), known),
        domains=_domain_frame(scoring, harm, standings),
        indicators=_indicator_frame(model, known.rates),
        scoring=scoring,
    )


def _unit_frame(scoring: Scoring, scores: Floats, known: Uncertainty) -> pd.DataFrame:
    model, definition = scoring.model, scoring.model.definition
    index = definition.aggregation.combine(scores, scoring.weights)
    has_index = np.isfinite(index)
    filled = np.where(scoring.scored, scores, -1.0)
    highest = np.where(has_index, filled.max(axis=1), np.nan)
    level = grade_levels(index, highest, definition.cuts)
    ranks = np.zeros(len(index), dtype=np.int64)
    ranks[has_index] = competition_ranks(index[has_index])
    p_grade = np.where(
        has_index, np.take_along_axis(known.p_grades, level[:, None], 1)[:, 0], np.nan
    )
    events = np.zeros(len(index))
    for each in model.domains:
        events += np.nansum(each.rates * each.exposures[:, None], axis=1)
    names = np.array([each.domain.id for each in model.domains], dtype=object)
    grades = np.array([*GRADES, None], dtype=object)
    return pd.DataFrame(
        {
            "index": index,
            "index_low": known.index_low,
            "index_high": known.index_high,
            "grade": grades[level],
            **{f"p_{grade}": known.p_grades[:, at] for at, grade in enumerate(GRADES)},
            "p_grade": p_grade,
            "is_unsure": p_grade < SURE,
            "rank": _ranks(ranks),
            "rank_low": _ranks(known.rank_low),
            "rank_high": _ranks(known.rank_high),
            "p_top5": known.p_top,
            "highest_domain": np.where(has_index, names[filled.argmax(axis=1)], None),
            "highest_score": highest,
            "expected_events": events,
            "is_thin": events < THIN_EVENTS,
        },
        index=model.units,
    )


def _domain_frame(
    scoring: Scoring, harm: Floats, standings: list[list[Standing]]
) -> pd.DataFrame:
    """``harm`` is (3, n, domains): lower, median and upper harm per exposure."""
    model, definition = scoring.model, scoring.model.definition
    low, score, high = scoring.scores(harm)
    low, high = np.fmin(low, high), np.fmax(low, high)  # direction -1 turns them round
    points = definition.aggregation.contributions(score, scoring.weights)
    weight = np.where(scoring.scored, scoring.weights, np.nan)
    share = weight / np.nansum(weight, axis=1, keepdims=True)
    rows = [
        pd.DataFrame(
            {
                "unit_code": model.units,
                "domain": each.domain.id,
                "standing": [standing.value for standing in standings[at]],
                "denominator": each.denominator,
                "exposure": each.exposures,
                "harm_rate": harm[1, :, at],
                "reference_rate": scoring.reference[at],
                "expected_harm_rate": each.expected_harm,
                "score": score[:, at],
                "score_low": low[:, at],
                "score_high": high[:, at],
                "weight": share[:, at],
                "contribution": points[:, at],
            }
        )
        for at, each in enumerate(model.domains)
    ]
    return pd.concat(rows, ignore_index=True)


def _indicator_frame(model: HarmModel, samples: list[list[Singles]]) -> pd.DataFrame:
    rows = []
    for each, rates in zip(model.domains, samples, strict=True):
        mean = each.rates
        total = each.expected_harm
        for at, indicator in enumerate(each.domain.indicators):
            low, high = np.full((2, len(model.units)), np.nan)
            if rates:
                low, high = np.quantile(rates[at], _TAILS, axis=0)
            harm = indicator.harm * mean[:, at]
            rows.append(
                pd.DataFrame(
                    {
                        "unit_code": model.units,
                        "domain": each.domain.id,
                        "indicator": indicator.id,
                        "count": each.counts[:, at].astype(np.int64),
                        "exposure": each.exposures,
                        "raw_rate": raw_rate(each.counts[:, at], each.exposures),
                        "rate": mean[:, at],
                        "rate_low": low,
                        "rate_high": high,
                        "harm_rate": harm,
                        "share": harm / total,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def _ranks(ranks: npt.NDArray[np.int64]) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(ranks, ranks == 0)

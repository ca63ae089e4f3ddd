"""How sure ranks and colours of an index are, and what moves them.

Every run of the Monte Carlo takes one joint posterior draw of all rates, domain weights within
±25 %, one of two normalisations and one of three aggregations; ranks come from all that. A score and
its colour are statements on the published scale, whose cut points another normalisation or
aggregation does not share: their probabilities vary rates and weights only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import qmc

from geo.grades import GRADES, grade_levels
from geo.harm_rates import HarmModel
from geo.normalisation import Aggregation, log_ratio, min_max

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

WEIGHT_SPREAD = 0.25
TOP = 5

_AGGREGATIONS = tuple(Aggregation)
_CELLS_AT_ONCE = 1_000_000  # bounds the memory of a block of runs
_CELLS_KEPT = 20_000_000  # bounds the memory of kept draws; all of them up to 500 units
_FEWEST_DRAWS = 500
_RATE_DRAWS = 2_000  # enough for the intervals of single indicators


@dataclass(frozen=True, kw_only=True, eq=False)
class Scoring:
    """How harm becomes scores and an index, for the domains of a definition.

    Parameters
    ----------
    model
        Fitted harm.
    scored
        (n, domains) where a score is due.
    reference
        (domains) harm per exposure of the base year; NaN where there is none.
    """

    model: HarmModel
    scored: npt.NDArray[np.bool_]
    reference: Floats

    @property
    def direction(self) -> npt.NDArray[np.int64]:
        return np.array([domain.direction for domain in self.model.definition.domains])

    @property
    def weights(self) -> Floats:
        return np.array([domain.weight for domain in self.model.definition.domains])

    def scores(self, harm: Floats) -> Floats:
        """(…, n, domains) published scores 0–100; NaN where none is due."""
        reference = np.where(np.isnan(self.reference), 1.0, self.reference)
        scores = log_ratio(harm, reference=reference, direction=self.direction)
        return np.where(self.scored, scores, np.nan)

    def relative_scores(self, harm: Floats) -> Floats:
        """(runs, n, domains) the other normalisation: min–max over the units of a run."""
        scores = np.full(harm.shape, np.nan)
        for at in np.flatnonzero(self.scored.any(axis=0)):
            rows = self.scored[:, at]
            direction = self.direction[at]
            scores[:, rows, at] = min_max(harm[:, rows, at].T, direction=direction).T
        return scores

    def index(self, scores: Floats, weights: Floats, choice: npt.NDArray[np.int64]) -> Floats:
        """(runs, n) each run by the aggregation it chose (a position in ``Aggregation``).

        ``weights`` is (runs, domains). NaN where nothing applies.
        """
        total = weights @ self.scored.T
        values = np.where(self.scored, scores, 0.0)
        index = np.full(total.shape, np.nan)
        for at, aggregation in enumerate(_AGGREGATIONS):
            runs = choice == at
            sums = (aggregation.generate(values[runs]) @ weights[runs, :, None])[..., 0]
            mean = np.full(sums.shape, np.nan)
            np.divide(sums, total[runs], out=mean, where=total[runs] > 0)
            index[runs] = aggregation.invert(mean)
        return index


@dataclass(frozen=True, kw_only=True, eq=False)
class Uncertainty:
    """What the Monte Carlo says of each unit; NaN, or 0 for ranks, where there is no index.

    ``rank_low`` and ``rank_high`` (1 is the highest risk) and ``index_low`` and ``index_high`` hold
    90 % of the runs; ``p_top`` is the chance to be among the five highest, ``p_grades`` (n, 4) that of
    each colour in the order of ``GRADES``. ``harm`` (runs, n, domains) and ``rates`` (per domain and
    indicator (runs, n)) are the first draws, kept for medians and intervals.
    """

    index_low: Floats
    index_high: Floats
    rank_low: npt.NDArray[np.int64]
    rank_high: npt.NDArray[np.int64]
    p_top: Floats
    p_grades: Floats
    harm: Singles
    rates: list[list[Singles]]


def monte_carlo(
    scoring: Scoring, *, draws: int, rng: np.random.Generator, level: float = 0.9
) -> Uncertainty:
    """Run the index ``draws`` times with everything that is not certain varied at once."""
    units = len(scoring.model.units)
    has_index = np.asarray(scoring.scored.any(axis=1))
    chosen = _AGGREGATIONS.index(scoring.model.definition.aggregation)
    # Single precision is enough for quantiles of a score of 0–100.
    index = np.empty((draws, units), dtype=np.float32)
    ranks = np.empty((draws, int(has_index.sum())), dtype=np.int32)
    colours = np.zeros((units, len(GRADES)))
    harms = np.empty(
        (_kept(draws, scoring.scored.size), *scoring.scored.shape), dtype=np.float32
    )
    indicators = len(scoring.model.definition.indicators)
    kept = min(_RATE_DRAWS, _kept(draws, units * indicators))
    rates = [
        [np.empty((kept, units), dtype=np.float32) for _ in domain.posteriors]
        for domain in scoring.model.domains
    ]
    for runs in _blocks(draws, scoring.scored.size):
        size = runs.stop - runs.start
        drawn = scoring.model.rate_draws(size, rng)
        harm = scoring.model.combine(drawn, size)
        harms[runs] = harm[: max(0, len(harms) - runs.start)]
        for kept_rates, drawn_rates in zip(chain(*rates), chain(*drawn), strict=True):
            kept_rates[runs] = drawn_rates[: max(0, kept - runs.start)]
        weights = scoring.weights * rng.uniform(
            1 - WEIGHT_SPREAD, 1 + WEIGHT_SPREAD, (size, len(scoring.weights))
        )
        choice = rng.integers(len(_AGGREGATIONS), size=size)
        is_relative = rng.random(size) < 0.5
        scores = scoring.scores(harm)
        published = scoring.index(scores, weights, np.full(size, chosen))
        index[runs] = published
        highest = np.where(scoring.scored, scores, -1.0).max(axis=-1)
        levels = grade_levels(published, highest, scoring.model.definition.cuts)
        for grade in range(len(GRADES)):
            colours[:, grade] += (levels == grade).sum(axis=0)
        scores[is_relative] = scoring.relative_scores(harm[is_relative])
        ranked = scoring.index(scores, weights, choice)
        ranks[runs] = competition_ranks(ranked[:, has_index])
    tails = [(1 - level) / 2, (1 + level) / 2]
    index_bounds = np.full((2, units), np.nan)
    rank_bounds = np.zeros((2, units), dtype=np.int64)
    p_top = np.full(units, np.nan)
    if has_index.any():
        index_bounds[:, has_index] = np.quantile(index[:, has_index], tails, axis=0)
        rank_bounds[:, has_index] = np.quantile(ranks, tails, axis=0, method="inverted_cdf")
        p_top[has_index] = (ranks <= TOP).mean(axis=0)
    return Uncertainty(
        index_low=index_bounds[0],
        index_high=index_bounds[1],
        rank_low=rank_bounds[0],
        rank_high=rank_bounds[1],
        p_top=p_top,
        p_grades=np.where(has_index[:, None], colours / draws, np.nan),
        harm=harms,
        rates=rates,
    )


def sensitivity(
    scoring: Scoring, *, ranks: npt.ArrayLike, base: int = 512, seed: int = 0
) -> pd.DataFrame:
    """Which uncertain choice moves the ranking: Sobol total effects on the mean rank shift.

    The output of a run is mean |rank - published rank| over units (Saisana, Saltelli & Tarantola
    2005). Total effects by Jansen's estimator on a scrambled Sobol sequence of
    ``base`` × (factors + 2) runs.

    Parameters
    ----------
    ranks
        (n) published ranks; 0 where there is no index.
    base
        A power of two.

    Returns
    -------
    DataFrame
        ``factor`` (``data``, ``normalisation``, ``aggregation``, or a domain id for its weight),
        ``kind`` (``data``, ``method`` or ``weight``) and ``total_effect``: the share of the output's
        variance that would stay if all else were known. Largest first. Shares overlap and may
        sum to more than 1; all are 0 where nothing moves.
    """
    rng = np.random.default_rng(seed)
    domains = [domain.id for domain in scoring.model.definition.domains]
    factors = ["data", "normalisation", "aggregation", *domains]
    kinds = ["data", "method", "method", *(["weight"] * len(domains))]
    published = np.asarray(ranks, dtype=np.int64)
    has_index = published > 0
    sequence = qmc.Sobol(2 * len(factors), rng=rng)
    both = sequence.random_base2(int(np.log2(base)))
    first, second = both[:, : len(factors)], both[:, len(factors) :]
    mixed = np.repeat(first[None], len(factors), axis=0)
    for each in range(len(factors)):
        mixed[each, :, each] = second[:, each]
    points = np.concatenate([first, second, mixed.reshape(-1, len(factors))])
    harm = scoring.model.harm_draws(base, rng)
    shift = np.empty(len(points))
    for runs in _blocks(len(points), scoring.scored.size):
        at = points[runs]
        drawn = harm[(at[:, 0] * base).astype(int)]
        relative = at[:, 1, None, None] < 0.5
        scores = np.where(relative, scoring.relative_scores(drawn), scoring.scores(drawn))
        choice = (at[:, 2] * len(_AGGREGATIONS)).astype(int)
        weights = scoring.weights * (1 + WEIGHT_SPREAD * (2 * points[runs, 3:] - 1))
        moved = competition_ranks(scoring.index(scores, weights, choice)[:, has_index])
        shift[runs] = np.abs(moved - published[has_index]).mean(axis=1)
    outputs = shift.reshape(len(factors) + 2, base)
    variance = outputs[:2].var()
    effects = np.square(outputs[2:] - outputs[0]).mean(axis=1) / 2
    total = effects / variance if variance > 0 else np.zeros(len(factors))
    table = pd.DataFrame({"factor": factors, "kind": kinds, "total_effect": total})
    return table.sort_values("total_effect", ascending=False, ignore_index=True)


def competition_ranks(values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """(…, n) rank of each value in its row, 1 the highest; equals share the smaller rank."""
    table = np.asarray(values, dtype=float)
    order = np.argsort(-table, axis=-1)
    falling = np.take_along_axis(table, order, axis=-1)
    place = np.zeros(table.shape, dtype=np.int64)
    steps = np.arange(1, table.shape[-1])
    place[..., 1:] = np.where(falling[..., 1:] < falling[..., :-1], steps, 0)
    ranks = np.empty_like(place)
    np.put_along_axis(ranks, order, np.maximum.accumulate(place, axis=-1) + 1, axis=-1)
    return ranks


def _kept(draws: int, cells: int) -> int:
    return min(draws, max(_FEWEST_DRAWS, _CELLS_KEPT // max(cells, 1)))


def _blocks(runs: int, cells: int) -> Iterator[slice]:
    step = max(1, _CELLS_AT_ONCE // max(cells, 1))
    for start in range(0, runs, step):
        yield slice(start, min(start + step, runs))

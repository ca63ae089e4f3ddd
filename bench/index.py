"""Coverage of rate and rank intervals, and the time of one risk index, in one run.

    python bench/index.py

First table: seeded simulation of 26 units with known rates, against moment empirical Bayes
with the prior plugged in. Second: one index of 12 indicators and 10,000 draws from 26 to 3,000
units, against the same Monte Carlo written as a loop over draws in pandas; processor seconds.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd

from geo.harm_rates import HarmModel
from geo.index_definition import IndexDefinition
from geo.index_uncertainty import competition_ranks
from geo.rate_smoothing import global_empirical_bayes, plug_in_interval
from geo.rates import fit_rates
from geo.risk_index import base_reference, risk_index

UNITS = 26
REPLICATES = 300
DRAWS = 10_000
LOOPED = 200  # draws the pandas loop really runs; its time is scaled to DRAWS
EVENTS = (0.05, 0.5, 2.0, 0.2, 2.0, 60.0, 0.05, 0.3, 1.0, 0.1, 0.5, 2.0)


def coverage(expected: float, cv: float) -> dict[str, float]:
    rng = np.random.default_rng(11)
    rows = []
    for _ in range(REPLICATES):
        exposures = rng.lognormal(0, 0.6, UNITS)
        rates = expected * rng.gamma(1 / cv**2, cv**2, UNITS)
        counts = rng.poisson(exposures * rates)
        posterior, smoothed = (
            fit_rates(counts, exposures),
            global_empirical_bayes(counts, exposures),
        )
        level = posterior.cdf(rates)
        low, high = plug_in_interval(counts, exposures)
        ranks = competition_ranks(posterior.draws(1_000, rng))
        least, most = np.quantile(ranks, [0.05, 0.95], axis=0, method="inverted_cdf")
        true = competition_ranks(rates)
        rows.append(
            {
                "hierarchical": np.mean((level > 0.05) & (level < 0.95)),
                "plug-in": np.mean((low <= rates) & (rates <= high)),
                "no spread seen": float(smoothed.variance == 0),
                "rank interval": np.mean((least <= true) & (true <= most)),
                "width": np.mean(most - least + 1),
                "error": np.mean((posterior.mean - rates) ** 2),
                "raw error": np.mean((counts / exposures - rates) ** 2),
            }
        )
    mean = pd.DataFrame(rows).mean()
    return {
        "expected": expected,
        "cv": cv,
        **mean.drop(["error", "raw error"]).round(3),
        "error / raw": round(float(np.sqrt(mean["error"] / mean["raw error"])), 2),
    }


def twelve_indicators() -> IndexDefinition:
    default = IndexDefinition.default()
    domains = tuple(
        replace(domain, indicators=domain.indicators[:3], denominators=(name,))
        for domain, name in zip(
            default.domains, ("road", "people", "mines", "sites"), strict=True
        )
    )
    return replace(default, domains=domains)


def county(units: int, definition: IndexDefinition) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(units)
    names = [domain.denominators[0] for domain in definition.domains]
    at_risk = rng.lognormal(0, 0.5, (units, len(names)))
    rates = np.array(EVENTS) * rng.gamma(4, 0.25, (units, len(EVENTS)))
    counts = rng.poisson(rates * np.repeat(at_risk, 3, axis=1))
    columns = [indicator.id for indicator in definition.indicators]
    return pd.DataFrame(counts, columns=columns), pd.DataFrame(at_risk, columns=names)


def pandas_loop(model: HarmModel, definition: IndexDefinition, draws: int) -> pd.DataFrame:
    """Ranks of each draw, one frame at a time."""
    rng = np.random.default_rng(1)
    reference = definition.reference
    assert reference is not None
    rates = model.rate_draws(draws, rng)
    ranks = []
    for run in range(draws):
        scores = pd.DataFrame(index=model.units)
        for domain, drawn in zip(model.domains, rates, strict=True):
            harm = pd.Series(0.0, model.units)
            for indicator, rate in zip(domain.domain.indicators, drawn, strict=True):
                harm = harm + indicator.harm * pd.Series(rate[run], model.units)
            ratio = harm / reference.harm_rates[domain.domain.id]
            scores[domain.domain.id] = (50 + 25 * np.log2(ratio)).clip(0, 100)
        weights = pd.Series(rng.uniform(0.75, 1.25, scores.shape[1]), scores.columns)
        index = (scores * weights).sum(axis=1) / weights.sum()
        ranks.append(index.rank(ascending=False, method="min"))
    return pd.concat(ranks, axis=1).quantile([0.05, 0.95], axis=1)


def main() -> None:
    table = [coverage(expected, cv) for expected in (2, 8, 30) for cv in (0.25, 0.6)]
    print(pd.DataFrame(table).to_string(index=False), "\n")
    for units in (26, 100, 300, 1_000, 3_000):
        definition = twelve_indicators()
        counts, exposures = county(units, definition)
        definition = definition.with_reference(
            base_reference(counts, exposures, definition, period="base")
        )
        started = time.process_time()
        result = risk_index(counts, exposures, definition, draws=DRAWS)
        ours = time.process_time() - started
        started = time.process_time()
        result.sensitivity()
        moved = time.process_time() - started
        started = time.process_time()
        pandas_loop(HarmModel.fit(counts, exposures, definition), definition, LOOPED)
        loop = (time.process_time() - started) * DRAWS / LOOPED
        print(
            f"{units:5} units: index {ours:6.2f} s, sensitivity {moved:5.2f} s, "
            f"pandas loop {loop:7.1f} s ({loop / ours:.0f} times)"
        )


if __name__ == "__main__":
    main()

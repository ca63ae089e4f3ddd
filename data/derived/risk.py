"""The risk index of the store's units: counts, exposures, reference, trend and shown colours.

Counts come from the incident columns, exposures from :mod:`data.derived.risk_exposures`, the arithmetic
from :mod:`geo.risk_index`. The same store, definition, periods, seed and draws give the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.derived.cases import Cases
from data.derived.results import Facts
from data.derived.risk_inputs import RiskInputs
from data.periods import Period
from data.region import RegionPack
from data.store import Store
from geo.comparison import trend, year_on_year
from geo.errors import SettingsError
from geo.grades import GRADES, grade_levels, settled_levels
from geo.harm_rates import Standing
from geo.index_definition import IndexDefinition
from geo.index_uncertainty import competition_ranks
from geo.risk_index import RiskIndex
from geo.selection import day_of

Floats = npt.NDArray[np.float64]

DRAWS = 10_000
TREND_DRAWS = 2_000

_TREND = (
    "unit_code", "domain", "current", "base", "difference", "change", "relative",
    "ratio", "low", "high", "p_up", "arrow",
)  # fmt: skip
_COLOURS = [f"p_{grade}" for grade in GRADES]


@dataclass(frozen=True, kw_only=True, eq=False)
class IndexRun:
    """One index of one period, with everything needed to explain, keep and compare it.

    Parameters
    ----------
    definition
        With the reference rates that were used.
    facts
        ``parameters`` hold definition, digest, periods, seed, draws, the origin of exposures, units
        without exposure, and ``notes``: ``partial_period``, ``partial_base``, ``no_trend``.
    units
        As ``geo.risk_index.RiskIndex.units``, with ``events`` (counted in the definition) and
        ``shown_grade``: the colour to show, which noise alone does not change.
    domains, indicators
        As in ``geo.risk_index.RiskIndex``.
    trend
        A row per unit and domain against the same period a year before: ``current``, ``base``,
        ``difference``, ``change``, ``relative`` of the counts and ``ratio``, ``low``, ``high``, ``p_up``, ``arrow`` of the
        harm rates. Empty when nothing was recorded then.
    exposures
        ``unit_code``, ``exposure``, ``value``, ``origin``, ``of_period``.
    sensitivity
        ``factor``, ``kind``, ``total_effect``.
    """

    definition: IndexDefinition
    period: str
    base_period: str
    facts: Facts
    units: pd.DataFrame
    domains: pd.DataFrame
    indicators: pd.DataFrame
    trend: pd.DataFrame
    exposures: pd.DataFrame
    sensitivity: pd.DataFrame

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Units × domains: published scores, NaN where none is due."""
        wide = self.domains.pivot(index="unit_code", columns="domain", values="score")
        names = [domain.id for domain in self.definition.domains]
        return wide.reindex(index=self.units.index, columns=names)


def run_index(
    store: Store,
    region: RegionPack,
    *,
    period: str,
    base_period: str | None = None,
    definition: IndexDefinition | None = None,
    seed: int = 0,
    draws: int = DRAWS,
    cases: Cases | None = None,
) -> IndexRun:
    """Index every unit of the region for one period.

    Parameters
    ----------
    period, base_period
        ``2012``, ``2012-Q1`` or ``2012-03``, both of one length. The base may be left out when the
        definition holds reference rates already; it is then theirs.
    definition
        Default: the bundled one.
    draws
        Monte Carlo runs.
    cases
        Incidents read before; default: read from the store.

    Raises
    ------
    SettingsError
        When a period cannot be read, has no incidents or does not match the other, or no domain
        has both incidents and exposure in the base period.
    """
    definition = definition or IndexDefinition.default()
    asked, base = _periods(period, base_period, definition)
    data = RiskInputs(
        cases=cases or Cases.of(store, region),
        store=store,
        region=region,
        definition=definition,
    )
    for each in {asked, base}:
        data.require(each)
    if definition.reference is None:
        definition = definition.with_reference(data.reference(base))
        data = replace(data, definition=definition)
    index = data.index(asked, draws=draws, seed=seed)
    shown, shown_from = _shown(data, asked, index, draws=draws, seed=seed)
    counts = data.counts(asked)
    units = index.units.assign(events=counts.sum(axis=1), shown_grade=shown)
    changes = _trend(data, asked, index, seed=seed)
    return IndexRun(
        definition=definition,
        period=str(asked),
        base_period=str(base),
        facts=_facts(data, asked, base, index, shown_from, has_trend=len(changes) > 0),
        units=units,
        domains=index.domains,
        indicators=index.indicators,
        trend=changes,
        exposures=data.exposures(asked).origins,
        sensitivity=index.sensitivity(),
    )


def reweigh(run: IndexRun, weights: Mapping[str, float]) -> pd.DataFrame:
    """How ranks and colours would be with other domain weights, from the published scores.

    Parameters
    ----------
    weights
        Domain id → weight, not negative; domains left out keep theirs.

    Returns
    -------
    DataFrame
        By unit: ``index``, ``grade``, ``rank`` (missing where nothing applies), ``rank_before``, ``moved`` (places up
        the list, towards higher risk).

    Raises
    ------
    SettingsError
        When a domain does not exist or a weight is negative.
    """
    known = {domain.id: domain.weight for domain in run.definition.domains}
    for name, weight in weights.items():
        if name not in known:
            raise SettingsError(f"{name!r} is no domain; use {', '.join(known)}")
        if not 0 <= weight < np.inf:
            raise SettingsError(f"the weight of {name} must be 0 or more")
    chosen = np.array(list({**known, **weights}.values()), dtype=float)
    scores = run.scores.to_numpy(dtype=float)
    index = run.definition.aggregation.combine(scores, chosen)
    has_index = np.isfinite(index)
    highest = np.where(np.isfinite(scores) & (chosen > 0), scores, -1.0).max(axis=1)
    levels = grade_levels(index, highest, run.definition.cuts)
    ranks = pd.array([pd.NA] * len(index), dtype="Int64")
    ranks[has_index] = competition_ranks(index[has_index])
    before = run.units["rank"].array
    return pd.DataFrame(
        {
            "index": index,
            "grade": np.array([*GRADES, None], dtype=object)[levels],
            "rank": ranks,
            "rank_before": before,
            "moved": before - ranks,
        },
        index=run.units.index,
    )


def _periods(
    period: str, base_period: str | None, definition: IndexDefinition
) -> tuple[Period, Period]:
    asked = Period.parse(period)
    if definition.reference is None:
        if base_period is None:
            raise SettingsError(
                "the definition has no reference rates; give the base period to take them from"
            )
        base = Period.parse(base_period)
    else:
        base = Period.parse(definition.reference.period)
        if base_period is not None and Period.parse(base_period) != base:
            raise SettingsError(
                f"the definition holds the rates of {base}; leave the base period out, or take "
                "[reference] out of the definition"
            )
    if base.length != asked.length:
        raise SettingsError(f"{asked} and {base} differ in length; compare like with like")
    return asked, base


def _shown(
    data: RiskInputs, asked: Period, index: RiskIndex, *, draws: int, seed: int
) -> tuple[npt.NDArray[np.object_], str]:
    """The colour to show of each unit, and what it continues.

    It continues what was last published for the period before, or, where nothing was, the index of that
    period, or nothing.
    """
    now = index.units[_COLOURS].to_numpy(dtype=float)
    units = index.units.index
    levels = np.full(len(units), -1)
    before = np.full(now.shape, np.nan)
    kept = data.store.indexes.published(str(asked.before), data.definition.id)
    if kept is not None:
        index_id, past = kept
        frame = past.tables["units"].reindex(units)
        levels = _levels(frame["shown_grade"])
        before = frame[_COLOURS].to_numpy(dtype=float)
        source = f"published {index_id}"
    elif data.has_records(asked.before):
        past_units = data.index(asked.before, draws=draws, seed=seed).units
        before = past_units[_COLOURS].to_numpy(dtype=float)
        levels = settled_levels(levels, before, before)
        source = "computed"
    else:
        source = "none"
    settled = settled_levels(levels, before, now)
    return np.array([*GRADES, None], dtype=object)[settled], source


def _levels(grades: pd.Series[str]) -> npt.NDArray[np.int64]:
    return pd.Index(GRADES).get_indexer(pd.Index(grades)).astype(np.int64)


def _trend(data: RiskInputs, asked: Period, index: RiskIndex, *, seed: int) -> pd.DataFrame:
    past = asked.year_before
    if not data.has_records(past):
        return pd.DataFrame(columns=list(_TREND))
    # Draws of their own for each period: shared ones would hide that both are uncertain.
    now = index.scoring.model.harm_draws(TREND_DRAWS, np.random.default_rng([seed, 1]))
    model = data.model(past)
    then = model.harm_draws(TREND_DRAWS, np.random.default_rng([seed, 2]))
    counts, before = data.counts(asked), data.counts(past)
    tables = []
    for at, domain in enumerate(data.definition.domains):
        names = [indicator.id for indicator in domain.indicators]
        change = year_on_year(counts[names].sum(axis=1), before[names].sum(axis=1))
        moved = trend(now[:, :, at], then[:, :, at], direction=domain.direction)
        frame = change.assign(
            unit_code=index.units.index.to_numpy(),
            domain=domain.id,
            ratio=moved.ratio,
            low=moved.low,
            high=moved.high,
            p_up=moved.p_up,
            arrow=moved.arrow,
        )
        tables.append(frame[list(_TREND)])
    return pd.concat(tables, ignore_index=True)


def _facts(
    data: RiskInputs,
    asked: Period,
    base: Period,
    index: RiskIndex,
    shown_from: str,
    *,
    has_trend: bool,
) -> Facts:
    definition, cases = data.definition, data.cases
    events = int(data.counts(asked).to_numpy().sum())
    notes = {
        "partial_period": data.is_partial(asked),
        "partial_base": data.is_partial(base),
        "no_trend": not has_trend,
    }
    first, last = data.span or (asked.first_day, asked.last_day)
    origins = data.exposures(asked).origins
    used = definition.reference.denominators if definition.reference else {}
    return Facts(
        method="index",
        parameters={
            "definition": definition.id,
            "definition_version": definition.version,
            "digest": definition.digest,
            "period": str(asked),
            "base_period": str(base),
            "compared_with": str(asked.year_before) if has_trend else None,
            "seed": index.seed,
            "draws": index.draws,
            "records_from": day_of(first).isoformat(),
            "records_to": day_of(last).isoformat(),
            "denominators": dict(used),
            "origins": {
                name: origins.loc[origins["exposure"] == name, "origin"]
                .value_counts()
                .to_dict()
                for name in dict.fromkeys(used.values())
            },
            "without_score": _without_score(index.domains),
            "shown_from": shown_from,
            "notes": [note for note, holds in notes.items() if holds],
        },
        events=events,
        too_coarse=0,
        outside=int(data.counted(asked).sum()) - events,
        day_from=asked.first_day,
        day_to=asked.last_day,
        version=cases.version,
        is_demo=cases.is_demo,
    )


def _without_score(domains: pd.DataFrame) -> dict[str, dict[str, list[str]]]:
    """Standing → domain → units, of every standing but scored."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in domains[domains["standing"] != Standing.SCORED.value].itertuples():
        found.setdefault(str(row.standing), {}).setdefault(str(row.domain), []).append(
            str(row.unit_code)
        )
    return found

"""Harm per exposure of every unit and domain, with what is not known of it.

Each severity class is shrunk by itself and only then weighted: a weighted sum of counts has no
Poisson variance, and one fatal crash in a hamlet would make it the worst place.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError
from geo.index_definition import IndexDefinition, IndexDomain, Reference
from geo.rates import RatePosterior, fit_rates

Floats = npt.NDArray[np.float64]


class Standing(StrEnum):
    """Whether a domain speaks of a unit, and why not."""

    SCORED = "scored"
    NO_EXPOSURE = "no_exposure"  # a unit without mines has no mine risk
    UNKNOWN_EXPOSURE = "unknown_exposure"  # a gap to be filled
    EVENTS_WITHOUT_EXPOSURE = "events_without_exposure"  # the register contradicts the records
    NO_REFERENCE = "no_reference"  # nothing in the region was exposed in the base year


@dataclass(frozen=True, kw_only=True, eq=False)
class DomainHarm:
    """One domain fitted: a posterior per indicator on one denominator.

    ``denominator`` is None and ``posteriors`` empty where no unit is exposed.
    """

    domain: IndexDomain
    denominator: str | None
    counts: Floats  # (n, indicators)
    exposures: Floats  # (n)
    posteriors: tuple[RatePosterior, ...]

    @property
    def harms(self) -> Floats:
        """(indicators) harm of one event."""
        return np.array([indicator.harm for indicator in self.domain.indicators])

    @property
    def rates(self) -> Floats:
        """(n, indicators) posterior mean events per exposure; NaN where not exposed."""
        if not self.posteriors:
            return np.full(self.counts.shape, np.nan)
        return np.column_stack([posterior.mean for posterior in self.posteriors])

    @property
    def expected_harm(self) -> Floats:
        """(n) posterior mean harm per exposure: what patrols are planned on."""
        return np.asarray(self.rates @ self.harms)

    def combine(self, rates: list[Floats]) -> Floats:
        """(draws, n) harm of indicator rates drawn together; NaN where not exposed."""
        if not rates:
            return np.full((1, len(self.counts)), np.nan)
        harm = np.asarray(self.harms[0] * rates[0])
        for weight, rate in zip(self.harms[1:], rates[1:], strict=True):
            harm += weight * rate
        return harm

    def standing(self, *, has_reference: bool) -> list[Standing]:
        """(n) why each unit is scored or not."""
        events = self.counts.sum(axis=1) > 0
        kinds = [
            (np.isnan(self.exposures), Standing.UNKNOWN_EXPOSURE),
            ((self.exposures == 0) & events, Standing.EVENTS_WITHOUT_EXPOSURE),
            (self.exposures == 0, Standing.NO_EXPOSURE),
            (np.full(len(events), not has_reference), Standing.NO_REFERENCE),
        ]
        chosen = np.select([where for where, _ in kinds], range(len(kinds)), len(kinds))
        order = [*(kind for _, kind in kinds), Standing.SCORED]
        return [order[at] for at in chosen]


@dataclass(frozen=True, kw_only=True, eq=False)
class HarmModel:
    """All domains of a definition fitted to the counts of one period."""

    definition: IndexDefinition
    units: pd.Index
    domains: tuple[DomainHarm, ...]

    @classmethod
    def fit(
        cls, counts: pd.DataFrame, exposures: pd.DataFrame, definition: IndexDefinition
    ) -> HarmModel:
        """Fit every indicator of a definition.

        Parameters
        ----------
        counts
            Units × indicator ids: whole events of one period. Further columns are ignored.
        exposures
            The same units × denominators of the same period; 0 where there is nothing to be
            exposed, NaN where unknown. With a reference its denominators are used, else
            each domain's first that any unit has.

        Raises
        ------
        FrameError
            When the frames have other units, an indicator is missing, or a value is negative.
        """
        if not counts.index.equals(exposures.index) or not counts.index.is_unique:
            raise FrameError(
                "counts and exposures must have the same units, each once, in order"
            )
        if missing := [i.id for i in definition.indicators if i.id not in counts.columns]:
            raise FrameError(
                f"counts lack the indicator {missing[0]!r}; count it, even if zero"
            )
        if counts.empty:
            raise FrameError("there is no unit to index; load the region's units first")
        fitted = tuple(
            _fit(domain, counts, exposures, definition) for domain in definition.domains
        )
        return cls(definition=definition, units=counts.index, domains=fitted)

    def rate_draws(self, count: int, rng: np.random.Generator) -> list[list[Floats]]:
        """Per domain and indicator (count, n) joint posterior draws of rates."""
        return [
            [each.draws(count, rng) for each in domain.posteriors] for domain in self.domains
        ]

    def combine(self, rates: list[list[Floats]], count: int) -> Floats:
        """(count, n, domains) harm per exposure of such draws; NaN where not exposed."""
        harm = np.empty((count, len(self.units), len(self.domains)))
        for at, (domain, drawn) in enumerate(zip(self.domains, rates, strict=True)):
            harm[:, :, at] = domain.combine(drawn)
        return harm

    def harm_draws(self, count: int, rng: np.random.Generator) -> Floats:
        """(count, n, domains) joint posterior draws of harm per exposure."""
        return self.combine(self.rate_draws(count, rng), count)

    def reference(self, period: str, *, draws: int = 10_000, seed: int = 0) -> Reference:
        """The regional rates of this period, to be stored as the base of later scores.

        The exposure-weighted means of the units' median harm, the quantity that is scored.
        """
        harm = self.harm_draws(draws, np.random.default_rng(seed))
        rates, denominators = {}, {}
        for at, each in enumerate(self.domains):
            if each.denominator is not None:
                exposed = each.exposures > 0
                typical = np.median(harm[:, exposed, at], axis=0)
                rates[each.domain.id] = float(
                    np.average(typical, weights=each.exposures[exposed])
                )
                denominators[each.domain.id] = each.denominator
        return Reference(period=period, denominators=denominators, harm_rates=rates)


def _fit(
    domain: IndexDomain,
    counts: pd.DataFrame,
    exposures: pd.DataFrame,
    definition: IndexDefinition,
) -> DomainHarm:
    names = domain.denominators
    if definition.reference is not None and domain.id in definition.reference.denominators:
        names = (definition.reference.denominators[domain.id],)
    known = [name for name in names if name in exposures.columns]
    at_risk = np.full(len(counts), np.nan)
    denominator = None
    for name in known:
        values = exposures[name].to_numpy(dtype=float)
        if (values < 0).any() or np.isinf(values).any():
            raise FrameError(f"exposure {name!r} is negative or infinite somewhere; correct it")
        if denominator is None and (values > 0).any():
            denominator, at_risk = name, values
    if denominator is None and known:
        at_risk = exposures[known[0]].to_numpy(dtype=float)
    events = counts[[indicator.id for indicator in domain.indicators]].to_numpy(dtype=float)
    posteriors = tuple(fit_rates(column, at_risk) for column in events.T) if denominator else ()
    return DomainHarm(
        domain=domain,
        denominator=denominator,
        counts=events,
        exposures=at_risk,
        posteriors=posteriors,
    )

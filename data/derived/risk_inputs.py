"""Counts, exposures and reference rates of the periods that an index is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.derived.cases import Cases
from data.derived.risk_exposures import Exposures, exposures_for
from data.periods import Period
from data.region import RegionPack
from data.store import Store
from geo.errors import SettingsError
from geo.harm_rates import HarmModel
from geo.index_definition import IndexDefinition, Reference
from geo.risk_index import RiskIndex, base_reference, risk_index
from geo.selection import day_of
from geo.vocabulary import CATEGORY_CODES, Severity

EDGE_DAYS = 31  # records may begin so late, or end so early, in a period that they cover


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskInputs:
    """The inputs of any period of one definition, each made once."""

    cases: Cases
    store: Store
    region: RegionPack
    definition: IndexDefinition

    @cached_property
    def _is_counted(self) -> npt.NDArray[np.bool_]:
        """Which incidents some indicator counts."""
        columns = self.cases.columns
        table = np.zeros((len(CATEGORY_CODES), len(Severity)), dtype=bool)
        for indicator in self.definition.indicators:
            rows = [CATEGORY_CODES.index(code) for code in indicator.categories]
            severities = [Severity[name.upper()] for name in indicator.severities]
            table[np.ix_(rows, severities)] = True
        counted: npt.NDArray[np.bool_] = table[columns.category, columns.severity]
        return counted

    def _rows(self, period: Period) -> slice:
        return self.cases.days(period.first_day, period.last_day)

    @cached_property
    def _counts(self) -> dict[Period, pd.DataFrame]:
        return {}

    @cached_property
    def _exposures(self) -> dict[Period, Exposures]:
        return {}

    def counts(self, period: Period) -> pd.DataFrame:
        """Units × indicators: events of the period."""
        if period not in self._counts:
            columns, rows = self.cases.columns, self._rows(period)
            counts = self.definition.counts(
                self.cases.unit_rows[columns.unit[rows]],
                columns.category[rows],
                columns.severity[rows],
                units=len(self.region.units),
            )
            names = [indicator.id for indicator in self.definition.indicators]
            index = pd.Index(self.region.units.index, name="unit_code")
            self._counts[period] = pd.DataFrame(counts, index=index, columns=names)
        return self._counts[period]

    def exposures(self, period: Period) -> Exposures:
        """Every denominator of the definition."""
        if period not in self._exposures:
            names = [name for each in self.definition.domains for name in each.denominators]
            self._exposures[period] = exposures_for(self.store, self.region, period, names)
        return self._exposures[period]

    def index(self, period: Period, *, draws: int, seed: int) -> RiskIndex:
        """The index of a period; the definition must hold reference rates."""
        return risk_index(
            self.counts(period),
            self.exposures(period).values,
            self.definition,
            draws=draws,
            seed=seed,
        )

    def model(self, period: Period) -> HarmModel:
        """Fitted harm of a period."""
        return HarmModel.fit(
            self.counts(period), self.exposures(period).values, self.definition
        )

    def reference(self, base: Period) -> Reference:
        """Rates of the base period, of the domains that have both events and exposure in it.

        A domain without any event then has no rate to compare with: nothing happened, or
        nothing was recorded.
        """
        counts, exposures = self.counts(base), self.exposures(base).values
        full = base_reference(counts, exposures, self.definition, period=str(base))
        has_events = {
            domain.id: counts[[each.id for each in domain.indicators]].to_numpy().any()
            for domain in self.definition.domains
        }
        kept = [name for name in full.harm_rates if has_events[name]]
        if not kept:
            reasons = ", ".join(
                f"{name}: no {'exposure' if has_events[name] else 'incidents'}"
                for name in has_events
            )
            raise SettingsError(
                f"no domain has both incidents and exposure in {base} ({reasons}); load them or "
                "choose another base"
            )
        return Reference(
            period=full.period,
            denominators={name: full.denominators[name] for name in kept},
            harm_rates={name: full.harm_rates[name] for name in kept},
        )

    def has_records(self, period: Period) -> bool:
        """Whether any incident of the period is counted."""
        return bool(self.counted(period).any())

    def counted(self, period: Period) -> npt.NDArray[np.bool_]:
        """Of the incidents of a period those that some indicator counts, in a unit or not."""
        return self._is_counted[self._rows(period)]

    def require(self, period: Period) -> None:
        """Refuse a period without incidents.

        Raises
        ------
        SettingsError
            One line, with the days that the records cover.
        """
        if not self.has_records(period):
            span = (
                "; there are none at all" if self.span is None else ", which run from {} to {}"
            )
            first, last = self.span or (0, 0)
            raise SettingsError(
                f"{period} holds no incident that the definition counts"
                + span.format(day_of(first), day_of(last))
            )

    @cached_property
    def span(self) -> tuple[int, int] | None:
        """First and last day of the incidents that the definition counts."""
        day = self.cases.columns.day[self._is_counted]
        return (int(day[0]), int(day[-1])) if len(day) else None

    def is_partial(self, period: Period) -> bool:
        """Whether the records plainly begin or end inside the period."""
        first, last = self.span or (0, 0)
        return first > period.first_day + EDGE_DAYS or last < period.last_day - EDGE_DAYS

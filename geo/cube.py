"""Counts cube: how many incidents per unit, category and day, answered without a scan.

Counts are kept cumulated over days, so any period is the difference of two slices: a
question costs microseconds however many incidents there are. Severity, hour and match
code are not axes; a selection that filters by them goes to the columns themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.errors import FrameError
from geo.selection import IncidentColumns, IncidentSelection
from geo.vocabulary import CATEGORY_CODES

Counts = npt.NDArray[np.integer]

_CATEGORY_POSITION = {code: position for position, code in enumerate(CATEGORY_CODES)}


@dataclass(frozen=True, kw_only=True)
class CountsCube:
    """Incidents per [day × category × unit], cumulated over days.

    Parameters
    ----------
    cumulated
        (days + 1, categories, units + 1) int32; layer d counts the days before
        ``first_day + d``. The last unit is "outside every unit".
    first_day
        Local day of layer 0, counted from 1970-01-01.
    unit_codes
        (units) codes in the order of the unit axis.
    """

    cumulated: npt.NDArray[np.int32]
    first_day: int
    unit_codes: tuple[str, ...]

    @classmethod
    def from_columns(cls, columns: IncidentColumns) -> CountsCube:
        """Count an incident snapshot in one pass."""
        first = int(columns.day[0]) if len(columns) else 0
        length = int(columns.day[-1]) - first + 1 if len(columns) else 0
        shape = (length + 1, len(CATEGORY_CODES), len(columns.unit_codes) + 1)
        cumulated = np.zeros(shape, dtype=np.int32)
        _count(columns.day, columns.category, columns.unit, first, cumulated[1:])
        np.cumsum(cumulated, axis=0, out=cumulated)
        return cls(cumulated=cumulated, first_day=first, unit_codes=columns.unit_codes)

    @staticmethod
    def answers(selection: IncidentSelection) -> bool:
        """Whether the cube alone can answer the selection."""
        return (
            selection.severities is None
            and selection.hours is None
            and selection.weekdays is None
            and selection.worst_match is None
        )

    def per_unit(self, selection: IncidentSelection) -> Counts:
        """(units) counts, in the order of ``unit_codes``; zero for units not selected.

        Raises
        ------
        FrameError
            When :meth:`answers` is false.
        """
        start, end = self._layers(selection)
        asked = selection.categories
        totals: Counts
        if asked is not None and len(asked) == 1:
            # The commonest question, one kind over a period, needs no sum.
            kind = _CATEGORY_POSITION[asked[0]]
            totals = self.cumulated[end, kind, :-1] - self.cumulated[start, kind, :-1]
        else:
            counts = self.cumulated[end] - self.cumulated[start]
            kinds = counts if asked is None else counts.take(_category_positions(asked), axis=0)
            totals = np.add.reduce(kinds)[:-1]
        if selection.units is not None:
            chosen = self._units(selection)
            of_all, totals = totals, np.zeros_like(totals)
            totals[chosen] = of_all[chosen]
        return totals

    def total(self, selection: IncidentSelection) -> int:
        """Number of incidents selected, those outside every unit included unless units are.

        Raises
        ------
        FrameError
            When :meth:`answers` is false.
        """
        start, end = self._layers(selection)
        counts = (self.cumulated[end] - self.cumulated[start])[self._categories(selection)]
        return int(counts[:, self._units(selection)].sum())

    @cached_property
    def _unit_position(self) -> dict[str, int]:
        return {code: position for position, code in enumerate(self.unit_codes)}

    def _layers(self, selection: IncidentSelection) -> tuple[int, int]:
        if not self.answers(selection):
            raise FrameError(
                "the cube holds unit, category and day only; filter the columns instead"
            )
        last = len(self.cumulated) - 1
        start, end = 0, last
        if selection.day_from is not None:
            start = _clip(selection.day_from - self.first_day, last)
        if selection.day_to is not None:
            end = _clip(selection.day_to - self.first_day + 1, last)
        return start, end if end > start else start

    def _categories(self, selection: IncidentSelection) -> slice | npt.NDArray[np.intp]:
        if selection.categories is None:
            return slice(None)
        return _category_positions(selection.categories)

    def _units(self, selection: IncidentSelection) -> slice | list[int]:
        if selection.units is None:
            return slice(None)
        known = self._unit_position
        return [known[code] for code in selection.units if code in known]


@compiled
def _count(
    day: npt.NDArray[np.int32],
    category: npt.NDArray[np.uint8],
    unit: npt.NDArray[np.int16],
    first_day: int,
    counts: npt.NDArray[np.int32],
) -> None:
    for i in range(len(day)):
        # Position -1 (outside) wraps round to the last place of the axis.
        counts[day[i] - first_day, category[i], unit[i]] += 1


@lru_cache(maxsize=256)
def _category_positions(categories: tuple[str, ...]) -> npt.NDArray[np.intp]:
    return np.array([_CATEGORY_POSITION[code] for code in categories], dtype=np.intp)


def _clip(layer: int, last: int) -> int:
    # Comparisons: min and max would be a tenth of an answer each.
    return 0 if layer < 0 else last if layer > last else layer

"""What a forecast may learn from: incidents as cells and times, their weights, and a guard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from geo.errors import FrameError
from geo.vocabulary import CATEGORY_CODES

Floats = npt.NDArray[np.float64]

# Recorded because officers looked: a forecast trained on them sends officers where they
# already were (Lum & Isaac 2016; Ensign et al. 2018 prove the runaway).
DISCOVERED_CATEGORIES: dict[str, str] = {
    "drug": "found by searches and checks, so it maps where officers were",
    "public_order": "mostly recorded on officers' own initiative",
}


@dataclass(frozen=True, kw_only=True)
class History:
    """Incidents as grid cells and times.

    Parameters
    ----------
    cell
        (n) flat index of each incident's cell, ``row * columns + column``; -1 off the grid.
    time_days
        (n) local time in days from any fixed day; fractions are hours.
    weight
        (n) 1 per incident, or harm (see :func:`harm_weights`).
    inside
        (rows, columns) cells that lie in the county; incidents elsewhere are left out.
    """

    cell: npt.NDArray[np.int64]
    time_days: Floats
    inside: npt.NDArray[np.bool_]
    weight: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        cell = np.asarray(self.cell, dtype=np.int64)
        time = np.asarray(self.time_days, dtype=float)
        weight = np.asarray(self.weight, dtype=float)
        weight = weight if len(weight) else np.ones(len(cell))
        if not len(cell) == len(time) == len(weight):
            raise FrameError("cell, time_days and weight must have one entry per incident")
        if not self.inside.any():
            raise FrameError("no cell lies inside the county; check the grid and its CRS")
        if len(cell) and not -1 <= cell.min() <= cell.max() < self.inside.size:
            raise FrameError("a cell index lies outside the grid; give -1 for incidents off it")
        if (weight < 0).any() or not np.isfinite(weight).all() or np.isnan(time).any():
            raise FrameError("weights must be finite and not negative, times must be known")
        kept = (cell >= 0) & self.inside.ravel()[cell] & (weight > 0)
        order = np.argsort(time[kept], kind="stable")
        for name, values in (("cell", cell), ("time_days", time), ("weight", weight)):
            object.__setattr__(self, name, values[kept][order])

    def counts(self, start_days: float, end_days: float) -> Floats:
        """(rows, columns) weight of the incidents with start ≤ time < end."""
        window = self._window(start_days, end_days)
        counts = np.bincount(
            self.cell[window], weights=self.weight[window], minlength=self.inside.size
        )
        return counts.reshape(self.inside.shape).astype(np.float64)

    def decayed(self, start_days: float, end_days: float, half_life_days: float) -> Floats:
        """Like :meth:`counts`, each incident halved every ``half_life_days`` before the end."""
        window = self._window(start_days, end_days)
        age = end_days - self.time_days[window]
        weight = self.weight[window] * np.exp2(-age / half_life_days)
        counts = np.bincount(self.cell[window], weights=weight, minlength=self.inside.size)
        return counts.reshape(self.inside.shape).astype(np.float64)

    def total(self, start_days: float, end_days: float) -> float:
        """Sum of weights with start ≤ time < end."""
        return float(self.weight[self._window(start_days, end_days)].sum())

    def _window(self, start_days: float, end_days: float) -> slice:
        first, last = np.searchsorted(self.time_days, [start_days, end_days], side="left")
        return slice(int(first), int(last))


def harm_weights(
    severity: npt.ArrayLike, table: Mapping[int, float]
) -> npt.NDArray[np.float64]:
    """Weight of each incident by its severity, so that crime and crashes share one surface.

    Parameters
    ----------
    severity
        (n) severity numbers.
    table
        Weight per severity number; use one published or locally decided table
        throughout, for example statutory starting points in days.

    Raises
    ------
    FrameError
        When a severity has no weight.
    """
    numbers = np.asarray(severity, dtype=np.int64)
    missing = sorted(set(np.unique(numbers).tolist()) - set(table))
    if missing:
        raise FrameError(f"severities {missing} have no weight; complete the table")
    weights = np.zeros(max(table, default=0) + 1)
    for number, weight in table.items():
        weights[number] = weight
    return weights[numbers]


def trainable_categories(
    categories: Sequence[str] | None = None, *, include_discovered: bool = False
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Categories a forecast may learn from, and those left out with the reason.

    ``None`` means all categories. Discovered kinds come back only on explicit request.
    """
    asked = CATEGORY_CODES if categories is None else tuple(categories)
    if include_discovered:
        return asked, {}
    left_out = {
        code: DISCOVERED_CATEGORIES[code] for code in asked if code in DISCOVERED_CATEGORIES
    }
    return tuple(code for code in asked if code not in left_out), left_out

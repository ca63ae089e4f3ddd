"""What a forecast may learn from: incidents as cells and times, their weights, and a guard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geo.errors import FrameError
from geo.vocabulary import CATEGORY_CODES, Severity

Floats = npt.NDArray[np.float64]

# Recorded because officers looked: a forecast trained on them sends officers where they
# already were (Lum & Isaac 2016; Ensign et al. 2018 prove the runaway).
DISCOVERED_CATEGORIES: dict[str, str] = {
    "drug": "found by searches and checks, so it maps where officers were",
    "public_order": "mostly recorded on officers' own initiative",
}

# Harm of one incident on a surface shared by crime and crashes. The steps 1, 3, 5 are those
# of the Flemish black-spot score for slight, serious and fatal injury (Geurts & Wets 2003,
# RA-2003-18), put on our severities and capped: by social cost one death weighs
# hundreds of damaged cars, and the map would show where one happened to occur. An unknown
# severity counts as the least. A table decided locally replaces this one.
HARM_WEIGHTS: dict[int, float] = {
    Severity.UNKNOWN: 1.0,
    Severity.SLIGHT: 1.0,
    Severity.MODERATE: 3.0,
    Severity.SERIOUS: 5.0,
    Severity.MAJOR: 5.0,
}

_UNKNOWN_HOUR = 255
_LAST_MOMENT_HOUR = 23.999


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
        window = self._window(start_days, end_days)
        return float(self._cumulated[window.stop] - self._cumulated[window.start])

    @cached_property
    def _cumulated(self) -> Floats:
        return np.concatenate([[0.0], np.cumsum(self.weight)])

    def _window(self, start_days: float, end_days: float) -> slice:
        first, last = np.searchsorted(self.time_days, [start_days, end_days], side="left")
        return slice(int(first), int(last))


def shift_histories(
    cell: npt.ArrayLike,
    day: npt.ArrayLike,
    hour: npt.ArrayLike,
    *,
    inside: npt.NDArray[np.bool_],
    start_hour: int,
    length_hours: int = 8,
    weight: npt.ArrayLike | None = None,
) -> tuple[History, History]:
    """The incidents of one shift, and those of all hours as its background.

    Time is counted from the start of the shift: the one that begins on day d is
    [d, d + length_hours/24), also where it runs past midnight, and d is the origin of its
    forecast with a horizon of one day. An incident known to the day only belongs to the
    background, at the last moment of its day: no origin within that day reads it.

    Parameters
    ----------
    cell
        (n) as in :class:`History`.
    day
        (n) local calendar day as a whole number from any fixed day.
    hour
        (n) local hour 0–23; 255 where only the day is known.
    start_hour, length_hours
        0–23, and 1–24; the night from 22 to 6 is 22 and 8.
    weight
        (n) as in :class:`History`.

    Raises
    ------
    FrameError
        When the shift is not one or the columns differ in length.
    """
    if not (0 <= start_hour <= 23 and 1 <= length_hours <= 24):
        raise FrameError("a shift starts at 0–23 h and lasts 1–24 h")
    cells = np.asarray(cell, dtype=np.int64)
    days = np.asarray(day, dtype=np.float64)
    hours = np.asarray(hour, dtype=np.int64)
    weights = np.ones(len(cells)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not len(cells) == len(days) == len(hours) == len(weights):
        raise FrameError("cell, day, hour and weight must have one entry per incident")
    is_known = hours != _UNKNOWN_HOUR
    if not ((hours[is_known] >= 0) & (hours[is_known] <= 23)).all():
        raise FrameError(f"an hour is 0–23, or {_UNKNOWN_HOUR} where only the day is known")
    in_shift = is_known & ((hours - start_hour) % 24 < length_hours)
    time = days + (np.where(is_known, hours, _LAST_MOMENT_HOUR) - start_hour) / 24
    shift = History(
        cell=cells[in_shift], time_days=time[in_shift], weight=weights[in_shift], inside=inside
    )
    return shift, History(cell=cells, time_days=time, weight=weights, inside=inside)


def harm_weights(
    severity: npt.ArrayLike, table: Mapping[int, float] = HARM_WEIGHTS
) -> npt.NDArray[np.float64]:
    """Weight of each incident by its severity, so that crime and crashes share one surface.

    Parameters
    ----------
    severity
        (n) severity numbers of :class:`geo.vocabulary.Severity`.
    table
        Weight per severity number; a published or locally decided table replaces the
        default and is used throughout, for example statutory starting points in days.

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

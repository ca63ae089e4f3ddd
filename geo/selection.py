"""Which incidents are meant: one immutable value behind every filter, URL and export."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from geo.errors import FrameError
from geo.vocabulary import CATEGORY_CODES, MATCH_CODES

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, kw_only=True)
class IncidentSelection:
    """A filter over incidents. ``None`` means "all"; an empty tuple means "none".

    Parameters
    ----------
    categories
        Category codes of :data:`geo.vocabulary.CATEGORY_CODES`.
    severities
        Severity numbers 0–4.
    day_from, day_to
        Inclusive local days counted from 1970-01-01.
    hours
        Local hours 0–23. Rows whose time is only known to the day never match.
    weekdays
        0 = Monday … 6 = Sunday.
    units
        Unit codes.
    worst_match
        The lowest match code accepted, e.g. ``"C2"``; ``None`` accepts all that can
        be drawn.
    """

    categories: tuple[str, ...] | None = None
    severities: tuple[int, ...] | None = None
    day_from: int | None = None
    day_to: int | None = None
    hours: tuple[int, ...] | None = None
    weekdays: tuple[int, ...] | None = None
    units: tuple[str, ...] | None = None
    worst_match: str | None = None

    def __post_init__(self) -> None:
        for name in ("categories", "severities", "hours", "weekdays", "units"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, tuple(sorted(set(value))))
        unknown = set(self.categories or ()) - set(CATEGORY_CODES)
        if unknown:
            raise FrameError(f"unknown categories {sorted(unknown)}; see geo.vocabulary")
        if self.worst_match is not None and self.worst_match not in MATCH_CODES:
            raise FrameError(f"unknown match code {self.worst_match!r}; see geo.vocabulary")

    def to_json(self) -> str:
        """Canonical compact JSON: equal selections give equal text."""
        values = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> IncidentSelection:
        """Inverse of :meth:`to_json`.

        Raises
        ------
        FrameError
            When the text is not a selection.
        """
        try:
            values = json.loads(text)
        except ValueError as error:
            raise FrameError(f"not a selection: {error}") from error
        known = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or not set(values) <= known:
            raise FrameError("not a selection: unknown keys")
        arguments: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**arguments)


@dataclass(frozen=True, kw_only=True)
class IncidentColumns:
    """The incident snapshot as parallel arrays of length n, sorted by local day.

    ``category``, ``unit`` and ``match`` are positions in ``CATEGORY_CODES``,
    ``unit_codes`` and ``MATCH_CODES``; ``unit`` is -1 outside every unit. ``hour`` is
    255 where the time is only known to the day; ``lon``/``lat`` are NaN where the
    match code is U.
    """

    incident_id: np.ndarray  # int64
    category: np.ndarray  # uint8
    severity: np.ndarray  # uint8
    day: np.ndarray  # int32, local days since 1970-01-01, ascending
    hour: np.ndarray  # uint8
    unit: np.ndarray  # int16
    match: np.ndarray  # uint8
    lon: np.ndarray  # float64, WGS-84 degrees
    lat: np.ndarray  # float64, WGS-84 degrees
    r95_m: np.ndarray  # float32
    deaths: np.ndarray  # int16
    injured: np.ndarray  # int16
    unit_codes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.incident_id)

    @cached_property
    def weekday(self) -> np.ndarray:
        """0 = Monday … 6 = Sunday (1970-01-01 was a Thursday)."""
        return ((self.day + 3) % 7).astype(np.uint8)

    def mask(self, selection: IncidentSelection) -> np.ndarray:
        """Boolean array of the rows that match; O(n) with one pass per active filter."""
        mask = np.zeros(len(self), dtype=bool)
        first = (
            0
            if selection.day_from is None
            else int(np.searchsorted(self.day, selection.day_from, side="left"))
        )
        last = (
            len(self)
            if selection.day_to is None
            else int(np.searchsorted(self.day, selection.day_to, side="right"))
        )
        if last <= first:
            return mask
        window = slice(first, last)
        mask[window] = True
        if selection.categories is not None:
            mask[window] &= _allowed(CATEGORY_CODES, selection.categories)[
                self.category[window]
            ]
        if selection.severities is not None:
            mask[window] &= _allowed(range(256), selection.severities)[self.severity[window]]
        if selection.hours is not None:
            mask[window] &= _allowed(range(256), selection.hours)[self.hour[window]]
        if selection.weekdays is not None:
            weekday = (self.day[window] + 3) % 7
            mask[window] &= _allowed(range(7), selection.weekdays)[weekday]
        if selection.units is not None:
            # One extra place at the end answers unit == -1 (outside): never selected.
            allowed = np.append(_allowed(self.unit_codes, selection.units), False)
            mask[window] &= allowed[self.unit[window]]
        if selection.worst_match is not None:
            worst = MATCH_CODES.index(selection.worst_match)
            mask[window] &= self.match[window] <= worst
        return mask


def _allowed(universe: Iterable[object], chosen: tuple[object, ...]) -> np.ndarray:
    members = set(chosen)
    return np.array([item in members for item in universe], dtype=bool)


def day_number(day: date) -> int:
    """Days from 1970-01-01 to ``day``."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The date that is ``number`` days after 1970-01-01."""
    return EPOCH + timedelta(days=int(number))

"""Which rows a selection picks, found once and shared by numbers, layers and tiles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dashboard.frame import Frame
from dashboard.lru import ByteLru
from geo.selection import IncidentColumns, IncidentSelection

_rows: ByteLru[np.ndarray] = ByteLru(96 << 20, lambda rows: int(rows.nbytes))


def rows_of(frame: Frame, selection: IncidentSelection) -> np.ndarray:
    """Ascending positions of the selected incidents; cached and shared, not to be changed.

    Rows are sorted by day, so one pass over all days serves every period: a period is a
    slice of it.
    """
    undated = replace(selection, day_from=None, day_to=None)
    key = (frame.region.digest, frame.version, undated)
    rows = _rows.get(key, lambda: np.flatnonzero(frame.columns.mask(undated)))
    return within_days(frame.columns, rows, selection.day_from, selection.day_to)


def within_days(
    columns: IncidentColumns, rows: np.ndarray, day_from: int | None, day_to: int | None
) -> np.ndarray:
    """The part of ascending ``rows`` from ``day_from`` to ``day_to``, both inclusive."""
    window = day_window(columns, day_from, day_to)
    first, last = np.searchsorted(rows, (window.start, window.stop))
    return rows[first:last]


def day_window(columns: IncidentColumns, day_from: int | None, day_to: int | None) -> slice:
    """All rows from ``day_from`` to ``day_to``, both inclusive; ``None`` is open."""
    first = 0 if day_from is None else int(np.searchsorted(columns.day, day_from, "left"))
    last = (
        len(columns) if day_to is None else int(np.searchsorted(columns.day, day_to, "right"))
    )
    return slice(first, max(first, last))

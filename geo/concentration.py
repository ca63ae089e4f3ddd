"""How concentrated incidents are: Lorenz curve, Gini, and few places holding most.

With fewer incidents than places a plain Gini is high even when every incident falls
somewhere else, so the sparse-corrected index of Bernasco & Steenbeek (2017,
doi:10.1007/s10940-016-9324-7) is given beside it: 0 then means "as even as so few
incidents can be".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]

EVENT_SHARES: tuple[float, ...] = (0.25, 0.50, 0.80)


@dataclass(frozen=True, kw_only=True)
class Concentration:
    """Concentration of ``events`` over ``places``.

    ``lorenz`` is (places) the share of events in the 1, 2, … busiest places;
    ``places_holding`` maps a share of events to the smallest share of places holding it.
    """

    places: int
    events: float
    gini: float
    gini_sparse: float
    lorenz: Floats
    places_holding: dict[float, float]


def concentration(
    counts: npt.ArrayLike, *, event_shares: Sequence[float] = EVENT_SHARES
) -> Concentration:
    """Concentration of counts over places, empty places included.

    Parameters
    ----------
    counts
        Count of each place (cell, road section, unit), of any shape.
    event_shares
        Shares of events to find the places for, each in (0, 1].

    Raises
    ------
    FrameError
        When there is no place, no event, or a count is negative or not finite.
    """
    values = np.asarray(counts, dtype=float).ravel()
    if not len(values) or not np.isfinite(values).all() or (values < 0).any():
        raise FrameError(
            "concentration needs finite counts of at least one place, none negative"
        )
    if not values.sum() > 0:
        raise FrameError("there are no events; choose a longer period or more kinds")
    lorenz = lorenz_curve(values)
    holding = {}
    for share in event_shares:
        # A hair of slack: 0.1 + 0.2 must reach a share of 0.3.
        enough = int(np.searchsorted(lorenz, share - 1e-12)) + 1
        holding[share] = min(enough, len(values)) / len(values)
    return Concentration(
        places=len(values),
        events=float(values.sum()),
        gini=gini(values),
        gini_sparse=gini_sparse(values),
        lorenz=lorenz,
        places_holding=holding,
    )


def lorenz_curve(counts: npt.ArrayLike) -> Floats:
    """(places) share of events in the 1, 2, … busiest places; NaN without events."""
    values = np.sort(np.asarray(counts, dtype=float).ravel())[::-1]
    with np.errstate(invalid="ignore"):
        curve: Floats = np.cumsum(values) / values.sum()
    return curve


def gini(counts: npt.ArrayLike) -> float:
    """Gini index: 0 all places alike, towards 1 all events in one place; NaN without events."""
    values = np.sort(np.asarray(counts, dtype=float).ravel())
    n, total = len(values), values.sum()
    if not total > 0:
        return float("nan")
    rank = np.arange(1, n + 1)
    return float(2 * (rank * values).sum() / (n * total) - (n + 1) / n)


def gini_sparse(counts: npt.ArrayLike) -> float:
    """Gini index against the evenest spread so few events allow: max(n/c, 1)·(G − 1) + 1.

    ``n`` places, ``c`` events. Equal to :func:`gini` where events outnumber places.
    """
    values = np.asarray(counts, dtype=float).ravel()
    total = values.sum()
    if not total > 0:
        return float("nan")
    return float(max(len(values) / total, 1.0) * (gini(values) - 1) + 1)

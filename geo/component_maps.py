"""The simple maps a forecast is blended from: past counts, forgotten and smoothed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from geo.training import History

Floats = npt.NDArray[np.float64]

_UNIFORM_SHARE = 1e-3  # of each component: no cell is impossible


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One component: past counts halved every ``half_life_days``, Gaussian-smoothed.

    ``is_background`` tells a map of all hours from the shift's own.
    """

    half_life_days: float
    smoothing_cells: float
    is_background: bool = False

    @property
    def is_plain_count(self) -> bool:
        """Whether this is the count of the whole past in the cell alone."""
        return bool(np.isinf(self.half_life_days)) and self.smoothing_cells == 0


# From the single cell's whole past to the wider neighbourhood's last days.
SCALES: tuple[Scale, ...] = tuple(
    Scale(half_life_days=half_life, smoothing_cells=smoothing)
    for half_life, smoothings in (
        (np.inf, (0.0, 0.6, 1.5, 4.0)),
        (365.0, (0.0, 0.6, 1.5, 4.0)),
        (60.0, (0.6, 1.5, 4.0)),
        (10.0, (1.0, 4.0)),
    )
    for smoothing in smoothings
)


def component_maps(
    history: History, origins: Floats, scales: Sequence[Scale]
) -> Iterator[Floats]:
    """Maps that each sum to one, at every origin in turn, from what lies before it.

    Parameters
    ----------
    origins
        Ascending, in the time of ``history``.

    Yields
    ------
    (scales, inside cells) shares, cells in row order.
    """
    inside = history.inside
    smoothings = {scale.smoothing_cells for scale in scales}
    corrections = {each: border_correction(inside, each) for each in smoothings}
    decayed = {s: np.zeros(inside.shape) for s in {each.half_life_days for each in scales}}
    cells = int(inside.sum())
    known_until = -np.inf
    for origin in origins:
        for half_life, surface in decayed.items():
            if np.isfinite(known_until):
                surface *= np.exp2(-(origin - known_until) / half_life)
            surface += history.decayed(known_until, origin, half_life)
        known_until = origin
        maps = np.empty((len(scales), cells))
        for row, scale in enumerate(scales):
            smoothing = scale.smoothing_cells
            spread = smooth(decayed[scale.half_life_days] * corrections[smoothing], smoothing)
            known = spread[inside]
            total = known.sum()
            share = known / total if total > 0 else np.full(cells, 1 / cells)
            maps[row] = (1 - _UNIFORM_SHARE) * share + _UNIFORM_SHARE / cells
        yield maps


def border_correction(inside: npt.NDArray[np.bool_], smoothing_cells: float) -> Floats:
    """(rows, columns) factor before smoothing by which no event is lost over the border.

    One over the part of the cell's kernel that lies inside (Diggle 1985), so that each
    event spreads inside the county only; 0 outside.
    """
    mass = smooth(inside.astype(np.float64), smoothing_cells)
    return np.divide(1.0, mass, out=np.zeros(mass.shape), where=inside)


def smooth(values: Floats, smoothing_cells: float) -> Floats:
    """(rows, columns) Gaussian mean with the given standard deviation in cells."""
    if smoothing_cells == 0:
        return values
    smoothed: Floats = gaussian_filter(values, smoothing_cells, mode="constant", truncate=3.0)
    return smoothed

"""The simple maps a forecast is blended from: past counts, forgotten and smoothed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from geo.compiled import compiled
from geo.training import History

Floats = npt.NDArray[np.float64]

_REACH = 3.0  # standard deviations of the Gaussian
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
    half_lives = np.array([scale.half_life_days for scale in scales])
    places = np.flatnonzero(inside)
    cells = len(places)
    spread = np.zeros((len(scales), cells))
    known_until = -np.inf
    for origin in origins:
        # Smoothing and forgetting are linear: only what is new has to be smoothed.
        if np.isfinite(known_until):
            spread *= np.exp2(-(origin - known_until) / half_lives)[:, None]
        fresh = {
            half_life: history.decayed(known_until, origin, half_life)
            for half_life in set(half_lives.tolist())
        }
        for row, scale in enumerate(scales):
            smoothing = scale.smoothing_cells
            new = fresh[scale.half_life_days] * corrections[smoothing]
            spread[row] += smooth(new, smoothing).ravel()[places]
        known_until = origin
        total = spread.sum(axis=1, keepdims=True)
        share = np.divide(spread, total, out=np.full(spread.shape, 1 / cells), where=total > 0)
        yield (1 - _UNIFORM_SHARE) * share + _UNIFORM_SHARE / cells


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
    busy = np.flatnonzero(values)
    reach = int(_REACH * smoothing_cells + 0.5)
    if len(busy) * (2 * reach + 1) < 2 * values.size:
        # Around few cells: cheaper than two passes over all.
        kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / smoothing_cells) ** 2)
        return _around(values, busy, kernel / kernel.sum())
    smoothed: Floats = gaussian_filter(
        values, smoothing_cells, mode="constant", truncate=_REACH
    )
    return smoothed


@compiled
def _around(values: Floats, busy: npt.NDArray[np.int64], kernel: Floats) -> Floats:
    """The product of ``kernel`` with itself around each of the busy cells."""
    rows, columns = values.shape
    reach = len(kernel) // 2
    smoothed = np.zeros((rows, columns))
    for cell in busy:
        row, column = cell // columns, cell % columns
        for at in range(max(0, row - reach), min(rows, row + reach + 1)):
            weight = values[row, column] * kernel[at - row + reach]
            for to in range(max(0, column - reach), min(columns, column + reach + 1)):
                smoothed[at, to] += weight * kernel[to - column + reach]
    return smoothed

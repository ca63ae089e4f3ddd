"""Kernel density with a bandwidth for each event (Abramson 1982).

Narrow where events are dense and wide where they are rare, doi:10.1214/aos/1176345986.
The surface is exact: every cell centre takes the kernels' values, with no binning.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.density import GAUSSIAN_REACH, DensityGrid, Floats, Kernel, grid_shape, inside_grid
from geo.errors import FrameError

ADAPTIVE_RANGE = (0.25, 4.0)  # narrowest and widest bandwidth, in fixed bandwidths

_KERNEL_NUMBER: dict[Kernel, int] = {"quartic": 0, "epanechnikov": 1, "gaussian": 2}


def adaptive_density_grid(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    *,
    bounds_m: tuple[float, float, float, float],
    cell_m: float,
    bandwidths_m: npt.ArrayLike,
    kernel: Kernel = "quartic",
    weights: npt.ArrayLike | None = None,
) -> DensityGrid:
    """Exact density at the cell centres, every event with its own bandwidth.

    Parameters
    ----------
    bandwidths_m
        (n) bandwidth of each event, for example of :func:`adaptive_bandwidths`.

    Raises
    ------
    FrameError
        As :func:`density_grid`, or when a bandwidth is not positive.
    """
    bandwidth = np.asarray(bandwidths_m, dtype=float)
    x, y = np.asarray(x_m, dtype=float), np.asarray(y_m, dtype=float)
    if len(bandwidth) != len(x) or not (bandwidth > 0).all():
        raise FrameError("bandwidths_m must hold one positive bandwidth per event")
    weight = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    shape = grid_shape(bounds_m, cell_m)
    west, south = bounds_m[:2]
    values = np.zeros(shape)
    if len(x):
        _splat(
            (x - west) / cell_m,
            (y - south) / cell_m,
            weight,
            bandwidth / cell_m,
            _KERNEL_NUMBER[kernel],
            values,
        )
    return DensityGrid(
        values=values / (cell_m / 1000.0) ** 2,
        west_m=west,
        south_m=south,
        cell_m=cell_m,
        bandwidth_m=float(np.exp(np.log(bandwidth).mean())) if len(x) else 0.0,
        count=float(weight[inside_grid(x, y, bounds_m, cell_m, shape)].sum()),
    )


def adaptive_bandwidths(
    x_m: npt.ArrayLike, y_m: npt.ArrayLike, *, pilot: DensityGrid
) -> npt.NDArray[np.float64]:
    """(n) Abramson's bandwidths h₀·√(g/f): narrow where events are dense.

    Parameters
    ----------
    pilot
        Surface of the same events with the fixed bandwidth h₀; f is its value at an
        event and g the geometric mean of f. Bandwidths stay within a quarter and four
        times h₀, so that a lone event does not cover the county.
    """
    at_events = np.maximum(pilot.sample(x_m, y_m), 1e-12)
    factor = (
        np.sqrt(np.exp(np.log(at_events).mean()) / at_events) if len(at_events) else at_events
    )
    bandwidths: Floats = pilot.bandwidth_m * np.clip(factor, *ADAPTIVE_RANGE)
    return bandwidths


@compiled
def _splat(
    column: Floats, row: Floats, weight: Floats, bandwidth: Floats, kernel: int, values: Floats
) -> None:
    """Add each event's kernel to every cell centre within its reach, all lengths in cells."""
    rows, columns = values.shape
    for i in range(len(column)):
        h = bandwidth[i]
        reach = h * (GAUSSIAN_REACH if kernel == 2 else 1.0)
        first = max(0, int(np.ceil(row[i] - reach - 0.5)))
        last = min(rows - 1, int(np.floor(row[i] + reach - 0.5)))
        for r in range(first, last + 1):
            up = r + 0.5 - row[i]
            chord = np.sqrt(max(reach * reach - up * up, 0.0))
            west = max(0, int(np.ceil(column[i] - chord - 0.5)))
            east = min(columns - 1, int(np.floor(column[i] + chord - 0.5)))
            for c in range(west, east + 1):
                along = c + 0.5 - column[i]
                u = (up * up + along * along) / (h * h)
                if kernel == 0:
                    value = 3 / np.pi * (1 - u) * (1 - u)
                elif kernel == 1:
                    value = 2 / np.pi * (1 - u)
                else:
                    value = np.exp(-u / 2) / (2 * np.pi)
                values[r, c] += weight[i] * value / (h * h)

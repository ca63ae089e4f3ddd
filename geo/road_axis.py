"""All roads of a county laid end to end on one axis of metres, and windows on it.

A *stretch* is an unbroken run of road segments of one route. Windows never reach over the end
of a stretch: the last one is shifted back to end where the road ends, and a stretch shorter
than the window is one window. A stretch is closed at its end; elsewhere a window holds its
first metre and not its last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_GAP_M = 1.0  # between stretches, so that each position belongs to one of them
_TOUCH_M = 1e-3  # segments this near each other are one road


@dataclass(frozen=True, kw_only=True, eq=False)
class Windows:
    """(n) stretch, and first and last metre on the axis."""

    stretch: Integers
    from_m: Floats
    to_m: Floats

    def __len__(self) -> int:
        return len(self.stretch)


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadAxis:
    """Stretches in order of route and chain.

    Parameters
    ----------
    route_code, from_chain_m, to_chain_m
        (stretches) route and chain of both ends.
    from_m, to_m
        (stretches) the same on the axis.
    order
        (segments) the segments that made the axis, in its order.
    segment_from_m, segment_to_m
        (segments) on the axis, in that order.
    """

    route_code: npt.NDArray[np.object_]
    from_chain_m: Floats
    to_chain_m: Floats
    from_m: Floats
    to_m: Floats
    order: Integers
    segment_from_m: Floats
    segment_to_m: Floats

    @classmethod
    def of(cls, segments: pd.DataFrame) -> RoadAxis:
        """Axis of road segments.

        Parameters
        ----------
        segments
            ``route_code, from_chain_m, to_chain_m``, in any order.

        Raises
        ------
        FrameError
            When there are none, one has no length, or two of a route overlap.
        """
        route, starts, ends = (
            segments[name].to_numpy() for name in ("route_code", "from_chain_m", "to_chain_m")
        )
        first, last = starts.astype(np.float64), ends.astype(np.float64)
        if not len(segments) or not (last > first).all():
            raise FrameError("road segments need a length: to_chain_m above from_chain_m")
        code, names = pd.factorize(pd.Series(route, dtype=object), sort=True)
        order = np.lexsort((first, code))
        code, first, last = code[order], first[order], last[order]
        is_same = code[1:] == code[:-1]
        apart = first[1:] - last[:-1]
        if (is_same & (apart < -_TOUCH_M)).any():
            at = int(np.argmax(is_same & (apart < -_TOUCH_M)))
            raise FrameError(
                f"segments of {names[code[at]]} overlap at {first[at + 1]:.0f} m; cut them"
            )
        is_start = np.r_[True, ~is_same | (apart > _TOUCH_M)]
        opens = np.flatnonzero(is_start)
        closes = np.r_[opens[1:], len(order)] - 1
        length = last[closes] - first[opens]
        from_m = np.r_[0.0, np.cumsum(length + _GAP_M)[:-1]]
        shift = (from_m - first[opens])[np.cumsum(is_start) - 1]
        return cls(
            route_code=np.asarray(names, dtype=object)[code[opens]],
            from_chain_m=first[opens],
            to_chain_m=last[closes],
            from_m=from_m,
            to_m=from_m + length,
            order=order.astype(np.int64),
            segment_from_m=first + shift,
            segment_to_m=last + shift,
        )

    @property
    def length_m(self) -> float:
        """Metres of road."""
        return float((self.to_m - self.from_m).sum())

    def locate(
        self, route_code: npt.ArrayLike, chain_m: npt.ArrayLike
    ) -> tuple[Floats, Integers]:
        """(n) position on the axis (NaN off it) and stretch (-1) of places along routes."""
        chain = np.asarray(chain_m, dtype=np.float64)
        routes = pd.Index(self.route_code).unique()
        route = routes.get_indexer(pd.Index(np.asarray(route_code, dtype=object)))
        # One number line for all routes: each route begins beyond the end of the one before.
        least = min(float(self.from_chain_m.min()), 0.0)
        span = float(self.to_chain_m.max()) - least + _GAP_M
        of_stretch = routes.get_indexer(pd.Index(self.route_code))
        begins = of_stretch * span + self.from_chain_m - least
        is_known = (route >= 0) & np.isfinite(chain)
        place = np.where(is_known, route * span + chain - least, -1.0)
        stretch = np.searchsorted(begins, place + _TOUCH_M, side="right") - 1
        at = np.maximum(stretch, 0)
        is_on = (
            is_known
            & (stretch >= 0)
            & (of_stretch[at] == route)
            & (chain <= self.to_chain_m[at] + _TOUCH_M)
        )
        offset = np.clip(chain - self.from_chain_m[at], 0, self.to_m[at] - self.from_m[at])
        position = np.where(is_on, self.from_m[at] + offset, np.nan)
        return position, np.where(is_on, stretch, -1).astype(np.int64)

    def chain(self, position_m: npt.ArrayLike, stretch: npt.ArrayLike) -> Floats:
        """(n) chain along the route of positions on the axis."""
        at = np.asarray(stretch, dtype=np.int64)
        chain: Floats = np.asarray(position_m) - self.from_m[at] + self.from_chain_m[at]
        return chain

    def windows(self, window_m: float, step_m: float) -> Windows:
        """Sliding windows along all stretches, the last of each shifted to its end.

        Raises
        ------
        FrameError
            When the window is not a whole number of steps.
        """
        _steps_of(window_m, step_m)
        length = self.to_m - self.from_m
        number = _windows_of(length, window_m, step_m)
        stretch = np.repeat(np.arange(len(number)), number)
        nth = np.arange(len(stretch)) - np.repeat(np.cumsum(number) - number, number)
        last = np.maximum(length - window_m, 0.0)[stretch]
        offset = np.where(nth == number[stretch] - 1, last, nth * step_m)
        first = self.from_m[stretch] + offset
        end = np.minimum(first + window_m, self.to_m[stretch])
        return Windows(stretch=stretch, from_m=first, to_m=end)

    def window_sums(
        self,
        position_m: npt.ArrayLike,
        stretch: npt.ArrayLike,
        *,
        window_m: float,
        step_m: float,
        weights: npt.ArrayLike | None = None,
    ) -> Floats:
        """Events, or their weights, in each of :meth:`windows`, by cumulative sums of bins.

        Parameters
        ----------
        position_m, stretch
            (n) as :meth:`locate` gives; events off the axis do not count.
        """
        at, position = np.asarray(stretch, dtype=np.int64), np.asarray(position_m, dtype=float)
        amount = None if weights is None else np.asarray(weights, dtype=np.float64)
        if (at < 0).any():
            is_on = at >= 0
            at, position = at[is_on], position[is_on]
            amount = None if amount is None else amount[is_on]
        per_window = _steps_of(window_m, step_m)
        length = self.to_m - self.from_m
        offset = position - self.from_m[at]
        bins = np.maximum(np.ceil(length / step_m - 1e-9), 1).astype(np.int64)
        first_bin = np.r_[0, np.cumsum(bins)]
        own = np.minimum((offset / step_m).astype(np.int64), bins[at] - 1)
        binned = np.bincount(first_bin[at] + own, amount, minlength=first_bin[-1])
        running: Floats = np.r_[0.0, np.cumsum(binned)]
        number = _windows_of(length, window_m, step_m)
        of = np.repeat(np.arange(len(number)), number)
        first_window = np.cumsum(number) - number
        begin = first_bin[of] + np.arange(len(of)) - first_window[of]
        sums: Floats = (
            running[np.minimum(begin + per_window, first_bin[of + 1])] - running[begin]
        )
        # The shifted last window does not begin at a bin.
        in_last = offset >= np.maximum(length - window_m, 0.0)[at]
        part = None if amount is None else amount[in_last]
        sums[first_window + number - 1] = np.bincount(at[in_last], part, minlength=len(number))
        return sums


def running_total(axis: RoadAxis, density: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Knots of the running total of a density that is constant along each segment.

    Parameters
    ----------
    density
        (segments) per metre, in the order of the axis.

    Returns
    -------
    Positions and totals for ``numpy.interp``; gaps between stretches add nothing.
    """
    amount = np.asarray(density, dtype=np.float64) * (axis.segment_to_m - axis.segment_from_m)
    total = np.cumsum(amount)
    knots = np.column_stack([axis.segment_from_m, axis.segment_to_m]).ravel()
    return knots, np.column_stack([total - amount, total]).ravel()


def _windows_of(length: Floats, window_m: float, step_m: float) -> Integers:
    steps = np.ceil((length - window_m) / step_m - 1e-9)
    return (np.maximum(steps, 0) + 1).astype(np.int64)


def _steps_of(window_m: float, step_m: float) -> int:
    steps = round(window_m / step_m) if step_m > 0 else 0
    if steps < 1 or abs(steps * step_m - window_m) > 1e-6 * window_m:
        raise FrameError(
            f"a window of {window_m} m is not a whole number of steps of {step_m} m"
        )
    return steps

"""When invented events happen: seasons, weekdays, hours, and a slow trend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

EVEN = (1.0,) * 12
WORKDAYS = (1.05, 1.0, 1.0, 1.0, 1.1, 0.95, 0.9)
WEEKENDS = (0.9, 0.9, 0.9, 0.95, 1.1, 1.2, 1.05)
# How people note the time: on the hour, the half, the quarter or the minute.
HEAPED_SHARE = 0.55
HEAPS = np.array([0, 0, 0, 30, 30, 10, 15, 20, 40, 45, 50])


def hours(*peaks: tuple[float, float, float], base: float = 0.15) -> tuple[float, ...]:
    """24 hourly weights: bumps of (hour, width in hours, height) over a base, round the clock."""
    clock = np.arange(24) + 0.5
    weight = np.full(24, base)
    for hour, width, height in peaks:
        distance = np.abs((clock - hour + 12.0) % 24.0 - 12.0)
        weight += height * np.exp(-0.5 * (distance / width) ** 2)
    return tuple(weight.tolist())


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Relative frequency by month, weekday (Monday first) and hour.

    ``trend`` is the change per year as a factor: 0.95 means 5 % fewer each year.
    """

    month: tuple[float, ...] = EVEN
    weekday: tuple[float, ...] = WORKDAYS
    hour: tuple[float, ...] = hours((14.0, 5.0, 1.0))
    trend: float = 0.96

    def draw(self, n: int, start: date, end: date, rng: np.random.Generator) -> Times:
        """n local times of minute resolution from ``start`` to ``end`` inclusive."""
        days = np.arange(np.datetime64(start, "D"), np.datetime64(end, "D") + 1)
        month = days.astype("datetime64[M]").astype(int) % 12
        weekday = (days.astype(int) + 3) % 7
        years = (days - days[0]).astype(int) / 365.25
        weight = np.array(self.month)[month] * np.array(self.weekday)[weekday]
        weight = weight * self.trend**years
        day = rng.choice(days, n, p=weight / weight.sum())
        hour_weight = np.array(self.hour)
        hour = rng.choice(24, n, p=hour_weight / hour_weight.sum())
        minute = np.where(
            rng.random(n) < HEAPED_SHARE, rng.choice(HEAPS, n), rng.integers(0, 60, n)
        )
        return np.asarray(
            day.astype("datetime64[m]") + (hour * 60 + minute).astype("timedelta64[m]")
        )


def years_between(start: date, end: date) -> float:
    """Length of an inclusive period in years."""
    return ((end - start).days + 1) / 365.25

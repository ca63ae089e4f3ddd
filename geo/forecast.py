"""Where the next incidents of a kind are likely: an additive Poisson blend of simple maps.

Every component is a map of past counts, forgotten with one half-life and smoothed
with one radius. The expected count of a cell is a weighted sum of the components
(weights ≥ 0), fitted by maximum likelihood on the latest windows that have already passed,
again at every origin. Nothing after the origin is read. The blend is convex
and can be told in words: "so much comes from the long-run count, so much from the
last month's neighbourhood".

Places only: no input describes a person, and a forecast is not grounds to suspect one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from geo.errors import FrameError
from geo.training import History

Floats = npt.NDArray[np.float64]
Method = Literal["blend", "count_all", "count_recent", "kde"]
METHODS: tuple[Method, ...] = ("blend", "count_all", "count_recent", "kde")

RECENT_DAYS = 28.0
KDE_SMOOTHING_CELLS = 2.0
FIT_WINDOWS = 6
FIT_DAYS = 28.0  # short windows hold few incidents: learn from at least four weeks of them

_EM_STEPS = 200
_EM_TOLERANCE = 1e-5
_PRIOR_EVENTS = 20.0  # weight of the prior, in events
_PRIOR_COUNT_SHARE = 0.6  # of the prior that holds to the plain all-history count
_UNIFORM_SHARE = 1e-3  # of each component: no cell is impossible


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One component: past counts halved every ``half_life_days``, Gaussian-smoothed."""

    half_life_days: float
    smoothing_cells: float


_PLAIN_COUNT = Scale(half_life_days=np.inf, smoothing_cells=0.0)

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


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The expected weight of each cell in [origin, origin + horizon).

    ``component_share`` says which part of the expected total each scale carries; it
    is empty for the baselines. ``trained_on`` is the weight seen before the origin.
    """

    method: Method
    expected: Floats
    inside: npt.NDArray[np.bool_]
    origin_days: float
    horizon_days: float
    trained_on: float
    windows: int = 0
    component_share: dict[Scale, float] = field(default_factory=dict)

    def top(self, area_share: float) -> npt.NDArray[np.bool_]:
        """(rows, columns) the cells to flag: the highest ``area_share`` of the county's area."""
        cells = max(1, round(area_share * int(self.inside.sum())))
        score = np.where(self.inside, self.expected, -np.inf).ravel()
        flagged = np.zeros(score.size, dtype=bool)
        flagged[np.argsort(-score, kind="stable")[:cells]] = True
        return flagged.reshape(self.inside.shape)


def forecast(
    history: History,
    *,
    origin_days: float,
    horizon_days: float,
    method: Method = "blend",
    scales: Sequence[Scale] = SCALES,
) -> Forecast:
    """Forecast of one window from what is known at its origin.

    Parameters
    ----------
    origin_days, horizon_days
        The window, in the time of ``history``; 7 is next week, 1/3 the next shift.
    method
        The blend or one of the baselines of :func:`rolling_forecasts`.

    Raises
    ------
    FrameError
        When nothing lies before the origin.
    """
    return next(
        rolling_forecasts(
            history,
            origins_days=np.array([origin_days]),
            horizon_days=horizon_days,
            methods=(method,),
            scales=scales,
        )
    )[method]


def rolling_forecasts(
    history: History,
    *,
    origins_days: npt.ArrayLike,
    horizon_days: float,
    methods: Sequence[Method] = METHODS,
    scales: Sequence[Scale] = SCALES,
) -> Iterator[dict[Method, Forecast]]:
    """Forecasts of consecutive windows, each from the past of its own origin only.

    ``count_all`` is the count of the whole history, ``count_recent`` of the latest
    28 days, ``kde`` the whole history smoothed by two cells, ``blend`` the fit.

    Parameters
    ----------
    origins_days
        Ascending origins, one horizon apart.
    horizon_days
        Length of each window; the blend learns from the six windows before the
        origin, or the windows of four weeks where they are short.

    Raises
    ------
    FrameError
        When the horizon is not positive, the origins are not one horizon apart, or
        nothing lies before the first.
    """
    origins = np.atleast_1d(np.asarray(origins_days, dtype=float))
    if not horizon_days > 0:
        raise FrameError(f"horizon_days = {horizon_days} must be positive")
    if not np.allclose(np.diff(origins), horizon_days):
        raise FrameError("the origins must be one horizon apart")
    begin = float(history.time_days[0]) if len(history.time_days) else np.inf
    if not begin < origins[0]:
        raise FrameError("no incident lies before the first origin; choose a later one")
    learn_from = max(FIT_WINDOWS, int(np.ceil(FIT_DAYS / horizon_days)))
    # Fewer where the history is short; the first window needs some history of its own.
    warm_up = max(0, min(learn_from, int((origins[0] - begin) / horizon_days) - 1))
    first = origins[0] - warm_up * horizon_days
    sweep = np.concatenate([first + horizon_days * np.arange(warm_up), origins])
    maps = _component_maps(history, sweep, scales if "blend" in methods else ())
    passed: deque[tuple[Floats, Floats]] = deque(maxlen=learn_from)
    for position, (origin, components) in enumerate(zip(sweep, maps, strict=True)):
        if position >= warm_up:
            yield {
                method: _one_forecast(
                    history, method, float(origin), horizon_days, scales, components, passed
                )
                for method in methods
            }
        if "blend" in methods:
            seen = history.counts(float(origin), float(origin) + horizon_days)[history.inside]
            busy = np.flatnonzero(seen)
            passed.append((components[:, busy], seen[busy]))


def _component_maps(
    history: History, origins: Floats, scales: Sequence[Scale]
) -> Iterator[Floats]:
    """(scales, inside cells) maps that each sum to one, at every origin in turn."""
    inside = history.inside
    smoothings = sorted({scale.smoothing_cells for scale in scales})
    kernel_mass = {s: _smooth(inside.astype(float), s) for s in smoothings}
    half_lives = {scale.half_life_days for scale in scales}
    decayed = {half_life: np.zeros(inside.shape) for half_life in half_lives}
    known_until = -np.inf
    for origin in origins:
        for half_life, surface in decayed.items():
            if np.isfinite(known_until):
                surface *= np.exp2(-(origin - known_until) / half_life)
            surface += history.decayed(known_until, origin, half_life)
        known_until = origin
        maps = np.empty((len(scales), int(inside.sum())))
        for row, scale in enumerate(scales):
            # Each event spreads inside the county only (Diggle 1985).
            mass = kernel_mass[scale.smoothing_cells]
            shared = np.divide(
                decayed[scale.half_life_days], mass, out=np.zeros(mass.shape), where=inside
            )
            spread = _smooth(shared, scale.smoothing_cells)[inside]
            uniform = np.full(len(spread), 1 / len(spread))
            total = spread.sum()
            share = spread / total if total > 0 else uniform
            maps[row] = (1 - _UNIFORM_SHARE) * share + _UNIFORM_SHARE * uniform
        yield maps


def _smooth(values: Floats, smoothing_cells: float) -> Floats:
    if smoothing_cells == 0:
        return values
    smoothed: Floats = gaussian_filter(values, smoothing_cells, mode="constant", truncate=3.0)
    return smoothed


def _one_forecast(
    history: History,
    method: Method,
    origin: float,
    horizon: float,
    scales: Sequence[Scale],
    components: Floats,
    passed: Sequence[tuple[Floats, Floats]],
) -> Forecast:
    base = Forecast(
        method=method,
        expected=np.zeros(history.inside.shape),
        inside=history.inside,
        origin_days=origin,
        horizon_days=horizon,
        trained_on=history.total(-np.inf, origin),
    )
    if method == "blend":
        incidents = int(np.searchsorted(history.time_days, origin, side="left"))
        share = _fit_shares(passed, scales, base.trained_on / incidents)
        seen = sum(float(counts.sum()) for _, counts in passed)
        begin = float(history.time_days[0])
        rate = seen / len(passed) if passed else base.trained_on / (origin - begin) * horizon
        base.expected[history.inside] = rate * (share @ components)
        shares = dict(zip(scales, share.tolist(), strict=True))
        return replace(base, windows=len(passed), component_share=shares)
    start = origin - RECENT_DAYS if method == "count_recent" else -np.inf
    counts = history.counts(start, origin)
    span = min(origin - float(history.time_days[0]), origin - start)
    if method == "kde":
        mass = _smooth(history.inside.astype(float), KDE_SMOOTHING_CELLS)
        counts = np.divide(counts, mass, out=np.zeros(mass.shape), where=history.inside)
        counts = np.where(history.inside, _smooth(counts, KDE_SMOOTHING_CELLS), 0.0)
    return replace(base, expected=counts * (horizon / span))


def _fit_shares(
    passed: Sequence[tuple[Floats, Floats]], scales: Sequence[Scale], mean_weight: float
) -> Floats:
    """Share of the expected total per component: Poisson maximum likelihood by EM.

    Every map sums to one, so the Poisson likelihood splits into the total and a
    mixture over where an event falls; EM on the mixture climbs without a step size.
    The prior leans on the all-history count: the other maps must earn their part.
    """
    is_count = np.array([scale == _PLAIN_COUNT for scale in scales])
    lead = _PRIOR_COUNT_SHARE if is_count.any() else 0.0
    believed: Floats = (1 - lead) / len(scales) + lead * is_count
    share = believed
    if not passed:
        return share
    density = np.concatenate([maps for maps, _ in passed], axis=1)
    events = np.concatenate([counts for _, counts in passed])
    # Harm weights scale the likelihood, not the information in it.
    prior = _PRIOR_EVENTS * mean_weight * believed
    for _ in range(_EM_STEPS):
        responsible = share * (density @ (events / (share @ density)))
        fitted = (responsible + prior) / (responsible.sum() + prior.sum())
        change = np.abs(fitted - share).max()
        share = fitted
        if change < _EM_TOLERANCE:
            break
    return share

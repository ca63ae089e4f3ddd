"""Where the next incidents of a kind are likely: an additive Poisson blend of simple maps.

Every component is a map of past counts, forgotten with one half-life and smoothed
with one radius. The expected count of a cell is a weighted sum of the components
(weights ≥ 0), fitted by maximum likelihood on the latest windows that have already passed,
again at every origin. Nothing after the origin is read. The blend is convex
and can be told in words: "so much comes from the long-run count, so much from the
last month's neighbourhood".

The next shift is forecast from two histories (:func:`geo.training.shift_histories`): the
shift's own incidents, and all hours as background. Each gives its maps; the fit says how
much either tells.

Places only: no input describes a person, and a forecast is not grounds to suspect one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from geo.component_maps import SCALES, Scale, border_correction, component_maps, smooth
from geo.errors import FrameError
from geo.training import History

Floats = npt.NDArray[np.float64]
Method = Literal["blend", "count_all", "count_shift", "count_recent", "kde"]
METHODS: tuple[Method, ...] = ("blend", "count_all", "count_recent", "kde")
SHIFT_METHODS: tuple[Method, ...] = ("blend", "count_all", "count_shift", "count_recent", "kde")

RECENT_DAYS = 28.0
KDE_SMOOTHING_CELLS = 2.0
FIT_WINDOWS = 6
FIT_DAYS = 28.0  # short windows hold few incidents: learn from at least four weeks of them

_EM_STEPS = 200
_EM_TOLERANCE = 1e-5
_PRIOR_EVENTS = 20.0  # weight of every prior here, in events
_PRIOR_COUNT_SHARE = 0.6  # of the prior that holds to the plain all-history count
_WEEK_DAYS = 7.0
_WEEKS = 52  # that the weekday factor looks back


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The expected weight of each cell in [origin, origin + horizon).

    ``component_share`` says which part of the expected total each scale carries; it
    is empty for the baselines. ``trained_on`` is the weight seen before the origin (of
    the shift, where one is forecast); ``week_factor`` what this weekday adds to the total.
    """

    method: Method
    expected: Floats
    inside: npt.NDArray[np.bool_]
    origin_days: float
    horizon_days: float
    trained_on: float
    week_factor: float = 1.0
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
    background: History | None = None,
) -> Forecast:
    """Forecast of one window from what is known at its origin.

    Parameters
    ----------
    origin_days, horizon_days
        The window, in the time of ``history``; 7 is next week, 1 with a ``background``
        the next shift.
    method
        The blend or one of the baselines of :func:`rolling_forecasts`.
    background
        Incidents of all hours, where ``history`` holds those of one shift.

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
            background=background,
        )
    )[method]


def rolling_forecasts(
    history: History,
    *,
    origins_days: npt.ArrayLike,
    horizon_days: float,
    methods: Sequence[Method] | None = None,
    scales: Sequence[Scale] = SCALES,
    background: History | None = None,
) -> Iterator[dict[Method, Forecast]]:
    """Forecasts of consecutive windows, each from the past of its own origin only.

    ``blend`` is the fit, ``count_all`` the count of the whole past, ``count_recent`` of the
    latest 28 days, ``kde`` the whole past smoothed by two cells; with a background these
    three count all hours, and ``count_shift`` those of the shift alone. Every method
    is scaled to the shift's total.

    The total of a window shorter than a week carries a factor for its place in the week,
    (s + 20) / (e + 20): s incidents in the same window of the past 52 weeks, e those
    expected were all windows alike. It is the mean of a gamma posterior whose prior, one
    on average, is worth twenty incidents: few incidents leave the factor near one.

    Parameters
    ----------
    origins_days
        Ascending origins, one horizon apart.
    horizon_days
        Length of each window; the blend learns from the six windows before the
        origin, or the windows of four weeks where they are short.
    methods
        All that apply by default.
    background
        Incidents of all hours on the time axis and the cells of ``history``, which then
        holds those of one shift. Adds a second set of component maps.

    Raises
    ------
    FrameError
        When the horizon is not positive, the origins are not one horizon apart, nothing
        lies before the first, or the two histories have different cells.
    """
    origins = np.atleast_1d(np.asarray(origins_days, dtype=float))
    if not horizon_days > 0:
        raise FrameError(f"horizon_days = {horizon_days} must be positive")
    if not np.allclose(np.diff(origins), horizon_days):
        raise FrameError("the origins must be one horizon apart")
    begin = float(history.time_days[0]) if len(history.time_days) else np.inf
    if not begin < origins[0]:
        of_shift = "" if background is None else " of this shift and known hour"
        raise FrameError(f"no incident{of_shift} lies before the first origin; choose another")
    if background is not None and not np.array_equal(background.inside, history.inside):
        raise FrameError("the shift's history and its background must have the same cells")
    chosen = methods_for(background) if methods is None else tuple(methods)
    if background is None and "count_shift" in chosen:
        raise FrameError("count_shift needs a background of all hours")
    learn_from = max(FIT_WINDOWS, int(np.ceil(FIT_DAYS / horizon_days)))
    # Fewer where the history is short; the first window needs some history of its own.
    warm_up = max(0, min(learn_from, int((origins[0] - begin) / horizon_days) - 1))
    first = origins[0] - warm_up * horizon_days
    sweep = np.concatenate([first + horizon_days * np.arange(warm_up), origins])
    fitted = tuple(scales) if "blend" in chosen else ()
    maps = component_maps(history, sweep, fitted)
    if background is not None:
        all_hours = component_maps(background, sweep, fitted)
        maps = (np.concatenate(pair) for pair in zip(maps, all_hours, strict=True))
        fitted += tuple(replace(scale, is_background=True) for scale in fitted)
    known = history if background is None else background
    correction = border_correction(history.inside, KDE_SMOOTHING_CELLS)
    shift_past, past = _Past(history), _Past(known)
    passed: deque[tuple[Floats, Floats]] = deque(maxlen=learn_from)
    for position, (origin, components) in enumerate(zip(sweep.tolist(), maps, strict=True)):
        if position >= warm_up:
            window = _Window(history, origin, horizon_days)
            yield {
                method: _blend(window, fitted, components, passed)
                if method == "blend"
                else _baseline(
                    method, window, shift_past if method == "count_shift" else past, correction
                )
                for method in chosen
            }
        if fitted:
            seen = history.counts(origin, origin + horizon_days)[history.inside]
            busy = np.flatnonzero(seen)
            passed.append((components[:, busy], seen[busy]))


def methods_for(background: History | None) -> tuple[Method, ...]:
    """The methods that apply without or with a background."""
    return METHODS if background is None else SHIFT_METHODS


class _Window:
    """What is known at one origin about the total of the window that follows."""

    def __init__(self, history: History, origin: float, horizon: float) -> None:
        self.history, self.origin, self.horizon = history, origin, horizon
        self.begin = float(history.time_days[0])
        self.trained_on = history.total(-np.inf, origin)
        incidents = int(np.searchsorted(history.time_days, origin, side="left"))
        # Harm weights scale the likelihood, not the information in it.
        self.prior = _PRIOR_EVENTS * self.trained_on / incidents
        self.week_factor = self._week_factor()

    def rate(self, start: float = -np.inf) -> float:
        """Mean weight per window since ``start``."""
        since = max(start, self.begin)
        return self.history.total(since, self.origin) * self.horizon / (self.origin - since)

    def forecast(self, method: Method, share: Floats, rate: float) -> Forecast:
        """The shares (rows, columns) of a window that holds ``rate`` on average."""
        return Forecast(
            method=method,
            expected=rate * self.week_factor * share,
            inside=self.history.inside,
            origin_days=self.origin,
            horizon_days=self.horizon,
            trained_on=self.trained_on,
            week_factor=self.week_factor,
        )

    def _week_factor(self) -> float:
        weeks = min(_WEEKS, int((self.origin - self.begin) / _WEEK_DAYS))
        if self.horizon >= _WEEK_DAYS or weeks < 1:
            return 1.0
        starts = self.origin - _WEEK_DAYS * np.arange(1, weeks + 1)
        same = sum(self.history.total(start, start + self.horizon) for start in starts.tolist())
        weekly = self.history.total(float(starts[-1]), self.origin)
        expected = weekly * self.horizon / _WEEK_DAYS
        return (same + self.prior) / (expected + self.prior)


class _Past:
    """Counts of everything before an origin that moves on."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._counts, self._until = np.zeros(history.inside.shape), -np.inf

    def counts(self, origin: float) -> Floats:
        """(rows, columns) not to be changed; origins must ascend."""
        if origin > self._until:
            self._counts = self._counts + self.history.counts(self._until, origin)
            self._until = origin
        return self._counts


def _baseline(method: Method, window: _Window, past: _Past, correction: Floats) -> Forecast:
    """One of the plain maps that every forecast is measured against."""
    start = window.origin - RECENT_DAYS if method == "count_recent" else -np.inf
    if method == "count_recent":
        counts = past.history.counts(start, window.origin)
    else:
        counts = past.counts(window.origin)
    total = counts.sum()
    if method == "kde":
        counts = smooth(counts * correction, KDE_SMOOTHING_CELLS) * past.history.inside
    share = counts / total if total > 0 else counts
    return window.forecast(method, share, window.rate(start))


def _blend(
    window: _Window,
    scales: tuple[Scale, ...],
    components: Floats,
    passed: Sequence[tuple[Floats, Floats]],
) -> Forecast:
    share = _fit_shares(passed, scales, window.prior)
    seen = sum(float(counts.sum()) for _, counts in passed)
    # Gamma posterior of the rate: where the last windows hold little, the long run speaks.
    rate = (seen + window.prior) / (len(passed) + window.prior / window.rate())
    shares = np.zeros(window.history.inside.shape)
    shares[window.history.inside] = share @ components
    return replace(
        window.forecast("blend", shares, rate),
        windows=len(passed),
        component_share=dict(zip(scales, share.tolist(), strict=True)),
    )


def _fit_shares(
    passed: Sequence[tuple[Floats, Floats]], scales: tuple[Scale, ...], prior_weight: float
) -> Floats:
    """Share of the expected total per component: Poisson maximum likelihood by EM.

    Every map sums to one, so the Poisson likelihood splits into the total and a
    mixture over where an event falls; EM on the mixture climbs without a step size.
    The prior leans on the all-history count: the other maps must earn their part.
    """
    is_count = np.array([scale.is_plain_count for scale in scales])
    lead = _PRIOR_COUNT_SHARE if is_count.any() else 0.0
    believed: Floats = (1 - lead) / len(scales) + lead * is_count / max(1, is_count.sum())
    share = believed
    if not passed:
        return share
    density = np.concatenate([maps for maps, _ in passed], axis=1)
    events = np.concatenate([counts for _, counts in passed])
    prior = prior_weight * believed
    for _ in range(_EM_STEPS):
        responsible = share * (density @ (events / (share @ density)))
        fitted = (responsible + prior) / (responsible.sum() + prior.sum())
        change = np.abs(fitted - share).max()
        share = fitted
        if change < _EM_TOLERANCE:
            break
    return share

"""Where the next incidents are likely, always beside the score of such forecasts so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from data.derived.cases import Cases, Events
from data.derived.county_cells import CountyCells, county_cells
from data.derived.hotspots import HOUR_UNKNOWN, REACH_CELLS
from data.derived.results import Result, empty_cells
from geo.errors import FrameError
from geo.evaluation import AREA_SHARES, Decision, backtest, decide, drift, score
from geo.forecast import Forecast, Method, rolling_forecasts
from geo.selection import IncidentSelection, day_of
from geo.training import (
    HARM_WEIGHTS,
    History,
    harm_weights,
    shift_histories,
    trainable_categories,
)
from geo.vocabulary import CATEGORY_CODES

Horizon = Literal["week", "shift"]
Progress = Callable[[int, int], None]

HORIZON_DAYS: dict[Horizon, float] = {"week": 7.0, "shift": 1.0}
MOST_WINDOWS: dict[Horizon, int] = {"week": 52, "shift": 182}
SHIFT_HOURS = 8
SHIFTS = 24 // SHIFT_HOURS
FEWEST_WINDOWS = 4
TOO_MANY_WINDOWS = 5_000
UNTESTED: Method = "count_all"  # used where nothing could be tested
LEAST_HISTORY_DAYS = 28.0
HISTORY_SHARE = 0.25  # of the time span that no scored window may use up
DRIFT_WINDOWS = 12

CELL_COLUMNS = ("expected", "rank", "band", "events")
COMPONENT_COLUMNS = ("half_life_days", "smoothing_cells", "is_background", "share")
SCORE_COLUMNS = (
    "method",
    "area_share",
    "windows",
    "events",
    "hit_rate",
    "hit_rate_low",
    "hit_rate_high",
    "pai",
    "pai_low",
    "pai_high",
    "pei_star",
    "baseline",
    "difference",
    "difference_low",
    "difference_high",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Assessed:
    """A forecast with the back-test that speaks for or against it.

    Parameters
    ----------
    forecast
        Of the window at the origin, by the method decided on.
    scores
        :func:`geo.evaluation.score` of the windows before the origin; empty without any.
    decision
        Which method is used.
    drift
        :func:`geo.evaluation.drift` of the last scored windows.
    """

    forecast: Forecast
    scores: pd.DataFrame
    decision: Decision
    drift: pd.DataFrame


def forecast_with_backtest(
    cases: Cases,
    selection: IncidentSelection,
    *,
    horizon: Horizon = "week",
    shift: int | None = None,
    cell_m: float = 500.0,
    is_harm_weighted: bool = False,
    include_discovered: bool = False,
    learn_from: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Forecast of the week or shift after the period, and its rolling-origin back-test.

    Parameters
    ----------
    selection
        Incidents to learn from, by category, unit and severity. The forecast is made at the
        end of its period; the start of the period does not count, nor for a shift the hours.
    learn_from
        First local day to learn from; all that is known before the end by default.
    shift
        0, 1 or 2: the hours 0–8, 8–16 or 16–24 of the day after the period.
    is_harm_weighted
        Weigh incidents by :data:`geo.training.HARM_WEIGHTS`, so that crime and crashes share one surface.
    include_discovered
        Also learn from kinds that are found because officers look.
    progress
        Called with windows done and windows in all.

    Returns
    -------
    Cells of the likeliest tenth of the area: ``expected`` (incidents, or harm, in the
    window), ``rank`` from 1 and ``band``, the smallest flagged share of the area it is in;
    ``events`` learnt from in the cell, of all hours.
    Tables ``scores``, ``decision``, ``drift`` and ``components``.

    Raises
    ------
    FrameError
        When the horizon or the shift is unknown.
    """
    if horizon not in HORIZON_DAYS:
        raise FrameError(f"unknown horizon {horizon!r}; use week or shift")
    if (horizon == "shift") != (shift in range(SHIFTS)):
        raise FrameError("give shift 0, 1 or 2 with the horizon shift, and none with week")
    categories, left_out = trainable_categories(
        selection.categories, include_discovered=include_discovered
    )
    if selection.categories is None:
        there = np.bincount(cases.columns.category, minlength=len(CATEGORY_CODES))
        left_out = {
            code: reason
            for code, reason in left_out.items()
            if there[CATEGORY_CODES.index(code)]
        }
    asked = replace(
        selection,
        categories=categories,
        hours=None if horizon == "shift" else selection.hours,
        day_from=learn_from,
    )
    cells = county_cells(cases, cell_m=cell_m, units=selection.units)
    events = Events.of(cases, asked, coarsest_m=REACH_CELLS * cell_m)
    events = events.inside(cells.assign(events.x_m, events.y_m) >= 0)
    learnt, (history, background) = events, _histories(cells, events, shift, is_harm_weighted)
    if shift is not None:
        events = events.only(cases.columns.hour[events.rows] // SHIFT_HOURS == shift)
    origin = events.day_to + 1
    parameters: dict[str, object] = {
        "cell_m": float(cell_m),
        "cells": len(cells),
        "horizon": horizon,
        "horizon_days": HORIZON_DAYS[horizon],
        "shift": shift,
        "origin": day_of(origin).isoformat(),
        "is_harm_weighted": is_harm_weighted,
        "include_discovered": include_discovered,
    }
    if is_harm_weighted:
        parameters["harm"] = {
            str(int(number)): weight for number, weight in HARM_WEIGHTS.items()
        }
    if not len(events):
        parameters |= {"note": "too_few_events" if categories else "only_discovered"}
        parameters |= {"method": None, "windows": 0}
        facts = events.facts("forecast", parameters, left_out=left_out)
        return Result(facts=facts, cells=empty_cells(*CELL_COLUMNS), tables=_no_tables())
    assessed = assess(
        history,
        origin_days=float(origin),
        horizon_days=HORIZON_DAYS[horizon],
        most_windows=MOST_WINDOWS[horizon],
        background=background,
        progress=progress,
    )
    decision = assessed.decision
    parameters |= {"method": assessed.forecast.method, "windows": decision.windows}
    if not decision.windows:
        parameters["note"] = "no_backtest"
    return Result(
        facts=events.facts("forecast", parameters, left_out=left_out),
        cells=_likeliest(cells, learnt, assessed.forecast),
        tables={
            "scores": assessed.scores,
            "decision": pd.DataFrame([asdict(decision)]),
            "drift": assessed.drift,
            "components": components(assessed.forecast),
        },
    )


def assess(
    history: History,
    *,
    origin_days: float,
    horizon_days: float,
    most_windows: int | None = None,
    first_origin_days: float | None = None,
    background: History | None = None,
    progress: Progress | None = None,
) -> Assessed:
    """Back-test the windows before an origin, decide on the method and forecast from it.

    Parameters
    ----------
    most_windows
        Score no more than the last so many windows.
    first_origin_days
        Start of the first scored window; by default 28 days, or a quarter of the time
        span if that is longer, after the first incident.
    background
        Incidents of all hours, where ``history`` holds those of one shift.

    Raises
    ------
    FrameError
        When no incident lies before the origin.
    """
    if not 0 < horizon_days < np.inf:
        raise FrameError(f"horizon_days = {horizon_days} must be a positive number of days")
    if not len(history.time_days) or history.time_days[0] >= origin_days:
        raise FrameError("no incident lies before the origin; choose a later one")
    begin = float(np.floor(history.time_days[0]))
    if first_origin_days is None:
        span = origin_days - begin
        first_origin_days = begin + max(LEAST_HISTORY_DAYS, HISTORY_SHARE * span)
    windows = int((origin_days - first_origin_days) / horizon_days + 1e-9)
    windows = min(windows, most_windows or windows)
    if windows > TOO_MANY_WINDOWS:
        raise FrameError(
            f"{windows:,} windows of {horizon_days:g} days are too many; "
            "take longer ones or a later first origin"
        )
    rolled = partial(
        _roll,
        history,
        origin_days=origin_days,
        horizon_days=horizon_days,
        background=background,
    )
    if windows < FEWEST_WINDOWS:
        return Assessed(
            forecast=rolled(windows=0, method=UNTESTED)[-1],
            scores=pd.DataFrame(columns=list(SCORE_COLUMNS)),
            decision=Decision(
                method=UNTESTED, is_better=False, is_worse=False, events=0.0, windows=0
            ),
            drift=drift([], history),
        )
    tested = backtest(
        history,
        horizon_days=horizon_days,
        first_origin_days=origin_days - windows * horizon_days,
        end_days=origin_days,
        background=background,
        progress=progress,
    )
    scores = score(tested)
    decision = decide(tested, scores)
    *before, latest = rolled(windows=min(windows, DRIFT_WINDOWS), method=decision.method)
    return Assessed(
        forecast=latest, scores=scores, decision=decision, drift=drift(before, history)
    )


def _roll(
    history: History,
    *,
    origin_days: float,
    horizon_days: float,
    background: History | None,
    windows: int,
    method: Method,
) -> list[Forecast]:
    """Forecasts of so many windows before the origin, and of the one at it."""
    made = rolling_forecasts(
        history,
        origins_days=origin_days - horizon_days * np.arange(windows, -1, -1, dtype=np.float64),
        horizon_days=horizon_days,
        methods=(method,),
        background=background,
    )
    return [each[method] for each in made]


def _histories(
    cells: CountyCells, events: Events, shift: int | None, is_harm_weighted: bool
) -> tuple[History, History | None]:
    """What a forecast learns from: the incidents, or a shift's and those of all hours."""
    columns = events.cases.columns
    cell = cells.grid.assign(events.x_m, events.y_m).astype(np.int64)
    inside = cells.inside.reshape(cells.grid.rows, cells.grid.columns)
    hour = columns.hour[events.rows]
    severity = columns.severity[events.rows]
    weight = harm_weights(severity, HARM_WEIGHTS) if is_harm_weighted else np.ones(len(events))
    if shift is not None:
        return shift_histories(
            cell,
            events.day,
            hour,
            inside=inside,
            start_hour=SHIFT_HOURS * shift,
            length_hours=SHIFT_HOURS,
            weight=weight,
        )
    # The middle of the hour, or of the day where the hour is not known.
    of_day = np.where(hour == HOUR_UNKNOWN, 0.5, (hour + 0.5) / 24)
    return History(
        cell=cell,
        time_days=(events.day + of_day).astype(np.float64),
        inside=inside,
        weight=weight,
    ), None


def _likeliest(cells: CountyCells, learnt: Events, made: Forecast) -> gpd.GeoDataFrame:
    """The cells of the largest flagged share of the area with something to expect."""
    expected = made.expected[made.inside]
    rank = np.empty(len(expected), dtype=np.int64)
    rank[np.argsort(-expected, kind="stable")] = np.arange(1, len(expected) + 1)
    flagged = np.maximum(1, np.rint(np.asarray(AREA_SHARES) * len(expected)))
    position = np.searchsorted(flagged, rank)
    chosen = (position < len(flagged)) & (expected > 0)
    shares = np.append(np.asarray(AREA_SHARES), np.nan)
    table = pd.DataFrame(
        {
            "expected": expected,
            "rank": rank,
            "band": shares[position],
            "events": np.bincount(cells.assign(learnt.x_m, learnt.y_m), minlength=len(cells)),
        }
    )
    return cells.drawn(table, chosen)


def components(made: Forecast) -> pd.DataFrame:
    """Share of the expected total that each scale of a blend carries."""
    rows = [asdict(scale) | {"share": share} for scale, share in made.component_share.items()]
    return pd.DataFrame(rows, columns=list(COMPONENT_COLUMNS))


def _no_tables() -> dict[str, pd.DataFrame]:
    columns = {
        "scores": SCORE_COLUMNS,
        "decision": tuple(each.name for each in fields(Decision)),
        "drift": ("origin_days", "unchanged", "capture"),
        "components": COMPONENT_COLUMNS,
    }
    return {name: pd.DataFrame(columns=list(names)) for name, names in columns.items()}

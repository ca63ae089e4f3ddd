"""Results of the hot-spot page, kept by data version, selection and parameters.

One session measures while others that ask the same wait for its answer. A forecast takes
longest: it also stays on disk, so that a restart does not repeat its back-test.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from dashboard.frame import Frame
from dashboard.hotspot_state import HotspotView
from dashboard.lru import ByteLru
from dashboard.tiles import Surface
from data.derived import hotspots
from data.derived.forecasts import forecast_with_backtest
from data.derived.results import Result, ResultStore, result_key
from geo.selection import IncidentSelection

LEVEL = 0.05
MOST_CELLS = 40_000
Progress = Callable[[int, int], None]


def _size(result: Result) -> int:
    cells = result.cells
    tables = sum(int(table.memory_usage(deep=True).sum()) for table in result.tables.values())
    return int(cells.memory_usage(deep=True).sum()) + 500 * len(cells) + tables


_results: ByteLru[Result] = ByteLru(96 << 20, _size)


def length_scale(frame: Frame) -> int:
    """How many times wider than in a county cells and bandwidths are here: 1, 2, 4, …

    Cells of the middle choice then number 40 000 at most: finer ones would be invisible on a
    map of the whole and hold nothing.
    """
    cells = frame.cases.boundary_m.area / HotspotView().cell_m ** 2
    return 1 << max(0, math.ceil(math.log(cells / MOST_CELLS, 4)))


def surface_of(view: HotspotView) -> Surface:
    """How the density of ``view`` is made."""
    return Surface(kernel=view.kernel, is_adaptive=view.is_adaptive, per_people=view.per_people)


def significance(frame: Frame, selection: IncidentSelection, view: HotspotView) -> Result:
    """Hot and cold cells, clusters and outliers."""
    options = {"cell_m": float(view.cell_m), "level": LEVEL, "shape": view.shape}
    return _kept(frame, hotspots.significance, selection, options)


def emerging(frame: Frame, selection: IncidentSelection, view: HotspotView) -> Result:
    """Cells by how their significance runs through time."""
    return _kept(frame, hotspots.emerging, selection, {"cell_m": float(view.wide_cell_m)})


def concentration(frame: Frame, selection: IncidentSelection, view: HotspotView) -> Result:
    """Lorenz curve and Gini coefficients."""
    return _kept(frame, hotspots.concentration, selection, {"cell_m": float(view.cell_m)})


def near_repeat(frame: Frame, selection: IncidentSelection) -> Result:
    """Pairs of incidents close in space and time, against chance."""
    return _kept(frame, hotspots.near_repeat, selection, {})


def learnt_from(selection: IncidentSelection) -> IncidentSelection:
    """What a forecast learns from: everything up to the end of the period chosen.

    A period that has just begun, such as this year in January, tells a reader what is new; a
    forecast needs the years before it.
    """
    return replace(selection, day_from=None)


def forecast(
    frame: Frame, selection: IncidentSelection, view: HotspotView, progress: Progress
) -> Result:
    """Next week or shift with its back-test; ``progress`` hears of windows done and all."""
    is_shift = view.horizon == "shift"
    options = {
        "horizon": view.horizon,
        "shift": view.shift if is_shift else None,
        "cell_m": float(view.cell_m),
        "is_harm_weighted": view.is_harm_weighted,
        "include_discovered": view.include_discovered,
    }
    key = result_key(frame.version, "forecast", options, selection)

    def make() -> Result:
        kept = ResultStore(frame.settings.home / "cache" / "derived")
        result = kept.get(key)
        if result is None:
            result = forecast_with_backtest(
                frame.cases, selection, progress=progress, **options
            )
            kept.put(key, result)
        return result

    return _results.get((frame.region.digest, key), make)


def _kept(
    frame: Frame,
    measure: Callable[..., Result],
    selection: IncidentSelection,
    options: dict[str, object],
) -> Result:
    key = result_key(frame.version, measure.__name__, options, selection)
    return _results.get(
        (frame.region.digest, key), lambda: measure(frame.cases, selection, **options)
    )

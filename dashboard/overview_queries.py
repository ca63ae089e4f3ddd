"""Numbers of the overview: counts against the year before, and spells without a crime."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dashboard.frame import Frame
from dashboard.lru import ByteLru
from dashboard.queries import count_units, newest_day, sum_totals
from dashboard.rows import rows_of
from dashboard.state import PERIODS, day_of, period_window, year_before
from geo.comparison import both_fell, year_on_year
from geo.selection import IncidentSelection
from geo.streaks import zero_streaks
from geo.vocabulary import CATEGORIES, Domain

# Periods that have a year before them.
SPANS: tuple[str, ...] = tuple(name for name in PERIODS if name not in {"all", "custom"})
TILES: tuple[str, ...] = ("crime", "traffic", "work_safety", "deaths", "injured")
ACCIDENTS = CATEGORIES[Domain.TRAFFIC] + CATEGORIES[Domain.WORK_SAFETY]


@dataclass(frozen=True, kw_only=True, eq=False)
class Overview:
    """Everything the overview says of one period; shared, not to be changed.

    Parameters
    ----------
    selection
        All incidents of the period.
    tiles
        By :data:`TILES`: columns of ``geo.comparison.year_on_year``.
    fell
        One row of ``geo.comparison.both_fell`` for all accidents and their deaths.
    units
        By unit code: columns of ``year_on_year`` for incidents, ``deaths``, and of the spell without a crime
        ``streak_days`` and ``chance``.
    """

    selection: IncidentSelection
    tiles: pd.DataFrame
    fell: pd.Series
    units: pd.DataFrame


_kept: ByteLru[Overview] = ByteLru(
    8 << 20, lambda made: int(made.units.memory_usage(deep=True).sum()) + 10_000
)


def overview(frame: Frame, span: str) -> Overview:
    """Numbers of a period in :data:`SPANS`, counted back from the newest day with data."""
    key = (frame.region.digest, frame.version, span)
    return _kept.get(key, lambda: _made(frame, span))


def _made(frame: Frame, span: str) -> Overview:
    day_from, day_to = period_window(span, newest_day(frame))
    now = IncidentSelection(day_from=day_from, day_to=day_to)
    first, last = year_before(day_from, day_to)
    before = IncidentSelection(day_from=first, day_to=last)
    counts = [_tile_counts(frame, each) for each in (now, before)]
    accidents = [_totals(frame, each, ACCIDENTS) for each in (now, before)]
    fell = both_fell(
        accidents[0].incidents, accidents[1].incidents, accidents[0].deaths, accidents[1].deaths
    )
    return Overview(
        selection=now,
        tiles=year_on_year(*counts).set_axis(list(TILES)),
        fell=fell.iloc[0],
        units=_units(frame, now, before),
    )


def _tile_counts(frame: Frame, selection: IncidentSelection) -> list[int]:
    everything = _totals(frame, selection, None)
    kinds = (Domain.CRIME, Domain.TRAFFIC, Domain.WORK_SAFETY)
    of_kind = [_totals(frame, selection, CATEGORIES[kind]).incidents for kind in kinds]
    return [*of_kind, everything.deaths, everything.injured]


def _totals(frame: Frame, selection: IncidentSelection, categories: tuple[str, ...] | None):
    chosen = replace(selection, categories=categories)
    return sum_totals(frame.columns, rows_of(frame, chosen))


def _units(frame: Frame, now: IncidentSelection, before: IncidentSelection) -> pd.DataFrame:
    columns, codes = frame.columns, frame.region.units.index
    rows = rows_of(frame, now)
    current = count_units(columns, rows).reindex(codes, fill_value=0)
    base = count_units(columns, rows_of(frame, before)).reindex(codes, fill_value=0)
    deaths = np.bincount(
        columns.unit[rows] + 1,
        weights=columns.deaths[rows],
        minlength=len(columns.unit_codes) + 1,
    )
    deaths_of = pd.Series(deaths[1:], index=list(columns.unit_codes)).reindex(codes)
    table = year_on_year(current.to_numpy(), base.to_numpy()).set_axis(codes)
    return table.assign(
        deaths=deaths_of.fillna(0).astype(np.int64).to_numpy(),
        **{name: _spells(frame)[name].to_numpy() for name in ("streak_days", "chance")},
    )


def _spells(frame: Frame) -> pd.DataFrame:
    """Spells without a recorded crime up to the newest day, by unit of the region."""
    columns, codes = frame.columns, frame.region.units.index
    place = np.append(codes.get_indexer(pd.Index(columns.unit_codes)), -1)
    rows = rows_of(frame, IncidentSelection(categories=CATEGORIES[Domain.CRIME]))
    unit = place[columns.unit[rows]]
    rows, unit = rows[unit >= 0], unit[unit >= 0]
    return zero_streaks(
        unit,
        columns.day[rows].astype("datetime64[D]"),
        units=len(codes),
        since=day_of(columns.day[0]),
        as_of=day_of(columns.day[-1]),
    )

"""Numbers behind the pages, cached by data version and selection.

The functions whose names start with ``count_`` and ``sum_`` are plain numpy over
:class:`~geo.selection.IncidentColumns`; the ones below "the skin" add the cache and
take the process-wide frame. A filter change costs a few passes over byte arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from dashboard.frame import Frame
from dashboard.rows import day_window, rows_of, within_days
from dashboard.state import PERIODS, View, day_of, period_window, year_before
from geo.selection import IncidentColumns, IncidentSelection
from geo.vocabulary import CATEGORY_CODES, DOMAIN_OF, MATCH_CODES, MatchCode, Severity

LIST_ROWS = 500
_UNPLACED = MATCH_CODES.index(MatchCode.U)
_DOMAINS = np.array([DOMAIN_OF[code] for code in CATEGORY_CODES])


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Head-line numbers of one selection."""

    incidents: int
    deaths: int
    injured: int
    units: int
    unplaced: int


def count_facets(
    columns: IncidentColumns, selection: IncidentSelection, *, newest: int
) -> dict[str, dict]:
    """Incidents each option of each filter would give, with all *other* filters on.

    Parameters
    ----------
    columns, selection
        The snapshot and the filter in force.
    newest
        Day the period presets count from.

    Returns
    -------
    dict of str to dict
        ``categories, severities, hours, weekdays, units, worst_match, period`` →
        option → count. ``worst_match`` counts are cumulative (at least that good);
        ``hours`` leaves out rows timed only to the day.
    """
    facets = {
        "categories": (columns.category, _flags(CATEGORY_CODES, selection.categories)),
        "severities": (columns.severity, _flags(range(256), selection.severities)),
        "hours": (columns.hour, _flags(range(256), selection.hours)),
        "weekdays": (columns.weekday, _flags(range(7), selection.weekdays)),
        "units": (columns.unit, _unit_flags(columns, selection)),
        "worst_match": (columns.match, _match_flags(selection)),
    }
    failed = {
        name: (~flags)[values] for name, (values, flags) in facets.items() if flags is not None
    }
    fails = np.zeros(len(columns), dtype=np.uint8)
    for miss in failed.values():
        fails += miss
    window = day_window(columns, selection.day_from, selection.day_to)
    passing = np.flatnonzero(fails == 0) if failed else None

    def histogram(name: str, size: int) -> np.ndarray:
        """Values of the rows in the window that fail no filter but perhaps their own."""
        values = facets[name][0]
        if not set(failed) - {name}:
            values = values[window]
        elif name in failed:
            values = values[window][fails[window] == failed[name][window]]
        else:
            values = values[within_days(columns, passing, selection.day_from, selection.day_to)]
        return np.bincount(values + 1 if name == "units" else values, minlength=size)

    units = histogram("units", len(columns.unit_codes) + 1)
    matches = np.cumsum(histogram("worst_match", len(MATCH_CODES)))
    periods = {}
    for period in PERIODS[:-1]:
        days = day_window(columns, *period_window(period, newest))
        first, last = days.start, days.stop
        if passing is not None:
            first, last = np.searchsorted(passing, (first, last))
        periods[period] = int(last - first)
    return {
        "categories": _named(CATEGORY_CODES, histogram("categories", len(CATEGORY_CODES))),
        "severities": _named(range(len(Severity)), histogram("severities", len(Severity))),
        "hours": _named(range(24), histogram("hours", 256)),
        "weekdays": _named(range(7), histogram("weekdays", 7)),
        "units": _named(columns.unit_codes, units[1:]),
        "worst_match": _named(MATCH_CODES, matches),
        "period": periods,
    }


def sum_totals(columns: IncidentColumns, rows: np.ndarray) -> Totals:
    """Head-line numbers of the incidents at positions ``rows``."""
    units = np.bincount(columns.unit[rows] + 1, minlength=1)[1:]
    return Totals(
        incidents=len(rows),
        deaths=int(columns.deaths[rows].sum(dtype=np.int64)),
        injured=int(columns.injured[rows].sum(dtype=np.int64)),
        units=int(np.count_nonzero(units)),
        unplaced=int(np.count_nonzero(columns.match[rows] == _UNPLACED)),
    )


def count_months(columns: IncidentColumns, rows: np.ndarray, *, end: int) -> pd.DataFrame:
    """Twelve months up to day ``end``, and the twelve before.

    Parameters
    ----------
    rows
        Ascending positions of the incidents of any day that pass the other filters.

    Returns
    -------
    DataFrame
        ``month`` (first day), ``this_year``, ``previous_year``; 12 rows. The last
        month may be unfinished; the same month a year before is then cut at the
        same day.
    """
    months = np.datetime64(day_of(end), "M") - np.arange(23, -1, -1)
    starts = months.astype("datetime64[D]").astype(np.int64)
    ends = np.append(starts[1:], end + 1)
    ends[11] = year_before(int(starts[23]), end)[1] + 1

    def up_to(days: np.ndarray) -> np.ndarray:
        return np.searchsorted(rows, np.searchsorted(columns.day, days))

    counts = up_to(ends) - up_to(starts)
    return pd.DataFrame(
        {
            "month": months[12:].astype("datetime64[s]"),
            "this_year": counts[12:],
            "previous_year": counts[:12],
        }
    )


def count_week(columns: IncidentColumns, rows: np.ndarray) -> tuple[np.ndarray, int]:
    """Incidents at positions ``rows`` by weekday and hour.

    Returns
    -------
    ndarray of shape (7, 24), int
        Counts (Monday first), and how many rows are timed only to the day.
    """
    # All 256 values an hour can have, so that nothing need be sorted out before counting.
    places = (columns.weekday[rows].astype(np.int16) << 8) | columns.hour[rows]
    cells = np.bincount(places, minlength=7 << 8).reshape(7, 256)[:, :24]
    return cells, int(len(rows) - cells.sum())


def count_categories(columns: IncidentColumns, rows: np.ndarray) -> pd.DataFrame:
    """``category, domain, incidents`` of the categories that occur, most frequent first."""
    counts = np.bincount(columns.category[rows], minlength=len(CATEGORY_CODES))
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    return pd.DataFrame(
        {
            "category": np.array(CATEGORY_CODES, dtype=object)[order],
            "domain": _DOMAINS[order],
            "incidents": counts[order],
        }
    )


def count_units(columns: IncidentColumns, rows: np.ndarray) -> pd.Series:
    """Incidents per unit code, every unit of the snapshot, in its order."""
    counts = np.bincount(columns.unit[rows] + 1, minlength=len(columns.unit_codes) + 1)[1:]
    return pd.Series(counts, index=list(columns.unit_codes), name="incidents")


def latest_rows(
    columns: IncidentColumns, rows: np.ndarray, limit: int = LIST_ROWS
) -> pd.DataFrame:
    """The newest ``limit`` of the ascending positions ``rows`` as codes, newest first."""
    rows = rows[-limit:][::-1]
    unit = columns.unit[rows]
    codes = np.array([*columns.unit_codes, ""], dtype=object)
    hour = columns.hour[rows].astype(np.float64)
    hour[hour > 23] = np.nan
    return pd.DataFrame(
        {
            "incident_id": columns.incident_id[rows],
            "day": columns.day[rows].astype("datetime64[D]").astype("datetime64[s]"),
            "hour": pd.array(hour, dtype="Int64"),
            "category": np.array(CATEGORY_CODES, dtype=object)[columns.category[rows]],
            "severity": columns.severity[rows],
            "unit_code": codes[unit],
            "match_code": np.array([str(code) for code in MATCH_CODES], dtype=object)[
                columns.match[rows]
            ],
            "deaths": columns.deaths[rows],
            "injured": columns.injured[rows],
        }
    )


def class_breaks(values: np.ndarray, classes: int = 5) -> list[int]:
    """Upper bounds of at most ``classes`` quantile classes of the positive ``values``.

    Fewer distinct bounds give fewer classes; nothing positive gives none.
    """
    positive = values[values > 0]
    if not len(positive):
        return []
    steps = np.quantile(positive, np.arange(1, classes + 1) / classes, method="inverted_cdf")
    return [int(step) for step in np.unique(steps)]


def year_before_selection(selection: IncidentSelection) -> IncidentSelection | None:
    """The same filter one year earlier, or ``None`` when the period is open."""
    if selection.day_from is None or selection.day_to is None:
        return None
    day_from, day_to = year_before(selection.day_from, selection.day_to)
    return replace(selection, day_from=day_from, day_to=day_to)


# ---- the skin: cached by data version and selection -------------------------------------


def _identity(frame: Frame) -> tuple[str, str]:
    return frame.settings.database_url(frame.region.code), frame.version


_BY_VERSION = {Frame: _identity}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Everything the atlas says about one selection; shared, not to be changed."""

    selection: IncidentSelection
    now: Totals
    before: Totals | None
    units: pd.Series
    categories: pd.DataFrame
    months: pd.DataFrame
    week: np.ndarray
    untimed: int


def newest_day(frame: Frame) -> int:
    """The last day with an incident, from which the periods count; 0 in an empty store."""
    return int(frame.columns.day[-1]) if len(frame.columns) else 0


def is_empty(frame: Frame) -> bool:
    """Whether there is nothing at all to show."""
    return not len(frame.columns) and sites(frame).empty and hazards(frame).empty


def has_people(frame: Frame) -> bool:
    """Whether residents of the units are known, so that rates can be made."""
    return bool(frame.region.units["population"].fillna(0).sum() > 0)


def period_text(frame: Frame, selection: IncidentSelection) -> tuple[str, str]:
    """First and last day of the selection's window as ISO dates; open ends are the data's."""
    if not len(frame.columns):
        return "–", "–"
    first = frame.columns.day[0] if selection.day_from is None else selection.day_from
    last = frame.columns.day[-1] if selection.day_to is None else selection.day_to
    return day_of(first).isoformat(), day_of(last).isoformat()


def facets(frame: Frame, view: View) -> dict[str, dict]:
    """Counts beside the options of every filter."""
    newest = newest_day(frame)
    return _facets(frame, view.selection(newest).to_json(), newest)


def summary(frame: Frame, selection: IncidentSelection) -> Summary:
    """Totals, charts and list of ``selection``."""
    return _summary(frame, selection.to_json())


def sites(frame: Frame) -> gpd.GeoDataFrame:
    """All sites of this data version; shared, not to be changed."""
    return _table(frame, "sites")


def hazards(frame: Frame) -> gpd.GeoDataFrame:
    """All hazards of this data version; shared, not to be changed."""
    return _table(frame, "hazards")


def unit_names(frame: Frame, language: str) -> dict[str, str]:
    """Unit code → name in ``language`` (the Chinese one where there is no other)."""
    units = frame.region.units
    names = units["name"].astype(str)
    if language == "en":
        english = units["name_en"]
        names = english.where(english.notna() & (english.astype(str) != ""), names)
    return {str(code): str(name) for code, name in names.items()}


def latest(frame: Frame, selection: IncidentSelection) -> pd.DataFrame:
    """The newest incidents of ``selection`` as codes, newest first."""
    return latest_rows(frame.columns, rows_of(frame, selection))


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=_BY_VERSION)
def _facets(frame: Frame, selection: str, newest: int) -> dict[str, dict]:
    return count_facets(frame.columns, IncidentSelection.from_json(selection), newest=newest)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=_BY_VERSION)
def _summary(frame: Frame, selection: str) -> Summary:
    columns, chosen = frame.columns, IncidentSelection.from_json(selection)
    rows, earlier = rows_of(frame, chosen), year_before_selection(chosen)
    any_day = rows_of(frame, replace(chosen, day_from=None, day_to=None))
    end = newest_day(frame) if chosen.day_to is None else chosen.day_to
    week, untimed = count_week(columns, rows)
    return Summary(
        selection=chosen,
        now=sum_totals(columns, rows),
        before=None if earlier is None else sum_totals(columns, rows_of(frame, earlier)),
        units=count_units(columns, rows),
        categories=count_categories(columns, rows),
        months=count_months(columns, any_day, end=end),
        week=week,
        untimed=untimed,
    )


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=_BY_VERSION)
def _table(frame: Frame, name: str) -> gpd.GeoDataFrame:
    return getattr(frame.store, name)()


def _flags(universe: Iterable[object], chosen: tuple | None) -> np.ndarray | None:
    if chosen is None:
        return None
    members = set(chosen)
    return np.array([item in members for item in universe], dtype=bool)


def _unit_flags(columns: IncidentColumns, selection: IncidentSelection) -> np.ndarray | None:
    flags = _flags(columns.unit_codes, selection.units)
    return None if flags is None else np.append(flags, False)


def _match_flags(selection: IncidentSelection) -> np.ndarray | None:
    if selection.worst_match is None:
        return None
    return np.arange(len(MATCH_CODES)) <= MATCH_CODES.index(selection.worst_match)


def _named(options: Sequence[object], counts: np.ndarray) -> dict:
    return {option: int(count) for option, count in zip(options, counts, strict=False)}

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
from dashboard.state import PERIODS, View, day_of, period_window, year_before
from geo.selection import IncidentColumns, IncidentSelection, day_number
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
        name: ~flags[values] for name, (values, flags) in facets.items() if flags is not None
    }
    fails = np.zeros(len(columns), dtype=np.uint8)
    for miss in failed.values():
        fails += miss
    window = _window(columns, selection.day_from, selection.day_to)

    def histogram(name: str, size: int) -> np.ndarray:
        values = facets[name][0][window]
        if name == "units":
            values = values + 1
        others = fails[window] - failed[name][window] if name in failed else fails[window]
        if set(failed) - {name}:
            values = values[others == 0]
        return np.bincount(values, minlength=size)

    units = histogram("units", len(columns.unit_codes) + 1)
    matches = np.cumsum(histogram("worst_match", len(MATCH_CODES)))
    running = np.concatenate(([0], np.cumsum(fails == 0))) if failed else None
    periods = {}
    for period in PERIODS[:-1]:
        days = _window(columns, *period_window(period, newest))
        periods[period] = (
            days.stop - days.start
            if running is None
            else int(running[days.stop] - running[days.start])
        )
    return {
        "categories": _named(CATEGORY_CODES, histogram("categories", len(CATEGORY_CODES))),
        "severities": _named(range(len(Severity)), histogram("severities", len(Severity))),
        "hours": _named(range(24), histogram("hours", 256)),
        "weekdays": _named(range(7), histogram("weekdays", 7)),
        "units": _named(columns.unit_codes, units[1:]),
        "worst_match": _named(MATCH_CODES, matches),
        "period": periods,
    }


def sum_totals(columns: IncidentColumns, mask: np.ndarray) -> Totals:
    """Head-line numbers of the rows in ``mask``."""
    units = np.bincount(columns.unit[mask] + 1, minlength=1)[1:]
    return Totals(
        incidents=int(np.count_nonzero(mask)),
        deaths=int(columns.deaths[mask].sum(dtype=np.int64)),
        injured=int(columns.injured[mask].sum(dtype=np.int64)),
        units=int(np.count_nonzero(units)),
        unplaced=int(np.count_nonzero(columns.match[mask] == _UNPLACED)),
    )


def count_months(
    columns: IncidentColumns, selection: IncidentSelection, *, newest: int
) -> pd.DataFrame:
    """Twelve months up to the period's end, and the twelve before, other filters on.

    Returns
    -------
    DataFrame
        ``month`` (first day), ``this_year``, ``previous_year``; 12 rows. The last
        month may be unfinished; the same month a year before is then cut at the
        same day.
    """
    end = selection.day_to if selection.day_to is not None else newest
    last = np.datetime64(day_of(end), "M")
    months = last - np.arange(23, -1, -1)
    first_day = int(months[0].astype("datetime64[D]").astype(np.int64))
    span = replace(selection, day_from=first_day, day_to=end)
    days = columns.day[columns.mask(span)]
    cut_from, cut_to = year_before(day_number(day_of(end).replace(day=1)), end)
    month_end = int((months[12]).astype("datetime64[D]").astype(np.int64))
    days = days[(days <= cut_to) | (days >= month_end)] if cut_from <= cut_to else days
    index = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    counts = np.bincount(index - months[0].astype(np.int64), minlength=24)
    return pd.DataFrame(
        {
            "month": months[12:].astype("datetime64[s]"),
            "this_year": counts[12:24],
            "previous_year": counts[:12],
        }
    )


def count_week(columns: IncidentColumns, mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Incidents by weekday and hour.

    Returns
    -------
    ndarray of shape (7, 24), int
        Counts (Monday first), and how many rows are timed only to the day.
    """
    hour = columns.hour[mask].astype(np.intp)
    timed = hour < 24
    weekday = columns.weekday[mask][timed]
    cells = np.bincount(weekday * np.intp(24) + hour[timed], minlength=168)
    return cells.reshape(7, 24), int(len(hour) - np.count_nonzero(timed))


def count_categories(columns: IncidentColumns, mask: np.ndarray) -> pd.DataFrame:
    """``category, domain, incidents`` of the categories that occur, most frequent first."""
    counts = np.bincount(columns.category[mask], minlength=len(CATEGORY_CODES))
    table = pd.DataFrame(
        {"category": CATEGORY_CODES, "domain": _DOMAINS, "incidents": counts}
    ).query("incidents > 0")
    return table.sort_values("incidents", ascending=False, kind="stable", ignore_index=True)


def count_units(columns: IncidentColumns, mask: np.ndarray) -> pd.Series:
    """Incidents per unit code, every unit of the snapshot, in its order."""
    counts = np.bincount(columns.unit[mask] + 1, minlength=len(columns.unit_codes) + 1)[1:]
    return pd.Series(counts, index=list(columns.unit_codes), name="incidents")


def latest_rows(
    columns: IncidentColumns, mask: np.ndarray, limit: int = LIST_ROWS
) -> pd.DataFrame:
    """The newest ``limit`` rows of ``mask`` as codes, newest first."""
    rows = np.flatnonzero(mask)[-limit:][::-1]
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
    """Everything the atlas says about one selection."""

    now: Totals
    before: Totals | None
    units: pd.Series
    categories: pd.DataFrame
    months: pd.DataFrame
    week: np.ndarray
    untimed: int
    latest: pd.DataFrame


def newest_day(frame: Frame) -> int:
    """The last day with an incident, from which the periods count; 0 in an empty store."""
    return int(frame.columns.day[-1]) if len(frame.columns) else 0


def is_empty(frame: Frame) -> bool:
    """Whether there is nothing at all to show."""
    return not len(frame.columns) and sites(frame).empty and hazards(frame).empty


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


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs=_BY_VERSION)
def _facets(frame: Frame, selection: str, newest: int) -> dict[str, dict]:
    return count_facets(frame.columns, IncidentSelection.from_json(selection), newest=newest)


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs=_BY_VERSION)
def _summary(frame: Frame, selection: str) -> Summary:
    columns, chosen = frame.columns, IncidentSelection.from_json(selection)
    mask, earlier = columns.mask(chosen), year_before_selection(chosen)
    week, untimed = count_week(columns, mask)
    return Summary(
        now=sum_totals(columns, mask),
        before=None if earlier is None else sum_totals(columns, columns.mask(earlier)),
        units=count_units(columns, mask),
        categories=count_categories(columns, mask),
        months=count_months(columns, chosen, newest=newest_day(frame)),
        week=week,
        untimed=untimed,
        latest=latest_rows(columns, mask),
    )


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=_BY_VERSION)
def _table(frame: Frame, name: str) -> gpd.GeoDataFrame:
    return getattr(frame.store, name)()


def _window(columns: IncidentColumns, day_from: int | None, day_to: int | None) -> slice:
    first = 0 if day_from is None else int(np.searchsorted(columns.day, day_from, "left"))
    last = (
        len(columns) if day_to is None else int(np.searchsorted(columns.day, day_to, "right"))
    )
    return slice(first, max(first, last))


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

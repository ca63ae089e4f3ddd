"""The view: what the user has chosen, as one value that lives in the URL.

    address bar  ◄──►  View  ──►  IncidentSelection
                         ▲
                     the widgets

Opening an address restores the view it was copied from. Whatever an address holds
that is unknown or malformed is left out, never an error.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboard.i18n import language
from geo.selection import IncidentSelection, day_number, day_of
from geo.vocabulary import CATEGORY_CODES, MATCH_CODES, Severity

LAYERS: tuple[str, ...] = (
    "accidents",
    "cases",
    "hotspots",
    "sections",
    "spots",
    "mines",
    "units",
    "sites",
    "cameras",
    "posts",
    "villages",
)
PERIODS: tuple[str, ...] = ("day", "week", "month", "year", "last_year", "all", "custom")
PLACE_KINDS: tuple[str, ...] = ("incident", "site", "hazard", "unit", "place")

# Field of View → short name in the address.
_PARAMETERS = {
    "layers": "layers",
    "period": "period",
    "day_from": "from",
    "day_to": "to",
    "categories": "kind",
    "severities": "severity",
    "hours": "hour",
    "weekdays": "weekday",
    "units": "unit",
    "worst_match": "match",
    "place": "at",
}


@dataclass(frozen=True, kw_only=True)
class View:
    """Everything the atlas shows, apart from the map's own pan and zoom.

    ``None`` in a filter means "all". ``day_from`` and ``day_to`` (days since
    1970-01-01) only count when ``period`` is ``"custom"``. ``place`` is the object
    whose record is open, such as ``"incident:12"``.
    """

    layers: tuple[str, ...] = ("accidents", "hotspots", "sections", "mines")
    period: str = "year"
    day_from: int | None = None
    day_to: int | None = None
    categories: tuple[str, ...] | None = None
    severities: tuple[int, ...] | None = None
    hours: tuple[int, ...] | None = None
    weekdays: tuple[int, ...] | None = None
    units: tuple[str, ...] | None = None
    worst_match: str | None = None
    place: str | None = None

    def selection(self, newest: int) -> IncidentSelection:
        """The incidents meant, when ``newest`` is the last day with data."""
        day_from, day_to = self.window(newest)
        return IncidentSelection(
            categories=self.categories,
            severities=self.severities,
            hours=self.hours,
            weekdays=self.weekdays,
            units=self.units,
            worst_match=self.worst_match,
            day_from=day_from,
            day_to=day_to,
        )

    def window(self, newest: int) -> tuple[int | None, int | None]:
        """First and last day of the period, inclusive; ``None`` is open."""
        if self.period == "custom":
            return self.day_from, self.day_to
        return period_window(self.period, newest)

    def changed(self, **values: Any) -> View:
        """This view with some fields replaced, cleaned like an address."""
        return View(**_clean({**_values(self), **values}))

    def to_params(self) -> dict[str, str]:
        """The shortest address parameters that give this view back."""
        base, params = View(), {}
        for name, parameter in _PARAMETERS.items():
            value = getattr(self, name)
            if value == getattr(base, name):
                continue
            if name in {"day_from", "day_to"}:
                params[parameter] = day_of(value).isoformat()
            elif isinstance(value, tuple):
                params[parameter] = ",".join(map(str, value))
            else:
                params[parameter] = str(value)
        return params

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> View:
        """The view an address describes; what cannot be understood is left out."""
        values: dict[str, Any] = {}
        for name, parameter in _PARAMETERS.items():
            if parameter not in params:
                continue
            text = params[parameter]
            is_list = name in {
                "layers",
                "categories",
                "severities",
                "hours",
                "weekdays",
                "units",
            }
            values[name] = [part for part in text.split(",") if part] if is_list else text
        return cls(**_clean(values))


def period_window(period: str, newest: int) -> tuple[int | None, int | None]:
    """Day window of a preset, counted from the newest day that has data.

    Calendar presets end on the newest day, so that a comparison with the year
    before always compares equally long windows.
    """
    if period == "all":
        return None, None
    last = day_of(newest)
    first = {
        "day": last,
        "week": last - timedelta(days=6),
        "month": last.replace(day=1),
        "year": last.replace(month=1, day=1),
        "last_year": last.replace(month=1, day=1),
    }[period]
    window = day_number(first), newest
    return year_before(*window) if period == "last_year" else window


def year_before(day_from: int, day_to: int) -> tuple[int, int]:
    """The same calendar window one year earlier (29 February becomes the 28th)."""
    return day_number(_year_earlier(day_of(day_from))), day_number(
        _year_earlier(day_of(day_to))
    )


def current_view() -> View:
    """The session's view, read from the address when the session is new."""
    if "view" not in st.session_state:
        st.session_state["view"] = View.from_params(st.query_params)
    return st.session_state["view"]


def set_view(view: View) -> None:
    """Make ``view`` the session's; the filter panel takes it over at its next drawing."""
    st.session_state["view"] = view
    st.session_state["view_epoch"] = view_epoch() + 1


def view_epoch() -> int:
    """Changes whenever the view was set by anything but the filter panel itself."""
    return st.session_state.get("view_epoch", 0)


def change_view(**values: Any) -> None:
    """Replace some fields of the session's view without disturbing the filter panel."""
    st.session_state["view"] = current_view().changed(**values)


def write_address(view: View, more: Mapping[str, str] | None = None) -> None:
    """Put the view, ``more`` of the page's own and the language into the address bar."""
    wanted = view.to_params() | dict(more or {}) | {"lang": language()}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def _year_earlier(day: date) -> date:
    if day.month == 2 and day.day == 29 and not isleap(day.year - 1):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


def _values(view: View) -> dict[str, Any]:
    return {field.name: getattr(view, field.name) for field in fields(view)}


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    """Known and well-formed values only, each in its canonical form."""
    base = View.__dataclass_fields__
    cleaned = {
        "layers": _choice(values.get("layers"), LAYERS, keep_empty=True),
        "period": _one(values.get("period"), PERIODS),
        "categories": _choice(values.get("categories"), CATEGORY_CODES),
        "severities": _choice(values.get("severities"), tuple(int(s) for s in Severity)),
        "hours": _choice(values.get("hours"), tuple(range(24))),
        "weekdays": _choice(values.get("weekdays"), tuple(range(7))),
        "units": _texts(values.get("units")),
        "worst_match": _one(values.get("worst_match"), MATCH_CODES),
        "place": _place(values.get("place")),
        "day_from": _day(values.get("day_from")),
        "day_to": _day(values.get("day_to")),
    }
    return {
        name: base[name].default if value is None else value for name, value in cleaned.items()
    }


def _choice(
    chosen: Any, universe: tuple[Any, ...], *, keep_empty: bool = False
) -> tuple[Any, ...] | None:
    if chosen is None:
        return None
    texts = {str(item) for item in chosen}
    kept = tuple(item for item in universe if str(item) in texts)
    return kept if kept or keep_empty else None


def _texts(chosen: Any) -> tuple[str, ...] | None:
    kept = tuple(sorted({str(item)[:64] for item in chosen or ()}))[:500]
    return kept or None


def _one(chosen: Any, universe: tuple[str, ...]) -> str | None:
    return str(chosen) if chosen is not None and str(chosen) in universe else None


def _place(text: Any) -> str | None:
    kind, _, code = str(text or "").partition(":")
    return f"{kind}:{code[:64]}" if kind in PLACE_KINDS and code else None


def _day(value: Any) -> int | None:
    if value is None or isinstance(value, int):
        return value
    try:
        return day_number(date.fromisoformat(str(value)))
    except ValueError:
        return None


def focus_unit(unit_code: str) -> None:
    """Show one unit only."""
    set_view(replace(current_view(), units=(unit_code,)))

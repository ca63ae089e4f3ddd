"""What the road page shows, as one value that lives in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import streamlit as st

from geo.selection import day_number
from geo.vocabulary import HAZARD_GRADES, HAZARD_STATUSES

YEARS: tuple[int, ...] = (1, 3, 5)
# Why a stretch is on the list: a rule, the statistics, the ledger.
KINDS: tuple[str, ...] = ("rule", "risk", "ledger")
# Not in the ledger yet, then as a hazard goes through it.
NEW = "new"
LIFE: tuple[str, ...] = (
    "found",
    "relapsed",
    "verified",
    "listed",
    "planned",
    "treating",
    "submitted",
    "accepted",
    "closed",
    "monitoring",
    "merged",
    "rejected",
)
STATES: tuple[str, ...] = (NEW, *LIFE)
PROTECTION_GRADES: tuple[str, ...] = (
    *("A", "A1", "A2", "A3", "B", "B1", "B2", "B3", "B4", "C", "D"),
)
GRADES: tuple[str, ...] = (*HAZARD_GRADES, *PROTECTION_GRADES)
COLOURINGS: tuple[str, ...] = ("rank", "status", "grade")
PANELS: tuple[str, ...] = ("sheet", "units")

_LISTS: dict[str, tuple[str, ...]] = {"kinds": KINDS, "states": STATES, "grades": GRADES}
_ONES: dict[str, tuple[Any, ...]] = {"years": YEARS, "colour": COLOURINGS, "panel": PANELS}
_TEXTS = ("route", "unit", "section")
# Field → short name in the address.
_PARAMETERS = {
    "years": "years",
    "until": "until",
    "kinds": "why",
    "states": "state",
    "grades": "grade",
    "route": "route",
    "unit": "unit",
    "colour": "colour",
    "panel": "panel",
    "section": "section",
}
_KEY = "road_view"
_LONGEST = 80

if set(LIFE) != set(HAZARD_STATUSES):
    raise AssertionError("the states of the page are not those of the ledger")


@dataclass(frozen=True, kw_only=True)
class RoadView:
    """Filters, colouring, and what is open; an empty filter means "all".

    ``until`` is the last day of the statistics (days since 1970-01-01), ``None`` the newest with
    data. ``section`` is a ``key`` of :attr:`dashboard.road_queries.Roads.items`.
    """

    years: int = 3
    until: int | None = None
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    route: str = ""
    unit: str = ""
    colour: str = "rank"
    panel: str = "sheet"
    section: str = ""

    def to_params(self) -> dict[str, str]:
        """The shortest address parameters that give this view back."""
        base, params = RoadView(), {}
        for name, parameter in _PARAMETERS.items():
            value = getattr(self, name)
            if value == getattr(base, name):
                continue
            if name == "until":
                params[parameter] = date.fromordinal(_EPOCH + value).isoformat()
            else:
                params[parameter] = ",".join(value) if name in _LISTS else str(value)
        return params

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> RoadView:
        """The view an address describes; what cannot be understood is left out."""
        said = {name: params.get(parameter, "") for name, parameter in _PARAMETERS.items()}
        values: dict[str, Any] = {name: said[name][:_LONGEST] for name in _TEXTS}
        for name, known in _LISTS.items():
            wanted = set(said[name].split(","))
            values[name] = tuple(code for code in known if code in wanted)
        for name, choices in _ONES.items():
            by_text = {str(choice): choice for choice in choices}
            if said[name] in by_text:
                values[name] = by_text[said[name]]
        try:
            values["until"] = day_number(date.fromisoformat(said["until"]))
        except ValueError:
            values["until"] = None
        return cls(**values)


def road_view() -> RoadView:
    """The session's road view, read from the address when the session is new."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = RoadView.from_params(st.query_params)
    return st.session_state[_KEY]


def change_roads(**values: Any) -> None:
    """Replace some fields of the session's road view."""
    st.session_state[_KEY] = replace(road_view(), **values)


def reset_roads() -> None:
    """All filters off; what is open stays open."""
    view = road_view()
    st.session_state[_KEY] = RoadView(
        section=view.section, panel=view.panel, colour=view.colour
    )


def has_filters(view: RoadView) -> bool:
    """Whether any filter narrows the list."""
    kept = {"section", "panel", "colour"}
    base = RoadView()
    return any(
        getattr(view, field.name) != getattr(base, field.name)
        for field in fields(view)
        if field.name not in kept
    )


_EPOCH = date(1970, 1, 1).toordinal()

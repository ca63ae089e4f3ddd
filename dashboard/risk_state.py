"""What the risk page shows, as one value that lives in the URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from data.periods import Period
from geo.errors import SettingsError

PANELS: tuple[str, ...] = (
    "account",
    "parts",
    "trend",
    "weights",
    "sensitivity",
    "exposures",
    "kept",
)

# Field → short name in the address.
_PARAMETERS = {
    "period": "term",
    "base_year": "base",
    "unit": "town",
    "panel": "panel",
    "domain": "domain",
    "result": "result",
}
_KEY = "risk_view"
_CODE = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class RiskView:
    """Period, base year, the open unit, the panel below and the kept result that is open.

    ``None`` is what the data suggest: the newest full year against the first full one, the unit of
    rank 1, the first domain; ``result`` ``None`` is an index made now.
    """

    period: str | None = None
    base_year: int | None = None
    unit: str | None = None
    panel: str = "account"
    domain: str | None = None
    result: int | None = None

    def to_params(self) -> dict[str, str]:
        """The shortest address parameters that give this view back."""
        base = RiskView()
        return {
            parameter: str(getattr(self, name))
            for name, parameter in _PARAMETERS.items()
            if getattr(self, name) != getattr(base, name)
        }

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> RiskView:
        """The view an address describes; what cannot be understood is left out."""
        read = {
            "period": _period,
            "base_year": _year,
            "unit": _code,
            "panel": lambda text: text if text in PANELS else None,
            "domain": _code,
            "result": _number,
        }
        values: dict[str, Any] = {}
        for field in fields(cls):
            value = read[field.name](params.get(_PARAMETERS[field.name], ""))
            if value is not None:
                values[field.name] = value
        return cls(**values)


def risk_view() -> RiskView:
    """The session's risk view, read from the address when the session is new."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = RiskView.from_params(st.query_params)
    return st.session_state[_KEY]


def change_risk(**values: Any) -> None:
    """Replace some fields of the session's risk view."""
    st.session_state[_KEY] = replace(risk_view(), **values)


def _period(text: str) -> str | None:
    try:
        return str(Period.parse(text))
    except SettingsError:
        return None


def _year(text: str) -> int | None:
    return int(text) if re.fullmatch(r"(19|20)\d\d", text) else None


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[1-9]\d{0,8}", text) else None


def _code(text: str) -> str | None:
    return text if _CODE.fullmatch(text) else None

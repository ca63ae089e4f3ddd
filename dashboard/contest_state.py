"""What the contest page shows, as one value that lives in the URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from data.periods import Period
from geo.errors import SettingsError

PANELS: tuple[str, ...] = ("unit", "board", "fund", "petitions", "kept")
_KEY = "contest_view"
_CODE = re.compile(r"[\w.-]{1,64}")
_NUMBER = re.compile(r"[1-9]\d{0,8}")


@dataclass(frozen=True, kw_only=True)
class ContestView:
    """Period, unit, panel and published result.

    ``None`` is what the data suggest: the newest full year, the first unit, a scoreboard made now.
    """

    period: str | None = None
    unit: str | None = None
    panel: str = "unit"
    result: int | None = None

    def to_params(self) -> dict[str, str]:
        """The shortest address parameters that give this view back."""
        params = {
            "term": self.period,
            "town": self.unit,
            "panel": self.panel if self.panel != PANELS[0] else None,
            "result": None if self.result is None else str(self.result),
        }
        return {name: value for name, value in params.items() if value is not None}

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> ContestView:
        """The view an address describes; what cannot be understood is left out."""
        unit, panel, result = (params.get(name, "") for name in ("town", "panel", "result"))
        return cls(
            period=_period(params.get("term", "")),
            unit=unit if _CODE.fullmatch(unit) else None,
            panel=panel if panel in PANELS else PANELS[0],
            result=int(result) if _NUMBER.fullmatch(result) else None,
        )


def contest_view() -> ContestView:
    """The session's view, read from the address when the session is new."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = ContestView.from_params(st.query_params)
    return st.session_state[_KEY]


def change_contest(**values: Any) -> None:
    """Replace some fields of the session's view."""
    st.session_state[_KEY] = replace(contest_view(), **values)


def _period(text: str) -> str | None:
    try:
        period = Period.parse(text)
    except SettingsError:
        return None
    return None if period.length == "month" else str(period)

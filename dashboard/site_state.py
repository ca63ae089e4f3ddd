"""What the page of mines and key sites shows, as one value that lives in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import streamlit as st

from geo.vocabulary import CATEGORIES, Domain

PANELS: tuple[str, ...] = ("mines", "places", "spots", "strength")
SECTORS: tuple[str, ...] = CATEGORIES[Domain.WORK_SAFETY]
_KEY = "site_view"


@dataclass(frozen=True, kw_only=True)
class SiteView:
    """Last day of the account (``None``: the last day of any record), sector (``None``: all), panel."""

    as_of: date | None = None
    sector: str | None = None
    panel: str = "mines"

    def to_params(self) -> dict[str, str]:
        """The shortest address parameters that give this view back."""
        params = {
            "asof": self.as_of.isoformat() if self.as_of else None,
            "sector": self.sector,
            "panel": self.panel if self.panel != PANELS[0] else None,
        }
        return {name: value for name, value in params.items() if value is not None}

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> SiteView:
        """The view an address describes; what cannot be understood is left out."""
        sector, panel = params.get("sector"), params.get("panel")
        return cls(
            as_of=_day(params.get("asof", "")),
            sector=sector if sector in SECTORS else None,
            panel=panel if panel in PANELS else PANELS[0],
        )


def site_view() -> SiteView:
    """The session's view, read from the address when the session is new."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = SiteView.from_params(st.query_params)
    return st.session_state[_KEY]


def change_sites(**values: Any) -> None:
    """Replace some fields of the session's view."""
    st.session_state[_KEY] = replace(site_view(), **values)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

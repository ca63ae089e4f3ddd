"""Which office acts: chosen once, recorded with each step; never a person."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import label, t
from geo.vocabulary import HAZARD_ROLES

_KEY, _KEPT = "road_office", "road_office_kept"


def office() -> str:
    """The office in whose name steps are taken."""
    return st.session_state.get(_KEPT, HAZARD_ROLES[0])


def office_control() -> None:
    """Choose the office."""
    st.selectbox(
        t("roads.office"),
        HAZARD_ROLES,
        index=HAZARD_ROLES.index(office()),
        format_func=lambda code: label("hazard_role", code),
        help=t("roads.office_help"),
        key=_KEY,
        on_change=_take,
    )


def _take() -> None:
    # Kept apart from the widget's own key, which is forgotten on other pages.
    st.session_state[_KEPT] = st.session_state[_KEY]

"""The one door for our own markup; every text put into it has been through ``for_html``."""

from __future__ import annotations

from typing import Literal

import streamlit as st


def show(markup: str, *, width: Literal["stretch", "content"] = "stretch") -> None:
    """Put constant tags around escaped texts onto the page."""
    st.html(markup, width=width)

"""The one door for our own markup: what every page has is built here, and every text escaped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import streamlit as st

from dashboard.escape import for_html


def show(markup: str, *, width: Literal["stretch", "content"] = "stretch") -> None:
    """Put constant tags around texts that have been through ``for_html`` onto the page."""
    st.html(markup, width=width)


def facts(rows: Iterable[tuple[str, str]]) -> None:
    """Names and values in one small line."""
    spans = "".join(
        f"<span>{for_html(name)} <b>{for_html(value)}</b></span>" for name, value in rows
    )
    show(f'<div class="pa-facts">{spans}</div>')


def beware(*words: str, width: Literal["stretch", "content"] = "stretch") -> None:
    """What a reader must beware of, a line each; nothing without words."""
    if words:
        lines = "".join(f"<div>{for_html(word)}</div>" for word in words)
        show(f'<div class="pa-beware">{lines}</div>', width=width)


def card(title: str, said: Iterable[str]) -> None:
    """Plain words beside a picture, the first one the most important."""
    items = "".join(f"<p>{for_html(text)}</p>" for text in said)
    show(f'<div class="pa-card pa-words"><h4>{for_html(title)}</h4>{items}</div>')

"""Scenes of the command wall and whose turn it is."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

from dashboard.components.layers import CRIMES
from dashboard.state import View
from geo.vocabulary import CATEGORIES, CATEGORY_CODES, Domain

EVERY_S = (5, 600)
DEFAULT_EVERY_S = 15


@dataclass(frozen=True)
class Scene:
    """One picture of the wall: its layers, and the categories its numbers count."""

    name: str
    layers: tuple[str, ...]
    categories: tuple[str, ...]

    def view(self) -> View:
        """The scene as a view over the current year."""
        return View(layers=self.layers, categories=self.categories, period="year")


SCENES: tuple[Scene, ...] = (
    Scene("overview", ("units", "sections", "mines", "accidents"), CATEGORY_CODES),
    Scene("traffic", ("accidents", "sections"), CATEGORIES[Domain.TRAFFIC]),
    Scene("crime", ("hotspots", "spots", "posts"), CRIMES),
    Scene("work", ("accidents", "mines", "sites"), CATEGORIES[Domain.WORK_SAFETY]),
)


def interval_s(text: str | None) -> int:
    """Seconds a scene stays, from the ``every`` of the address."""
    low, high = EVERY_S
    return min(max(int(text), low), high) if text and text.isdigit() else DEFAULT_EVERY_S


def scene_on_turn(every_s: int) -> int:
    """Index of the scene to show; moves on when its time is over and nobody paused it."""
    _, since = st.session_state.setdefault("wall_turn", (0, time.monotonic()))
    # A timed rerun may come a little early.
    if not is_paused() and time.monotonic() - since > every_s - 1:
        next_scene()
    return st.session_state["wall_turn"][0]


def next_scene() -> None:
    """Move on at once."""
    index, _ = st.session_state.get("wall_turn", (0, 0.0))
    st.session_state["wall_turn"] = ((index + 1) % len(SCENES), time.monotonic())


def is_paused() -> bool:
    """Whether the rotation stands still."""
    return bool(st.session_state.get("wall_paused"))


def toggle_pause() -> None:
    """Stop the rotation, or let it go on with a full turn for the scene shown."""
    index, _ = st.session_state["wall_turn"]
    st.session_state["wall_turn"] = (index, time.monotonic())
    st.session_state["wall_paused"] = not is_paused()

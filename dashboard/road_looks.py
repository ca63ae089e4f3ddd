"""How stretches of road are coloured: by rank, by state in the ledger, by grade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard.i18n import label, t
from dashboard.palette import (
    BLUE,
    GRADE_COLOURS,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    STATUS_COLOURS,
    VERMILION,
    YELLOW,
)
from dashboard.road_state import LIFE, NEW, PROTECTION_GRADES
from geo.vocabulary import HAZARD_GRADES

# Upper ranks of the classes; reds that darken evenly (ColorBrewer, Brewer 2003).
RANKS: tuple[tuple[int, str], ...] = ((10, "#67000D"), (20, "#CB181D"), (30, "#FB6A4A"))
_BY_RULE, _BY_LEDGER = "#F2B880", "#7F93AD"
_NEW = "#1C2636"
# Of the protection programme: A is the most pressing.
_PROTECTION = {"A": VERMILION, "B": ORANGE, "C": YELLOW, "D": SKY}
SEVERITY_COLOURS = {"fatal": "#8E0152", "injury": ORANGE, "damage": "#B9C5D4"}
LINE, PEERS, WORKS = BLUE, "#5A6778", GREEN


def rank_colour(item: Mapping[str, Any]) -> str:
    """Colour of a rank; of the reason where there is none among the best."""
    if pd.notna(item["rank"]) and item["is_risky"]:
        for upper, colour in RANKS:
            if item["rank"] <= upper:
                return colour
    return _BY_RULE if len(item["rules"]) else _BY_LEDGER


def status_colour(status: str) -> str:
    """Colour of a state; nearly black outside the ledger."""
    return _NEW if status == NEW else STATUS_COLOURS.get(status, GREY)


def grade_colour(item: Mapping[str, Any]) -> str:
    """Colour of the protection grade, else of the hazard's own grade."""
    if item["protection_grade"]:
        return _PROTECTION.get(str(item["protection_grade"])[0], GREY)
    return GRADE_COLOURS.get(item["grade"], GREY)


def colours(items: pd.DataFrame) -> dict[str, list[str]]:
    """Way of colouring → colour of each stretch."""
    rows = items.drop(columns="geometry").to_dict("records")
    return {
        "rank": [rank_colour(row) for row in rows],
        "status": [status_colour(row["status"]) for row in rows],
        "grade": [grade_colour(row) for row in rows],
    }


def classes(items: pd.DataFrame, colour: str) -> list[tuple[str, str]]:
    """Colour and word of each class that occurs among ``items``, the most pressing first."""
    seen = set(colours(items)[colour]) if len(items) else set()
    words: dict[str, list[str]] = {}
    for tint, word in _legend(items, colour):
        if tint in seen and word not in words.setdefault(tint, []):
            words[tint].append(word)
    return [(tint, " / ".join(names)) for tint, names in words.items() if names]


def _legend(items: pd.DataFrame, colour: str) -> list[tuple[str, str]]:
    if colour == "rank":
        lower = [1, *(upper + 1 for upper, _ in RANKS)]
        ranks = [
            (tint, t("roads.ranks", low=low, high=upper))
            for low, (upper, tint) in zip(lower, RANKS, strict=False)
        ]
        return [*ranks, (_BY_RULE, t("roads.by_rule")), (_BY_LEDGER, t("roads.by_ledger"))]
    if colour == "status":
        present = set(items["status"])
        states = [(STATUS_COLOURS[s], label("hazard_status", s)) for s in LIFE if s in present]
        return [(_NEW, t("roads.new")), *states]
    own, given = set(items["protection_grade"]), set(items["grade"])
    grades = [(_PROTECTION[g[0]], g) for g in PROTECTION_GRADES if g in own]
    grades += [
        (GRADE_COLOURS[g], label("hazard_grade", g)) for g in HAZARD_GRADES if g in given
    ]
    return [*grades, (GREY, t("roads.no_grade"))]

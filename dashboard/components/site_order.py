"""Disorder spots and patrol teams of townships, spells without a crime, homicides of the whole city."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.components.site_tables import (
    NOTHING,
    chip,
    number,
    percent,
    show_tiles,
    table,
    text,
    tile,
)
from dashboard.frame import Frame
from dashboard.i18n import label, language, t
from dashboard.queries import unit_names
from dashboard.site_queries import Order
from data.derived.order_spots import SpotBoard

_OUTCOMES = {
    "relapse": "red",
    "no_plan": "red",
    "no_post": "red",
    "propose_listing": "orange",
    "extend": "orange",
    "in_treatment": "yellow",
    "watched": "yellow",
    "passed": "green",
    "stable": "green",
}


def spots_panel(frame: Frame, found: SpotBoard) -> None:
    """The register, the most urgent first, with the ratio and its interval."""
    spots, names = (
        pd.DataFrame(found.spots.drop(columns="geometry")),
        unit_names(frame, language()),
    )
    if spots.empty:
        st.info(t("sites.no_spots"))
        return
    counts = spots["outcome"].value_counts()
    show_tiles(
        tile(label("spot_outcome", code), f"{counts[code]:,}",
             t("sites.of_spots", number=len(spots)), is_alarm=colour == "red")
        for code, colour in _OUTCOMES.items()
        if code in counts
    )  # fmt: skip
    rank = {code: at for at, code in enumerate(_OUTCOMES)}
    spots = spots.assign(order=spots["outcome"].map(rank)).sort_values("order", kind="stable")
    table(
        t("sites.spots"),
        [t("sites.finding"), t("site.name"), t("site.unit"), t("site.status"), t("sites.due"),
         t("sites.before"), t("sites.after"), t("sites.ratio"), t("sites.clear")],
        [
            [
                chip(label("spot_outcome", spot["outcome"]), _OUTCOMES[spot["outcome"]]),
                text(spot["name"]),
                text(names.get(str(spot["unit_code"]), "")),
                text(label("hazard_status", spot["status"])),
                text(f"{spot['due_on']:%Y-%m-%d}" if pd.notna(spot["due_on"]) else ""),
                text(_count(spot["before"], spot["days_before"])),
                text(_count(spot["after"], spot["days_after"])),
                text(_ratio(spot)),
                text(_clear(spot)),
            ]
            for _, spot in spots.iterrows()
        ],
        numbers=(5, 6, 7),
        height_px=520,
    )  # fmt: skip
    st.caption(t("sites.spots_help"))


def strength_panel(frame: Frame, found: Order) -> None:
    """Teams against their bands, spells by township, and homicides of the city alone."""
    teams, names = found.teams.teams, unit_names(frame, language())
    known = int(teams["headcount"].notna().sum())
    short = int((teams["result"] == "short").sum())
    show_tiles(
        [
            tile(t("sites.heads"), number(found.teams.total) if known else NOTHING,
                 t("sites.heads_band", least=number(found.teams.least),
                   most=number(found.teams.most), known=known, teams=len(teams))),
            tile(t("sites.short"), f"{short:,}" if known else NOTHING,
                 t("sites.weakened", number=int(teams["is_weakened"].sum())),
                 is_alarm=short > 0),
            tile(t("sites.homicides", year=found.period),
                 label("homicides", str(found.homicides)),
                 t("sites.homicide_words", occurred=found.occurred, solved=found.solved),
                 is_alarm=str(found.homicides) == "not_all_solved"),
        ]
    )  # fmt: skip
    left, right = st.columns(2, gap="small")
    with left:
        table(
            t("sites.teams", period=found.teams.period),
            [t("sites.result"), t("site.unit"), t("sites.headcount"), t("sites.quarter_before"),
             t("sites.missing")],
            [
                [
                    chip(label("strength", team["result"]), team["colour"]),
                    text(names.get(str(team["unit_code"]), "")
                         if isinstance(team["unit_code"], str) else t("sites.brigade")),
                    text(number(team["headcount"])),
                    text(number(team["before"]) + (" ↓" if team["is_weakened"] else "")),
                    text(number(team["missing"])),
                ]
                for _, team in teams.iterrows()
            ],
            numbers=(2, 3, 4),
            height_px=520,
        )  # fmt: skip
        st.caption(t("sites.teams_help"))
    with right:
        spells = found.streaks.sort_values("streak_days", ascending=False, kind="stable")
        table(
            t("sites.streaks"),
            [t("site.unit"), t("sites.streak_days"), t("sites.ten_days"), t("sites.chance")],
            [
                [text(names.get(str(code), code)), text(number(row["streak_days"])),
                 text(number(row["streak_ten_days"])), text(percent(row["chance"]))]
                for code, row in spells.iterrows()
            ],
            numbers=(1, 2, 3),
            height_px=520,
        )  # fmt: skip
        st.caption(t("sites.streaks_help"))


def _count(events: float, days: float) -> str:
    return (
        NOTHING
        if events != events
        else t("sites.in_days", events=f"{events:.0f}", days=f"{days:.0f}")
    )


def _ratio(spot: pd.Series) -> str:
    if spot["ratio"] != spot["ratio"]:
        return NOTHING
    return f"{spot['ratio']:.2f} [{spot['low']:.2f}–{spot['high']:.2f}]"


def _clear(spot: pd.Series) -> str:
    if spot["ratio"] != spot["ratio"]:
        return t("sites.not_known")
    return t("sites.is_clear") if spot["is_clear"] else t("sites.chance_would_do")

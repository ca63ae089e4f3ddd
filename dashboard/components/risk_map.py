"""The map of grades: colour, letter, and stripes where the colour is not sure."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.components.atlas_map import show_map
from dashboard.components.layers import Drawing
from dashboard.components.risk_words import (
    colon,
    grade_letter,
    grade_word,
    rank_words,
    score_words,
)
from dashboard.frame import Frame
from dashboard.i18n import t
from dashboard.maps.layers import units_layer
from dashboard.maps.legend import Swatch, swatch_legend
from dashboard.maps.offline import clicked
from dashboard.palette import RISK_COLOURS
from dashboard.risk_queries import Risk

OPACITY = 0.72


def draw_grades(frame: Frame, risk: Risk, *, selected: str | None) -> Drawing:
    """Units by the grade to show, and the legend with how many of each."""
    units = risk.units
    coloured = units[units["colour"].notna()]
    notes = {
        str(code): " · ".join(
            [
                grade_word(unit["colour"]),
                rank_words(unit, risk.ranked),
                t("risk.index") + colon() + score_words(unit),
                *(
                    [t("risk.unsure", share=f"{unit['p_shown']:.0%}")]
                    if unit["is_hatched"]
                    else []
                ),
            ]
        )
        for code, unit in coloured.iterrows()
    }
    layer = units_layer(
        frame,
        {str(code): RISK_COLOURS[grade] for code, grade in coloured["colour"].items()},
        notes=notes,
        signs={str(code): grade_letter(grade) for code, grade in coloured["colour"].items()},
        hatched=[str(code) for code in coloured.index[coloured["is_hatched"]]],
        selected=selected,
        opacity=OPACITY,
    )
    counts = coloured["colour"].value_counts()
    yellow, orange, red = risk.run.definition.cuts
    spans = {
        "red": f"≥ {red:g}",
        "orange": f"{orange:g}–{red:g}",
        "yellow": f"{yellow:g}–{orange:g}",
        "blue": f"< {yellow:g}",
    }
    swatches = [
        Swatch(
            colour=colour,
            shape="square",
            label=t(
                "risk.legend_count",
                name=f"{grade_word(grade)} {spans.get(grade, '')}".strip(),
                count=counts.get(grade, 0),
            ),
            opacity=OPACITY,
        )
        for grade, colour in RISK_COLOURS.items()
        if grade in spans or grade in counts
    ]
    if coloured["is_hatched"].any():
        swatches.append(
            Swatch(colour="#66748A", shape="square hatched", label=t("risk.hatched"))
        )
    return Drawing([layer], [swatch_legend(t("risk.grades"), swatches)] if swatches else [])


def grade_map(
    frame: Frame, drawing: Drawing, *, key: str, height_px: int, choose: Callable[[str], None]
) -> None:
    """Draw the map; a new click on a unit calls ``choose`` with its code and reruns."""
    result = show_map(frame, drawing, key=key, theme="light", height_px=height_px)
    click, last = clicked(result), f"{key}_click"
    if click != st.session_state.get(last):
        st.session_state[last] = click
        if click is not None and click.kind == "unit":
            choose(click.key)
            st.rerun(scope="fragment")

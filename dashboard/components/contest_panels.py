"""Below the scoreboard: one unit's lines, measures and vetoes, the fund, petitions, published results."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.components import markup
from dashboard.components.contest_board import ranked
from dashboard.components.risk_words import period_words
from dashboard.components.site_tables import (
    chip,
    number,
    percent,
    show_tiles,
    table,
    text,
    tile,
)
from dashboard.contest_queries import (
    VILLAGES,
    kept_contests_of,
    measure_names,
    outlook,
    prize_of,
)
from dashboard.contest_state import PANELS, ContestView, change_contest
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, language, t
from dashboard.queries import unit_names
from data.derived.contest import ContestRun
from data.derived.ladders import PETITIONS, LadderSettings
from geo.contest import HUNDREDTHS

_COLOURS = {
    "full": "blue",
    "clear": "green",
    "deducted": "orange",
    "not_judged": "grey",
    "floor": "grey",
}
MOST_VILLAGES = 2000
VILLAGES_AT_FIRST = 300


def contest_panels(frame: Frame, view: ContestView, run: ContestRun) -> None:
    """The choice of panel, and the panel."""
    st.segmented_control(
        t("contest.panel"),
        PANELS,
        format_func=lambda name: label("contest_panel", name),
        default=view.panel,
        required=True,
        key="contest_panel",
        on_change=lambda: change_contest(panel=st.session_state["contest_panel"]),
        label_visibility="collapsed",
    )
    _PANELS[view.panel](frame, view, run)


def _unit(frame: Frame, view: ContestView, run: ContestRun) -> None:
    names, codes = unit_names(frame, language()), [str(each) for each in ranked(run).index]
    code = view.unit if view.unit in codes else codes[0]
    st.selectbox(
        t("contest.name"),
        codes,
        index=codes.index(code),
        format_func=lambda each: names.get(each, each),
        key="contest_unit",
        on_change=lambda: change_contest(unit=st.session_state["contest_unit"]),
        width=260,
        label_visibility="collapsed",
    )
    lines, total = run.explained(code), run.totals.loc[code]
    vetoes = run.vetoes[run.vetoes["unit"] == code]
    names_of = vetoes["name_zh" if language() == "zh" else "name_en"]
    said = t(
        "contest.unit",
        unit=names.get(code, code),
        score=f"{total['score']:.2f}",
        award=label("award", total["award"]),
    )
    markup.show(f'<div class="pa-verdict">{for_html(said)}</div>')
    markup.beware(*(t("contest.vetoed_by", name=name) for name in names_of))
    table(
        t("contest.lines"),
        [t("contest.item"), t("contest.status"), t("contest.value"), t("contest.reference"),
         t("contest.times"), t("contest.marks"), t("contest.source")],
        [
            [
                text(line["name_zh" if language() == "zh" else "name_en"]),
                chip(label("contest_status", line["status"]), _COLOURS[line["status"]]),
                text(number(line["value"], 2)),
                text(number(line["reference"], 2)),
                text(number(line["times"])),
                text(f"{line['hundredths'] / HUNDREDTHS:+.2f}"),
                text(line["source"]),
            ]
            for _, line in lines.iterrows()
        ],
        numbers=(2, 3, 4, 5),
        foot=[text(t("risk.sum")), "", "", "", "",
              text(f"{lines['hundredths'].sum() / HUNDREDTHS:.2f}"), ""],
        height_px=560,
    )  # fmt: skip


def _board(frame: Frame, _: ContestView, run: ContestRun) -> None:
    names, towns = measure_names(run.definition), unit_names(frame, language())
    left, right = st.columns(2, gap="small")
    with left:
        table(
            t("contest.sheet_measures"),
            [t("contest.measure"), t("contest.recorded"), t("contest.from"), t("contest.known")],
            [
                [
                    text(names.get(row["measure"], row["measure"])),
                    chip(t("contest.is_recorded"), "green")
                    if row["is_recorded"]
                    else chip(t("contest.is_missing"), "grey"),
                    text(label("contest_source", row["source"]) if row["source"] else ""),
                    text(number(row["known"])),
                ]
                for _, row in run.measures.iterrows()
            ],
            numbers=(3,),
        )  # fmt: skip
    with right:
        if run.vetoes.empty:
            st.info(t("contest.no_veto"))
            return
        named = "name_zh" if language() == "zh" else "name_en"
        table(
            t("contest.sheet_vetoes"),
            [t("contest.name"), t("contest.veto"), t("contest.times")],
            [
                [text(towns.get(str(row["unit"]), row["unit"])), chip(row[named], "red"),
                 text(number(row["times"]))]
                for _, row in run.vetoes.iterrows()
            ],
            numbers=(2,),
        )  # fmt: skip


def _fund(_: Frame, __: ContestView, run: ContestRun) -> None:
    prize = prize_of(run.definition, VILLAGES)
    if prize is None:
        st.info(t("contest.no_villages"))
        return
    left, right, _rest = st.columns([1, 1, 2], gap="medium")
    count = left.slider(
        t("contest.villages"), 0, MOST_VILLAGES, VILLAGES_AT_FIRST, 1, key="contest_villages"
    )
    paid = right.number_input(
        t("contest.prize"), 1, run.definition.pot_yuan, prize, 500, key="contest_prize"
    )
    tried, affordable = outlook(run, int(count), int(paid))
    over = int(tried["over_yuan"])
    show_tiles(
        [
            tile(t("contest.pot"), number(run.definition.pot_yuan), t("contest.yuan")),
            tile(t("contest.claimed"), number(tried["claimed_yuan"]), t("contest.yuan")),
            tile(t("contest.over"), number(over),
                 t("contest.is_over") if over else t("contest.is_covered"), is_alarm=over > 0),
            tile(t("contest.pro_rata"), percent(tried["share"]),
                 t("contest.each_gets", yuan=number(int(paid * tried["share"])))),
            tile(t("contest.in_full"), number(affordable), t("contest.in_full_words")),
        ]
    )  # fmt: skip
    st.caption(t("contest.fund_help"))


def _petitions(_: Frame, __: ContestView, ___: ContestRun) -> None:
    settings = LadderSettings.of(PETITIONS)
    st.markdown(
        f"**{t('contest.ladder_on') if settings.is_enabled else t('contest.ladder_off')}**"
    )
    st.write(t("contest.ladder_reason"))
    st.caption(t("contest.ladder_rules"))


def _kept(frame: Frame, _: ContestView, __: ContestRun) -> None:
    kept = kept_contests_of(frame)
    if kept.empty:
        st.info(t("contest.none_kept"))
        st.code("pingan contest run --period 2012 --publish", language="bash")
        return
    made: pd.Series = kept["published_at"].dt.tz_convert(frame.region.timezone)
    for number_, row in kept.iterrows():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                t("risk.number", number=number_),
                on_click=change_contest,
                kwargs={"result": int(number_)},
                key=f"contest_open_{number_}",
            )
            st.write(
                " · ".join(
                    [
                        period_words(row["period"]),
                        f"{row['definition_id']} v{row['definition_version']}",
                        row["digest"][:12],
                        row["data_version"],
                        f"{made[number_]:%Y-%m-%d %H:%M}",
                        *([t("mark.demo")] if row["is_demo"] else []),
                    ]
                )
            )


_PANELS: dict[str, Callable[[Frame, ContestView, ContestRun], None]] = {
    "unit": _unit,
    "board": _board,
    "fund": _fund,
    "petitions": _petitions,
    "kept": _kept,
}

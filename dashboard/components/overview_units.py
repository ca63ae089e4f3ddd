"""Every unit on one line: grade and rank, incidents against the year before, spell without a crime."""

from __future__ import annotations

import pandas as pd

from dashboard.components import markup
from dashboard.components.overview_tiles import short_change
from dashboard.components.risk_words import NOTHING, grade_chip, rank_span
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import language, t
from dashboard.overview_queries import Overview
from dashboard.queries import unit_names
from dashboard.risk_queries import Risk

MOST_UNITS = 100
HEIGHT_PX = 500


def overview_units(
    frame: Frame, numbers: Overview, risk: Risk | None, *, selected: str | None
) -> None:
    """The table, by rank where there is an index, else by incidents."""
    names = unit_names(frame, language())
    units = numbers.units.sort_values("current", ascending=False, kind="stable")
    if risk is not None:
        order = [code for code in risk.units.index if code in units.index]
        units = units.reindex(order)
    heads = [
        t("risk.rank"),
        t("risk.grade"),
        t("risk.town"),
        t("overview.incidents"),
        t("overview.change"),
        t("kpi.deaths"),
        t("overview.spell"),
    ]
    head = "".join(f"<th>{for_html(text)}</th>" for text in heads)
    body = "".join(
        _row(str(code), row, names, risk, is_open=code == selected)
        for code, row in units.head(MOST_UNITS).iterrows()
    )
    markup.show(
        f'<div class="pa-card overview-units" style="max-height:{HEIGHT_PX}px">'
        f'<table class="pa-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        "</div>"
        f'<div class="pa-facts">{for_html(t("overview.spell_help"))}</div>'
    )


def _row(
    code: str, row: pd.Series, names: dict[str, str], risk: Risk | None, *, is_open: bool
) -> str:
    rank, chip = NOTHING, NOTHING
    if risk is not None:
        unit = risk.units.loc[code]
        if not pd.isna(unit["rank"]):
            rank = f"{int(unit['rank'])} <small>{for_html(rank_span(unit))}</small>"
        chip = grade_chip(unit["colour"], is_hatched=bool(unit["is_hatched"]))
    words, direction = short_change(row)
    spell = for_html(t("overview.days", days=f"{row['streak_days']:,}"))
    if row["streak_days"] and not pd.isna(row["chance"]):
        spell += (
            f" <small>{for_html(t('overview.chance', share=_share(row['chance'])))}</small>"
        )
    cells = (
        rank,
        chip,
        for_html(names.get(code, code)),
        f"{row['current']:,}",
        f'<span class="change {direction}">{for_html(words)}</span>',
        f"{row['deaths']:,}",
        spell,
    )
    css = ' class="open"' if is_open else ""
    return f"<tr{css}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _share(chance: float) -> str:
    return "<1%" if chance < 0.01 else f"{chance:.0%}"

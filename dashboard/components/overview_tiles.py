"""Head-line numbers by the rules of a year-on-year comparison."""

from __future__ import annotations

import pandas as pd

from dashboard.components import markup
from dashboard.escape import for_html
from dashboard.i18n import label, t
from dashboard.overview_queries import TILES, Overview
from geo.comparison import Change


def change_words(row: pd.Series) -> tuple[str, str]:
    """Wording of one comparison and its direction (``"up"``, ``"down"`` or ``""``)."""
    difference = int(row["difference"])
    direction = "up" if difference > 0 else "down" if difference < 0 else ""
    if row["change"] == Change.NEW:
        return t("kpi.yoy_new"), direction
    if row["change"] == Change.COUNTS:
        return t("kpi.yoy_counts", base=f"{row['base']:,}"), direction
    if row["change"] == Change.LEVEL or difference == 0:
        return t("kpi.yoy_flat"), ""
    return t("kpi.yoy_percent", change=f"{row['relative']:+.1%}"), direction


def short_change(row: pd.Series) -> tuple[str, str]:
    """The same under a heading that says what it is compared with."""
    words, direction = change_words(row)
    if row["change"] == Change.PERCENT and row["difference"]:
        return f"{row['relative']:+.0%}", direction
    if row["change"] == Change.NEW:
        return t("overview.new"), direction
    if row["change"] == Change.COUNTS:
        return words, direction
    return t("overview.level"), ""


def overview_tiles(numbers: Overview) -> None:
    """A tile per number, then whether accidents and deaths both fell."""
    tiles = []
    for name in TILES:
        row = numbers.tiles.loc[name]
        words, direction = change_words(row)
        title = label("overview_tile", name)
        tiles.append(_tile(title, f"{row['current']:,}", words, direction))
    tiles.append(_fell(numbers.fell))
    markup.show(f'<div class="pa-kpis six">{"".join(tiles)}</div>')


def _fell(fell: pd.Series) -> str:
    if fell["both_fell"]:
        value, direction = t("overview.both_fell"), "down"
    elif fell["events_fell"] or fell["deaths_fell"]:
        value, direction = t("overview.one_fell"), ""
    else:
        value, direction = t("overview.none_fell"), ""
    words = t(
        "overview.fell_words",
        events=f"{fell['events']:,}",
        events_base=f"{fell['events_base']:,}",
        deaths=f"{fell['deaths']:,}",
        deaths_base=f"{fell['deaths_base']:,}",
    )
    return _tile(t("overview.fell"), value, words, direction)


def _tile(title: str, value: str, words: str, direction: str) -> str:
    return (
        f'<div class="pa-kpi"><div class="name">{for_html(title)}</div>'
        f'<div class="value">{for_html(value)}</div>'
        f'<div class="change {direction}">{for_html(words)}</div></div>'
    )

"""How each responsible unit stands: listed, open, closed, overdue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from dashboard.components import markup
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import language, t
from dashboard.queries import unit_names
from dashboard.road_queries import office_figures


def unit_table(frame: Frame, today: date) -> None:
    """A row per unit, bars for what is open, overdue in words and red."""
    figures = office_figures(frame, today)
    if figures.empty:
        markup.show(f'<div class="pa-card pa-quiet">{for_html(t("units.none"))}</div>')
        return
    names = unit_names(frame, language())
    most = max(int(figures["hazards"].max()), 1)
    rows = []
    for unit, row in figures.iterrows():
        late = int(row["overdue"])
        words = t("units.overdue_count", count=late) if late else t("units.in_time")
        sign = f'<em class="pa-late">● {for_html(words)}</em>' if late else for_html(words)
        share = 100 * int(row["open"]) / most
        done = 100 * int(row["closed"]) / most
        bar = (
            f'<s class="pa-bar"><i style="width:{share:.1f}%"></i>'
            f'<i class="done" style="width:{done:.1f}%"></i></s>'
        )
        cells = "".join(f"<td>{int(row[name]):,}</td>" for name in ("listed", "open", "closed"))
        name = for_html(_name(str(unit), names))
        rows.append(f"<tr><td>{name}</td>{cells}<td>{bar}</td><td>{sign}</td></tr>")
    heads = (
        t("units.unit"),
        t("units.listed"),
        t("units.open"),
        t("units.closed"),
        t("units.bar"),
        t("units.overdue"),
    )
    head = "".join(f"<th>{for_html(name)}</th>" for name in heads)
    caption = for_html(t("units.caption", day=today.isoformat()))
    markup.show(
        f'<div class="pa-card"><table class="pa-table pa-units"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _name(unit: str, names: Mapping[str, str]) -> str:
    """A responsible unit, or the area of hazards that have none yet."""
    if unit in names:
        return t("units.area", area=names[unit])
    return unit or t("units.unnamed")

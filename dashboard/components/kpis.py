"""Head-line numbers with the change against the same window a year before."""

from __future__ import annotations

from dashboard.components import markup
from dashboard.escape import for_html
from dashboard.i18n import t
from dashboard.queries import Totals

SMALL_BASE = 10


def change_text(now: int, base: int | None) -> tuple[str, str]:
    """Year-on-year wording and its direction (``"up"``, ``"down"`` or ``""``).

    No per cent of nothing, and none of a base below ten: then the counts stand.
    """
    if base is None:
        return t("kpi.no_base"), ""
    direction = "up" if now > base else "down" if now < base else ""
    if now == base:
        return t("kpi.yoy_flat"), ""
    if base == 0:
        return t("kpi.yoy_new"), direction
    if base < SMALL_BASE:
        return t("kpi.yoy_counts", base=f"{base:,}"), direction
    return t("kpi.yoy_percent", change=f"{(now - base) / base:+.1%}"), direction


def kpi_tiles(now: Totals, before: Totals | None, *, css: str = "pa-kpi") -> list[str]:
    """One HTML tile per number."""
    tiles = []
    for name in ("incidents", "deaths", "injured", "units"):
        value = getattr(now, name)
        text, direction = change_text(value, None if before is None else getattr(before, name))
        tiles.append(_tile(css, kpi_name(name), f"{value:,}", text, direction))
    return tiles


def kpi_row(now: Totals, before: Totals | None) -> None:
    """The row above the map."""
    share = now.unplaced / now.incidents if now.incidents else 0.0
    unplaced = _tile("pa-kpi", kpi_name("unplaced"), f"{now.unplaced:,}", f"{share:.1%}", "")
    markup.show(f'<div class="pa-kpis">{"".join([*kpi_tiles(now, before), unplaced])}</div>')


def kpi_name(name: str) -> str:
    """Label of a field of :class:`~dashboard.queries.Totals`."""
    return {
        "incidents": t("kpi.incidents"),
        "deaths": t("kpi.deaths"),
        "injured": t("kpi.injured"),
        "units": t("kpi.units"),
        "unplaced": t("kpi.unplaced"),
    }[name]


def _tile(css: str, name: str, value: str, change: str, direction: str) -> str:
    return (
        f'<div class="{css}"><div class="name">{for_html(name)}</div>'
        f'<div class="value">{for_html(value)}</div>'
        f'<div class="change {direction}">{for_html(change)}</div></div>'
    )

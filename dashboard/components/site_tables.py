"""Tables and tiles of the pages of key sites and the contest, as escaped markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dashboard.components import markup
from dashboard.escape import for_html
from dashboard.palette import RISK_COLOURS, RISK_INK

NOTHING = "–"
COLOURS = {**RISK_COLOURS, "green": "#00805D", "grey": "#66748A"}
_INK = {**RISK_INK, "green": "#FFFFFF", "grey": "#FFFFFF"}
_STYLE = f"""
<style>
{"".join(f".chip.{name} {{ background: {COLOURS[name]}; color: {_INK[name]}; }}" for name in COLOURS)}
.chip {{ display: inline-block; border-radius: 0.25rem; padding: 0 0.45rem; font-weight: 650;
  line-height: 1.5; white-space: nowrap; font-size: 0.8rem; }}
.site-scroll {{ overflow: auto; scrollbar-width: thin; padding-top: 0; }}
.site-scroll th {{ position: sticky; top: 0; background: #fff; padding-top: 0.45rem; }}
.site-scroll :is(th, td) {{ text-align: left; vertical-align: top; }}
.site-scroll :is(th, td).number {{ text-align: right; white-space: nowrap; }}
.site-scroll tfoot td {{ font-weight: 650; border-top: 1.5px solid #8A97A8; }}
.pa-kpi .value.red {{ color: #B3261E; }}
.pa-kpis.auto {{ grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); }}
</style>
"""


def table_style() -> None:
    """Put the style onto the page."""
    markup.show(_STYLE)


def chip(text: str, colour: str) -> str:
    """A word on its colour; the colour never stands alone."""
    return (
        f'<span class="chip {colour if colour in COLOURS else "grey"}">{for_html(text)}</span>'
    )


def tile(name: str, value: str, words: str, *, is_alarm: bool = False) -> str:
    """One number with what it means."""
    css = "value red" if is_alarm else "value"
    return (
        f'<div class="pa-kpi"><div class="name">{for_html(name)}</div>'
        f'<div class="{css}">{for_html(value)}</div>'
        f'<div class="change">{for_html(words)}</div></div>'
    )


def show_tiles(tiles: Iterable[str]) -> None:
    """A row of tiles."""
    markup.show(f'<div class="pa-kpis auto">{"".join(tiles)}</div>')


def table(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Sequence[int] = (),
    foot: Sequence[str] | None = None,
    height_px: int = 460,
) -> None:
    """A scrolling table.

    Parameters
    ----------
    rows
        Cells that are markup already: :func:`text` or :func:`chip`.
    numbers
        Places of the columns that hold numbers.
    """
    css = ['class="number"' if at in numbers else "" for at in range(len(heads))]

    def line(cells: Sequence[str], tag: str) -> str:
        return (
            "<tr>"
            + "".join(
                f"<{tag} {style}>{cell}</{tag}>" for cell, style in zip(cells, css, strict=True)
            )
            + "</tr>"
        )

    head = line([for_html(each) for each in heads], "th")
    body = "".join(line(cells, "td") for cells in rows)
    end = f"<tfoot>{line(foot, 'td')}</tfoot>" if foot else ""
    markup.show(
        f'<div class="pa-card"><h4>{for_html(title)}</h4>'
        f'<div class="site-scroll" style="max-height:{height_px}px"><table class="pa-table">'
        f"<thead>{head}</thead><tbody>{body}</tbody>{end}</table></div></div>"
    )


def text(value: object) -> str:
    """Escaped text; a dash where nothing is known."""
    missing = value is None or value != value or value == ""
    return for_html(NOTHING if missing else value)


def number(value: float, digits: int = 0) -> str:
    """A number as text; a dash where nothing is known."""
    return NOTHING if value != value else f"{value:,.{digits}f}"


def percent(value: float) -> str:
    """A share as text; a dash where nothing is known."""
    return NOTHING if value != value else f"{value:.1%}"

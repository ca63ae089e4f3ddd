"""Legends as escaped HTML for ``st.html``: they print, translate and stay beside the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard import tiles
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.palette import SITE_MARKS, Theme, density_ramp


@dataclass(frozen=True, kw_only=True)
class Swatch:
    """One row: a mark (circle, square, triangle, diamond, cross, star, line) and its word."""

    colour: str
    label: str
    shape: str = "circle"


_SHAPES = {
    "circle": '<circle cx="8" cy="8" r="5.5"/>',
    "square": '<rect x="3" y="3" width="10" height="10"/>',
    "triangle": '<path d="M8 2 14 13H2Z"/>',
    "diamond": '<path d="M8 1.5 14.5 8 8 14.5 1.5 8Z"/>',
    "cross": '<path d="M6 2h4v4h4v4h-4v4H6v-4H2V6h4Z"/>',
    "star": '<path d="M8 1 10 6h5l-4 3.2L12.4 15 8 11.6 3.6 15 5 9.2 1 6h5Z"/>',
    "line": '<rect x="0" y="6" width="16" height="4" rx="2"/>',
}


def swatch_legend(title: str, swatches: Sequence[Swatch], *, note: str = "") -> str:
    """HTML of a titled list of marks."""
    rows = "".join(
        '<span style="display:inline-flex;align-items:center;gap:.3em;margin-right:.9em">'
        f'<svg viewBox="0 0 16 16" width="1em" height="1em" fill="{for_html(item.colour)}" '
        f'aria-hidden="true">{_SHAPES[item.shape]}</svg>{for_html(item.label)}</span>'
        for item in swatches
    )
    return _framed(title, f"<div>{rows}</div>", note)


def site_swatches(kinds: Sequence[str], labels: Mapping[str, str]) -> list[Swatch]:
    """Swatches of site kinds, with the marks the map draws."""
    return [
        Swatch(
            colour=SITE_MARKS[kind][1], shape=SITE_MARKS[kind][0], label=labels.get(kind, kind)
        )
        for kind in kinds
    ]


def heat_legend(
    frame: Frame, theme: Theme, *, bandwidth_m: float, title: str, note: str = ""
) -> str:
    """HTML of the density ramp with its breaks in events per km².

    The breaks are the ones the tiles use: fixed per data version and bandwidth.
    """
    breaks = tiles.heat_breaks(frame, bandwidth_m)
    ramp = density_ramp(theme, 256)
    stops = ",".join(
        f"rgba({r},{g},{b},{a / 255:.2f}) {100 * i / 15:.0f}%"
        for i, (r, g, b, a) in enumerate(ramp[::17].tolist())
    )
    ticks = "".join(f"<span>{for_html(format_density(value))}</span>" for value in breaks)
    bar = (
        f'<div style="height:.7em;border-radius:2px;background:linear-gradient(90deg,{stops})">'
        '</div><div style="display:flex;justify-content:space-between;'
        f'font-variant-numeric:tabular-nums">{ticks}</div>'
    )
    return _framed(title, bar, note)


def format_density(value: float) -> str:
    """Two significant digits without an exponent: 0.38, 3.8, 38, 380, 3,800."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def _framed(title: str, body: str, note: str) -> str:
    small = f'<div style="opacity:.7">{for_html(note)}</div>' if note else ""
    return (
        f'<div class="atlas-legend" style="font-size:.85rem;line-height:1.5">'
        f"<strong>{for_html(title)}</strong>{body}{small}</div>"
    )

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
    opacity: float = 1.0


# Clip paths, because Streamlit's sanitiser takes SVG out of HTML.
_SHAPES = {
    "circle": "circle(46%)",
    "square": "inset(10%)",
    "triangle": "polygon(50% 6%,100% 94%,0 94%)",
    "diamond": "polygon(50% 0,100% 50%,50% 100%,0 50%)",
    "cross": (
        "polygon(35% 0,65% 0,65% 35%,100% 35%,100% 65%,65% 65%,65% 100%,35% 100%,"
        "35% 65%,0 65%,0 35%,35% 35%)"
    ),
    "star": (
        "polygon(50% 0,61% 35%,98% 35%,68% 57%,79% 91%,50% 70%,21% 91%,32% 57%,2% 35%,39% 35%)"
    ),
    "line": "inset(36% 0 36% 0 round 2px)",
}


STYLE = "".join(
    (
        ".atlas-legend{font-size:.85rem;line-height:1.5}",
        ".atlas-legend small{font-size:inherit;opacity:.7;display:block}",
        ".atlas-legend .mark{display:inline-flex;align-items:center;gap:.35em;margin-right:.9em}",
        ".atlas-legend .mark i{width:.95em;height:.95em}",
        *(f".atlas-legend .{name}{{clip-path:{path}}}" for name, path in _SHAPES.items()),
        ".atlas-legend .ramp{height:.7em;border-radius:2px}",
        ".atlas-legend .ticks{display:flex;justify-content:space-between;",
        "font-variant-numeric:tabular-nums}",
    )
)


def swatch_legend(title: str, swatches: Sequence[Swatch], *, note: str = "") -> str:
    """HTML of a titled list of marks, for a page that has :data:`STYLE`."""
    rows = "".join(
        f'<span class="mark"><i class="{item.shape}" style="background:{for_html(item.colour)};'
        f'opacity:{item.opacity}"></i>{for_html(item.label)}</span>'
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
    frame: Frame,
    theme: Theme,
    *,
    bandwidth_m: float,
    title: str,
    note: str = "",
    surface: tiles.Surface | None = None,
) -> str:
    """HTML of the density ramp with its breaks in events per km² (or per people).

    The breaks are the ones the tiles use: fixed per data version, bandwidth and surface.
    """
    breaks = tiles.heat_breaks(frame, bandwidth_m, surface)
    ramp = density_ramp(theme, 256)
    stops = ",".join(f"#{r:02x}{g:02x}{b:02x}{a:02x}" for r, g, b, a in ramp[::17].tolist())
    ticks = "".join(f"<span>{for_html(format_density(value))}</span>" for value in breaks)
    bar = (
        f'<div class="ramp" style="background:linear-gradient(90deg,{stops})"></div>'
        f'<div class="ticks">{ticks}</div>'
    )
    return _framed(title, bar, note)


def format_density(value: float) -> str:
    """Two significant digits without an exponent: 0.38, 3.8, 38, 380, 3,800."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def _framed(title: str, body: str, note: str) -> str:
    small = f"<small>{for_html(note)}</small>" if note else ""
    return f'<div class="atlas-legend"><strong>{for_html(title)}</strong>{body}{small}</div>'

"""Colours: Okabe–Ito for kinds, inferno for density, two map themes.

Okabe and Ito (2008) stays apart under every common colour blindness; inferno (van der
Walt and Smith, 2015, CC0) rises evenly in lightness, so it also reads in grey.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from geo.vocabulary import CATEGORIES, CATEGORY_CODES, DOMAIN_OF, Domain

Theme = Literal["dark", "light"]

ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#999999"
OKABE_ITO = (ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE)

DOMAIN_COLOURS = {Domain.TRAFFIC: SKY, Domain.CRIME: ORANGE, Domain.WORK_SAFETY: PURPLE}

# Shape and colour together, so that a kind never rests on hue alone.
SITE_MARKS: dict[str, tuple[str, str]] = {
    "coal_mine": ("square", VERMILION),
    "noncoal_mine": ("square", ORANGE),
    "school": ("triangle", GREEN),
    "hazchem_site": ("diamond", VERMILION),
    "firework_site": ("diamond", ORANGE),
    "fuel_station": ("diamond", YELLOW),
    "construction_site": ("triangle", ORANGE),
    "market": ("circle", PURPLE),
    "scenic_spot": ("circle", GREEN),
    "reservoir": ("circle", BLUE),
    "camera": ("cross", SKY),
    "patrol_post": ("star", SKY),
    "police_station": ("star", BLUE),
    "other_site": ("circle", GREY),
}
STATUS_COLOURS = {
    "found": VERMILION,
    "planned": ORANGE,
    "treating": YELLOW,
    "listed": PURPLE,
    "accepted": SKY,
    "closed": GREEN,
    "relapsed": VERMILION,
    "verified": VERMILION,
    "submitted": YELLOW,
    "monitoring": GREEN,
    "merged": GREY,
    "rejected": GREY,
}
GRADE_COLOURS = {"major": VERMILION, "considerable": ORANGE, "general": YELLOW, "low": SKY}

# The four colours of risk (红橙黄蓝) as the national warning signs print them. They are always
# written as well: under a colour blindness red and orange come close.
RISK_COLOURS = {
    "red": "#E60012",
    "orange": "#F39800",
    "yellow": "#FFD700",
    "blue": "#0068B7",
    "thin": "#B9C2CE",  # too few events to speak of
}
RISK_INK = {name: "#FFFFFF" if name in {"red", "blue"} else "#1C2636" for name in RISK_COLOURS}

# ColorBrewer's RdBu and its two arms (Brewer 2003): red is much, blue little, and each arm
# darkens evenly, so classes also part in grey and under every colour blindness.
SPOT_COLOURS = {
    "hot_sure": "#B2182B",
    "hot": "#F08A62",
    "cold": "#7DB4D6",
    "cold_sure": "#2166AC",
}
CLUSTER_COLOURS = {
    "high_high": "#B2182B",
    "high_low": ORANGE,
    "low_high": SKY,
    "low_low": "#2166AC",
}
_REDS = (
    "#67000D", "#A50F15", "#CB181D", "#EF3B2C", "#FB6A4A", "#FC9272", "#FCBBA1", "#FEE0D2",
)  # fmt: skip
_BLUES = (
    "#08306B", "#08519C", "#2171B5", "#4292C6", "#6BAED6", "#9ECAE1", "#C6DBEF", "#DEEBF7",
)  # fmt: skip
# From the most to the least pressing, each with a sign of its own.
_EMERGENCE_SIGNS = {
    "new": "★",
    "consecutive": "»",
    "intensifying": "▲",
    "persistent": "■",
    "sporadic": "◇",
    "oscillating": "≈",
    "diminishing": "▼",
    "historical": "○",
}
EMERGENCE_MARKS: dict[str, tuple[str, str]] = {
    f"{name}_{side}": (sign, colour)
    for side, colours in (("hot", _REDS), ("cold", _BLUES))
    for (name, sign), colour in zip(_EMERGENCE_SIGNS.items(), colours, strict=True)
}
# Forecast methods: shape and colour together, as for sites.
METHOD_MARKS: dict[str, tuple[str, str]] = {
    "decided": ("cross", "#1C2636"),
    "blend": ("circle", VERMILION),
    "count_all": ("square", BLUE),
    "count_shift": ("triangle-down", SKY),
    "kde": ("triangle-up", GREEN),
    "count_recent": ("diamond", GREY),
}

# Ten anchors, evenly spaced.
_INFERNO = np.array(
    [
        (0, 0, 4),
        (27, 12, 66),
        (75, 12, 107),
        (120, 28, 109),
        (165, 44, 96),
        (207, 68, 70),
        (237, 105, 37),
        (251, 154, 6),
        (247, 208, 60),
        (252, 255, 164),
    ],
    dtype=float,
)


@dataclass(frozen=True, kw_only=True)
class MapTheme:
    """Colours of the base map."""

    ground: str
    county: str
    border: str
    county_border: str
    road: str
    road_minor: str
    road_casing: str
    text: str
    halo: str
    outline: str  # around point marks

    def as_dict(self) -> dict[str, str]:
        """Field name to colour, for the map script."""
        return asdict(self)


MAP_THEMES: dict[Theme, MapTheme] = {
    "dark": MapTheme(
        ground="#0B1220",
        county="#131C2E",
        border="#3B4A66",
        county_border="#7C8DB0",
        road="#5A6A8A",
        road_minor="#2E3B54",
        road_casing="#0B1220",
        text="#D5DEEF",
        halo="#0B1220",
        outline="#0B1220",
    ),
    "light": MapTheme(
        ground="#EEF1F5",
        county="#FBFCFD",
        border="#B4BECC",
        county_border="#66748A",
        road="#A9B4C4",
        road_minor="#D3DAE3",
        road_casing="#FFFFFF",
        text="#243044",
        halo="#FFFFFF",
        outline="#FFFFFF",
    ),
}


def category_colours(categories: Iterable[str] | None = None) -> dict[str, str]:
    """Colour of every category code when ``categories`` are shown (``None``: all).

    One domain with at most seven categories gets a colour each; otherwise the domain is
    the colour.
    """
    shown = CATEGORY_CODES if categories is None else tuple(categories)
    colours = {code: DOMAIN_COLOURS[DOMAIN_OF[code]] for code in CATEGORY_CODES}
    domains = {DOMAIN_OF[code] for code in shown}
    if len(domains) == 1 and len(shown) <= len(OKABE_ITO):
        in_order = [code for code in CATEGORIES[domains.pop()] if code in set(shown)]
        colours.update(zip(in_order, OKABE_ITO, strict=False))
    return colours


def inferno(position: np.ndarray) -> np.ndarray:
    """(n, 3) uint8 RGB of positions 0–1 on the inferno ramp."""
    at = np.linspace(0.0, 1.0, len(_INFERNO))
    channels = [np.interp(position, at, _INFERNO[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def density_ramp(theme: Theme, levels: int) -> np.ndarray:
    """(levels, 4) uint8 RGBA from "hardly any" to "most", never fading into the ground.

    On dark ground the most is brightest; on light ground the ramp runs backwards. Level 0
    is fully clear.
    """
    position = np.linspace(0.0, 1.0, levels)
    along = 0.15 + 0.85 * position if theme == "dark" else 0.92 - 0.82 * position
    alpha = np.clip(700 * position, 0, 225)
    return np.column_stack([inferno(along), alpha.astype(np.uint8)])


def ramp_hex(theme: Theme, classes: int) -> list[str]:
    """``classes`` opaque colours evenly along the density ramp, least first."""
    ramp = density_ramp(theme, 256)[:, :3]
    at = np.linspace(256 / classes - 1, 255, classes).astype(int)
    return ["#{:02X}{:02X}{:02X}".format(*ramp[i]) for i in at]

"""A folium map that asks nothing of any other host.

The map itself is constant for a region, theme and language, so streamlit-folium keeps one
iframe; what changes travels in a feature group (:func:`dashboard.maps.layers.layer_group`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import branca.colormap
import folium
from branca.element import Element
from folium.elements import JSCSSMixin

from dashboard import assets, basemap
from dashboard.frame import ROOT_FROM_COMPONENT, Frame, signed_url
from dashboard.maps.elements import Setup
from dashboard.palette import MAP_THEMES, Theme

# What st_folium shall return: a click carries the record in ``last_active_drawing``, and
# nothing else (pan, zoom) reruns the fragment.
RETURNED_OBJECTS = ["last_active_drawing"]

_TITLES = {
    "zh": {"zoom_in": "放大", "zoom_out": "缩小", "base": "底图"},
    "en": {"zoom_in": "Zoom in", "zoom_out": "Zoom out", "base": "Base map"},
}
_COUNTS = {
    "zh": "显示 {shown} · 视野内 {view}",
    "en": "{shown} shown · {view} in view",
}


class NotVendoredError(RuntimeError):
    """A map element wants a file from another host; vendor it or leave the element out."""


class OfflineMap(folium.Map):
    """``folium.Map`` on our own Leaflet, without folium's Bootstrap, jQuery and fonts."""

    def __init__(
        self, *, bounds: tuple[float, float, float, float], setup: dict[str, object]
    ) -> None:
        west, south, east, north = bounds
        super().__init__(
            location=((south + north) / 2, (west + east) / 2),
            zoom_start=10,
            tiles=None,
            prefer_canvas=True,
            zoom_control=True,
            maxZoom=19,
        )
        base = ROOT_FROM_COMPONENT
        self.default_js = [(path, base + assets.url(path)) for path in assets.SCRIPTS]
        self.default_css = [(path, base + assets.url(path)) for path in assets.STYLES]
        self.add_child(Setup({"bounds": bounds, **setup}))


@dataclass(frozen=True, kw_only=True)
class Click:
    """What was clicked: ``kind`` is incident, site, hazard, unit or place.

    ``key`` is the record's id (incident, site, hazard) or code (unit, place) as text;
    ``serial`` counts clicks, so clicking one thing twice gives two different values.
    """

    kind: str
    key: str
    serial: int
    lon: float
    lat: float


def base_map(
    frame: Frame,
    theme: Theme,
    language: str,
    *,
    words: Mapping[str, str] | None = None,
    watermark: str | None = None,
    attribution: str = "",
    text_scale: float = 1.0,
    controls: bool = True,
    remember: str | None = None,
) -> OfflineMap:
    """The constant map under all layers: same arguments, same script, same iframe.

    Parameters
    ----------
    language
        ``"zh"`` or ``"en"``.
    words
        Vocabulary code → label, for tooltips drawn in the browser.
    watermark
        Corner text such as 演示数据 or 示意; ``None`` for none.
    attribution
        Source of the base data, plain text.
    text_scale
        1 for a desk, about 2 for a video wall.
    controls
        Zoom buttons and the counter of points shown.
    remember
        Key under which the browser tab keeps the view when the page is left.
    """
    region = frame.region
    template = frame.settings.basemap_url
    base = {
        name: signed_url(frame.signer, "base", region.digest, f"base/{name}.pmtiles", {})
        for name in basemap.sources(frame)
    }
    # A line naming every argument outside the URLs: streamlit-folium's own hash of the
    # script drops whatever follows an underscore, and a changed map must never be missed.
    facts = f"{region.digest}|{theme}|{language}|{watermark}|{text_scale}|{controls}"
    return OfflineMap(
        bounds=region.bounds,
        setup={
            "facts": hashlib.sha256(facts.encode()).hexdigest(),
            "language": language,
            "theme": MAP_THEMES[theme].as_dict(),
            "base": base,
            "tiles": template,
            "titles": _TITLES.get(language, _TITLES["en"]),
            "counts": _COUNTS.get(language, _COUNTS["en"]),
            "words": dict(words or {}),
            "watermark": watermark,
            "attribution": attribution,
            "textScale": text_scale,
            "controls": controls,
            "remember": remember,
        },
    )


def localize(*roots: Element) -> None:
    """Refuse any element below ``roots`` that would load a file from another host.

    Raises
    ------
    NotVendoredError
        Naming the element and its first foreign URL. Colour maps count: the component
        loads d3 from elsewhere for them.
    """
    for root in roots:
        if isinstance(root, branca.colormap.ColorMap):
            raise NotVendoredError("a ColorMap loads d3 from d3js.org; use a Legend")
        if isinstance(root, JSCSSMixin):
            for _, url in (*root.default_js, *root.default_css):
                if url.startswith(("http:", "https:", "//")):
                    raise NotVendoredError(f"{type(root).__name__} loads {url}")
        localize(*getattr(root, "_children", {}).values())


def clicked(result: Mapping[str, object] | None) -> Click | None:
    """The click in what ``st_folium`` returned, if any."""
    drawing = (result or {}).get("last_active_drawing")
    if not isinstance(drawing, dict) or "properties" not in drawing:
        return None
    seen, (lon, lat) = drawing["properties"], drawing["geometry"]["coordinates"]
    return Click(
        kind=str(seen["kind"]),
        key=str(seen["key"]),
        serial=int(seen["serial"]),
        lon=float(lon),
        lat=float(lat),
    )

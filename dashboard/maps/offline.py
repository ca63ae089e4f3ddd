"""A folium map that asks nothing of any other host.

The map itself is constant for a region, theme and language, so streamlit-folium keeps one
iframe; what changes travels in a feature group (:func:`dashboard.maps.layers.layer_group`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import branca.colormap
import folium
from branca.element import Element
from folium.elements import JSCSSMixin
from folium.template import Template

from dashboard import assets, basemap, published
from dashboard.escape import for_script
from dashboard.frame import ROOT_FROM_COMPONENT, Frame, signed_url
from dashboard.palette import DOMAIN_COLOURS, MAP_THEMES, Theme
from geo.vocabulary import CATEGORY_CODES, DOMAIN_OF

# What st_folium shall return: a click carries the record in ``last_active_drawing``, and
# nothing else (pan, zoom) reruns the fragment.
RETURNED_OBJECTS = ["last_active_drawing"]

_ZOOM = 10  # until the script frames the region

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
    """``folium.Map`` on our own Leaflet, without folium's Bootstrap, jQuery, fonts and styles.

    Base map, scale bar, button titles, attribution and watermark are set up by a script of
    their own. It arrives before the map's script runs, which only names it: streamlit-folium
    sends that one with every change, and compares it to see whether the map is another.
    """

    _template = Template(
        "{% macro header(this, kwargs) %}{% endmacro %}"
        "{% macro html(this, kwargs) %}"
        '<div class="folium-map" id="{{ this.get_name() }}" ></div>'
        "{% endmacro %}"
        "{% macro script(this, kwargs) %}"
        'var {{ this.get_name() }} = L.map("{{ this.get_name() }}", {{ this.leaflet }});'
        'Atlas.setup({{ this.get_name() }}, Atlas.setups["{{ this.setup }}"]);'
        "{% endmacro %}"
    )

    def __init__(self, *, frame: Frame, setup: dict[str, object]) -> None:
        west, south, east, north = frame.region.bounds
        centre = ((south + north) / 2, (west + east) / 2)
        super().__init__(location=centre, zoom_start=_ZOOM, tiles=None)
        self.leaflet = for_script(
            {"center": centre, "zoom": _ZOOM, "maxZoom": 19, "preferCanvas": True}
        )
        text = for_script({"bounds": frame.region.bounds, **setup})
        self.setup = published.digest(text)
        script = f'Atlas.setups["{self.setup}"] = {text};'
        base = ROOT_FROM_COMPONENT
        self.default_js = [(path, base + assets.url(path)) for path in assets.SCRIPTS]
        self.default_js.append(("setup", published.publish(frame, script, "js")))
        self.default_css = [(path, base + assets.url(path)) for path in assets.STYLES]


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
    return OfflineMap(
        frame=frame,
        setup={
            "language": language,
            "theme": MAP_THEMES[theme].as_dict(),
            "base": base,
            "tiles": template,
            "titles": _TITLES.get(language, _TITLES["en"]),
            "counts": _COUNTS.get(language, _COUNTS["en"]),
            "words": dict(words or {}),
            "categories": CATEGORY_CODES,
            "colours": [DOMAIN_COLOURS[DOMAIN_OF[code]] for code in CATEGORY_CODES],
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

"""The map's front-end files: our own scripts, and third-party ones put here at set-up.

``python -m dashboard.assets.install`` fills ``vendor/``. All are served below a path that
carries a hash of their content, so a browser may keep them for ever.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

from geo.errors import SettingsError

FOLDER = Path(__file__).parent
SCRIPTS = (
    "vendor/leaflet.js",
    "vendor/protomaps-leaflet.js",
    "js/atlas.js",
    "js/canvas.js",
    "js/points.js",
    "js/marks.js",
    "js/numbers.js",
    "js/shapes.js",
    "js/cells.js",
    "js/sections.js",
    "js/heat.js",
    "js/basemap.js",
)
STYLES = ("vendor/leaflet.css", "css/atlas.css")
BUNDLE = "js/map.js"  # SCRIPTS in one answer: they must run in turn, each waiting for the last
# Outside the map: the filter panel, the list of road sections, the ranking of units.
PANELS = (
    "js/panel.js",
    "js/list.js",
    "js/facets.js",
    "css/facets.css",
    "js/section_list.js",
    "css/section_list.css",
    "js/risk_list.js",
    "css/risk_list.css",
)


@cache
def digest() -> str:
    """Hash of everything served, part of every asset URL.

    Raises
    ------
    SettingsError
        When a file is missing, naming the command that installs it.
    """
    total = hashlib.sha256()
    for path in (*SCRIPTS, *STYLES, *PANELS):
        file = FOLDER / path
        if not file.is_file():
            raise SettingsError(f"{path} is missing; run: python -m dashboard.assets.install")
        total.update(path.encode() + file.read_bytes())
    return total.hexdigest()[:16]


@cache
def bundle() -> bytes:
    """All of ``SCRIPTS``, gzip-compressed."""
    # A script may end without a semicolon or in a comment.
    parts = ((FOLDER / path).read_bytes() for path in SCRIPTS)
    return gzip.compress(b"\n;\n".join(parts), 6, mtime=0)


def url(path: str) -> str:
    """Path of an asset below the server's root."""
    return f"assets/v/{digest()}/{path}"

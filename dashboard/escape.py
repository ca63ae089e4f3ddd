"""Where foreign text is made safe for HTML, Markdown, map scripts and workbook cells."""

from __future__ import annotations

import html
import json
import re
import string
import unicodedata

# Inside folium's script templates a back-tick or ${…} would run even after HTML escaping.
_SCRIPT_SIGNS = str.maketrans(
    {sign: f"&#{ord(sign)};" for sign in "`$\\{}"} | {"\u2028": None, "\u2029": None}
)
_SAFE_JSON = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&`$'"})
_PUNCTUATION = str.maketrans({sign: f"\\{sign}" for sign in string.punctuation})
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)?|\.\d+)([eE][+-]?\d+)?%?")
_FORMULA_STARTS = ("=", "+", "-", "@", "|", "%")


def for_html(text: object) -> str:
    """``text`` as inert HTML, also safe inside a JavaScript string or template literal."""
    return html.escape(str(text), quote=True).translate(_SCRIPT_SIGNS)


def for_markdown(text: object) -> str:
    """``text`` as inert Markdown on one line: no link, picture, formula or heading in it."""
    return " ".join(str(text).split()).translate(_PUNCTUATION)


def for_script(value: object) -> str:
    """``value`` as a JSON literal that cannot leave a ``<script>`` or a string around it."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).translate(_SAFE_JSON)


def for_cell(value: object) -> object:
    """``value`` for a CSV or workbook cell: text that a spreadsheet would run gets a ``'``.

    Numbers, also written as text, pass unchanged; full-width signs are seen through NFKC.
    """
    if not isinstance(value, str):
        return value
    seen = unicodedata.normalize("NFKC", value).lstrip(" \u00a0\u3000")
    if not seen or _NUMBER.fullmatch(seen):
        return value
    return f"'{value}" if seen.startswith((*_FORMULA_STARTS, "\t", "\r", "\n")) else value

"""What a file is: its name's claim checked against its first bytes.

Nothing is parsed here and no foreign library is touched, so a disguise is refused
before anything that could act on it has been loaded.
"""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path

from geo.errors import RefusedFileError, SourceError

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".geojson": "geojson",
    ".json": "json",
    ".topojson": "topojson",
    ".gpkg": "gpkg",
    ".shp": "shapefile",
    ".zip": "zip",
    ".kml": "kml",
}
_SUPPORTED = (
    "csv, tsv, txt (also .gz), xlsx, geojson, topojson, gpkg, kml, shp or a zip of one layer"
)
_MAGIC = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"SQLite format 3\x00": "sqlite",
    b"\x1f\x8b": "gzip",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "ole",
    b"\x00\x00\x27\x0a": "shp",
    b"%PDF": "pdf",
    b"PAR1": "parquet",
    b"Rar!": "rar",
    b"7z\xbc\xaf": "7z",
}
# The content each format must have.
_CONTENT = {
    "csv": {"text", "gzip"},
    "excel": {"zip"},
    "geojson": {"json"},
    "json": {"json"},
    "topojson": {"json"},
    "gpkg": {"sqlite"},
    "shapefile": {"shp"},
    "zip": {"zip"},
    "kml": {"xml"},
}
_HEAD = 65_536
_PARSE_WHOLE = 32 << 20  # JSON up to this size is parsed before GDAL may see it
_JSON_TYPES = {"FeatureCollection": "geojson", "Feature": "geojson", "Topology": "topojson"}
_TYPE = re.compile(r'^\s*\{(?:\s*"(?:[^"\\]|\\.)*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[-\w.+]+)\s*,)*?'
                   r'\s*"type"\s*:\s*"(\w+)"')  # fmt: skip


def detect(path: Path, claimed: str | None = None) -> str:
    """The format of a file: one of :data:`etl.sources.model.FORMATS`, or ``zip``.

    Parameters
    ----------
    path
        A regular file; its last suffix is the claim when ``claimed`` is None.

    Raises
    ------
    SourceError
        ``UNKNOWN_FORMAT`` or ``EMPTY_FILE``.
    RefusedFileError
        ``DISGUISED`` when the content is not what the name claims.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise SourceError("EMPTY_FILE", "the file is empty; export it again")
    found = content(head)
    claim = claimed or _claim(path)
    if claim == "xls":
        raise _old_workbook(found)
    if claim == "shapefile" and found == "zip":
        return "zip"
    if claim not in _CONTENT:
        raise SourceError(
            "UNKNOWN_FORMAT",
            f"format {path.suffix or 'without a suffix'} is not read; use {_SUPPORTED}",
        )
    if found not in _CONTENT[claim]:
        if found == "ole":
            raise _old_workbook(found)
        raise RefusedFileError(
            "DISGUISED",
            f"the name says {claim} but the content is {found}; "
            "export it again in the format its name says",
        )
    if found == "json":
        return _json_format(path, claim, head)
    if found == "xml":
        _check_kml(head)
    return claim


def content(head: bytes) -> str:
    """What the first bytes of a file show: a magic word, ``xml``, ``json`` or ``text``."""
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    text = _decode_head(head).lstrip()
    if text.startswith("<"):
        return "xml"
    if text.startswith("{"):
        return "json"
    return "text"


def _claim(path: Path) -> str | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        inner = _SUFFIXES.get(suffixes[-2]) if len(suffixes) > 1 else None
        return "csv" if inner == "csv" else None
    if suffixes[-1:] == [".xls"]:
        return "xls"
    return _SUFFIXES.get(suffixes[-1]) if suffixes else None


def _old_workbook(found: str) -> SourceError:
    what = {"ole": "an old Excel workbook", "xml": "a web page named as a workbook"}
    return SourceError(
        "UNKNOWN_FORMAT",
        f"this is {what.get(found, f'{found} named as an old workbook')}; "
        "open it in Excel or WPS and save it as .xlsx or CSV UTF-8",
    )


def _decode_head(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head[: len(head) & ~1].decode("utf-16", errors="replace")
    return head.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="replace")


def _json_format(path: Path, claim: str, head: bytes) -> str:
    """``geojson`` or ``topojson`` by the top-level ``type``; anything else is refused."""
    if path.stat().st_size <= _PARSE_WHOLE:
        try:
            document = json.loads(path.read_bytes())
        except UnicodeDecodeError:
            raise SourceError("ENCODING", "the JSON is not UTF-8; export it as UTF-8") from None
        except (ValueError, RecursionError):
            raise SourceError(
                "DAMAGED", "the JSON is cut short or broken; export it again"
            ) from None
        kind = document.get("type")
    else:
        match = _TYPE.match(_decode_head(head))
        kind = match.group(1) if match else None
    format = _JSON_TYPES.get(kind) if isinstance(kind, str) else None
    if format is None or claim not in (format, "json"):
        raise RefusedFileError(
            "DISGUISED",
            "the JSON is no FeatureCollection, Feature or Topology as its name claims; "
            "export it again as GeoJSON",
        )
    return format


def _check_kml(head: bytes) -> None:
    text = _decode_head(head)
    if re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise RefusedFileError(
            "DISGUISED", "the KML declares entities; export it again without"
        )
    root = re.search(r"<(?![?!])\s*([\w:.-]+)", text)
    if root is None or root.group(1).rsplit(":", 1)[-1] != "kml":
        raise RefusedFileError(
            "DISGUISED", "the XML is no KML as its name claims; export it again as KML"
        )

"""The encoding of a shapefile's attribute table (.dbf)."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator
from pathlib import Path

from etl.sources.encoding import CHUNK, LevelOne
from geo.errors import SourceError

_HEADER = struct.Struct("<4xIHH20x")
_NAME_BYTES = 11
_FIELD = struct.Struct("<11sc4xB15x")
# What GIS programs write into .cpg beside plain codec names.
_CPG = {"65001": "utf-8", "936": "gb18030", "54936": "gb18030", "950": "big5"}
_WIDER = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030"}


def dbf_encoding(path: Path, declared: str | None = None) -> str:
    """The codec that decodes every text field of a shapefile.

    Parameters
    ----------
    path
        Any part of the shapefile; ``.dbf`` and ``.cpg`` lie beside it.
    declared
        Codec given by the user, stronger than ``.cpg``. With neither, strict UTF-8 and
        then strict GB18030 are tried.

    Raises
    ------
    SourceError
        ``ENCODING`` when the table does not decode, ``DAMAGED`` when it is broken.
    """
    named = declared or _cpg(path.with_suffix(".cpg"))
    table = path.with_suffix(".dbf")
    for codec in [named] if named else ["utf-8", "gb18030"]:
        if _fits(table, codec, guard=named is None):
            return codec
    raise SourceError(
        "ENCODING",
        f"the attribute table is not valid {named or 'UTF-8 or GB18030'}; name its encoding",
    )


def mend_field_names(path: Path, codec: str) -> None:
    """Cut the half character off field names that the format's ten bytes have split.

    Programs that write UTF-8 do so with Chinese names of four characters; GDAL then
    cannot decode the table's header.

    Parameters
    ----------
    path
        A part of our own copy of the shapefile.
    codec
        As found by :func:`dbf_encoding`.
    """
    with path.with_suffix(".dbf").open("r+b") as file:
        _, header_size, _ = _HEADER.unpack(file.read(_HEADER.size))
        for at in range(_HEADER.size, header_size - _FIELD.size + 1, _FIELD.size):
            file.seek(at)
            stored = file.read(_NAME_BYTES)
            if stored[:1] in (b"\r", b""):
                break
            name = stored.split(b"\0")[0]
            whole = codecs.getincrementaldecoder(codec)("strict").decode(name).encode(codec)
            if whole != name:
                file.seek(at)
                file.write(whole.ljust(_NAME_BYTES, b"\0"))


def _cpg(path: Path) -> str | None:
    if not path.exists():
        return None
    name = path.read_bytes()[:64].decode("ascii", errors="replace").strip().lower()
    name = _CPG.get(name.removeprefix("cp").removeprefix("ansi ").strip(), name)
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        return None
    return _WIDER.get(codec, codec)


def _fits(table: Path, codec: str, *, guard: bool) -> bool:
    """Whether all text fields decode; a character cut by the field's width is no fault."""
    make = codecs.getincrementaldecoder(codec)
    level1 = LevelOne()
    for values in _text_fields(table):
        raw = b"\n".join(values)
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            try:
                text = "".join(make("strict").decode(value) for value in values)
            except UnicodeDecodeError:
                return False
        if guard and codec == "gb18030":
            level1.add(raw, text)
    level1.check()
    return True


def _text_fields(table: Path) -> Iterator[list[bytes]]:
    """Field names, then the non-ASCII values of the text fields, in chunks of rows."""
    with table.open("rb") as file:
        head = file.read(_HEADER.size)
        if len(head) < _HEADER.size:
            raise SourceError("DAMAGED", "the attribute table is cut short; export it again")
        _, header_size, record_size = _HEADER.unpack(head)
        fields = file.read(max(header_size - _HEADER.size, 0))
        spans: list[tuple[int, int]] = []
        names: list[bytes] = []
        start = 1  # the deletion mark
        for at in range(0, len(fields) - _FIELD.size + 1, _FIELD.size):
            if fields[at : at + 1] == b"\r":
                break
            name, kind, width = _FIELD.unpack_from(fields, at)
            names.append(name.split(b"\0")[0])
            if kind == b"C":
                spans.append((start, start + width))
            start += width
        yield names
        if record_size < 1:
            raise SourceError("DAMAGED", "the attribute table is broken; export it again")
        file.seek(header_size)
        rows = max(CHUNK // record_size, 1)
        while chunk := file.read(rows * record_size):
            yield [
                value
                for at in range(0, len(chunk), record_size)
                for first, last in spans
                if not (value := chunk[at + first : at + last].rstrip(b" \0")).isascii()
            ]

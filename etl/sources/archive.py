"""Zip files: judged by their directory before a byte is unpacked, counted while unpacking.

The rules hold for archives of layers and, without the allow-list, for workbooks
(an .xlsx is a zip of XML).
"""

from __future__ import annotations

import re
import secrets
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from geo.errors import RefusedFileError, SourceError

MAX_MEMBERS = 64
MAX_PARTS = 1_024  # of a workbook: sheets, drawings, pictures
MAX_BYTES = 512 << 20
MAX_RATIO = 100
_RATIO_FROM = 1 << 20
_CHUNK = 1 << 20

_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SINGLE = (".csv", ".tsv", ".txt", ".geojson", ".json", ".topojson", ".gpkg", ".kml")
# Companions that may be there but are not needed.
_IGNORED = (".sbn", ".sbx", ".qix", ".xml", ".qmd", ".qml", ".sld", ".lyr", ".md", ".pdf")
_NESTED = (".zip", ".kmz", ".rar", ".7z", ".gz", ".tar", ".tgz", ".bz2", ".xz")


def check_workbook(path: Path) -> None:
    """Refuse a workbook whose zip directory breaks the rules.

    Raises
    ------
    RefusedFileError
        ``ARCHIVE_*`` codes, or ``DISGUISED`` when it is no workbook or declares entities.
    """
    with _open(path) as archive:
        members = _checked(archive, MAX_PARTS)
        if "[Content_Types].xml" not in archive.namelist():
            raise RefusedFileError(
                "DISGUISED", "the zip is no Excel workbook; save it as .xlsx again"
            )
        for member in members:
            if member.filename.endswith((".xml", ".rels", ".vml")):
                with archive.open(member) as file:
                    head = _read(file, 4_096)
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    raise RefusedFileError("DISGUISED", "the workbook declares XML entities")


def extract_layer(path: Path, folder: Path) -> Path:
    """Unpack the one layer of an archive under random names.

    Parameters
    ----------
    folder
        Private folder made by the caller.

    Returns
    -------
    Path
        The layer's main file; the parts of a shapefile lie beside it.

    Raises
    ------
    RefusedFileError
        ``ARCHIVE_*`` codes when a rule is broken.
    SourceError
        ``ARCHIVE_LAYERS`` unless there is exactly one layer.
    """
    with _open(path) as archive:
        members = [
            member
            for member in _checked(archive, MAX_MEMBERS)
            if not member.is_dir() and not _is_resource_fork(member.filename)
        ]
        parts = _layer_parts(members)
        stem = secrets.token_hex(8)
        left = MAX_BYTES
        for suffix, member in parts.items():
            left -= _unpack(archive, member, folder / f"{stem}{suffix}", left)
    return folder / f"{stem}{next(iter(parts))}"


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise RefusedFileError(
            "ARCHIVE_DAMAGED", "the zip is cut short or broken; export it again"
        ) from None


def _checked(archive: zipfile.ZipFile, max_members: int) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > max_members:
        raise RefusedFileError(
            "ARCHIVE_MEMBERS", f"the zip has {len(members)} members; at most {max_members}"
        )
    names = [member.filename for member in members]
    if len(set(names)) < len(names):
        raise RefusedFileError("ARCHIVE_OVERLAP", "the zip holds a member twice; pack it again")
    for member in members:
        _check_member(member)
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise RefusedFileError(
            "ARCHIVE_SIZE", f"the zip would unpack to more than {MAX_BYTES >> 20} MB; split it"
        )
    _check_overlap(archive, members)
    return members


def _check_member(member: zipfile.ZipInfo) -> None:
    # zipfile hides what follows a NUL and turns separators; the original name is judged.
    name = member.orig_filename.replace("\\", "/")
    path = PurePosixPath(name)
    if "\0" in name or path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name):
        raise RefusedFileError(
            "ARCHIVE_PATH", "a member's name leaves the archive; pack it again"
        )
    mode = stat.S_IFMT(member.external_attr >> 16)
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise RefusedFileError(
            "ARCHIVE_LINK", "the zip holds a link or device; pack plain files"
        )
    if member.flag_bits & 0x41:
        raise RefusedFileError("ARCHIVE_ENCRYPTED", "the zip has a password; pack it without")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedFileError(
            "ARCHIVE_METHOD", "the zip is packed in a rare way; use plain zip"
        )
    if member.file_size > _RATIO_FROM and member.file_size > MAX_RATIO * member.compress_size:
        raise RefusedFileError(
            "ARCHIVE_RATIO", f"a member claims to grow more than {MAX_RATIO} times; refused"
        )


def _check_overlap(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise RefusedFileError(
                "ARCHIVE_OVERLAP", "members of the zip overlap; pack it again"
            )
        archive.fp.seek(member.header_offset)
        header = archive.fp.read(30)
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise RefusedFileError("ARCHIVE_DAMAGED", "the zip is broken; export it again")
        name_length, extra_length = struct.unpack("<HH", header[26:30])
        end = member.header_offset + 30 + name_length + extra_length + member.compress_size
    if end > archive.start_dir:
        raise RefusedFileError("ARCHIVE_OVERLAP", "members of the zip overlap; pack it again")


def _is_resource_fork(name: str) -> bool:
    path = PurePosixPath(name)
    return "__MACOSX" in path.parts or path.name in {".DS_Store", "Thumbs.db"}


def _layer_parts(members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The members to unpack by suffix, the main file first."""
    by_suffix: dict[str, list[zipfile.ZipInfo]] = {}
    for member in members:
        suffix = PurePosixPath(member.filename).suffix.lower()
        if suffix in _NESTED:
            raise RefusedFileError(
                "ARCHIVE_NESTED", "an archive inside the zip; unpack it first"
            )
        if suffix not in (*_SHAPEFILE, *_SINGLE, *_IGNORED):
            raise RefusedFileError(
                "ARCHIVE_TYPE",
                f"a {suffix or 'nameless'} file inside the zip; unpack it, or leave it out",
            )
        by_suffix.setdefault(suffix, []).append(member)
    shapes = by_suffix.get(".shp", [])
    singles = [m for suffix in _SINGLE for m in by_suffix.get(suffix, [])]
    if shapes:  # a .txt beside a shapefile is a read-me
        singles = [m for m in singles if not m.filename.lower().endswith(".txt")]
    if len(shapes) + len(singles) != 1:
        raise SourceError(
            "ARCHIVE_LAYERS",
            f"the zip holds {len(shapes) + len(singles)} layers; pack exactly one",
        )
    if singles:
        return {PurePosixPath(singles[0].filename).suffix.lower(): singles[0]}
    stem = PurePosixPath(shapes[0].filename).with_suffix("")
    parts = {
        suffix: member
        for suffix in _SHAPEFILE
        for member in by_suffix.get(suffix, [])
        if PurePosixPath(member.filename).with_suffix("") == stem
    }
    missing = [suffix for suffix in (".shx", ".dbf") if suffix not in parts]
    if missing:
        raise SourceError(
            "INCOMPLETE_SHAPEFILE",
            f"the shapefile lacks {' and '.join(missing)}; pack them too",
        )
    return parts


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, limit: int) -> int:
    """Write one member and return its size, stopping at ``limit`` bytes."""
    written = 0
    with archive.open(member) as source, target.open("xb") as sink:
        while chunk := _read(source, _CHUNK):
            written += len(chunk)
            if written > limit:
                raise RefusedFileError(
                    "ARCHIVE_SIZE", "the zip unpacks to more than it declares"
                )
            sink.write(chunk)
    return written


def _read(file: zipfile.ZipExtFile, size: int) -> bytes:
    try:
        return file.read(size)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise RefusedFileError(
            "ARCHIVE_DAMAGED", "a member of the zip is broken or lies about its size"
        ) from None

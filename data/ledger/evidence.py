"""Pictures and documents: checked by content, freed of camera notes, kept by their hash."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from geo.errors import HazardError

LARGEST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 60_000_000
JPEG_QUALITY = 90
_PDF_END_WITHIN = 2048


@dataclass(frozen=True)
class Kept:
    """A stored file: hash of its bytes, type by content, size."""

    sha256: str
    mime_type: str
    size_bytes: int


class EvidenceFolder:
    """Files under the hash of their bytes; one that is there already is not written again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: bytes) -> Kept:
        """Check and store one file.

        Pictures are drawn anew, turned upright, without their notes on place, time, device
        and owner. Documents are kept as they are: their reader must not run them.

        Raises
        ------
        HazardError
            When it is too large, no JPEG, PNG or PDF by its content, damaged, or cannot
            be stored.
        """
        content, mime_type = _cleaned(content)
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._folder / sha256
        try:
            if not path.exists():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                _write_whole(path, content)
        except OSError as error:
            raise HazardError(
                f"the file cannot be stored in {self._folder} ({error.strerror}); "
                "free space or make the folder writable"
            ) from error
        return Kept(sha256, mime_type, len(content))

    def read(self, sha256: str) -> bytes:
        """Bytes of a stored file.

        Raises
        ------
        HazardError
            When it is missing or has been changed.
        """
        try:
            content = (self._folder / sha256).read_bytes()
        except OSError as error:
            raise HazardError(
                f"the evidence file {sha256[:12]}… is missing; restore it from a backup"
            ) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise HazardError(
                f"the evidence file {sha256[:12]}… has been changed; restore it from a backup"
            )
        return content


def _cleaned(content: bytes) -> tuple[bytes, str]:
    if len(content) > LARGEST_BYTES:
        limit = LARGEST_BYTES // 1024**2
        raise HazardError(
            f"the file has {len(content) / 1024**2:.1f} MB; at most {limit} MB fit"
        )
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-_PDF_END_WITHIN:]:
            raise HazardError("the PDF is cut off; export it again")
        return content, "application/pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return _redrawn(content, "JPEG"), "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _redrawn(content, "PNG"), "image/png"
    raise HazardError("the file is no JPEG, PNG or PDF; convert it first")


def _redrawn(content: bytes, kind: str) -> bytes:
    try:
        with Image.open(BytesIO(content), formats=[kind]) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise HazardError(
                    f"the picture has {width} × {height} pixels; save it smaller first"
                )
            upright = ImageOps.exif_transpose(picture)
            bare = upright.convert("RGB" if kind == "JPEG" else "RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise HazardError(f"the picture is damaged: {error}") from error
    # What Pillow would carry over: EXIF, XMP, colour profile, comments.
    bare.info.clear()
    drawn = BytesIO()
    bare.save(drawn, kind, **({"quality": JPEG_QUALITY} if kind == "JPEG" else {}))
    return drawn.getvalue()


def _write_whole(path: Path, content: bytes) -> None:
    """The file gets its name when it is whole and on the disk."""
    draft = path.with_name(f".draft-{secrets.token_hex(8)}")
    try:
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
        ) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)

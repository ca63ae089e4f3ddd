"""Which encoding a text is in: byte-order mark, else strict UTF-8, else strict GB18030.

GB18030 contains GBK and GB2312 and accepts much that is not Chinese text at all, so it
must also read like Chinese: nearly every character of genuine text belongs to the 3,755
common ones (level 1) of GB2312, while text decoded wrongly scatters over the rare ones.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

import numpy as np

from geo.errors import SourceError

CHUNK = 4 << 20
MIN_LEVEL1 = 0.7  # genuine text has 0.95–1.00, UTF-8 or Big5 read as GB18030 below 0.4
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF8_WORD = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")  # a Chinese character in UTF-8
_ADVICE = "save it as UTF-8, or name its encoding"


@dataclass(frozen=True)
class TextScan:
    """A whole text looked at once: codec name, size in bytes, number of quotation marks."""

    encoding: str
    n_bytes: int
    n_quotes: int


def scan(open_bytes: Callable[[], BinaryIO], max_bytes: int, declared: str | None) -> TextScan:
    """Find the encoding by decoding the whole file strictly, in chunks.

    Parameters
    ----------
    open_bytes
        Opens the (already decompressed) bytes from the start.
    max_bytes
        Largest size read.
    declared
        Codec given by the user; it is checked strictly, nothing else is tried. Only a
        byte-order mark is stronger.

    Raises
    ------
    SourceError
        ``ENCODING`` when no codec fits, ``TOO_BIG`` beyond ``max_bytes``.
    """
    with open_bytes() as file:
        head = file.read(4)
    bom = next((name for mark, name in _BOMS if head.startswith(mark)), None)
    declared = None if declared is None else _codec(declared)
    for codec in [bom] if bom else [declared] if declared else ["utf-8", "gb18030"]:
        found = _try(open_bytes, codec, max_bytes, guard=declared is None)
        if found is not None:
            return found
    name = bom or declared or "UTF-8 or GB18030"
    raise SourceError("ENCODING", f"the text is not valid {name}; {_ADVICE}")


def _codec(declared: str) -> str:
    """The codec to use for a declared name; GB18030 contains its forerunners."""
    try:
        name = codecs.lookup(declared).name
        "".encode(name)  # refuses what is no text encoding
    except LookupError:
        raise SourceError("ENCODING", f"no encoding is called {declared!r}") from None
    return {"gbk": "gb18030", "gb2312": "gb18030", "utf-8-sig": "utf-8"}.get(name, name)


def _try(
    open_bytes: Callable[[], BinaryIO], codec: str, max_bytes: int, *, guard: bool
) -> TextScan | None:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    wide = codec.lower().startswith(("utf-16", "utf-32"))
    level1 = LevelOne()
    size, quotes = 0, 0
    with open_bytes() as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise SourceError(
                    "TOO_BIG", f"more than {max_bytes >> 20:,} MB of text; split the file"
                )
            if not wide and b"\0" in chunk:
                raise SourceError(
                    "ENCODING", f"zero bytes in the text: binary, or UTF-16 unmarked; {_ADVICE}"
                )
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError:
                return None
            quotes += text.count('"')
            if guard and codec == "gb18030":
                level1.add(chunk, text)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    level1.check()
    return TextScan(codec, size, quotes)


class LevelOne:
    """Counts whether a text decoded as GB18030 reads like Chinese."""

    def __init__(self) -> None:
        self._common = self._chinese = self._high = self._utf8 = 0

    def add(self, raw: bytes, text: str) -> None:
        """Count one chunk: its bytes and its characters."""
        points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
        points = points[points >= 0x80]
        chinese = points[(points >= 0x3400) & ~((points >= 0xFF00) & (points <= 0xFFEF))]
        self._chinese += len(chinese)
        self._common += int(_is_common()[np.minimum(chinese, 0xFFFF)].sum())
        self._high += int(np.count_nonzero(np.frombuffer(raw, dtype=np.uint8) >= 0x80))
        self._utf8 += 3 * len(_UTF8_WORD.findall(raw))

    def check(self) -> None:
        """Raise when the text cannot be genuine.

        Raises
        ------
        SourceError
            ``ENCODING``.
        """
        if self._high == 0:
            return
        if self._utf8 > self._high / 2:
            raise SourceError(
                "ENCODING", "mostly UTF-8 with damaged characters; export the file again"
            )
        if self._chinese == 0 or self._common < MIN_LEVEL1 * self._chinese:
            share = self._common / self._chinese if self._chinese else 0.0
            raise SourceError(
                "ENCODING",
                f"neither UTF-8 nor plausible Chinese (read as GB18030, {share:.0%} common "
                f"characters); {_ADVICE}",
            )


@cache
def _is_common() -> np.ndarray:
    """Boolean array (65536,): the level-1 characters of GB2312, rows 16 to 55."""
    pairs = [(lead, trail) for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF)]
    pairs = [pair for pair in pairs if pair <= (0xD7, 0xF9)]
    table = np.zeros(0x10000, dtype=bool)
    table[[ord(bytes(pair).decode("gb2312")) for pair in pairs]] = True
    return table


class Utf8Stream(io.RawIOBase):
    """A readable stream of UTF-8 made from text in another codec, chunk by chunk.

    A byte-order mark is dropped, ``skip`` UTF-8 bytes are passed over.
    """

    def __init__(self, file: BinaryIO, codec: str, skip: int = 0) -> None:
        super().__init__()
        self._file = file
        self._decoder = codecs.getincrementaldecoder(codec)("strict")
        self._buffer = memoryview(b"")
        while skip > 0 and self._fill():
            taken = min(skip, len(self._buffer))
            self._buffer = self._buffer[taken:]
            skip -= taken

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:
        if not self._buffer and not self._fill():
            return 0
        n = min(len(target), len(self._buffer))
        target[:n] = self._buffer[:n]
        self._buffer = self._buffer[n:]
        return n

    def _fill(self) -> bool:
        while chunk := self._file.read(CHUNK):
            text = self._decoder.decode(chunk)
            if text:
                self._buffer = memoryview(text.encode("utf-8"))
                return True
        return False

"""The child process that parses one foreign file; started by :mod:`etl.sources.isolated`.

Reads its orders as JSON from standard input (a file, so that it can be read again after
the process has replaced itself) and answers on standard output in frames: a kind byte,
a length, and that many bytes.

=====  =====================================================
kind   payload
=====  =====================================================
``H``  the header as JSON, once, first
``B``  a table as an Arrow stream, progress in its metadata
``F``  faults as an Arrow stream, before the ``B`` they go with
``Z``  the end, once
``E``  a refusal as JSON: code, text, refused; nothing follows
=====  =====================================================
"""

from __future__ import annotations

import ctypes
import dataclasses
import hashlib
import importlib.abc
import json
import os
import resource
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from etl.sources.model import FAULT_SCHEMA, Fault, Reading, SourceHeader, SourceOptions
from etl.sources.sniff import detect
from geo.errors import RefusedFileError, SourceError

FRAME = struct.Struct(">cQ")
_MAX_WRITTEN = 2 << 30
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def main() -> int:
    """Parse the file named in the orders and stream it out."""
    orders = json.load(sys.stdin)
    options = SourceOptions(**orders["options"])
    confine(options)
    sys.meta_path.insert(0, _Unneeded())
    out = sys.stdout.buffer
    try:
        _stream(Path(orders["path"]), options, Path(orders["folder"]), out)
    except SourceError as error:
        _send_refusal(out, error)
    except MemoryError:
        _send_refusal(out, SourceError("TOO_BIG", "the file needs too much memory; split it"))
    except BrokenPipeError:  # the parent has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        _send_refusal(
            out, SourceError("NOT_READABLE", f"the file cannot be read: {error.strerror}")
        )
    return 0


class _Unneeded(importlib.abc.MetaPathFinder):
    """Keeps pyarrow and pyogrio from loading what they can do without (0.4 s of 0.7 s)."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname in ("pandas", "geopandas"):
            raise ModuleNotFoundError(fullname)


def confine(options: SourceOptions) -> None:
    """Bound memory, processor time and file size, and leave the network where allowed."""
    memory = options.memory_mb << 20
    for limit, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, options.cpu_s, options.cpu_s + 5),  # SIGXCPU tells the cause
        (resource.RLIMIT_FSIZE, _MAX_WRITTEN, _MAX_WRITTEN),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, given = resource.getrlimit(limit)
        if given != resource.RLIM_INFINITY:
            soft, hard = min(soft, given), min(hard, given)
        resource.setrlimit(limit, (soft, hard))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_CLONE_NEWNET) != 0:  # without privilege: inside a user namespace
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _stream(path: Path, options: SourceOptions, folder: Path, out: BinaryIO) -> None:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    format, reading = _open(path, options, folder)
    header = SourceHeader(
        format=format,
        columns=reading.columns,
        size_bytes=path.stat().st_size,
        sha256=sha256,
        encoding=reading.encoding,
        crs=reading.crs,
        total_rows=reading.total_rows,
        epoch=reading.epoch,
        notes=reading.notes,
    )
    _send(out, b"H", json.dumps(dataclasses.asdict(header)).encode())
    left = options.limit_rows
    for table, faults, bytes_read in reading.batches:
        if left is not None:
            table, faults = table[:left], faults[: max(left - table.num_rows, 0)]
            left -= table.num_rows + len(faults)
        if faults:
            _send(out, b"F", _ipc(_fault_table(faults)))
        _send(out, b"B", _ipc(table.replace_schema_metadata({"bytes_read": str(bytes_read)})))
        if left == 0:
            break
    _send(out, b"Z", b"")


def _open(path: Path, options: SourceOptions, folder: Path) -> tuple[str, Reading]:
    format = detect(path, options.format)
    claim, origin = options.format, path
    if format == "zip":
        from etl.sources.archive import extract_layer

        path = extract_layer(path, folder)
        claim = None
        format = detect(path, claim)
    if format == "csv":
        from etl.sources.delimited import read_delimited

        return format, read_delimited(path, options)
    if format == "excel":
        from etl.sources.workbook import read_workbook

        return format, read_workbook(path, options)
    from etl.sources.vector import guard, read_layer, stage

    guard(format)
    if path is origin:
        path = stage(path, format, folder)
    return format, read_layer(path, format, options)


def _fault_table(faults: list[Fault]) -> pa.Table:
    columns = zip(*faults, strict=True)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, FAULT_SCHEMA, strict=True)]
    return pa.table(arrays, schema=FAULT_SCHEMA)


def _ipc(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _send(out: BinaryIO, kind: bytes, payload: Any) -> None:
    out.write(FRAME.pack(kind, len(payload)))
    out.write(payload)
    out.flush()


def _send_refusal(out: BinaryIO, error: SourceError) -> None:
    text = str(error).removeprefix(f"{error.code}: ")
    refusal = {"code": error.code, "text": text, "refused": isinstance(error, RefusedFileError)}
    _send(out, b"E", json.dumps(refusal).encode())


if __name__ == "__main__":
    sys.exit(main())

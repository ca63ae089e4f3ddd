"""The parent's side: start the child, wait with a limit, check what comes back."""

from __future__ import annotations

import dataclasses
import json
import os
import select
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from etl.sources.model import (
    FAULT_SCHEMA,
    GEOMETRY,
    ROW_NO,
    SourceBatch,
    SourceHeader,
    SourceOptions,
)
from etl.sources.worker import FRAME
from geo.errors import RefusedFileError, SourceError

_MAX_FRAME = 1 << 30
_READ = 1 << 20
_PIPE = 1 << 20


class Source:
    """One open file: the facts of its header, and its rows once.

    Attributes
    ----------
    format, encoding, columns, crs, sha256, size_bytes, total_rows, epoch, notes
        ``crs`` is an authority text such as ``EPSG:4326``, WKT when no authority knows it,
        or None when the file is silent. ``total_rows`` is None for text files (show bytes
        instead) and may include blank rows for workbooks. ``epoch`` is 1900 or 1904 for
        workbooks, else None. ``columns`` leaves out ``geometry``.
    """

    def __init__(self, header: SourceHeader, child: _Child) -> None:
        self._child = child
        self.format = header.format
        self.encoding = header.encoding
        self.columns = header.columns
        self.crs = header.crs
        self.sha256 = header.sha256
        self.size_bytes = header.size_bytes
        self.total_rows = header.total_rows
        self.epoch = header.epoch
        self.notes = header.notes

    def batches(self) -> Iterator[SourceBatch]:
        """The rows in file order; can be walked once.

        Raises
        ------
        SourceError
            When the file turns out unreadable further down, or its reader dies.
        """
        faults = FAULT_SCHEMA.empty_table()
        while True:
            kind, payload = self._child.receive()
            if kind == b"Z":
                self._child.check_unchanged()
                return
            table = _table(payload)
            if kind == b"F":
                faults = table.cast(FAULT_SCHEMA)
                continue
            progress = int((table.schema.metadata or {}).get(b"bytes_read", 0))
            row_nos = table[ROW_NO].to_numpy()
            table = table.drop_columns([ROW_NO]).replace_schema_metadata(None)
            self._check_columns(table)
            yield SourceBatch(table, row_nos, faults, progress)
            faults = FAULT_SCHEMA.empty_table()

    def _check_columns(self, table: pa.Table) -> None:
        names = [name for name in table.column_names if name != GEOMETRY]
        if names != self.columns:
            raise SourceError("READER_FAILED", "the reader answered out of order; try again")


@contextmanager
def open_source(path: str | Path, options: SourceOptions | None = None) -> Iterator[Source]:
    """Open a foreign file in a child process.

    Parameters
    ----------
    path
        A regular local file. Its name counts only through its last suffix.
    options
        How to read it; see :class:`SourceOptions`.

    Raises
    ------
    SourceError
        The file cannot be used, the reader died, ran out of time or memory.
    RefusedFileError
        Reading it would be unsafe.

    Examples
    --------
    >>> with open_source("crashes.csv") as source:  # doctest: +SKIP
    ...     rows = sum(batch.rows_read for batch in source.batches())
    """
    options = options or SourceOptions()
    path = Path(path)
    try:
        status = path.stat()
    except (OSError, ValueError):
        raise SourceError("NOT_FOUND", f"no file {path.name!r}; check the path") from None
    if not stat.S_ISREG(status.st_mode):
        raise SourceError("NOT_FOUND", f"{path.name!r} is no regular file; give a file")
    with tempfile.TemporaryDirectory(prefix="source-") as name:  # mode 0700
        child = _Child(path.resolve(), options, Path(name), _fingerprint(status))
        try:
            yield Source(child.header(), child)
        finally:
            child.close()


def _fingerprint(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


class _Child:
    """The reader process and the time it still has."""

    def __init__(
        self,
        path: Path,
        options: SourceOptions,
        folder: Path,
        fingerprint: tuple[int, int, int],
    ) -> None:
        self._path = path
        self._fingerprint = fingerprint
        self._options = options
        self._left_s = options.timeout_s
        self._buffer = bytearray()
        work = folder / "work"
        work.mkdir(mode=0o700)
        orders = {
            "path": str(path),
            "folder": str(work),
            "options": dataclasses.asdict(options),
        }
        (folder / "orders.json").write_text(json.dumps(orders), encoding="utf-8")
        self._stderr = folder / "stderr.txt"
        with (folder / "orders.json").open("rb") as stdin, self._stderr.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "etl.sources.worker"],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=work,
                env=_environment(work),
                bufsize=0,
                close_fds=True,
                start_new_session=True,
                pipesize=_PIPE if sys.platform == "linux" else -1,
            )

    def header(self) -> SourceHeader:
        _, payload = self.receive()
        return SourceHeader(**json.loads(bytes(payload)))

    def receive(self) -> tuple[bytes, bytearray]:
        """The next frame; a refusal or the child's death is raised."""
        kind, length = FRAME.unpack(self._take(FRAME.size))
        if length > _MAX_FRAME:
            raise SourceError(
                "READER_FAILED", "the reader sent too much at once; split the file"
            )
        payload = self._take(length)
        if kind == b"E":
            refusal: dict[str, Any] = json.loads(bytes(payload))
            error = RefusedFileError if refusal["refused"] else SourceError
            raise error(refusal["code"], refusal["text"])
        return kind, payload

    def check_unchanged(self) -> None:
        """Raise ``CHANGED`` when the file was written to while it was read."""
        if _fingerprint(self._path.stat()) != self._fingerprint:
            raise SourceError("CHANGED", "the file changed while it was read; load it again")

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def _take(self, size: int) -> bytearray:
        taken = bytearray(size)
        view, filled = memoryview(taken), 0
        pipe = self._process.stdout
        while filled < size:
            started = time.monotonic()
            ready, _, _ = select.select([pipe], [], [], max(self._left_s, 0.0))
            self._left_s -= time.monotonic() - started
            if not ready:
                raise SourceError(
                    "TIMEOUT",
                    f"reading took longer than {self._options.timeout_s:g} s; split the file",
                )
            n = pipe.readinto(view[filled : filled + _READ])
            if not n:
                raise self._death()
            filled += n
        return taken

    def _death(self) -> SourceError:
        """What the child's end says, in one line."""
        status = self._process.wait()
        if status == -signal.SIGXCPU:
            return SourceError(
                "TIMEOUT", "reading took too much processor time; split the file"
            )
        lines = self._stderr.read_text(encoding="utf-8", errors="replace").splitlines()
        word = lines[-1].split(":")[0][:60] if lines else ""
        if status < 0:
            word = signal.Signals(-status).name
        return SourceError(
            "READER_FAILED",
            f"the file made its reader fail ({word or status}); export it again",
        )


def _environment(folder: Path) -> dict[str, str]:
    """A bare environment: nothing of the parent's travels but where programs are."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TMPDIR": str(folder),
        "HOME": str(folder),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _table(payload: bytearray) -> pa.Table:
    try:
        with pa.ipc.open_stream(pa.py_buffer(payload)) as reader:
            table = reader.read_all()
        table.validate(full=True)
    except pa.ArrowInvalid:
        raise SourceError("READER_FAILED", "the reader's answer is broken; try again") from None
    return table

"""Facts and tables of a result as one compressed value; equal results are equal bytes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import pandas as pd
import pyarrow as pa

from geo.errors import StoreError

_STAMP = (2000, 1, 1, 0, 0, 0)  # a fixed time in the archive


def packed(facts: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> bytes:
    """A zip of ``facts.json`` and ``tables/*.parquet``; facts are JSON values."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        text = json.dumps(dict(facts), ensure_ascii=False, sort_keys=True)
        archive.writestr(zipfile.ZipInfo("facts.json", _STAMP), text)
        for name, frame in tables.items():
            content = io.BytesIO()
            frame.to_parquet(content, compression="zstd")
            entry = zipfile.ZipInfo(f"tables/{name}.parquet", _STAMP)
            archive.writestr(entry, content.getvalue())
    return buffer.getvalue()


def unpacked(content: bytes, *, what: str) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Facts and tables again.

    Raises
    ------
    StoreError
        When the value is damaged; ``what`` names it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            facts: dict[str, Any] = json.loads(archive.read("facts.json"))
            tables = {
                PurePosixPath(name).stem: pd.read_parquet(io.BytesIO(archive.read(name)))
                for name in archive.namelist()
                if name.startswith("tables/")
            }
    except (zipfile.BadZipFile, KeyError, ValueError, pa.ArrowException) as error:
        raise StoreError(f"{what} is damaged in the store; run it again") from error
    return facts, tables

"""Results of measures with everything a reader must know about them, kept between runs."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from geo.crs import WGS84
from geo.selection import IncidentSelection

FORMAT = 2  # moved whenever a measure or the file changes: older files are then misses
KEPT_VERSIONS = 2


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What every map, table and export of a result prints.

    Parameters
    ----------
    method
        ``significance``, ``emerging``, ``density``, ``near_repeat``, ``concentration``, ``week``,
        ``forecast``, ``index``, ``contest``, ``sites``, ``disorder_spots`` or ``zero_crime``.
    parameters
        Exactly those used, as JSON values. ``note`` is there when the data do not carry
        the method: the reason as a code.
    events
        Incidents that entered.
    too_coarse
        Left out: their 95 % radius is above the scale of the method.
    outside
        Left out: unplaced, or not in a cell of the county.
    day_from, day_to
        Inclusive local days of the data used.
    version, is_demo
        Data version, and whether any of the data is invented.
    left_out
        Category → why a forecast does not learn from it.
    snapped_share
        Share of the events that lie on artefact points (:mod:`geo.snap_points`).
    """

    method: str
    parameters: dict[str, object]
    events: int
    too_coarse: int
    outside: int
    day_from: int
    day_to: int
    version: str
    is_demo: bool
    left_out: dict[str, str] = field(default_factory=dict)
    snapped_share: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """Facts, the cells worth drawing (EPSG:4326 polygons) and named tables."""

    facts: Facts
    cells: gpd.GeoDataFrame
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


def empty_cells(*columns: str) -> gpd.GeoDataFrame:
    """No cells, with the columns that some would have."""
    return gpd.GeoDataFrame({name: [] for name in columns}, geometry=[], crs=WGS84)


def result_key(
    version: str,
    method: str,
    parameters: Mapping[str, object],
    selection: IncidentSelection,
) -> str:
    """Key of a result: equal for equal questions to equal data.

    Parameters
    ----------
    parameters
        The options the method is called with, as JSON values.
    """
    question = json.dumps(
        [FORMAT, version, method, dict(parameters), selection.to_json()],
        ensure_ascii=False,
        sort_keys=True,
    )
    return f"{version}/{method}-{hashlib.sha256(question.encode()).hexdigest()[:32]}"


class ResultStore:
    """Results as files: ``{folder}/{version}/{method}-{hash}.zip``.

    A file holds ``facts.json``, ``cells.parquet`` (GeoParquet) and ``tables/*.parquet``. It
    appears whole or not at all, so processes may share the folder; a damaged file is a
    miss and is replaced. Everything can be deleted: results are made again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> Result | None:
        """The result of ``key`` (:func:`result_key`), or None when there is no whole one."""
        try:
            with zipfile.ZipFile(self._path(key)) as archive:
                facts = Facts(**json.loads(archive.read("facts.json")))
                cells = gpd.read_parquet(io.BytesIO(archive.read("cells.parquet")))
                tables = {
                    Path(name).stem: pd.read_parquet(io.BytesIO(archive.read(name)))
                    for name in archive.namelist()
                    if name.startswith("tables/")
                }
        except (
            OSError,
            zipfile.BadZipFile,
            pa.ArrowException,
            ValueError,
            TypeError,
            KeyError,
        ):
            return None
        return Result(facts=facts, cells=cells, tables=tables)

    def put(self, key: str, result: Result) -> None:
        """Keep a result and drop those of older data versions.

        A folder that cannot be written costs the next run its time, not this one its answer.
        """
        path = self._path(key)
        draft = path.with_name(f".{path.stem}-{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(draft, "w") as archive:
                archive.writestr("facts.json", json.dumps(asdict(result.facts)))
                archive.writestr("cells.parquet", _parquet(result.cells))
                for name, table in result.tables.items():
                    archive.writestr(f"tables/{name}.parquet", _parquet(table))
            draft.replace(path)
            self._drop_older()
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.zip"

    def _drop_older(self) -> None:
        folders = [path for path in self._folder.iterdir() if path.is_dir()]
        folders.sort(key=lambda path: path.stat().st_mtime_ns)
        for old in folders[:-KEPT_VERSIONS]:
            shutil.rmtree(old, ignore_errors=True)


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()

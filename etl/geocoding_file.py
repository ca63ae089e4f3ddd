"""A file of places in, the same file with where they are out.

Batches stream through: memory does not grow with the file. Every input column is kept as
it is, the answers are appended, and the file gets its name only when it is whole.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from data.region import RegionPack
from etl import text
from etl.coordinates import DatumShift, parse_points
from etl.faults import Faults
from etl.geocode.memo import Memo
from etl.geocode.protocol import Geocoder, Placed, PlaceStatus
from etl.sources import Source, SourceBatch, SourceOptions, open_source
from geo.assign import UnitIndex
from geo.errors import ProfileError, SourceError
from geo.vocabulary import MATCH_CODES, R95_M, MatchCode

COLUMNS = (
    "match_code", "unit_code", "place_code", "place_name", "lon", "lat", "r95_m", "route",
    "stake_from_m", "stake_to_m", "score", "status", "candidates",
)  # fmt: skip
_DECIMALS = {"lon": 6, "lat": 6, "r95_m": 0, "stake_from_m": 0, "stake_to_m": 0, "score": 1}
_BOM = "\N{BYTE ORDER MARK}".encode()

Progress = Callable[[int, int, int], None]  # rows read, bytes read, bytes in all


@dataclass(frozen=True, kw_only=True)
class GeocodingOptions:
    """Where a file says its places are.

    Parameters
    ----------
    column
        The column of place texts.
    lon_column, lat_column
        Columns of coordinates, used (A1) where both are filled.
    datum
        Of the coordinates; must be given with them.
    source
        How to read the file.
    """

    column: str
    lon_column: str | None = None
    lat_column: str | None = None
    datum: str | None = None
    source: SourceOptions = field(default_factory=SourceOptions)


@dataclass
class GeocodingReport:
    """What became of the rows of one file."""

    rows: int = 0
    unreadable: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    matches: Counter[str] = field(default_factory=Counter)

    @property
    def hit_rate(self) -> float:
        """Share of all rows that were accepted."""
        return self.statuses[PlaceStatus.ACCEPTED.value] / self.rows if self.rows else 0.0

    def to_text(self) -> str:
        """One line: rows, hit rate, rows by match code and by what was not accepted."""
        rank = {code: i for i, code in enumerate(MATCH_CODES)}
        codes = sorted(self.matches, key=lambda code: (rank[code.rstrip("~")], code))
        parts = [
            f"{self.rows:,} rows",
            f"hit rate {self.hit_rate:.1%}",
            " ".join(f"{code} {self.matches[code]:,}" for code in codes),
            " ".join(
                f"{status.value} {self.statuses[status.value]:,}"
                for status in PlaceStatus
                if status is not PlaceStatus.ACCEPTED
            ),
        ]
        if self.unreadable:
            parts.append(f"unreadable {self.unreadable:,} (left out)")
        return " | ".join(part for part in parts if part)


def geocode_file(
    path: Path,
    out: Path,
    *,
    region: RegionPack,
    geocoder: Geocoder,
    options: GeocodingOptions,
    progress: Progress | None = None,
) -> GeocodingReport:
    """Append where the places of a file are; written as UTF-8 CSV with a byte order mark.

    Geometry of a vector file is left out. An answer whose name the file already uses is
    headed ``geo_…``.

    Raises
    ------
    SourceError
        When the file cannot be read, or ``out`` is the file itself.
    ProfileError
        When a column is missing or the datum of the coordinates is not given.
    """
    path, out = Path(path), Path(out)
    if out.exists() and out.samefile(path):
        raise SourceError("OUT_IS_FILE", f"{out} is the file itself; give another --out")
    report = GeocodingReport()
    with open_source(path, options.source) as source:
        locator = _FileLocator(source, region, geocoder, options)
        handle, draft = tempfile.mkstemp(dir=out.resolve().parent, prefix=f".{out.name}.")
        try:
            with os.fdopen(handle, "wb") as sink:
                sink.write(_BOM)
                _write(source, locator, sink, report, progress)
            Path(draft).chmod(0o644)
            Path(draft).replace(out)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    return report


def _write(
    source: Source,
    locator: _FileLocator,
    sink: object,
    report: GeocodingReport,
    progress: Progress | None,
) -> None:
    styles = pacsv.WriteOptions(quoting_style="needed")
    with pacsv.CSVWriter(sink, locator.schema, write_options=styles) as writer:
        for batch in source.batches():
            placed = locator.locate(batch)
            writer.write_table(locator.table(batch, placed))
            report.rows += batch.rows_read
            report.unreadable += batch.faults.num_rows
            report.statuses.update(placed.status.tolist())
            accepted = placed.status == PlaceStatus.ACCEPTED.value
            report.matches.update(placed.match_code[accepted].tolist())
            if progress is not None:
                progress(report.rows, batch.bytes_read, source.size_bytes)


class _FileLocator:
    """Places the batches of one file."""

    def __init__(
        self, source: Source, region: RegionPack, geocoder: Geocoder, options: GeocodingOptions
    ) -> None:
        self._options = options
        self._columns = list(source.columns)
        points = [options.lon_column, options.lat_column]
        for name in (options.column, *filter(None, points)):
            if name not in self._columns:
                raise ProfileError(
                    f"the file has no column {name!r}; it has: {', '.join(self._columns)}"
                )
        if (options.lon_column is None) != (options.lat_column is None):
            raise ProfileError("give both --lon-column and --lat-column, or neither")
        self._shift = None
        if options.lon_column is not None:
            if options.datum is None:
                raise ProfileError(
                    "say what datum the coordinates are in: --datum wgs84, cgcs2000, gcj02, "
                    "bd09 or EPSG:n"
                )
            self._shift = DatumShift(options.datum)
        self._index = UnitIndex(region.units)
        self._codes = region.units.index.astype(str).to_numpy()
        self._memo = Memo(geocoder)
        taken = set(self._columns)
        self._answers = [f"geo_{name}" if name in taken else name for name in COLUMNS]
        self.schema = pa.schema(
            [(name, pa.string()) for name in (*self._columns, *self._answers)]
        )

    def locate(self, batch: SourceBatch) -> Placed:
        """Answers for the readable rows: by coordinates where given, else by text."""
        table = batch.table
        placed = self._memo.locate(
            text.blank(text.normalise(table[self._options.column]), text.MISSING)
        )
        if self._shift is not None:
            self._by_point(table, placed)
        return placed

    def table(self, batch: SourceBatch, placed: Placed) -> pa.Table:
        """The input columns as they are, and the answers."""
        kept = [text.single(batch.table[name]) for name in self._columns]
        return pa.table(
            [*kept, *(_cells(placed, name) for name in COLUMNS)], schema=self.schema
        )

    def _by_point(self, table: pa.Table, placed: Placed) -> None:
        lon, lat = (
            text.blank(text.normalise(table[name]), text.MISSING)
            for name in (self._options.lon_column, self._options.lat_column)
        )
        faults = Faults(table.num_rows)
        x, y = parse_points(lon, lat, faults, is_projected=self._shift.is_projected)
        rows = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if not len(rows):
            return
        x, y = self._shift(x[rows], y[rows])
        unit = self._index.assign(x, y)
        inside = unit >= 0
        placed.lon[rows], placed.lat[rows] = (
            np.where(inside, x, np.nan),
            np.where(inside, y, np.nan),
        )
        placed.match_code[rows] = np.where(inside, MatchCode.A1.value, MatchCode.U.value)
        placed.r95_m[rows] = np.where(inside, R95_M[MatchCode.A1], np.nan)
        placed.unit_code[rows] = np.where(inside, self._codes[unit], None)
        placed.score[rows] = np.where(inside, 100.0, 0.0)
        placed.status[rows] = np.where(
            inside, PlaceStatus.ACCEPTED.value, PlaceStatus.OUT_OF_AREA.value
        )
        placed.candidates[rows] = None


def _cells(placed: Placed, name: str) -> pa.Array:
    """One answer column as text, empty where unknown."""
    values = getattr(placed, name)
    if name not in _DECIMALS:
        return pa.array(values, pa.string(), from_pandas=True)
    rounded = np.round(values, _DECIMALS[name])
    if not _DECIMALS[name]:
        return pc.cast(pc.cast(pa.array(rounded, from_pandas=True), pa.int64()), pa.string())
    return pc.cast(pa.array(rounded, from_pandas=True), pa.string())

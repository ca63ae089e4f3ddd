"""From the text of a file to canonical columns, batch by batch, column by column."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from data.region import RegionPack
from etl import text
from etl.deduplication import hash_column, mix
from etl.geocode import Geocoder
from etl.incident_fields import casualties, severity, time_text
from etl.indicator_fields import indicator_codes, indicator_keys, period_texts
from etl.inspection_fields import COUNTS, as_readings, require_counts
from etl.learned import LEARNED_TABLE, LearnedPlaces
from etl.melting import MELT_NAME, MELT_VALUE, melted
from etl.numbers import parse_quantities, parse_stakes
from etl.placing import Placement, Placer
from etl.privacy import is_personal_header, redact
from etl.profile import Profile
from etl.profile_rules import CHANGES, READINGS, REQUIRED, enum_of
from etl.rows import Rows
from etl.sources.model import GEOMETRY, SourceBatch
from etl.times import PRECISIONS, Zone, parse_days, parse_times
from geo.errors import SourceError
from geo.vocabulary import PLACED_KINDS, MatchCode, RecordKind


@dataclass(frozen=True)
class CleanBatch:
    """What became of one batch.

    ``records`` holds the canonical columns of the accepted rows, ``rejects`` the
    refused ones; ``read`` is their sum and that of the rows unreadable before.
    ``learned`` holds the raw text of the accepted rows that a decision on their text
    has placed. ``raw_x``/``raw_y`` are coordinates as given.
    """

    read: int
    records: pa.Table
    rejects: pa.Table
    learned: pa.Table
    personal: int
    out_of_area: int
    repaired: int
    reshaped: int
    raw_x: np.ndarray
    raw_y: np.ndarray
    bytes_read: int


@dataclass
class Cleaner:
    """Cleans the batches of one file.

    Parameters
    ----------
    columns
        The file's columns in order.
    file_crs, epoch
        What the file says of its coordinate system and its calendar.
    latest_s
        UTC seconds after which a time is out of range.

    Raises
    ------
    SourceError
        ``MISSING_COLUMN`` when the file lacks columns that the profile uses.
    """

    profile: Profile
    region: RegionPack
    columns: tuple[str, ...]
    latest_s: int
    file_crs: str | None = None
    epoch: int | None = None
    geocoder: Geocoder | None = None
    dropped: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        profile = self.profile
        texts = tuple(name for name in self.columns if name != GEOMETRY)
        self._cells = profile.melt.cells(texts) if profile.melt else ()
        if self._cells:
            texts = (
                *(name for name in texts if name not in self._cells),
                MELT_NAME,
                MELT_VALUE,
            )
        missing = [name for name in profile.source_columns if name not in texts]
        if missing:
            raise SourceError(
                "MISSING_COLUMN",
                f"the file has no column {', '.join(map(repr, missing))}; "
                f"profile {profile.name} does not fit it, or the header row is elsewhere",
            )
        self.dropped = tuple(
            name for name in texts if name in profile.drop or is_personal_header(name)
        )
        self._kept = tuple(name for name in texts if name not in self.dropped)
        self._exempt = frozenset(self._unsearched())
        zone = profile.time.zone if profile.time and profile.time.zone else self.region.timezone
        self._zone = Zone(zone)
        self.placer = Placer(
            profile, self.region, file_crs=self.file_crs, geocoder=self.geocoder
        )

    def clean(self, batch: SourceBatch) -> CleanBatch:
        """Clean one batch; every row comes out exactly once."""
        if self._cells:
            batch = melted(batch, self._cells, self.profile.missing)
        rows = Rows(batch, self.profile, self._kept)
        rows.refuse()
        personal = rows.refuse_personal(self._exempt)
        required = self._required(rows)
        columns = dict(required)
        match self.profile.kind:
            case RecordKind.INCIDENTS:
                columns |= self._incidents(rows, columns["category"])
            case RecordKind.SITES:
                columns |= self._sites(rows)
            case RecordKind.HAZARDS:
                columns |= self._hazards(rows)
            case RecordKind.INDICATORS:
                columns |= self._indicators(rows)
            case RecordKind.INSPECTIONS:
                columns |= self._inspections(rows)
        placement = None
        if self.profile.kind in PLACED_KINDS:
            placement = self.placer.place(rows)
            columns |= self._situation(placement)
        # Last, so that a row without a name that lies elsewhere counts as elsewhere.
        for name, column in required.items():
            rows.faults.add(_nulls(column), "MISSING", name)
        if self.profile.attributes:
            values = {
                name: rows.value(source) for name, source in self.profile.attributes.items()
            }
            columns["attributes"] = text.json_objects(values)
        return CleanBatch(
            read=batch.rows_read,
            records=_records(rows, columns, self.profile),
            rejects=self._with_source_faults(rows.rejects(), batch.faults),
            learned=self._learned(rows, placement),
            personal=int(personal.sum()),
            out_of_area=placement.out_of_area if placement else 0,
            repaired=placement.repaired if placement else 0,
            reshaped=placement.reshaped if placement else 0,
            raw_x=placement.raw_x if placement else np.empty(0),
            raw_y=placement.raw_y if placement else np.empty(0),
            bytes_read=batch.bytes_read,
        )

    def _learned(self, rows: Rows, placement: Placement | None) -> pa.Table:
        asked = rows.asked_place()
        if placement is None or asked is None or not isinstance(self.geocoder, LearnedPlaces):
            return LEARNED_TABLE
        texts = text.place_key(asked)
        decision = self.geocoder.decisions_on(texts)
        # A row with a coordinate of its own did not need the decision.
        by_text = pc.fill_null(pc.not_equal(placement.match, MatchCode.A1.value), False)
        own_section = placement.by_section
        at = np.flatnonzero(
            (rows.faults.ok if own_section is None else rows.faults.ok & ~own_section)
            & pc.and_(pc.is_valid(decision), by_text).to_numpy(zero_copy_only=False)
        )
        index = pa.array(at)
        ids = decision.take(index)
        return pa.table(
            {
                "row_no": pa.array(rows.row_no[at]),
                "code": self.geocoder.codes_of(ids),
                "field": pa.repeat("place_text", len(at)),
                "raw": rows.raw(at),
                "place_text": texts.take(index),
                "key_hash": pa.array(rows.key_hash(at)),
                "decision_id": ids,
            },
            schema=LEARNED_TABLE.schema,
        )

    def _with_source_faults(self, rejects: pa.Table, faults: pa.Table) -> pa.Table:
        if faults.num_rows == 0:
            return rejects
        # An unreadable row cannot be told apart into columns: where the profile leaves
        # some of them unused, nothing of it is kept.
        unused = set(self.columns) - {*self.profile.source_columns, GEOMETRY}
        raw = (
            pa.nulls(faults.num_rows, pa.string())
            if unused
            else redact(text.normalise(faults["raw"]))
        )
        from_source = {
            "row_no": faults["row_no"],
            "code": faults["code"],
            "field": pa.repeat("", faults.num_rows),
            "detail": faults["detail"],
            "raw": raw,
            "place_text": pa.nulls(faults.num_rows, pa.string()),
            "key_hash": pa.nulls(faults.num_rows, pa.int64()),
        }
        return pa.concat_tables([rejects, pa.table(from_source, schema=rejects.schema)])

    def _unsearched(self) -> list[str]:
        """Columns that hold numbers, times or coordinates: never personal by their look."""
        profile, names = self.profile, list(self.profile.record_numbers)
        if profile.time:
            names += [profile.time.column or "", *profile.time.parts.values()]
        if profile.coordinates:
            rules = profile.coordinates
            names += [rules.lon or "", rules.lat or "", rules.text or ""]
        for name in ("deaths", "injured", "loss_yuan", "stake_m", "stake_from_m", "stake_to_m",
                     "capacity", "value", "unit_code", "inspected_on", *READINGS):  # fmt: skip
            names += profile.columns.get(name, ())
        return names

    def _required(self, rows: Rows) -> dict[str, pa.Array]:
        columns = {}
        for name in REQUIRED[self.profile.kind]:
            match name:
                case "value":
                    continue
                case "indicator":
                    columns[name] = indicator_codes(rows, self.profile)
                case "period":
                    columns[name] = period_texts(rows, self.profile)
                case _:
                    columns[name] = self._coded(rows, name)
        return columns

    def _optional(self, rows: Rows, *names: str) -> dict[str, pa.Array]:
        columns = {name: self._coded(rows, name) for name in names}
        return {name: column for name, column in columns.items() if column is not None}

    def _coded(self, rows: Rows, name: str) -> pa.Array | None:
        """A field as text, through its code table and checked against its enum."""
        column = rows.field(name)
        if column is None or name in self.profile.constants:
            return column
        table = self.profile.codes.get(name)
        allowed = enum_of(self.profile.kind, name)
        present = pc.is_valid(column)
        if table is not None:
            at = pc.index_in(column, value_set=pa.array(list(table.values), pa.string()))
            coded = pa.array(list(table.values.values()), pa.string()).take(at)
            if table.default is not None:
                coded = pc.fill_null(coded, table.default)
        elif allowed is not None:
            at = pc.index_in(column, value_set=pa.array(allowed))
            coded = pa.array(allowed).take(at)
        else:
            return column
        unknown = pc.and_(present, pc.is_null(coded)).to_numpy(zero_copy_only=False)
        rows.faults.add(unknown, "UNKNOWN_CODE", name, "add it to the profile's code table")
        return coded

    def _numbers(self, rows: Rows, name: str) -> pa.Array | None:
        column = rows.field(name)
        if column is None:
            return None
        numbers, bad = parse_quantities(column)
        numbers = numbers * self.profile.scales.get(name, 1.0)
        rows.faults.add(bad, "BAD_NUMBER", name)
        return pa.array(numbers, mask=np.isnan(numbers))

    def _incidents(self, rows: Rows, category: pa.Array) -> dict[str, pa.Array]:
        rules = self.profile.time
        times = parse_times(
            time_text(rows, rules),
            rows.faults,
            formats=rules.formats,
            zone=self._zone,
            latest_s=self.latest_s,
            precision=rules.precision,
            epoch=self.epoch or 1900,
        )
        columns = {
            "occurred_at": pa.array(times.utc),
            "occurred_local": pa.array(times.local),
            "time_precision": pa.array(PRECISIONS).take(pa.array(times.precision)),
        }
        counts = casualties(rows, self.profile)
        ranks = severity(self._coded(rows, "severity"), category, counts, self.profile.severity)
        columns["severity"] = pa.array(ranks, pa.uint8())
        columns |= {name: pa.array(values, pa.int16()) for name, values in counts.items()}
        loss = self._numbers(rows, "loss_yuan")
        if loss is not None:
            negative = pc.fill_null(pc.less(loss, 0), False).to_numpy(zero_copy_only=False)
            rows.faults.add(negative, "BAD_NUMBER", "loss_yuan")
            columns["loss_yuan"] = loss
        return columns | self._optional(rows, "route_code") | self._stakes(rows, "stake_m")

    def _stakes(self, rows: Rows, *names: str) -> dict[str, pa.Array]:
        columns = {}
        for name in names:
            column = rows.field(name)
            if column is not None:
                stakes = parse_stakes(column, rows.faults, field=name)
                columns[name] = pa.array(stakes, mask=np.isnan(stakes))
        return columns

    def _sites(self, rows: Rows) -> dict[str, pa.Array]:
        columns = self._optional(rows, "sector", "status")
        capacity = self._numbers(rows, "capacity")
        return columns if capacity is None else columns | {"capacity": capacity}

    def _hazards(self, rows: Rows) -> dict[str, pa.Array]:
        columns = self._optional(rows, "grade", "status", "route_code")
        columns |= self._stakes(rows, "stake_from_m", "stake_to_m")
        return columns | self._days(rows, "found_on", "due_on", "closed_on")

    def _days(self, rows: Rows, *names: str) -> dict[str, pa.Array]:
        formats = self.profile.time.formats if self.profile.time else ("auto",)
        columns = {}
        for name in names:
            column = rows.field(name)
            if column is not None:
                days, has_day = parse_days(column, rows.faults, formats=formats, field=name)
                columns[name] = pa.array(days, mask=~has_day)
        return columns

    def _indicators(self, rows: Rows) -> dict[str, pa.Array]:
        columns = self._unit(rows) | self._amounts(rows, "value")
        rows.faults.add(_nulls(columns["value"]), "MISSING", "value")
        return columns

    def _inspections(self, rows: Rows) -> dict[str, pa.Array]:
        columns = self._optional(rows, "level", "village", "site_name", *CHANGES)
        amounts = require_counts(self._amounts(rows, *COUNTS, *READINGS), rows.faults)
        columns = as_readings(columns) | amounts | self._unit(rows)
        return columns | self._days(rows, "inspected_on")

    def _unit(self, rows: Rows) -> dict[str, pa.Array]:
        unit = self.placer.unit_codes(rows)
        rows.faults.add(
            _nulls(unit), "UNKNOWN_UNIT", "unit_code",
            "the region has no such unit; correct it or add an alias",
        )  # fmt: skip
        return {"unit_code": unit}

    def _amounts(self, rows: Rows, *names: str) -> dict[str, pa.Array]:
        found = {name: self._numbers(rows, name) for name in names}
        columns = {name: column for name, column in found.items() if column is not None}
        for name, column in columns.items():
            negative = pc.fill_null(pc.less(column, 0), False).to_numpy(zero_copy_only=False)
            rows.faults.add(negative, "BAD_NUMBER", name, "a figure is not negative")
        return columns

    def _situation(self, placement: Placement) -> dict[str, pa.Array]:
        columns = {
            "unit_code": placement.unit,
            "match_code": placement.match,
            "r95_m": pa.array(placement.r95_m, mask=np.isnan(placement.r95_m)),
        }
        if placement.place_text is not None:
            columns["place_text"] = placement.place_text
        lon, lat = placement.lon, placement.lat
        if self.profile.kind is not RecordKind.HAZARDS:
            return columns | {
                "lon": pa.array(lon, mask=np.isnan(lon)),
                "lat": pa.array(lat, mask=np.isnan(lat)),
            }
        shapes = placement.shapes
        if shapes is None:
            shapes = np.full(len(lon), None, dtype=object)
        pointed = shapely.is_missing(shapes) & np.isfinite(lon)
        shapes = shapes.copy()
        shapes[pointed] = shapely.points(lon[pointed], lat[pointed])
        wkb = np.asarray(shapely.to_wkb(shapes), dtype=object)
        return columns | {"geometry": pa.array(wkb, pa.binary())}


def _records(rows: Rows, columns: dict[str, pa.Array], profile: Profile) -> pa.Table:
    """The accepted rows with their hashes."""
    good = np.flatnonzero(rows.faults.ok)
    table = pa.table(columns)
    if len(good) < rows.n:
        table = table.take(pa.array(good))
    table = table.combine_chunks()
    images = [hash_column(table[name].combine_chunks()) for name in sorted(table.column_names)]
    is_figure = profile.kind is RecordKind.INDICATORS and not profile.key
    hashes = {
        "key_hash": pa.array(indicator_keys(table) if is_figure else rows.key_hash(good)),
        "content_hash": pa.array(mix(*images)),
        "row_no": pa.array(rows.row_no[good]),
    }
    for name, column in hashes.items():
        table = table.append_column(name, column)
    return table


def _nulls(column: pa.Array) -> np.ndarray:
    return pc.is_null(column).to_numpy(zero_copy_only=False)

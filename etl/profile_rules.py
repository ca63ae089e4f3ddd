"""The sections of a source profile, each with its own strict reader."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data.indicators import INDICATOR_CODES
from etl.coordinates import datum_crs
from etl.sources.model import FORMATS
from etl.strict_table import StrictTable
from etl.times import format_pattern
from geo.errors import ProfileError
from geo.vocabulary import (
    CATEGORIES,
    CATEGORY_CODES,
    HAZARD_GRADES,
    HAZARD_KINDS,
    HAZARD_STATUSES,
    INSPECTION_KINDS,
    INSPECTION_LEVELS,
    SITE_KINDS,
    Datum,
    Domain,
    RecordKind,
    Severity,
    TimePrecision,
)

# Readings of a site: amounts, and whether something was seen to change.
READINGS = ("power_kwh", "base_kwh", "explosives_kg", "haulage_trips")
# Amounts that a profile may give in another measure, such as 万吨 for million tonnes.
SCALED = ("capacity", "loss_yuan", "value", *READINGS)
CHANGES = ("has_thermal_change", "has_ground_change")
_PLACE = ("place_text", "unit_code", "unit_name")
CANONICAL: dict[RecordKind, tuple[str, ...]] = {
    RecordKind.INCIDENTS: (
        "category", "severity", "deaths", "injured", "loss_yuan", "route_code", "stake_m", *_PLACE,
    ),
    RecordKind.SITES: ("site_kind", "name", "sector", "status", "capacity", *_PLACE),
    RecordKind.HAZARDS: (
        "hazard_kind", "name", "grade", "status", "found_on", "due_on", "closed_on",
        "route_code", "stake_from_m", "stake_to_m", *_PLACE,
    ),
    RecordKind.INDICATORS: ("unit_code", "unit_name", "indicator", "period", "value"),
    RecordKind.INSPECTIONS: (
        "inspection_kind", "level", "inspected_on", "unit_code", "unit_name", "village",
        "site_name", "problems", "unfixed", *READINGS, *CHANGES,
    ),
}  # fmt: skip
REQUIRED: dict[RecordKind, tuple[str, ...]] = {
    RecordKind.INCIDENTS: ("category",),
    RecordKind.SITES: ("site_kind", "name"),
    RecordKind.HAZARDS: ("hazard_kind", "name"),
    RecordKind.INDICATORS: ("indicator", "period", "value"),
    RecordKind.INSPECTIONS: ("inspection_kind", "inspected_on"),
}
SEVERITY_NAMES = tuple(severity.name.lower() for severity in Severity)
ENUMS: dict[str, tuple[str, ...]] = {
    "category": CATEGORY_CODES,
    "severity": SEVERITY_NAMES,
    "site_kind": SITE_KINDS,
    "sector": CATEGORIES[Domain.WORK_SAFETY],
    "hazard_kind": HAZARD_KINDS,
    "grade": HAZARD_GRADES,
    "indicator": INDICATOR_CODES,
    "inspection_kind": INSPECTION_KINDS,
    "level": INSPECTION_LEVELS,
    **dict.fromkeys(CHANGES, ("0", "1")),
}
TIME_PARTS = ("date", "time", "year", "month", "day", "hour", "minute", "second")


def enum_of(kind: RecordKind, column: str) -> tuple[str, ...] | None:
    """The codes a canonical column may hold; None for free text."""
    if column == "status":
        return HAZARD_STATUSES if kind is RecordKind.HAZARDS else None
    return ENUMS.get(column)


def check_code(value: str, allowed: tuple[str, ...] | None, path: str) -> None:
    """Raise :class:`ProfileError` unless ``value`` is among the allowed codes."""
    if allowed is not None and value not in allowed:
        raise ProfileError(f"{path}: {value!r} is not one of {', '.join(allowed)}")


@dataclass(frozen=True, kw_only=True)
class FileRules:
    """``[file]``: how to open it; what is left out is sniffed."""

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    layer: str | None = None
    header_row: int | None = None  # title rows that stand above the header
    as_of_pattern: str | None = None  # on the file name, groups year month day [hour minute]

    @classmethod
    def read(cls, table: StrictTable) -> FileRules:
        rules = cls(
            format=table.choice("format", FORMATS),
            encoding=table.take("encoding", str),
            delimiter=table.take("delimiter", str),
            sheet=table.take("sheet", str),
            layer=table.take("layer", str),
            header_row=table.take("header_row", int),
            as_of_pattern=table.regex("as_of_pattern"),
        )
        table.close(cls.__dataclass_fields__)
        if rules.header_row is not None and rules.header_row < 0:
            raise ProfileError(f"{table.path}: header_row must be 0 or more")
        if rules.as_of_pattern:
            groups = set(re.compile(rules.as_of_pattern).groupindex)
            if not {"year", "month", "day"} <= groups:
                raise ProfileError(
                    f"{table.path}: as_of_pattern needs groups year, month and day"
                )
        return rules


@dataclass(frozen=True, kw_only=True)
class TimeRules:
    """``[time]``: one column, or parts from which a time is put together."""

    column: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    formats: tuple[str, ...] = ("auto",)
    zone: str | None = None  # default: the region's
    precision: TimePrecision | None = None

    @classmethod
    def read(cls, table: StrictTable) -> TimeRules:
        precision = table.choice("precision", tuple(TimePrecision))
        parts = table.table("parts")
        part_columns = {name: parts.need(name, str) for name in TIME_PARTS if name in parts}
        parts.close(TIME_PARTS)
        rules = cls(
            column=table.take("column", str),
            parts=part_columns,
            formats=table.texts("formats") or ("auto",),
            zone=table.take("zone", str),
            precision=None if precision is None else TimePrecision(precision),
        )
        table.close(cls.__dataclass_fields__)
        if bool(rules.column) == bool(rules.parts):
            raise ProfileError(f"{table.path}: give either column or parts")
        if rules.parts and not (
            "date" in rules.parts or {"year", "month", "day"} <= set(rules.parts)
        ):
            raise ProfileError(f"{table.path}: parts need date, or year, month and day")
        for text in rules.formats:
            try:
                format_pattern(text)
            except ValueError as error:
                raise ProfileError(f"{table.path}: formats: {error}") from error
        if rules.zone is not None:
            try:
                ZoneInfo(rules.zone)
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise ProfileError(
                    f"{table.path}: unknown zone {rules.zone!r}; use a name such as Asia/Shanghai"
                ) from error
        return rules


@dataclass(frozen=True, kw_only=True)
class CoordinateRules:
    """``[coordinates]``: two columns, one combined column, or the file's geometry."""

    lon: str | None = None  # or x, easting
    lat: str | None = None  # or y, northing
    text: str | None = None  # "lon,lat" or WKT
    geometry: bool = False
    datum: str = "wgs84"  # "file": the CRS that a vector file states
    fix_swapped: bool = False
    outside: str = "reject"

    @classmethod
    def read(cls, table: StrictTable) -> CoordinateRules:
        datum = table.take("datum", str)
        if datum is None:
            raise ProfileError(
                f"{table.path}: datum is missing; one of {', '.join(Datum)}, EPSG:n, or file"
            )
        rules = cls(
            lon=table.take("lon", str),
            lat=table.take("lat", str),
            text=table.take("text", str),
            geometry=table.take("geometry", bool, False),
            datum=datum,
            fix_swapped=table.take("fix_swapped", bool, False),
            outside=table.choice("outside", ("reject", "keep"), "reject"),
        )
        table.close(cls.__dataclass_fields__)
        if bool(rules.lon) != bool(rules.lat):
            raise ProfileError(f"{table.path}: lon and lat go together")
        if bool(rules.lon) + bool(rules.text) + rules.geometry != 1:
            raise ProfileError(f"{table.path}: give lon and lat, or text, or geometry = true")
        if datum == "file" and not rules.geometry:
            raise ProfileError(f'{table.path}: datum = "file" needs geometry = true')
        if datum != "file":
            datum_crs(datum)
        return rules


@dataclass(frozen=True, kw_only=True)
class CodeTable:
    """``[codes.FIELD]``: source value → code, and what to do with other values."""

    values: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None  # None: the row is refused

    @classmethod
    def read(cls, table: StrictTable, allowed: tuple[str, ...] | None) -> CodeTable:
        values = {
            unicodedata.normalize("NFKC", value).strip(): code
            for value, code in table.table("values").mapping().items()
        }
        default = table.take("default", str)
        table.close(("values", "default"))
        for value in (*values.values(), *([default] if default else [])):
            check_code(value, allowed, table.path)
        return cls(values=values, default=default)


@dataclass(frozen=True, kw_only=True)
class SeverityRules:
    """``[severity]``: how severity follows from the record when no column states it."""

    rule: str | None = None  # "casualties" or "category"
    by_category: Mapping[str, str] = field(default_factory=dict)
    default: str = "unknown"

    @classmethod
    def read(cls, table: StrictTable) -> SeverityRules:
        by_category = table.table("by_category").mapping()
        for category, severity in by_category.items():
            check_code(category, CATEGORY_CODES, f"{table.path} [by_category]")
            check_code(severity, SEVERITY_NAMES, f"{table.path} [by_category]")
        rules = cls(
            rule=table.choice("rule", ("casualties", "category")),
            by_category=by_category,
            default=table.choice("default", SEVERITY_NAMES, "unknown"),
        )
        table.close(cls.__dataclass_fields__)
        return rules


@dataclass(frozen=True, kw_only=True)
class RefuseRule:
    """``[[refuse]]``: rows that are no records, by a pattern on one column or on any."""

    pattern: str
    reason: str
    column: str | None = None

    @classmethod
    def read(cls, table: StrictTable) -> RefuseRule:
        pattern, reason = table.regex("pattern"), table.need("reason", str)
        column = table.take("column", str)
        table.close(cls.__dataclass_fields__)
        if pattern is None:
            raise ProfileError(f"{table.path}: pattern is missing")
        return cls(pattern=pattern, reason=reason, column=column)

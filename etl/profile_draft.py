"""A first profile for an unknown file: columns, codes and people guessed, all commented.

The guesses rest on header words in Chinese and English, checked against the values. What
could not be guessed is marked ``CHECK``; the person who knows the file has the last word.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from etl.file_sample import FileSample, alternatives
from etl.guess_words import (
    CATEGORIES,
    CLOCK,
    DATE,
    FALLBACKS,
    GRADES,
    HEADERS,
    KEY,
    KINDS,
    LAT,
    LON,
    PAIR,
    SITES,
    STATUSES,
    TIME,
)
from etl.profile_rules import REQUIRED
from etl.sources import Source, SourceOptions, open_source
from geo.vocabulary import RecordKind

SAMPLE_ROWS = 2_000
_MAX_VALUES = 60  # distinct values a category column may have
_NORTHINGS = (1.5e6, 6.5e6)  # metres north of the equator in China
_ZONES_3, _ZONES_6 = range(25, 46), range(13, 24)  # of the Gauss-Krüger grids of China
_NUMBERS = ("deaths", "injured", "loss_yuan", "capacity")
_CASUALTIES = r"死亡(?P<deaths>\d+)\D*受[伤傷](?P<injured>\d+)"


@dataclass
class _Draft:
    """What has been guessed so far."""

    kind: RecordKind
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    time: str = ""
    coordinates: str = ""
    casualties: str = ""
    key: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)


def draft_profile(path: str | Path, options: SourceOptions | None = None) -> str:
    """Draft a profile in TOML from the first rows of a file.

    Parameters
    ----------
    path
        Any file that :func:`etl.sources.open_source` reads.
    options
        How to open it, where that cannot be found out.

    Returns
    -------
    str
        TOML with comments. It loads as it is when the required columns could be guessed;
        otherwise the lines to fill in are marked ``CHECK``.

    Raises
    ------
    SourceError
        When the file cannot be read.
    """
    path = Path(path)
    options = replace(options or SourceOptions(), limit_rows=SAMPLE_ROWS)
    with open_source(path, options) as source:
        sample = FileSample(source)
    draft = _guess(sample, path.stem)
    return _write(draft, sample, source, path, options)


def _guess(sample: FileSample, stem: str) -> _Draft:
    heads = " ".join([stem, *sample.open])
    draft = _Draft(_kind(sample, heads))
    draft.coordinates = _coordinates(sample, draft)
    if draft.kind is RecordKind.INCIDENTS:
        draft.time = _time(sample, draft)
    key = sample.find(KEY, draft.taken)
    if key and sample.is_identifying(key):
        draft.key = [key]
        draft.taken.add(key)
    for name in _fields(draft.kind):
        found = sample.find(HEADERS[name], draft.taken)
        if found is None or (name in _NUMBERS and not _take_number(found, sample, draft)):
            continue
        draft.columns[name] = found
        draft.taken.add(found)
    _check_category(draft, sample, heads)
    if draft.kind is RecordKind.SITES:
        draft.constants["site_kind"] = _first(SITES, heads) or "other_site"
    elif draft.kind is RecordKind.HAZARDS:
        road = re.search(r"路|road", heads, re.IGNORECASE)
        draft.constants["hazard_kind"] = "road_section" if road else "site_hazard"
    return draft


def _take_number(found: str, sample: FileSample, draft: _Draft) -> bool:
    """Whether the column holds numbers; "死亡1;受傷0" in one text is kept as casualties."""
    if sample.is_numeric(found):
        return True
    values = [value for value in sample.counts(found) if re.search(_CASUALTIES, value)]
    if values and not draft.casualties:
        draft.casualties = found
        draft.taken.add(found)
    return False


def _kind(sample: FileSample, heads: str) -> RecordKind:
    for kind, words in KINDS:
        if re.search(words, heads, re.IGNORECASE):
            return kind
    has_time = any(
        re.search(TIME, name, re.IGNORECASE) and sample.is_time(name) for name in sample.open
    )
    return RecordKind.INCIDENTS if has_time else RecordKind.SITES


def _fields(kind: RecordKind) -> tuple[str, ...]:
    place = ("unit_code", "unit_name", "place_text")
    return {
        RecordKind.INCIDENTS: ("category", "deaths", "injured", "loss_yuan", *place),
        RecordKind.SITES: ("capacity", "status", "unit_code", "place_text", "name", "unit_name"),
        RecordKind.HAZARDS: (
            "grade", "found_on", "due_on", "closed_on", "unit_code", "place_text", "name", "unit_name",
        ),
        RecordKind.INDICATORS: ("indicator", "period", "value", "unit_code", "unit_name"),
    }[kind]  # fmt: skip


def _coordinates(sample: FileSample, draft: _Draft) -> str:
    if sample.has_geometry:
        return 'geometry = true\ndatum = "file"  # CHECK: or the datum, if the file names none'
    lon, lat = sample.find(LON, draft.taken), sample.find(LAT, draft.taken)
    if lon and lat and lon != lat:
        x, y = sample.middle(lon, lat)
        if not math.isnan(x):
            draft.taken |= {lon, lat}
            # Surveyors call the northing X; and headers are exchanged now and then.
            is_turned = _NORTHINGS[0] < x < _NORTHINGS[1] or abs(x) <= 90 < abs(y) <= 180
            if is_turned:
                lon, lat, x, y = lat, lon, y, x
            note = "  # CHECK: the other way round by their values" if is_turned else ""
            return f"lon = {_quote(lon)}{note}\nlat = {_quote(lat)}\n{_datum(x)}"
    for word in alternatives(PAIR):
        text = sample.find(word, draft.taken)
        x, y = sample.middle(text) if text else (math.nan, math.nan)
        if math.isnan(x):
            continue
        draft.taken.add(text)
        turned = "fix_swapped = true\n" if abs(x) <= 90 < abs(y) <= 180 else ""
        return f"text = {_quote(text)}\n{turned}{_datum(max(x, y))}"
    return ""


def _datum(easting: float) -> str:
    """The datum's line: degrees, or metres with or without the zone's number in front."""
    if abs(easting) <= 360:
        return 'datum = "wgs84"  # CHECK: or cgcs2000, gcj02 (Amap), bd09 (Baidu)'
    zone = int(easting // 1e6)
    if zone in _ZONES_3:
        return f'datum = "EPSG:{4488 + zone}"  # CHECK: CGCS2000, 3-degree zone {zone}'
    if zone in _ZONES_6:
        return f'datum = "EPSG:{4478 + zone}"  # CHECK: CGCS2000, 6-degree zone {zone}'
    return 'datum = "EPSG:4547"  # CHECK: metres; which projection?'


def _time(sample: FileSample, draft: _Draft) -> str:
    named = [name for name in sample.open if re.search(TIME, name, re.IGNORECASE)]
    good = [name for name in named if sample.is_time(name)]
    first = min(good, key=lambda name: _rank(TIME, name), default=None)
    if first is None:
        return 'column = "CHECK"  # no column could be read as a time'
    draft.taken.add(first)
    clock = next(
        (n for n in named if n not in good and re.search(CLOCK, n, re.IGNORECASE)), None
    )
    if clock is not None and re.search(DATE, first, re.IGNORECASE):
        draft.taken.add(clock)
        return f"parts = {{ date = {_quote(first)}, time = {_quote(clock)} }}"
    return f'column = {_quote(first)}\nformats = ["auto"]  # or such as "%d/%m/%Y %H:%M"'


def _rank(pattern: str, name: str) -> int:
    return next(
        i
        for i, word in enumerate(alternatives(pattern))
        if re.search(word, name, re.IGNORECASE)
    )


def _check_category(draft: _Draft, sample: FileSample, heads: str) -> None:
    """Keep the category column only if its values look like a short list of codes."""
    if draft.kind is not RecordKind.INCIDENTS:
        return
    found = draft.columns.get("category")
    if found and not 1 <= len(sample.counts(found)) <= _MAX_VALUES:
        draft.taken.discard(draft.columns.pop("category"))
        found = None
    if found is None:
        draft.constants["category"] = _first(CATEGORIES, heads) or _fallback(heads)


def _first(table: tuple[tuple[str, str], ...], value: str) -> str | None:
    return next((code for code, words in table if re.search(words, value, re.IGNORECASE)), None)


def _fallback(heads: str) -> str:
    return _first(FALLBACKS, heads) or "crime_other"


def _quote(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(
    draft: _Draft, sample: FileSample, source: Source, path: Path, options: SourceOptions
) -> str:
    title = path.name.split(".")[0] or path.name
    name = re.sub(r"\W+", "_", title).strip("_") or "draft"
    parts = [
        f"# Drafted from the first {sample.n_rows:,} rows; check every line.",
        *[f"# {note}" for note in source.notes],
        f'kind = "{draft.kind.value}"',
        f"source = {_quote(name)}  # CHECK: who keeps these records; part of every record's key",
        'licence = ""',
        f"\n[title]\nzh = {_quote(title)}\nen = {_quote(title)}",
        _file_section(source, options),
    ]
    if draft.columns:
        parts.append("\n[columns]")
        parts += [f"{name} = {_quote(column)}" for name, column in draft.columns.items()]
    missing = [n for n in REQUIRED[draft.kind] if n not in {*draft.columns, *draft.constants}]
    parts += [f'# CHECK: {name} is required: {name} = "column of the file"' for name in missing]
    if draft.constants:
        parts.append("\n[constants]")
        parts += [f"{k} = {_quote(v)}  # CHECK" for k, v in draft.constants.items()]
    if "category" in draft.columns:
        parts += _code_section(draft, sample)
    for name, table, default in (
        ("grade", GRADES, "general"),
        ("status", STATUSES, "found"),
    ):
        if draft.kind is RecordKind.HAZARDS and name in draft.columns:
            counts = sample.counts(draft.columns[name])
            parts += _values(name, {v: _first(table, v) for v in counts}, counts, default)
    if draft.time:
        parts.append(f"\n[time]\n{draft.time}")
    if draft.coordinates:
        parts.append(f"\n[coordinates]\n{draft.coordinates}")
    if draft.kind is RecordKind.INCIDENTS:
        parts += _severity_section(draft)
    parts.append(
        "\n# Columns that tell one record from another; without any, the whole row is the key."
    )
    parts.append(f"[key]\ncolumns = [{', '.join(map(_quote, draft.key))}]")
    if sample.personal:
        parts.append("\n# Columns on persons are never loaded.")
        parts.append(f"[drop]\ncolumns = [{', '.join(map(_quote, sample.personal))}]")
    rest = [column for column in sample.open if column not in draft.taken]
    if rest:
        parts.append("\n# Kept beside the record if the line is opened: name = column.")
        parts.append("[attributes]")
        parts += [f"# {_attribute(column)} = {_quote(column)}" for column in rest]
    return "\n".join(parts) + "\n"


def _file_section(source: Source, options: SourceOptions) -> str:
    lines = ["\n[file]"]
    if source.format == "csv":
        lines.append(f"# read as {source.encoding}; name an encoding only if that is wrong")
    stated = {key: getattr(options, key) for key in ("encoding", "delimiter", "sheet", "layer")}
    lines += [f"{key} = {_quote(value)}" for key, value in stated.items() if value is not None]
    if options.header_row is not None:
        lines.append(f"header_row = {options.header_row}")
    return "\n".join(lines)


def _code_section(draft: _Draft, sample: FileSample) -> list[str]:
    counts = sample.counts(draft.columns["category"])
    guesses = {value: _first(CATEGORIES, value) for value in counts}
    codes = [code for code in guesses.values() if code]
    is_crash = sum(code.startswith("crash") for code in codes) > len(codes) / 2
    default = "crash_other" if is_crash else _fallback(draft.columns["category"])
    return _values("category", guesses, counts, default)


def _values(
    name: str, guesses: dict[str, str | None], counts: Counter[str], default: str
) -> list[str]:
    """The code table of a column: every value, the commonest first."""
    lines = [
        f"\n[codes.{name}]",
        f'default = "{default}"  # leave out to refuse unknown values',
        f"\n[codes.{name}.values]",
    ]
    for value, count in counts.most_common(_MAX_VALUES):
        code = guesses[value]
        lines.append(
            f'{_quote(value)} = "{code}"  # {count:,}'
            if code
            else f'{_quote(value)} = "{default}"  # {count:,} CHECK'
        )
    return lines


def _severity_section(draft: _Draft) -> list[str]:
    lines = []
    if draft.casualties:
        column, pattern = _quote(draft.casualties), f"'{_CASUALTIES}'"
        lines.append(f"\n[casualties]\ncolumn = {column}\npattern = {pattern}")
    by_casualties = draft.casualties or {"deaths", "injured"} & set(draft.columns)
    rule = "casualties" if by_casualties else "category"
    return [*lines, f'\n[severity]\nrule = "{rule}"']


def _attribute(column: str) -> str:
    name = re.sub(r"\W+", "_", column.lower()).strip("_")
    return name if name.isascii() and name else _quote(column)

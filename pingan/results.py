"""What the analysis commands share: the selection, the output file, the printed facts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from tqdm import tqdm

from dashboard.result_files import about, json_text, result_csv, result_geojson
from dashboard.result_words import result_text
from data.derived.results import Result
from data.region import RegionPack
from geo.errors import SettingsError
from geo.selection import IncidentSelection, day_number
from geo.vocabulary import CATEGORY_CODES
from pingan.files import write_whole

Language = Literal["zh", "en"]
SUFFIXES = (".geojson", ".csv", ".png")
WORKBOOK = (".xlsx",)

KindsOption = Annotated[
    str | None, typer.Option(help="Kinds of incidents, joined by commas; default: all.")
]
UnitsOption = Annotated[str | None, typer.Option(help="Unit codes, joined by commas.")]
FromOption = Annotated[datetime | None, typer.Option("--from", help="First day.")]
ToOption = Annotated[datetime | None, typer.Option("--to", help="Last day.")]
OutOption = Annotated[
    Path | None, typer.Option(help="File to write: .geojson, .csv or .png (a map).")
]
WorkbookOption = Annotated[Path | None, typer.Option("--out", help="Workbook to write, .xlsx.")]
InternalOption = Annotated[
    bool,
    typer.Option("--internal", help="Keep counts below 5; for use inside the police only."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print facts and tables as JSON.")]
LanguageOption = Annotated[Language, typer.Option(help="Language of words and pictures.")]


def selection_of(
    region: RegionPack,
    *,
    kinds: str | None,
    units: str | None,
    start: datetime | None,
    end: datetime | None,
    hours: str | None = None,
) -> IncidentSelection:
    """The selection that the options describe.

    Raises
    ------
    SettingsError
        When a kind, unit, hour or the period cannot be understood.
    """
    if start is not None and end is not None and end < start:
        raise SettingsError("--to lies before --from; swap them")
    categories, codes = _listed(kinds), _listed(units)
    if categories == () or codes == ():
        raise SettingsError(
            "--kinds and --units must name at least one; leave them out for all"
        )
    for kind in categories or ():
        if kind not in CATEGORY_CODES:
            raise SettingsError(f"unknown kind {kind!r}; known: {', '.join(CATEGORY_CODES)}")
    for code in codes or ():
        if code not in region.units.index:
            raise SettingsError(f"the region has no unit {code!r}; see its units.geojson")
    return IncidentSelection(
        categories=categories,
        units=codes,
        day_from=day_given(start),
        day_to=day_given(end),
        hours=hours_of(hours),
    )


def hours_of(text: str | None) -> tuple[int, ...] | None:
    """Hours of "20-23,0-5"; a span may run past midnight.

    Raises
    ------
    SettingsError
        When the text is not a list of hours 0–23.
    """
    if text is None:
        return None
    hours: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        try:
            begin, end = int(first), int(last if dash else first)
        except ValueError:
            begin = end = -1
        if not (0 <= begin <= 23 and 0 <= end <= 23):
            raise SettingsError(f"--hours {text}: give hours 0–23 such as 20-23,0-5")
        hours += range(begin, end + 1) if begin <= end else [*range(begin, 24), *range(end + 1)]
    return tuple(hours)


def require_out(out: Path | None, suffixes: Sequence[str] = SUFFIXES) -> str | None:
    """The ending of the file to write, checked before anything is measured.

    Raises
    ------
    SettingsError
        When the ending is another, or the folder is not there.
    """
    if out is None:
        return None
    suffix = out.suffix.lower()
    if suffix not in suffixes:
        raise SettingsError(f"--out {out}: the name must end in {', '.join(suffixes)}")
    if out.is_dir():
        raise SettingsError(f"--out {out} is a folder; give the name of a file")
    require_folder(out)
    return suffix


def require_folder(out: Path, name: str = "--out") -> None:
    """Refuse a file in a folder that is not there, before anything is measured.

    Raises
    ------
    SettingsError
        When the folder is not there.
    """
    if not out.parent.is_dir():
        raise SettingsError(f"there is no folder {out.parent} for {name}; make it first")


def hand_over(
    result: Result,
    region: RegionPack | None,
    selection: IncidentSelection | None,
    *,
    out: Path | None = None,
    as_json: bool = False,
    is_internal: bool = False,
    measure: str = "spot",
) -> None:
    """Write the file and print the facts."""
    facts = about(result, region, selection, is_internal=is_internal)
    if out is not None:
        _write(result, region, selection, facts, out, is_internal=is_internal, measure=measure)
    if as_json:
        typer.echo(json_text(facts, indent=2))
        return
    typer.echo(result_text(result, region, selection))
    if out is not None:
        typer.echo(f"→ {out}")


@contextmanager
def progress_bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error that hears of windows done and windows in all."""
    with tqdm(desc=name, unit="window", leave=False, file=sys.stderr) as bar:

        def advance(done: int, windows: int) -> None:
            bar.total = windows
            bar.update(done - bar.n)

        yield advance


def _write(
    result: Result,
    region: RegionPack | None,
    selection: IncidentSelection | None,
    facts: dict[str, object],
    out: Path,
    *,
    is_internal: bool,
    measure: str,
) -> None:
    suffix = require_out(out)
    if suffix == ".png":
        if region is None:
            raise SettingsError("a foreign file has no map; write .csv or .geojson")
        # Here and not at the top: the drawing library doubles the start of every command.
        from dashboard.pictures import map_picture

        write_whole(out, map_picture(result, region, selection, measure=measure))
    elif suffix == ".geojson":
        write_whole(out, result_geojson(result, facts, is_internal=is_internal))
    else:
        # A line of comment would be a row to Excel: what the table says of itself lies beside.
        write_whole(out.with_suffix(".about.json"), json_text(facts, indent=2))
        write_whole(out, result_csv(result, facts, is_internal=is_internal))


def _listed(text: str | None) -> tuple[str, ...] | None:
    return (
        None
        if text is None
        else tuple(part.strip() for part in text.split(",") if part.strip())
    )


def day_given(moment: datetime | date | None) -> int | None:
    """Days since 1970-01-01 of what ``--from`` or ``--to`` says; ``None`` where it is left out."""
    if moment is None:
        return None
    return day_number(moment.date() if isinstance(moment, datetime) else moment)

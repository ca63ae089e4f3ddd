"""``pingan load``: one file into the store, all of it or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from etl.pipeline import load_file
from etl.profile import Profile
from etl.report import LoadRefusedError
from geo.vocabulary import RecordKind
from pingan.door import RegionOption, open_store
from pingan.files import write_whole
from pingan.results import Language, require_folder


def load(
    kind: Annotated[RecordKind, typer.Argument(help="What one row of the file describes.")],
    file: Annotated[Path, typer.Argument(help="CSV, Excel, GeoJSON, GPKG, zipped shapefile.")],
    profile: Annotated[
        str, typer.Option(help="A built-in profile's name, or a profile's .toml file.")
    ],
    region: RegionOption = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(help="When the extract was made; default: the file's time."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Also write the report here, as JSON.")
    ] = None,
    language: Annotated[Language, typer.Option(help="Language of the report.")] = "zh",
) -> None:
    """Load a file by its profile and print a report that balances."""
    if report is not None:
        require_folder(report, "the report")
    rules = Profile.open(profile)
    store, pack, _ = open_store(region)
    try:
        with tqdm(unit="B", unit_scale=True, desc=file.name, leave=False) as bar:

            def advance(rows: int, bytes_read: int, bytes_in_all: int) -> None:
                bar.total = bytes_in_all
                bar.set_postfix_str(f"{rows:,}", refresh=False)
                bar.update(bytes_read - bar.n)

            outcome = load_file(
                file,
                kind=kind,
                profile=rules,
                region=pack,
                store=store,
                as_of=None if as_of is None else as_of.astimezone(UTC),
                progress=advance,
            )
        store.columns()  # the dashboard's read cache of this version
    except LoadRefusedError as refused:
        typer.echo(refused.report.to_text(language))
        if report is not None:
            write_whole(report, refused.report.to_json())
        raise
    typer.echo(outcome.to_text(language))
    if report is not None:
        write_whole(report, outcome.to_json())

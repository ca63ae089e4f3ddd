"""``pingan profile …``: source profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from etl.profile import Profile, profile_names
from etl.profile_draft import draft_profile
from etl.sources import SourceOptions
from pingan.files import write_whole


def new(
    file: Annotated[Path, typer.Argument(help="A sample of the file to be read.")],
    out: Annotated[Path | None, typer.Option(help="Write here instead of the screen.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a text or shapefile.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Of a text: one character.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Worksheet, when not the first.")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer, when the file has several.")] = None,
    header_row: Annotated[
        int | None, typer.Option(min=0, help="Title rows above the header, if guessed wrongly.")
    ] = None,
) -> None:
    """Draft a profile from a file: columns, codes and formats guessed, people left out."""
    options = SourceOptions(
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        layer=layer,
        header_row=header_row,
    )
    text = draft_profile(file, options)
    if out is None:
        typer.echo(text)
    else:
        write_whole(out, text)
        typer.echo(f"{out}: check the guesses, then load with --profile {out}")


def list_profiles() -> None:
    """List the built-in profiles."""
    for name in profile_names():
        profile = Profile.open(name)
        typer.echo(f"{name:24} {profile.kind.value:10} {profile.title.get('zh', '')}")

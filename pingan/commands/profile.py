"""``pingan profile …``: source profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from etl.profile import Profile, profile_names
from etl.profile_draft import draft_profile


def new(
    file: Annotated[Path, typer.Argument(help="A sample of the file to be read.")],
    out: Annotated[Path | None, typer.Option(help="Write here instead of the screen.")] = None,
) -> None:
    """Draft a profile from a file: columns, codes and formats guessed, people left out."""
    text = draft_profile(file)
    if out is None:
        typer.echo(text)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"{out}: check the guesses, then load with --profile {out}")


def list_profiles() -> None:
    """List the built-in profiles."""
    for name in profile_names():
        profile = Profile.open(name)
        typer.echo(f"{name:24} {profile.kind.value:10} {profile.title.get('zh', '')}")

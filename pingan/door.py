"""What every command shares: the region option, the open store, errors as one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, ParamSpec, TypeVar

import typer

from data.region import RegionPack
from data.settings import Settings
from data.store import Store
from geo.errors import SafetyError

P = ParamSpec("P")
R = TypeVar("R")

RegionOption = Annotated[
    str | None,
    typer.Option(help="A bundled region's name, or the folder of a region pack."),
]


def one_line_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn every error of the product into one clear line and exit code 2."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except SafetyError as error:
            sys.stderr.write(f"pingan: {' '.join(str(error).split())}\n")
            raise typer.Exit(2) from error
        except OSError as error:  # a folder to write to that is not there, a full disk
            sys.stderr.write(f"pingan: {error.filename or 'file'}: {error.strerror}\n")
            raise typer.Exit(2) from error

    return run


def open_store(region: str | None) -> tuple[Store, RegionPack, Settings]:
    """Settings, region pack and store of one county, made and migrated when new."""
    settings = Settings.load(region)
    pack = RegionPack.open(settings.region)
    return Store.open(settings, pack), pack, settings

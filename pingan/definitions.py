"""What the commands of index and contest share: definition files and lists of kept results."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import typer

from dashboard.result_files import json_text, records
from geo.errors import SettingsError
from pingan.files import write_whole
from pingan.results import require_folder


def read_definition_text(path: Path) -> str:
    """The text of a definition file.

    Raises
    ------
    SettingsError
        When it cannot be read, or is no UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(
            f"the definition {path} cannot be read: {error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"the definition {path} must be UTF-8 text") from error


def write_definition_text(out: Path, text: str) -> None:
    """Write a definition to copy and change, and say where.

    Raises
    ------
    SettingsError
        When the folder is not there.
    """
    require_folder(out, "the definition")
    write_whole(out, text)
    typer.echo(f"→ {out}")


def kept_json(listed: pd.DataFrame) -> str:
    """Kept results as JSON, their UTC times as text."""
    times = listed.select_dtypes("datetimetz").columns
    stamped = listed.astype(dict.fromkeys(times, str)).reset_index()
    return json_text(records(stamped), indent=2)

"""``pingan bench``: speed as a ratio against a named peer, in one run."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Annotated

import typer

from geo.errors import SettingsError

BENCH_FOLDER = Path(__file__).parents[2] / "bench"


def bench(
    name: Annotated[
        str | None, typer.Argument(help="One benchmark; all when left out.")
    ] = None,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files for it, e.g. instances for top.")
    ] = None,
) -> None:
    """Run the benchmarks of a source checkout and print their ratios."""
    scripts = sorted(BENCH_FOLDER.glob(f"{name or '*'}.py"))
    if not scripts:
        known = (
            ", ".join(path.stem for path in sorted(BENCH_FOLDER.glob("*.py"))) or "none here"
        )
        raise SettingsError(f"there is no benchmark {name!r}; known: {known}")
    for script in scripts:
        sys.argv = [str(script), *map(str, files or ())]  # its options are its own
        runpy.run_path(str(script), run_name="__main__")

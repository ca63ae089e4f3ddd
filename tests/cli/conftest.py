"""The command line over a small demo store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pingan.cli import app


@pytest.fixture(scope="module")
def home(make_store) -> Path:
    return make_store(1_500).home


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """``run("hotspots", "--json")``: exit code, and what was said."""
    monkeypatch.setenv("PINGAN_HOME", str(home))
    for name in ("PINGAN_REGION", "PINGAN_DB"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> tuple[int, str]:
        outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
        return outcome.exit_code, outcome.stdout if not outcome.exit_code else outcome.output

    return run

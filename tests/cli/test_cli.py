"""The command line's errors: one line that says what to do, exit code 2, nothing loaded."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box
from typer.testing import CliRunner

from pingan.cli import app

CASES = "案件编号,发案时间,案件类别,所属乡镇\nK1,2010-03-05 08:30,盗窃,神垕镇\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PINGAN_HOME", str(tmp_path / "home"))
    for name in ("PINGAN_REGION", "PINGAN_DB"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "cases.csv").write_text(CASES, encoding="gb18030")

    def run(*arguments: object) -> tuple[int, str]:
        outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
        return outcome.exit_code, outcome.output

    return run


def test_a_draft_loads_as_it_is(run, tmp_path: Path) -> None:
    profile, report = tmp_path / "cases.toml", tmp_path / "report.json"
    assert run("profile", "new", tmp_path / "cases.csv", "--out", profile)[0] == 0
    load = ("load", "incidents", tmp_path / "cases.csv", "--profile", profile)
    assert run(*load, "--report", report)[0] == 0
    assert '"inserted": 1' in report.read_text("utf-8")


def test_nothing_is_loaded_when_an_option_is_wrong(run, tmp_path: Path) -> None:
    profile = tmp_path / "cases.toml"
    run("profile", "new", tmp_path / "cases.csv", "--out", profile)
    load = ("load", "incidents", tmp_path / "cases.csv", "--profile", profile)
    code, said = run(*load, "--report", tmp_path / "none" / "report.json")
    assert code == 2
    assert "make it first" in said
    assert run(*load, "--language", "fr")[0] == 2
    assert not (tmp_path / "home").exists()


def test_a_place_that_cannot_be_written_is_one_line(run, tmp_path: Path) -> None:
    out = tmp_path / "none" / "x.toml"
    code, said = run("profile", "new", tmp_path / "cases.csv", "--out", out)
    assert (code, said) == (2, f"pingan: {out}: No such file or directory\n")


def test_an_unknown_crs_is_one_line(run, tmp_path: Path) -> None:
    towns = gpd.GeoDataFrame({"NAME": ["甲"]}, geometry=[box(113, 34, 113.1, 34.1)], crs=4326)
    towns.to_file(tmp_path / "towns.shp")
    (tmp_path / "towns.prj").unlink()
    fields = ("--name-field", "NAME", "--code-field", "NAME")
    make = ("region", "new", tmp_path / "pack", "--units", tmp_path / "towns.shp", *fields)
    code, said = run(*make, "--crs", "EPSG:0")
    assert code == 2
    assert said.startswith("pingan: CRS_UNKNOWN: ")
    assert run(*make, "--crs", "EPSG:4490")[0] == 0


def test_a_benchmark_reads_no_options_of_ours(
    run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written = tmp_path / "argv.txt"
    (tmp_path / "speed.py").write_text(
        f"import sys, pathlib\npathlib.Path({str(written)!r}).write_text(str(sys.argv[1:]))\n"
    )
    monkeypatch.setattr("pingan.commands.bench.BENCH_FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["pingan", "bench", "speed"])
    assert run("bench", "speed")[0] == 0
    assert written.read_text() == "[]"

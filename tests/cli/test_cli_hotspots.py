"""The analysis commands: files, printed facts, and errors of one line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pingan.results import hours_of


@pytest.fixture(scope="module")
def bare(make_store) -> Path:
    return make_store(0).home


METHODS = ("significance", "emerging", "density", "near-repeat", "concentration")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_prints_what_went_into_it(run, method: str) -> None:
    code, said = run("hotspots", "--method", method, "--language", "en")
    assert code == 0
    for word in (
        "Demo data",
        "Schematic borders",
        "all kinds",
        "N = ",
        "too coarsely",
        "Data version",
    ):
        assert word in said
    code, said = run("hotspots", "--method", method, "--json")
    assert code == 0
    facts = json.loads(said)
    assert facts["method"] == method.replace("-", "_")
    assert facts["is_demo"]
    assert facts["events"] + facts["too_coarse"] + facts["outside"] <= 1_500


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("suffix", ["geojson", "csv", "png"])
def test_every_method_writes_its_files(run, tmp_path: Path, method: str, suffix: str) -> None:
    out = tmp_path / f"out.{suffix}"
    code, said = run("hotspots", "--method", method, "--cell-m", 2_000, "--out", out)
    if (method, suffix) == ("near-repeat", "png"):
        assert code == 2
        assert "no map" in said
        assert not out.exists()
        return
    assert code == 0
    assert str(out) in said
    content = out.read_bytes()
    if suffix == "png":
        assert content.startswith(b"\x89PNG")
    elif suffix == "geojson":
        assert json.loads(content)["about"]["is_demo"]
    else:
        assert content.startswith(b"\xef\xbb\xbf")
        beside = json.loads((tmp_path / "out.about.json").read_text("utf-8"))
        assert beside["counts_hidden_below"] == 5
        assert "mark" in pd.read_csv(io.BytesIO(content)).columns


def test_options_make_the_selection(run) -> None:
    code, said = run(
        "hotspots", "--kinds", "robbery,theft", "--from", "2024-01-01", "--to", "2024-12-31",
        "--hours", "22-2", "--units", "411081001", "--json",
    )  # fmt: skip
    assert code == 0
    facts = json.loads(said)
    assert facts["selection"] == {
        "categories": ["robbery", "theft"],
        "day_from": 19_723,
        "day_to": 20_088,
        "hours": [0, 1, 2, 22, 23],
        "units": ["411081001"],
    }
    assert facts["period"] == ["2024-01-01", "2024-12-31"]


def test_small_counts_leave_only_when_asked(run, tmp_path: Path) -> None:
    options = ("hotspots", "--method", "concentration", "--out", tmp_path / "c.csv")
    run(*options)
    safe = pd.read_csv(tmp_path / "c.csv")
    run(*options, "--internal")
    whole = pd.read_csv(tmp_path / "c.csv")
    assert safe["value"].min() >= 5 or safe["value"].isna().all()
    assert whole["value"].notna().all()
    assert whole["value"].min() < 5
    assert safe["suppressed"].sum() == (whole["value"] < 5).sum()


@pytest.mark.parametrize(
    "arguments", [("--horizon", "week"), ("--horizon", "shift", "--shift", 2)]
)
def test_a_forecast_shows_its_backtest(run, tmp_path: Path, arguments) -> None:
    out = tmp_path / "f.geojson"
    code, said = run(
        "forecast", *arguments, "--cell-m", 1_000, "--language", "en", "--out", out
    )
    assert code == 0
    for word in ("PAI", "PEI*", "In use: ", "no ground to suspect", "Drugs"):
        assert word in said
    facts = json.loads(out.read_text("utf-8"))["about"]
    assert {row["method"] for row in facts["tables"]["scores"]} >= {
        "blend",
        "count_all",
        "decided",
    }
    assert "drug" in facts["left_out"]


def test_a_backtest_is_machine_readable(run) -> None:
    code, said = run("backtest", "--cell-m", 1_000, "--json")
    assert code == 0
    facts = json.loads(said)
    assert set(facts["tables"]) == {"scores", "decision", "drift", "components"}
    assert facts["tables"]["decision"][0]["windows"] == facts["parameters"]["windows"] > 4
    row = facts["tables"]["scores"][0]
    assert row["hit_rate_low"] <= row["hit_rate"] <= row["hit_rate_high"]


@pytest.mark.parametrize("command", ["hotspots", "forecast", "backtest"])
def test_an_empty_store_is_no_error(run, bare: Path, monkeypatch, command: str) -> None:
    monkeypatch.setenv("PINGAN_HOME", str(bare))
    code, said = run(command, "--json")
    assert code == 0
    assert json.loads(said)["parameters"]["note"] == "too_few_events"
    assert run(command)[0] == 0


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    n = 1_200
    busy = rng.random(n) < 0.5
    rows = pd.DataFrame(
        {
            "kind": np.where(rng.random(n) < 0.9, "robbery", "other"),
            "when": pd.Timestamp("2019-01-01")
            + pd.to_timedelta(np.sort(rng.uniform(0, 200, n)), unit="D"),
            "E": np.where(busy, 500_500, rng.uniform(500_000, 506_000, n)),
            "N": np.where(busy, 3_780_500, rng.uniform(3_780_000, 3_785_000, n)),
        }
    )
    rows["when"] = rows["when"].dt.strftime("%Y-%m-%d %H:%M")
    rows.loc[3, "when"] = "sometime"
    rows.loc[4, "E"] = np.nan
    rows.to_csv(tmp_path / "city.csv", index=False)
    return tmp_path / "city.csv"


FILE = ("--x", "E", "--y", "N", "--time", "when", "--crs", "EPSG:4547", "--cell-m", 250)


def test_a_foreign_file_is_tested_without_a_store(
    run, foreign: Path, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("PINGAN_HOME", str(tmp_path / "untouched"))
    code, said = run("backtest", "--csv", foreign, *FILE, "--json")
    assert code == 0
    facts = json.loads(said)
    used = facts["parameters"]
    assert (used["rows"], used["without_time"], used["without_place"]) == (1_200, 1, 1)
    assert (used["boundary"], used["metric_crs"]) == ("hull", "EPSG:4547")
    assert used["windows"] >= 20
    assert facts["events"] + facts["outside"] == 1_198
    assert not (tmp_path / "untouched").exists()
    code, said = run("backtest", "--csv", foreign, *FILE, "--language", "en")
    assert "convex hull" in said


def test_only_some_rows_of_a_file(run, foreign: Path) -> None:
    code, said = run("backtest", "--csv", foreign, *FILE, "--where", "kind=robbery", "--json")
    assert code == 0
    assert 1_000 < json.loads(said)["parameters"]["rows"] < 1_150
    code, said = run(
        "backtest", "--csv", foreign, *FILE, "--from", "2019-02-01", "--to", "2019-06-30",
        "--first-origin", "2019-05-01", "--horizon-days", 10, "--json",
    )  # fmt: skip
    facts = json.loads(said)
    assert facts["period"] == ["2019-02-01", "2019-06-30"]
    assert facts["parameters"]["windows"] == 6


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("hotspots", "--kinds", "theft,nothing"), "nothing"),
        (("hotspots", "--units", "x"), "no unit"),
        (("hotspots", "--hours", "25"), "hours 0–23"),
        (("hotspots", "--hours", "a-b"), "hours 0–23"),
        (("hotspots", "--from", "2012-02-01", "--to", "2012-01-01"), "swap"),
        (("hotspots", "--out", "map.bmp"), ".png"),
        (("hotspots", "--out", "no/such/folder/map.png"), "make it first"),
        (("hotspots", "--cell-m", "0"), "cell_m"),
        (("hotspots", "--level", "2"), "level"),
        (("hotspots", "--method", "density", "--bandwidth-m", "5"), "too fine"),
        (("forecast", "--horizon", "shift"), "shift 0, 1 or 2"),
        (("backtest", "--csv", "missing.csv"), "missing.csv"),
    ],
)
def test_errors_are_one_line(run, arguments, word: str) -> None:
    code, said = run(*arguments)
    assert code == 2
    assert word in said
    line = [each for each in said.splitlines() if each.startswith("pingan: ")]
    assert len(line) == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--x", "A", "--y", "N", "--time", "when"), "no column 'A'"),
        (("--x", "E", "--y", "N", "--time", "kind"), "none has both"),
        ((*FILE, "--crs", "EPSG:0"), "EPSG:0"),
        ((*FILE, "--metric-crs", "EPSG:4326"), "metres"),
        ((*FILE, "--where", "kind"), "COLUMN=TEXT"),
        ((*FILE, "--first-origin", "2030-01-01"), "no whole window"),
        ((*FILE, "--horizon", "shift", "--shift", 1), "horizon-days"),
        ((*FILE, "--time-format", "%Q"), "directive"),
    ],
)
def test_errors_in_a_foreign_file_are_one_line(
    run, foreign: Path, arguments, word: str
) -> None:
    code, said = run("backtest", "--csv", foreign, *arguments)
    assert code == 2
    assert word in said


def test_hours_run_past_midnight() -> None:
    assert hours_of(None) is None
    assert sorted(hours_of("20-23,0-5")) == [0, 1, 2, 3, 4, 5, 20, 21, 22, 23]
    assert hours_of("22-1") == (22, 23, 0, 1)
    assert hours_of(" 7 ") == (7,)


@pytest.mark.parametrize(
    "arguments",
    [
        ("hotspots", "--cell-m", "inf"),
        ("hotspots", "--cell-m", "-5"),
        ("hotspots", "--method", "density", "--bandwidth-m", "1e9"),
        ("hotspots", "--kinds", ""),
        ("hotspots", "--units", ","),
        ("hotspots", "--hours", "22-"),
        ("forecast", "--cell-m", "inf"),
        ("backtest", "--where", "kind=robbery"),
        ("backtest", "--csv", "city.csv", "--kinds", "theft"),
    ],
)
def test_nonsense_is_refused_in_one_line(run, arguments: tuple[str, ...]) -> None:
    code, said = run(*arguments)
    assert code == 2
    assert said.strip().splitlines()[-1].startswith("pingan: ")


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        (("--horizon-days", 0), "positive"),
        (("--horizon-days", "nan"), "positive"),
        (("--horizon-days", 0.001), "too many"),
        (("--x", "N", "--y", "E", "--crs", "wgs84"), "longitude"),
    ],
)
def test_a_foreign_file_asked_nonsense(run, foreign: Path, changed, word: str) -> None:
    code, said = run("backtest", "--csv", foreign, *FILE, *changed)
    assert code == 2
    assert word in said


def test_a_folder_is_no_file_to_write(run, tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    assert run("hotspots", "--out", tmp_path / "out.csv")[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]

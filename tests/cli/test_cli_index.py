"""``pingan index``: files, printed facts, kept results, and errors of one line."""

from __future__ import annotations

import io
import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.index_definition import IndexDefinition

PERIOD = ("--period", "2025", "--base", "2023", "--draws", "200")


@pytest.fixture
def run(run):
    return partial(run, "index")


def test_run_prints_what_went_into_it(run) -> None:
    code, said = run("run", *PERIOD, "--language", "en")
    assert code == 0
    for word in (
        "Demo data", "Schematic borders", "Period 2025 · base 2023", "draws 200", "seed 0",
        "Crime: per Resident population (region pack 26)",
        "Mines and industry: 26 units without a score, exposure unknown", "Kept as result", "try-out",
    ):  # fmt: skip
        assert word in said
    ranks = [line.split(" ")[0] for line in said.splitlines() if "· highest" in line]
    assert len(ranks) == 26
    assert ranks == sorted(ranks, key=int)


def test_json_holds_every_table_and_only_json(run) -> None:
    code, said = run("run", *PERIOD, "--json", "--internal")
    assert code == 0
    facts = json.loads(said)
    assert (facts["period"], facts["base_period"], facts["seed"]) == ("2025", "2023", 0)
    assert set(facts["tables"]) == {
        "units", "domains", "indicators", "trend", "exposures", "sensitivity",
    }  # fmt: skip
    assert sum(row["count"] for row in facts["tables"]["indicators"]) == facts["events"]


@pytest.mark.parametrize("suffix", ["xlsx", "csv", "geojson", "png"])
def test_files_carry_their_facts(run, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"index.{suffix}"
    code, said = run("run", *PERIOD, "--out", out)
    assert code == 0
    assert str(out) in said
    content = out.read_bytes()
    if suffix == "png":
        assert content.startswith(b"\x89PNG")
    elif suffix == "csv":
        table = pd.read_csv(io.BytesIO(content))
        assert len(table) == 26
        assert {"rank_low", "p_red", "definition", "data_version", "mark"} <= set(table.columns)
        assert json.loads((tmp_path / "index.about.json").read_text("utf-8"))["is_demo"]
    elif suffix == "geojson":
        collection = json.loads(content)
        assert collection["about"]["draws"] == 200
        assert len(collection["features"]) == 26
        assert collection["features"][0]["geometry"]["type"].endswith("Polygon")
        assert collection["features"][0]["properties"]["rank"] == 1
    else:
        sheets = pd.read_excel(io.BytesIO(content), sheet_name=None, header=None)
        assert set(sheets) == {
            "units", "domains", "trend", "exposures", "sensitivity", "definition", "about",
        }  # fmt: skip
        text = "\n".join(sheets["definition"][0].fillna("").astype(str))
        assert IndexDefinition.from_toml(text).reference.period == "2023"
        about = dict(sheets["about"].itertuples(index=False, name=None))
        assert about["digest"] == IndexDefinition.from_toml(text).digest


def test_small_counts_stay_inside(run) -> None:
    public = json.loads(run("run", *PERIOD, "--json")[1])
    inside = json.loads(run("run", *PERIOD, "--json", "--internal")[1])
    assert (public["counts_hidden_below"], inside["counts_hidden_below"]) == (5, None)
    assert "indicators" not in public["tables"]
    assert not {"events", "expected_events"} & set(public["tables"]["units"][0])
    assert not {"harm_rate", "expected_harm_rate"} & set(public["tables"]["domains"][0])
    hidden = 0
    for told, true in zip(public["tables"]["trend"], inside["tables"]["trend"], strict=True):
        for name in ("current", "base"):
            is_small = 1 <= true[name] <= 4
            assert told[name] == ("<5" if is_small else true[name])
            hidden += is_small
        if "<5" in (told["current"], told["base"]):
            assert told["difference"] is None
            assert told["relative"] is None
    assert hidden > 0
    scores = [row["score"] for row in public["tables"]["domains"] if row["score"] is not None]
    assert np.allclose(scores, np.round(scores))


def test_results_are_listed_shown_and_published(run, tmp_path: Path) -> None:
    run("run", *PERIOD, "--seed", 5)
    listed = json.loads(run("show", "--json")[1])
    newest = listed[0]
    assert newest["seed"] == 5
    number = newest["index_id"]
    before = json.loads(run("show", number, "--json", "--internal")[1])
    assert before["seed"] == 5
    code, said = run("show", number, "--publish", "--language", "en")
    assert code == 0
    assert f"Kept as result {number} (published)" in said
    assert json.loads(run("show", number, "--json", "--internal")[1]) == before
    assert "已发布" in run("show")[1]
    out = tmp_path / "kept.toml"
    assert run("definition", "export", out, "--number", number)[0] == 0
    kept = IndexDefinition.from_toml(out.read_text("utf-8"))
    assert kept.digest == before["digest"]
    # With its reference in it, the definition needs no base period.
    code, again = run(
        "run", "--period", "2025", "--definition", out, "--draws", 200, "--seed", 5, "--json", "--internal"
    )  # fmt: skip
    assert code == 0
    assert json.loads(again)["tables"]["domains"] == before["tables"]["domains"]


def test_definitions_are_exported_and_checked(run, tmp_path: Path) -> None:
    out = tmp_path / "index.toml"
    assert run("definition", "export", out)[0] == 0
    code, said = run("definition", "check", out)
    assert code == 0
    assert IndexDefinition.default().digest in said
    out.write_text(out.read_text("utf-8").replace('"population"', '"moons"'), encoding="utf-8")
    code, said = run("definition", "check", out)
    assert code == 2
    assert "domain crime: 'moons' is no indicator to divide by" in said


def test_gaps(run) -> None:
    code, said = run("gaps", "--period", "2025", "--indicators", "population,road_km", "--json")
    assert code == 0
    assert set(json.loads(said)["411081001"].values()) == {"missing"}
    assert "缺" in run("gaps", "--period", "2025", "--indicators", "population")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--period", "2025"), "give the base period"),
        (("run", "--period", "2031", "--base", "2023"), "2031 holds no incident"),
        (("run", *PERIOD, "--out", "index.pdf"), "must end in .xlsx"),
        (("run", *PERIOD, "--out", "nowhere/index.csv"), "there is no folder"),
        (("run", *PERIOD, "--definition", "missing.toml"), "cannot be read"),
        (("show", "999"), "there is no index 999"),
        (("show", "--publish"), "say which result"),
        (("gaps", "--period", "soon"), "is no period"),
        (("gaps", "--period", "2025", "--indicators", "height"), "'height' is no indicator"),
        (("definition", "export", "nowhere/x.toml"), "there is no folder"),
    ],
)
def test_errors_are_one_line(run, arguments, message) -> None:
    code, said = run(*arguments)
    assert code == 2
    assert message in said
    assert len(said.strip().splitlines()) == 1

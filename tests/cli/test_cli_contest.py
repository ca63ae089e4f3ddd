"""Commands of the contest and of key sites: text, JSON, workbooks, and errors of one line."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest


def test_a_scoreboard_is_text_json_and_workbook(run, tmp_path: Path) -> None:
    out = tmp_path / "cup.xlsx"
    code, said = run("contest", "run", "--period", 2025, "--language", "en", "--out", out)
    assert code == 0
    for word in ("Demo data", "Schematic borders", "Fund 10,000,000", "Not recorded", str(out)):
        assert word in said
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["Scores", "Lines", "Vetoes", "Measures", "About"]
    assert book["Scores"].max_row == 27
    code, said = run("contest", "run", "--period", 2025, "--json")
    assert code == 0
    record = json.loads(said)
    assert len(record["totals"]) == 26
    assert record["is_demo"]
    assert record["fund"]["pot_yuan"] == 10_000_000
    sums: dict[str, int] = {}
    for line in record["lines"]:
        sums[line["unit"]] = sums.get(line["unit"], 0) + line["hundredths"]
    assert sums == {row["unit_code"]: row["hundredths"] for row in record["totals"]}


def test_few_events_are_told_inside_only(run) -> None:
    shown = [
        [
            line["times"]
            for line in json.loads(run("contest", "run", "--period", 2025, "--json", *more)[1])["lines"]
            if line["kind"] == "events" and line["status"] == "deducted"
        ]
        for more in ((), ("--internal",))
    ]  # fmt: skip
    outside, inside = shown
    assert any(times is None for times in outside)
    assert all(times is None or times >= 5 for times in outside)
    assert min(inside) < 5


def test_a_unit_has_its_lines(run) -> None:
    code, said = run("contest", "run", "--period", 2025, "--unit", "411081103")
    assert code == 0
    assert "神垕镇" in said
    assert "亡人事故" in said
    code, said = run("contest", "run", "--period", 2025, "--unit", "nowhere")
    assert (code, said.count("\n")) == (2, 1)


def test_published_scoreboards_are_listed_and_shown_again(run, tmp_path: Path) -> None:
    code, said = run("contest", "run", "--period", 2024, "--publish", "--language", "en")
    assert code == 0
    assert "Published as number 1" in said
    code, listed = run("contest", "show", "--json")
    assert json.loads(listed)[0]["period"] == "2024"
    code, again = run("contest", "show", 1, "--language", "en")
    assert again == said.replace("Published as number 1\n", "")
    rules = tmp_path / "rules.toml"
    assert run("contest", "definition", "export", rules, "--number", 1)[0] == 0
    code, said = run("contest", "definition", "check", rules, "--language", "en")
    assert "14 items" in said
    code, said = run("contest", "fund", "--villages", "1,678", "--number", 1, "--json")
    assert [row["number"] for row in json.loads(said)["outlook"]] == [1, 678]
    code, said = run("contest", "fund", "--villages", "678")
    assert "3,170,000" in said


def test_sites_are_listed_shown_and_summed_up(run, tmp_path: Path) -> None:
    code, said = run("site", "list", "--json")
    sites = json.loads(said)
    assert code == 0
    assert {site["site_kind"] for site in sites} == {
        "coal_mine",
        "school",
        "camera",
        "patrol_post",
    }
    code, said = run("site", "list", "--kinds", "school", "--language", "en")
    assert "Schools" in said or "School" in said
    number = sites[0]["site_id"]
    code, said = run("site", "show", number, "--language", "en")
    assert code == 0
    assert "Finding" in said
    assert json.loads(run("site", "show", number, "--json")[1])["site_kind"] == "coal_mine"
    out = tmp_path / "sites.xlsx"
    code, said = run("site", "board", "--language", "en", "--out", out)
    assert code == 0
    assert "No inspections recorded" in said
    assert "Mines and key sites" in openpyxl.load_workbook(out).sheetnames
    record = json.loads(run("site", "board", "--as-of", "2025-12-31", "--json")[1])
    assert record["as_of"] == "2025-12-31"
    assert record["sites"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("contest", "run", "--period", "x"),
        ("contest", "run", "--period", "2025-03"),
        ("contest", "run", "--period", "2031"),
        ("contest", "run", "--period", "2025", "--special", "soon"),
        ("contest", "run", "--period", "2025", "--special", "2025-03-02..2025-03-01"),
        ("contest", "run", "--period", "2025", "--out", "cup.pdf"),
        ("contest", "run", "--period", "2025", "--out", "nowhere/cup.xlsx"),
        ("contest", "run", "--period", "2025", "--definition", "nowhere.toml"),
        ("contest", "show", "99"),
        ("contest", "show", "--unit", "411081103"),
        ("contest", "fund", "--villages", "many"),
        ("contest", "fund", "--villages", "-1"),
        ("contest", "definition", "export", "nowhere/rules.toml"),
        ("contest", "definition", "check", "nowhere.toml"),
        ("site", "show", "9999"),
        ("site", "list", "--kinds", "castle"),
        ("site", "list", "--units", "1"),
        ("site", "board", "--out", "sites.csv"),
    ],
)
def test_errors_are_one_line(run, arguments: tuple[str, ...]) -> None:
    code, said = run(*arguments)
    assert code == 2
    assert said.startswith("pingan: ")
    assert said.count("\n") == 1

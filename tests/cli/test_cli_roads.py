"""Sections and hazards from the command line, from a file of accidents to official forms."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from PIL import Image
from typer.testing import CliRunner

from data.region_layers import write_geojson
from pingan.cli import app

MANIFEST = """
[region]
code = "roads"
name = { zh = "试县", en = "Test" }
metric_crs = "EPSG:4547"
timezone = "Asia/Shanghai"
[files]
units = "units.geojson"
roads = "roads.geojson"
"""
PROFILE = """
kind = "incidents"
source = "crashes"
[columns]
route_code = "路线"
stake_m = "桩号"
deaths = "死亡"
injured = "受伤"
place_text = "地点"
[constants]
category = "crash_vehicle"
[time]
column = "时间"
formats = ["auto"]
[severity]
rule = "casualties"
[key]
columns = ["编号"]
[attributes]
procedure = "程序"
"""
X, Y = 500_000.0, 3_770_000.0


def write_pack(folder: Path) -> None:
    folder.mkdir()
    (folder / "region.toml").write_text(MANIFEST, encoding="utf-8")
    box = gpd.GeoSeries([shapely.box(X - 5e3, Y - 5e3, X + 3e4, Y + 2e4)], crs="EPSG:4547")
    units = gpd.GeoDataFrame({"unit_code": ["a"], "name": ["甲乡"]}, geometry=box.to_crs(4326))
    write_geojson(folder / "units.geojson", units, decimals=7)
    roads = gpd.GeoDataFrame(
        {
            "route_code": ["S237"],
            "name": ["省道237线"],
            "road_class": ["provincial"],
            "stake_from_m": [40_000.0],
            "stake_to_m": [60_000.0],
        },
        geometry=[shapely.LineString([(X, Y), (X + 20_000, Y)])],
        crs="EPSG:4547",
    ).to_crs(4326)
    write_geojson(folder / "roads.geojson", roads, decimals=9)


def write_accidents(path: Path) -> None:
    """Twelve scattered accidents, and three fatal ones within 412 m."""
    stakes = [*np.linspace(40_500, 59_500, 12).astype(int), 45_320, 45_500, 45_732]
    lines = ["编号,时间,地点,路线,桩号,死亡,受伤,程序"]
    for number, stake in enumerate(stakes):
        text = f"K{stake // 1000}+{stake % 1000:03d}"
        dead = int(number >= 12)
        lines.append(
            f"{number},2024-{number % 12 + 1:02d}-15 08:30,S237线{text},S237,{text},{dead},1,一般程序"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_pack(tmp_path / "pack")
    write_accidents(tmp_path / "crashes_20241231.csv")
    (tmp_path / "p.toml").write_text(PROFILE, encoding="utf-8")
    monkeypatch.setenv("PINGAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PINGAN_REGION", str(tmp_path / "pack"))
    monkeypatch.delenv("PINGAN_DB", raising=False)

    def run(*arguments: object) -> tuple[int, str]:
        outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
        return outcome.exit_code, outcome.output

    code, said = run(
        "load", "incidents", tmp_path / "crashes_20241231.csv", "--profile", tmp_path / "p.toml",
        "--as-of", "2025-01-01T00:00:00+08:00",
    )  # fmt: skip
    assert code == 0, said
    return run


def test_screen_rank_and_explain(run) -> None:
    code, said = run("sections", "screen", "--years", 1)
    assert code == 0
    assert "事故多发点（500米）：412 m 内 3 起死亡事故，S237 K45+320–K45+732" in said
    assert "已保存为第 1 次排查" in said
    code, said = run("sections", "rank", "--top", 1, "--json")
    found = json.loads(said)
    assert code == 0
    assert found["about"]["events"] == 15
    best = found["sections"][0]
    reason = next(r for r in best["rules"] if r["rule_id"] == "mps_500")
    assert reason["tightest_m"] == pytest.approx(412, abs=0.5)
    assert len(reason["tightest_event_ids"]) == 3
    code, said = run("sections", "explain", best["section_id"], "--language", "en")
    assert code == 0
    assert said.count("1 killed, 1 hurt") == 3
    assert "K45+320" in said
    assert "places only, never people" in said
    assert run("sections", "explain", 99) == (
        2,
        "pingan: there is no screened section 99 in this store\n",
    )


def test_the_rules_can_be_chosen(run, tmp_path: Path) -> None:
    options = ("--rule", "mps_500", "--no-save", "--json", "--years", 1)
    code, said = run("sections", "screen", *options)
    assert code == 0
    assert [
        rule["rule_id"] for rule in json.loads(said[said.index("{") :])["about"]["rules"]
    ] == ["mps_500"]
    code, said = run("sections", "rank")
    assert (code, said) == (
        2, "pingan: there is no saved screening in this store; run pingan sections screen\n"
    )  # fmt: skip
    code, said = run("sections", "screen", "--rule", "nope")
    assert code == 2
    assert said.startswith("pingan: there is no rule 'nope'; known: mps_500, ")
    missing = run("sections", "screen", "--rules", tmp_path / "none.toml")
    assert missing == (2, "pingan: none.toml: cannot be read (No such file or directory)\n")
    assert run("sections", "screen", "--window-m", 130)[0] == 2


def test_a_screening_is_handed_over_in_every_form(run, tmp_path: Path) -> None:
    assert run("sections", "screen", "--years", 1)[0] == 0
    for form, name in (
        ("xlsx-ministry", "m.xlsx"),
        ("xlsx-police", "p.xlsx"),
        ("geojson", "g.json"),
    ):
        assert run("sections", "export", "--format", form, "--out", tmp_path / name)[0] == 0
    sheet = openpyxl.load_workbook(tmp_path / "m.xlsx")["一二级公路"]
    assert [cell.value for cell in sheet[3]][:8] == [
        None, None, "试县", "S237", None, 3, sheet["G3"].value, sheet["H3"].value
    ]  # fmt: skip
    assert sheet["L3"].value == 6
    layer = gpd.read_file(tmp_path / "g.json")
    assert layer.crs == "EPSG:4326"
    assert layer.geometry.iloc[0].length > 0
    pdf = tmp_path / "s.pdf"
    assert run("sections", "export", "--format", "pdf", "--top", 2, "--out", pdf)[0] == 0
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page ") == 2
    code, said = run(
        "sections", "export", "--format", "pdf", "--out", tmp_path / "no" / "s.pdf"
    )
    assert code == 2
    assert "make it first" in said


def test_the_life_of_a_hazard(run, tmp_path: Path) -> None:
    assert run("sections", "screen", "--years", 1)[0] == 0
    police = ("--role", "police", "--on", "2025-02-01")
    opened = run("hazards", "open", "--name", "K45段", "--section", 1, *police)
    assert opened == (0, "已登记隐患 1（编号 roads-2025-0001）\n")
    code, said = run("hazards", "advance", 1, "verified", *police, "--language", "en")
    assert code == 2
    assert said.startswith("pingan: Hazard 1 (Found) cannot be Verified: ")
    picture = tmp_path / "a.png"
    Image.new("RGB", (4, 4)).save(picture)
    attach = ("hazards", "attach", 1, picture, "--role", "police")
    assert run(*attach, "--kind", "before") == (0, "隐患 1：已存证据 1\n")
    assert run("hazards", "advance", 1, "verified", *police) == (0, "隐患 1：核实\n")
    listing = ("--level", "county", "--responsible-unit", "公路段", "--deadline", "2025-06-01")
    code, said = run("hazards", "advance", 1, "listed", *police, *listing)
    assert (code, said) == (2, "pingan: 隐患 1（核实）不能挂牌：文号\n")
    assert run("hazards", "advance", 1, "listed", *police, *listing, "--doc-no", "1号")[0] == 0
    late = run("hazards", "overdue", "--on", "2025-06-11")
    assert (
        late[1]
        == "1 · roads-2025-0001 · 挂牌 · K45段 · 公路段 · 期限 2025-06-01 · 逾期 10 天\n"
    )
    leader = ("--role", "emergency", "--on", "2025-03-01", "--reason", "汛期停工")
    extended = run("hazards", "extend", 1, "--deadline", "2025-09-01", *leader)
    assert extended == (0, "隐患 1 的期限延至 2025-09-01\n")
    works = ("--measure", "guardrail:400 m:12", "--measure", "warning", "--budget-wan", 12)
    transport = ("--role", "transport", "--on", "2025-03-02")
    assert run("hazards", "advance", 1, "planned", *transport, *works)[0] == 0
    history = run("hazards", "history", 1)[1].splitlines()
    assert [line.split(" · ")[1] for line in history[1:]] == [
        "排查",
        "核实",
        "挂牌",
        "延期",
        "立项",
    ]
    book = tmp_path / "police.xlsx"
    assert run("hazards", "export", "--format", "xlsx-police", "--out", book)[0] == 0
    row = [cell.value for cell in openpyxl.load_workbook(book)["督办台账"][3]]
    assert row[2:4] == ["K45段", "危险、多发"]
    assert row[11:] == ["加装护栏 400m；警示和视线诱导", "公路段", "2025-09-01", "县级"]


def test_what_ends_and_what_is_not_there(run) -> None:
    police = ("--role", "police", "--on", "2025-02-01")
    place = ("--route", "S237", "--from-stake", "K45+320", "--to-stake", "45732")
    for name in ("甲", "乙", "丙"):
        assert run("hazards", "open", "--name", name, *place, *police)[0] == 0
    assert run("hazards", "merge", 2, "--into", 1, *police) == (0, "隐患 2：并入他处\n")
    assert run("hazards", "reject", 3, "--reason", "误报", *police) == (0, "隐患 3：不予立项\n")
    listed = json.loads(run("hazards", "list", "--json")[1])
    assert [row["status"] for row in listed] == ["found", "merged", "rejected"]
    assert listed[0]["stake_from_m"] == 45_320
    assert run("hazards", "list", "--status", "closed")[1] == "台账中没有符合条件的隐患\n"
    assert run("hazards", "list", "--status", "nope")[0] == 2
    gone = "pingan: there is no hazard 9 in this store\n"
    assert run("hazards", "history", 9) == (2, gone)
    assert run("hazards", "advance", 9, "verified", *police) == (2, gone)
    early = run("hazards", "evaluate", 1)
    assert early[0] == 2
    assert "not accepted yet" in early[1]
    wrong = run(
        "hazards", "open", "--name", "丁", "--route", "S237", "--from-stake", "x", *police
    )
    assert wrong == (2, "pingan: 'x' is no stake; write K45+320 or 45320\n")

"""``pingan sections``: dangerous road sections, found, explained and handed over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from dashboard.i18n import localized, speaking, t
from dashboard.road_export import ministry_workbook, police_workbook, sections_geojson
from dashboard.section_words import (
    accident_counts,
    accident_line,
    fact_lines,
    reason_lines,
    run_lines,
    section_line,
)
from data.derived.sections import read_run, read_section, save_run, screen_sections
from data.derived.sections_cases import cases_of
from data.derived.sections_forms import section_rows
from data.derived.sections_runs import SectionRun
from data.region import RegionPack
from data.store import Store
from geo.errors import SettingsError
from geo.road_rules import RoadRule, load_rules
from geo.selection import IncidentSelection
from pingan.door import RegionOption, open_store
from pingan.files import write_whole
from pingan.results import (
    FromOption,
    JsonOption,
    LanguageOption,
    ToOption,
    day_given,
    progress_bar,
    require_folder,
)


class Form(StrEnum):
    """What a screening can be handed over as."""

    MINISTRY = "xlsx-ministry"
    POLICE = "xlsx-police"
    GEOJSON = "geojson"
    PDF = "pdf"


RunOption = Annotated[
    int | None, typer.Option("--run", help="Number of a saved screening; default: the newest.")
]
FormOption = Annotated[Form, typer.Option("--format", help="Kind of file.")]
FileOption = Annotated[Path, typer.Option("--out", help="File to write.")]


def screen(
    region: RegionOption = None,
    start: FromOption = None,
    end: ToOption = None,
    years: Annotated[int, typer.Option(help="Calendar years of the statistics.")] = 3,
    window_m: Annotated[
        float, typer.Option(help="Windows of the statistics, a whole number of 100 m.")
    ] = 500.0,
    rules: Annotated[
        Path | None, typer.Option(help="Table of rules (.toml) instead of the bundled one.")
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option(help="Only this rule, by its id; may be repeated.")
    ] = None,
    top: Annotated[int, typer.Option(help="How many sections to print.")] = 20,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    save: Annotated[bool, typer.Option(help="Keep the screening in the ledger.")] = True,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """Find dangerous sections by rule and by risk, with their reasons."""
    table = _chosen(rules, rule)
    store, pack, _ = open_store(region)
    selection = IncidentSelection(day_from=day_given(start), day_to=day_given(end))
    with progress_bar("sections") as advance:
        run = screen_sections(
            store,
            pack,
            selection,
            rules=table,
            years=years,
            window_m=window_m,
            seed=seed,
            progress=advance,
        )
    if save:
        run = read_run(store, pack, save_run(store, run, at=datetime.now(UTC)))
    with speaking(language):
        if as_json:
            _print_json(run, pack, top)
            return
        typer.echo("\n".join(fact_lines(run.facts, pack)))
        typer.echo("\n".join(run_lines(run, pack, statuses(store), top=top)))
        if run.run_id is not None:
            typer.echo(t("sections.saved", run=run.run_id))


def rank(
    region: RegionOption = None,
    top: Annotated[int, typer.Option(help="How many sections to print.")] = 20,
    run: RunOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """Print the sections of a saved screening, the riskiest first."""
    store, pack, _ = open_store(region)
    found = read_run(store, pack, run)
    with speaking(language):
        if as_json:
            _print_json(found, pack, top)
            return
        typer.echo("\n".join(fact_lines(found.facts, pack)[:2]))
        typer.echo("\n".join(run_lines(found, pack, statuses(store), top=top)))


def explain(
    section: Annotated[int, typer.Argument(help="Number of a section of a saved screening.")],
    region: RegionOption = None,
    language: LanguageOption = "zh",
) -> None:
    """Print why a section is listed, down to its accidents: places, never people."""
    store, pack, _ = open_store(region)
    run, row = read_section(store, pack, section)
    cases = cases_of(store, pack, run.facts)
    own = cases.events[cases.events["event_id"].isin(row["event_ids"])]
    with speaking(language):
        typer.echo("\n".join(fact_lines(run.facts, pack)[:2]))
        typer.echo(section_line(row, pack, run.facts.years, statuses(store)))
        for text in reason_lines(row, run.facts.years):
            typer.echo(f"  {text}")
        typer.echo(f"{accident_counts(row)}{localized({'zh': '：', 'en': ':'})}")
        for event in own.sort_values(["day", "event_id"]).to_dict("records"):
            typer.echo(f"  {accident_line(event)}")
        typer.echo(t("sections.places_only"))


def export(
    out: FileOption,
    form: FormOption,
    region: RegionOption = None,
    run: RunOption = None,
    top: Annotated[
        int | None, typer.Option(help="Only so many sections; default: all, PDF 20.")
    ] = None,
    section: Annotated[
        int | None, typer.Option(help="Only this section, as a one-page sheet (PDF).")
    ] = None,
    language: LanguageOption = "zh",
) -> None:
    """Write a saved screening as official form, map layer or section sheets."""
    require_folder(out)
    store, pack, _ = open_store(region)
    found = (
        read_run(store, pack, run) if section is None else read_section(store, pack, section)[0]
    )
    with speaking(language):
        match form:
            case Form.GEOJSON:
                content = sections_geojson(found, pack)
            case Form.PDF:
                # The drawing library takes a second that the other commands need not wait.
                from dashboard.sheets import section_sheets

                wanted = found.sections.index[: 20 if top is None else top].tolist()
                chosen = wanted if section is None else [section]
                cases = cases_of(store, pack, found.facts)
                content = section_sheets(store, pack, found, chosen, cases=cases)
            case _:
                rows = section_rows(store, pack, run=found, top=top)
                content = workbook_of(form, rows, found, pack)
    write_whole(out, content)
    typer.echo(f"→ {out}")


def workbook_of(form: Form, rows: Any, run: SectionRun | None, region: RegionPack) -> bytes:
    """The rows in the form's columns, with the facts of the screening behind them."""
    lines = [] if run is None else fact_lines(run.facts, region)
    about = {str(at): line for at, line in enumerate(lines, start=1)}
    build = police_workbook if form is Form.POLICE else ministry_workbook
    return build(rows, about)


def statuses(store: Store) -> dict[int, str]:
    """State of each road hazard by number."""
    status = store.hazards(("road_section",))["status"].fillna("found")
    return {int(number): str(word) for number, word in status.items()}


def _chosen(path: Path | None, ids: Sequence[str] | None) -> list[RoadRule] | None:
    """The rules to evaluate; None: the default ones."""
    if path is None and not ids:
        return None
    table = load_rules(path)
    if not ids:
        return list(table)
    known = {rule.id: rule for rule in table}
    for one in ids:
        if one not in known:
            raise SettingsError(f"there is no rule {one!r}; known: {', '.join(known)}")
    return [known[one] for one in dict.fromkeys(ids)]


def _print_json(run: SectionRun, region: RegionPack, top: int) -> None:
    collection = json.loads(sections_geojson(run, region))
    sections = [
        {"section_id": None if run.run_id is None else feature["id"], **feature["properties"]}
        for feature in collection["features"][:top]
    ]
    text = {"about": collection["about"], "sections": sections}
    typer.echo(json.dumps(text, ensure_ascii=False, indent=2))

"""``pingan contest``: the scoreboard of a period, its definition, kept results and the fund."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from dashboard.contest_words import (
    contest_definition_words,
    contest_record,
    contest_text,
    contest_workbook,
    fund_words,
    kept_contest_words,
    kept_contests,
    unit_text,
)
from dashboard.i18n import speaking
from dashboard.result_files import json_text, records
from data.derived.contest import ContestRun, fund_outlook, kept_contest, run_contest
from data.region import RegionPack
from geo.contest_definition import ContestDefinition
from geo.errors import SettingsError
from geo.inspection import Span
from pingan.definitions import kept_json, read_definition_text, write_definition_text
from pingan.door import RegionOption, open_store
from pingan.files import write_whole
from pingan.results import (
    WORKBOOK,
    InternalOption,
    JsonOption,
    LanguageOption,
    WorkbookOption,
    require_out,
)

RulesOption = Annotated[
    Path | None,
    typer.Option(help="Contest definition, a .toml file; default: the bundled one."),
]
UnitOption = Annotated[
    str | None, typer.Option(help="Code of one unit: its lines instead of the scoreboard.")
]


def run(
    period: Annotated[str, typer.Option(help="2012 or 2012-Q1.")],
    definition: RulesOption = None,
    special: Annotated[
        list[str] | None,
        typer.Option(help="Special period such as 2012-03-01..2012-03-15; may be repeated."),
    ] = None,
    unit: UnitOption = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Keep the scoreboard as the one that counts.")
    ] = False,
    region: RegionOption = None,
    out: WorkbookOption = None,
    internal: InternalOption = False,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """Score every unit for a period, with the reasons, awards and the fund."""
    require_out(out, WORKBOOK)
    spans = [_span(text) for text in special or []]
    rules = _definition(definition)
    store, pack, _ = open_store(region)
    made = run_contest(
        store, pack, period=period, definition=rules, publish=publish, special=spans
    )
    with speaking(language):
        _hand_over(made, pack, unit=unit, out=out, as_json=as_json, is_internal=internal)
        if made.contest_id is not None:
            typer.echo(kept_contest_words(made.contest_id), err=as_json)


def show(
    number: Annotated[
        int | None, typer.Argument(help="Number of a published scoreboard; default: list them.")
    ] = None,
    unit: UnitOption = None,
    region: RegionOption = None,
    out: WorkbookOption = None,
    internal: InternalOption = False,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """List the published scoreboards, or show one as it was."""
    require_out(out, WORKBOOK)
    store, pack, _ = open_store(region)
    with speaking(language):
        if number is not None:
            kept = kept_contest(store, number)
            _hand_over(kept, pack, unit=unit, out=out, as_json=as_json, is_internal=internal)
            return
        if out is not None or unit is not None:
            raise SettingsError("say which scoreboard: pingan contest show NUMBER")
        listed = store.contests.listed()
        if as_json:
            typer.echo(kept_json(listed))
        else:
            typer.echo(kept_contests(listed))


def fund(
    villages: Annotated[
        str, typer.Option(help="How many villages qualify; several joined by commas.")
    ],
    definition: RulesOption = None,
    number: Annotated[
        int | None,
        typer.Option(
            help="Published scoreboard whose prizes are claimed; default: all quotas."
        ),
    ] = None,
    region: RegionOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """Simulate the fund: what is claimed, what it lacks, what can be paid."""
    try:
        numbers = [int(text) for text in villages.split(",")]
    except ValueError as error:
        raise SettingsError(
            f"--villages {villages}: give whole numbers such as 300,678"
        ) from error
    kept = None
    if number is not None:
        if definition is not None:
            raise SettingsError(
                "a published scoreboard has its own definition; drop one option"
            )
        store, _, _ = open_store(region)
        kept = kept_contest(store, number)
    rules = _definition(definition) if kept is None else kept.definition
    table, affordable = fund_outlook(rules, numbers, run=kept)
    if as_json:
        rows = {"outlook": records(table), "affordable": affordable, "pot_yuan": rules.pot_yuan}
        typer.echo(json_text(rows, indent=2))
        return
    with speaking(language):
        typer.echo(fund_words(table, affordable, rules))


def export_definition(
    out: Annotated[Path, typer.Argument(help="File to write, .toml.")],
    number: Annotated[
        int | None,
        typer.Option(help="That of a published scoreboard; default: the bundled one."),
    ] = None,
    region: RegionOption = None,
) -> None:
    """Write a contest definition to copy and change."""
    if number is None:
        text = ContestDefinition.default().text
    else:
        store, _, _ = open_store(region)
        text = store.contests.get(number).toml
    write_definition_text(out, text)


def check_definition(
    file: Annotated[Path, typer.Argument(help="Contest definition, a .toml file.")],
    language: LanguageOption = "zh",
) -> None:
    """Check a contest definition and print its checksum."""
    rules = _definition(file)
    with speaking(language):
        typer.echo(contest_definition_words(rules))


def _hand_over(
    made: ContestRun,
    region: RegionPack,
    *,
    unit: str | None,
    out: Path | None,
    as_json: bool,
    is_internal: bool,
) -> None:
    said = contest_text(made, region)
    if unit is not None:
        said = unit_text(made, region, unit, is_internal=is_internal)
    if out is not None:
        write_whole(out, contest_workbook(made, region, is_internal=is_internal))
    if as_json:
        typer.echo(json_text(contest_record(made, region, is_internal=is_internal), indent=2))
        return
    typer.echo(said)
    if out is not None:
        typer.echo(f"→ {out}")


def _definition(path: Path | None) -> ContestDefinition:
    if path is None:
        return ContestDefinition.default()
    return ContestDefinition.from_toml(read_definition_text(path))


def _span(text: str) -> Span:
    first, _, last = text.partition("..")
    try:
        span = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError as error:
        raise SettingsError(f"--special {text}: write 2012-03-01..2012-03-15") from error
    if span[1] < span[0]:
        raise SettingsError(f"--special {text}: it ends before it begins; swap the days")
    return span

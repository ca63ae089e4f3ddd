"""``pingan index``: the risk index of the units, its definition, its results and its gaps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboard.i18n import speaking
from dashboard.index_files import (
    index_about,
    index_csv,
    index_geojson,
    index_tables,
    index_workbook,
)
from dashboard.index_words import (
    definition_words,
    gaps_text,
    index_picture,
    index_text,
    kept_table,
    kept_words,
)
from dashboard.result_files import json_text, records
from data.derived.risk import DRAWS, IndexRun, run_index
from data.derived.risk_archive import open_index, save_index
from data.indicators import INDICATORS, indicator_gaps
from data.region import RegionPack
from geo.errors import SettingsError
from geo.index_definition import IndexDefinition
from pingan.definitions import kept_json, read_definition_text, write_definition_text
from pingan.door import RegionOption, open_store
from pingan.files import write_whole
from pingan.results import InternalOption, JsonOption, LanguageOption, require_out

SUFFIXES = (".xlsx", ".csv", ".geojson", ".png")

IndexOutOption = Annotated[
    Path | None, typer.Option("--out", help="File to write: .xlsx, .csv, .geojson or .png.")
]
DefinitionOption = Annotated[
    Path | None, typer.Option(help="Index definition, a .toml file; default: the bundled one.")
]


def run(
    period: Annotated[str, typer.Option(help="2012, 2012-Q1 or 2012-03.")],
    base: Annotated[
        str | None,
        typer.Option(help="Period of the reference rates, unless the definition holds them."),
    ] = None,
    definition: DefinitionOption = None,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    draws: Annotated[int, typer.Option(help="Draws of the Monte Carlo.", min=100)] = DRAWS,
    publish: Annotated[
        bool, typer.Option("--publish", help="Keep the result as the one that counts.")
    ] = False,
    region: RegionOption = None,
    out: IndexOutOption = None,
    internal: InternalOption = False,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """Index every unit for a period, keep the result and print what went into it."""
    require_out(out, SUFFIXES)
    rules = IndexDefinition.default() if definition is None else read_definition(definition)
    store, pack, _ = open_store(region)
    with speaking(language):
        made = run_index(
            store,
            pack,
            period=period,
            base_period=base,
            definition=rules,
            seed=seed,
            draws=draws,
        )
        number = save_index(store, made, publish=publish)
        hand_over_index(made, pack, out=out, as_json=as_json, is_internal=internal)
        typer.echo(kept_words(number, is_published=publish), err=as_json)


def show(
    number: Annotated[
        int | None, typer.Argument(help="Number of a kept result; default: list them.")
    ] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Publish this result.")] = False,
    region: RegionOption = None,
    out: IndexOutOption = None,
    internal: InternalOption = False,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """List the kept results, or show one with the definition it was made with."""
    require_out(out, SUFFIXES)
    store, pack, _ = open_store(region)
    with speaking(language):
        if number is None:
            if publish or out is not None:
                raise SettingsError("say which result: pingan index show NUMBER")
            listed = store.indexes.listed()
            if as_json:
                typer.echo(kept_json(listed))
            else:
                typer.echo(kept_table(listed))
            return
        if publish:
            store.indexes.publish(number)
            typer.echo(kept_words(number, is_published=True), err=as_json)
        kept = open_index(store, number)
        hand_over_index(kept, pack, out=out, as_json=as_json, is_internal=internal)


def gaps(
    period: Annotated[str, typer.Option(help="2012, 2012-Q1 or 2012-03.")],
    indicators: Annotated[
        str | None, typer.Option(help="Codes, joined by commas; default: all that were loaded.")
    ] = None,
    region: RegionOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """Show which figures of units are there, carried forward or missing."""
    codes = None
    if indicators is not None:
        codes = [code.strip() for code in indicators.split(",") if code.strip()]
        if unknown := [code for code in codes if code not in INDICATORS]:
            raise SettingsError(
                f"{unknown[0]!r} is no indicator; one of {', '.join(INDICATORS)}"
            )
    store, pack, _ = open_store(region)
    found = indicator_gaps(store, period, indicators=codes)
    if as_json:
        typer.echo(json_text(found.to_dict("index"), indent=2))
        return
    with speaking(language):
        typer.echo(gaps_text(found, pack))


def export_definition(
    out: Annotated[Path, typer.Argument(help="File to write, .toml.")],
    number: Annotated[
        int | None,
        typer.Option(
            help="That of a kept result, with its reference; default: the bundled one."
        ),
    ] = None,
    region: RegionOption = None,
) -> None:
    """Write an index definition to copy and change."""
    if number is None:
        text = IndexDefinition.default().to_toml()
    else:
        store, _, _ = open_store(region)
        text = store.indexes.get(number).toml
    write_definition_text(out, text)


def check_definition(
    file: Annotated[Path, typer.Argument(help="Index definition, a .toml file.")],
    language: LanguageOption = "zh",
) -> None:
    """Check an index definition and print its checksum."""
    rules = read_definition(file)
    with speaking(language):
        typer.echo(definition_words(rules))


def read_definition(path: Path) -> IndexDefinition:
    """The definition in a file, with denominators that are known.

    Raises
    ------
    SettingsError
        When it cannot be read, is wrong, or divides by something that is no indicator.
    """
    definition = IndexDefinition.from_toml(read_definition_text(path))
    for domain in definition.domains:
        for name in domain.denominators:
            if name not in INDICATORS:
                raise SettingsError(
                    f"index definition: domain {domain.id}: {name!r} is no indicator to divide by; "
                    f"one of {', '.join(INDICATORS)}"
                )
    return definition


def hand_over_index(
    made: IndexRun,
    region: RegionPack,
    *,
    out: Path | None,
    as_json: bool,
    is_internal: bool,
) -> None:
    """Write the file and print the facts."""
    about = index_about(made, region, is_internal=is_internal)
    if out is not None:
        _write(made, region, about, out, is_internal=is_internal)
    if as_json:
        tables = index_tables(made, region, is_internal=is_internal)
        tables_as_records = {name: records(table) for name, table in tables.items()}
        typer.echo(json_text({**about, "tables": tables_as_records}, indent=2))
        return
    typer.echo(index_text(made, region))
    if out is not None:
        typer.echo(f"→ {out}")


def _write(
    made: IndexRun,
    region: RegionPack,
    about: dict[str, object],
    out: Path,
    *,
    is_internal: bool,
) -> None:
    match out.suffix.lower():
        case ".xlsx":
            write_whole(out, index_workbook(made, region, is_internal=is_internal))
        case ".geojson":
            write_whole(out, index_geojson(made, region, is_internal=is_internal))
        case ".png":
            write_whole(out, index_picture(made, region))
        case _:
            write_whole(out, index_csv(made, region, is_internal=is_internal))
            sidecar = out.with_suffix(".about.json")
            write_whole(sidecar, json_text(about, indent=2))

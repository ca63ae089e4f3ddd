"""``pingan site``: mines and key sites, one by one and as a board."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

import typer

from dashboard.i18n import speaking
from dashboard.result_files import json_text, records
from dashboard.site_words import (
    board_record,
    board_tables,
    board_text,
    board_workbook,
    site_record,
    site_table,
    site_text,
)
from data.derived.cases import Cases
from data.derived.sites import SiteBoard, SiteRules, site_board
from data.region import RegionPack
from data.store import Store
from geo.errors import SettingsError, StoreError
from geo.inspection import as_days
from geo.selection import day_of
from geo.vocabulary import SITE_KINDS
from pingan.door import RegionOption, open_store
from pingan.files import write_whole
from pingan.results import WORKBOOK, JsonOption, LanguageOption, WorkbookOption, require_out

AsOfOption = Annotated[
    datetime | None, typer.Option(help="Last day of the account; default: that of the records.")
]


def list_sites(
    kinds: Annotated[
        str | None, typer.Option(help="Kinds of sites, joined by commas; default: all.")
    ] = None,
    units: Annotated[str | None, typer.Option(help="Unit codes, joined by commas.")] = None,
    as_of: AsOfOption = None,
    region: RegionOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """List key sites with their state, grade, last visit and hazards."""
    wanted = _listed(kinds, SITE_KINDS, what="kind of site")
    board, pack = _board(region, as_of)
    chosen = board.sites
    if wanted is not None:
        chosen = chosen[chosen["site_kind"].isin(wanted)]
    if units is not None:
        codes = _listed(units, tuple(pack.units.index), what="unit")
        chosen = chosen[chosen["unit_code"].isin(codes or ())]
    board = replace(board, sites=chosen)
    if as_json:
        typer.echo(json_text(records(board_tables(board)["sites"]), indent=2))
        return
    with speaking(language):
        typer.echo(site_table(board, pack).to_string(index=False))


def show(
    number: Annotated[int, typer.Argument(help="Number of the site; see pingan site list.")],
    as_of: AsOfOption = None,
    region: RegionOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """Show all that is known of one site."""
    board, pack = _board(region, as_of)
    if number not in board.sites.index:
        raise StoreError(f"there is no site {number} in this store; see pingan site list")
    if as_json:
        typer.echo(json_text(site_record(board, number), indent=2))
        return
    with speaking(language):
        typer.echo(site_text(board, pack, number))


def board(
    as_of: AsOfOption = None,
    interval_days: Annotated[
        int, typer.Option(help="A site is watched when somebody came in so many days.", min=1)
    ] = SiteRules.interval_days,
    within_m: Annotated[
        float, typer.Option(help="Distance to schools and villages that is reported.", min=0)
    ] = SiteRules.within_m,
    region: RegionOption = None,
    out: WorkbookOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """States of mines, alarms, merger, inspections, hazards and cameras on one day."""
    require_out(out, WORKBOOK)
    rules = SiteRules(interval_days=interval_days, within_m=within_m)
    made, pack = _board(region, as_of, rules)
    with speaking(language):
        if out is not None:
            write_whole(out, board_workbook(made, pack))
        if as_json:
            typer.echo(json_text(board_record(made, pack), indent=2))
            return
        typer.echo(board_text(made, pack))
        if out is not None:
            typer.echo(f"→ {out}")


def _board(
    region: str | None, as_of: datetime | None, rules: SiteRules | None = None
) -> tuple[SiteBoard, RegionPack]:
    store, pack, _ = open_store(region)
    cases = Cases.of(store, pack)
    day = _last_day(store, cases) if as_of is None else as_of.date()
    return site_board(store, pack, day, rules=rules, cases=cases), pack


def _last_day(store: Store, cases: Cases) -> date:
    """The last day that any record tells of.

    Raises
    ------
    SettingsError
        When there is no record with a day.
    """
    inspected = as_days(store.inspections()["inspected_on"]).astype(int)
    days = [*inspected.tolist(), *cases.columns.day[-1:].tolist()]
    if not days:
        raise SettingsError("no record of the store has a day; say which with --as-of")
    return day_of(max(days))


def _listed(text: str | None, known: tuple[str, ...], *, what: str) -> tuple[str, ...] | None:
    if text is None:
        return None
    codes = tuple(part.strip() for part in text.split(",") if part.strip())
    if unknown := [code for code in codes if code not in known]:
        raise SettingsError(f"unknown {what} {unknown[0]!r}; known: {', '.join(known)}")
    return codes

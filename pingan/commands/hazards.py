"""``pingan hazards``: the ledger of hazards, read from the command line."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import pandas as pd
import typer

from dashboard.i18n import label, speaking, t
from dashboard.section_words import SEPARATOR, effect_lines, event_line
from data.derived.sections import read_run
from data.derived.sections_cases import RoadCases, cases_of
from data.derived.sections_effect import hazard_effect
from data.derived.sections_forms import hazard_rows
from data.derived.sections_runs import SectionRun
from data.region import RegionPack
from data.store import Store
from geo.errors import HazardError, SettingsError
from geo.hazard_states import HazardEvent
from geo.vocabulary import (
    HAZARD_STATUSES,
)
from pingan.commands.hazard_steps import (
    HazardArgument,
    OnOption,
    day_of_step,
    now,
    say,
    take_step,
)
from pingan.commands.sections import FileOption, Form, workbook_of
from pingan.door import RegionOption, open_store
from pingan.files import write_whole
from pingan.results import JsonOption, LanguageOption, require_folder


class HazardForm(StrEnum):
    """What the ledger can be handed over as."""

    MINISTRY = "xlsx-ministry"
    POLICE = "xlsx-police"


def list_hazards(
    region: RegionOption = None,
    status: Annotated[
        str | None, typer.Option(help=f"Only this state: {', '.join(HAZARD_STATUSES)}.")
    ] = None,
    route: Annotated[str | None, typer.Option(help="Only this route code.")] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """List the hazards of the ledger."""
    if status is not None and status not in HAZARD_STATUSES:
        raise SettingsError(f"unknown state {status!r}; use {', '.join(HAZARD_STATUSES)}")
    store, _, _ = open_store(region)
    rows = store.hazards()
    rows = rows.assign(status=rows["status"].fillna("found"))
    if status is not None:
        rows = rows[rows["status"] == status]
    if route is not None:
        rows = rows[rows["route_code"] == route]
    with speaking(language):
        _print(rows, as_json=as_json)


def history(
    hazard: HazardArgument,
    region: RegionOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """Print all steps of a hazard, oldest first."""
    store, _, _ = open_store(region)
    with store.ledger_reader() as desk:
        status, events = desk.state(hazard).status, desk.history(hazard)
    with speaking(language):
        if as_json:
            typer.echo(_json(events.reset_index()))
            return
        say(hazard, status)
        for event in events.to_dict("records"):
            typer.echo(f"  {event_line(event)}")


def overdue(
    region: RegionOption = None,
    on: Annotated[
        datetime | None, typer.Option("--on", help="Day to look from; default: today.")
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "zh",
) -> None:
    """List the hazards whose deadline has passed unsettled, the longest first."""
    store, pack, _ = open_store(region)
    with store.ledger_reader() as desk:
        late = desk.overdue(day_of_step(on, pack))
    with speaking(language):
        _print(late.assign(status=late["status"].fillna("found")), as_json=as_json)


def evaluate(
    hazard: HazardArgument,
    region: RegionOption = None,
    years: Annotated[int, typer.Option(help="1 or 3 years after acceptance.")] = 1,
    save: Annotated[
        bool, typer.Option("--save", help="Write it into the ledger as a step of monitoring.")
    ] = False,
    role: Annotated[str, typer.Option(help="Office that takes the step.")] = "police",
    on: OnOption = None,
    language: LanguageOption = "zh",
) -> None:
    """Compare accidents before and after by empirical Bayes, the naive figure beside it."""
    store, pack, _ = open_store(region)
    with speaking(language):
        found = hazard_effect(store, pack, hazard, years=years)
        typer.echo("\n".join(effect_lines(found)))
        if save:
            step = HazardEvent(
                kind="monitoring",
                role=role,
                on=day_of_step(on, pack),
                evaluation=found.evaluation,
            )
            take_step(
                store, hazard, "monitoring", lambda desk: desk.advance(hazard, step, at=now())
            )
            typer.echo(t("hazards.evaluated", number=hazard))


def export(
    out: FileOption,
    form: Annotated[HazardForm, typer.Option("--format", help="Kind of file.")],
    region: RegionOption = None,
    language: LanguageOption = "zh",
) -> None:
    """Write the road hazards of the ledger in the columns of an official form."""
    require_folder(out)
    store, pack, _ = open_store(region)
    run, cases = _newest(store, pack)
    with speaking(language):
        rows = hazard_rows(store, pack, run=run, cases=cases)
        write_whole(out, workbook_of(Form(form.value), rows, run, pack))
    typer.echo(f"→ {out}")


def _newest(store: Store, region: RegionPack) -> tuple[SectionRun | None, RoadCases | None]:
    """The newest screening and its accidents, where there is one."""
    try:
        run = read_run(store, region)
    except HazardError:
        return None, None
    return run, cases_of(store, region, run.facts)


def _print(rows: pd.DataFrame, *, as_json: bool) -> None:
    if as_json:
        typer.echo(_json(pd.DataFrame(rows.drop(columns="geometry")).reset_index()))
        return
    if rows.empty:
        typer.echo(t("hazards.none"))
    for number, row in rows.iterrows():
        late = row.get("days_overdue")
        due = row["due_on"]
        words = [
            f"{number}",
            row["code"],
            label("hazard_status", row["status"]),
            row["name"],
            row["responsible_unit"],
            None if pd.isna(due) else t("hazards.due", day=f"{due:%Y-%m-%d}"),
            None if late is None else t("hazards.overdue", days=late),
        ]
        typer.echo(SEPARATOR.join(str(word) for word in words if not pd.isna(word)))


def _json(table: pd.DataFrame) -> str:
    text = table.to_json(orient="records", date_format="iso", force_ascii=False)
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2)

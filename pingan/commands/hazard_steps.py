"""Steps of the ledger of hazards from the command line.

Steps are taken by offices, never by persons; what a step lacks is said in one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from dashboard.i18n import label, speaking, t
from dashboard.section_words import lacks_text
from data.ledger import Ledger, NewHazard
from data.region import RegionPack
from data.store import Store
from geo.errors import HazardError, SettingsError
from geo.hazard_states import EVENT_KINDS, HazardEvent, Measure
from geo.vocabulary import (
    EVIDENCE_KINDS,
    HAZARD_LEVELS,
    HAZARD_ROLES,
    MEASURE_KINDS,
)
from pingan.door import RegionOption, open_store
from pingan.results import LanguageOption

T = TypeVar("T")
_MEASURE = re.compile(r"(\w+)(?::(\d+(?:\.\d+)?)?([^:]*))?(?::(\d+(?:\.\d+)?))?")
_STAKE = re.compile(r"K(\d+)(?:\+(\d+(?:\.\d+)?))?|(\d+(?:\.\d+)?)")


HazardArgument = Annotated[int, typer.Argument(help="Number of the hazard.")]
RoleOption = Annotated[str, typer.Option(help=f"Office: {', '.join(HAZARD_ROLES)}.")]
OnOption = Annotated[
    datetime | None, typer.Option("--on", help="Day it was done; default: today.")
]
NoteOption = Annotated[str, typer.Option(help="Remark or reason; no names of people.")]


def open_hazard(
    name: Annotated[str, typer.Option(help="Name of the place.")],
    role: RoleOption,
    region: RegionOption = None,
    section: Annotated[
        int | None, typer.Option(help="Section of a saved screening; gives the place.")
    ] = None,
    route: Annotated[str | None, typer.Option(help="Route code.")] = None,
    from_stake: Annotated[
        str | None, typer.Option(help="First stake, such as K45+320 or 45320.")
    ] = None,
    to_stake: Annotated[str | None, typer.Option(help="Last stake.")] = None,
    side: Annotated[
        str | None, typer.Option(help="left, right or both of rising stakes.")
    ] = None,
    grade: Annotated[
        str | None, typer.Option(help="major, considerable, general or low.")
    ] = None,
    protection_grade: Annotated[
        str | None, typer.Option(help="Grade of the protection programme: A to D, A1 to B4.")
    ] = None,
    note: NoteOption = "",
    on: OnOption = None,
    language: LanguageOption = "zh",
) -> None:
    """Enter a hazard as found: from a screened section, or by route and stakes."""
    new = NewHazard(
        name=name,
        section_id=section,
        route_code=route,
        stake_from_m=_stake(from_stake),
        stake_to_m=_stake(to_stake),
        side=side,
        grade=grade,
        protection_grade=protection_grade,
        note=note,
    )
    store, pack, _ = open_store(region)
    with store.ledger() as desk:
        number = desk.open_hazard(new, role=role, on=day_of_step(on, pack), at=now())
    code = store.hazards().loc[number, "code"]
    with speaking(language):
        typer.echo(t("hazards.opened", number=number, code=code))


def advance(
    hazard: HazardArgument,
    kind: Annotated[str, typer.Argument(help=f"The step: {', '.join(EVENT_KINDS)}.")],
    role: RoleOption,
    region: RegionOption = None,
    on: OnOption = None,
    note: NoteOption = "",
    doc_no: Annotated[str, typer.Option(help="Number of the document.")] = "",
    level: Annotated[str, typer.Option(help=f"Who lists it: {', '.join(HAZARD_LEVELS)}.")] = "",
    responsible_unit: Annotated[str, typer.Option(help="Office that treats it.")] = "",
    deadline: Annotated[datetime | None, typer.Option(help="Day it is to be settled.")] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            help="Works as kind[:quantity unit[:cost in 万元]], such as guardrail:400m:12; "
            f"kinds: {', '.join(MEASURE_KINDS)}; may be repeated."
        ),
    ] = None,
    budget_wan: Annotated[float | None, typer.Option(help="Budget in 万元.")] = None,
    started_on: Annotated[datetime | None, typer.Option(help="Day the works began.")] = None,
    checked_by: Annotated[
        str, typer.Option(help="Offices at the acceptance, joined by commas.")
    ] = "",
    result: Annotated[str, typer.Option(help="Of an acceptance: pass or rework.")] = "",
    control_until: Annotated[
        datetime | None, typer.Option(help="Last day of an interim control.")
    ] = None,
    language: LanguageOption = "zh",
) -> None:
    """Take a step of the life cycle; says what it lacks when it cannot be taken."""
    store, pack, _ = open_store(region)
    step = HazardEvent(
        kind=kind,
        role=role,
        on=day_of_step(on, pack),
        note=note,
        doc_no=doc_no,
        level=level,
        responsible_unit=responsible_unit,
        deadline=_date(deadline),
        measures=tuple(_measure(text) for text in measure or ()),
        budget_wan=budget_wan,
        started_on=_date(started_on),
        checked_by=tuple(part.strip() for part in checked_by.split(",") if part.strip()),
        result=result,
        control_until=_date(control_until),
    )
    with speaking(language):
        status = take_step(
            store, hazard, kind, lambda desk: desk.advance(hazard, step, at=now())
        )
        say(hazard, status)


def extend(
    hazard: HazardArgument,
    deadline: Annotated[datetime, typer.Option(help="The new deadline.")],
    reason: Annotated[str, typer.Option(help="Why more time is given.")],
    role: RoleOption,
    region: RegionOption = None,
    on: OnOption = None,
    language: LanguageOption = "zh",
) -> None:
    """Give a hazard more time."""
    store, pack, _ = open_store(region)
    day = deadline.date()

    def take(desk: Ledger) -> None:
        desk.extend_deadline(
            hazard, deadline=day, role=role, reason=reason, on=day_of_step(on, pack), at=now()
        )

    with speaking(language):
        take_step(store, hazard, "extended", take)
        typer.echo(t("hazards.extended", number=hazard, day=day))


def attach(
    hazard: HazardArgument,
    file: Annotated[
        Path, typer.Argument(help="JPEG, PNG or PDF.", exists=True, dir_okay=False)
    ],
    kind: Annotated[str, typer.Option(help=f"{', '.join(EVIDENCE_KINDS)}.")],
    role: RoleOption,
    region: RegionOption = None,
    taken_on: Annotated[datetime | None, typer.Option(help="Day of the picture.")] = None,
    caption: Annotated[str, typer.Option(help="What it shows; no names of people.")] = "",
    language: LanguageOption = "zh",
) -> None:
    """Put a picture or document on file; a picture loses the camera's notes."""
    store, _, _ = open_store(region)
    with store.ledger() as desk:
        number = desk.attach(
            hazard,
            file.read_bytes(),
            kind=kind,
            role=role,
            at=now(),
            taken_on=_date(taken_on),
            caption=caption,
        )
    with speaking(language):
        typer.echo(t("hazards.attached", number=hazard, evidence=number))


def merge(
    hazard: HazardArgument,
    into: Annotated[int, typer.Option(help="Hazard that it is part of.")],
    role: RoleOption,
    region: RegionOption = None,
    on: OnOption = None,
    note: NoteOption = "",
    language: LanguageOption = "zh",
) -> None:
    """Say that a hazard is part of another."""
    store, pack, _ = open_store(region)

    def take(desk: Ledger) -> None:
        desk.merge(hazard, into=into, role=role, on=day_of_step(on, pack), at=now(), note=note)

    with speaking(language):
        take_step(store, hazard, "merged", take)
        say(hazard, "merged")


def reject(
    hazard: HazardArgument,
    reason: Annotated[str, typer.Option(help="Why it is none.")],
    role: RoleOption,
    region: RegionOption = None,
    on: OnOption = None,
    language: LanguageOption = "zh",
) -> None:
    """Say that a hazard is none, and why."""
    store, pack, _ = open_store(region)

    def take(desk: Ledger) -> None:
        desk.reject(hazard, reason=reason, role=role, on=day_of_step(on, pack), at=now())

    with speaking(language):
        take_step(store, hazard, "rejected", take)
        say(hazard, "rejected")


def take_step(store: Store, hazard: int, kind: str, take: Callable[[Ledger], T]) -> T:
    """Take a step; what it lacks is said in words.

    Raises
    ------
    HazardError
        As the ledger's, worded for the reader.
    """
    try:
        with store.ledger() as desk:
            return take(desk)
    except HazardError as error:
        if not error.missing:
            raise
        with store.ledger_reader() as desk:
            status = desk.state(hazard).status
        said = lacks_text(error, hazard_id=hazard, status=status, kind=kind)
        raise HazardError(said, error.missing) from error


def say(hazard: int, status: str) -> None:
    typer.echo(t("hazards.stepped", number=hazard, status=label("hazard_status", status)))


def _measure(text: str) -> Measure:
    """Works of ``guardrail:400m:12``."""
    found = _MEASURE.fullmatch(text)
    if found is None:
        raise SettingsError(f"--measure {text}: write it as guardrail:400m:12")
    kind, quantity, unit, cost = found.groups()
    return Measure(
        kind=kind,
        quantity=float(quantity) if quantity else None,
        quantity_unit=(unit or "").strip(),
        cost_wan=float(cost) if cost else None,
    )


def _stake(text: str | None) -> float | None:
    """Metres of ``K45+320`` or ``45320``."""
    if text is None:
        return None
    found = _STAKE.fullmatch(text.strip().upper())
    if found is None:
        raise SettingsError(f"{text!r} is no stake; write K45+320 or 45320")
    kilometres, metres, plain = found.groups()
    return float(plain) if plain else float(kilometres) * 1000 + float(metres or 0)


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def day_of_step(moment: datetime | None, region: RegionPack) -> date:
    """The given day, else today where the region is."""
    return moment.date() if moment else datetime.now(ZoneInfo(region.timezone)).date()


def now() -> datetime:
    return datetime.now(UTC)

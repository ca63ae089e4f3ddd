"""What a contest is made of, as one versioned and checksummed TOML text.

A contest has groups (townships, bureaus, villages), sections with their marks, items that
take marks off, and vetoes. The arithmetic of an item is its kind; the numbers are in the text.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import Any

from geo.definition_checks import (
    id_of,
    names_of,
    number_of,
    only_keys,
    table_of,
    tables_of,
    texts_of,
    unique,
    wrong,
)
from geo.errors import SettingsError

METHOD_VERSION = 1  # raised when the arithmetic of scoring changes; part of the digest


class Kind(StrEnum):
    """How an item takes marks off."""

    EVENTS = "events"
    PEERS = "peers"
    PAST = "past"
    LEVEL = "level"
    SURVEY = "survey"
    LAST_PLACES = "last_places"


# The keys each kind needs and may have besides those of every item.
_KEYS: dict[Kind, tuple[frozenset[str], frozenset[str]]] = {
    Kind.EVENTS: (frozenset({"bands"}), frozenset({"repeat_factor", "special_factor"})),
    Kind.PEERS: (frozenset({"bands"}), frozenset()),
    Kind.PAST: (frozenset({"per_percent"}), frozenset({"years", "least_base"})),
    Kind.LEVEL: (frozenset({"bands"}), frozenset()),
    Kind.SURVEY: (frozenset({"bands"}), frozenset({"needs_significance"})),
    Kind.LAST_PLACES: (frozenset({"monthly", "yearly"}), frozenset({"places"})),
}
_LIMITS = {
    Kind.EVENTS: "at_least",
    Kind.PEERS: "above",
    Kind.LEVEL: "above",
    Kind.SURVEY: "below",
}


@dataclass(frozen=True)
class Band:
    """From this limit on, these points; how the limit is read is the kind's."""

    limit: float
    points: float


@dataclass(frozen=True, kw_only=True)
class Item:
    """One reason to take marks off.

    Parameters
    ----------
    measure
        Name of the events, figure, survey or monthly mark it looks at.
    groups
        Groups it is for; empty: all.
    cap
        Most marks it can cost; None: no limit but the section's own.
    bands
        By rising limit; of a survey by falling limit.
    repeat_factor, special_factor
        Of a second and later event, and of one in a special period or aggravated. Not both:
        the greater.
    per_percent, years, least_base
        Marks per per cent above the mean of so many years; below that base none is judged.
    needs_significance
        A survey share takes marks off only where its interval lies below the band.
    places, monthly, yearly
        How many places count as last, and the marks of a month and of the year.
    """

    id: str
    names: dict[str, str]
    kind: Kind
    measure: str
    source: str
    groups: tuple[str, ...] = ()
    cap: float | None = None
    bands: tuple[Band, ...] = ()
    repeat_factor: float = 1.0
    special_factor: float = 1.0
    per_percent: float = 0.0
    years: int = 2
    least_base: float = 10.0
    needs_significance: bool = False
    places: int = 2
    monthly: float = 0.0
    yearly: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the contest: ``weight`` marks to begin with, never less than none."""

    id: str
    names: dict[str, str]
    weight: float
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Veto:
    """An event of ``measure`` of size ``at_least`` loses the award whatever the score."""

    id: str
    names: dict[str, str]
    measure: str
    at_least: float


@dataclass(frozen=True, kw_only=True)
class Group:
    """Units that compete with each other; ``quota`` None: all that qualify are rewarded."""

    id: str
    names: dict[str, str]
    quota: int | None
    prize_yuan: int
    is_recommended: bool  # winning again is recommended upward


@dataclass(frozen=True, kw_only=True)
class ContestDefinition:
    """A checked definition; make one with :meth:`from_toml`."""

    id: str
    version: int
    names: dict[str, str]
    pass_score: float
    pot_yuan: int
    groups: tuple[Group, ...]
    sections: tuple[Section, ...]
    vetoes: tuple[Veto, ...]
    # What it was read from; the digest rests on what it says, not on how.
    text: str = field(default="", repr=False, compare=False)

    @classmethod
    def from_toml(cls, text: str) -> ContestDefinition:
        """Read and check a definition.

        Raises
        ------
        SettingsError
            When the text is no TOML, or a key or number in it is missing, unknown or wrong. One line.
        """
        try:
            tree = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"contest: not readable as TOML: {error}") from error
        only_keys(tree, "the top level", {"contest", "group", "section"}, {"veto"})
        head = table_of(tree["contest"], "[contest]")
        only_keys(head, "[contest]", {"id", "version", "name", "pass_score", "pot_yuan"})
        groups = tuple(_group(each) for each in tables_of(tree["group"], "[[group]]"))
        sections = tuple(_section(each) for each in tables_of(tree["section"], "[[section]]"))
        vetoes = tree.get("veto", [])
        definition = cls(
            id=id_of(head["id"], "[contest]"),
            version=_whole(head["version"], "[contest]", "version", least=1),
            names=names_of(head["name"], "[contest]"),
            pass_score=number_of(head["pass_score"], "[contest]", "pass_score", least=0.0),
            pot_yuan=_whole(head["pot_yuan"], "[contest]", "pot_yuan", least=0),
            groups=groups,
            sections=sections,
            vetoes=tuple(_veto(each) for each in tables_of(vetoes, "[[veto]]"))
            if vetoes
            else (),
            text=text,
        )
        definition._check()
        return definition

    @classmethod
    def default(cls) -> ContestDefinition:
        """The bundled definition."""
        text = files("geo").joinpath("contest_default.toml").read_text(encoding="utf-8")
        return cls.from_toml(text)

    @property
    def full_score(self) -> float:
        """Marks of a unit with nothing against it."""
        return sum(section.weight for section in self.sections)

    @cached_property
    def digest(self) -> str:
        """Checksum of everything that bears on the marks or their names, 64 hex digits."""
        content = {"method": METHOD_VERSION, **asdict(self)}
        del content["text"]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def group(self, group_id: str) -> Group:
        """The group of that id; KeyError if there is none."""
        return {group.id: group for group in self.groups}[group_id]

    def _check(self) -> None:
        items = [item for section in self.sections for item in section.items]
        unique([group.id for group in self.groups], "groups")
        unique([section.id for section in self.sections], "sections")
        unique([item.id for item in items], "items")
        unique([veto.id for veto in self.vetoes], "vetoes")
        known = {group.id for group in self.groups}
        for item in items:
            if unknown := sorted(set(item.groups) - known):
                raise wrong(f"item {item.id}", f"group {unknown[0]!r} does not exist")
        if not 0 < self.pass_score <= self.full_score:
            raise wrong("[contest]", f"pass_score must lie in 0–{self.full_score:g}")


def _group(table: Mapping[str, Any]) -> Group:
    where = f"group {table.get('id', '?')}"
    only_keys(table, where, {"id", "name", "prize_yuan"}, {"quota", "is_recommended"})
    quota = table.get("quota")
    return Group(
        id=id_of(table["id"], where),
        names=names_of(table["name"], where),
        quota=None if quota is None else _whole(quota, where, "quota", least=0),
        prize_yuan=_whole(table["prize_yuan"], where, "prize_yuan", least=0),
        is_recommended=_flag(table.get("is_recommended", False), where, "is_recommended"),
    )


def _section(table: Mapping[str, Any]) -> Section:
    where = f"section {table.get('id', '?')}"
    only_keys(table, where, {"id", "name", "weight", "item"})
    return Section(
        id=id_of(table["id"], where),
        names=names_of(table["name"], where),
        weight=number_of(table["weight"], where, "weight", least=0.01),
        items=tuple(_item(each) for each in tables_of(table["item"], "[[section.item]]")),
    )


def _item(table: Mapping[str, Any]) -> Item:
    where = f"item {table.get('id', '?')}"
    if table.get("kind") not in list(Kind):
        raise wrong(where, f"kind must be one of {', '.join(Kind)}")
    kind = Kind(table["kind"])
    required, optional = _KEYS[kind]
    base = {"id", "name", "kind", "measure", "source"}
    only_keys(table, where, base | required, {"groups", "cap"} | optional)

    def number(key: str, default: float, *, least: float) -> float:
        return number_of(table.get(key, default), where, key, least=least)

    return Item(
        id=id_of(table["id"], where),
        names=names_of(table["name"], where),
        kind=kind,
        measure=id_of(table["measure"], where),
        source=str(table["source"]),
        groups=texts_of(table["groups"], where, "groups") if "groups" in table else (),
        bands=_bands(table["bands"], kind, where) if "bands" in table else (),
        needs_significance=_flag(
            table.get("needs_significance", False), where, "needs_significance"
        ),
        cap=number("cap", 0.0, least=0.01) if "cap" in table else None,
        repeat_factor=number("repeat_factor", Item.repeat_factor, least=1.0),
        special_factor=number("special_factor", Item.special_factor, least=1.0),
        per_percent=number("per_percent", Item.per_percent, least=0.0),
        least_base=number("least_base", Item.least_base, least=1.0),
        monthly=number("monthly", Item.monthly, least=0.0),
        yearly=number("yearly", Item.yearly, least=0.0),
        years=_whole(table.get("years", Item.years), where, "years", least=1),
        places=_whole(table.get("places", Item.places), where, "places", least=1),
    )


def _bands(value: object, kind: Kind, where: str) -> tuple[Band, ...]:
    key, bands = _LIMITS[kind], []
    for table in tables_of(value, f"{where} bands"):
        only_keys(table, f"{where} bands", {key, "points"})
        limit = number_of(table[key], where, key, least=-1e9)
        bands.append(Band(limit, number_of(table["points"], where, "points", least=0.0)))
    limits = [band.limit for band in bands]
    if len(set(limits)) < len(limits) or limits != sorted(limits, reverse=kind is Kind.SURVEY):
        order = "fall" if kind is Kind.SURVEY else "rise"
        raise wrong(where, f"the limits of its bands must {order}")
    return tuple(bands)


def _veto(table: Mapping[str, Any]) -> Veto:
    where = f"veto {table.get('id', '?')}"
    only_keys(table, where, {"id", "name", "measure", "at_least"})
    return Veto(
        id=id_of(table["id"], where),
        names=names_of(table["name"], where),
        measure=id_of(table["measure"], where),
        at_least=number_of(table["at_least"], where, "at_least", least=0.0),
    )


def _whole(value: object, where: str, what: str, *, least: int) -> int:
    if type(value) is not int or value < least:
        raise wrong(where, f"{what} must be a whole number from {least}")
    return value


def _flag(value: object, where: str, what: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(where, f"{what} must be true or false")
    return value

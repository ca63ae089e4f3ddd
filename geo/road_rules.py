"""Rules that call a stretch of road accident-prone (事故多发点段), as rows of a table.

A rule holds for a stretch of at most ``window_m`` metres and a period of ``window_years``
years when *all* its conditions do. What a text joins by "or" is several rules of one
family. Conditions only ever ask for *more* ("at least", "more than"), so that an accident
more can never clear a stretch.

Thresholds differ from place to place and change; the table says for each where it was
read, how surely, and whether the office that uses it has confirmed it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from geo.errors import SettingsError


class Measure(StrEnum):
    """What a condition counts in a stretch and period."""

    ACCIDENTS = "accidents"
    FATAL_ACCIDENTS = "fatal_accidents"
    INJURY_ACCIDENTS = "injury_accidents"  # somebody hurt or killed
    SERIOUS_OR_FATAL_ACCIDENTS = "serious_or_fatal_accidents"
    GENERAL_ACCIDENTS = "general_accidents"  # handled by the general procedure 一般程序
    ACCIDENTS_GE3_DEATHS = "accidents_ge3_deaths"  # accidents with three or more deaths
    DEATHS = "deaths"
    PERSONS_SERIOUS = "persons_serious"
    WEIGHTED = "weighted"  # persons, by the rule's weights


class Op(StrEnum):
    """How a measure is compared with its number."""

    AT_LEAST = ">="
    MORE_THAN = ">"


class Area(StrEnum):
    """Built-up or open country."""

    ANY = "any"
    URBAN = "urban"
    RURAL = "rural"


class Certainty(StrEnum):
    """How surely the numbers of a rule are known. What is less sure is no rule."""

    VERIFIED = "verified"  # read in a public source
    WELL_KNOWN = "well_known"  # general knowledge, the text not at hand
    CITED = "cited"  # widely cited; to be checked against the official text


class Status(StrEnum):
    """Whether somebody entitled to has taken the rule as it stands."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Condition:
    """One condition: a measure, how to compare it, and the number."""

    measure: Measure
    op: Op
    n: float


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What a person killed, seriously or slightly hurt weighs in ``Measure.WEIGHTED``.

    ``vulnerable_factor`` multiplies the weight of every person of an accident in which
    somebody killed or hurt was on foot, a cycle or a moped.
    """

    death: float
    serious: float
    slight: float
    vulnerable_factor: float = 1.0


@dataclass(frozen=True, kw_only=True)
class RoadRule:
    """One rule; texts by language code.

    Parameters
    ----------
    window_m
        Greatest length of the stretch along the road; infinite: the whole route.
    radius_m
        Where the text gives a circle instead: its radius. ``window_m`` is then twice it.
    is_length_stated
        False where the text names no length and ``window_m`` is our choice.
    window_years
        Length of the period in calendar years.
    all_of
        Conditions that must all hold.
    road_classes
        Codes of the classes of road it is for; empty: all.
    judged_by_hand
        What the text asks for besides, and no count can show.
    """

    id: str
    family: str
    name: Mapping[str, str]
    window_m: float
    radius_m: float | None
    is_length_stated: bool
    window_years: int
    all_of: tuple[Condition, ...]
    area: Area
    road_classes: tuple[str, ...]
    weights: Weights | None
    clause: Mapping[str, str]
    judged_by_hand: Mapping[str, str]
    remark: Mapping[str, str]
    source: str
    certainty: Certainty
    status: Status
    confirmed_by: str | None
    valid_from: date | None
    valid_to: date | None

    def in_force(self, on: date) -> bool:
        """Whether the rule is valid on a day (``valid_to`` is the first day it is not)."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on < self.valid_to
        )


def load_rules(path: Path | None = None) -> tuple[RoadRule, ...]:
    """The rules of a TOML file that replaces the bundled one, or the bundled ones.

    Raises
    ------
    SettingsError
        When the file cannot be read, or a key, word or number in it is not known.
    """
    if path is None:
        name, content = "road_rules.toml", files("geo").joinpath("road_rules.toml").read_bytes()
    else:
        name = path.name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SettingsError(f"{name}: cannot be read ({error.strerror})") from error
    return parse_rules(content, name=name)


def parse_rules(content: bytes, *, name: str) -> tuple[RoadRule, ...]:
    """The rules in the content of a TOML file of that name.

    Raises
    ------
    SettingsError
        As :func:`load_rules`.
    """
    try:
        tree = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}: not a TOML file in UTF-8 ({error})") from error
    top = _Row(tree, name)
    rows = top.take("rule", list)
    top.close()
    rules = tuple(_rule(row, f"{name}: rule {at + 1}") for at, row in enumerate(rows))
    ids = [rule.id for rule in rules]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None:
        raise SettingsError(f"{name}: rule {twice} stands twice; give one another id")
    return rules


class _Row:
    """A TOML table whose keys are taken one by one; what is left over is an error."""

    def __init__(self, values: Any, where: str) -> None:
        if not isinstance(values, dict):
            raise SettingsError(f"{where}: must be a table")
        self._left = dict(values)
        self._asked: list[str] = []
        self.where = where

    def fail(self, what: str) -> SettingsError:
        return SettingsError(f"{self.where}: {what}")

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = ...) -> Any:
        self._asked.append(key)
        if key not in self._left:
            if default is ...:
                raise self.fail(f"{key} is missing")
            return default
        value = self._left.pop(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.fail(f"{key} = {value!r} is of the wrong type")
        return value

    def above_zero(self, key: str, default: Any = ...) -> Any:
        value = self.take(key, (int, float), default)
        if value is not None and not 0 < value < float("inf"):
            raise self.fail(f"{key} must be above zero, not {value}")
        return value

    def word(self, key: str, words: Callable[[str], Any], default: Any = ...) -> Any:
        value = self.take(key, str, default)
        try:
            return words(value)
        except ValueError:
            allowed = ", ".join(getattr(words, "__members__", {}).values())
            raise self.fail(f"{key} = {value!r} is not one of {allowed}") from None

    def texts(self, key: str, *, is_needed: bool = False) -> dict[str, str]:
        """A text in both languages; empty when there is none and none is needed."""
        row = self.take(key, dict, ... if is_needed else {})
        if row and (
            set(row) != {"zh", "en"} or not all(map(str.strip, map(str, row.values())))
        ):
            raise self.fail(f"{key} must be a text in zh and in en")
        return {language: str(text) for language, text in row.items()}

    def close(self) -> None:
        if self._left:
            raise self.fail(
                f"unknown key {next(iter(self._left))!r}; allowed are {', '.join(self._asked)}"
            )


def _rule(values: Any, where: str) -> RoadRule:
    row = _Row(values, where)
    rule_id = row.take("id", str)
    row.where = f"{where} ({rule_id})"
    window_m, radius_m = _extent(row)
    weights = row.take("weights", dict, None)
    years = row.take("window_years", int)
    if years < 1:
        raise row.fail(f"window_years must be 1 or more, not {years}")
    road_classes = row.take("road_classes", list, [])
    if not all(isinstance(one, str) for one in road_classes):
        raise row.fail("road_classes must be a list of texts")
    rule = RoadRule(
        id=rule_id,
        family=row.take("family", str, rule_id),
        name=row.texts("name", is_needed=True),
        window_m=window_m,
        radius_m=radius_m,
        is_length_stated=row.take("is_length_stated", bool, True),
        window_years=years,
        all_of=_conditions(row),
        area=row.word("area", Area, "any"),
        road_classes=tuple(road_classes),
        weights=None if weights is None else _weights(weights, f"{row.where} weights"),
        clause=row.texts("clause", is_needed=True),
        judged_by_hand=row.texts("judged_by_hand"),
        remark=row.texts("remark"),
        source=row.take("source", str),
        certainty=row.word("certainty", Certainty),
        status=row.word("status", Status),
        confirmed_by=row.take("confirmed_by", str, None),
        valid_from=row.take("valid_from", date, None),
        valid_to=row.take("valid_to", date, None),
    )
    row.close()
    is_weighted = any(one.measure is Measure.WEIGHTED for one in rule.all_of)
    if is_weighted != (rule.weights is not None):
        raise row.fail("weights and a condition on the measure weighted belong together")
    if rule.status is Status.CONFIRMED and rule.certainty is not Certainty.VERIFIED:
        raise row.fail("a confirmed rule must be verified: read its text, then say certainty")
    if rule.valid_from and rule.valid_to and rule.valid_to <= rule.valid_from:
        raise row.fail("valid_to must lie after valid_from")
    return rule


def _extent(row: _Row) -> tuple[float, float | None]:
    window = row.above_zero("window_m", None)
    radius = row.above_zero("radius_m", None)
    is_whole = row.take("is_whole_route", bool, False)
    if (window is not None) + (radius is not None) + is_whole != 1:
        raise row.fail("give one of window_m, radius_m, is_whole_route = true")
    if radius is not None:
        return 2.0 * radius, float(radius)
    return (float("inf") if is_whole else float(window)), None


def _conditions(row: _Row) -> tuple[Condition, ...]:
    found = []
    for values in row.take("all_of", list):
        part = _Row(values, f"{row.where} all_of")
        found.append(
            Condition(
                part.word("measure", Measure),
                part.word("op", Op),
                float(part.above_zero("n")),
            )
        )
        part.close()
    if not found:
        raise row.fail("all_of must hold at least one condition")
    return tuple(found)


def _weights(values: Any, where: str) -> Weights:
    row = _Row(values, where)
    weights = Weights(
        death=float(row.above_zero("death")),
        serious=float(row.above_zero("serious")),
        slight=float(row.above_zero("slight")),
        vulnerable_factor=float(row.above_zero("vulnerable_factor", 1.0)),
    )
    row.close()
    return weights

"""What a risk index is made of, as one versioned and checksummed TOML text.

A domain (交通, 治安, …) has one denominator and several indicators: classes of incidents, each
with the harm of one event. The reference rates of a base year belong to the definition too,
so that a score means the same in every later period. Old results keep the text they
were made with; :attr:`IndexDefinition.digest` names it.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

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
from geo.normalisation import Aggregation, Direction
from geo.vocabulary import CATEGORY_CODES, Severity

METHOD_VERSION = 1  # raised when the arithmetic of the index changes; part of the digest

_SEVERITIES = {severity.name.lower(): severity for severity in Severity}
_GRADE_NAMES = ("yellow", "orange", "red")


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """A class of incidents and the harm, in days, of one of them."""

    id: str
    names: dict[str, str]
    harm: float
    categories: tuple[str, ...]
    severities: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class IndexDomain:
    """One family of risk with its own denominator.

    ``denominators`` are names of exposures, best first: the first that is known is used.
    ``direction`` is 1 where more events are worse, -1 where they are better (checks made).
    """

    id: str
    names: dict[str, str]
    weight: float
    direction: Direction
    denominators: tuple[str, ...]
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Harm per exposure of the whole region in the base year, by domain.

    ``denominators`` says which exposure each rate is per; scores use the same. A domain that
    nothing in the region was exposed to (no mines) has no rate, and is not scored.
    """

    period: str
    denominators: dict[str, str]
    harm_rates: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class IndexDefinition:
    """A checked definition; make one with :meth:`from_toml`."""

    id: str
    version: int
    names: dict[str, str]
    aggregation: Aggregation
    cuts: tuple[float, float, float]  # lowest score of yellow, orange and red
    domains: tuple[IndexDomain, ...]
    reference: Reference | None = None

    @classmethod
    def from_toml(cls, text: str) -> IndexDefinition:
        """Read and check a definition.

        Raises
        ------
        SettingsError
            When the text is no TOML, a key is missing, unknown or of the wrong kind, an id repeats, a
            category or severity does not exist, or an incident would count twice. One line.
        """
        try:
            tree = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"index definition: not readable as TOML: {error}") from error
        only_keys(tree, "the top level", {"index", "grades", "domain"}, {"reference"})
        head = table_of(tree["index"], "[index]")
        only_keys(head, "[index]", {"id", "version", "name", "aggregation"})
        if type(head["version"]) is not int or head["version"] < 1:
            raise wrong("[index]", "version must be a whole number from 1")
        if head["aggregation"] not in list(Aggregation):
            raise wrong("[index]", f"aggregation must be one of {', '.join(Aggregation)}")
        domains = tuple(_domain(each) for each in tables_of(tree["domain"], "[[domain]]"))
        unique([domain.id for domain in domains], "domains")
        unique([i.id for domain in domains for i in domain.indicators], "indicators")
        if not sum(domain.weight for domain in domains) > 0:
            raise wrong("[[domain]]", "at least one weight must be positive")
        definition = cls(
            id=id_of(head["id"], "[index]"),
            version=head["version"],
            names=names_of(head["name"], "[index]"),
            aggregation=Aggregation(head["aggregation"]),
            cuts=_cuts(table_of(tree["grades"], "[grades]")),
            domains=domains,
        )
        definition._positions()
        if "reference" not in tree:
            return definition
        return definition.with_reference(_reference(table_of(tree["reference"], "[reference]")))

    @classmethod
    def default(cls) -> IndexDefinition:
        """The bundled definition; it has no reference rates yet."""
        return cls.from_toml(
            files("geo").joinpath("index_default.toml").read_text(encoding="utf-8")
        )

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators in the order of their domains: the columns of a counts frame."""
        return tuple(each for domain in self.domains for each in domain.indicators)

    @cached_property
    def digest(self) -> str:
        """Checksum of everything that bears on the numbers or their names, 64 hex digits.

        Comments, spaces and the order of keys do not; ``METHOD_VERSION`` does.
        """
        content = {"method": METHOD_VERSION, **asdict(self)}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def with_reference(self, reference: Reference) -> IndexDefinition:
        """The same definition with the rates of a base year.

        Raises
        ------
        SettingsError
            When a rate is not positive, or per something its domain does not name.
        """
        domains = {domain.id: domain for domain in self.domains}
        if not reference.harm_rates or set(reference.harm_rates) != set(reference.denominators):
            raise wrong("[reference]", "harm_rates and denominators must name the same domains")
        for name, rate in reference.harm_rates.items():
            if name not in domains:
                raise wrong("[reference]", f"{name!r} is no domain; use {', '.join(domains)}")
            if not 0 < rate < np.inf:
                raise wrong("[reference]", f"the rate of {name} must be positive")
            if (per := reference.denominators[name]) not in domains[name].denominators:
                raise wrong("[reference]", f"{per!r} is no denominator of {name}")
        return replace(self, reference=reference)

    def counts(
        self,
        unit: npt.ArrayLike,
        category: npt.ArrayLike,
        severity: npt.ArrayLike,
        *,
        units: int,
    ) -> npt.NDArray[np.int64]:
        """(units, indicators) incidents by unit and indicator.

        Parameters
        ----------
        unit
            (n) position of each incident's unit, -1 where it has none.
        category, severity
            (n) byte codes: positions in ``CATEGORY_CODES`` and severity numbers.
        """
        place = np.asarray(unit, dtype=np.int64)
        column = self._positions()[np.asarray(category), np.asarray(severity)]
        counted = (place >= 0) & (column >= 0)
        width = len(self.indicators)
        flat = np.bincount(place[counted] * width + column[counted], minlength=units * width)
        return flat.reshape(units, width)

    def _positions(self) -> npt.NDArray[np.int64]:
        """(categories, severities) the column an incident counts in, -1 for none."""
        table = np.full((len(CATEGORY_CODES), len(Severity)), -1)
        for column, indicator in enumerate(self.indicators):
            for category in indicator.categories:
                row = CATEGORY_CODES.index(category)
                for severity in indicator.severities:
                    if table[row, _SEVERITIES[severity]] >= 0:
                        raise wrong(
                            f"indicator {indicator.id}",
                            f"{category}/{severity} is counted already; count it once",
                        )
                    table[row, _SEVERITIES[severity]] = column
        return table

    def to_toml(self) -> str:
        """The definition as text that :meth:`from_toml` reads to an equal one."""
        lines = [
            "[index]",
            f"id = {_quoted(self.id)}",
            f"version = {self.version}",
            f"name = {_inline(self.names)}",
            f"aggregation = {_quoted(self.aggregation.value)}",
            "\n[grades]",
            *(f"{name} = {cut!r}" for name, cut in zip(_GRADE_NAMES, self.cuts, strict=True)),
        ]
        for domain in self.domains:
            lines += [
                "\n[[domain]]",
                f"id = {_quoted(domain.id)}",
                f"name = {_inline(domain.names)}",
                f"weight = {domain.weight!r}",
                f"direction = {domain.direction}",
                f"denominators = {_quoted(domain.denominators)}",
            ]
            for indicator in domain.indicators:
                lines += [
                    "\n[[domain.indicator]]",
                    f"id = {_quoted(indicator.id)}",
                    f"name = {_inline(indicator.names)}",
                    f"harm = {indicator.harm!r}",
                    f"categories = {_quoted(indicator.categories)}",
                    f"severities = {_quoted(indicator.severities)}",
                ]
        if self.reference is not None:
            lines += [
                "\n[reference]",
                f"period = {_quoted(self.reference.period)}",
                f"denominators = {_inline(self.reference.denominators)}",
                f"harm_rates = {_inline(self.reference.harm_rates)}",
            ]
        return "\n".join(lines) + "\n"


def _domain(table: Mapping[str, Any]) -> IndexDomain:
    where = f"domain {table.get('id', '?')}"
    required = {"id", "name", "weight", "denominators", "indicator"}
    only_keys(table, where, required, {"direction"})
    if table.get("direction", 1) not in (1, -1):
        raise wrong(where, "direction must be 1 or -1")
    denominators = texts_of(table["denominators"], where, "denominators")
    for denominator in denominators:
        id_of(denominator, where)
    return IndexDomain(
        id=id_of(table["id"], where),
        names=names_of(table["name"], where),
        weight=number_of(table["weight"], where, "weight", least=0.0),
        direction=1 if table.get("direction", 1) == 1 else -1,
        denominators=denominators,
        indicators=tuple(
            _indicator(each) for each in tables_of(table["indicator"], "[[domain.indicator]]")
        ),
    )


def _indicator(table: Mapping[str, Any]) -> Indicator:
    where = f"indicator {table.get('id', '?')}"
    only_keys(table, where, {"id", "name", "harm", "categories"}, {"severities"})
    categories = texts_of(table["categories"], where, "categories")
    severities = texts_of(table.get("severities", list(_SEVERITIES)), where, "severities")
    for kind, given, known in (
        ("category", categories, CATEGORY_CODES),
        ("severity", severities, tuple(_SEVERITIES)),
    ):
        if unknown := [each for each in given if each not in known]:
            raise wrong(
                where, f"{kind} {unknown[0]!r} does not exist; one of {', '.join(known)}"
            )
    return Indicator(
        id=id_of(table["id"], where),
        names=names_of(table["name"], where),
        harm=number_of(table["harm"], where, "harm", least=1e-9),
        categories=categories,
        severities=severities,
    )


def _reference(table: Mapping[str, Any]) -> Reference:
    where = "[reference]"
    only_keys(table, where, {"period", "denominators", "harm_rates"})
    if not isinstance(table["period"], str) or not table["period"]:
        raise wrong(where, "period must be a text")
    rates = table_of(table["harm_rates"], where)
    return Reference(
        period=table["period"],
        denominators={key: str(v) for key, v in table_of(table["denominators"], where).items()},
        harm_rates={key: number_of(v, where, key, least=0.0) for key, v in rates.items()},
    )


def _cuts(table: Mapping[str, Any]) -> tuple[float, float, float]:
    only_keys(table, "[grades]", set(_GRADE_NAMES))
    yellow, orange, red = (
        number_of(table[name], "[grades]", name, least=0.0) for name in _GRADE_NAMES
    )
    if not 0 < yellow < orange < red <= 100:
        raise wrong("[grades]", "need 0 < yellow < orange < red ≤ 100")
    return yellow, orange, red


def _quoted(value: str | tuple[str, ...]) -> str:
    """A TOML basic string or array of them; JSON escapes are valid TOML."""
    return json.dumps(value, ensure_ascii=False)


def _inline(table: Mapping[str, str] | Mapping[str, float]) -> str:
    pairs = (
        f"{_quoted(key)} = {json.dumps(v, ensure_ascii=False)}" for key, v in table.items()
    )
    return "{ " + ", ".join(pairs) + " }"

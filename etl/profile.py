"""Source profiles: how one kind of file is to be understood, as a TOML table.

A profile is read strictly: an unknown key, a wrong type or a value outside its
list is a :class:`~geo.errors.ProfileError` that names the key. The sections are
the dataclasses of :mod:`etl.profile_rules`; ``docs/profiles.md`` shows them by example.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from etl.melting import MeltRules
from etl.privacy import is_personal_header
from etl.profile_rules import (
    CANONICAL,
    REQUIRED,
    SCALED,
    CodeTable,
    CoordinateRules,
    FileRules,
    RefuseRule,
    SeverityRules,
    TimeRules,
    check_code,
    enum_of,
)
from etl.strict_table import StrictTable
from etl.text import MISSING
from geo.errors import ProfileError
from geo.vocabulary import PLACED_KINDS, RecordKind

_TOP = (
    "name", "kind", "title", "source", "licence", "is_demo", "file", "columns", "time",
    "coordinates", "missing", "sentinels", "codes", "constants", "casualties", "severity", "key",
    "drop", "attributes", "privacy", "refuse", "limits", "melt", "scales",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One source profile.

    ``columns`` maps canonical names to one or more source columns, whose texts are
    joined. ``key`` names the source columns of the natural key; empty means that
    the whole row is its own key. With ``fold`` the rows of one key are parts of one
    record, of which the first is kept. ``text`` is the TOML it was read from.
    """

    name: str
    kind: RecordKind
    title: Mapping[str, str]
    source: str
    licence: str
    is_demo: bool
    file: FileRules
    columns: Mapping[str, tuple[str, ...]]
    time: TimeRules | None
    coordinates: CoordinateRules | None
    missing: tuple[str, ...]
    sentinels: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, CodeTable]
    constants: Mapping[str, str]
    casualties_column: str | None
    casualties_pattern: str | None
    severity: SeverityRules
    key: tuple[str, ...]
    fold: bool
    drop: tuple[str, ...]
    attributes: Mapping[str, str]  # stored name → source column
    record_numbers: tuple[str, ...]
    refuse: tuple[RefuseRule, ...]
    reject_share: float
    melt: MeltRules | None = None
    scales: Mapping[str, float] = field(default_factory=dict)
    text: str = field(default="", repr=False, compare=False)

    @classmethod
    def open(cls, name_or_path: str | Path) -> Profile:
        """Read a built-in profile by name, or any profile by the path of its file.

        Raises
        ------
        ProfileError
            When there is no such profile, or it is wrong.
        """
        path = Path(name_or_path)
        if path.suffix != ".toml":
            builtin = files("etl.sources") / "profiles" / f"{name_or_path}.toml"
            if str(name_or_path) not in profile_names():
                known = ", ".join(profile_names())
                raise ProfileError(
                    f"no profile {str(name_or_path)!r}; built in are {known}; or give a .toml file"
                )
            text = builtin.read_text(encoding="utf-8")
        elif path.is_file():
            try:
                text = path.read_text(encoding="utf-8-sig")
            except UnicodeDecodeError as error:
                raise ProfileError(f"{path.name}: a profile must be UTF-8 text") from error
        else:
            raise ProfileError(f"no profile file {path}; check the path")
        return cls.parse(text, name=path.stem)

    @classmethod
    def parse(cls, text: str, *, name: str) -> Profile:
        """Read a profile from TOML text; ``name`` serves where the text gives none."""
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ProfileError(f"profile {name}: not TOML: {error}") from error
        return replace(_read(table, name), text=text)

    @property
    def digest(self) -> str:
        """SHA-256 of what the profile says, whatever its layout and comments."""
        rules = asdict(self)
        del rules["text"]
        for name in ("melt", "scales"):  # came later: profiles without them stay the same
            if not rules[name]:
                del rules[name]
        text = json.dumps(rules, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def source_columns(self) -> tuple[str, ...]:
        """Every column the profile refers to, except those it drops and those it melts."""
        names = [name for columns in self.columns.values() for name in columns]
        if self.time:
            names += [self.time.column] if self.time.column else []
            names += list(self.time.parts.values())
        if self.coordinates:
            rules = self.coordinates
            names += [name for name in (rules.lon, rules.lat, rules.text) if name]
        names += [self.casualties_column] if self.casualties_column else []
        names += [*self.key, *self.attributes.values()]
        names += [rule.column for rule in self.refuse if rule.column]
        return tuple(dict.fromkeys(names))


def profile_names() -> tuple[str, ...]:
    """Names of the built-in profiles."""
    folder = files("etl.sources") / "profiles"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def _read(values: dict[str, Any], name: str) -> Profile:
    table = StrictTable(values, f"profile {name}")
    name = table.take("name", str, name)
    table.path = f"profile {name}"
    kind = RecordKind(table.need_choice("kind", tuple(RecordKind)))
    title = table.table("title").mapping()
    casualties = table.table("casualties")
    key = table.table("key")
    drop = table.table("drop")
    limits = table.table("limits")
    missing = table.table("missing")
    privacy = table.table("privacy")
    time, coordinates = table.table("time"), table.table("coordinates")
    melting = table.table("melt")
    melt = MeltRules.read(melting) if melting else None
    columns = _columns(table.table("columns"), kind)
    if melt and "value" in columns:
        raise ProfileError(f"{table.path}: [melt] makes the value; take it out of [columns]")
    profile = Profile(
        name=name,
        kind=kind,
        title=title,
        source=table.take("source", str, name),
        licence=table.take("licence", str, ""),
        is_demo=table.take("is_demo", bool, False),
        file=FileRules.read(table.table("file")),
        columns=melt.fields(columns) if melt else columns,
        time=TimeRules.read(time) if time else None,
        coordinates=CoordinateRules.read(coordinates) if coordinates else None,
        missing=(*MISSING, *missing.texts("values")),
        sentinels=_lists(table.table("sentinels")),
        codes=_codes(table.table("codes"), kind),
        constants=_constants(table.table("constants"), kind),
        casualties_column=casualties.take("column", str),
        casualties_pattern=casualties.regex("pattern"),
        severity=SeverityRules.read(table.table("severity")),
        key=key.texts("columns"),
        fold=key.take("fold", bool, False),
        drop=drop.texts("columns"),
        attributes=table.table("attributes").mapping(),
        record_numbers=privacy.texts("record_numbers"),
        refuse=_refuse(table.take("refuse", list, []), table.path),
        reject_share=limits.take("reject_share", float, 0.5),
        melt=melt,
        scales=_scales(table.table("scales"), columns),
    )
    casualties.close(("column", "pattern"))
    key.close(("columns", "fold"))
    drop.close(("columns",))
    limits.close(("reject_share",))
    missing.close(("values",))
    privacy.close(("record_numbers",))
    table.close(_TOP)
    _check(profile, table.path)
    return profile


def _columns(table: StrictTable, kind: RecordKind) -> dict[str, tuple[str, ...]]:
    columns = {name: table.texts(name) for name in CANONICAL[kind] if name in table}
    table.close(CANONICAL[kind])
    return {name: sources for name, sources in columns.items() if sources}


def _lists(table: StrictTable) -> dict[str, tuple[str, ...]]:
    return {name: table.texts(name) for name in table}


def _codes(table: StrictTable, kind: RecordKind) -> dict[str, CodeTable]:
    codes = {}
    for name in table:
        if name not in CANONICAL[kind]:
            raise ProfileError(
                f"{table.path}: unknown field {name!r}; allowed are {', '.join(CANONICAL[kind])}"
            )
        codes[name] = CodeTable.read(table.table(name), enum_of(kind, name))
    return codes


def _constants(table: StrictTable, kind: RecordKind) -> dict[str, str]:
    constants = table.mapping()
    for name, value in constants.items():
        if name not in CANONICAL[kind]:
            raise ProfileError(
                f"{table.path}: unknown field {name!r}; allowed are {', '.join(CANONICAL[kind])}"
            )
        check_code(value, enum_of(kind, name), table.path)
    return constants


def _scales(table: StrictTable, columns: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    scales = {}
    for name in table:
        if name not in SCALED or name not in columns:
            raise ProfileError(
                f"{table.path}: {name!r} is no amount of [columns]; scaled are {', '.join(SCALED)}"
            )
        scales[name] = table.need(name, float)
        if scales[name] <= 0:
            raise ProfileError(f"{table.path}: {name} must be above 0")
    return scales


def _refuse(rules: list[Any], path: str) -> tuple[RefuseRule, ...]:
    return tuple(
        RefuseRule.read(StrictTable(values, f"{path} [[refuse]] {number}"))
        for number, values in enumerate(rules, start=1)
    )


def _check(profile: Profile, path: str) -> None:
    stated = {*profile.columns, *profile.constants}
    for name in REQUIRED[profile.kind]:
        if name not in stated:
            raise ProfileError(f"{path}: {name} needs an entry in [columns] or [constants]")
    twice = sorted(set(profile.columns) & set(profile.constants))
    if profile.melt and profile.melt.into == "period" and "period" in twice:
        twice.remove("period")  # the year, in front of the months of the header
    if twice:
        raise ProfileError(f"{path}: {twice[0]} is in both [columns] and [constants]")
    if profile.kind is RecordKind.INCIDENTS and profile.time is None:
        raise ProfileError(f"{path}: incidents need a [time] section")
    if profile.kind not in PLACED_KINDS and not stated & {"unit_code", "unit_name"}:
        raise ProfileError(f"{path}: {profile.kind} need unit_code or unit_name in [columns]")
    if profile.melt and profile.kind is not RecordKind.INDICATORS:
        raise ProfileError(f"{path}: [melt] is for indicators only")
    if profile.melt and profile.key:
        raise ProfileError(
            f"{path}: with [melt] the key is unit, indicator and period; drop [key]"
        )
    if (profile.casualties_column is None) != (profile.casualties_pattern is None):
        raise ProfileError(f"{path} [casualties]: column and pattern go together")
    if profile.casualties_pattern is not None:
        groups = set(re.compile(profile.casualties_pattern).groupindex)
        if not groups or not groups <= {"deaths", "injured"}:
            raise ProfileError(f"{path} [casualties]: pattern needs groups deaths and injured")
    if profile.fold and not profile.key:
        raise ProfileError(f"{path} [key]: fold needs columns")
    if not 0 < profile.reject_share <= 1:
        raise ProfileError(f"{path} [limits]: reject_share must be above 0 and at most 1")
    for column in profile.source_columns:
        if is_personal_header(column) or column in profile.drop:
            raise ProfileError(
                f"{path}: column {column!r} describes persons and cannot be loaded; remove it"
            )

"""Strict reading of a definition: every fault is one line that names the place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from geo.errors import SettingsError


def wrong(where: str, what: str) -> SettingsError:
    return SettingsError(f"definition: {where}: {what}")


def only_keys(
    table: Mapping[str, Any],
    where: str,
    required: Set[str],
    optional: Set[str] = frozenset(),
) -> None:
    if missing := sorted(required - set(table)):
        raise wrong(where, f"{missing[0]!r} is missing; add it")
    if unknown := sorted(set(table) - required - optional):
        known = ", ".join(sorted(required | optional))
        raise wrong(where, f"{unknown[0]!r} is unknown; use {known}")


def unique(ids: list[str], what: str) -> None:
    if twice := [each for each, times in Counter(ids).items() if times > 1]:
        raise wrong(what, f"id {twice[0]!r} is used twice; rename one")


def table_of(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise wrong(where, "must be a table")
    return value


def tables_of(value: object, where: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not value:
        raise wrong(where, "must be a list of one or more tables")
    return [table_of(each, where) for each in value]


def id_of(value: object, where: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", value):
        raise wrong(where, f"id {value!r} must be lower-case letters, digits and '_'")
    return value


def names_of(value: object, where: str) -> dict[str, str]:
    if (
        not isinstance(value, dict)
        or not {"zh", "en"} <= set(value)
        or not all(isinstance(text, str) and text for text in value.values())
    ):
        raise wrong(where, 'name must be like { zh = "…", en = "…" }')
    return dict(value)


def texts_of(value: object, where: str, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        raise wrong(where, f"{what} must be a list of one or more texts")
    if len(set(value)) < len(value):
        raise wrong(where, f"{what} names one of them twice")
    return tuple(value)


def number_of(value: object, where: str, what: str, *, least: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(where, f"{what} must be a number")
    if not least <= value < np.inf:
        raise wrong(where, f"{what} must be a number from {least:g}, got {value}")
    return float(value)

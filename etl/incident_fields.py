"""Fields that only incidents have: the time put together, the casualties, the severity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.numbers import extract_counts, parse_counts
from etl.profile import Profile
from etl.profile_rules import SEVERITY_NAMES, SeverityRules, TimeRules
from etl.rows import Rows
from geo.vocabulary import DOMAIN_OF, Domain, Severity

_MOST_CASUALTIES = 30_000
_CRIMES = pa.array([code for code, domain in DOMAIN_OF.items() if domain is Domain.CRIME])
_MIDNIGHT = r"[T ]0{1,2}:00(?::00(?:\.0+)?)?$"
_COLON_TIME = r"^(\d{2})(\d{2})(\d{2})$"


def time_text(rows: Rows, rules: TimeRules) -> pa.Array:
    """The time as one text (n,), put together from its parts where there are several."""
    if rules.column is not None:
        return rows.value(rules.column)
    parts = {
        name: pc.replace_substring_regex(rows.value(column), r"^(\d+)\.0*$", r"\1")
        for name, column in rules.parts.items()
    }
    if "date" in parts:
        # Spreadsheets and databases write a plain date with a midnight.
        day = pc.replace_substring_regex(parts["date"], _MIDNIGHT, "")
    else:
        day = pc.binary_join_element_wise(
            parts["year"], parts["month"], parts["day"], "-", null_handling="emit_null"
        )
    if "time" in parts:
        # 23000 is half past two: leading zeros are lost where a time was a number.
        clock = parts["time"]
        is_number = pc.match_substring_regex(clock, r"^\d{1,6}$")
        padded = pc.replace_substring_regex(
            pc.utf8_lpad(clock, 6, "0"), _COLON_TIME, r"\1:\2:\3"
        )
        clock = pc.if_else(pc.fill_null(is_number, False), padded, clock)
    elif "hour" in parts:
        smaller = [parts[name] for name in ("hour", "minute", "second") if name in parts]
        # An empty minute leaves the hour standing.
        clock = pc.binary_join_element_wise(*smaller, ":", null_handling="skip")
        clock = pc.if_else(pc.is_valid(parts["hour"]), clock, pa.scalar(None, pa.string()))
    else:
        return day
    whole = pc.binary_join_element_wise(day, clock, " ", null_handling="emit_null")
    return pc.coalesce(whole, day)


def casualties(rows: Rows, profile: Profile) -> dict[str, np.ndarray]:
    """Deaths and injured (n,) as int64, from two columns or from one text."""
    texts = {name: rows.field(name) for name in ("deaths", "injured")}
    if profile.casualties_column is not None:
        column = rows.value(profile.casualties_column)
        found = extract_counts(column, profile.casualties_pattern)
        texts |= found
        first = next(iter(found.values()))
        strange = pc.and_(pc.is_valid(column), pc.is_null(first))
        rows.faults.add(strange.to_numpy(zero_copy_only=False), "BAD_NUMBER", "deaths, injured")
    return {
        name: np.zeros(rows.n, dtype=np.int64)
        if column is None
        else parse_counts(column, rows.faults, field=name, largest=_MOST_CASUALTIES)
        for name, column in texts.items()
    }


def severity(
    stated: pa.Array | None,
    category: pa.Array,
    counts: Mapping[str, np.ndarray],
    rules: SeverityRules,
) -> np.ndarray:
    """Severity (n,) as uint8: as stated, else by the casualties, the category or both."""
    if stated is not None:
        at = pc.index_in(stated, value_set=pa.array(SEVERITY_NAMES))
        return at.fill_null(Severity.UNKNOWN.value).to_numpy().astype(np.uint8)
    default = SEVERITY_NAMES.index(rules.default)
    found = np.full(len(category), default, dtype=np.uint8)
    if rules.rule == "casualties":
        deaths, injured = counts["deaths"], counts["injured"]
        by_harm = np.select(
            [(deaths >= 3) | (injured >= 10), deaths >= 1, injured >= 1],
            [Severity.MAJOR, Severity.SERIOUS, Severity.MODERATE],
            Severity.SLIGHT,
        ).astype(np.uint8)
        # A crime without victims is not "damage only": it keeps the default.
        is_crime = pc.is_in(category, value_set=_CRIMES).to_numpy(zero_copy_only=False)
        found = np.where(is_crime & (by_harm == Severity.SLIGHT), default, by_harm)
    if rules.by_category:
        at = pc.index_in(category, value_set=pa.array(list(rules.by_category)))
        ranks = [SEVERITY_NAMES.index(name) for name in rules.by_category.values()]
        listed = pc.is_valid(at).to_numpy(zero_copy_only=False)
        of_category = np.array(ranks, dtype=np.uint8)[at.fill_null(0).to_numpy()]
        found = np.where(listed, np.maximum(of_category, found), found)
    return found.astype(np.uint8)

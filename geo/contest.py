"""Scores of the contest 平安杯, each with the list of reasons that sums to it.

A unit begins every section with its full marks; each item takes some off; a section never falls
below none. Marks are counted in whole hundredths, so that the lines of a unit sum to its score
exactly. What is not known takes nothing off and says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.contest_definition import ContestDefinition
from geo.contest_marks import MARKS, ContestFacts, Floats, Ints, Marks, ordered_events
from geo.errors import FrameError

HUNDREDTHS = 100  # a mark

# What a line says.
FULL, CLEAR, DEDUCTED, NOT_JUDGED, FLOOR = "full", "clear", "deducted", "not_judged", "floor"


@dataclass(frozen=True, kw_only=True, eq=False)
class Scoreboard:
    """Scores of all units.

    Parameters
    ----------
    lines
        ``unit``, ``section``, ``item`` (the section's own id for its full marks and its floor),
        ``status`` (``full``, ``clear``, ``deducted``, ``not_judged``, ``floor``), ``value`` found, ``reference`` it was held
        against, ``times``, ``hundredths`` (integer, negative where marks come off), and ``is_clear``: of a
        survey, whether its interval lies below the band (else 差异不显著); missing elsewhere.
    totals
        Index unit: ``group``, a column of hundredths per section, ``hundredths``, ``score``, ``has_passed``,
        ``is_vetoed``.
    vetoes
        ``unit``, ``veto``, ``times``.
    """

    lines: pd.DataFrame
    totals: pd.DataFrame
    vetoes: pd.DataFrame


def score_contest(definition: ContestDefinition, facts: ContestFacts) -> Scoreboard:
    """Score every unit of the contest.

    Raises
    ------
    FrameError
        When a unit repeats or is of an unknown group, an event is of no unit or has no day, or a
        table lacks a column.
    """
    units = facts.groups.index
    group = facts.groups.to_numpy(dtype=object)
    if not units.is_unique:
        raise FrameError("a unit stands twice in the groups; name each once")
    if unknown := sorted(set(map(str, group)) - {each.id for each in definition.groups}):
        raise FrameError(f"group {unknown[0]!r} is not in the definition; add it there")
    events = ordered_events(facts)
    lines, sections = [], {}
    for section in definition.sections:
        full = round(section.weight * HUNDREDTHS)
        left = np.full(len(units), full, dtype=np.int64)
        lines.append(_line(units, section.id, section.id, FULL, left))
        for item in section.items:
            marks = MARKS[item.kind](item, facts, events, group)
            loss = np.minimum(
                _hundredths(marks.lost), _hundredths(np.full(len(units), item.cap or np.inf))
            )
            status = np.select([np.isnan(marks.lost), loss > 0], [NOT_JUDGED, DEDUCTED], CLEAR)
            line = _line(units, section.id, item.id, status, -loss, marks)
            applies = np.isin(group, item.groups) if item.groups else np.full(len(units), True)
            left -= np.where(applies, loss, 0)
            lines.append(line[applies])
        floor = np.maximum(-left, 0)
        lines.append(_line(units, section.id, section.id, FLOOR, floor)[floor > 0])
        sections[section.id] = left + floor
    vetoes = _vetoes(definition, events, units)
    total = sum(sections.values(), np.zeros(len(units), dtype=np.int64))
    totals = pd.DataFrame(
        {
            "group": group,
            **sections,
            "hundredths": total,
            "score": total / HUNDREDTHS,
            "has_passed": total >= round(definition.pass_score * HUNDREDTHS),
            "is_vetoed": units.isin(vetoes["unit"]),
        },
        index=units,
    )
    return Scoreboard(lines=pd.concat(lines, ignore_index=True), totals=totals, vetoes=vetoes)


def _line(
    units: pd.Index,
    section: str,
    item: str,
    status: str | npt.NDArray[np.str_],
    hundredths: Ints,
    marks: Marks | None = None,
) -> pd.DataFrame:
    n = len(units)
    is_clear = None if marks is None else marks.is_clear
    return pd.DataFrame(
        {
            "unit": units,
            "section": section,
            "item": item,
            "status": status,
            "value": np.full(n, np.nan) if marks is None else marks.value,
            "reference": np.full(n, np.nan) if marks is None else marks.reference,
            "times": np.zeros(n, dtype=np.int64) if marks is None else marks.times,
            "hundredths": hundredths,
            "is_clear": pd.array([None] * n if is_clear is None else is_clear, dtype="boolean"),
        }
    )


def _hundredths(marks: Floats) -> Ints:
    """Marks in whole hundredths, halves up; unknown as none, no limit as a very large one."""
    whole = np.floor(np.round(np.nan_to_num(marks, posinf=1e9) * HUNDREDTHS, 6) + 0.5)
    return whole.astype(np.int64)


def _vetoes(
    definition: ContestDefinition, events: pd.DataFrame, units: pd.Index
) -> pd.DataFrame:
    found = []
    for veto in definition.vetoes:
        hit = events[(events["measure"] == veto.measure) & (events["size"] >= veto.at_least)]
        times = np.bincount(hit["at"], minlength=len(units))
        rows = np.flatnonzero(times)
        found.append(pd.DataFrame({"unit": units[rows], "veto": veto.id, "times": times[rows]}))
    empty = pd.DataFrame(
        {"unit": units[:0], "veto": pd.Series(dtype=object), "times": pd.Series(dtype=np.int64)}
    )
    return pd.concat(found, ignore_index=True) if found else empty

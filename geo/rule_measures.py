"""What rules count, accident by accident, and what an accident register may lack for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.road_rules import Area, Measure, Op, RoadRule, Weights

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Weighted sums are kept as whole millionths, so that 5 × 1.7 + … = 15 is equal and not near.
UNITS = 1_000_000

_COUNTED: dict[Measure, Callable[[pd.DataFrame], pd.Series]] = {
    Measure.ACCIDENTS: lambda e: e["deaths"] >= 0,
    Measure.FATAL_ACCIDENTS: lambda e: e["deaths"] > 0,
    Measure.INJURY_ACCIDENTS: lambda e: e["deaths"] + e["injured"] > 0,
    Measure.SERIOUS_OR_FATAL_ACCIDENTS: lambda e: (e["deaths"] > 0) | (e["serious"] > 0),
    Measure.GENERAL_ACCIDENTS: lambda e: e["procedure"] == "general",
    Measure.ACCIDENTS_GE3_DEATHS: lambda e: e["deaths"] >= 3,
    Measure.DEATHS: lambda e: e["deaths"],
    Measure.PERSONS_SERIOUS: lambda e: e["serious"].fillna(0),
}


def measure_values(events: pd.DataFrame, measure: Measure, weights: Weights | None) -> Ints:
    """(n) what each road event adds to a measure, in its units.

    What is not recorded adds the least it can: nobody seriously hurt, nobody vulnerable,
    no general procedure. The unit of ``Measure.WEIGHTED`` is a millionth.
    """
    if measure is not Measure.WEIGHTED:
        return _COUNTED[measure](events).to_numpy(dtype=np.int64)
    if weights is None:
        return np.zeros(len(events), dtype=np.int64)
    serious = events["serious"].fillna(0).to_numpy()
    slight = np.maximum(events["injured"].to_numpy() - serious, 0)
    factor = np.where(_said(events["is_vulnerable"]), weights.vulnerable_factor, 1.0)
    persons = (
        weights.death * events["deaths"].to_numpy()
        + weights.serious * serious
        + weights.slight * slight
    )
    units: Ints = np.rint(factor * persons * UNITS).astype(np.int64)
    return units


def units_needed(rule: RoadRule) -> Ints:
    """(m) the least whole number of units that meets each condition of a rule."""
    needed = []
    for condition in rule.all_of:
        scale = UNITS if condition.measure is Measure.WEIGHTED else 1
        # Rounded first: 20.1 millionths must not become 20.100000000000001 of them.
        n = round(condition.n * scale, 6)
        needed.append(np.floor(n) + 1 if condition.op is Op.MORE_THAN else np.ceil(n))
    return np.array(needed, dtype=np.int64)


def in_scope(events: pd.DataFrame, rule: RoadRule) -> Flags:
    """(n) which events lie where the rule is for; what is not recorded does not."""
    chosen = np.ones(len(events), dtype=bool)
    if rule.area is not Area.ANY:
        wanted = events["is_urban"] == (rule.area is Area.URBAN)
        chosen &= _said(wanted)
    if rule.road_classes:
        chosen &= events["road_class"].isin(rule.road_classes).to_numpy()
    return chosen


@dataclass(frozen=True)
class Gap:
    """A column that a rule asks for and that some events lack."""

    column: str
    lacks: Flags  # (n) the events that lack it and to which it might matter
    is_total: bool  # none of those in the rule's scope has it: the rule cannot be evaluated


def gaps(events: pd.DataFrame, rule: RoadRule) -> list[Gap]:
    """What a rule asks for and some of (n) events lack."""
    found: dict[str, Gap] = {}
    scope = ["is_urban"] if rule.area is not Area.ANY else []
    scope += ["road_class"] if rule.road_classes else []
    for name in scope:
        lacks = events[name].isna().to_numpy()
        found[name] = Gap(name, lacks, bool(lacks.all()))
    inside = in_scope(events, rule)
    for condition in rule.all_of:
        for name, lacks in _lacking(events, condition.measure, rule.weights).items():
            is_total = bool(events[name].isna().to_numpy()[inside].all())
            so_far = found[name].lacks if name in found else False
            found[name] = Gap(name, so_far | (lacks & inside), is_total)
    return [gap for gap in found.values() if gap.lacks.any()]


def is_unknown(events: pd.DataFrame, measure: Measure, weights: Weights | None) -> Flags:
    """(n) which events might add more to a measure than their record says."""
    unknown = np.zeros(len(events), dtype=bool)
    for lacks in _lacking(events, measure, weights).values():
        unknown |= lacks
    return unknown


def _lacking(
    events: pd.DataFrame, measure: Measure, weights: Weights | None
) -> dict[str, Flags]:
    """Columns behind a measure, and (n) which events lack them where they matter."""
    columns: list[str] = []
    if measure in (Measure.SERIOUS_OR_FATAL_ACCIDENTS, Measure.PERSONS_SERIOUS):
        columns = ["serious"]
    elif measure is Measure.GENERAL_ACCIDENTS:
        columns = ["procedure"]
    elif measure is Measure.WEIGHTED and weights is not None:
        columns += ["serious"] if weights.serious != weights.slight else []
        columns += ["is_vulnerable"] if weights.vulnerable_factor != 1.0 else []
    lacking: dict[str, Flags] = {name: events[name].isna().to_numpy() for name in columns}
    if measure is Measure.SERIOUS_OR_FATAL_ACCIDENTS:
        lacking["serious"] = lacking["serious"] & (events["deaths"] == 0).to_numpy()
    return lacking


def _said(column: pd.Series) -> Flags:
    """True where a nullable flag is recorded and true."""
    said: Flags = column.to_numpy(dtype=bool, na_value=False)
    return said

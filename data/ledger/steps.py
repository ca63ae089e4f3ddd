"""A step of a hazard as rows of the ledger; money in yuan, days since 1970."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from data.ledger.texts import clean_number, clean_text, day_of
from geo.hazard_states import Evaluation, HazardEvent, Measure

YUAN_PER_WAN = 10_000
MOST_WAN = 1e8


def cleaned(step: HazardEvent) -> HazardEvent:
    """The step with clean texts."""
    return replace(
        step,
        note=clean_text(step.note, what="the note"),
        doc_no=clean_text(step.doc_no, what="the number of the document"),
        responsible_unit=clean_text(step.responsible_unit, what="the responsible unit"),
    )


def facts_of(step: HazardEvent) -> dict[str, Any]:
    """What a step says beyond its own columns."""
    return {
        "level": step.level,
        "responsible_unit": step.responsible_unit,
        "deadline": step.deadline,
        "budget_yuan": _yuan(step.budget_wan, what="the budget"),
        "started_on": step.started_on,
        "checked_by": tuple(sorted(step.checked_by)),
        "result": step.result,
        "into": step.into,
        "control_until": step.control_until,
    }


def measure_rows(measures: tuple[Measure, ...]) -> list[dict[str, Any]]:
    """Works as rows, without the numbers of hazard and event."""
    return [
        {
            "measure_kind": one.kind,
            "quantity": clean_number(one.quantity, what="a quantity"),
            "quantity_unit": clean_text(one.quantity_unit, what="a unit") or None,
            "cost_yuan": _yuan(one.cost_wan, what="the cost of a measure"),
            "done_on": day_of(one.done_on),
        }
        for one in measures
    ]


def evaluation_row(evaluation: Evaluation) -> dict[str, Any]:
    """An evaluation as a row, without the numbers of hazard and event."""
    return {
        f"{name}_on" if isinstance(value, date) else name: day_of(value)
        if isinstance(value, date)
        else value
        for name, value in vars(evaluation).items()
    }


def _yuan(wan: float | None, *, what: str) -> float | None:
    amount = clean_number(wan, what=what, most=MOST_WAN)
    return None if amount is None else round(amount * YUAN_PER_WAN, 2)

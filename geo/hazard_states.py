"""The life of a hazard: which step may follow which, who may take it, what it needs.

    found → verified → listed → planned → treating → submitted → accepted → closed → monitoring

A hazard that comes back is *relapsed* and is verified or listed again; one that is part of
another is *merged*, one that is none is *rejected*, and both end there. The extension of a
deadline and an interim control are events that leave the state as it is.

Everything here is pure: a state and an event in, the codes of what is missing out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from geo.vocabulary import HAZARD_LEVELS, HAZARD_ROLES, HAZARD_STATUSES, MEASURE_KINDS

# Events that change no state.
EXTENDED, CONTROLLED = "extended", "controlled"
EVENT_KINDS: tuple[str, ...] = (*HAZARD_STATUSES, EXTENDED, CONTROLLED)

REJECTED = "rejected"
ENDED = frozenset({"merged", REJECTED})
# Until here a hazard can be overdue.
UNSETTLED = frozenset(
    {"found", "verified", "listed", "planned", "treating", "submitted", "relapsed"}
)
RESULTS: tuple[str, ...] = ("pass", "rework")
EVALUATION_YEARS: tuple[int, ...] = (1, 3)
# Who must take part in an acceptance.
JOINT_CHECK = frozenset({"police", "transport", "emergency"})
_DAYS_A_YEAR = 365

_LIVE = frozenset(HAZARD_STATUSES) - ENDED
_FIELD_ROLES = frozenset({"police", "transport", "township"})
_SUPERVISORS = frozenset({"police", "emergency", "leader"})


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Works on a hazard: a kind of :data:`MEASURE_KINDS`, how much, and what it costs."""

    kind: str
    quantity: float | None = None
    quantity_unit: str = ""
    cost_wan: float | None = None  # ten thousand yuan
    done_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Before and after the works, over whole years.

    Parameters
    ----------
    years
        1 or 3 after acceptance.
    before_from, before_to, after_from, after_to
        Inclusive days.
    observed_before, observed_after
        Accidents counted.
    expected_after
        Accidents to be expected without the works (empirical Bayes).
    odds_ratio, standard_error
        Of observed to expected, unbiased.
    naive_change
        (after - before) / before per year; what a plain comparison would claim.
    """

    years: int
    before_from: date
    before_to: date
    after_from: date
    after_to: date
    observed_before: int
    observed_after: int
    expected_after: float | None = None
    odds_ratio: float | None = None
    standard_error: float | None = None
    naive_change: float | None = None


@dataclass(frozen=True, kw_only=True)
class HazardState:
    """What is known of a hazard before a step.

    Parameters
    ----------
    status
        One of :data:`HAZARD_STATUSES`; a record loaded without one counts as found.
    deadline
        Day by which it is to be settled.
    accepted_on
        Day of the last passed acceptance.
    photos_before, photos_after
        Pictures on file, since the hazard was last found.
    last_on
        Day of the newest event.
    """

    hazard_id: int
    status: str = "found"
    deadline: date | None = None
    accepted_on: date | None = None
    photos_before: int = 0
    photos_after: int = 0
    last_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class HazardEvent:
    """One step: its kind is the state it leads to, or ``extended`` or ``controlled``.

    Parameters
    ----------
    role
        Office that takes the step, of :data:`HAZARD_ROLES`.
    on
        Day it was taken.
    note
        Reason or remark.
    doc_no
        Number of the document that says so.
    level, responsible_unit, deadline
        Of a listing; ``deadline`` is also the new one of an extension.
    measures, budget_wan
        Of a plan, in ten thousand yuan; measures done may come with a submission.
    started_on
        Day the works began.
    checked_by, result
        Offices present at an acceptance, and ``pass`` or ``rework``.
    into
        Hazard this one is part of.
    evaluation
        Of a monitoring step.
    control_until
        Last day of an interim control; none means until further notice.
    """

    kind: str
    role: str
    on: date
    note: str = ""
    doc_no: str = ""
    level: str = ""
    responsible_unit: str = ""
    deadline: date | None = None
    measures: tuple[Measure, ...] = ()
    budget_wan: float | None = None
    started_on: date | None = None
    checked_by: tuple[str, ...] = ()
    result: str = ""
    into: int | None = None
    evaluation: Evaluation | None = None
    control_until: date | None = None


_Needs = Callable[[HazardState, HazardEvent], Mapping[str, bool]]


@dataclass(frozen=True)
class Transition:
    """A step: from which states, by which offices, and what it needs by code."""

    sources: frozenset[str]
    roles: frozenset[str]
    needs: _Needs


def _verified(state: HazardState, event: HazardEvent) -> Mapping[str, bool]:
    return {"photo_or_reason": state.photos_before > 0 or _is_said(event.note)}


def _listed(_: HazardState, event: HazardEvent) -> Mapping[str, bool]:
    return {
        "level": event.level in HAZARD_LEVELS,
        "doc_no": _is_said(event.doc_no),
        "responsible_unit": _is_said(event.responsible_unit),
        "deadline": event.deadline is not None and event.deadline > event.on,
    }


def _planned(_: HazardState, event: HazardEvent) -> Mapping[str, bool]:
    return {
        "measures": len(event.measures) > 0,
        "budget": event.budget_wan is not None and event.budget_wan > 0,
    }


def _treating(_: HazardState, event: HazardEvent) -> Mapping[str, bool]:
    return {"started_on": event.started_on is not None and event.started_on <= event.on}


def _submitted(state: HazardState, _: HazardEvent) -> Mapping[str, bool]:
    return {"photo_after": state.photos_after > 0}


def _accepted(_: HazardState, event: HazardEvent) -> Mapping[str, bool]:
    return {
        "joint_check": set(event.checked_by) >= JOINT_CHECK,
        "result": event.result in RESULTS,
        "rework_reason": event.result != "rework" or _is_said(event.note),
    }


def _closed(_: HazardState, event: HazardEvent) -> Mapping[str, bool]:
    return {"doc_no": _is_said(event.doc_no)}


def _monitoring(state: HazardState, event: HazardEvent) -> Mapping[str, bool]:
    evaluation = event.evaluation
    if evaluation is None:
        return {"evaluation": False}
    since = state.accepted_on
    whole = evaluation.years * _DAYS_A_YEAR
    return {
        "evaluation_years": evaluation.years in EVALUATION_YEARS,
        "evaluation_period": (
            evaluation.before_from
            <= evaluation.before_to
            < evaluation.after_from
            <= evaluation.after_to
            <= event.on
        ),
        "evaluation_counts": min(evaluation.observed_before, evaluation.observed_after) >= 0,
        "evaluation_too_early": since is None or (event.on - since).days >= whole,
    }


def _reason(_: HazardState, event: HazardEvent) -> Mapping[str, bool]:
    return {"reason": _is_said(event.note)}


def _merged(state: HazardState, event: HazardEvent) -> Mapping[str, bool]:
    return {"into": event.into is not None and event.into != state.hazard_id}


def _extended(state: HazardState, event: HazardEvent) -> Mapping[str, bool]:
    old, new = state.deadline, event.deadline
    return {
        "old_deadline": old is not None,
        "deadline": new is not None and (old is None or new > old),
        "reason": _is_said(event.note),
    }


def _controlled(_: HazardState, event: HazardEvent) -> Mapping[str, bool]:
    return {
        "reason": _is_said(event.note),
        "control_until": event.control_until is None or event.control_until >= event.on,
    }


TRANSITIONS: dict[str, Transition] = {
    "verified": Transition(frozenset({"found", "relapsed"}), _FIELD_ROLES, _verified),
    "listed": Transition(frozenset({"verified", "relapsed"}), _SUPERVISORS, _listed),
    "planned": Transition(frozenset({"listed"}), _FIELD_ROLES, _planned),
    "treating": Transition(frozenset({"planned"}), _FIELD_ROLES, _treating),
    "submitted": Transition(frozenset({"treating"}), _FIELD_ROLES, _submitted),
    "accepted": Transition(frozenset({"submitted"}), _SUPERVISORS | JOINT_CHECK, _accepted),
    "closed": Transition(frozenset({"accepted"}), _SUPERVISORS, _closed),
    "monitoring": Transition(
        frozenset({"closed", "monitoring"}), _SUPERVISORS | JOINT_CHECK, _monitoring
    ),
    "relapsed": Transition(
        frozenset({"closed", "monitoring"}), frozenset(HAZARD_ROLES), _reason
    ),
    "merged": Transition(_LIVE, _SUPERVISORS | JOINT_CHECK, _merged),
    "rejected": Transition(_LIVE, _SUPERVISORS | JOINT_CHECK, _reason),
    # The office that treats the hazard cannot give itself more time.
    EXTENDED: Transition(
        frozenset({"listed", "planned", "treating", "submitted"}),
        frozenset({"emergency", "leader"}),
        _extended,
    ),
    CONTROLLED: Transition(
        frozenset(
            {"found", "verified", "listed", "planned", "treating", "submitted", "relapsed"}
        ),
        _FIELD_ROLES | {"emergency"},
        _controlled,
    ),
}


def check(state: HazardState, event: HazardEvent) -> tuple[str, ...]:
    """Codes of everything that stands against a step; empty when it may be taken.

    ``transition`` (no such step from this state) and ``role`` (not this office's) come
    first, then what the step needs: ``photo_or_reason``, ``level``, ``doc_no``,
    ``responsible_unit``, ``deadline``, ``measures``, ``measure``, ``budget``, ``started_on``,
    ``photo_after``, ``joint_check``, ``result``, ``rework_reason``, ``evaluation``,
    ``evaluation_years``, ``evaluation_period``, ``evaluation_counts``,
    ``evaluation_too_early``, ``reason``, ``into``, ``old_deadline``, ``control_until``, and
    ``on`` where the day lies before the event before.
    """
    transition = TRANSITIONS.get(event.kind)
    if transition is None or state.status not in transition.sources:
        return ("transition",)
    needs = {
        "role": event.role in transition.roles,
        "on": state.last_on is None or event.on >= state.last_on,
        **transition.needs(state, event),
        "measure": all(_is_sound(measure) for measure in event.measures),
    }
    return tuple(code for code, is_met in needs.items() if not is_met)


def next_status(state: HazardState, event: HazardEvent) -> str:
    """The state an allowed step leads to."""
    if event.kind in (EXTENDED, CONTROLLED):
        return state.status
    is_sent_back = event.kind == "accepted" and event.result == "rework"
    return "treating" if is_sent_back else event.kind


def steps_from(status: str) -> tuple[str, ...]:
    """Kinds of events that may follow a state, in order of the life cycle."""
    return tuple(kind for kind, step in TRANSITIONS.items() if status in step.sources)


def _is_said(text: str) -> bool:
    return bool(text.strip())


def _is_sound(measure: Measure) -> bool:
    figures = (measure.quantity, measure.cost_wan)
    return measure.kind in MEASURE_KINDS and all(f is None or f >= 0 for f in figures)

"""Disorder spots 治安乱点: the steps of their treatment, and whether it worked.

    found → verified → treating → (listed) → accepted → closed,  or relapsed → listed

The words are those of the hazard ledger: 候选 found, 认定 verified, 整治中 treating, 挂牌 listed, 验收
accepted, 销号/摘牌 closed, 反弹 relapsed. Acceptance rests on counts: the rate of incidents after
against the same season before, with the exact interval of two Poisson counts. A place is listed
because it was bad, and would mostly have got better by itself: the ratio shows a change, not
that the works caused it. What is proposed here, an office decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.comparison import rate_ratio
from geo.errors import FrameError
from geo.inspection import Days, as_days

Span = tuple[date, date]  # first and last day, both included

_DIGITS = 12  # a ratio is compared to so many digits: 0.7 must be 0.7


class Outcome(StrEnum):
    """What the table says of a spot."""

    NO_PLAN = "no_plan"  # 无方案, red flag; stays verified
    NO_POST = "no_post"  # 未落实责任
    IN_TREATMENT = "in_treatment"  # the window is not over
    PROPOSE_LISTING = "propose_listing"  # 建议挂牌
    PASSED = "passed"  # 验收通过
    EXTEND = "extend"  # 延期整治
    RELAPSE = "relapse"  # 反弹, list again
    STABLE = "stable"  # closed and quiet
    WATCHED = "watched"  # closed, the six months are not over


@dataclass(frozen=True, kw_only=True)
class SpotRule:
    """Numbers of the table; the programme gives only the steps.

    Parameters
    ----------
    worse_above
        Ratio above which an unlisted spot is to be listed.
    better_to
        Greatest ratio that can pass; its upper limit must lie below 1 as well.
    relapse_above
        Ratio to the closing level above which a closed spot has relapsed.
    least_satisfied
        Least share of satisfied residents that passes.
    watch_months
        How long a closed spot is watched.
    level
        Confidence of the interval.
    """

    worse_above: float = 0.9
    better_to: float = 0.7
    relapse_above: float = 1.3
    least_satisfied: float = 0.8
    watch_months: int = 6
    level: float = 0.95


def matched_seasons(after: Span, treated_from: date, *, years: int = 2) -> tuple[Span, ...]:
    """The same days of the last years that were over before the treatment began, latest first.

    Parameters
    ----------
    after
        First and last day of the window after; at most a year.
    treated_from
        First day of the treatment.
    years
        How many years to look back; more years steady the base.

    Raises
    ------
    FrameError
        When the window is empty or longer than a year, or begins before the treatment.
    """
    first, last = after
    if not treated_from <= first <= last < _shifted(first, -1):
        raise FrameError(
            "the window after must begin with the treatment or later and last up to a year"
        )
    back = 1
    while _shifted(last, back) >= treated_from:
        back += 1
    return tuple((_shifted(first, k), _shifted(last, k)) for k in range(back, back + years))


def season_effect(
    days: npt.ArrayLike | pd.Series,
    after: Span,
    before: Sequence[Span],
    *,
    level: float = SpotRule.level,
    people_after: float = 1.0,
    people_before: float = 1.0,
) -> pd.DataFrame:
    """Rate ratio of the incidents of one spot, after to before.

    Parameters
    ----------
    days
        (n) day of each incident in the spot.
    after, before
        Windows, first and last day included; ``before`` from :func:`matched_seasons`. For a
        closed spot ``before`` is the window it was closed on.
    people_after, people_before
        People exposed, where their number changed.

    Returns
    -------
    DataFrame
        One row: ``after``, ``before`` (counts), ``days_after``, ``days_before``, ``ratio``, ``low``,
        ``high``; see :func:`geo.comparison.rate_ratio`.
    """
    when = as_days(days)
    n_after, days_after = _within(when, [after])
    n_before, days_before = _within(when, before)
    ratio = rate_ratio(
        [n_after],
        [n_before],
        exposure_after=days_after * people_after,
        exposure_before=days_before * people_before,
        level=level,
    )
    counts = pd.DataFrame(
        {
            "after": [n_after],
            "before": [n_before],
            "days_after": [days_after],
            "days_before": [days_before],
        }
    )
    return pd.concat([counts, ratio], axis=1)


def watch_window(closed_on: date, *, rule: SpotRule | None = None) -> Span:
    """The months after closing in which a spot is watched for a relapse."""
    months = (rule or SpotRule()).watch_months
    month = np.datetime64(closed_on, "M") + months
    last_of_month = (month + 1).astype("datetime64[D]") - 1
    same_day = month.astype("datetime64[D]") + (closed_on.day - 1)
    return closed_on + timedelta(1), min(same_day, last_of_month).astype(date)


def outcomes(spots: pd.DataFrame, *, rule: SpotRule | None = None) -> pd.DataFrame:
    """The table, for all spots at once.

    Parameters
    ----------
    spots
        Columns ``is_closed``, ``has_plan``, ``has_post``, ``is_listed``, ``is_window_over`` (of a closed
        spot: its watch), ``ratio`` and ``high`` (after to before, of a closed spot to the
        closing level; NaN: not known), ``low``, and ``satisfied``, the share of satisfied
        residents (NaN: not asked).

    Returns
    -------
    DataFrame
        With the same index: ``outcome`` (an :class:`Outcome`), and ``is_clear``, whether the interval
        leaves out 1. A ratio alone may list or re-list a spot; where it is not clear, chance
        would do as well.

    Raises
    ------
    FrameError
        When a column is missing.
    """
    needed = "is_closed has_plan has_post is_listed is_window_over ratio low high satisfied"
    if missing := [name for name in needed.split() if name not in spots]:
        raise FrameError(f"the column {missing[0]!r} of the disorder spots is missing; add it")
    rule = rule or SpotRule()
    closed, plan, post, listed, over = (
        spots[name].to_numpy(dtype=bool) for name in needed.split()[:5]
    )
    ratio, low, high, satisfied = (
        np.round(spots[name].to_numpy(dtype=float), _DIGITS) for name in needed.split()[5:]
    )
    has_passed = (
        (ratio <= rule.better_to) & (high < 1) & (satisfied >= round(rule.least_satisfied, 12))
    )
    outcome = np.select(
        [
            closed & ~over,
            closed & (ratio > rule.relapse_above),
            closed,
            ~plan,
            ~post,
            ~over,
            ~listed & (ratio > rule.worse_above),
            has_passed,
        ],
        [
            Outcome.WATCHED.value,
            Outcome.RELAPSE.value,
            Outcome.STABLE.value,
            Outcome.NO_PLAN.value,
            Outcome.NO_POST.value,
            Outcome.IN_TREATMENT.value,
            Outcome.PROPOSE_LISTING.value,
            Outcome.PASSED.value,
        ],
        Outcome.EXTEND.value,
    )
    return pd.DataFrame(
        {"outcome": outcome, "is_clear": (low > 1) | (high < 1)}, index=spots.index
    )


@dataclass(frozen=True, kw_only=True)
class SpotStep:
    """One step: the status it leads to and what is on file for it."""

    kind: str
    on: date
    has_plan: bool = False
    has_post: bool = False  # a responsible post, not a person
    doc_no: str = ""
    note: str = ""


_STEPS: dict[str, frozenset[str]] = {
    "verified": frozenset({"found"}),
    "treating": frozenset({"verified"}),
    "listed": frozenset({"treating", "relapsed"}),
    "accepted": frozenset({"treating", "listed"}),
    "closed": frozenset({"accepted"}),
    "relapsed": frozenset({"closed"}),
    "rejected": frozenset({"found", "verified"}),
}


def steps_from(status: str) -> tuple[str, ...]:
    """Statuses that may follow one, in order of the life cycle."""
    return tuple(kind for kind, sources in _STEPS.items() if status in sources)


def check(
    status: str, step: SpotStep, *, outcome: Outcome | None = None, last_on: date | None = None
) -> tuple[str, ...]:
    """Codes of everything that stands against a step; empty when it may be taken.

    Parameters
    ----------
    status
        Status before the step.
    outcome
        What :func:`outcomes` says of the spot now.
    last_on
        Day of the step before.

    Returns
    -------
    tuple
        ``transition`` (alone), else of ``on``, ``plan``, ``post``, ``doc_no``, ``reason`` (a listing or relapse that
        the table does not propose needs one, and so does a rejection), ``outcome`` (no
        acceptance without the table's pass).
    """
    if status not in _STEPS.get(step.kind, frozenset()):
        return ("transition",)
    is_said, has_doc = bool(step.note.strip()), bool(step.doc_no.strip())
    needs = {"on": last_on is None or step.on >= last_on}
    match step.kind:
        case "treating":
            needs |= {"plan": step.has_plan, "post": step.has_post}
        case "listed":
            proposed = status == "relapsed" or outcome is Outcome.PROPOSE_LISTING
            needs |= {"doc_no": has_doc, "reason": proposed or is_said}
        case "accepted":
            needs["outcome"] = outcome is Outcome.PASSED
        case "closed":
            needs["doc_no"] = has_doc
        case "relapsed":
            needs["reason"] = outcome is Outcome.RELAPSE or is_said
        case "rejected":
            needs["reason"] = is_said
    return tuple(code for code, is_met in needs.items() if not is_met)


def _shifted(day: date, years_back: int) -> date:
    """The same day some years earlier; 29 February becomes the 28th."""
    year = day.year - years_back
    is_leap_day = (day.month, day.day) == (2, 29)
    return date(year, 2, 28) if is_leap_day else day.replace(year=year)


def _within(when: Days, spans: Sequence[Span]) -> tuple[int, int]:
    """Incidents in windows that do not overlap, and their days together."""
    count = days = 0
    for first, last in spans:
        start, end = np.datetime64(first, "D"), np.datetime64(last, "D")
        count += int(((when >= start) & (when <= end)).sum())
        days += (last - first).days + 1
    return count, days

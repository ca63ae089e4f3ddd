"""Stretches of road that meet a rule: exact, however the accidents lie.

Definitions

- Only accidents that add to a measure of the rule are *counted* and open windows
  (:mod:`geo.anchored_windows`). A window holds both its edges.
- Windows that meet the rule and overlap are one *section*. It runs from the first to the
  last accident counted by any of them, and may be longer than the rule's window.
- The *tightest* stretch is the shortest that meets the rule by itself: between two
  accidents of the section, within one period.
- A rule given as a circle is a window of its diameter along the route: what the circle
  holds of a straight road about a centre anywhere on it. Other roads do not count.
- Both directions of a road count together unless ``by_side``.
- A period of y years ending on a day holds the days after the same date y years before.

Rules ask for more, never for less; so what is not recorded can only hide a hit. A rule that
nobody recorded anything for is reported as not evaluated, never as met nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.anchored_windows import (
    MM,
    Sections,
    line_keys,
    merged,
    millimetres,
    period_start_day,
    sections_of,
    windows_of_any_period,
    windows_of_period,
)
from geo.road_events import road_events
from geo.road_rules import Measure, RoadRule
from geo.rule_measures import UNITS, gaps, in_scope, is_unknown, measure_values, units_needed

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

HIT_COLUMNS = (
    "rule_id",
    "route_code",
    "side",
    "from_chain_m",
    "to_chain_m",
    "from_stake_m",
    "to_stake_m",
    "from_piece",
    "to_piece",
    *(measure.value for measure in Measure),
    "event_ids",
    "tightest_m",
    "tightest_from_chain_m",
    "tightest_to_chain_m",
    "tightest_from_stake_m",
    "tightest_to_stake_m",
    "found",
    "tightest_event_ids",
    "period_from_day",
    "period_to_day",
)
REPORT_COLUMNS = ("rule_id", "status", "lacks", "unknown", "events", "hits")


@dataclass(frozen=True, eq=False)
class RuleScreen:
    """Sections that meet rules, and how far each rule could be evaluated.

    Parameters
    ----------
    hits
        One row per rule and section, in the order of the rules, then by route and chain.
        ``rule_id, route_code, side`` (None unless by side). The section: ``from_chain_m,
        to_chain_m, from_stake_m, to_stake_m, from_piece, to_piece``; one column per
        :class:`~geo.road_rules.Measure`, summed over its counted accidents (NaN: not
        recorded, or the rule has no weights); ``event_ids``, those accidents. The tightest
        stretch: ``tightest_m, tightest_from_chain_m, tightest_to_chain_m,
        tightest_from_stake_m, tightest_to_stake_m``; ``found``, what it holds for each
        condition of the rule, in its order; ``tightest_event_ids``; ``period_from_day,
        period_to_day``, both inclusive.
    reports
        One row per rule: ``rule_id``; ``status`` "evaluated", "partial" (some accidents lack
        what the rule asks for: each hit holds, others may be missing) or "not_evaluated"
        (none has it); ``lacks``, the columns; ``unknown``, the accidents that lack one;
        ``events`` in scope and period; ``hits``.
    """

    hits: pd.DataFrame
    reports: pd.DataFrame


def screen_rules(
    events: pd.DataFrame,
    rules: Iterable[RoadRule],
    *,
    period_end_day: int | None,
    by_side: bool = False,
) -> RuleScreen:
    """All sections that meet each rule.

    Parameters
    ----------
    events
        Road events (:func:`geo.road_events.road_events`).
    rules
        Rules, each evaluated for itself, in force or not.
    period_end_day
        Last local day of the rules' periods. None: any period of a rule's length within
        the data; then ``event_ids`` may come from several periods.
    by_side
        Count each side of a road for itself; accidents without a side are a group too.

    Raises
    ------
    FrameError
        When the events break their contract.
    """
    events = road_events(events)
    by = ["route_code", "side"] if by_side else ["route_code"]
    group = events.groupby(by, dropna=False, sort=True).ngroup().to_numpy(dtype=np.int64)
    order = np.lexsort((events["event_id"], millimetres(events["chain_m"]), group))
    events = events.assign(group=group).take(order)
    if not by_side:
        events["side"] = None
    screened = [_screen(events, rule, period_end_day) for rule in rules]
    hits = [found for found, _ in screened]
    return RuleScreen(
        hits=pd.concat(hits, ignore_index=True) if hits else pd.DataFrame(columns=HIT_COLUMNS),
        reports=pd.DataFrame([report for _, report in screened], columns=REPORT_COLUMNS),
    )


def _screen(
    events: pd.DataFrame, rule: RoadRule, period_end_day: int | None
) -> tuple[pd.DataFrame, dict[str, object]]:
    if period_end_day is not None:
        start_day = period_start_day(period_end_day, rule.window_years)
        events = events[(events["day"] > start_day) & (events["day"] <= period_end_day)]
    chosen = in_scope(events, rule)
    lacking = gaps(events, rule)
    is_blind = any(gap.is_total for gap in lacking)
    values = np.stack([measure_values(events, c.measure, rule.weights) for c in rule.all_of])
    counted = chosen & (values > 0).any(axis=0) & (not is_blind)
    hits = _hits(events[counted], values[:, counted], rule, period_end_day)
    unknown = np.any([gap.lacks for gap in lacking], axis=0).sum() if lacking else 0
    return hits, {
        "rule_id": rule.id,
        "status": "not_evaluated" if is_blind else "partial" if lacking else "evaluated",
        "lacks": tuple(gap.column for gap in lacking),
        "unknown": int(unknown),
        "events": int(chosen.sum()),
        "hits": len(hits),
    }


def _hits(
    events: pd.DataFrame, values: Ints, rule: RoadRule, period_end_day: int | None
) -> pd.DataFrame:
    """Sections of the counted events, which are sorted by line and chain."""
    needed = units_needed(rule)
    chain_mm = millimetres(events["chain_m"])
    # A whole route is a window as long as the longest.
    window_mm = int(min(rule.window_m * MM, chain_mm.max(initial=0)))
    key = line_keys(events["group"].to_numpy(), chain_mm, window_mm)
    windows = windows_of_period(
        key, values, needed, window_mm=window_mm, end_day=period_end_day or 0
    )
    is_counted = windows.covered(len(key))
    if period_end_day is None:
        # What no window holds over all the years, none holds within a period.
        events, values, key = events[is_counted], values[:, is_counted], key[is_counted]
        day = events["day"].to_numpy(dtype=np.int64)
        batches = list(
            windows_of_any_period(
                key, day, values, needed, window_mm=window_mm, years=rule.window_years
            )
        )
        windows = merged([found for found, _ in batches])
        is_counted = np.zeros(len(key), dtype=bool)
        is_counted[np.concatenate([held for _, held in batches])] = True
    return _frame(events, is_counted, sections_of(windows, key), rule)


def _frame(
    events: pd.DataFrame, is_counted: Flags, sections: Sections, rule: RoadRule
) -> pd.DataFrame:
    """One row per section, with the facts by which it explains itself."""
    first, last, tight = sections.first, sections.last, sections.tightest
    place = {name: events[name].to_numpy() for name in ("chain_m", "stake_m", "piece")}
    day, ids = events["day"].to_numpy(), events["event_id"].to_numpy()
    start_day = period_start_day(tight.end_day, rule.window_years)
    columns: dict[str, object] = {
        "rule_id": np.full(len(first), rule.id, dtype=object),
        "route_code": events["route_code"].to_numpy()[first],
        "side": events["side"].to_numpy()[first],
        **{
            f"{end}_{name}": values[at]
            for name, values in place.items()
            for end, at in (("from", first), ("to", last))
        },
        "tightest_m": place["chain_m"][tight.tight_last] - place["chain_m"][tight.tight_first],
        **{
            f"tightest_{end}_{name}": place[name][at]
            for name in ("chain_m", "stake_m")
            for end, at in (("from", tight.tight_first), ("to", tight.tight_last))
        },
        "period_from_day": start_day + 1,
        "period_to_day": tight.end_day,
        "found": _found(tight.found, rule),
    }
    for measure in Measure:
        added = np.where(is_counted, measure_values(events, measure, rule.weights), 0)
        unknown = is_counted & is_unknown(events, measure, rule.weights)
        scale = UNITS if measure is Measure.WEIGHTED else 1
        is_known = _sums(unknown, first, last) == 0
        if measure is Measure.WEIGHTED and rule.weights is None:
            is_known[:] = False
        columns[measure.value] = np.where(is_known, _sums(added, first, last) / scale, np.nan)
    columns["event_ids"] = [
        tuple(ids[a : b + 1][is_counted[a : b + 1]].tolist())
        for a, b in zip(first, last, strict=True)
    ]
    columns["tightest_event_ids"] = [
        tuple(ids[a : b + 1][(day[a : b + 1] > s) & (day[a : b + 1] <= e)].tolist())
        for a, b, s, e in zip(
            tight.tight_first, tight.tight_last, start_day, tight.end_day, strict=True
        )
    ]
    return pd.DataFrame(columns)[list(HIT_COLUMNS)]


def _sums(added: NDArray[Any], first: Ints, last: Ints) -> Ints:
    """(s) sums from first to last, both included."""
    total = np.r_[0, np.cumsum(added, dtype=np.int64)]
    sums: Ints = total[last + 1] - total[first]
    return sums


def _found(found: Ints, rule: RoadRule) -> list[tuple[float, ...]]:
    scale = [UNITS if c.measure is Measure.WEIGHTED else 1 for c in rule.all_of]
    return list(map(tuple, (found / scale).tolist()))

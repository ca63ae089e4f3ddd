"""Stretches that a rule or the risk points at, joined to sections.

Hits of rules and the riskiest windows that overlap or touch are one section. A hit longer than any
section should be (a whole route, a chain of windows) joins nothing: it is a reason beside the
others of each section that holds one of its accidents, and a section of its own where
nothing else is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geo.road_rules import RoadRule

# A point is listed as so much road: forms and works need two stakes.
LEAST_M = 100.0
# Windows that touch are one stretch; rounding keeps them this far apart.
_TOUCH_M = 0.5


def join(
    hits: pd.DataFrame,
    risky: pd.DataFrame,
    *,
    event_chain_m: pd.Series[float],
    length_m: pd.Series[float],
    longest_m: float,
) -> pd.DataFrame:
    """Sections of rule hits and risky windows.

    Parameters
    ----------
    hits
        :attr:`geo.rule_windows.RuleScreen.hits`.
    risky
        Windows ``route_code, from_chain_m, to_chain_m``.
    event_chain_m
        Chain of each event, indexed by ``event_id``.
    length_m
        Length of each route, by its code.
    longest_m
        A longer hit does not join.

    Returns
    -------
    ``route_code, from_chain_m, to_chain_m, hit_rows`` (positions in ``hits``, of all
    reasons), ``window_rows`` (positions in ``risky``); by route and chain.
    """
    extent = ["route_code", "from_chain_m", "to_chain_m"]
    rules = hits[extent].astype({"from_chain_m": float, "to_chain_m": float})
    rules = rules.assign(hit=np.arange(len(hits)), window=-1)
    windows = risky[extent].assign(hit=-1, window=np.arange(len(risky)))
    is_long = (rules["to_chain_m"] - rules["from_chain_m"]) > longest_m
    parts = [part for part in (rules[~is_long], windows) if len(part)]
    sections = _joined(pd.concat(parts, ignore_index=True)) if parts else _joined(rules.head(0))
    alone = []
    for row in np.flatnonzero(is_long):
        own = rules.iloc[row]
        chain = event_chain_m.loc[list(hits["event_ids"].iloc[row])].to_numpy()
        inside = [
            at
            for at, section in enumerate(sections)
            if section["route_code"] == own["route_code"]
            and ((chain >= section["from_chain_m"]) & (chain <= section["to_chain_m"])).any()
        ]
        for at in inside:
            sections[at]["hit_rows"].append(int(row))
        if not inside:
            alone.append(_section(own["route_code"], own.to_dict(), [int(row)], []))
    frame = pd.DataFrame(
        sections + alone, columns=[*extent, "hit_rows", "window_rows"]
    ).sort_values(["route_code", "from_chain_m"], ignore_index=True)
    return _at_least(frame, length_m)


def rule_reasons(hits: pd.DataFrame, rules: Sequence[RoadRule]) -> list[dict[str, Any]]:
    """Each hit as what it says: which rule, how much within how many metres, by which accidents.

    JSON values: ``rule_id, name, status, certainty, conditions`` (measure, op, n, found),
    ``tightest_m`` and its chains and stakes, ``tightest_event_ids``, chains and stakes of
    the hit, ``events``, ``day_from, day_to``.
    """
    by_id = {rule.id: rule for rule in rules}
    reasons = []
    for hit in hits.to_dict("records"):
        rule = by_id[hit["rule_id"]]
        reasons.append(
            {
                "rule_id": rule.id,
                "name": dict(rule.name),
                "status": str(rule.status),
                "certainty": str(rule.certainty),
                "conditions": [
                    {"measure": str(c.measure), "op": str(c.op), "n": c.n, "found": float(got)}
                    for c, got in zip(rule.all_of, hit["found"], strict=True)
                ],
                **{
                    name: number(hit[name])
                    for name in (
                        "tightest_m",
                        "tightest_from_chain_m",
                        "tightest_to_chain_m",
                        "tightest_from_stake_m",
                        "tightest_to_stake_m",
                        "from_chain_m",
                        "to_chain_m",
                        "from_stake_m",
                        "to_stake_m",
                    )
                },
                "tightest_event_ids": list(hit["tightest_event_ids"]),
                "event_ids": list(hit["event_ids"]),
                "day_from": int(hit["period_from_day"]),
                "day_to": int(hit["period_to_day"]),
            }
        )
    return reasons


def number(value: Any) -> float | None:
    """A float, or None where there is none."""
    return None if pd.isna(value) else float(value)


def _joined(items: pd.DataFrame) -> list[dict[str, Any]]:
    """Sections of items that overlap."""
    if items.empty:
        return []
    low, high = items["from_chain_m"] - _TOUCH_M, items["to_chain_m"] + _TOUCH_M
    items = items.assign(low=low, high=high)
    items = items.sort_values(["route_code", "low", "high"], ignore_index=True)
    reach = items.groupby("route_code")["high"].cummax().groupby(items["route_code"]).shift()
    group = (~(items["low"] <= reach)).cumsum()
    sections = []
    for _, members in items.groupby(group, sort=True):
        span = {
            "from_chain_m": members["from_chain_m"].min(),
            "to_chain_m": members["to_chain_m"].max(),
        }
        sections.append(
            _section(
                members["route_code"].iloc[0],
                span,
                sorted(members.loc[members["hit"] >= 0, "hit"].tolist()),
                sorted(members.loc[members["window"] >= 0, "window"].tolist()),
            )
        )
    return sections


def _section(
    route_code: str, span: Mapping[Any, Any], hit_rows: list[int], window_rows: list[int]
) -> dict[str, Any]:
    return {
        "route_code": route_code,
        "from_chain_m": float(span["from_chain_m"]),
        "to_chain_m": float(span["to_chain_m"]),
        "hit_rows": hit_rows,
        "window_rows": window_rows,
    }


def _at_least(frame: pd.DataFrame, length_m: pd.Series[float]) -> pd.DataFrame:
    """Short sections widened about their middle, within their route."""
    length = frame["route_code"].map(length_m).to_numpy(dtype=float)
    low, high = (frame[name].to_numpy(dtype=float) for name in ("from_chain_m", "to_chain_m"))
    wanted = np.minimum(np.maximum(high - low, LEAST_M), length)
    start = np.clip((low + high - wanted) / 2, 0.0, np.maximum(length - wanted, 0.0))
    is_short = high - low < wanted
    return frame.assign(
        from_chain_m=np.where(is_short, start, low),
        to_chain_m=np.where(is_short, start + wanted, np.minimum(high, length)),
    )

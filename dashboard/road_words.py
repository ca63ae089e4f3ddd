"""Stretches of road, their reasons and their steps as words; no HTML here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pandas as pd

from dashboard.frame import Frame
from dashboard.i18n import label, language, localized, t
from dashboard.road_state import NEW
from dashboard.section_words import chance_text, counts_text, route_words
from geo.road_events import stake_text
from geo.road_rules import load_rules

_FIRST = re.compile("：|: ")


def extent(low: float, high: float) -> str:
    """``K45+320–K45+732``, or nothing where a road has no stakes."""
    if pd.isna(low) or pd.isna(high):
        return "" if pd.isna(low) else stake_text(low)
    return f"{stake_text(low)}–{stake_text(high)}"


def place(frame: Frame, item: Mapping[str, Any]) -> str:
    """Route and stakes; along a street, the distance from its beginning."""
    route = (
        route_words(item["route_code"], frame.region) if item["route_code"] else item["name"]
    )
    stakes = extent(item["stake_from_m"], item["stake_to_m"])
    if not stakes and pd.notna(item["chain_from_m"]):
        stakes = t(
            "roads.along",
            low=f"{item['chain_from_m']:,.0f}",
            high=f"{item['chain_to_m']:,.0f}",
        )
    return f"{route} {stakes}".strip()


def status_word(status: str) -> str:
    """State in the ledger, or that it is not in it."""
    return t("roads.new") if status == NEW else label("hazard_status", status)


def rank_text(item: Mapping[str, Any]) -> str:
    """``3 (2–6)``; nothing where there is no rank."""
    if pd.isna(item["rank"]):
        return ""
    low, high = int(item["rank_low"]), int(item["rank_high"])
    return f"{int(item['rank'])} ({low}–{high})"


@cache
def rule_name(rule_id: str, tongue: str) -> str:
    """Name of a rule, without its explanation where the first words tell it from all others."""
    names = {rule.id: rule.name[tongue] for rule in load_rules()}
    short = {known: _FIRST.split(name)[0] for known, name in names.items()}
    first = short[rule_id]
    return first if list(short.values()).count(first) == 1 else names[rule_id]


def reason_text(reason: Mapping[str, Any]) -> str:
    """A rule and what met it: ``… : 412 m 内 3 起死亡事故``."""
    length = max(round(reason["tightest_m"] or 0.0), 1)
    return t(
        "roads.reason",
        rule=rule_of(reason),
        length=f"{length:,}",
        counts=counts_text(reason),
    )


def rule_of(reason: Mapping[str, Any]) -> str:
    """Name of the rule of a reason, as short as it can be."""
    try:
        return rule_name(reason["rule_id"], language())
    except KeyError:  # of an older table
        return localized(reason["name"])


def reason_line(item: Mapping[str, Any]) -> str:
    """All reasons of a stretch in one line, the strongest first."""
    said = [reason_text(reason) for reason in item["rules"]]
    if item["is_risky"]:
        said.append(t("roads.risky"))
    return t("roads.next").join(said) or t("roads.ledger_only")


def reason_extent(reason: Mapping[str, Any]) -> str:
    """Stakes of the shortest stretch that holds the counted accidents."""
    low, high = reason["tightest_from_stake_m"], reason["tightest_to_stake_m"]
    return "" if low is None or high is None else extent(*sorted((low, high)))


def per_year(count: float, years: float) -> str:
    """Accidents of the period as accidents a year; nothing without statistics."""
    return "" if pd.isna(count) else f"{count / years:.1f}"


def chance(p: float) -> str:
    """``p = 0.03``, ``p ≤ 0.001``; nothing without statistics."""
    text = chance_text(p)
    return f"p {text}" if text.startswith("≤") else f"p = {text}" if text else ""


def missing_words(codes: Iterable[str]) -> list[str]:
    """What stands against a step, in words."""
    return [label("missing", code) for code in codes]


def unit_words(names: Mapping[str, str], item: Mapping[str, Any]) -> str:
    """Responsible unit, else the units the stretch lies in."""
    if item["responsible_unit"]:
        return str(item["responsible_unit"])
    return t("common.and").join(names.get(code, code) for code in item["unit_codes"])

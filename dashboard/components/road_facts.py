"""Below the road page: method, rules, parameters, and what could not be counted."""

from __future__ import annotations

from functools import cache

import streamlit as st

from dashboard.components import markup
from dashboard.escape import for_html
from dashboard.i18n import label, localized, t
from dashboard.state import day_of
from data.derived.road_events import PLACED_CODES
from data.derived.sections_runs import SectionFacts
from geo.road_rules import RoadRule, load_rules

Rows = list[tuple[str, str]]


def road_facts(facts: SectionFacts) -> None:
    """Facts in one line, the rules in a table that opens."""
    markup.facts(fact_rows(facts))
    with st.expander(t("rules.title", used=len(facts.rules), unusable=_unusable(facts))):
        markup.show(rules_table(facts))


def fact_rows(facts: SectionFacts) -> Rows:
    """Translated name and value of every fact, in reading order."""
    used = facts.parameters
    start, end = (day_of(day).isoformat() for day in (facts.day_from, facts.day_to))
    basis = (
        label("basis", facts.risk["basis"]) if facts.risk else label("road_note", facts.note)
    )
    rows = [
        (t("facts.method"), t("road_facts.method")),
        (t("road_facts.basis"), basis),
        (t("road_facts.window"), t("hotspots.metres", value=f"{used['window_m']:g}")),
        (t("road_facts.weights"), "/".join(f"{weight:g}" for weight in used["weights"])),
        (t("road_facts.chance_runs"), f"{used['chance_runs']:,}"),
        (t("road_facts.interval"), f"{used['rank_level']:.0%}"),
        (t("facts.events"), f"{facts.events:,}"),
        (t("road_facts.left_out"), left_out(facts)),
        (t("facts.period"), t("facts.span", start=start, end=end)),
        (t("facts.version"), facts.version),
    ]
    return [*rows, (t("export.mark"), t("mark.demo"))] if facts.is_demo else rows


def left_out(facts: SectionFacts) -> str:
    """Accidents without a sure place on a road, by why."""
    lost = [row for row in facts.links if row["link_code"] not in PLACED_CODES]
    if not lost:
        return t("common.none")
    words = t("common.and").join(
        f"{label('link_reason', row['link_reason'])} {row['events']:,}" for row in lost
    )
    return t("road_facts.lost", count=f"{sum(row['events'] for row in lost):,}", why=words)


def rules_table(facts: SectionFacts) -> str:
    """HTML: each rule, who stands behind it, how far it could be evaluated, its hits."""
    rows = []
    for report in facts.rules:
        rule = _rules()[report["rule_id"]]
        evaluated = label("rule_status", report["status"])
        if report["lacks"]:
            lacks = t("common.and").join(label("lacks", name) for name in report["lacks"])
            evaluated = t(
                "rules.lacks", status=evaluated, what=lacks, count=f"{report['unknown']:,}"
            )
        cells = (
            localized(dict(rule.name)),
            label("rule_mark", rule.status),
            label("certainty", rule.certainty),
            t("rules.window", metres=f"{rule.window_m:,.0f}", years=rule.window_years)
            if rule.window_m < float("inf")
            else t("rules.route", years=rule.window_years),
            rule.source,
            evaluated,
            f"{report['hits']:,}",
        )
        rows.append("<tr>" + "".join(f"<td>{for_html(text)}</td>" for text in cells) + "</tr>")
    heads = (
        t("rules.rule"),
        t("rules.mark"),
        t("rules.certainty"),
        t("rules.stretch"),
        t("rules.source"),
        t("rules.evaluated"),
        t("rules.hits"),
    )
    head = "".join(f"<th>{for_html(name)}</th>" for name in heads)
    return (
        f'<table class="pa-table pa-rules"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _unusable(facts: SectionFacts) -> int:
    return sum(report["status"] != "evaluated" for report in facts.rules)


@cache
def _rules() -> dict[str, RoadRule]:
    return {rule.id: rule for rule in load_rules()}

"""A screening, its sections and the steps of the ledger as lines of text: no widgets here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard.i18n import label, localized, t
from dashboard.state import day_of
from data.derived.sections_effect import HazardEffect
from data.derived.sections_runs import SectionFacts, SectionRun
from data.region import RegionPack
from geo.errors import HazardError
from geo.hazard_states import CONTROLLED, EXTENDED
from geo.road_events import stake_text

SEPARATOR = " · "
LEAST_SPAN_M = 1.0


def marks(facts: SectionFacts, region: RegionPack) -> list[str]:
    """What must stand on everything that is shown: 演示数据, 示意."""
    found = [t("mark.demo")] if facts.is_demo else []
    return [*found, t("mark.schematic")] if region.is_schematic else found


def fact_lines(facts: SectionFacts, region: RegionPack) -> list[str]:
    """What went into a screening: period, accidents, rules, statistics, version."""
    title = [t("sections.title", region=localized(dict(region.names))), *marks(facts, region)]
    period = t(
        "sections.period",
        start=day_of(facts.day_from),
        end=day_of(facts.day_to),
        years=f"{facts.years:.1f}",
    )
    counts = t(
        "sections.counts",
        all=f"{sum(row['events'] for row in facts.links):,}",
        placed=f"{facts.events:,}",
        ambiguous=f"{facts.placed('ambiguous'):,}",
        unmatched=f"{facts.placed('unmatched'):,}",
    )
    lines = [SEPARATOR.join(title), SEPARATOR.join([period, counts])]
    lines += [SEPARATOR.join(words) for words in (_hits(facts), _gaps(facts)) if words]
    lines.append(_model(facts))
    lines.append(t("mark.version", version=facts.version))
    return lines


def place(item: Mapping[str, Any], region: RegionPack, *, peak: str = "") -> str:
    """``S237 省道237线 K45+320–K45+732``; without stakes, metres from the beginning.

    Parameters
    ----------
    peak
        ``"peak_"`` for the riskiest window of a section.
    """
    low, high = (item[f"{peak}stake_{end}_m"] for end in ("from", "to"))
    route = route_words(item["route_code"], region)
    chains = (item[f"{peak}chain_{end}_m"] for end in ("from", "to"))
    return f"{route} {span((low, high), tuple(chains))}"


def route_words(route_code: str, region: RegionPack) -> str:
    """Code and name of a route."""
    names = region.roads.loc[region.roads["route_code"] == route_code, "name"]
    name = "" if names.empty else str(names.iloc[0])
    return route_code if name in ("", route_code) else f"{route_code} {name}"


def span(stakes: tuple[Any, ...], chains: tuple[Any, ...]) -> str:
    """``K45+320–K45+732``, or metres from the beginning of the route."""
    if any(pd.isna(stake) for stake in stakes):
        low, high = sorted(float(chain) for chain in chains)
        return t("sections.along", low=f"{low:,.0f}", high=f"{high:,.0f}")
    low, high = (stake_text(stake) for stake in sorted(stakes))
    return low if low == high else f"{low}–{high}"


def reason_text(reason: Mapping[str, Any], route_code: str) -> str:
    """A rule and what met it: ``…: 412 m 内 3 起死亡事故, S237 K45+320–K45+732``."""
    found = counts_text(reason)
    ends = [
        tuple(reason[f"tightest_{end}_{name}_m"] for end in ("from", "to"))
        for name in ("stake", "chain")
    ]
    where = f"{route_code} {span(*ends)}"
    rule, length = localized(reason["name"]), reason["tightest_m"]
    if length < LEAST_SPAN_M:
        return t("sections.spot", rule=rule, found=found, place=where)
    return t("sections.reason", rule=rule, length=f"{length:,.0f}", found=found, place=where)


def counts_text(reason: Mapping[str, Any]) -> str:
    """What met a rule: ``3 起死亡事故``."""
    return t("common.and").join(
        t(
            "sections.found",
            count=f"{condition['found']:g}",
            measure=label("rule_measure", condition["measure"]),
        )
        for condition in reason["conditions"]
    )


def reason_lines(section: Mapping[str, Any], years: float) -> list[str]:
    """Every reason of a section, rules first."""
    lines = [reason_text(reason, section["route_code"]) for reason in section["rules"]]
    if section["is_risky"]:
        lines.append(
            t(
                "sections.risky",
                place=span(
                    (section["peak_stake_from_m"], section["peak_stake_to_m"]),
                    (section["peak_chain_from_m"], section["peak_chain_to_m"]),
                ),
                expected=f"{section['peak_expected'] / years:.1f}",
                peers=f"{section['peak_predicted'] / years:.1f}",
                excess=f"{section['peak_excess'] / years:.1f}",
                loss=section["loss"],
                severity=f"{section['severity_score']:g}",
            )
        )
    return lines


def rank_text(section: Mapping[str, Any]) -> str:
    """``第 3 名（2–6）``, or that there is none."""
    if pd.isna(section["rank"]):
        return t("sections.unranked")
    names = ("rank", "rank_low", "rank_high")
    return t(
        "sections.rank",
        **dict(zip(("rank", "low", "high"), (section[n] for n in names), strict=True)),
    )


def chance_text(p: float) -> str:
    """``0.03`` or ``≤ 0.001``; empty without statistics."""
    return "" if pd.isna(p) else "≤ 0.001" if p <= 0.001 else f"{p:.2g}"


def section_line(
    section: Mapping[str, Any], region: RegionPack, years: float, statuses: Mapping[int, str]
) -> str:
    """A section in one line: rank, place, accidents, expectation, chance, ledger."""
    words = [rank_text(section), place(section, region), accident_counts(section)]
    if not pd.isna(section["peak_expected"]):
        expected, peers = (section[f"peak_{n}"] / years for n in ("expected", "predicted"))
        words.append(t("sections.expected", expected=f"{expected:.1f}", peers=f"{peers:.1f}"))
        words.append(t("sections.chance", p=chance_text(section["p_chance"])))
    if section["protection_grade"]:
        words.append(t("sections.grade", grade=section["protection_grade"]))
    if not pd.isna(section["hazard_id"]):
        number = int(section["hazard_id"])
        status = label("hazard_status", statuses.get(number, "found"))
        words.append(t("sections.hazard", number=number, status=status))
    return SEPARATOR.join(words)


def accident_counts(section: Mapping[str, Any]) -> str:
    """Accidents of a section and their harm."""
    names = ("accidents", "fatal", "deaths", "injured")
    return t("sections.accidents", **{name: section[name] for name in names})


def accident_line(event: Mapping[str, Any]) -> str:
    """An accident: day, place on the road, harm; never who."""
    where = stake_text(event["stake_m"]) or f"{event['chain_m']:,.0f} m"
    return t(
        "sections.accident",
        day=day_of(event["day"]),
        place=where,
        deaths=event["deaths"],
        injured=event["injured"],
    )


def run_lines(
    run: SectionRun, region: RegionPack, statuses: Mapping[int, str], *, top: int
) -> list[str]:
    """The best sections with their reasons."""
    years = run.facts.years
    lines = []
    for section_id, section in run.sections.head(top).iterrows():
        number = f"[{section_id}] " if run.run_id is not None else ""
        lines.append(number + section_line(section, region, years, statuses))
        lines += [f"      {text}" for text in reason_lines(section, years)]
    if not len(run.sections):
        return [t("sections.none")]
    rest = len(run.sections) - top
    return [*lines, t("sections.more", count=rest)] if rest > 0 else lines


def step_word(kind: str) -> str:
    """A step of the ledger: the state it leads to, an extension, a control."""
    if kind in (EXTENDED, CONTROLLED):
        return label("hazard_step", kind)
    return label("hazard_status", kind)


def event_line(event: Mapping[str, Any]) -> str:
    """A step: day, what, which office, document, note."""
    facts = event["facts"]
    words = [
        f"{pd.Timestamp(event['happened_on']):%Y-%m-%d}",
        step_word(event["kind"]),
        label("hazard_role", event["role"]),
        event["doc_no"],
        facts.get("responsible_unit"),
        t("hazards.due", day=facts["deadline"]) if facts.get("deadline") else None,
        event["note"],
    ]
    return SEPARATOR.join(str(word) for word in words if word)


def lacks_text(error: HazardError, *, hazard_id: int, status: str, kind: str) -> str:
    """Why a step was refused, in words; the error's own where nothing is missing."""
    if not error.missing:
        return str(error)
    return t(
        "hazards.lacks",
        number=hazard_id,
        status=label("hazard_status", status),
        kind=step_word(kind),
        missing=t("common.and").join(label("missing", code) for code in error.missing),
    )


def effect_lines(result: HazardEffect) -> list[str]:
    """Before–after by empirical Bayes, and the naive figure beside it."""
    effect = result.effect
    return [
        t(
            "hazards.effect",
            before=f"{effect.observed_before:g}",
            years_before=f"{result.years_before:.1f}",
            after=f"{effect.observed_after:g}",
            years_after=f"{result.years_after:.1f}",
            expected=f"{effect.expected_after:.1f}",
        ),
        t(
            "hazards.effect_eb",
            effect=f"{-effect.effect_percent:+.0f}",
            low=f"{-effect.high_percent:+.0f}",
            high=f"{-effect.low_percent:+.0f}",
            significance=label("significance", effect.significance),
        ),
        t(
            "hazards.effect_naive",
            naive=f"{-effect.naive_percent:+.0f}",
            anyway=f"{-effect.regression_percent:+.0f}",
        ),
    ]


def _hits(facts: SectionFacts) -> list[str]:
    return [
        t("sections.hits", rule=localized(rule["name"]), count=rule["hits"])
        for rule in facts.rules
        if rule["status"] != "not_evaluated"
    ]


def _gaps(facts: SectionFacts) -> list[str]:
    """Rules that could not be evaluated, wholly or in part."""
    lines = []
    for rule in facts.rules:
        columns = t("common.and").join(label("lacks", name) for name in rule["lacks"])
        name = localized(rule["name"])
        if rule["status"] == "not_evaluated":
            lines.append(t("sections.blind", rule=name, columns=columns))
        elif rule["status"] == "partial":
            lines.append(
                t(
                    "sections.partial",
                    rule=name,
                    unknown=f"{rule['unknown']:,}",
                    columns=columns,
                )
            )
    return lines


def _model(facts: SectionFacts) -> str:
    if facts.note:
        return label("section_note", facts.note)
    said = facts.parameters
    return t(
        "sections.model",
        basis=label("basis", facts.risk["basis"]),
        k=f"{facts.risk['k_km']:.2f}",
        window=f"{said['window_m']:g}",
        top=said["top"],
        runs=said["chance_runs"],
        seed=said["seed"],
    )

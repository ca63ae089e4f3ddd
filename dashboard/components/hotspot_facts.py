"""Below the hot-spot map: what exactly it shows, and what one should beware of."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.components import markup
from dashboard.i18n import label, t
from dashboard.result_words import MANY_SNAPPED
from dashboard.state import day_of
from data.derived.results import Facts

Rows = list[tuple[str, str]]


def facts_line(facts: Facts) -> None:
    """Method, the parameters used, how many entered and were left out, period, version."""
    markup.facts(fact_rows(facts))


def fact_rows(facts: Facts) -> Rows:
    """Translated name and value of every fact, in reading order."""
    start, end = (day_of(day).isoformat() for day in (facts.day_from, facts.day_to))
    period = t("facts.learnt") if facts.method == "forecast" else t("facts.period")
    rows = [
        (t("facts.method"), label("method", facts.method)),
        *_parameters(facts.parameters),
        (t("facts.events"), f"{facts.events:,}"),
        (t("facts.too_coarse"), f"{facts.too_coarse:,}"),
        (t("facts.outside"), f"{facts.outside:,}"),
        (period, t("facts.span", start=start, end=end)),
        (t("facts.version"), facts.version),
    ]
    return [*rows, (t("export.mark"), t("mark.demo"))] if facts.is_demo else rows


def warnings(facts: Facts, *, is_blank: bool) -> None:
    """What a reader must beware of; ``is_blank`` when the map has no cell to show."""
    words = []
    note = facts.parameters.get("note")
    if note is not None:
        words.append(label("note", note))
    elif is_blank:
        words.append(t("facts.nothing"))
    if facts.snapped_share >= MANY_SNAPPED:
        words.append(t("facts.snapped", share=f"{facts.snapped_share:.0%}"))
    if facts.left_out:
        kinds = t("common.and").join(label("category", code) for code in facts.left_out)
        words.append(t("facts.left_out", kinds=kinds))
    markup.beware(*words)


def _parameters(used: Mapping[str, object]) -> Rows:
    """The parameters a planner can make something of; the files carry all of them."""
    rows: Rows = []
    if used.get("origin"):
        rows.append((t("facts.window"), _window(used)))
    if "bandwidth_m" in used:
        rows.append((t("hotspots.bandwidth"), _metres(used["bandwidth_m"])))
        rows.append((t("hotspots.kernel"), label("kernel", used["kernel"])))
        if used.get("is_adaptive"):
            rows.append((t("hotspots.adaptive"), t("common.yes")))
        if used.get("per_people"):
            rows.append((t("hotspots.per_people"), t("common.yes")))
    elif "cell_m" in used:
        size = _metres(used["cell_m"])
        shape = label("shape", used.get("shape", "square"))
        rows.append((t("hotspots.cell"), f"{size} {shape}"))
    if "step_days" in used:
        steps = t("facts.step_text", steps=used["steps"], days=used["step_days"])
        rows.append((t("facts.steps"), steps))
    if "level" in used:
        rows.append((t("facts.level"), f"{used['level']:g}"))
    if "null" in used:
        rows.append((t("facts.null"), label("null", used["null"])))
    if used.get("is_harm_weighted"):
        rows.append((t("hotspots.harm"), t("common.yes")))
    if used.get("include_discovered"):
        rows.append((t("hotspots.discovered"), t("common.yes")))
    return rows


def _window(used: Mapping[str, object]) -> str:
    if used.get("horizon") == "shift":
        return f"{used['origin']} {label('shift', used['shift'])}"
    return t("facts.week_from", day=used["origin"])


def _metres(value: object) -> str:
    return t("hotspots.metres", value=f"{value:g}")

"""Below the ranking: with what exactly the index was made, and what one should beware of."""

from __future__ import annotations

from dashboard.components import markup
from dashboard.components.risk_words import domain_names, exposure_name, period_words
from dashboard.i18n import label, t
from dashboard.risk_queries import Risk
from data.derived.risk import IndexRun

Rows = list[tuple[str, str]]
_SHORT = 12


def risk_facts(risk: Risk) -> None:
    """One line of facts."""
    markup.facts(fact_rows(risk.run, risk.index_id))


def fact_rows(run: IndexRun, index_id: int | None) -> Rows:
    """Translated name and value of every fact, in reading order."""
    used = run.facts.parameters
    rows = [
        (t("risk.definition"), f"{run.definition.id} v{run.definition.version}"),
        (t("risk.digest"), run.definition.digest[:_SHORT]),
        (t("risk.period"), period_words(run.period)),
        (t("risk.base"), period_words(run.base_period)),
        (
            t("risk.compared"),
            period_words(str(used["compared_with"]))
            if used["compared_with"]
            else t("common.none"),
        ),
        (t("facts.events"), f"{run.facts.events:,}"),
        (t("risk.outside"), f"{run.facts.outside:,}"),
        (
            t("risk.records"),
            t("facts.span", start=used["records_from"], end=used["records_to"]),
        ),
        (t("risk.draws"), f"{used['draws']:,}"),
        (t("risk.seed"), f"{used['seed']}"),
        (t("facts.version"), run.facts.version),
        (
            t("risk.result"),
            t("risk.unsaved") if index_id is None else t("risk.number", number=index_id),
        ),
    ]
    return [*rows, (t("export.mark"), t("mark.demo"))] if run.facts.is_demo else rows


def risk_warnings(risk: Risk) -> None:
    """Notes of the run, exposures that lack, and units with too little to speak of."""
    markup.beware(*beware(risk))


def beware(risk: Risk) -> list[str]:
    """Sentences of what limits the index shown."""
    run, units = risk.run, risk.units
    domains = domain_names(run.definition)
    words = [label("index_note", note) for note in run.facts.parameters["notes"]]
    for standing, of_domain in run.facts.parameters["without_score"].items():
        for domain, codes in of_domain.items():
            words.append(
                t(
                    "risk.without_score",
                    domain=domains.get(domain, domain),
                    count=len(codes),
                    reason=label("standing", standing),
                )
            )
    used = run.facts.parameters["denominators"]
    for domain in run.definition.domains:
        best, taken = domain.denominators[0], used.get(domain.id)
        if taken is not None and taken != best:
            words.append(
                t(
                    "risk.second_best",
                    domain=domains[domain.id],
                    best=exposure_name(best),
                    used=exposure_name(taken),
                )
            )
    thin = int((units["colour"] == "thin").sum())
    if thin:
        words.append(t("risk.thin", count=thin))
    return words

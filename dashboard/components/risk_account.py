"""How one unit's index comes about, down to the counts, with every sum shown.

Here, and only here, figures keep a decimal more than their interval carries: they are there
to be checked with a pocket calculator.
"""

from __future__ import annotations

import pandas as pd

from dashboard.components import markup
from dashboard.components.risk_words import (
    NOTHING,
    domain_names,
    exposure_name,
    exposure_words,
    grade_chip,
    grade_word,
    indicator_names,
    per,
    per_words,
    rank_words,
    score_words,
    significant,
    span,
    with_span,
)
from dashboard.escape import for_html
from dashboard.i18n import label, t
from dashboard.risk_queries import Risk
from geo.harm_rates import Standing


def risk_account(risk: Risk, code: str, name: str) -> None:
    """The unit in one line, its domains as a table, and each domain's counts below."""
    unit = risk.units.loc[code]
    domains = risk.domains_of(code)
    names = domain_names(risk.run.definition)
    steps = "".join(
        _domain_steps(risk, code, row, names[row["domain"]], unit)
        for _, row in domains.iterrows()
    )
    markup.show(
        f'<div class="pa-card risk-steps">{_head(risk, unit, name, names)}'
        f"{_domain_table(unit, domains, names)}"
        f'<div class="risk-formula">{for_html(t("risk.formula"))}</div>{steps}</div>'
    )


def _head(risk: Risk, unit: pd.Series, name: str, names: dict[str, str]) -> str:
    if pd.isna(unit["rank"]):
        return (
            f'<div class="risk-head"><b>{for_html(name)}</b>'
            f"<span>{for_html(t('risk.no_index'))}</span></div>"
        )
    highest = names.get(unit["highest_domain"], unit["highest_domain"])
    facts = [
        (t("risk.index"), score_words(unit)),
        (t("risk.rank"), rank_words(unit, risk.ranked)),
        (t("risk.highest"), f"{highest} {unit['highest_score']:.0f}"),
        (t("risk.events"), f"{unit['events']:,.0f}"),
    ]
    items = "".join(
        f"<span>{for_html(title)} <strong>{for_html(value)}</strong></span>"
        for title, value in facts
    )
    chip = grade_chip(unit["colour"], is_hatched=bool(unit["is_hatched"]))
    words = [t("risk.sure", share=f"{unit['p_shown']:.0%}")]
    if unit["grade"] != unit["shown_grade"]:
        words.append(t("risk.settling", grade=grade_word(unit["grade"])))
    quiet = f'<span class="pa-quiet">{for_html(" · ".join(words))}</span>'
    return f'<div class="risk-head"><b>{for_html(name)}</b>{chip}{items}{quiet}</div>'


def _domain_table(unit: pd.Series, domains: pd.DataFrame, names: dict[str, str]) -> str:
    heads = [
        t("risk.domain"),
        t("risk.exposure"),
        t("risk.harm_rate"),
        t("risk.base_rate"),
        t("risk.times"),
        t("risk.score_span"),
        t("risk.weight"),
        t("risk.contribution"),
    ]
    body = ""
    for _, row in domains.iterrows():
        if row["standing"] != Standing.SCORED:
            reason = label("standing", row["standing"])
            cells = f'<td colspan="{len(heads) - 1}" class="gap">{for_html(reason)}</td>'
            body += f"<tr><td>{for_html(names[row['domain']])}</td>{cells}</tr>"
            continue
        scale = per(row["denominator"])
        body += _line(
            names[row["domain"]],
            exposure_words(row["denominator"], row["exposure"]),
            f"{significant(scale * row['harm_rate'])} {t('risk.days')} {per_words(row['denominator'])}",
            significant(scale * row["reference_rate"]),
            f"× {significant(row['times'])}",
            f"{row['score']:.1f} [{span(row['score_low'], row['score_high'])}]",
            f"{row['weight']:.0%}",
            f"{row['contribution']:.1f}",
        )
    total = NOTHING if pd.isna(unit["rank"]) else f"{unit['index']:.1f}"
    foot = _line(t("risk.sum"), "", "", "", "", "", "100%" if total != NOTHING else "", total)
    return _table(heads, body, foot)


def _domain_steps(risk: Risk, code: str, domain: pd.Series, name: str, unit: pd.Series) -> str:
    if domain["standing"] != Standing.SCORED:
        return ""
    scale, where = per(domain["denominator"]), per_words(domain["denominator"])
    names = indicator_names(risk.run.definition)
    heads = [
        t("risk.indicator"),
        t("risk.count"),
        t("risk.raw_rate"),
        t("risk.rate"),
        t("risk.harm"),
        t("risk.harm_rate"),
        t("risk.share"),
    ]
    body = "".join(
        _line(
            names.get(row["indicator"], row["indicator"]),
            f"{row['count']:,}",
            significant(scale * row["raw_rate"]),
            with_span(*(scale * row[column] for column in ("rate", "rate_low", "rate_high"))),
            f"× {row['harm']:,g}",
            f"= {significant(scale * row['harm_rate'])}",
            f"{row['share']:.0%}",
        )
        for _, row in risk.indicators_of(code, domain["domain"]).iterrows()
    )
    expected = significant(scale * domain["expected_harm_rate"])
    foot = _line(t("risk.sum"), "", "", "", "", expected, "100%")
    title = t(
        "risk.per_exposure",
        exposure=exposure_name(domain["denominator"]),
        value=exposure_words(domain["denominator"], domain["exposure"]),
        per=where,
    )
    said = t(
        "risk.score_formula",
        rate=significant(scale * domain["harm_rate"]),
        base=significant(scale * domain["reference_rate"]),
        score=f"{domain['score']:.1f}",
        weight=f"{domain['weight']:.0%}",
        points=f"{domain['contribution']:.1f}",
        mean=expected,
    )
    is_open = " open" if domain["domain"] == unit["highest_domain"] else ""
    return (
        f"<details{is_open}><summary>{for_html(name)}<span>{for_html(title)}</span></summary>"
        f'{_table(heads, body, foot)}<div class="risk-formula">{for_html(said)}</div></details>'
    )


def _line(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{for_html(text)}</td>" for text in cells) + "</tr>"


def _table(heads: list[str], body: str, foot: str) -> str:
    head = "".join(f"<th>{for_html(text)}</th>" for text in heads)
    return (
        f'<table class="pa-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        f"<tfoot>{foot}</tfoot></table>"
    )

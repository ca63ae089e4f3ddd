"""The scoreboard: bars by section beside the ranking, and what it rests on."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from dashboard.charts import Chart, show
from dashboard.components import markup
from dashboard.components.risk_words import period_words
from dashboard.components.site_tables import chip, number, table, text
from dashboard.contest_queries import measure_names
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.i18n import label, language, localized, t
from dashboard.palette import BLUE, GREEN, ORANGE, PURPLE, SKY
from dashboard.queries import unit_names
from dashboard.result_words import result_marks
from data.derived.contest import ContestRun
from geo.contest import HUNDREDTHS

AWARD_COLOURS = {
    "won_again": "green",
    "won": "green",
    "rewarded": "green",
    "passed": "blue",
    "failed": "orange",
    "vetoed": "red",
}
_PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY)


def ranked(run: ContestRun) -> pd.DataFrame:
    """``run.totals``, best first and the vetoed last."""
    return run.totals.sort_values(
        ["is_vetoed", "hundredths"], ascending=[True, False], kind="stable"
    )


def score_bars(frame: Frame, run: ContestRun) -> None:
    """Marks of every unit, stacked by section."""
    show(score_chart(run, unit_names(frame, language())))


def score_chart(run: ContestRun, names: dict[str, str]) -> Chart:
    """A bar per unit in the order of the ranking; its parts sum to the score written behind."""
    totals = ranked(run)
    sections = run.definition.sections
    words = [localized(section.names) for section in sections]
    spec = {
        "height": {"step": 20},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "encoding": {
            "y": {
                "field": "unit",
                "type": "nominal",
                "sort": {"field": "place"},
                "title": None,
                "axis": {
                    "labelLimit": 130,
                    "labelFlush": False,
                    "ticks": False,
                    "domain": False,
                },
            },
            "tooltip": [
                {"field": "unit", "title": t("contest.name")},
                {"field": "section", "title": t("contest.section")},
                {"field": "marks", "title": t("contest.marks"), "format": ".2f"},
                {"field": "score", "title": t("contest.score"), "format": ".2f"},
            ],
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": 13},
                "encoding": {
                    "x": {
                        "field": "marks",
                        "type": "quantitative",
                        "stack": "zero",
                        "title": t("contest.score"),
                        "scale": {"domainMin": 0},
                    },
                    "order": {"field": "order", "type": "quantitative"},
                    "color": {
                        "field": "section",
                        "type": "nominal",
                        "scale": {"domain": words, "range": list(_PALETTE[: len(words)])},
                        "legend": {"title": None, "orient": "top"},
                    },
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4},
                "encoding": {
                    "x": {"field": "score", "type": "quantitative", "aggregate": "max"},
                    "text": {
                        "field": "score",
                        "type": "quantitative",
                        "aggregate": "max",
                        "format": ".2f",
                    },
                    "tooltip": None,
                },
            },
        ],
    }
    rows = [
        (names.get(str(code), str(code)), place, word, order, unit[section.id] / HUNDREDTHS,
         float(unit["score"]))
        for place, (code, unit) in enumerate(totals.iterrows())
        for order, (section, word) in enumerate(zip(sections, words, strict=True))
    ]  # fmt: skip
    columns = list(zip(*rows, strict=True)) or [[]] * 6
    fields = ("unit", "place", "section", "order", "marks", "score")
    return Chart(spec=spec, rows=pa.table(dict(zip(fields, map(list, columns), strict=True))))


def rank_table(frame: Frame, run: ContestRun, height_px: int) -> None:
    """Rank, unit, score, result and prize."""
    names = unit_names(frame, language())
    table(
        t("contest.ranking"),
        [t("contest.rank"), t("contest.name"), t("contest.score"), t("contest.award"),
         t("contest.paid")],
        [
            [text(unit["rank"] or ""), text(names.get(str(code), code)),
             text(number(unit["score"], 2)),
             chip(label("award", unit["award"]), AWARD_COLOURS[unit["award"]]),
             text(number(unit["paid_yuan"]))]
            for code, unit in ranked(run).iterrows()
        ],
        numbers=(0, 2, 4),
        height_px=height_px,
    )  # fmt: skip


def contest_warnings(run: ContestRun) -> None:
    """What is not recorded, which takes nothing off and gives no veto."""
    names = measure_names(run.definition)
    missing = run.measures[~run.measures["is_recorded"]]
    words = [label("contest_note", note) for note in run.facts.parameters["notes"]]
    for key, rows in (("items", missing), ("vetoes", missing[missing["is_veto"]])):
        said = t("common.and").join(names.get(name, name) for name in rows["measure"])
        if said and key == "items":
            words.append(t("contest.not_recorded", measures=said))
        elif said:
            words.append(t("contest.veto_unknown", measures=said))
    markup.beware(*words)


def contest_facts(frame: Frame, run: ContestRun) -> None:
    """With what exactly the scoreboard was made."""
    words = [
        period_words(run.period),
        t(
            "contest.made_with",
            definition=f"{run.definition.id} v{run.definition.version}",
            digest=run.definition.digest[:12],
            events=run.facts.events,
            outside=run.facts.outside,
            version=run.facts.version,
        ),
        t("risk.unsaved")
        if run.contest_id is None
        else t("contest.kept", number=run.contest_id),
        *result_marks(run.facts, frame.region),
    ]
    markup.show(f'<div class="pa-facts">{for_html(" · ".join(words))}</div>')

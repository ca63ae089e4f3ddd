"""Charts of the selection, drawn by Streamlit's own Vega: small specs, no outside host.

A spec depends on the language alone and the numbers travel apart from it, so the browser
keeps its chart and only takes in new numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboard.i18n import label, t
from dashboard.palette import BLUE, DOMAIN_COLOURS, ramp_hex
from geo.vocabulary import MATCH_CODES, Domain

HEIGHT_PX = 210
_FAINT, _PAPER = "#A9B4C4", "#FDF6E9"
_ROW_PX = 20
# The height follows the rows; the width is the column's.
_BY_ROWS = {"height": {"step": _ROW_PX}, "autosize": {"type": "fit-x", "contains": "padding"}}

Spec = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A Vega-Lite spec without data, and its data."""

    spec: Spec
    rows: pa.Table


def show(chart: Chart) -> None:
    """Put ``chart`` onto the page."""
    # By name, so that the browser has the numbers before it first draws.
    st.vega_lite_chart(
        {**chart.spec, "data": {"name": "rows"}, "datasets": {"rows": chart.rows}}
    )


def months_chart(months: pd.DataFrame) -> Chart:
    """Columns for the last twelve months, a line for the same months a year before."""
    series = {"now": t("chart.this_year"), "before": t("chart.previous_year")}
    colour = {
        "type": "nominal",
        "scale": {"domain": list(series.values()), "range": [BLUE, _FAINT]},
        "legend": {"title": None, "orient": "top"},
    }
    spec = {
        "height": HEIGHT_PX,
        "encoding": {
            "x": _ordinal("month", labelAngle=0, labelOverlap=True),
            "tooltip": [_tip("month", t("chart.month")), *_counts(series)],
        },
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2},
                "encoding": {
                    "y": _amount("now", axis={"tickMinStep": 1}),
                    "color": {"datum": series["now"], **colour},
                },
            },
            {
                "mark": {
                    "type": "line",
                    "point": {"size": 22},
                    "strokeDash": [4, 3],
                    "strokeWidth": 1.8,
                },
                "encoding": {
                    "y": _amount("before"),
                    "color": {"datum": series["before"], "type": "nominal"},
                },
            },
        ],
    }
    rows = pa.table(
        {
            "month": [f"{month:%y-%m}" for month in months["month"]],
            "now": _narrow(months["this_year"].to_numpy()),
            "before": _narrow(months["previous_year"].to_numpy()),
        }
    )
    return Chart(spec=spec, rows=rows)


def week_chart(cells: np.ndarray) -> Chart:
    """Weekday by hour, (7, 24) counts; dark means many."""
    names = [label("weekday", day) for day in range(7)]
    spec = {
        "height": HEIGHT_PX,
        # Only the counts travel; where each belongs is worked out in the browser.
        "transform": [
            {"window": [{"op": "row_number", "as": "cell"}]},
            {"calculate": "(datum.cell - 1) % 24", "as": "hour"},
            {"calculate": f"{names}[floor((datum.cell - 1) / 24)]", "as": "weekday"},
        ],
        "mark": {"type": "rect", "cornerRadius": 1.5},
        "encoding": {
            "x": _ordinal("hour", labelAngle=0, values=list(range(0, 24, 3))),
            "y": {**_ordinal("weekday"), "sort": None},
            "color": _amount(
                "n",
                scale={"range": [_PAPER, *ramp_hex("light", 6)], "domainMin": 0},
                legend={"title": None, "tickMinStep": 1, "gradientLength": 120},
            ),
            "tooltip": [
                _tip("weekday", t("chart.weekday")),
                _tip("hour", t("chart.hour")),
                *_counts({"n": t("chart.count")}),
            ],
        },
    }
    return Chart(spec=spec, rows=pa.table({"n": _narrow(cells.ravel())}))


def categories_chart(categories: pd.DataFrame, limit: int = 10) -> Chart:
    """The most frequent categories, coloured by domain."""
    top = categories.head(limit)
    families = {domain: label("domain", domain) for domain in Domain}
    colour = {
        "field": "family",
        "type": "nominal",
        "scale": {
            "domain": list(families.values()),
            "range": [DOMAIN_COLOURS[domain] for domain in families],
        },
        "legend": {"title": None, "orient": "bottom", "columns": 2, "labelLimit": 160},
    }
    rows = {
        "name": [label("category", code) for code in top["category"]],
        "n": _narrow(top["incidents"].to_numpy()),
        "family": [families[domain] for domain in top["domain"]],
    }
    return Chart(spec=_ranking(colour), rows=pa.table(rows))


def units_chart(units: pd.Series, names: Mapping[str, str], limit: int = 10) -> Chart:
    """The units with most incidents."""
    counts = units.to_numpy()
    order = np.argsort(-counts, kind="stable")[:limit]
    top = order[counts[order] > 0]
    codes = units.index[top]
    rows = {"name": [names.get(code, code) for code in codes], "n": _narrow(counts[top])}
    return Chart(spec=_ranking({"value": BLUE}), rows=pa.table(rows))


def balance_chart(read: int, accepted: int, rejected: int, duplicate: int) -> Chart:
    """One bar: where every row that was read has gone."""
    parts = {
        t("loads.accepted"): (accepted, "#0072B2"),
        t("loads.rejected"): (rejected, "#D55E00"),
        t("loads.duplicate"): (duplicate, "#999999"),
    }
    spec = {
        "height": 70,
        "mark": {"type": "bar", "height": 28},
        "encoding": {
            "x": _amount(
                "n",
                stack="zero",
                axis=None,
                scale={"domain": [0, max(read, 1)], "nice": False},
            ),
            "order": {"field": "order", "type": "quantitative"},
            "color": {
                "field": "part",
                "type": "nominal",
                "scale": {
                    "domain": list(parts),
                    "range": [colour for _, colour in parts.values()],
                },
                "legend": {"title": None, "orient": "top"},
            },
            "tooltip": [
                _tip("part", t("loads.report_part")),
                *_counts({"n": t("chart.count")}),
            ],
        },
    }
    rows = {"part": list(parts), "n": [n for n, _ in parts.values()], "order": [0, 1, 2]}
    return Chart(spec=spec, rows=pa.table(rows))


def matches_chart(matches: Mapping[str, int]) -> Chart:
    """Accepted rows per match grade, best first, with their share."""
    total = max(sum(matches.values()), 1)
    present = [code for code in MATCH_CODES if matches.get(code)]
    rows = {
        "name": [label("match", code) for code in present],
        "n": [matches[code] for code in present],
        "grade": list(range(len(present))),
        "text": [f"{matches[code]:,} · {matches[code] / total:.1%}" for code in present],
    }
    best_first = {"field": "grade", "op": "min"}
    spec = _bars({"value": BLUE}, text={"field": "text"}, sort=best_first)
    return Chart(spec=spec | {"height": {"step": 26}}, rows=pa.table(rows))


def _ranking(colour: Spec) -> Spec:
    """Bars from the most frequent down, each with its number."""
    most_first = {"field": "n", "op": "max", "order": "descending"}
    return _bars(
        colour, text={"field": "n", "type": "quantitative", "format": ","}, sort=most_first
    )


def _bars(colour: Spec, *, text: Spec, sort: Spec) -> Spec:
    """Horizontal bars with a text behind each.

    They are sorted in the browser: a chart that takes in new rows keeps the order in which it
    first met their names.
    """
    return {
        **_BY_ROWS,
        "encoding": {
            "x": _amount("n", axis=None),
            "y": {**_ordinal("name", labelLimit=170, labelOverlap=False), "sort": sort},
            "tooltip": [_tip("name", t("record.name")), *_counts({"n": t("chart.count")})],
        },
        "layer": [
            {"mark": {"type": "bar", "cornerRadiusEnd": 2}, "encoding": {"color": colour}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4},
                "encoding": {"text": text},
            },
        ],
    }


def _ordinal(field: str, **axis: Any) -> Spec:
    return {
        "field": field,
        "type": "ordinal",
        "title": None,
        **({"axis": axis} if axis else {}),
    }


def _amount(field: str, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", "title": None, **more}


def _tip(field: str, title: str) -> Spec:
    return {"field": field, "title": title}


def _counts(titles: Mapping[str, str]) -> list[Spec]:
    """Tooltip rows of numbers."""
    return [
        {"field": field, "type": "quantitative", "title": title, "format": ","}
        for field, title in titles.items()
    ]


def _narrow(counts: np.ndarray) -> np.ndarray:
    """``counts`` in the narrowest unsigned type that holds them, at least 16 bits."""
    most = int(counts.max(initial=0))
    return counts.astype(np.promote_types(np.min_scalar_type(most), np.uint16))

"""Pictures of the risk index: parts, trend, ranks under other weights, what moves the ranking.

Specs without data, drawn as in :mod:`dashboard.charts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from dashboard.charts import Chart
from dashboard.i18n import t
from dashboard.palette import GREY, OKABE_ITO, VERMILION

Spec = dict[str, Any]
MOST_UNITS = 60
_INK, _LINE, _GREEN = "#1C2636", "#66748A", "#00664C"
_STEP_PX = 21
_ROWS: Spec = {
    "height": {"step": _STEP_PX},
    "autosize": {"type": "fit-x", "contains": "padding"},
}
# On white Okabe and Ito's yellow is too pale for a bar: it comes last.
DOMAIN_PALETTE = tuple(OKABE_ITO[at] for at in (1, 0, 6, 2, 4, 5, 3))


def parts_chart(
    domains: pd.DataFrame,
    units: pd.DataFrame,
    names: Mapping[str, str],
    domain_names: Mapping[str, str],
) -> Chart:
    """Index points by domain, stacked; together they are the index, written behind."""
    shown = units[units["rank"].notna()].head(MOST_UNITS)
    rows = domains[domains["unit_code"].isin(shown.index) & domains["contribution"].notna()]
    place = {code: at for at, code in enumerate(shown.index)}
    index = shown["index"].to_dict()
    colour = {
        "field": "domain",
        "type": "nominal",
        "scale": {
            "domain": list(domain_names.values()),
            "range": list(DOMAIN_PALETTE[: len(domain_names)]),
        },
        "legend": {"title": None, "orient": "top"},
    }
    spec = {
        **_ROWS,
        "encoding": {
            "y": _units(),
            "tooltip": [
                _tip("name", t("risk.town")),
                _tip("domain", t("risk.domain")),
                _tip("points", t("risk.contribution"), format=".1f"),
                _tip("score", t("risk.score"), format=".0f"),
                _tip("weight", t("risk.weight"), format=".0%"),
            ],
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": 14},
                "encoding": {
                    "x": {
                        "field": "points",
                        "type": "quantitative",
                        "stack": "zero",
                        "title": t("risk.parts_axis"),
                        "scale": {"domainMin": 0},
                        "axis": {"tickCount": 8},
                    },
                    "order": {"field": "order", "type": "quantitative"},
                    "color": colour,
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "color": _INK},
                "encoding": {
                    "x": {"field": "total", "type": "quantitative", "aggregate": "max"},
                    "text": {
                        "field": "total",
                        "type": "quantitative",
                        "aggregate": "max",
                        "format": ".0f",
                    },
                    "tooltip": None,
                },
            },
        ],
    }
    order = {name: at for at, name in enumerate(domain_names)}
    table = pa.table(
        {
            "name": [names[code] for code in rows["unit_code"]],
            "place": [place[code] for code in rows["unit_code"]],
            "domain": [domain_names[name] for name in rows["domain"]],
            "order": [order[name] for name in rows["domain"]],
            "points": rows["contribution"].to_numpy(dtype=float),
            "score": rows["score"].to_numpy(dtype=float),
            "weight": rows["weight"].to_numpy(dtype=float),
            "total": [float(index[code]) for code in rows["unit_code"]],
        }
    )
    return Chart(spec=spec, rows=table)


def trend_chart(rows: pd.DataFrame, names: Mapping[str, str], words: Sequence[str]) -> Chart:
    """Ratio of harm rates with its interval; colour and shape only where the trend is clear.

    Parameters
    ----------
    rows
        (n) of ``IndexRun.trend`` for one domain, in the order to draw.
    words
        (n) what is written behind each.
    """
    kinds = {1: t("risk.up"), 0: t("risk.unclear"), -1: t("risk.down")}
    titles = list(kinds.values())
    low = float(np.nanmin(rows["low"])) if len(rows) else 0.5
    high = float(np.nanmax(rows["high"])) if len(rows) else 2.0
    axis = {
        "type": "quantitative",
        "title": t("risk.trend_axis"),
        "scale": {
            "type": "log",
            "domain": [min(max(low, 0.02), 0.5), max(min(high, 50.0), 2.0)],
            "clamp": True,
        },
        "axis": {"values": [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50], "format": "~g"},
    }
    colour = {
        "scale": {"domain": titles, "range": [VERMILION, GREY, _GREEN]},
        "legend": {"title": None, "orient": "top"},
    }
    shape = {
        "scale": {"domain": titles, "range": ["triangle-up", "circle", "triangle-down"]},
        "legend": {"title": None, "orient": "top"},
    }
    kind = {"field": "kind", "type": "nominal"}
    spec = {
        **_ROWS,
        "encoding": {"y": _units()},
        "layer": [
            {
                "mark": {"type": "rule", "strokeDash": [4, 3], "color": _LINE},
                "encoding": {"x": {"datum": 1, "type": "quantitative"}, "y": None},
            },
            {
                "mark": {"type": "rule", "strokeWidth": 2.5},
                "encoding": {
                    "x": {"field": "low", **axis},
                    "x2": {"field": "high"},
                    "color": {**kind, **colour},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 85, "opacity": 1},
                "encoding": {
                    "x": {"field": "ratio", **axis},
                    "color": {**kind, **colour},
                    "shape": {**kind, **shape},
                    "tooltip": [_tip("name", t("risk.town")), _tip("words", t("risk.trend"))],
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "color": _INK},
                "encoding": {
                    "x": {"value": "width"},
                    "text": {"field": "words", "type": "nominal"},
                },
            },
        ],
        "padding": {"right": 150, "left": 5, "top": 5, "bottom": 5},
    }
    table = pa.table(
        {
            "name": [names[code] for code in rows["unit_code"]],
            "place": list(range(len(rows))),
            "ratio": rows["ratio"].to_numpy(dtype=float),
            "low": rows["low"].to_numpy(dtype=float),
            "high": rows["high"].to_numpy(dtype=float),
            "kind": [kinds[int(arrow)] for arrow in rows["arrow"]],
            "words": list(words),
        }
    )
    return Chart(spec=spec, rows=table)


def weights_chart(table: pd.DataFrame, names: Mapping[str, str]) -> Chart:
    """Rank before and after over the published interval: a move inside it says nothing."""
    shown = table[table["rank"].notna() & table["rank_before"].notna()].head(MOST_UNITS)
    before, after = t("risk.before"), t("risk.after")
    colour = {
        "type": "nominal",
        "scale": {"domain": [before, after], "range": [_LINE, VERMILION]},
        "legend": {"title": None, "orient": "top"},
    }
    last = int(table["rank_high"].max()) if len(shown) else 1
    axis = {
        "type": "quantitative",
        "title": t("risk.rank"),
        "scale": {"domain": [1, max(last, 2)], "nice": False, "padding": 8},
        "axis": {"tickMinStep": 1},
    }
    spec = {
        **_ROWS,
        "encoding": {
            "key": {"field": "name"},
            "y": _units(),
            "tooltip": [
                _tip("name", t("risk.town")),
                _tip("before", before),
                _tip("after", after),
                _tip("interval", t("risk.interval")),
            ],
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": 11, "color": "#DCE3EB", "cornerRadius": 3},
                "encoding": {"x": {"field": "low", **axis}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "rule", "color": VERMILION, "strokeWidth": 2},
                "encoding": {"x": {"field": "before", **axis}, "x2": {"field": "after"}},
            },
            {
                "mark": {"type": "point", "filled": False, "size": 75, "strokeWidth": 2},
                "encoding": {
                    "x": {"field": "before", **axis},
                    "color": {"datum": before, **colour},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 75, "opacity": 1},
                "encoding": {
                    "x": {"field": "after", **axis},
                    "color": {"datum": after, **colour},
                },
            },
        ],
    }
    low, high = shown["rank_low"].astype(int), shown["rank_high"].astype(int)
    rows = pa.table(
        {
            "name": [names[code] for code in shown.index],
            "place": list(range(len(shown))),
            "before": shown["rank_before"].astype(int).to_numpy(),
            "after": shown["rank"].astype(int).to_numpy(),
            "low": low.to_numpy(),
            "high": high.to_numpy(),
            "interval": [f"{a}–{b}" for a, b in zip(low, high, strict=True)],
        }
    )
    return Chart(spec=spec, rows=rows)


def sensitivity_chart(table: pd.DataFrame, words: Mapping[str, str]) -> Chart:
    """Total effect of each uncertain choice on the ranking, largest first."""
    spec = {
        "height": {"step": 30},
        "autosize": _ROWS["autosize"],
        "encoding": {
            "x": {
                "field": "effect",
                "type": "quantitative",
                "title": t("risk.effect_axis"),
                "scale": {"domainMin": 0},
                "axis": {"format": "%", "tickCount": 6},
            },
            "y": _units(),
        },
        "layer": [
            {"mark": {"type": "bar", "height": 17, "color": _LINE, "cornerRadiusEnd": 2}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "color": _INK},
                "encoding": {
                    "text": {"field": "effect", "type": "quantitative", "format": ".0%"}
                },
            },
        ],
    }
    rows = {
        "name": [words[factor] for factor in table["factor"]],
        "place": list(range(len(table))),
        "effect": table["total_effect"].to_numpy(dtype=float),
    }
    return Chart(spec=spec, rows=pa.table(rows))


def _units() -> Spec:
    """Names down the side in the order of ``place``."""
    return {
        "field": "name",
        "type": "nominal",
        "title": None,
        "sort": {"field": "place", "op": "min"},
        "axis": {"labelLimit": 200, "labelOverlap": False, "domain": False, "ticks": False},
    }


def _tip(field: str, title: str, **more: str) -> Spec:
    tip: Spec = {"field": field, "title": title, **more}
    return tip | {"type": "quantitative"} if more else tip

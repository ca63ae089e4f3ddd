"""Charts of a back-test: hit rates with intervals, drift, and what a forecast leans on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from dashboard.charts import Chart, Spec
from dashboard.hotspot_charts import percent_tip
from dashboard.i18n import label, t
from dashboard.palette import BLUE, METHOD_MARKS
from dashboard.result_words import AREAS, nominal_areas
from dashboard.state import day_of

_ROW_PX = 9
_PERCENT = {"format": "~%", "grid": True, "tickCount": 5}


def scores_chart(scores: pd.DataFrame) -> Chart:
    """Hit rate of each method by share of area: a mark with its 95 % interval."""
    rows = nominal_areas(scores)
    present = [method for method in METHOD_MARKS if (rows["method"] == method).any()]
    names = {method: label("forecast_method", method) for method in present}
    y: Spec = {
        "field": "area",
        "type": "ordinal",
        "title": None,
        "sort": None,
        "axis": {"labelFontSize": 13, "tickBand": "extent", "grid": True},
    }
    offset = {"field": "method", "type": "nominal", "sort": list(names.values())}
    colour: Spec = {
        "field": "method",
        "type": "nominal",
        "scale": {
            "domain": list(names.values()),
            "range": [METHOD_MARKS[method][1] for method in present],
        },
        "legend": {
            "title": None,
            "orient": "top",
            "columns": 3,
            "labelLimit": 125,
            "rowPadding": 0,
            "offset": 2,
        },
    }
    shape = {
        **colour,
        "scale": {
            "domain": list(names.values()),
            "range": [METHOD_MARKS[method][0] for method in present],
        },
    }
    spec = {
        "height": _ROW_PX * len(AREAS) * (len(present) + 1),
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 0, "top": 0, "right": 4, "bottom": 0},
        "encoding": {"y": y, "yOffset": offset, "color": colour},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2.2},
                "encoding": {
                    "x": {
                        "field": "low",
                        "type": "quantitative",
                        "title": t("backtest.hit_rate"),
                        "axis": _PERCENT,
                        "scale": {"zero": True},
                    },
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
                "encoding": {
                    "x": {"field": "rate", "type": "quantitative"},
                    "shape": shape,
                    "tooltip": [
                        {"field": "method", "title": t("backtest.method")},
                        {"field": "area", "title": t("backtest.area")},
                        percent_tip("rate", t("backtest.hit_rate")),
                        percent_tip("low", t("backtest.low")),
                        percent_tip("high", t("backtest.high")),
                    ],
                },
            },
        ],
    }
    table = {
        "method": [names[method] for method in rows["method"]],
        "area": [t("backtest.top", share=f"{area:.3g} %") for area in 100 * rows["area"]],
        "rate": rows["hit_rate"].to_numpy(),
        "low": rows["hit_rate_low"].to_numpy(),
        "high": rows["hit_rate_high"].to_numpy(),
    }
    return Chart(spec=spec, rows=pa.table(table))


def drift_chart(drift: pd.DataFrame) -> Chart:
    """Share of the forecast area that stays from one window to the next."""
    spec = {
        "height": 84,
        "mark": {
            "type": "line",
            "point": {"size": 28, "color": BLUE},
            "color": BLUE,
            "strokeWidth": 2,
        },
        "encoding": {
            "x": {
                "field": "day",
                "type": "temporal",
                "title": None,
                "axis": {"format": "%m-%d", "tickCount": 4, "grid": False},
            },
            "y": {
                "field": "unchanged",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, 1]},
                "axis": {"format": "~%", "values": [0, 0.5, 1]},
            },
            "tooltip": [
                {"field": "day", "type": "temporal", "format": "%Y-%m-%d", "title": ""},
                percent_tip("unchanged", t("backtest.drift")),
            ],
        },
    }
    known = drift[drift["unchanged"].notna()]
    days = [day_of(int(day)) for day in known["origin_days"]]
    rows = {
        "day": pd.to_datetime(pd.Series(days, dtype="datetime64[s]")),
        "unchanged": known["unchanged"].to_numpy(),
    }
    return Chart(spec=spec, rows=pa.table(rows))


def components_chart(components: pd.DataFrame, cell_m: float, limit: int = 4) -> Chart:
    """What the forecast leans on, largest share first."""
    top = components.sort_values("share", ascending=False).head(limit)
    names = [
        _component(half_life, smoothing * cell_m)
        for half_life, smoothing in zip(
            top["half_life_days"], top["smoothing_cells"], strict=True
        )
    ]
    spec = {
        "height": {"step": 21},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "encoding": {
            "x": {
                "field": "share",
                "type": "quantitative",
                "axis": None,
                "scale": {"domain": [0, 1.2], "nice": False},
            },
            "y": {
                "field": "name",
                "type": "ordinal",
                "title": None,
                "sort": {"field": "share", "op": "max", "order": "descending"},
                "axis": {"labelLimit": 190, "labelOverlap": False},
            },
            "tooltip": [
                {"field": "name", "title": t("backtest.component")},
                percent_tip("share", t("backtest.share")),
            ],
        },
        "layer": [
            {"mark": {"type": "bar", "cornerRadiusEnd": 2, "color": BLUE}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4},
                "encoding": {
                    "text": {"field": "share", "type": "quantitative", "format": ".0%"}
                },
            },
        ],
    }
    return Chart(spec=spec, rows=pa.table({"name": names, "share": top["share"].to_numpy()}))


def _component(half_life_days: float, smoothing_m: float) -> str:
    reach = (
        t("backtest.own_cell")
        if smoothing_m == 0
        else t("backtest.around", metres=f"{smoothing_m:,.0f}")
    )
    if np.isfinite(half_life_days):
        return t("backtest.half_life", days=f"{half_life_days:g}", reach=reach)
    return t("backtest.all_history", reach=reach)

"""Charts of the hot-spot page: back-test, drift, components, concentration, near repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from dashboard.charts import Chart, Spec
from dashboard.i18n import label, t
from dashboard.palette import BLUE, METHOD_MARKS, VERMILION
from dashboard.state import day_of

AREAS: tuple[float, ...] = (0.01, 0.02, 0.05, 0.10)
_FAINT = "#A9B4C4"
_ROW_PX = 9
_PERCENT = {"format": "~%", "grid": True, "tickCount": 5}
MOST_RATIO = 4.0
FEWEST_PAIRS = 1.0  # expected by chance; a ratio to less says nothing


def nominal_areas(scores: pd.DataFrame, shares: tuple[float, ...] = AREAS) -> pd.DataFrame:
    """The rows of ``scores`` at ``shares`` of the area, as ``area``.

    Whole cells make the true share differ a little from the one asked for.
    """
    asked = np.asarray((0.005, *AREAS))
    true = scores["area_share"].to_numpy()
    nearest = asked[np.abs(np.log(true[:, None] / asked[None, :])).argmin(axis=1)]
    return scores.assign(area=nearest)[np.isin(nearest, shares)]


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
                        _percent("rate", t("backtest.hit_rate")),
                        _percent("low", t("backtest.low")),
                        _percent("high", t("backtest.high")),
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
                _percent("unchanged", t("backtest.drift")),
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
                _percent("share", t("backtest.share")),
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


def lorenz_chart(curve: pd.DataFrame, holding: dict[float, float]) -> Chart:
    """Share of the incidents in the busiest places; ``holding`` marks points on the curve."""
    x = {
        "field": "places",
        "type": "quantitative",
        "title": t("concentration.places"),
        "axis": {"format": "~%", "grid": False},
        "scale": {"domain": [0, 1]},
    }
    y = {
        "field": "events",
        "type": "quantitative",
        "title": t("concentration.events"),
        "axis": {"format": "~%", "values": [0, 0.25, 0.5, 0.8, 1]},
        "scale": {"domain": [0, 1]},
    }
    tips = [
        _percent("places", t("concentration.places")),
        _percent("events", t("concentration.events")),
    ]
    only = {"filter": "isValid(datum.text)"}
    spec = {
        "height": 300,
        "encoding": {"x": x, "y": y, "tooltip": tips},
        "layer": [
            {
                "transform": [{"filter": "datum.places === 0 || datum.places === 1"}],
                "mark": {"type": "line", "color": _FAINT, "strokeDash": [4, 3]},
            },
            {
                "transform": [{"filter": "!isValid(datum.text)"}],
                "mark": {
                    "type": "area",
                    "line": {"color": BLUE, "strokeWidth": 2.5},
                    "color": BLUE,
                    "fillOpacity": 0.12,
                },
            },
            {
                "transform": [only],
                "mark": {"type": "point", "filled": True, "size": 90, "color": VERMILION},
            },
            {
                "transform": [only],
                "mark": {"type": "text", "align": "left", "dx": 10, "dy": 4, "fontSize": 14},
                "encoding": {"text": {"field": "text"}},
            },
        ],
    }
    marked = sorted(holding.items())
    texts = [
        t("concentration.mark", events=f"{events:.0%}", places=f"{places:.1%}")
        for events, places in marked
    ]
    rows = {
        "places": [*curve["share_of_places"], *(places for _, places in marked)],
        "events": [*curve["share_of_events"], *(events for events, _ in marked)],
        "text": [*[None] * len(curve), *texts],
    }
    return Chart(spec=spec, rows=pa.table(rows, schema=_LORENZ))


def near_repeat_chart(pairs: pd.DataFrame) -> Chart:
    """Distance by days apart: how many times the chance number of pairs."""
    closed = pairs[np.isfinite(pairs["to_m"]) & np.isfinite(pairs["to_days"])]
    text = {
        "align": "center",
        "color": {"expr": f"datum.shade > {0.55 * MOST_RATIO} ? 'white' : '#1C2636'"},
    }
    spec = {
        "height": 300,
        "encoding": {
            "x": {
                "field": "days",
                "type": "ordinal",
                "sort": None,
                "title": t("near_repeat.days"),
                "axis": {"labelAngle": 0, "orient": "top", "labelFontSize": 13},
            },
            "y": {
                "field": "distance",
                "type": "ordinal",
                "sort": None,
                "title": t("near_repeat.distance"),
                "axis": {"labelFontSize": 13},
            },
            "tooltip": [
                {"field": "distance", "title": t("near_repeat.distance")},
                {"field": "days", "title": t("near_repeat.days")},
                {"field": "observed", "title": t("near_repeat.observed"), "format": ","},
                {"field": "expected", "title": t("near_repeat.expected"), "format": ",.1f"},
                {"field": "ratio", "title": t("near_repeat.ratio")},
                {"field": "p", "title": "p"},
            ],
        },
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 3},
                "encoding": {
                    "color": {
                        "field": "shade",
                        "type": "quantitative",
                        "scale": {
                            "domain": [1, MOST_RATIO],
                            "range": ["#EEF1F5", "#F08A62", "#B2182B"],
                            "clamp": True,
                        },
                        "legend": None,
                    }
                },
            },
            {
                "mark": {"type": "text", "fontSize": 20, "fontWeight": 650, "dy": -8, **text},
                "encoding": {"text": {"field": "ratio"}},
            },
            {
                "mark": {"type": "text", "fontSize": 12, "dy": 13, **text},
                "encoding": {"text": {"field": "p"}},
            },
        ],
    }
    # Only what chance does not explain is coloured.
    rare = closed["expected"] < FEWEST_PAIRS
    shade = np.where((closed["p"] < 0.05) & ~rare, closed["ratio"], 1.0)
    rows = {
        "distance": [
            _metres(*band) for band in zip(closed["from_m"], closed["to_m"], strict=True)
        ],
        "days": [
            _days(*band) for band in zip(closed["from_days"], closed["to_days"], strict=True)
        ],
        "observed": closed["observed"].to_numpy(dtype=np.int64),
        "expected": closed["expected"].to_numpy(),
        "ratio": [
            "–" if few else f"{x:.1f}×" for x, few in zip(closed["ratio"], rare, strict=True)
        ],
        "p": [
            t("near_repeat.few") if few else p_text(p)
            for p, few in zip(closed["p"], rare, strict=True)
        ],
        "shade": np.nan_to_num(shade, nan=1.0, posinf=MOST_RATIO),
    }
    return Chart(spec=spec, rows=pa.table(rows))


def p_text(p: float) -> str:
    """``p = 0.03``, ``p < 0.001``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


_LORENZ = pa.schema([("places", pa.float64()), ("events", pa.float64()), ("text", pa.string())])


def _component(half_life_days: float, smoothing_m: float) -> str:
    reach = (
        t("backtest.own_cell")
        if smoothing_m == 0
        else t("backtest.around", metres=f"{smoothing_m:,.0f}")
    )
    if np.isfinite(half_life_days):
        return t("backtest.half_life", days=f"{half_life_days:g}", reach=reach)
    return t("backtest.all_history", reach=reach)


def _metres(first: float, last: float) -> str:
    if last <= 1:
        return t("near_repeat.same_place")
    return t("near_repeat.metres", first=f"{0 if first <= 1 else first:g}", last=f"{last:g}")


def _days(first: float, last: float) -> str:
    return t("near_repeat.day_band", first=f"{first:g}", last=f"{last - 1:g}")


def _percent(field: str, title: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title, "format": ".1%"}

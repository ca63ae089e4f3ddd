"""Charts of the hot-spot page: concentration and near repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from dashboard.charts import Chart
from dashboard.i18n import t
from dashboard.palette import BLUE, VERMILION

_FAINT = "#A9B4C4"
MOST_RATIO = 4.0
FEWEST_PAIRS = 1.0  # expected by chance; a ratio to less says nothing


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
        percent_tip("places", t("concentration.places")),
        percent_tip("events", t("concentration.events")),
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


def _metres(first: float, last: float) -> str:
    if last <= 1:
        return t("near_repeat.same_place")
    return t("near_repeat.metres", first=f"{0 if first <= 1 else first:g}", last=f"{last:g}")


def _days(first: float, last: float) -> str:
    return t("near_repeat.day_band", first=f"{first:g}", last=f"{last - 1:g}")


def percent_tip(field: str, title: str) -> dict[str, Any]:
    """Tooltip row of a share."""
    return {"field": field, "type": "quantitative", "title": title, "format": ".1%"}

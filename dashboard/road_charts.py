"""Charts of the road page: a route unrolled, and the effect of works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from dashboard.charts import Chart
from dashboard.i18n import label, t
from dashboard.road_looks import LINE, PEERS
from dashboard.road_strip_rows import FLOOR, LANES, ROWS, strip_rows, strip_ticks
from data.derived.sections_effect import HazardEffect

STRIP_PX = 190


def strip_chart(
    parts: Mapping[str, pd.DataFrame],
    items: pd.DataFrame,
    *,
    years: float,
    selected: tuple[float, float] | None,
) -> Chart:
    """A route along its stakes: accidents, what is expected, and what is on the ledger.

    Parameters
    ----------
    parts
        See :func:`data.derived.sections_strip.strip`.
    items
        Stretches of the route, see :attr:`dashboard.road_queries.Roads.items`.
    years
        Length of the period.
    selected
        Chains of the open stretch.
    """
    bins = parts["bins"]
    rows, tallest = strip_rows(parts, items, years=years, selected=selected)
    length = float(bins["to_chain_m"].max()) if len(bins) else 1.0
    return Chart(
        spec=_strip_spec(strip_ticks(bins), length, tallest),
        rows=pa.Table.from_pandas(rows, schema=ROWS, preserve_index=False),
    )


def _strip_spec(
    ticks: list[tuple[float, str]],
    length: float,
    tallest: float,
) -> dict[str, Any]:
    at, words = [chain for chain, _ in ticks], [word for _, word in ticks]
    names = {tallest * sum(lane) / 2: label("road_lane", name) for name, lane in LANES.items()}
    step = _round_step(tallest / 3)
    levels = [round(step * i, 6) for i in range(int(tallest / step) + 1)]
    y_axis = {
        "values": [*levels, *names],
        "grid": False,
        "labelExpr": f"indexof({list(names)}, datum.value) >= 0 ? "
        f"{list(names.values())}[indexof({list(names)}, datum.value)] : datum.label",
        "labelOverlap": False,
        "ticks": False,
        "title": t("strip.density"),
        "titleFontWeight": "normal",
    }
    x = {
        "field": "low",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, length], "nice": False},
        "axis": {
            "values": at,
            "grid": False,
            "labelExpr": f"{words}[indexof({at}, datum.value)]",
            "labelOverlap": True,
            "labelFlush": True,
        },
    }
    y = {
        "field": "bottom",
        "type": "quantitative",
        "scale": {"domain": [FLOOR * tallest, 1.06 * tallest], "nice": False},
        "axis": y_axis,
    }
    box = {"x": x, "x2": {"field": "high"}, "y": y, "y2": {"field": "top"}}
    tips = [
        {"field": "name", "title": t("strip.what")},
        {"field": "place", "title": t("strip.place")},
        {"field": "value", "title": t("strip.value")},
    ]
    tint = {"color": {"field": "colour", "type": "nominal", "scale": None}, "tooltip": tips}
    line = {"x": x, "y": {**y, "field": "top"}}
    return {
        "height": STRIP_PX,
        "layer": [
            {
                "transform": [_only("open")],
                "mark": {"type": "rect", "color": "#F7D03C", "opacity": 0.28},
                "encoding": box,
            },
            {
                "transform": [_only("bar")],
                "mark": {"type": "rect"},
                "encoding": {**box, **tint},
            },
            {
                "transform": [_only("predicted")],
                "mark": {
                    "type": "line",
                    "color": PEERS,
                    "strokeDash": [4, 3],
                    "strokeWidth": 1.4,
                },
                "encoding": line,
            },
            {
                "transform": [_only("expected")],
                "mark": {"type": "line", "color": LINE, "strokeWidth": 2},
                "encoding": line,
            },
            {
                "transform": [_only("lane")],
                "mark": {
                    "type": "rect",
                    "cornerRadius": 1,
                    "stroke": "white",
                    "strokeWidth": 0.7,
                },
                "encoding": {**box, **tint},
            },
            {
                "transform": [_only("fatal")],
                "mark": {
                    "type": "point",
                    "shape": "triangle-down",
                    "filled": True,
                    "size": 70,
                    "opacity": 1,
                    "yOffset": -5,
                },
                "encoding": {**line, **tint},
            },
        ],
    }


def effect_chart(effect: HazardEffect) -> Chart:
    """Accidents a year: before, expected afterwards without works, and afterwards."""
    found = effect.effect
    values = [
        found.observed_before / effect.years_before,
        found.expected_after / effect.years_after,
        found.observed_after / effect.years_after,
    ]
    names = [t("effect.before"), t("effect.without"), t("effect.after")]
    spec = {
        "height": {"step": 30},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {
                    "labelLimit": 220,
                    "ticks": False,
                    "domain": False,
                    "labelFontSize": 13,
                },
            },
            "x": {
                "field": "value",
                "type": "quantitative",
                "title": t("effect.per_year"),
                "axis": {"grid": False, "tickCount": 4},
                "scale": {"domainMin": 0},
            },
        },
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2, "height": 18},
                "encoding": {"color": {"field": "colour", "type": "nominal", "scale": None}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 13},
                "encoding": {"text": {"field": "text"}},
            },
        ],
    }
    rows = {
        "name": names,
        "value": values,
        "text": [f"{value:.1f}" for value in values],
        "colour": ["#B9C5D4", PEERS, LINE],
    }
    return Chart(spec=spec, rows=pa.table(rows))


def _only(part: str) -> dict[str, str]:
    return {"filter": f"datum.part === '{part}'"}


def _round_step(value: float) -> float:
    size = 10 ** np.floor(np.log10(max(value, 1e-9)))
    return float(next(size * m for m in (1, 2, 5, 10) if size * m >= value * 0.999))

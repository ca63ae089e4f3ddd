"""What a result says about itself, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dashboard.i18n import label, localized, t
from dashboard.state import day_of
from data.derived.results import Facts, Result
from data.region import RegionPack
from geo.evaluation import AREA_SHARES
from geo.selection import IncidentSelection

# Parameter → group of the labels of its values.
_CODES = {
    "shape": "shape",
    "null": "null",
    "kernel": "kernel",
    "horizon": "horizon",
    "shift": "shift",
    "method": "forecast_method",
    "note": "note",
    "boundary": "boundary",
}
_SILENT = {"harm"}
MANY_SNAPPED = 0.1  # share from which it is worth a word
PARAMETERS: tuple[str, ...] = (
    "bandwidth_m",
    "base_period",
    "boundary",
    "cell_m",
    "cells",
    "days",
    "definition",
    "distances_m",
    "drawn_m",
    "draws",
    "horizon",
    "horizon_days",
    "hour_unknown",
    "include_discovered",
    "is_adaptive",
    "is_harm_weighted",
    "kernel",
    "level",
    "method",
    "metric_crs",
    "note",
    "null",
    "origin",
    "per_people",
    "rows",
    "seed",
    "shape",
    "shift",
    "step_days",
    "steps",
    "windows",
    "without_place",
    "without_time",
)
AREAS: tuple[float, ...] = AREA_SHARES[1:]  # that are shown
VERDICT_AREA = 0.05
RESULT_METHODS: tuple[str, ...] = (
    "significance",
    "emerging",
    "density",
    "near_repeat",
    "concentration",
    "week",
    "forecast",
    "index",
)


MAPPED = ("significance", "emerging", "density", "concentration")
PRINTED = ("near_repeat", "roles", "concentration")


def result_title(facts: Facts, region: RegionPack | None) -> str:
    """Region and method."""
    method = label("result_method", facts.method)
    return method if region is None else f"{localized(dict(region.names))} · {method}"


def result_marks(facts: Facts, region: RegionPack | None) -> list[str]:
    """Words that must stand on every output: demo data, schematic borders."""
    words = [t("mark.demo")] if facts.is_demo else []
    if region is not None and region.is_schematic:
        words.append(t("mark.schematic"))
    return words


def selection_words(
    selection: IncidentSelection | None, region: RegionPack | None
) -> list[str]:
    """Kinds, units and hours that were chosen; the period is among the facts."""
    if selection is None:
        return []
    words = [_listed("category", selection.categories)]
    if selection.units is not None and region is not None:
        names = region.units["name"].reindex(list(selection.units)).fillna("")
        words.append(t("common.and").join(names))
    if selection.hours is not None:
        words.append(t("result.hours", hours=", ".join(map(str, selection.hours))))
    if selection.weekdays is not None:
        words.append(_listed("weekday", selection.weekdays))
    if selection.severities is not None:
        words.append(_listed("severity", selection.severities))
    return words


def parameter_words(parameters: Mapping[str, object]) -> list[str]:
    """ "Name value" of every parameter that says something."""
    return [
        f"{label('parameter', name)} {_value(name, value)}"
        for name, value in parameters.items()
        if value is not None and value is not False and name not in _SILENT
    ]


def fact_words(facts: Facts) -> list[str]:
    """Numbers that entered and were left out, period and version."""
    start, end = (day_of(day).isoformat() for day in (facts.day_from, facts.day_to))
    is_forecast = facts.method == "forecast"
    words = [
        t("result.events", count=f"{facts.events:,}"),
        t("result.too_coarse", count=f"{facts.too_coarse:,}"),
        t("result.outside", count=f"{facts.outside:,}"),
        t("result.learnt", start=start, end=end)
        if is_forecast
        else t("legend.period", start=start, end=end),
        t("mark.version", version=facts.version),
    ]
    if facts.snapped_share >= MANY_SNAPPED:
        words.append(t("facts.snapped", share=f"{facts.snapped_share:.0%}"))
    if facts.left_out:
        kinds = t("common.and").join(label("category", code) for code in facts.left_out)
        words.append(t("facts.left_out", kinds=kinds))
    return words


def result_text(
    result: Result, region: RegionPack | None, selection: IncidentSelection | None
) -> str:
    """A result as plain text: method, parameters, facts, and its tables or back-test."""
    facts = result.facts
    lines = [
        " · ".join([result_title(facts, region), *result_marks(facts, region)]),
        " · ".join(selection_words(selection, region)),
        " · ".join(parameter_words(facts.parameters)),
        " · ".join(fact_words(facts)),
    ]
    if facts.parameters.get("boundary") == "hull":
        lines.append(t("result.hull"))
    if facts.method == "forecast":
        lines.append(_backtest_text(result))
    elif facts.method in MAPPED:
        lines.append(t("result.cells", count=f"{len(result.cells):,}"))
    lines += [
        result.tables[name].round(4).to_string(index=False)
        for name in PRINTED
        if name in result.tables
    ]
    return "\n".join(filter(None, lines))


def _backtest_text(result: Result) -> str:
    """The back-test as a text table under the verdict."""
    lines = [verdict(result)]
    scores = result.tables["scores"]
    if len(scores):
        lines.append(score_table(scores).to_string(index=False))
    drift = result.tables["drift"]
    unchanged = drift["unchanged"].dropna()
    if len(unchanged):
        lines.append(t("result.drift", share=f"{unchanged.mean():.0%}"))
    lines.append(t("result.places_only"))
    return "\n".join(lines)


def score_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores in per cent with their intervals, one line per method and area."""
    return pd.DataFrame(
        {
            t("result.method"): [label("forecast_method", code) for code in scores["method"]],
            t("result.area"): [f"{100 * share:.2f}%" for share in scores["area_share"]],
            t("result.hit_rate"): [
                f"{100 * rate:.1f}% ({100 * low:.1f}…{100 * high:.1f})"
                for rate, low, high in scores[
                    ["hit_rate", "hit_rate_low", "hit_rate_high"]
                ].itertuples(index=False)
            ],
            "PAI": scores["pai"].map("{:.2f}".format),
            "PEI*": scores["pei_star"].map("{:.3f}".format),
            t("result.difference"): [
                f"{100 * gain:+.2f} ({100 * low:+.2f}…{100 * high:+.2f})"
                for gain, low, high in scores[
                    ["difference", "difference_low", "difference_high"]
                ].itertuples(index=False)
            ],
        }
    )


def verdict(result: Result) -> str:
    """Which method a forecast uses, and why, in one sentence."""
    scores, decision = result.tables["scores"], result.tables["decision"]
    if scores.empty:
        return t("result.untested")
    method = str(decision["method"].iloc[0])
    used, blend = _at_verdict_area(scores, "decided"), _at_verdict_area(scores, "blend")
    # In use or not, the blend is what has to prove itself against the count.
    seen = used if method == "blend" else blend
    figures = {
        "area": f"{100 * used['area']:g} %",
        "rate": f"{used['hit_rate']:.1%}",
        "gain": points(seen["difference"]),
        "low": points(seen["difference_low"]),
        "high": points(seen["difference_high"]),
        "baseline": label("forecast_method", seen["baseline"]),
    }
    if np.isnan(seen["difference_low"]):
        return t("backtest.unknown", method=label("forecast_method", method))
    if seen["difference_low"] > 0:
        figures["judgement"] = t("backtest.better")
    elif seen["difference_high"] < 0:
        figures["judgement"] = t("backtest.worse")
    else:
        figures["judgement"] = t("backtest.alike")
    if method == "blend":
        return t("backtest.blend_in_use", **figures)
    return t("backtest.count_in_use", method=label("forecast_method", method), **figures)


def nominal_areas(scores: pd.DataFrame, shares: tuple[float, ...] = AREAS) -> pd.DataFrame:
    """The rows of ``scores`` at ``shares`` of the area, as ``area``.

    Whole cells make the true share differ a little from the one asked for.
    """
    asked = np.asarray(AREA_SHARES)
    true = scores["area_share"].to_numpy()
    nearest = asked[np.abs(np.log(true[:, None] / asked[None, :])).argmin(axis=1)]
    return scores.assign(area=nearest)[np.isin(nearest, shares)]


def points(share: float) -> str:
    """A difference of shares in percentage points."""
    return f"{100 * share:+.1f}"


def _at_verdict_area(scores: pd.DataFrame, method: str) -> pd.Series:
    rows = nominal_areas(scores[scores["method"] == method], AREA_SHARES)
    return rows.iloc[(rows["area"] - VERDICT_AREA).abs().argmin()]


def _listed(group: str, codes: tuple[object, ...] | None) -> str:
    if codes is None:
        return t("result.all_kinds")
    return t("common.and").join(label(group, code) for code in codes)


def _value(name: str, value: object) -> str:
    if name in _CODES:
        return label(_CODES[name], value)
    if value is True:
        return t("common.yes")
    if isinstance(value, list):
        return "/".join(f"{each:g}" for each in value)
    return f"{value:,g}" if isinstance(value, int | float) else str(value)

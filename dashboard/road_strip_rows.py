"""A route along its stakes as rows for a chart: bars, lines, lanes, signs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from dashboard.i18n import label, t
from dashboard.road_looks import PEERS, SEVERITY_COLOURS, WORKS, rank_colour, status_colour
from dashboard.road_words import status_word
from data.derived.sections_strip import SEVERITIES
from geo.road_events import stake_text

_MOST_BARS = 160
_STEPS_M = (100, 200, 500, 1000, 2000)
_TICKS_M = (500, 1000, 2000, 5000, 10_000, 20_000)
_MOST_TICKS = 14
# Lanes below the bars, in shares of the tallest.
LANES = {"sections": (-0.10, -0.22), "hazards": (-0.27, -0.39), "works": (-0.44, -0.56)}
FLOOR = -0.6
ROWS = pa.schema(
    [
        ("part", pa.string()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("bottom", pa.float64()),
        ("top", pa.float64()),
        ("colour", pa.string()),
        ("name", pa.string()),
        ("place", pa.string()),
        ("value", pa.string()),
    ]
)


def strip_rows(
    parts: Mapping[str, pd.DataFrame],
    items: pd.DataFrame,
    *,
    years: float,
    selected: tuple[float, float] | None,
) -> tuple[pd.DataFrame, float]:
    """Rows of a strip in the columns of :data:`ROWS`, and the height of the tallest bar.

    Parameters
    ----------
    parts, items, years, selected
        See :func:`dashboard.road_charts.strip_chart`.
    """
    bins = parts["bins"]
    bars = _bars(bins, years)
    heights = [bars["top"].max(), bins["expected"].max(), bins["predicted"].max(), 1.0]
    tallest = float(np.nanmax(heights))
    lanes = {name: (low * tallest, high * tallest) for name, (low, high) in LANES.items()}
    rows = [
        bars,
        _lines(bins),
        _fatal(parts["accidents"], bars),
        _sections(items, lanes["sections"]),
        _hazards(parts["hazards"], lanes["hazards"]),
        _works(parts["works"], lanes["works"]),
        _open(selected, tallest),
    ]
    return pd.concat(rows, ignore_index=True).reindex(columns=ROWS.names), tallest


def _bars(bins: pd.DataFrame, years: float) -> pd.DataFrame:
    """Accidents per km and year by severity, the worst at the bottom, few enough to be seen."""
    size = bins["to_chain_m"].iloc[0] - bins["from_chain_m"].iloc[0] if len(bins) else 100.0
    factor = next(
        (int(m / 100) for m in _STEPS_M if len(bins) * 100 / m <= _MOST_BARS),
        _STEPS_M[-1] // 100,
    )
    group = np.arange(len(bins)) // (factor if size >= 99 else 1)
    joined = bins.groupby(group).agg(
        low=("from_chain_m", "first"),
        high=("to_chain_m", "last"),
        stake=("from_stake_m", "first"),
        **{name: (name, "sum") for name in SEVERITIES},
    )
    km_years = (joined["high"] - joined["low"]) / 1000 * years
    parts, bottom = [], pd.Series(0.0, index=joined.index)
    for name in SEVERITIES:
        top = bottom + joined[name] / km_years
        part = joined.assign(bottom=bottom, top=top)[joined[name] > 0]
        parts.append(
            part.assign(
                part="bar",
                colour=SEVERITY_COLOURS[name],
                name=label("road_severity", name),
                place=_places(part["stake"], part["low"]),
                value=[t("strip.count", count=int(n)) for n in part[name]],
            )
        )
        bottom = top
    return pd.concat(parts, ignore_index=True)


def _lines(bins: pd.DataFrame) -> pd.DataFrame:
    middle = (bins["from_chain_m"] + bins["to_chain_m"]) / 2
    parts = [
        pd.DataFrame({"part": name, "low": middle, "top": bins[name]})
        for name in ("predicted", "expected")
    ]
    return pd.concat(parts, ignore_index=True).dropna(subset=["top"])


def _fatal(accidents: pd.DataFrame, bars: pd.DataFrame) -> pd.DataFrame:
    """Fatal accidents, on top of the bar they are in."""
    own = accidents[accidents["severity"] == "fatal"]
    tops = bars.groupby(["low", "high"])["top"].max().reset_index() if len(bars) else bars
    at = np.searchsorted(tops["low"].to_numpy(dtype=float), own["chain_m"], side="right") - 1
    height = tops["top"].to_numpy(dtype=float)[np.maximum(at, 0)] if len(own) else []
    days = pd.to_datetime(own["day"], unit="D").dt.strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "part": "fatal",
            "low": own["chain_m"].to_numpy(),
            "top": height,
            "colour": SEVERITY_COLOURS["fatal"],
            "name": [f"{label('road_severity', 'fatal')} {day}" for day in days],
            "place": _places(own["stake_m"], own["chain_m"]),
            "value": [
                t("roads.harm", deaths=dead, injured=hurt)
                for dead, hurt in zip(own["deaths"], own["injured"], strict=True)
            ],
        }
    )


def _sections(items: pd.DataFrame, lane: tuple[float, float]) -> pd.DataFrame:
    own = items[items["peak_expected"].notna() | (items["rules"].map(len) > 0)]
    records = own.to_dict("records")
    return _lane(
        own["chain_from_m"],
        own["chain_to_m"],
        lane,
        colour=[rank_colour(item) for item in records],
        name=[
            t("strip.section", rank=int(item["rank"])) if pd.notna(item["rank"]) else ""
            for item in records
        ],
        place=_places(own["stake_from_m"], own["chain_from_m"]),
        value=[status_word(item["status"]) for item in records],
    )


def _hazards(hazards: pd.DataFrame, lane: tuple[float, float]) -> pd.DataFrame:
    return _lane(
        hazards["chain_from_m"],
        hazards["chain_to_m"],
        lane,
        colour=[status_colour(status) for status in hazards["status"]],
        name=hazards["name"].fillna("").tolist(),
        place=_places(hazards["stake_from_m"], hazards["chain_from_m"]),
        value=[status_word(status) for status in hazards["status"]],
    )


def _works(works: pd.DataFrame, lane: tuple[float, float]) -> pd.DataFrame:
    days = pd.to_datetime(works["done_on"])
    return _lane(
        works["chain_from_m"],
        works["chain_to_m"],
        lane,
        colour=[PEERS if pd.isna(day) else WORKS for day in days],
        name=[label("measure_kind", kind) for kind in works["measure_kind"]],
        place=_places(works["chain_from_m"] * np.nan, works["chain_from_m"]),
        value=[
            t("strip.planned") if pd.isna(day) else t("strip.done", day=f"{day:%Y-%m-%d}")
            for day in days
        ],
    )


def _lane(
    low: pd.Series, high: pd.Series, lane: tuple[float, float], **columns: list[str]
) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"part": "lane", "low": low.to_numpy(dtype=float), "high": high.to_numpy(dtype=float)}
    )
    return frame.assign(bottom=lane[0], top=lane[1], **columns).dropna(subset=["low", "high"])


def _open(selected: tuple[float, float] | None, tallest: float) -> pd.DataFrame:
    if selected is None:
        return pd.DataFrame(columns=ROWS.names)
    box = {"part": "open", "bottom": FLOOR * tallest, "top": 1.06 * tallest}
    return pd.DataFrame([{**box, "low": selected[0], "high": selected[1]}])


def _places(stakes: pd.Series, chains: pd.Series) -> list[str]:
    return [
        t("roads.from_start", metres=f"{chain:,.0f}") if pd.isna(at) else stake_text(at)
        for at, chain in zip(stakes, chains, strict=True)
    ]


def strip_ticks(bins: pd.DataFrame) -> list[tuple[float, str]]:
    """Chains and words of round stakes; where stakes jump, the signs do too."""
    chain = bins["from_chain_m"].to_numpy(dtype=float)
    stakes = bins["from_stake_m"].to_numpy(dtype=float)
    length = float(bins["to_chain_m"].max()) if len(bins) else 0.0
    step = next((m for m in _TICKS_M if length / m <= _MOST_TICKS), _TICKS_M[-1])
    if not len(bins) or np.isnan(stakes).all():
        return [(at, f"{at:,.0f} m") for at in np.arange(0.0, length + 1, step).tolist()]
    whole = np.floor(stakes / step)
    turns = np.flatnonzero(np.diff(whole) != 0)
    found = [(float(chain[0]), stake_text(stakes[0]))] if whole[0] * step == stakes[0] else []
    for at in turns[np.abs(np.diff(stakes))[turns] <= 2 * step]:
        mark = max(whole[at], whole[at + 1]) * step
        share = (mark - stakes[at]) / (stakes[at + 1] - stakes[at])
        found.append((float(chain[at] + share * (chain[at + 1] - chain[at])), stake_text(mark)))
    return found

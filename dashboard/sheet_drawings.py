"""The two drawings of a section sheet: where it is, and what lies along it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import withStroke

from dashboard.i18n import t
from data.derived.sections_strip import SEVERITIES
from data.region import RegionPack
from geo.road_events import stake_text

INK, MUTED = "#1F2933", "#6B7785"
COLOURS = {"fatal": "#B2182B", "injury": "#EF8A62", "damage": "#9AA5B1"}
SIZES = {"fatal": 34, "injury": 16, "damage": 6}
SECTION = "#D4262C"
EXPECTED, PEERS = "#1B5E9B", "#7FA8CF"
ASPECT = 0.50 * 8.27 / (0.225 * 11.69)
_LEAST_SPAN_M = 900.0
_AROUND_M = 3_000.0


def draw_map(
    axes: Axes,
    region: RegionPack,
    section: shapely.LineString,
    accidents: pd.DataFrame,
    font: FontProperties,
) -> None:
    """The section among the roads around it, with its accidents, north up.

    Parameters
    ----------
    section
        EPSG:4326.
    accidents
        ``lon, lat, severity``.
    """
    crs = region.metric_crs
    line = gpd.GeoSeries([section], crs=4326).to_crs(crs).iloc[0]
    box = _view(line)
    roads = region.roads.to_crs(crs)
    roads = roads[roads.intersects(box)]
    axes.set_facecolor("#F5F6F8")
    paths = [
        shapely.get_coordinates(part) for part in shapely.get_parts(roads.geometry.to_numpy())
    ]
    axes.add_collection(LineCollection(paths, colors="#B8C0CA", linewidths=1.6, zorder=1))
    axes.add_collection(
        LineCollection(
            [shapely.get_coordinates(line)],
            colors=SECTION,
            linewidths=4.5,
            alpha=0.55,
            zorder=2,
        )
    )
    points = gpd.GeoSeries.from_xy(accidents["lon"], accidents["lat"], crs=4326).to_crs(crs)
    for severity in reversed(SEVERITIES):
        own = (accidents["severity"] == severity).to_numpy()
        axes.scatter(
            points.x[own], points.y[own], s=SIZES[severity], c=COLOURS[severity],
            edgecolors="white", linewidths=0.4, zorder=3, label=f"{_word(severity)} {own.sum()}",
        )  # fmt: skip
    west, south, east, north = box.bounds
    _name_roads(axes, roads, box, font)
    _scale(axes, box, font)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color("#CBD2D9")
    axes.legend(loc="upper right", prop=_small(font), framealpha=0.9, edgecolor="#CBD2D9")


def draw_strip(
    axes: Axes,
    parts: Mapping[str, pd.DataFrame],
    section: Mapping[str, Any],
    font: FontProperties,
) -> None:
    """Accidents per 100 m by severity, expected density over them, the section shaded.

    Parameters
    ----------
    parts
        Of :func:`data.derived.sections_strip.strip`.
    """
    bins = parts["bins"]
    low, high = section["chain_from_m"], section["chain_to_m"]
    around = max(_AROUND_M, high - low)
    bins = bins[(bins["to_chain_m"] > low - around) & (bins["from_chain_m"] < high + around)]
    start = bins["from_chain_m"].to_numpy()
    width = (bins["to_chain_m"] - bins["from_chain_m"]).to_numpy()
    axes.axvspan(low, high, color=SECTION, alpha=0.12, linewidth=0)
    base = np.zeros(len(bins))
    for severity in SEVERITIES:
        height = bins[severity].to_numpy(dtype=float)
        axes.bar(
            start, height, width, bottom=base, align="edge", color=COLOURS[severity],
            edgecolor="white", linewidth=0.3, label=_word(severity),
        )  # fmt: skip
        base += height
    axes.set_xlim(start[0], start[-1] + width[-1])
    axes.set_ylim(0, max(base.max() * 1.15, 1))
    _stakes(axes, bins)
    handles, words = axes.get_legend_handles_labels()
    if bins["expected"].notna().any():
        density = axes.twinx()
        middle = start + width / 2
        density.plot(
            middle,
            bins["expected"],
            color=EXPECTED,
            linewidth=1.3,
            label=t("paper.strip_expected"),
        )
        density.plot(
            middle,
            bins["predicted"],
            color=PEERS,
            linewidth=1.1,
            linestyle="--",
            label=t("paper.strip_peers"),
        )
        density.set_ylim(0)
        _plain(density, font, EXPECTED)
        more, names = density.get_legend_handles_labels()
        handles, words = handles + more, words + names
    _plain(axes, font, INK)
    axes.legend(
        handles,
        words,
        loc="upper right",
        prop=_small(font),
        ncols=5,
        frameon=False,
        bbox_to_anchor=(1.03, 1.18),
    )


def _view(line: shapely.LineString) -> shapely.Polygon:
    """Box of the shape of the drawing around a line."""
    west, south, east, north = line.bounds
    height = max(north - south, (east - west) / ASPECT, _LEAST_SPAN_M) * 1.35
    x, y = (west + east) / 2, (south + north) / 2
    half = height * ASPECT / 2
    return shapely.box(x - half, y - height / 2, x + half, y + height / 2)


def _name_roads(
    axes: Axes, roads: gpd.GeoDataFrame, box: shapely.Polygon, font: FontProperties
) -> None:
    small = _small(font)
    for name, line in zip(roads["name"], roads.geometry, strict=True):
        part = shapely.intersection(line, box)
        if part.length < box.length / 12:
            continue
        longest = max(shapely.get_parts(part), key=lambda piece: piece.length)
        at = longest.interpolate(0.22, normalized=True)
        axes.text(
            at.x, at.y, name, fontproperties=small, color=MUTED, ha="center", va="center",
            zorder=4, parse_math=False, clip_on=True,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )  # fmt: skip


def _scale(axes: Axes, box: shapely.Polygon, font: FontProperties) -> None:
    west, south, east, north = box.bounds
    fifth = (east - west) / 5
    magnitude = 10 ** np.floor(np.log10(fifth))
    length = magnitude * max(step for step in (1, 2, 5) if step * magnitude <= fifth)
    x, y = west + 0.03 * (east - west), south + 0.05 * (north - south)
    axes.plot([x, x + length], [y, y], color=INK, linewidth=2, zorder=5)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.text(
        x + length / 2, y + 0.02 * (north - south), text, fontproperties=_small(font),
        color=INK, ha="center", zorder=5,
    )  # fmt: skip


def _stakes(axes: Axes, bins: pd.DataFrame) -> None:
    """Round distances along the route, named by their stakes where it has any."""
    span = bins["to_chain_m"].iloc[-1] - bins["from_chain_m"].iloc[0]
    step = next((s for s in (200, 500, 1000, 2000, 5000) if span / s <= 9), 10_000)
    stakes = bins["from_stake_m"].to_numpy(dtype=float)
    starts = bins["from_chain_m"].to_numpy(dtype=float)
    scale = stakes if np.isfinite(stakes).all() else starts
    # The bin that holds each round stake, and the stake's place in it.
    wanted = np.arange(np.ceil(scale.min() / step) * step, scale.max(), step)
    order = np.argsort(scale)
    at = np.interp(wanted, scale[order], starts[order])
    is_staked = scale is stakes
    axes.set_xticks(at)
    axes.set_xticklabels([stake_text(s) if is_staked else f"{s:,.0f} m" for s in wanted])


def _plain(axes: Axes, font: FontProperties, colour: str) -> None:
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        text.set_fontproperties(_small(font))
        text.set_color(colour)
        text.set_parse_math(False)
    axes.tick_params(length=2, color="#CBD2D9")
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=5)
    for name, side in axes.spines.items():
        side.set_visible(name == "bottom")
        side.set_color("#CBD2D9")


def _word(severity: str) -> str:
    return {
        "fatal": t("paper.word_fatal"),
        "injury": t("paper.word_injury"),
        "damage": t("paper.word_damage"),
    }[severity]


def _small(font: FontProperties) -> FontProperties:
    small = font.copy()
    small.set_size(7)
    return small

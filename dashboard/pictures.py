"""A result as one static picture: map, legend and every fact that belongs to it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from dashboard.i18n import label, language, localized, t
from dashboard.palette import (
    CLUSTER_COLOURS,
    EMERGENCE_MARKS,
    MAP_THEMES,
    RISK_COLOURS,
    SPOT_COLOURS,
    ramp_hex,
)
from dashboard.result_words import (
    fact_words,
    parameter_words,
    result_marks,
    result_title,
    selection_words,
    verdict,
)
from data.derived.results import Result
from data.region import RegionPack
from geo.errors import SettingsError
from geo.evaluation import AREA_SHARES
from geo.grades import GRADES
from geo.selection import IncidentSelection

# Families that hold Chinese, as Linux, Windows and macOS name them; the first found is used.
FONT_FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Noto Serif CJK SC",
    "SimSun",
    "AR PL UMing CN",
)
SURE = 0.01  # q below which a spot is drawn strong
DENSITY_CLASSES = (0.0, 0.5, 0.75, 0.9, 0.97)  # shares of the cells where a class begins
MOST_NAMES = 60
SIZE_IN = (10.0, 8.2)
DPI = 150
HATCH = "////"
_THEME = MAP_THEMES["light"]


@dataclass(frozen=True, kw_only=True)
class Legend:
    """Classes of the cells: code → (label, colour), in the order of the legend."""

    title: str
    classes: Mapping[str, tuple[str, str]]
    hatched: frozenset[str] = frozenset()
    is_of_units: bool = False


def map_picture(
    result: Result,
    region: RegionPack,
    selection: IncidentSelection | None = None,
    *,
    measure: str = "spot",
) -> bytes:
    """PNG of the cells of a result over the units of its county.

    Of significant cells ``measure`` shows the hot and cold ones (``"spot"``) or clusters and
    outliers (``"cluster"``). Written without any state shared between threads, in the language of :mod:`dashboard.i18n`.

    Raises
    ------
    SettingsError
        When the method has no map, or no font with Chinese characters is installed.
    """
    if result.facts.method not in _LEGENDS:
        raise SettingsError(
            f"{result.facts.method} is a table and has no map; write a .csv file instead"
        )
    font = chinese_font()
    is_cluster = measure == "cluster" and result.facts.method == "significance"
    legend, codes = (_clusters if is_cluster else _LEGENDS[result.facts.method])(result)
    figure = Figure(figsize=SIZE_IN, dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.15, 0.76, 0.74))
    units = region.units.to_crs(region.metric_crs)
    _draw_units(axes, units, font)
    _draw_cells(axes, result.cells.to_crs(region.metric_crs), codes, legend)
    _draw_scale(axes, font)
    _draw_legend(axes, codes, legend, font)
    _write_words(figure, result, region, selection, font)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def chinese_font() -> FontProperties:
    """The first installed family of :data:`FONT_FAMILIES`.

    Raises
    ------
    SettingsError
        When none is installed.
    """
    installed = {font.name for font in font_manager.fontManager.ttflist}
    for family in FONT_FAMILIES:
        if family in installed:
            return FontProperties(family=family)
    raise SettingsError(
        "no font with Chinese characters is installed; install fonts-noto-cjk "
        "(or fonts-wqy-microhei), or write .geojson instead"
    )


def _significance(result: Result) -> tuple[Legend, np.ndarray]:
    spot = result.cells["spot"].astype(str).to_numpy(dtype=object)
    q = result.cells[["q_high", "q_low"]].min(axis=1).to_numpy(dtype=float)
    codes = np.where((q <= SURE) & (spot != "none"), spot + "_sure", spot)
    classes = {code: (label("spot", code), colour) for code, colour in SPOT_COLOURS.items()}
    return Legend(title=label("result_method", "significance"), classes=classes), codes


def _clusters(result: Result) -> tuple[Legend, np.ndarray]:
    classes = {
        code: (label("cluster", code), colour) for code, colour in CLUSTER_COLOURS.items()
    }
    codes = result.cells["cluster"].astype(str).to_numpy(dtype=object)
    return Legend(title=label("measure", "cluster"), classes=classes), codes


def _emerging(result: Result) -> tuple[Legend, np.ndarray]:
    classes = {
        code: (f"{sign} {label('emergence', code)}", colour)
        for code, (sign, colour) in EMERGENCE_MARKS.items()
    }
    codes = result.cells["emergence"].astype(str).to_numpy(dtype=object)
    return Legend(title=label("result_method", "emerging"), classes=classes), codes


def _forecast(result: Result) -> tuple[Legend, np.ndarray]:
    colours = ramp_hex("light", len(AREA_SHARES))[::-1]
    classes = {
        f"{share:g}": (t("result.band", share=f"{100 * share:g}"), colour)
        for share, colour in zip(AREA_SHARES, colours, strict=True)
    }
    codes = np.array([f"{band:g}" for band in result.cells["band"]], dtype=object)
    return Legend(title=t("result.bands"), classes=classes), codes


def _concentration(result: Result) -> tuple[Legend, np.ndarray]:
    colour = ramp_hex("light", len(AREA_SHARES))[-2]
    codes = np.full(len(result.cells), "half", dtype=object)
    title = label("result_method", "concentration")
    return Legend(title=title, classes={"half": (t("result.half"), colour)}), codes


def _density(result: Result) -> tuple[Legend, np.ndarray]:
    values = result.cells["density"].to_numpy(dtype=float)
    per_people = result.facts.parameters["per_people"] is not None
    title = t("result.per_people") if per_people else t("result.per_km2")
    if not len(values):
        return Legend(title=title, classes={}), np.empty(0, dtype=object)
    breaks = np.quantile(values, DENSITY_CLASSES)
    place = np.searchsorted(breaks, values, side="right") - 1
    # Every other shade: the lowest class, half of the cells, stays pale.
    colours = ramp_hex("light", 2 * len(breaks))[::2]
    texts = [f"< {breaks[1]:,.3g}", *(f"≥ {value:,.3g}" for value in breaks[1:])]
    classes = {str(i): (texts[i], colours[i]) for i in range(len(breaks) - 1, -1, -1)}
    return Legend(title=title, classes=classes), place.astype(str).astype(object)


def _index(result: Result) -> tuple[Legend, np.ndarray]:
    """A class per colour, and one per colour that is not sure."""
    classes: dict[str, tuple[str, str]] = {}
    for grade in reversed(GRADES):
        name = label("risk_grade", grade)
        classes[grade] = (name, RISK_COLOURS[grade])
        classes[f"{grade}_unsure"] = (t("index.unsure", grade=name), RISK_COLOURS[grade])
    codes = result.cells["grade"] + np.where(result.cells["is_unsure"], "_unsure", "")
    hatched = frozenset(f"{grade}_unsure" for grade in GRADES)
    title = label("result_method", "index")
    legend = Legend(title=title, classes=classes, hatched=hatched, is_of_units=True)
    return legend, codes.to_numpy(dtype=object)


_LEGENDS = {
    "index": _index,
    "significance": _significance,
    "emerging": _emerging,
    "forecast": _forecast,
    "concentration": _concentration,
    "density": _density,
}


def _draw_units(axes: Axes, units: gpd.GeoDataFrame, font: FontProperties) -> None:
    west, south, east, north = units.total_bounds
    margin = 0.03 * max(east - west, north - south)
    axes.set_xlim(west - margin, east + margin)
    axes.set_ylim(south - margin, north + margin)
    axes.set_aspect("equal")
    axes.set_axis_off()
    rings = _rings(units.geometry.to_numpy())
    axes.add_collection(PolyCollection(rings, facecolors=_THEME.county, zorder=1))
    axes.add_collection(
        PolyCollection(
            rings, facecolors="none", edgecolors=_THEME.county_border, linewidths=0.6, zorder=3
        )
    )
    if len(units) > MOST_NAMES:
        return
    names = units["name"]
    if language() == "en":
        names = units["name_en"].where(units["name_en"].fillna("") != "", names)
    for point, name in zip(units.geometry.representative_point(), names, strict=True):
        axes.text(
            point.x,
            point.y,
            name,
            fontproperties=font,
            fontsize=7,
            color=_THEME.text,
            ha="center",
            va="center",
            zorder=4,
            parse_math=False,
            path_effects=[withStroke(linewidth=1.8, foreground=_THEME.halo)],
        )


def _draw_cells(axes: Axes, cells: gpd.GeoDataFrame, codes: np.ndarray, legend: Legend) -> None:
    for code, (_, colour) in legend.classes.items():
        chosen = cells.geometry.to_numpy()[codes == code]
        axes.add_collection(
            PolyCollection(
                _rings(chosen),
                facecolors=colour,
                edgecolors="white",
                linewidths=0.15,
                hatch=HATCH if code in legend.hatched else None,
                zorder=2,
            )
        )


def _draw_scale(axes: Axes, font: FontProperties) -> None:
    """A bar of a round length, about a fifth of the map."""
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    fifth = (east - west) / 5
    magnitude = 10 ** np.floor(np.log10(fifth))
    length = magnitude * max(step for step in (1, 2, 5) if step * magnitude <= fifth)
    x, y = west + 0.02 * (east - west), south + 0.02 * (north - south)
    axes.plot([x, x + length], [y, y], color=_THEME.text, linewidth=2.5, zorder=5)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.text(
        x + length / 2,
        y + 0.012 * (north - south),
        text,
        fontproperties=font,
        fontsize=8,
        color=_THEME.text,
        ha="center",
        zorder=5,
    )


def _draw_legend(axes: Axes, codes: np.ndarray, legend: Legend, font: FontProperties) -> None:
    patches = [
        Patch(
            facecolor=colour,
            edgecolor="white" if code in legend.hatched else "#888888",
            hatch=HATCH if code in legend.hatched else None,
            linewidth=0.4,
            label=_counted(legend, text, np.count_nonzero(codes == code)),
        )
        for code, (text, colour) in legend.classes.items()
        if (codes == code).any()
    ]
    if not patches:
        patches = [Patch(facecolor="none", edgecolor="none", label=t("result.nothing"))]
    small = font.copy()
    small.set_size(9)
    drawn = axes.legend(
        handles=patches,
        title=legend.title,
        prop=small,
        title_fontproperties=small,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        alignment="left",
    )
    for text in drawn.get_texts():
        text.set_parse_math(False)


def _counted(legend: Legend, name: str, count: int) -> str:
    number = f"{count:,}"
    if legend.is_of_units:
        return t("legend.unit_count", name=name, count=number)
    return t("legend.cells", name=name, count=number)


def _write_words(
    figure: Figure,
    result: Result,
    region: RegionPack,
    selection: IncidentSelection | None,
    font: FontProperties,
) -> None:
    facts = result.facts
    words = [*selection_words(selection, region), *parameter_words(facts.parameters)]
    lines = [_wrapped(words), _wrapped(fact_words(facts))]
    if facts.method == "forecast":
        lines.append(verdict(result))
        lines.append(t("result.places_only"))
    write = {"fontproperties": font, "color": _THEME.text, "parse_math": False}
    figure.text(0.03, 0.945, result_title(facts, region), fontsize=17, **write)
    marks = " · ".join(result_marks(facts, region))
    if marks:
        figure.text(
            0.97,
            0.95,
            marks,
            fontproperties=font,
            fontsize=12,
            color="white",
            ha="right",
            parse_math=False,
            bbox={"facecolor": "#B2182B", "edgecolor": "none", "boxstyle": "round,pad=0.35"},
        )
    figure.text(0.03, 0.142, "\n".join(lines), fontsize=8.5, va="top", linespacing=1.4, **write)
    figure.text(
        0.97,
        0.012,
        localized({"zh": "平安一张图", "en": "Ping'an Atlas"}),
        fontsize=8,
        ha="right",
        **write,
    )


def _wrapped(words: list[str], *, width: int = 128) -> str:
    """Words joined by dots, broken between them; a Chinese character is two wide."""
    lines, used = [[]], 0
    for word in words:
        size = sum(2 if ord(sign) > 0x2E80 else 1 for sign in word) + 3
        if used + size > width and lines[-1]:
            lines.append([])
            used = 0
        lines[-1].append(word)
        used += size
    return "\n".join(" · ".join(line) for line in lines)


def _rings(polygons: np.ndarray) -> list[np.ndarray]:
    """Outer rings of all parts as (points, 2) arrays."""
    parts = shapely.get_parts(polygons)
    return [shapely.get_coordinates(ring) for ring in shapely.get_exterior_ring(parts)]

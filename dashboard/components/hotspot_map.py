"""The hot-spot map: what each method draws, its legend, and the numbers of a clicked cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from dashboard.analysis import surface_of
from dashboard.components import markup
from dashboard.components.atlas_map import show_map
from dashboard.components.layers import Drawing
from dashboard.escape import for_html
from dashboard.frame import Frame
from dashboard.hotspot_state import HotspotView, change_hotspots
from dashboard.i18n import label, language, t
from dashboard.lru import ByteLru
from dashboard.maps.cells import CellClass, cell_keys, cells_layer, cells_text
from dashboard.maps.elements import Bounds
from dashboard.maps.layers import surface_layer, units_layer
from dashboard.maps.legend import Swatch, heat_legend, swatch_legend
from dashboard.maps.offline import clicked
from dashboard.palette import CLUSTER_COLOURS, EMERGENCE_MARKS, SPOT_COLOURS, ramp_hex
from data.derived.results import Result
from geo.evaluation import AREA_SHARES
from geo.selection import IncidentSelection

SURE = 0.01  # q below which a spot is drawn strong
PRESSING = 0.01  # share of the area that is framed of a forecast
_LAST_CLICK, _FIT = "hotspot_click", "hotspot_fit"
_MARGIN = 0.005  # degrees
_drawn: ByteLru[tuple[str, str]] = ByteLru(8 << 20, lambda texts: sum(map(len, texts)))

Rows = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class _Look:
    """How a method draws its cells.

    ``classify`` gives each cell's class code ("" leaves it out), ``classes`` how each code
    looks, ``rows`` the numbers of one cell, ``notes`` those that fit into a tooltip.
    """

    title: str
    note: str
    classify: Callable[[gpd.GeoDataFrame], np.ndarray]
    classes: dict[str, CellClass]
    rows: Callable[[pd.Series], Rows]
    notes: Callable[[gpd.GeoDataFrame], list[str]]


def draw_surface(frame: Frame, selection: IncidentSelection, view: HotspotView) -> Drawing:
    """Units, and the density as tiles."""
    surface, bandwidth_m = surface_of(view), float(view.bandwidth_m)
    layer = surface_layer(frame, selection, "light", bandwidth_m=bandwidth_m, surface=surface)
    title = t("legend.rate") if surface.per_people else t("legend.density")
    legend = heat_legend(
        frame,
        "light",
        bandwidth_m=bandwidth_m,
        surface=surface,
        title=title,
        note=t("legend.heat_scale"),
    )
    return Drawing([units_layer(frame), layer], [legend])


def draw_cells(
    frame: Frame, selection: IncidentSelection, view: HotspotView, result: Result
) -> Drawing:
    """Units, and the cells of ``result`` by class."""
    # Neither the panel nor the open cell changes what is drawn.
    shown = replace(view, panel="week", cell=None)
    key = (frame.region.digest, frame.version, selection, shown, language())
    text, legend = _drawn.get(key, lambda: _texts(view, result))
    layers = [units_layer(frame), cells_layer(frame, text, shown=len(result.cells))]
    return Drawing(layers, [legend] if legend else [])


def hotspot_map(frame: Frame, drawing: Drawing, height_px: int) -> None:
    """Draw the map; a new click on a cell opens its numbers."""
    result = show_map(
        frame,
        drawing,
        key="hotspot_map",
        theme="light",
        height_px=height_px,
        fit=st.session_state.get(_FIT),
    )
    click = clicked(result)
    if click != st.session_state.get(_LAST_CLICK):
        st.session_state[_LAST_CLICK] = click
        if click is not None:
            change_hotspots(cell=click.key if click.kind == "cell" else None)


def zoom_buttons(frame: Frame, result: Result) -> None:
    """Frame the cells, which are small in the whole county, or the county again."""
    cells = result.cells
    if "band" in cells:
        cells = cells[cells["band"] <= PRESSING]
    west, south, east, north = cells.total_bounds.tolist()
    around = (west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN)
    st.button(t("hotspots.zoom_in"), on_click=_frame, args=(around,), key="hotspot_zoom_in")
    st.button(
        t("hotspots.zoom_out"),
        on_click=_frame,
        args=(frame.region.bounds,),
        key="hotspot_zoom_out",
    )


def _frame(bounds: Bounds) -> None:
    # The map moves when its frame is another one: a hair's breadth makes it so each time.
    turns = st.session_state["hotspot_turns"] = st.session_state.get("hotspot_turns", 0) + 1
    st.session_state[_FIT] = (bounds[0] + 1e-9 * turns, *bounds[1:])


def cell_card(view: HotspotView, result: Result) -> None:
    """Numbers of the open cell, or a word on how to open one."""
    cells = result.cells
    keys = cell_keys(cells) if view.cell else []
    if view.cell not in keys:
        title, body = (
            t("cell.heading"),
            f'<div class="pa-quiet">{for_html(t("cell.prompt"))}</div>',
        )
    else:
        cell = cells.iloc[keys.index(view.cell)]
        look = _LOOKS[view.method](view)
        code = str(look.classify(cells.iloc[[keys.index(view.cell)]])[0])
        title = look.classes[code].label if code else t("cell.heading")
        rows = [*look.rows(cell), (t("record.coordinates"), view.cell.replace(",", ", "))]
        body = "".join(
            f"<dt>{for_html(name)}</dt><dd>{for_html(value)}</dd>" for name, value in rows
        )
        body = f"<dl>{body}</dl>"
    markup.show(f'<div class="pa-card pa-record"><h4>{for_html(title)}</h4>{body}</div>')


def _texts(view: HotspotView, result: Result) -> tuple[str, str]:
    """JSON for the map and the legend; the legend names what occurs, with its number."""
    look = _LOOKS[view.method](view)
    codes = look.classify(result.cells)
    cells, codes = result.cells[codes != ""], codes[codes != ""]
    present = [code for code in look.classes if (codes == code).any()]
    classes = [look.classes[code] for code in present]
    places = {code: place for place, code in enumerate(present)}
    text = cells_text(
        cells, classes=classes, of=[places[code] for code in codes], notes=look.notes(cells)
    )
    swatches = [
        Swatch(
            colour=style.colour,
            shape="square",
            label=t(
                "legend.cells",
                name=f"{style.label} {style.sign}".strip(),
                count=f"{np.count_nonzero(codes == code):,}",
            ),
        )
        for code, style in zip(present, classes, strict=True)
    ]
    return text, swatch_legend(look.title, swatches, note=look.note) if swatches else ""


# ---- what each method shows ---------------------------------------------------------------


def _significance(view: HotspotView) -> _Look:
    is_cluster = view.measure == "cluster"

    def classify(cells: gpd.GeoDataFrame) -> np.ndarray:
        if is_cluster:
            codes = cells["cluster"].to_numpy(dtype=object)
        else:
            spot = cells["spot"].to_numpy(dtype=object)
            codes = np.where(_q(cells) <= SURE, spot + "_sure", spot)
        return np.where(np.isin(codes, ("none", "none_sure")), "", codes)

    def rows(cell: pd.Series) -> Rows:
        return [
            (t("cell.value"), f"{cell['value']:,.0f}"),
            (t("cell.around"), f"{cell['around']:,.0f}"),
            (t("cell.gi_star"), f"{cell['gi_star']:.2f}"),
            (t("cell.local_moran"), f"{cell['local_moran']:.2f}"),
            (t("cell.p"), _small(min(cell["p_high"], cell["p_low"]))),
            (t("cell.q"), _small(min(cell["q_high"], cell["q_low"]))),
            (t("cell.cluster"), label("cluster", cell["cluster"])),
        ]

    def notes(cells: gpd.GeoDataFrame) -> list[str]:
        return [
            t("cell.note_spot", count=f"{count:,.0f}", z=f"{z:.1f}", q=_small(q))
            for count, z, q in zip(cells["value"], cells["gi_star"], _q(cells), strict=True)
        ]

    note = t("legend.note_cluster") if is_cluster else t("legend.note_spot")
    colours, group = (CLUSTER_COLOURS, "cluster") if is_cluster else (SPOT_COLOURS, "spot")
    return _Look(
        title=label("measure", view.measure),
        note=note,
        classify=classify,
        classes=_classes(group, {code: ("", colour) for code, colour in colours.items()}),
        rows=rows,
        notes=notes,
    )


def _emerging(_: HotspotView) -> _Look:
    def rows(cell: pd.Series) -> Rows:
        return [
            (t("cell.meaning"), label("emergence_text", str(cell["emergence"]).split("_")[0])),
            (t("cell.value"), f"{cell['events']:,.0f}"),
            (t("cell.hot_steps"), f"{cell['hot_steps']:,.0f}"),
            (t("cell.cold_steps"), f"{cell['cold_steps']:,.0f}"),
            (t("cell.trend_z"), f"{cell['trend_z']:+.2f}"),
            (t("cell.p"), _small(cell["trend_p"])),
        ]

    def notes(cells: gpd.GeoDataFrame) -> list[str]:
        return [
            t("cell.note_emerging", count=f"{count:,.0f}", hot=hot, z=f"{z:+.1f}")
            for count, hot, z in zip(
                cells["events"], cells["hot_steps"], cells["trend_z"], strict=True
            )
        ]

    return _Look(
        title=t("legend.emerging"),
        note=t("legend.note_emerging"),
        classify=lambda cells: cells["emergence"].astype(str).to_numpy(dtype=object),
        classes=_classes("emergence", EMERGENCE_MARKS),
        rows=rows,
        notes=notes,
    )


def _forecast(view: HotspotView) -> _Look:
    ramp = ramp_hex("light", len(AREA_SHARES))[::-1]
    classes = {
        f"{band:g}": CellClass(label=t("legend.band", share=_share(band)), colour=colour)
        for band, colour in zip(AREA_SHARES, ramp, strict=True)
    }

    def rows(cell: pd.Series) -> Rows:
        expected = t("cell.harm") if view.is_harm_weighted else t("cell.expected")
        return [
            (expected, f"{cell['expected']:.3g}"),
            (t("cell.rank"), f"{cell['rank']:,.0f}"),
            (t("cell.band"), _share(cell["band"])),
        ]

    def notes(cells: gpd.GeoDataFrame) -> list[str]:
        return [
            t("cell.note_forecast", expected=f"{expected:.2g}", rank=f"{rank:,.0f}")
            for expected, rank in zip(cells["expected"], cells["rank"], strict=True)
        ]

    return _Look(
        title=t("legend.forecast"),
        note=t("legend.note_forecast"),
        classify=lambda cells: np.array([f"{band:g}" for band in cells["band"]], dtype=object),
        classes=classes,
        rows=rows,
        notes=notes,
    )


_LOOKS: dict[str, Callable[[HotspotView], _Look]] = {
    "significance": _significance,
    "emerging": _emerging,
    "forecast": _forecast,
}


def _classes(group: str, marks: dict[str, tuple[str, str]]) -> dict[str, CellClass]:
    return {
        code: CellClass(label=label(group, code), colour=colour, sign=sign)
        for code, (sign, colour) in marks.items()
    }


def _q(cells: gpd.GeoDataFrame) -> np.ndarray:
    return cells[["q_high", "q_low"]].min(axis=1).to_numpy(dtype=float)


def _share(share: float) -> str:
    return f"{100 * share:g} %"


def _small(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"

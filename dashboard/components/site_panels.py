"""Mines and other key sites: what is urgent, the merger, hazards by township, neighbours, cameras."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.components.site_map import findings, mine_map, place_map
from dashboard.components.site_tables import (
    chip,
    number,
    percent,
    show_tiles,
    table,
    text,
    tile,
)
from dashboard.frame import Frame
from dashboard.i18n import label, language, t
from dashboard.queries import unit_names
from dashboard.site_queries import URGENCY, mines_by_urgency, places_by_urgency
from dashboard.site_state import SiteView
from data.derived.sites import SiteBoard

_FINDING_COLOURS = {
    "hazard_overdue": "red",
    "hazard_open": "orange",
    "not_visited": "yellow",
    "watched": "blue",
}
MOST = 300


def mines_panel(frame: Frame, view: SiteView, found: SiteBoard) -> None:
    """Tiles, map and table of the mines, then the merger."""
    mines = mines_by_urgency(found, view.sector)
    names = unit_names(frame, language())
    counts = mines["state"].value_counts()
    alarms = ("covert", "revived")
    show_tiles(
        tile(
            label("mine_state", code),
            f"{counts[code]:,}",
            t("sites.of_mines", number=len(mines)),
            is_alarm=code in alarms,
        )
        for code in URGENCY
        if code in counts
    )
    if mines.empty:
        st.info(t("sites.no_mines"))
        return
    left, right = st.columns([1, 1.25], gap="small")
    with left:
        mine_map(frame, found, mines)
    with right:
        table(
            t("sites.by_urgency"),
            [t("site.state"), t("site.name"), t("site.unit"), t("sites.signs"),
             t("site.last_visit"), t("sites.hazards")],
            [
                [
                    chip(label("mine_state", mine["state"]), mine["colour"]),
                    text(mine["name"]),
                    text(names.get(str(mine["unit_code"]), "")),
                    text(_signs(mine)),
                    text(_day(mine["last_visit"])),
                    text(f"{mine['open_hazards']} / {mine['overdue_hazards']}"),
                ]
                for _, mine in mines.iterrows()
            ],
            numbers=(5,),
            height_px=500,
        )  # fmt: skip
    _merger(mines, names)


def places_panel(frame: Frame, view: SiteView, found: SiteBoard) -> None:
    """Tiles, map and table of the other sites; hazards by township; what lies near danger."""
    places, loop = places_by_urgency(found, view.sector), found.loop_units
    names, cameras = unit_names(frame, language()), found.cameras.iloc[0]
    late = found.inspections[found.inspections["is_overdue"].astype(bool)]
    open_, overdue = (int(loop[name].sum()) if len(loop) else 0 for name in ("open", "overdue"))
    show_tiles(
        [
            tile(t("sites.places"), f"{len(places):,}",
                 t("sites.not_visited", number=int(places["is_overdue"].sum()))),
            tile(t("sites.late_units"), f"{len(late):,}",
                 t("sites.of_units", number=len(found.inspections))
                 if len(found.inspections) else t("site.no_rhythm"), is_alarm=len(late) > 0),
            tile(t("sites.open"), f"{open_:,}", t("sites.overdue", number=overdue),
                 is_alarm=overdue > 0),
            tile(t("sites.networked"), percent(cameras["networked_share"]),
                 t("sites.cameras", number=int(cameras["cameras"]))),
            tile(t("sites.online"), percent(cameras["online_share"]), t("sites.of_networked")),
            tile(t("sites.covered"), percent(cameras["covered_share"]),
                 t("sites.cells", number=int(cameras["cells"]))),
        ]
    )  # fmt: skip
    if places.empty:
        st.info(t("sites.no_places"))
    else:
        left, right = st.columns([1, 1.25], gap="small")
        with left:
            place_map(frame, found, places)
        with right:
            _places(places, names)
    left, right = st.columns(2, gap="small")
    with left:
        _hazards(found, names)
    with right:
        _near(found)


def _places(places: pd.DataFrame, names: dict[str, str]) -> None:
    said = findings(places)
    table(
        t("sites.by_urgency_first", number=min(MOST, len(places)), of=len(places)),
        [t("sites.finding"), t("site.name"), t("site.kind"), t("site.unit"), t("site.grade"),
         t("site.last_visit"), t("sites.hazards")],
        [
            [
                chip(label("site_finding", said[key]), _FINDING_COLOURS[said[key]]),
                text(site["name"]),
                text(label("site_kind", site["site_kind"])),
                text(names.get(str(site["unit_code"]), "")),
                chip(label("risk_grade", site["lec_grade"]), site["lec_grade"])
                if isinstance(site["lec_grade"], str)
                else text(t("sites.not_graded")),
                text(_day(site["last_visit"])),
                text(f"{site['open_hazards']} / {site['overdue_hazards']}"),
            ]
            for key, site in places.head(MOST).iterrows()
        ],
        numbers=(6,),
        height_px=500,
    )  # fmt: skip


def _merger(mines: pd.DataFrame, names: dict[str, str]) -> None:
    staged = mines[mines["stage"].notna()]
    if staged.empty:
        st.caption(t("sites.no_merger"))
        return
    rows = []
    for stage, own in staged.groupby("stage", sort=False):
        left = own["days_left"].dropna()
        words = ""
        if len(left):
            days = int(left.iloc[0])
            words = (
                t("sites.days_left", days=days)
                if days >= 0
                else t("sites.days_over", days=-days)
            )
        places = own["unit_code"].map(lambda code: names.get(str(code), "")).value_counts()
        where = t("common.and").join(
            f"{name} {count}" for name, count in places.head(6).items()
        )
        rows.append(
            [text(label("merger", stage)), text(len(own)), text(number(own["capacity_kt"].sum())),
             text(words), text(where)]
        )  # fmt: skip
    heads = [t("sites.stage"), t("sites.mines"), t("sites.capacity_kt"), t("sites.deadline"),
             t("sites.where")]  # fmt: skip
    table(t("sites.merger"), heads, rows, numbers=(1, 2), height_px=240)


def _hazards(found: SiteBoard, names: dict[str, str]) -> None:
    loop = found.loop_units
    if loop.empty:
        st.info(t("sites.no_hazards"))
        return
    loop = loop.sort_values(["overdue", "open", "found"], ascending=False, kind="stable")
    table(
        t("sites.closed_loop"),
        [t("site.unit"), t("sites.found"), t("sites.closed"), t("sites.still_open"),
         t("sites.late"), t("sites.rectified"), t("sites.median_days")],
        [
            [text(names.get(str(code), code)), text(number(row["found"])),
             text(number(row["closed"])), text(number(row["open"])),
             text(number(row["overdue"])), text(percent(row["rectification"])),
             text(number(row["median_days"]))]
            for code, row in loop.iterrows()
        ],
        numbers=tuple(range(1, 7)),
        height_px=320,
    )  # fmt: skip


def _near(found: SiteBoard) -> None:
    near = found.near.sort_values("distance_m", kind="stable")
    if near.empty:
        st.info(t("sites.none_near"))
        return
    sites = found.sites
    table(
        t("sites.near", metres=f"{found.facts.parameters['within_m']:g}"),
        [t("site.name"), t("site.kind"), t("sites.neighbour"), t("sites.distance_m")],
        [
            [text(sites["name"][row["site_id"]]),
             text(label("site_kind", sites["site_kind"][row["site_id"]])),
             text(f"{label('near', row['target_kind'])} {row['target']}"),
             text(number(row["distance_m"]))]
            for _, row in near.head(MOST).iterrows()
        ],
        numbers=(3,),
        height_px=320,
    )  # fmt: skip


def _signs(mine: pd.Series) -> str:
    if not mine["readings"]:
        return t("sites.no_reading")
    if mine["has_activity"]:
        return t("sites.active", number=int(mine["readings"]))
    return t("sites.quiet", number=int(mine["readings"]))


def _day(value: object) -> str:
    return value.strftime("%Y-%m-%d") if isinstance(value, pd.Timestamp) else ""

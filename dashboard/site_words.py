"""Mines and key sites in words and tables, for screens and files alike."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from dashboard.export import write_workbook
from dashboard.i18n import label, localized, t
from dashboard.result_files import records
from dashboard.result_words import result_marks
from data.derived.sites import SiteBoard
from data.region import RegionPack

ALARMS: tuple[str, ...] = ("red", "orange")  # colours of mines that are named one by one
NAMED = 20


def board_text(board: SiteBoard, region: RegionPack) -> str:
    """The board as plain text: states of mines, alarms, rhythm, hazards, cameras."""
    facts, mines = board.facts, board.mines
    states = mines["state"].value_counts()
    alarms = mines[mines["colour"].isin(ALARMS)].sort_values(["colour", "name"])
    alarms = alarms.sort_values("colour", ascending=False, kind="stable")
    lines = [
        " · ".join(
            [
                f"{localized(dict(region.names))} · {t('site.board')} {facts.parameters['as_of']}",
                *result_marks(facts, region),
            ]
        ),
        t(
            "site.facts",
            sites=facts.events,
            outside=facts.outside,
            unread=facts.parameters["mines_without_reading"],
            ungraded=facts.parameters["lec_not_assessed"],
            version=facts.version,
        ),
        *(f"{label('mine_state', code)}: {number}" for code, number in states.items()),
        *(
            f"! {label('mine_state', mine['state'])} {mine['name']} {_unit(region, mine['unit_code'])}"
            for _, mine in alarms.head(NAMED).iterrows()
        ),
        *([t("site.more", number=len(alarms) - NAMED)] if len(alarms) > NAMED else []),
        *(
            t("site.merger", stage=label("merger", code), number=number)
            for code, number in mines["stage"].value_counts().items()
        ),
        *_rhythm_lines(board),
        t(
            "site.hazards",
            found=int(board.loop_units["found"].sum()),
            open=int(board.loop_units["open"].sum()),
            overdue=int(board.loop_units["overdue"].sum()),
        ),
        _camera_line(board),
    ]
    return "\n".join(lines)


def site_table(board: SiteBoard, region: RegionPack) -> pd.DataFrame:
    """Sites under words as headings; mines with their state."""
    sites = board.sites
    state = board.mines["state"].reindex(sites.index)
    return pd.DataFrame(
        {
            t("site.number"): sites.index,
            t("site.kind"): [label("site_kind", code) for code in sites["site_kind"]],
            t("site.name"): sites["name"],
            t("site.unit"): [_unit(region, code) for code in sites["unit_code"]],
            t("site.status"): sites["status"],
            t("site.state"): [
                label("mine_state", code) if isinstance(code, str) else "" for code in state
            ],
            t("site.grade"): [
                label("risk_grade", code) if isinstance(code, str) else ""
                for code in sites["lec_grade"]
            ],
            t("site.last_visit"): sites["last_visit"].dt.strftime("%Y-%m-%d").fillna(""),
            t("site.open_hazards"): sites["open_hazards"],
            t("site.overdue_hazards"): sites["overdue_hazards"],
        }
    )


def board_tables(board: SiteBoard) -> dict[str, pd.DataFrame]:
    """Every table of the board by name, with plain columns and days as text."""
    sites = pd.DataFrame(board.sites.drop(columns="geometry")).assign(
        lon=board.sites.geometry.x.round(6), lat=board.sites.geometry.y.round(6)
    )
    tables = {
        "sites": sites.reset_index(),
        "mines": board.mines.reset_index(),
        "inspections": board.inspections,
        "loop_units": board.loop_units.reset_index(),
        "loop_sites": board.loop_sites.reset_index(),
        "near": board.near,
        "cameras": board.cameras,
    }
    return {name: _with_days_as_text(table) for name, table in tables.items()}


def board_about(board: SiteBoard, region: RegionPack) -> dict[str, object]:
    """The facts of the board under fixed English names."""
    facts = board.facts
    return {
        "region": region.code,
        "method": facts.method,
        **facts.parameters,
        "sites": facts.events,
        "without_place": facts.outside,
        "too_coarse": facts.too_coarse,
        "data_version": facts.version,
        "is_demo": facts.is_demo,
        "mark": result_marks(facts, region),
    }


def board_record(board: SiteBoard, region: RegionPack) -> dict[str, object]:
    """Everything as JSON values."""
    tables = {name: records(table) for name, table in board_tables(board).items()}
    return {**board_about(board, region), **tables}


def board_workbook(board: SiteBoard, region: RegionPack) -> bytes:
    """A sheet for the sites in words, one per table, and the facts."""
    about = pd.DataFrame(list(board_about(board, region).items())).astype(str)
    tables = board_tables(board)
    del tables["sites"]
    first = {t("site.board"): site_table(board, region)}
    return write_workbook({**first, **tables, "about": about}, headless=("about",))


def site_record(board: SiteBoard, site_id: int) -> dict[str, object]:
    """All that the board says of one site, as JSON values."""
    tables = board_tables(board)
    record: dict[str, object] = {}
    for name in ("sites", "mines", "loop_sites"):
        table = tables[name]
        record |= {
            key: value
            for row in records(table[table["site_id"] == site_id])
            for key, value in row.items()
        }
    near = tables["near"]
    record["near"] = records(near[near["site_id"] == site_id])
    return record


def site_text(board: SiteBoard, region: RegionPack, site_id: int) -> str:
    """One site as lines of heading and value, and what lies near it."""
    own = board.sites.index == site_id
    table = site_table(replace(board, sites=board.sites[own]), region)
    lines = [f"{heading}: {value}" for heading, value in table.iloc[0].items()]
    if site_id in board.mines.index:
        mine = board.mines.loc[site_id]
        if isinstance(mine["stage"], str):
            lines.append(t("site.stage", stage=label("merger", mine["stage"])))
        lines.append(t("site.readings", readings=int(mine["readings"])))
    near = board.near[board.near["site_id"] == site_id]
    lines += [
        f"{label('near', place['target_kind'])} {place['target']}: {place['distance_m']:.0f} m"
        for _, place in near.iterrows()
    ]
    return "\n".join([*lines, *result_marks(board.facts, region)])


def _rhythm_lines(board: SiteBoard) -> list[str]:
    if board.inspections.empty:
        return [t("site.no_rhythm")]
    return [
        t(
            "site.rhythm",
            level=label("inspection_level", level),
            share=f"{100 * own['met'].sum() / max(own['elapsed'].sum(), 1):.1f}",
            overdue=int(own["is_overdue"].sum()),
            units=len(own),
        )
        for level, own in board.inspections.groupby("level", sort=False)
    ]


def _camera_line(board: SiteBoard) -> str:
    row = board.cameras.iloc[0]

    def percent(name: str) -> str:
        return "–" if pd.isna(row[name]) else f"{100 * row[name]:.1f} %"

    return t(
        "site.cameras",
        cameras=int(row["cameras"]),
        networked=percent("networked_share"),
        online=percent("online_share"),
        cells=int(row["cells"]),
        covered=percent("covered_share"),
    )


def _with_days_as_text(table: pd.DataFrame) -> pd.DataFrame:
    days = table.select_dtypes("datetime").columns
    return table.assign(**{name: table[name].dt.strftime("%Y-%m-%d") for name in days})


def _unit(region: RegionPack, code: object) -> str:
    return str(region.units["name"].get(code, "")) if isinstance(code, str) else ""

"""One page for one dangerous section: reasons, map, strip, accidents, ledger, effect."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from dashboard.i18n import label, language, localized, t
from dashboard.pictures import chinese_font
from dashboard.section_words import (
    accident_line,
    chance_text,
    event_line,
    fact_lines,
    marks,
    place,
    reason_lines,
)
from dashboard.sheet_drawings import INK, MUTED, draw_map, draw_strip
from data.derived.sections_cases import RoadCases
from data.derived.sections_runs import SectionRun
from data.derived.sections_strip import severity_of, strip
from data.region import RegionPack
from data.store import Store

A4_IN = (8.27, 11.69)
MOST_ACCIDENTS = 24
MOST_REASONS = 7
MOST_STEPS = 12
_LEFT, _RIGHT = 0.065, 0.935
_LINE = 0.0155  # height of a line of text, as a share of the page
_MARK = "#B2182B"
_WIDE = 100  # half-width signs in a line over the whole page


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """All that one page shows."""

    run: SectionRun
    region: RegionPack
    section_id: int
    section: Mapping[str, Any]
    accidents: pd.DataFrame
    parts: Mapping[str, pd.DataFrame]
    status: str
    events: pd.DataFrame
    evaluations: pd.DataFrame


def section_sheets(
    store: Store,
    region: RegionPack,
    run: SectionRun,
    section_ids: Sequence[int],
    *,
    cases: RoadCases,
) -> bytes:
    """PDF with one A4 page per section, in the language of :mod:`dashboard.i18n`.

    Parameters
    ----------
    section_ids
        Of the index of ``run.sections``.
    cases
        Accidents of the run, see :func:`data.derived.sections_cases.cases_of`.

    Raises
    ------
    SettingsError
        When no font with Chinese characters is installed.
    """
    font = chinese_font()
    buffer = io.BytesIO()
    with PdfPages(buffer, metadata={"CreationDate": None, "Title": t("paper.title")}) as book:
        for section_id in section_ids:
            book.savefig(page(sheet_of(store, region, run, section_id, cases=cases), font))
    return buffer.getvalue()


def sheet_of(
    store: Store, region: RegionPack, run: SectionRun, section_id: int, *, cases: RoadCases
) -> Sheet:
    """Everything that one page shows."""
    section = run.sections.loc[section_id]
    own = cases.events[cases.events["event_id"].isin(section["event_ids"])]
    own = own.assign(severity=severity_of(own))
    gravest = own.sort_values(["deaths", "injured", "day"], ascending=False, ignore_index=True)
    status, events, evaluations = "", pd.DataFrame(), pd.DataFrame()
    if not pd.isna(section["hazard_id"]):
        with store.ledger_reader() as desk:
            number = int(section["hazard_id"])
            status = desk.state(number).status
            events, evaluations = desk.history(number), desk.evaluations(number)
    return Sheet(
        run=run,
        region=region,
        section_id=section_id,
        section=section.to_dict(),
        accidents=gravest,
        parts=strip(store, cases, section["route_code"]),
        status=status,
        events=events,
        evaluations=evaluations,
    )


def page(sheet: Sheet, font: FontProperties) -> Figure:
    """The page as a figure that belongs to no window."""
    figure = Figure(figsize=A4_IN, facecolor="white")
    writer = _Writer(figure, font)
    _heading(writer, sheet)
    reasons = reason_lines(sheet.section, sheet.run.facts.years)
    writer.block(t("paper.reasons"), [f"· {line}" for line in reasons[:MOST_REASONS]], _WIDE)
    top = writer.at
    draw_map(
        figure.add_axes((_LEFT, top - 0.245, 0.50, 0.225)),
        sheet.region,
        sheet.run.sections.geometry.loc[sheet.section_id],
        sheet.accidents,
        font,
    )
    writer.title(t("paper.map"), top)
    _figures(writer, sheet, top)
    writer.at = top - 0.275
    writer.title(t("paper.strip"), writer.at)
    axes: Axes = figure.add_axes((_LEFT + 0.03, writer.at - 0.163, 0.815, 0.125))
    draw_strip(axes, sheet.parts, sheet.section, font)
    writer.at -= 0.205
    _accidents(writer, sheet)
    _ledger(writer, sheet)
    _footer(writer, sheet)
    return figure


class _Writer:
    """Writes text down the page."""

    def __init__(self, figure: Figure, font: FontProperties) -> None:
        self.figure, self.font, self.at = figure, font, 0.955

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Text as it is: dollar signs are no formula."""
        given = {"fontsize": 9, "color": INK, "va": "top", "parse_math": False} | style
        self.figure.text(x, y, text, fontproperties=_sized(self.font, given), **given)

    def title(self, text: str, y: float, x: float = _LEFT) -> None:
        self.text(x, y, text, fontsize=10.5, color=_MARK)

    def block(self, title: str, lines: Sequence[str], width: int) -> None:
        """A title and its lines, wrapped."""
        self.title(title, self.at)
        self.at -= 1.35 * _LINE
        for line in lines:
            for part in wrapped(line, width):
                self.text(_LEFT, self.at, part)
                self.at -= _LINE
        self.at -= 0.6 * _LINE


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most so many half-width signs; Chinese may break anywhere."""
    lines, used = [""], 0
    for word in _words(text):
        size = sum(2 if ord(sign) > 0x2E80 else 1 for sign in word)
        if used + size > width and lines[-1].strip():
            lines.append("  ")
            used, word = 2, word.lstrip()
        lines[-1] += word
        used += size
    return lines


def _words(text: str) -> list[str]:
    """Chinese signs one by one, other words whole with the blanks before them."""
    words: list[str] = []
    for sign in text:
        is_new = not words or ord(sign) > 0x2E80 or ord(words[-1][-1]) > 0x2E80
        if is_new or (sign == " " and words[-1].strip()):
            words.append(sign)
        else:
            words[-1] += sign
    return words


def _sized(font: FontProperties, style: Mapping[str, Any]) -> FontProperties:
    sized = font.copy()
    sized.set_size(style["fontsize"])
    return sized


def _heading(writer: _Writer, sheet: Sheet) -> None:
    region = localized(dict(sheet.region.names))
    writer.text(_LEFT, writer.at, f"{region} · {t('paper.title')}", fontsize=10, color=MUTED)
    signs = " · ".join(marks(sheet.run.facts, sheet.region))
    if signs:
        box = {"facecolor": _MARK, "edgecolor": "none", "boxstyle": "round,pad=0.35"}
        writer.text(_RIGHT, writer.at, signs, color="white", ha="right", bbox=box)
    writer.at -= 0.024
    writer.text(_LEFT, writer.at, place(sheet.section, sheet.region), fontsize=16)
    writer.at -= 0.036


def _figures(writer: _Writer, sheet: Sheet, top: float) -> None:
    section, years = sheet.section, sheet.run.facts.years
    names = sheet.region.units["name"]
    if language() == "en":
        names = sheet.region.units["name_en"].where(lambda known: known != "", names)
    unknown = t("paper.unknown")

    def yearly(name: str) -> str:
        return unknown if pd.isna(section[name]) else f"{section[name] / years:.1f}"

    is_ranked = not pd.isna(section["rank"])
    ranks = (section["rank"], section["rank_low"], section["rank_high"])
    rows = [
        (
            t("paper.unit"),
            t("common.and").join(names.get(code, code) for code in section["unit_codes"]),
        ),
        (t("paper.accidents"), f"{section['accidents']}"),
        (t("paper.fatal"), f"{section['fatal']}"),
        (t("paper.casualties"), f"{section['deaths']} / {section['injured']}"),
        (t("paper.expected"), yearly("expected")),
        (t("paper.peers"), yearly("predicted")),
        (t("paper.peak_expected"), yearly("peak_expected")),
        (t("paper.chance"), chance_text(section["p_chance"]) or unknown),
        (t("paper.rank"), "{} ({}–{})".format(*ranks) if is_ranked else unknown),
        (t("paper.grade"), section["protection_grade"] or unknown),
        (t("paper.state"), label("hazard_status", sheet.status) if sheet.status else "—"),
    ]
    x = 0.60
    writer.title(t("paper.figures"), top, x)
    for number, (name, value) in enumerate(rows):
        y = top - 0.024 - number * 0.0195
        writer.text(x, y, name, color=MUTED)
        writer.text(_RIGHT, y, "\n".join(wrapped(value, 24)[:1]), ha="right")


def _accidents(writer: _Writer, sheet: Sheet) -> None:
    """The gravest accidents in two columns."""
    shown = sheet.accidents.head(MOST_ACCIDENTS).to_dict("records")
    writer.title(t("paper.list"), writer.at)
    writer.at -= 1.35 * _LINE
    rows = (len(shown) + 1) // 2
    for number, event in enumerate(shown):
        x = _LEFT if number < rows else 0.51
        writer.text(
            x, writer.at - (number % rows) * 0.9 * _LINE, accident_line(event), fontsize=8
        )
    writer.at -= rows * 0.9 * _LINE
    rest = len(sheet.accidents) - len(shown)
    if rest > 0:
        writer.text(_LEFT, writer.at, t("paper.list_more", count=rest), fontsize=8, color=MUTED)
        writer.at -= _LINE
    writer.at -= 0.6 * _LINE


def _ledger(writer: _Writer, sheet: Sheet) -> None:
    if not sheet.status:
        lines = [t("paper.no_ledger")]
    elif sheet.events.empty:
        lines = [t("paper.no_events", status=label("hazard_status", sheet.status))]
    else:
        lines = [event_line(event) for event in sheet.events.to_dict("records")][-MOST_STEPS:]
    writer.block(t("paper.timeline"), lines, _WIDE)
    if len(sheet.evaluations):
        found = [_effect(row) for row in sheet.evaluations.to_dict("records")]
        writer.block(t("paper.effect"), found, _WIDE)


def _effect(row: Mapping[str, Any]) -> str:
    """A stored evaluation; what would have come anyway is expected against before."""
    days = {
        part: (row[f"{part}_to_on"] - row[f"{part}_from_on"]).days + 1
        for part in ("before", "after")
    }
    alike = row["observed_before"] * days["after"] / days["before"]
    anyway = row["expected_after"] / alike - 1 if alike else float("nan")
    return t(
        "paper.effect_line",
        years=row["years"],
        after=row["observed_after"],
        expected=f"{row['expected_after']:.1f}",
        ratio=f"{row['odds_ratio']:.2f}",
        error=f"{row['standard_error']:.2f}",
        naive=f"{row['naive_change']:+.0%}",
        anyway=f"{anyway:+.0%}",
    )


def _footer(writer: _Writer, sheet: Sheet) -> None:
    facts = fact_lines(sheet.run.facts, sheet.region)
    lines = [part for line in (facts[1], *facts[-2:]) for part in wrapped(line, 128)]
    lines.append(f"{t('sections.places_only')} · {t('app.name')}")
    for number, line in enumerate(reversed(lines)):
        writer.text(_LEFT, 0.032 + number * 0.0125, line.strip(), fontsize=7, color=MUTED)

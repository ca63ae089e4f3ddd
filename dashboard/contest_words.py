"""The contest in words and tables, for screens and files alike."""

from __future__ import annotations

import pandas as pd

from dashboard.export import write_workbook
from dashboard.i18n import label, language, localized, t
from dashboard.result_files import records
from dashboard.result_words import result_marks
from data.derived.contest import ContestRun
from data.region import RegionPack
from geo.contest import HUNDREDTHS
from geo.contest_definition import ContestDefinition, Kind

CONTEST_NOTES: tuple[str, ...] = ("partial_period",)
CONTEST_STATUSES: tuple[str, ...] = ("full", "clear", "deducted", "not_judged", "floor")
FEWEST = 5  # events from 1 to 4 are not told outside the office


def contest_text(run: ContestRun, region: RegionPack) -> str:
    """The scoreboard as plain text, best first, with what is not recorded."""
    fund = run.fund.iloc[0]
    missing = run.measures[~run.measures["is_recorded"]]
    notes = run.facts.parameters["notes"]
    lines = [
        *_head(run, region),
        *(label("contest_note", note) for note in (notes if isinstance(notes, list) else [])),
    ]
    if len(missing):
        lines.append(t("contest.not_recorded", measures=", ".join(missing["measure"])))
    if len(hidden := missing[missing["is_veto"]]):
        lines.append(t("contest.veto_unknown", measures=", ".join(hidden["measure"])))
    lines.append(
        t(
            "contest.fund",
            pot=f"{fund['pot_yuan']:,}",
            claimed=f"{fund['claimed_yuan']:,}",
            over=f"{fund['over_yuan']:,}",
            left=f"{fund['left_yuan']:,}",
        )
    )
    return "\n".join([*lines, scoreboard(run, region).to_string(index=False)])


def unit_text(
    run: ContestRun, region: RegionPack, unit_code: str, *, is_internal: bool = False
) -> str:
    """The lines of one unit, which sum to its score.

    Raises
    ------
    SettingsError
        When the unit is not in the contest.
    """
    lines = line_table(run.explained(unit_code), is_internal=is_internal)
    total = run.totals.loc[unit_code]
    said = t(
        "contest.unit",
        unit=_name(region, unit_code),
        score=f"{total['score']:.2f}",
        award=label("award", total["award"]),
    )
    vetoes = run.vetoes[run.vetoes["unit"] == unit_code]
    names = vetoes["name_zh" if language() == "zh" else "name_en"]
    head = [*_head(run, region), said, *(t("contest.vetoed_by", name=name) for name in names)]
    return "\n".join([*head, lines.to_string(index=False, na_rep="–")])


def scoreboard(run: ContestRun, region: RegionPack) -> pd.DataFrame:
    """A row per unit under words as headings, best first, the vetoed last."""
    totals = run.totals.assign(
        last=run.totals["is_vetoed"], name=[_name(region, code) for code in run.totals.index]
    ).sort_values(["last", "hundredths", "name"], ascending=[True, False, True])
    sections = {
        localized(section.names): totals[section.id] / HUNDREDTHS
        for section in run.definition.sections
    }
    return pd.DataFrame(
        {
            t("contest.rank"): totals["rank"].astype(object).where(totals["rank"] > 0, "–"),
            t("contest.name"): totals["name"],
            **sections,
            t("contest.score"): totals["score"],
            t("contest.award"): [label("award", code) for code in totals["award"]],
            t("contest.paid"): totals["paid_yuan"],
        }
    )


def line_table(lines: pd.DataFrame, *, is_internal: bool) -> pd.DataFrame:
    """Lines under words as headings; numbers of events from 1 to 4 only inside the office."""
    lines = lines if is_internal else without_few(lines)
    return pd.DataFrame(
        {
            t("contest.item"): lines["name_zh" if language() == "zh" else "name_en"],
            t("contest.status"): [label("contest_status", code) for code in lines["status"]],
            t("contest.value"): lines["value"].round(2),
            t("contest.reference"): lines["reference"].round(2),
            t("contest.times"): lines["times"],
            t("contest.marks"): lines["hundredths"] / HUNDREDTHS,
            t("contest.source"): lines["source"],
        }
    )


def without_few(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines as they may leave the office: numbers of events from 1 to 4 are missing."""
    few = (lines["kind"] == Kind.EVENTS) & lines["times"].between(1, FEWEST - 1)
    rare = (lines["kind"] == Kind.PAST) & lines["value"].between(1, FEWEST - 1)
    return lines.assign(
        value=lines["value"].mask(few | rare), times=lines["times"].astype("Int64").mask(few)
    )


def contest_record(
    run: ContestRun, region: RegionPack, *, is_internal: bool = False
) -> dict[str, object]:
    """Everything as JSON values under fixed English names."""
    lines = run.lines if is_internal else without_few(run.lines)
    names = [_name(region, code) for code in run.totals.index]
    return {
        **_about(run, region, is_internal=is_internal),
        "fund": records(run.fund)[0],
        "totals": records(run.totals.assign(name=names).reset_index(names="unit_code")),
        "lines": records(lines.astype(object).where(lines.notna(), None)),
        "vetoes": records(run.vetoes),
        "measures": records(run.measures),
    }


def contest_workbook(
    run: ContestRun, region: RegionPack, *, is_internal: bool = False
) -> bytes:
    """Scoreboard, lines, vetoes, measures and facts as a workbook."""
    lines = line_table(run.lines, is_internal=is_internal)
    lines.insert(0, t("contest.name"), [_name(region, code) for code in run.lines["unit"]])
    about = pd.DataFrame(list(_about(run, region, is_internal=is_internal).items())).astype(str)
    return write_workbook(
        {
            t("contest.sheet_scores"): scoreboard(run, region),
            t("contest.sheet_lines"): lines,
            t("contest.sheet_vetoes"): run.vetoes,
            t("contest.sheet_measures"): run.measures,
            t("contest.sheet_about"): about,
        },
        headless=(t("contest.sheet_about"),),
    )


def kept_contests(listed: pd.DataFrame) -> str:
    """The kept scoreboards, newest first."""
    if listed.empty:
        return t("contest.none_kept")
    table = listed[["period", "definition_id", "definition_version", "digest", "data_version"]]
    return table.assign(digest=table["digest"].str[:12]).to_string()


def kept_contest_words(contest_id: int) -> str:
    """That a scoreboard has been kept, and under which number."""
    return t("contest.kept", number=contest_id)


def contest_definition_words(definition: ContestDefinition) -> str:
    """That a definition is sound, with its checksum."""
    return t(
        "contest.definition_sound",
        name=localized(definition.names),
        version=definition.version,
        digest=definition.digest,
        items=sum(len(section.items) for section in definition.sections),
    )


def fund_words(table: pd.DataFrame, affordable: int, definition: ContestDefinition) -> str:
    """What the fund would do for each number that qualifies."""
    lines = [
        t(
            "contest.outlook",
            number=int(row["number"]),
            claimed=f"{int(row['claimed_yuan']):,}",
            over=f"{int(row['over_yuan']):,}",
            share=f"{100 * row['share']:.1f}",
        )
        for _, row in table.iterrows()
    ]
    pot = f"{definition.pot_yuan:,}"
    return "\n".join([*lines, t("contest.affordable", number=affordable, pot=pot)])


def _head(run: ContestRun, region: RegionPack) -> list[str]:
    title = f"{localized(dict(region.names))} · {localized(run.definition.names)} {run.period}"
    return [
        " · ".join([title, *result_marks(run.facts, region)]),
        t(
            "contest.made_with",
            definition=f"{run.definition.id} v{run.definition.version}",
            digest=run.definition.digest[:12],
            events=run.facts.events,
            outside=run.facts.outside,
            version=run.facts.version,
        ),
    ]


def _about(run: ContestRun, region: RegionPack, *, is_internal: bool) -> dict[str, object]:
    facts = run.facts
    return {
        "region": region.code,
        "method": facts.method,
        **facts.parameters,
        "contest_id": run.contest_id,
        "events": facts.events,
        "without_unit": facts.outside,
        "data_version": facts.version,
        "is_demo": facts.is_demo,
        "mark": result_marks(facts, region),
        "is_internal": is_internal,
    }


def _name(region: RegionPack, code: str) -> str:
    return str(region.units["name"].get(code, code))

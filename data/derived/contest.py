"""The contest 平安杯 of one period: scores with their reasons, awards, the fund, kept results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.archive import KeptResult
from data.derived.cases import Cases
from data.derived.contest_facts import ContestInputs, contest_inputs
from data.derived.results import Facts
from data.periods import Period
from data.region import RegionPack
from data.store import Store
from geo.contest import FLOOR, FULL, score_contest
from geo.contest_awards import Award, affordable_number, award_units, fund_by_number, share_fund
from geo.contest_definition import ContestDefinition
from geo.errors import SettingsError
from geo.inspection import Span

TABLES = ("lines", "totals", "vetoes", "measures", "fund")
WINNERS = (Award.WON.value, Award.WON_AGAIN.value)


@dataclass(frozen=True, kw_only=True, eq=False)
class ContestRun:
    """One scoreboard with everything needed to explain, keep and compare it.

    Parameters
    ----------
    definition
        The one it was made with.
    period
        ``2012`` or ``2012-Q1``.
    facts
        ``events`` counts the events marked, ``outside`` those of no unit. ``parameters``: definition, digest, special
        periods, ``winners_of`` (number of the scoreboard that winners are compared with, None without one) and
        ``notes`` (``partial_period``).
    lines
        As :class:`geo.contest.Scoreboard`, with ``kind`` of the item (empty for a section), ``name_zh``,
        ``name_en`` and ``source``, whose rule it is.
    totals
        By ``unit_code``: as :class:`geo.contest.Scoreboard`, with ``rank``, ``award``, ``prize_yuan``, ``is_recommended`` and
        ``paid_yuan``.
    vetoes
        ``unit``, ``veto``, ``times``, ``name_zh``, ``name_en``.
    measures
        As :class:`data.derived.contest_facts.ContestInputs`, of the measures the definition uses, with ``is_veto``.
        A veto on a measure that is not recorded cannot be given.
    fund
        One row: ``pot_yuan``, ``claimed_yuan``, ``over_yuan``, ``left_yuan``.
    contest_id
        Its number when it is kept, else None.
    """

    definition: ContestDefinition
    period: str
    facts: Facts
    lines: pd.DataFrame
    totals: pd.DataFrame
    vetoes: pd.DataFrame
    measures: pd.DataFrame
    fund: pd.DataFrame
    contest_id: int | None = None

    def explained(self, unit_code: str) -> pd.DataFrame:
        """The lines of one unit, which sum to its score.

        Raises
        ------
        SettingsError
            When the unit is not in the contest.
        """
        if unit_code not in self.totals.index:
            raise SettingsError(f"unit {unit_code!r} is not in the contest of {self.period}")
        return self.lines[self.lines["unit"] == unit_code].reset_index(drop=True)


def run_contest(
    store: Store,
    region: RegionPack,
    *,
    period: str,
    definition: ContestDefinition | None = None,
    publish: bool = False,
    groups: pd.Series | None = None,
    special: Sequence[Span] = (),
    references: Mapping[str, float] | None = None,
    cases: Cases | None = None,
) -> ContestRun:
    """Score every unit for one period.

    Parameters
    ----------
    period
        A year or a quarter.
    definition
        Default: the bundled one.
    publish
        Keep the scoreboard with its definition: the next period's winners are compared with it.
    groups, special, references, cases
        As :func:`data.derived.contest_facts.contest_inputs`.

    Raises
    ------
    SettingsError
        When the period is a month or cannot be read, or nothing that the definition marks is recorded.
    FrameError
        When a unit is of a group that the definition lacks.
    """
    asked = Period.parse(period)
    if asked.length == "month":
        raise SettingsError(
            "the contest is run for a year or a quarter, such as 2012 or 2012-Q1"
        )
    definition = definition or ContestDefinition.default()
    known = cases or Cases.of(store, region)
    inputs = contest_inputs(
        store, region, asked, groups=groups, special=special, references=references, cases=known
    )
    measures = _used_measures(definition, inputs)
    if not measures["is_recorded"].any():
        raise SettingsError(
            f"nothing that the contest marks is recorded for {asked}; load the records of it"
        )
    board = score_contest(definition, inputs.facts)
    before = store.contests.latest(str(asked.before), definition.id)
    won = () if before is None else _winners(store.contests.get(before))
    awards = award_units(definition, board.totals, won_before=won)
    fund = share_fund(awards["prize_yuan"], definition.pot_yuan)
    run = ContestRun(
        definition=definition,
        period=str(asked),
        facts=_facts(definition, asked, known, inputs, winners_of=before, special=special),
        lines=_named_lines(definition, board.lines),
        totals=board.totals.join(awards).assign(paid_yuan=fund.paid),
        vetoes=_named_vetoes(definition, board.vetoes),
        measures=measures,
        fund=pd.DataFrame(
            [
                {
                    "pot_yuan": fund.pot_yuan,
                    "claimed_yuan": fund.claimed_yuan,
                    "over_yuan": fund.over_yuan,
                    "left_yuan": fund.left_yuan,
                }
            ]
        ),
    )
    return _published(store, run) if publish else run


def kept_contest(store: Store, contest_id: int) -> ContestRun:
    """A kept scoreboard as it was, with the definition it was made with.

    Raises
    ------
    StoreError
        When there is no such scoreboard.
    """
    kept = store.contests.get(contest_id)
    return ContestRun(
        definition=ContestDefinition.from_toml(kept.toml),
        period=kept.period,
        facts=Facts(**kept.facts),
        contest_id=contest_id,
        **{name: kept.tables[name] for name in TABLES},
    )


def latest_contest(
    store: Store, period: str, definition_id: str = "safety_cup"
) -> ContestRun | None:
    """The scoreboard that counts for a period; None when none is kept.

    Raises
    ------
    SettingsError
        When the period cannot be read.
    """
    found = store.contests.latest(str(Period.parse(period)), definition_id)
    return None if found is None else kept_contest(store, found)


def fund_outlook(
    definition: ContestDefinition,
    numbers: npt.ArrayLike,
    *,
    run: ContestRun | None = None,
    group: str = "village",
) -> tuple[pd.DataFrame, int]:
    """What the fund would do if so many of a group without a quota qualified.

    Parameters
    ----------
    numbers
        How many qualify.
    run
        Whose prizes of the other groups are claimed; default: every quota filled.

    Returns
    -------
    ``number``, ``claimed_yuan``, ``over_yuan``, ``share``; and how many prizes the pot pays in full.

    Raises
    ------
    SettingsError
        When there is no such group, its number is limited by a quota, or a number is below zero.
    """
    known = {each.id: each for each in definition.groups}
    if group not in known or known[group].quota is not None:
        raise SettingsError(f"{group!r} is no group without a quota in {definition.id}")
    count = np.atleast_1d(np.asarray(numbers, dtype=np.int64))
    if (count < 0).any():
        raise SettingsError("the number that qualifies must not be below zero")
    prize = known[group].prize_yuan
    if run is None:
        other = sum(each.prize_yuan * (each.quota or 0) for each in definition.groups)
    else:
        others = run.totals[run.totals["group"] != group]
        other = int(others["prize_yuan"].sum())
    table = fund_by_number(
        count, prize_yuan=prize, other_yuan=other, pot_yuan=definition.pot_yuan
    )
    return table, affordable_number(
        prize_yuan=prize, other_yuan=other, pot_yuan=definition.pot_yuan
    )


def _published(store: Store, run: ContestRun) -> ContestRun:
    number = store.contests.publish(
        KeptResult(
            digest=run.definition.digest,
            definition_id=run.definition.id,
            definition_version=run.definition.version,
            toml=run.definition.text,
            period=run.period,
            data_version=run.facts.version,
            is_demo=run.facts.is_demo,
            facts=asdict(run.facts),
            tables={name: getattr(run, name) for name in TABLES},
        )
    )
    return replace(run, contest_id=number)


def _winners(kept: KeptResult) -> tuple[str, ...]:
    totals = kept.tables["totals"]
    return tuple(totals.index[totals["award"].isin(WINNERS)])


def _facts(
    definition: ContestDefinition,
    period: Period,
    cases: Cases,
    inputs: ContestInputs,
    *,
    winners_of: int | None,
    special: Sequence[Span],
) -> Facts:
    return Facts(
        method="contest",
        parameters={
            "definition": definition.id,
            "definition_version": definition.version,
            "digest": definition.digest,
            "period": str(period),
            "special": [[first.isoformat(), last.isoformat()] for first, last in special],
            "winners_of": winners_of,
            "notes": list(inputs.notes),
        },
        events=len(inputs.facts.events),
        too_coarse=0,
        outside=inputs.without_unit,
        day_from=period.first_day,
        day_to=period.last_day,
        version=cases.version,
        is_demo=cases.is_demo,
    )


def _used_measures(definition: ContestDefinition, inputs: ContestInputs) -> pd.DataFrame:
    """The measures of the definition; one that the store knows nothing of is not recorded."""
    items = [item.measure for section in definition.sections for item in section.items]
    vetoes = {veto.measure for veto in definition.vetoes}
    used = pd.Index(list(dict.fromkeys([*items, *sorted(vetoes)])), name="measure")
    table = inputs.measures.set_index("measure").reindex(used)
    table["is_recorded"] = table["is_recorded"].eq(True)
    table["source"] = table["source"].fillna("")
    table["known"] = table["known"].fillna(0).astype(np.int64)
    table["is_veto"] = used.isin(vetoes)
    return table.reset_index()


def _named_lines(definition: ContestDefinition, lines: pd.DataFrame) -> pd.DataFrame:
    sections = {section.id: section for section in definition.sections}
    known = {item.id: item for section in definition.sections for item in section.items}
    # A section may bear the name of one of its items: its own lines are its full marks and its floor.
    items = [
        None if status in (FULL, FLOOR) else known[item]
        for item, status in zip(lines["item"], lines["status"], strict=True)
    ]
    names = [
        sections[section].names if item is None else item.names
        for item, section in zip(items, lines["section"], strict=True)
    ]
    return lines.assign(
        kind=["" if item is None else item.kind.value for item in items],
        name_zh=[each.get("zh", "") for each in names],
        name_en=[each.get("en", "") for each in names],
        source=["" if item is None else item.source for item in items],
    )


def _named_vetoes(definition: ContestDefinition, vetoes: pd.DataFrame) -> pd.DataFrame:
    names = {veto.id: veto.names for veto in definition.vetoes}
    return vetoes.assign(
        name_zh=[names[each].get("zh", "") for each in vetoes["veto"]],
        name_en=[names[each].get("en", "") for each in vetoes["veto"]],
    )

"""Public order 治安 by unit: spells without crime, patrol teams, homicides of the whole city.

Homicides are counted for the city only: a township's few would point at people. Disorder spots are in
:mod:`data.derived.order_spots`, monthly ladders in :mod:`data.derived.ladders`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data.derived.cases import Cases
from data.derived.order_spots import covered_days, is_crime
from data.derived.results import Facts
from data.derived.site_records import attribute_texts
from data.indicators import Status, figures_for
from data.periods import Period
from data.region import RegionPack
from data.store import Store
from geo.death_rates import Homicides, homicide_tile
from geo.inspection import as_days
from geo.selection import IncidentSelection, day_number, day_of
from geo.streaks import zero_streaks
from geo.strength import intervention_rate, strength, total_band

SOLVED = ("已破", "破案", "破获", "solved")


def crime_streaks(cases: Cases, as_of: date) -> tuple[Facts, pd.DataFrame]:
    """The running spell without a recorded crime of every unit.

    Returns
    -------
    Facts and, by ``unit_code``, the columns of :func:`geo.streaks.zero_streaks`. 110 calls are not in the
    store, so no spell is doubted by them.
    """
    columns = cases.columns
    units = cases.region.units.index
    place = cases.unit_rows[columns.unit]
    crimes = is_crime(cases)
    first, last = covered_days(cases)
    end = min(last, day_number(as_of))
    used = crimes & (place >= 0) & (columns.day <= end)
    since = day_of(min(first, end))
    until = day_of(end)
    spells = zero_streaks(
        place[used], columns.day[used].astype(float), units=len(units), since=since, as_of=until
    )
    facts = Facts(
        method="zero_crime",
        parameters={"as_of": until.isoformat(), "calls": False},
        events=int(used.sum()),
        too_coarse=0,
        outside=int((crimes & (place < 0)).sum()),
        day_from=first,
        day_to=end,
        version=cases.version,
        is_demo=cases.is_demo,
    )
    return facts, spells.set_axis(pd.Index(units, name="unit_code"))


@dataclass(frozen=True, kw_only=True, eq=False)
class StrengthBoard:
    """Patrol teams of one period.

    Parameters
    ----------
    teams
        ``kind`` (``city_brigade``, ``township_team``), ``unit_code`` (None for the brigade), ``headcount``, ``before``,
        ``result``, ``colour``, ``missing``, ``is_weakened``, and ``intervention``: events found per shift.
    total, least, most
        Heads known together, and the band of all teams.
    """

    period: str
    teams: pd.DataFrame
    total: float
    least: float
    most: float


def strength_board(
    store: Store,
    region: RegionPack,
    period: str,
    *,
    brigade: float | None = None,
    brigade_before: float | None = None,
) -> StrengthBoard:
    """Head-counts of every unit's team against its band and the period before.

    Only figures reported for the periods count: one carried forward would hide a team that shrank.

    Parameters
    ----------
    period
        ``2012-Q4``: of the indicator ``patrol_staff``.
    brigade, brigade_before
        Heads of the city brigade, which belongs to no unit; None: not known.

    Raises
    ------
    SettingsError
        When the period cannot be read.
    FrameError
        When a head-count is not whole.
    """
    asked = Period.parse(period)
    units = pd.Index(region.units.index, name="unit_code")

    def reported(of: Period, name: str) -> pd.Series:
        figures = figures_for(store, of, indicators=[name])
        present = figures[figures["status"] == Status.PRESENT.value]
        return present.set_index("unit_code")["value"].reindex(units).astype(float)

    heads, past = (reported(each, "patrol_staff") for each in (asked, asked.before))
    now = np.append(np.nan if brigade is None else brigade, heads)
    before = np.append(np.nan if brigade_before is None else brigade_before, past)
    kinds = ["city_brigade", *["township_team"] * len(units)]
    found, shifts = (reported(asked, name) for name in ("patrol_events", "patrol_shifts"))
    teams = pd.DataFrame(
        {
            "kind": kinds,
            "unit_code": [None, *units],
            "headcount": now,
            "before": before,
        }
    ).join(strength(kinds, now, before))
    teams["intervention"] = np.append(np.nan, intervention_rate(found, shifts))
    band = total_band({"city_brigade": 1, "township_team": len(units)})
    return StrengthBoard(
        period=str(asked),
        teams=teams,
        total=float(np.nansum(now)),
        least=band.least,
        most=band.most,
    )


def city_homicides(store: Store, period: str) -> tuple[Homicides, int, int]:
    """The homicide tile of the whole city, with those that occurred and those of them solved.

    A case counts as solved when its attribute ``state`` says so (已破).

    Raises
    ------
    SettingsError
        When the period cannot be read.
    """
    cases = homicide_cases(store, Period.parse(period))
    occurred, solved = len(cases), int(cases["is_solved"].eq(True).sum())
    return homicide_tile(occurred, solved), occurred, solved


def homicide_cases(store: Store, period: Period) -> pd.DataFrame:
    """Homicides of a period: ``unit_code``, ``day``, ``deaths`` and ``is_solved`` (missing where no state is given)."""
    found = store.incidents(
        IncidentSelection(
            categories=("homicide",), day_from=period.first_day, day_to=period.last_day
        )
    )
    state = attribute_texts(found, ["state"])["state"]
    return pd.DataFrame(
        {
            "unit_code": found["unit_code"],
            "day": as_days(found["occurred_local"]),
            "deaths": found["deaths"],
            "is_solved": state.isin(SOLVED).astype("boolean").where(state.notna()),
        }
    )

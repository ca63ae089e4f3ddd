"""Who keeps the rhythm of inspections 排查: city, townships and villages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from data.derived.site_records import VISITS
from data.region import RegionPack
from data.store import Store
from geo.inspection import RHYTHM_OF, Span, as_days, compliance

_COLUMNS = (
    "level", "unit_code", "village", "elapsed", "met", "missed", "compliance", "is_overdue",
    "overdue_since", "last_day",
)  # fmt: skip


def rhythm_board(
    store: Store,
    region: RegionPack,
    as_of: date,
    *,
    since: date | None = None,
    special: Sequence[Span] = (),
) -> pd.DataFrame:
    """Compliance of every unit of each level of which there is any record.

    Parameters
    ----------
    since
        First day of the account; default: the first of January of the year of ``as_of``. It begins
        with the first record of the level where that is later: nothing is known of the days before.
    special
        Special periods, in which inspections are daily.

    Returns
    -------
    DataFrame
        ``level``, ``unit_code`` (None for the city), ``village`` (None above it), and as
        :func:`geo.inspection.compliance`. A level without records is left out: it is not recorded,
        which is not the same as not inspected.
    """
    records = store.inspections()
    days = as_days(records["inspected_on"])
    start = since or date(as_of.year, 1, 1)
    counted = records["inspection_kind"].isin(VISITS).to_numpy() & (
        days <= np.datetime64(as_of, "D")
    )
    records, days = records[counted], days[counted]
    units = pd.Index(region.units.index)
    villages = region.places[region.places["kind"].isin(["village", "community"])]
    owed = {
        "city": pd.DataFrame({"unit_code": [None], "village": [None]}),
        "township": pd.DataFrame({"unit_code": units, "village": None}),
        "village": villages[["unit_code", "name"]].rename(columns={"name": "village"}),
    }
    boards = []
    for level, rhythm in RHYTHM_OF.items():
        own = (records["level"] == level).to_numpy()
        if level == "city":
            at = np.zeros(int(own.sum()), dtype=np.int64)
        elif level == "township":
            at = units.get_indexer(pd.Index(records.loc[own, "unit_code"]))
        else:
            named = pd.MultiIndex.from_frame(records.loc[own, ["unit_code", "village"]])
            known = pd.MultiIndex.from_frame(owed[level].drop_duplicates())
            owed[level] = known.to_frame(index=False)
            at = known.get_indexer(named)
        when = days[own][at >= 0]
        if not len(when) or as_of < start:
            continue
        first = max(start, when.min().astype(date))
        kept = compliance(
            at[at >= 0], pd.Series(when), units=len(owed[level]), rhythm=rhythm, since=first,
            as_of=as_of, special=special,
        )  # fmt: skip
        named_units = owed[level].reset_index(drop=True).astype(object)
        boards.append(pd.concat([named_units, kept], axis=1).assign(level=level))
    if not boards:
        return pd.DataFrame(columns=list(_COLUMNS))
    board: pd.DataFrame = pd.concat(boards, ignore_index=True)
    return board[list(_COLUMNS)]

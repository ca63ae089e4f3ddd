"""What may leave the office: no count small enough to point at somebody.

Counts of one to four in a cell become null and the cell is marked ``suppressed``, together
with every column that would give the count away: sums over neighbours, z-scores and
p-values are functions of the counts that a patient reader can invert. Classes and rounded
q-values stay: they are what a map is for.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd

from data.derived.results import Result

SMALLEST_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How one method's cells are made safe.

    Parameters
    ----------
    counted
        Column whose small values are hidden.
    hidden
        Columns that are null in the same cells.
    dropped
        Columns that are left out everywhere.
    rounded
        Columns that keep three decimals.
    is_none_small
        Whether no incident counts as few: where a value is there without one, it comes from
        a few further off.
    """

    counted: str
    hidden: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    rounded: tuple[str, ...] = ()
    is_none_small: bool = False


RULES: dict[str, Rule] = {
    "significance": Rule(
        counted="value",
        dropped=("around", "gi_star", "local_moran", "p_high", "p_low"),
        rounded=("q_high", "q_low"),
    ),
    "emerging": Rule(counted="events", hidden=("trend_z", "trend_p"), rounded=("trend_p",)),
    "concentration": Rule(counted="value"),
    "forecast": Rule(counted="events", hidden=("expected", "rank")),
    "density": Rule(
        counted="events",
        hidden=("density",),
        dropped=("events",),
        rounded=("density",),
        is_none_small=True,
    ),
}

_WHOLE = {"value", "events", "rank"}


def suppressed(result: Result) -> gpd.GeoDataFrame:
    """The cells of a result, made safe, with a column ``suppressed``."""
    rule = RULES.get(result.facts.method)
    cells = result.cells
    if rule is None or cells.empty:
        return cells
    count = cells[rule.counted].to_numpy(dtype=float)
    is_small = (count < SMALLEST_SHOWN) & ((count > 0) | rule.is_none_small)
    for name in rule.rounded:
        cells = cells.assign(**{name: cells[name].round(3)})
    for name in (rule.counted, *rule.hidden):
        shown = cells[name].astype("Float64" if name not in _WHOLE else "Int64")
        cells = cells.assign(**{name: shown.mask(is_small)})
    return cells.drop(columns=list(rule.dropped)).assign(suppressed=is_small)

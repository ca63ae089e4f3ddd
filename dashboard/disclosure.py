"""What may leave the office: no count small enough to point at somebody.

Counts of one to four in a cell become null and the cell is marked ``suppressed``, together
with every column that would give the count away: sums over neighbours, z-scores and
p-values are functions of the counts that a patient reader can invert. Classes stay: they are
what a map is for. A q-value becomes the step it lies below, since the digits of an exact one
name the sum around its cell, and a density keeps two digits, since the differences of exact
ones name single events.

Tables lose small counts too. Where one count alone is hidden and the total is known, a second
goes with it; the Lorenz curve ends where its places hold few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from data.derived.results import Result

Table = TypeVar("Table", bound=pd.DataFrame)

SMALLEST_SHOWN = 5
STEPS = np.array([0.001, 0.01, 0.05, 0.1, 1.0])


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
    stepped
        Columns of probabilities of which only the next of :data:`STEPS` is told.
    digits
        Columns that keep two significant digits.
    is_none_small
        Whether no incident counts as few: where a value is there without one, it comes from
        a few further off.
    """

    counted: str
    hidden: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    stepped: tuple[str, ...] = ()
    digits: tuple[str, ...] = ()
    is_none_small: bool = False


RULES: dict[str, Rule] = {
    "significance": Rule(
        counted="value",
        dropped=("around", "gi_star", "local_moran", "p_high", "p_low"),
        stepped=("q_high", "q_low"),
    ),
    "emerging": Rule(counted="events", hidden=("trend_z", "trend_p"), stepped=("trend_p",)),
    "concentration": Rule(counted="value"),
    "forecast": Rule(counted="events", hidden=("expected", "rank")),
    "density": Rule(
        counted="events",
        hidden=("density",),
        dropped=("events",),
        digits=("density",),
        is_none_small=True,
    ),
}

# Table → its counts, and what is a function of them.
TABLES: dict[str, tuple[str, ...]] = {
    "near_repeat": ("observed", "ratio", "z", "p"),
    "roles": ("events",),
    "week": ("events",),
}

_WHOLE = {"value", "events", "rank", "observed"}


def suppressed(result: Result) -> gpd.GeoDataFrame:
    """The cells of a result, made safe, with a column ``suppressed``."""
    rule = RULES.get(result.facts.method)
    cells = result.cells
    if rule is None or cells.empty:
        return cells
    count = cells[rule.counted].to_numpy(dtype=float)
    is_small = (count < SMALLEST_SHOWN) & ((count > 0) | rule.is_none_small)
    for name in rule.stepped:
        cells = cells.assign(**{name: _next_step(cells[name])})
    for name in rule.digits:
        cells = cells.assign(**{name: _two_digits(cells[name])})
    cells = _masked(cells, (rule.counted, *rule.hidden), is_small)
    return cells.drop(columns=list(rule.dropped)).assign(suppressed=is_small)


def suppressed_tables(result: Result) -> dict[str, pd.DataFrame]:
    """The tables of a result, made safe."""
    tables = dict(result.tables)
    for name, columns in TABLES.items():
        if name in tables:
            hidden = _hidden(tables[name][columns[0]].to_numpy(dtype=float))
            tables[name] = _masked(tables[name], columns, hidden)
    if len(tables.get("concentration", ())):
        tables["lorenz"] = _busy_part(tables["lorenz"], tables["concentration"].iloc[0])
    return tables


def _hidden(counts: np.ndarray) -> np.ndarray:
    """Which of the counts are small, and the next one where just one is: totals are known."""
    hidden = (counts > 0) & (counts < SMALLEST_SHOWN)
    others = np.flatnonzero(~hidden & (counts > 0))
    if hidden.sum() == 1 and len(others):
        hidden[others[counts[others].argmin()]] = True
    return hidden


def _busy_part(lorenz: pd.DataFrame, total: pd.Series) -> pd.DataFrame:
    """The curve up to where places hold fewer than may be shown, and its end."""
    places = lorenz["share_of_places"].diff() * total["places"]
    events = lorenz["share_of_events"].diff() * total["events"]
    kept = ~(events < (SMALLEST_SHOWN - 1e-6) * places)
    kept.iloc[-1] = True
    return lorenz[kept]


def _masked(table: Table, columns: tuple[str, ...], hidden: np.ndarray) -> Table:
    for name in columns:
        shown = table[name].astype("Int64" if name in _WHOLE else "Float64")
        table = table.assign(**{name: shown.mask(hidden)})
    return table


def _next_step(values: pd.Series) -> np.ndarray:
    return STEPS[np.searchsorted(STEPS, values.to_numpy(dtype=float).clip(0, 1))]


def _two_digits(values: pd.Series) -> np.ndarray:
    exact = values.to_numpy(dtype=float)
    unit = 10.0 ** (np.floor(np.log10(np.where(exact > 0, exact, 1.0))) - 1)
    return np.round(exact / unit) * unit

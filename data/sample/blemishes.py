"""Deliberate bad rows, so that the sample shows what the loader does with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

# One personal row in a hundred makes the loader refuse the whole file.
FEWEST_ROWS = 300
NOWHERE = "某工地门口"
IMPOSSIBLE_TIME = "2011-02-30 08:15"
DUPLICATES = 3
# Bad rows by the reason with which the loader refuses them.
COUNTS = {
    "NULL_ISLAND": 2,
    "SWAPPED_LATLON": 2,
    "OUT_OF_AREA": 2,
    "BAD_TIME": 2,
    "UNPLACED_TEXT": 3,
    "UNKNOWN_CODE": 1,
    "PERSONAL_DATA": 1,
}

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The source columns that blemishes touch; None leaves that kind out."""

    key: str
    lon: str
    lat: str
    place: str
    category: str
    time: str | None = None
    note: str | None = None


def with_blemishes(
    table: pd.DataFrame, columns: Columns, *, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Strew bad copies of good rows, and a few exact duplicates, through a table.

    Parameters
    ----------
    table
        Text columns; some rows must have coordinates.

    Returns
    -------
    The longer table, and the number of bad rows by reason (``DUPLICATE`` included). A
    table too short to carry them stays as it is.
    """
    touched = {"BAD_TIME": columns.time, "PERSONAL_DATA": columns.note}
    counts = {
        reason: n
        for reason, n in COUNTS.items()
        if touched.get(reason, columns.key) is not None
    }
    placed = np.flatnonzero((table[columns.lon] != "").to_numpy())
    total = sum(counts.values())
    if len(table) < FEWEST_ROWS:
        return table, {}
    chosen = rng.choice(placed, total + DUPLICATES, replace=False)
    bad = table.iloc[chosen[:total]].reset_index(drop=True)
    bad[columns.key] = [f"{key}X" for key in bad[columns.key]]
    reasons = np.repeat(list(counts), list(counts.values()))

    for column in (columns.lon, columns.lat):
        bad.loc[reasons == "NULL_ISLAND", column] = "0"
        bad.loc[reasons == "UNPLACED_TEXT", column] = ""
    swapped = reasons == "SWAPPED_LATLON"
    bad.loc[swapped, [columns.lon, columns.lat]] = bad.loc[
        swapped, [columns.lat, columns.lon]
    ].to_numpy()
    far = reasons == "OUT_OF_AREA"
    bad.loc[far, columns.lon] = [f"{float(lon) + 1.0:.6f}" for lon in bad.loc[far, columns.lon]]
    bad.loc[reasons == "UNPLACED_TEXT", columns.place] = NOWHERE
    bad.loc[reasons == "UNKNOWN_CODE", columns.category] = "录入错误"
    if columns.time is not None:
        bad.loc[reasons == "BAD_TIME", columns.time] = IMPOSSIBLE_TIME
    if columns.note is not None:
        bad.loc[reasons == "PERSONAL_DATA", columns.note] = f"证号{identity_like()}"

    twice = table.iloc[chosen[total:]]
    at = np.concatenate(
        [np.arange(len(table)), rng.uniform(0, len(table), len(bad) + len(twice))]
    )
    whole = pd.concat([table, bad, twice], ignore_index=True)
    return whole.iloc[np.argsort(at, kind="stable")], {**counts, "DUPLICATE": DUPLICATES}


def identity_like() -> str:
    """A number shaped like an identity number that nobody can have: area 999999, year 1900."""
    body = "99999919000101000"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]

"""What the register of key sites and the records of inspections say, made ready for the rules."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.inspection import as_days
from geo.mines import SIGNS, activity_signs

Ints = npt.NDArray[np.int64]

# Words of registers for a flag; others are not known.
_YES = frozenset({"1", "true", "yes", "y", "是", "有", "已", "已落实"})
_NO = frozenset({"0", "false", "no", "n", "否", "无", "未", "未落实"})

VISITS = ("inspection", "secret_visit", "guard")  # somebody came


def attribute_texts(records: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Attributes of records by name, None where there is none, with the index of ``records``."""
    names = list(names)
    objects = [
        json.loads(text) if isinstance(text, str) else {} for text in records["attributes"]
    ]
    rows = [[each.get(name) for name in names] for each in objects]
    return pd.DataFrame(rows, index=records.index, columns=names, dtype=object)


def as_flags(texts: pd.Series) -> pd.Series:
    """Words as a nullable flag: 是, 有, yes, 1 and their opposites."""
    plain = texts.astype("string").str.strip().str.lower()
    flags = pd.Series(pd.NA, index=texts.index, dtype="boolean")
    flags[plain.isin(_YES).fillna(False)] = True
    flags[plain.isin(_NO).fillna(False)] = False
    return flags


def as_numbers(texts: pd.Series) -> pd.Series:
    """Numbers, NaN where a text is none."""
    numbers = pd.to_numeric(texts, errors="coerce").astype(float)
    return pd.Series(numbers, index=texts.index)


def linked_sites(sites: pd.DataFrame, names: pd.Series, units: pd.Series) -> Ints:
    """(n) position of the site that each record names, -1 where none or several fit.

    A name that only one site bears is enough; of namesakes the one in the record's unit counts.
    """
    register = pd.DataFrame(
        {"name": sites["name"], "unit": sites["unit_code"], "at": np.arange(len(sites))}
    )
    by_name = register.drop_duplicates("name", keep=False).set_index("name")["at"]
    singles = register.drop_duplicates(["name", "unit"], keep=False)
    by_both = singles.set_index(["name", "unit"])["at"]
    asked = pd.MultiIndex.from_arrays([names, units])
    local = by_both.reindex(asked).to_numpy(dtype=float)
    alone = by_name.reindex(names).to_numpy(dtype=float)
    found: Ints = np.nan_to_num(np.where(np.isnan(local), alone, local), nan=-1).astype(
        np.int64
    )
    return found


def last_visits(at: Ints, records: pd.DataFrame, *, sites: int) -> npt.NDArray[np.datetime64]:
    """(sites) day of the last visit, NaT where nobody came.

    Parameters
    ----------
    at
        (n) position of the site of each record, -1 for none.
    """
    last = np.full(sites, np.datetime64("NaT"), dtype="datetime64[D]")
    came = records["inspection_kind"].isin(VISITS).to_numpy() & (at >= 0)
    days = as_days(records["inspected_on"])[came]
    order = np.argsort(days, kind="stable")
    last[at[came][order]] = days[order]
    return last


def site_activity(
    at: Ints,
    records: pd.DataFrame,
    *,
    sites: int,
    as_of: date,
    within_days: int,
    base_factor: float,
) -> pd.DataFrame:
    """Signs of work at each site in the last days: any reading that shows one.

    Returns
    -------
    DataFrame
        By position of the site: a flag per reading of :data:`geo.mines.SIGNS`, ``has_activity``
        and ``readings``, how many were known.
    """
    days = as_days(records["inspected_on"])
    recent = days > np.datetime64(as_of, "D") - within_days
    used = records[recent & (at >= 0)]
    signs = activity_signs(used, base_factor=base_factor)
    groups = signs.groupby(at[recent & (at >= 0)])
    flags = groups[[*SIGNS, "has_activity"]].any()
    found = flags.assign(readings=groups["readings"].sum()).reindex(range(sites))
    readings = found["readings"].fillna(0).astype(np.int64)
    return found[[*SIGNS, "has_activity"]].eq(True).assign(readings=readings)

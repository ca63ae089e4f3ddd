"""Figures of units: which indicators there are, what is known for a period, and where the gaps are.

The registry ``indicators.csv`` names every indicator; figures of others are refused when they
are loaded. A figure of a period that nobody reported is carried forward from the nearest earlier one,
and says so.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

import pandas as pd

from data.periods import MONTHS, Period
from data.store import Store


class IndicatorKind(StrEnum):
    """How figures of an indicator behave in time."""

    EXPOSURE = "exposure"  # what is at risk at a time: people, vehicles, kilometres
    STOCK = "stock"  # what is there at a time
    FLOW = "flow"  # what happens in a period; months add up to a year
    SURVEY = "survey"
    RATE = "rate"


@dataclass(frozen=True, kw_only=True)
class IndicatorInfo:
    """One indicator of the registry; ``names`` and ``measure`` by language."""

    code: str
    kind: IndicatorKind
    names: MappingProxyType[str, str]
    measure: MappingProxyType[str, str]
    aliases: tuple[str, ...]


class Status(StrEnum):
    """Whether a figure is there."""

    PRESENT = "present"
    CARRIED = "carried"  # of an earlier period
    MISSING = "missing"


def _read_registry() -> dict[str, IndicatorInfo]:
    text = files("data").joinpath("indicators.csv").read_text(encoding="utf-8")
    return {
        row["code"]: IndicatorInfo(
            code=row["code"],
            kind=IndicatorKind(row["kind"]),
            names=MappingProxyType({"zh": row["zh"], "en": row["en"]}),
            measure=MappingProxyType({"zh": row["unit_zh"], "en": row["unit_en"]}),
            aliases=tuple(row["aliases"].split("|")),
        )
        for row in csv.DictReader(text.splitlines())
    }


INDICATORS = MappingProxyType(_read_registry())
INDICATOR_CODES: tuple[str, ...] = tuple(INDICATORS)


def indicator_code(text: str) -> str | None:
    """Code of an indicator by its code, a name or an alias; a unit in brackets is passed over.

    Examples
    --------
    >>> indicator_code("常住人口（人）"), indicator_code("GDP"), indicator_code("身高")
    ('population', 'gdp_100m_yuan', None)
    """
    return _spellings().get(_plain(text))


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    return {
        _plain(spelling): info.code
        for info in INDICATORS.values()
        for spelling in (info.code, *info.names.values(), *info.aliases)
    }


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[(\[].*?[)\]]\s*$", "", plain)
    return re.sub(r"\s+", "", plain).casefold()


def figures_for(
    store: Store, period: Period | str, *, indicators: Iterable[str] | None = None
) -> pd.DataFrame:
    """What is known of each unit for a period.

    A flow is the figure of the period or the sum of all its months or quarters, else that of the
    nearest earlier period of the same length. Everything else is the figure of the period, of the
    shortest longer period around it, or the latest within it, else the nearest earlier one. Of two
    sources the newer extract counts.

    Parameters
    ----------
    period
        A :class:`~data.periods.Period` or its text.
    indicators
        Codes; default: all.

    Returns
    -------
    DataFrame
        ``unit_code``, ``indicator``, ``value``, ``status`` (``present`` or ``carried``), ``of_period`` (whose
        figure it is); at most one row per unit and indicator.

    Raises
    ------
    SettingsError
        When the text is no period.
    """
    asked = period if isinstance(period, Period) else Period.parse(period)
    table = _newest(store.indicators())
    if indicators is not None:
        table = table[table["indicator"].isin(list(indicators))]
    is_flow = table["indicator"].map(lambda code: INDICATORS[code].kind) == IndicatorKind.FLOW
    is_same = table["of_period"] == str(asked)
    first, last = table["first_day"], table["last_day"]
    is_around = (first <= asked.first_day) & (last >= asked.last_day) & ~is_same
    is_within = (first >= asked.first_day) & (last <= asked.last_day) & ~is_same
    is_earlier = last < asked.first_day
    same_length = table["length"] == asked.length
    choices = [
        table[is_same].assign(order=0),
        table[is_around & ~is_flow].assign(order=1),
        _sums(table[is_within & is_flow], asked).assign(order=1),
        table[is_within & ~is_flow].assign(order=2),
        table[is_earlier & (~is_flow | same_length)].assign(order=3),
    ]
    found = pd.concat(choices, ignore_index=True)
    # Of several around it the shortest; else the latest.
    months = found["length"].map(MONTHS)
    found["rank"] = months.where(found["order"] == 1, -found["last_day"])
    found = found.sort_values(["order", "rank"], kind="stable")
    found = found.drop_duplicates(["unit_code", "indicator"])
    found["status"] = [
        (Status.CARRIED if order == 3 else Status.PRESENT).value for order in found["order"]
    ]
    found = found.sort_values(["indicator", "unit_code"], ignore_index=True)
    return found[["unit_code", "indicator", "value", "status", "of_period"]]


def indicator_gaps(
    store: Store, period: Period | str, *, indicators: Iterable[str] | None = None
) -> pd.DataFrame:
    """Where figures lack: units × indicators of ``present``, ``carried`` or ``missing``.

    Parameters
    ----------
    indicators
        Codes; default: those of which the store holds any figure.

    Returns
    -------
    DataFrame
        Indexed by ``unit_code`` in the order of the store's units; columns in registry order.
    """
    held = set(store.indicators()["indicator"]) if indicators is None else set(indicators)
    codes = [code for code in INDICATOR_CODES if code in held]
    found = figures_for(store, period, indicators=codes)
    wide = found.pivot(index="unit_code", columns="indicator", values="status")
    units = pd.Index(store.units().index, name="unit_code")
    wide = wide.reindex(index=units, columns=codes).astype(object)
    wide = wide.fillna(Status.MISSING.value)
    return wide.rename_axis(columns=None)


def _newest(table: pd.DataFrame) -> pd.DataFrame:
    """The figure of the newest extract of each unit, indicator and period, with its days."""
    table = table.reset_index().sort_values(["as_of", "indicator_id"], kind="stable")
    table = table.drop_duplicates(["unit_code", "indicator", "period"], keep="last")
    # Figures stored under an indicator that the registry no longer knows are passed over.
    table = table[table["indicator"].isin(INDICATOR_CODES)]
    periods = {text: Period.parse(text) for text in table["period"].unique()}
    return pd.DataFrame(
        {
            "unit_code": table["unit_code"],
            "indicator": table["indicator"],
            "value": table["value"],
            "of_period": table["period"],
            "length": table["period"].map(lambda text: periods[text].length),
            "first_day": table["period"].map(lambda text: periods[text].first_day),
            "last_day": table["period"].map(lambda text: periods[text].last_day),
        }
    )


def _sums(parts: pd.DataFrame, asked: Period) -> pd.DataFrame:
    """Sums over all months, or all quarters, of a period; nothing where one lacks."""
    grouped = parts.groupby(["unit_code", "indicator", "length"], as_index=False)
    sums = grouped.agg(value=("value", "sum"), parts=("value", "size"))
    whole = sums[sums["parts"] == sums["length"].map(asked.parts)]
    return whole.assign(
        of_period=str(asked), first_day=asked.first_day, last_day=asked.last_day
    ).drop(columns="parts")

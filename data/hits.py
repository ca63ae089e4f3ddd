"""The hit rate: which share of the rows that should have a place has been given one.

A *hit* is a record placed to the village or better (A1 to C2), good enough for a
point or a density on the map. Records placed to the township or worse are misses, and
so are the rows in quarantine because nobody knows where they are. Below
:data:`LEAST_HIT_RATE` patterns on the map may be artefacts of the misses (Ratcliffe 2004,
Int. J. Geographical Information Science 18(1):61–72).
"""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, distinct, func, literal, null, select, union_all

from data.models import Hazard, Incident, LoadBatch, RejectedRow, Site, table
from geo.vocabulary import MATCH_CODES, MatchCode, RecordKind

LEAST_HIT_RATE = 0.85
HIT_CODES = MATCH_CODES[: MATCH_CODES.index(MatchCode.C2) + 1]
# Reasons for which a row is in quarantine because it could not be placed.
UNPLACED_CODES = ("AMBIGUOUS_PLACE", "UNPLACED_TEXT", "UNPLACED")


def hit_rate(matches: dict[str, int], unplaced: int) -> float | None:
    """Share of hits among rows placed with ``matches`` (code → rows) and ``unplaced`` ones.

    ``None`` when there are no rows at all.
    """
    total = sum(matches.values()) + unplaced
    if total == 0:
        return None
    return sum(n for code, n in matches.items() if code.removesuffix("~") in HIT_CODES) / total


def read_hits(connection: Connection) -> pd.DataFrame:
    """Rows by what is known of their place.

    Returns
    -------
    DataFrame
        source, kind, category (incidents only), unit_code (``None`` where unknown),
        match_code (``None`` for rows in quarantine), rows. Of a row that several extracts
        of a source repeat unplaced, one is counted.
    """
    incident, site, hazard = (table(model) for model in (Incident, Site, Hazard))
    parts = [
        select(
            records.c.source,
            literal(kind.value).label("kind"),
            (records.c.category if kind is RecordKind.INCIDENTS else null()).label("category"),
            records.c.unit_code,
            records.c.match_code,
            func.count().label("rows"),
        ).group_by(
            records.c.source,
            *([records.c.category] if kind is RecordKind.INCIDENTS else []),
            records.c.unit_code,
            records.c.match_code,
        )
        for kind, records in (
            (RecordKind.INCIDENTS, incident),
            (RecordKind.SITES, site),
            (RecordKind.HAZARDS, hazard),
        )
    ]
    rejected, batch = table(RejectedRow).c, table(LoadBatch).c
    quarantined = (
        select(
            batch.source,
            batch.kind,
            null(),
            null(),
            null(),
            func.count(distinct(func.coalesce(rejected.raw, ""))),
        )
        .join_from(table(RejectedRow), table(LoadBatch), batch.load_id == rejected.load_id)
        .where(
            rejected.code.in_(UNPLACED_CODES),
            rejected.resolved_load_id.is_(None),
            batch.status != "withdrawn",
        )
        .group_by(batch.source, batch.kind)
    )
    names = ["source", "kind", "category", "unit_code", "match_code", "rows"]
    rows = connection.execute(union_all(*parts, quarantined)).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=names)


def rates(hits: pd.DataFrame, by: str) -> pd.DataFrame:
    """Hit rate per value of ``by`` (a column of :func:`read_hits`), worst first.

    Returns
    -------
    DataFrame
        Indexed by ``by``: hits, rows, rate.
    """
    known = hits[hits[by].notna()]
    codes = known["match_code"].fillna("").str.removesuffix("~")
    sums = (
        known.assign(hits=known["rows"].where(codes.isin(HIT_CODES), 0))
        .groupby(by)[["hits", "rows"]]
        .sum()
    )
    return sums.assign(rate=sums["hits"] / sums["rows"]).sort_values(["rate", "rows"])

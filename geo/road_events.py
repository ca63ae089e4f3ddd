"""Accidents on the axis of their routes: the frame on which all road measures stand.

One row is one accident, placed on a route by its distance along it. ``chain_m`` are real
metres from the start of the route over all its pieces, so that lengths stay true where
stakes repeat or jump (断链); ``stake_m`` is what the signs say there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geo.errors import FrameError

REQUIRED_COLUMNS = ("event_id", "route_code", "chain_m", "day", "deaths", "injured")
PROCEDURES = ("general", "summary")  # 一般程序, 简易程序

_DTYPES = {
    "event_id": "int64",
    "route_code": "object",
    "piece": "int64",
    "chain_m": "float64",
    "stake_m": "float64",
    "side": "object",
    "day": "int32",
    "deaths": "int64",
    "serious": "float64",
    "injured": "int64",
    "is_vulnerable": "boolean",
    "procedure": "object",
    "in_junction": "boolean",
    "is_urban": "boolean",
    "road_class": "object",
}
ROAD_EVENT_COLUMNS = tuple(_DTYPES)


def road_events(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame of road events, complete and checked.

    Parameters
    ----------
    frame
        One row per accident:

        ``event_id`` whole number, unique; ``route_code`` text; ``piece`` number of the
        piece within the route (default 0); ``chain_m`` metres along the route over all its
        pieces; ``stake_m`` (NaN: none); ``side`` of the road (None: not known); ``day``
        local days since 1970-01-01; ``deaths``; ``serious`` persons seriously hurt (NaN:
        not recorded); ``injured`` all persons hurt and not killed, the serious included;
        ``is_vulnerable`` somebody killed or hurt was on foot, a cycle or a moped;
        ``procedure`` ``"general"``, ``"summary"`` or None; ``in_junction``; ``is_urban``;
        ``road_class``, the ``road_class`` of the route.

        Only the columns of ``REQUIRED_COLUMNS`` must be there; the others are filled with
        "not recorded".

    Returns
    -------
    A new frame with the columns of ``ROAD_EVENT_COLUMNS`` in that order, indexed 0 … n − 1.

    Raises
    ------
    FrameError
        When a column is missing or a value lies outside this contract.
    """
    missing = [name for name in REQUIRED_COLUMNS if name not in frame]
    if missing:
        raise FrameError(f"road events lack the column {missing[0]}; add it first")
    empty = {"piece": 0, "stake_m": np.nan, "serious": np.nan}
    columns = {
        name: _typed(frame[name] if name in frame else empty.get(name), name, frame.index)
        for name in ROAD_EVENT_COLUMNS
    }
    events = pd.DataFrame(columns).reset_index(drop=True)
    if events["event_id"].duplicated().any():
        raise FrameError("road events name an event_id twice; one row is one accident")
    if events["route_code"].isna().any() or not np.isfinite(events["chain_m"]).all():
        raise FrameError(
            "road events need a route_code and a finite chain_m; leave out what is not placed"
        )
    for name in ("chain_m", "deaths", "injured", "serious"):
        if (events[name] < 0).any():
            raise FrameError(
                f"road events have a {name} below zero; correct or drop those rows"
            )
    if not (events["procedure"].isin(PROCEDURES) | events["procedure"].isna()).all():
        raise FrameError(f"procedure must be one of {', '.join(PROCEDURES)} or missing")
    return events


def stake_text(stake_m: float) -> str:
    """A stake as road signs write it, ``K45+320``; empty for NaN."""
    if np.isnan(stake_m):
        return ""
    kilometres, metres = divmod(round(stake_m), 1000)
    return f"K{kilometres}+{metres:03d}"


def _typed(values: object, name: str, index: pd.Index[Any]) -> pd.Series[Any]:
    try:
        return pd.Series(values, index=index, dtype=_DTYPES[name])
    except (TypeError, ValueError) as error:
        raise FrameError(f"the column {name} of road events must be {_DTYPES[name]}") from error

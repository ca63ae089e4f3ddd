"""The sections of a screening as rows of the ledger."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from data.ledger.texts import to_json
from data.region import RegionPack
from geo.errors import HazardError

_COLUMNS = ("route_code", "chain_from_m", "chain_to_m")
_RANKS = ("rank", "rank_low", "rank_high")


def section_rows(sections: pd.DataFrame, region: RegionPack) -> list[dict[str, Any]]:
    """Rows of sections, with stakes and shapes from the roads in force.

    Raises
    ------
    HazardError
        When a column is missing, or a section is not on a road of the region.
    """
    missing = [name for name in _COLUMNS if name not in sections]
    if missing:
        raise HazardError(f"the sections lack the column {missing[0]}; add it first")
    if sections.empty:
        return []
    sections = sections.reset_index(drop=True)
    reference = region.road_reference
    codes = sections["route_code"].to_numpy(dtype=object)
    chains = sections[["chain_from_m", "chain_to_m"]].to_numpy(dtype=float)
    length = reference.length_m.reindex(codes).to_numpy(dtype=float)
    # Written so that NaN is refused.
    sound = (chains[:, 0] >= -1) & (chains[:, 1] >= chains[:, 0]) & (chains[:, 1] <= length + 1)
    if not sound.all():
        wrong = int(np.argmin(sound))
        raise HazardError(
            f"section {wrong} is not on route {codes[wrong]}; chains run from 0 to its length"
        )
    shapes = [
        reference.cut(code, start, end)
        for code, (start, end) in zip(codes, chains, strict=True)
    ]
    ends = [reference.stakes_of(codes, chain)[0] for chain in chains.T]
    frame = pd.DataFrame(
        {
            "route_code": codes,
            "chain_from_m": chains[:, 0],
            "chain_to_m": chains[:, 1],
            "stake_from_m": np.fmin(*ends),
            "stake_to_m": np.fmax(*ends),
            "rule": sections.get("rule"),
            "p_chance": sections.get("p_chance"),
            **{name: sections.get(name) for name in _RANKS},
            **dict(
                zip(("minx", "miny", "maxx", "maxy"), shapely.bounds(shapes).T, strict=True)
            ),
            "geometry": shapely.to_wkb(shapes),
        }
    )
    for name, empty in (("measures", "{}"), ("event_ids", "[]")):
        frame[name] = [to_json(v) for v in sections[name]] if name in sections else empty
    frame = frame.astype(object).where(frame.notna(), None)
    return [
        {str(k): int(v) if k in _RANKS and v is not None else v for k, v in row.items()}
        for row in frame.to_dict("records")
    ]

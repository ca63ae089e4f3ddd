"""The fact tables behind the sample."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

PACK = Path(__file__).parent / "yuzhou"
FACTS = PACK / "facts"

_TEXT = {"unit_code": str, "code": str, "aliases": str, "route_code": str, "gem_id": str}


def fact(name: str) -> pd.DataFrame:
    """One fact table; codes stay text, empty aliases stay empty."""
    table = pd.read_csv(FACTS / f"{name}.csv", dtype=_TEXT)
    if "aliases" in table:
        table["aliases"] = table["aliases"].fillna("")
    return table

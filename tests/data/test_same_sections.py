"""A stretch found again: hazards in force come before rejected ones."""

from __future__ import annotations

import pandas as pd

from data.ledger.sections import same_sections


def spans(rows: dict[int, tuple[str, float, float, str]]) -> pd.DataFrame:
    columns = ["route_code", "chain_from_m", "chain_to_m", "status"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


SECTION = pd.DataFrame(
    {"route_code": ["S1"], "chain_from_m": [1_000.0], "chain_to_m": [1_500.0]}, index=[7]
)


def test_a_rejected_stretch_is_known_again() -> None:
    pairs = same_sections(SECTION, spans({3: ("S1", 1_000.0, 1_500.0, "rejected")}))
    assert pairs.to_dict("records") == [
        {"section_id": 7, "hazard_id": 3, "shared_m": 500.0, "share": 1.0}
    ]


def test_what_is_in_force_comes_first_however_well_a_rejected_one_fits() -> None:
    known = spans(
        {3: ("S1", 1_000.0, 1_500.0, "rejected"), 4: ("S1", 1_200.0, 1_700.0, "listed")}
    )
    pairs = same_sections(SECTION, known)
    assert pairs["hazard_id"].tolist() == [4, 3]
    assert pairs["share"].tolist() == [0.6, 1.0]

"""Screenings kept in the ledger, and places that stay the same when stakes change."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.ledger import Ledger
from data.ledger.sections import same_sections
from data.store import Store
from geo.errors import HazardError, SafetyError


def screened(**changes: Any) -> pd.DataFrame:
    values: dict[str, Any] = {
        "route_code": ["S1", "S1", "N1"],
        "chain_from_m": [2100.0, 7000.0, 0.0],
        "chain_to_m": [2400.0, 7400.0, 300.0],
        "rule": ["R3", "R3", None],
        "measures": [{"fatal": np.int64(3), "p": np.nan}, {}, {}],
        "event_ids": [[4, 5, 6], [7], []],
        "p_chance": [0.004, np.nan, np.nan],
        "rank": [1, 2, np.nan],
    }
    return pd.DataFrame(values | changes)


def save(desk: Ledger, sections: pd.DataFrame) -> int:
    return desk.save_run(
        "R-MPS-500",
        {"window_m": 500},
        sections,
        data_version="1-ab",
        at=datetime(2026, 6, 1, 4, 0, tzinfo=UTC),
    )


def test_a_screening_is_kept_whole(case: Any, store: Store) -> None:
    with store.ledger() as desk:
        number = save(desk, screened())
        runs, sections = desk.runs(), desk.sections(number)
    assert runs["parameters"].tolist() == [{"window_m": 500}]
    assert runs["made_at"].tolist() == [pd.Timestamp(case.AT)]
    assert sections["measures"].tolist()[0] == {"fatal": 3, "p": None}
    assert sections["event_ids"].tolist() == [[4, 5, 6], [7], []]
    assert sections["rank"].tolist()[:2] == [1, 2]
    assert sections["rank"].isna().tolist() == [False, False, True]
    first = sections.iloc[0]
    assert first["stake_from_m"] == pytest.approx(10_000 + 2100 * 10_000 / 9656.854, abs=0.1)
    assert first.geometry.geom_type == "LineString"
    assert np.isnan(sections["stake_from_m"].iloc[2])


def test_a_hazard_is_opened_from_a_section(case: Any, store: Store) -> None:
    with store.ledger() as desk:
        section_id = int(desk.sections(save(desk, screened())).index[0])
        one = case.make(
            desk, section_id=section_id, route_code=None, stake_from_m=None, stake_to_m=None
        )
        assert desk.history(one)["facts"].tolist() == [{"section_id": section_id}]
        spans = desk.hazard_sections()
    assert spans.loc[one, "chain_from_m"] == pytest.approx(2100, abs=0.01)
    assert spans.loc[one, "chain_to_m"] == pytest.approx(2400, abs=0.01)
    assert store.hazards().loc[one, "route_code"] == "S1"


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (screened().drop(columns="chain_to_m"), "lack the column chain_to_m"),
        (screened(route_code=["S1", "S7", "N1"]), "section 1 is not on route S7"),
        (screened(chain_to_m=[2400.0, 99_000.0, 300.0]), "section 1 is not on route S1"),
        (screened(chain_to_m=[2000.0, 7400.0, 300.0]), "section 0"),
        (screened(chain_to_m=[np.nan, 7400.0, 300.0]), "section 0"),
    ],
)
def test_sections_off_the_road_are_refused(
    store: Store, sections: pd.DataFrame, message: str
) -> None:
    with store.ledger() as desk, pytest.raises(HazardError, match=message):
        save(desk, sections)


def test_a_hazard_stays_the_same_when_stakes_change(
    case: Any, open_ledger: Callable[..., Store]
) -> None:
    store = open_ledger("old")
    with store.ledger() as desk:
        one = case.make(desk)
        before = desk.hazard_sections().loc[one]
        run_id = save(desk, screened())
    store.close()
    resurveyed = open_ledger("new")
    assert resurveyed.hazards().loc[one, "stake_from_m"] == 12_000.0  # as it was written
    with resurveyed.ledger() as desk:
        after = desk.hazard_sections().loc[one]
        matches = desk.match_sections(run_id).set_index("section_id")["hazard_id"]
        # The same place found again, now with stakes of the new survey.
        again = desk.sections(save(desk, screened()))
        rematched = desk.match_sections(int(again["run_id"].iloc[0]))
    assert after["chain_from_m"] == pytest.approx(before["chain_from_m"], abs=0.02)
    assert before["stake_from_m"] == pytest.approx(12_000, abs=0.1)
    # K12+000 is a fifth of the way: 17000 + 0.2 · 9600.
    assert after["stake_from_m"] == pytest.approx(18_920, abs=0.1)
    assert after["stake_to_m"] == pytest.approx(19_400, abs=0.1)
    assert matches.tolist() == [one, pd.NA, pd.NA]
    assert rematched["hazard_id"].tolist() == [one, pd.NA, pd.NA]
    assert rematched["share"].iloc[0] == 1.0


@pytest.mark.parametrize(
    ("low", "high", "share"),
    [
        (100, 200, 1.0),  # within
        (0, 1000, 1.0),  # around: the shorter counts
        (250, 350, 0.5),
        (251, 351, None),
        (300, 400, None),
        (150, 150, 1.0),  # a point
        (500, 500, None),
    ],
)
def test_how_much_is_the_same(low: float, high: float, share: float | None) -> None:
    def frame(code: str, start: float, end: float) -> pd.DataFrame:
        return pd.DataFrame(
            {"route_code": [code], "chain_from_m": [start], "chain_to_m": [end]}, index=[9]
        )

    section, hazard = frame("S1", 100.0, 300.0), frame("S1", low, high)
    found = same_sections(section, hazard)["share"].tolist()
    assert found == ([] if share is None else [share])
    assert same_sections(hazard, section)["share"].tolist() == found
    assert same_sections(section, frame("S2", low, high)).empty
    assert same_sections(section, frame("S1", np.nan, np.nan)).empty


def test_an_empty_ledger_gives_typed_empty_frames(case: Any, store: Store) -> None:
    with store.ledger() as desk:
        assert desk.history(1).empty
        assert desk.measures(1).empty
        assert desk.evaluations().empty
        assert desk.overdue(case.DAY).empty
        assert desk.unit_figures(case.DAY).empty
        assert desk.runs().empty
        assert desk.hazard_sections().empty
        number = save(desk, screened().iloc[:0])
        assert desk.sections(number).empty
        assert desk.match_sections(number).empty
        with pytest.raises(SafetyError, match="no hazard 5"):
            desk.state(5)

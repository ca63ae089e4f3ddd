"""The ledger's steps: a whole life, what each step needs, deadlines, ends."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
import shapely

from data.ledger import NewHazard
from data.ledger.texts import clean_text
from data.store import Store
from geo.errors import HazardError
from geo.hazard_states import Evaluation, HazardEvent, Measure


def test_a_whole_life(case: Any, store: Store) -> None:
    version = store.version
    with store.ledger() as desk:
        one = case.make(desk)
        case.treat(desk, one)
        desk.attach(
            one,
            case.picture(colour=10),
            kind="after",
            role="transport",
            at=case.noon(date(2026, 8, 30)),
        )
        assert case.take(desk, one, case.SUBMITTED, case.ACCEPTED, case.CLOSED) == "closed"
        evaluation = Evaluation(
            years=1,
            before_from=date(2023, 1, 1),
            before_to=date(2025, 12, 31),
            after_from=date(2026, 10, 1),
            after_to=date(2027, 9, 30),
            observed_before=9,
            observed_after=1,
            expected_after=2.2,
            odds_ratio=0.45,
            standard_error=0.3,
            naive_change=-0.67,
        )
        watch = HazardEvent(
            kind="monitoring", role="police", on=date(2027, 10, 8), evaluation=evaluation
        )
        assert case.take(desk, one, watch) == "monitoring"
    with store.ledger_reader() as ledger:
        history = ledger.history(one)
        works, looked = ledger.measures(one), ledger.evaluations(one)
    assert history["kind"].tolist() == [
        "found", "verified", "listed", "planned", "treating", "submitted", "accepted", "closed",
        "monitoring",
    ]  # fmt: skip
    assert history["seq"].tolist() == list(range(1, 10))
    assert history["to_status"].tolist() == history["kind"].tolist()
    assert history["from_status"].tolist()[1:] == history["to_status"].tolist()[:-1]
    assert history["facts"].iloc[2] == {
        "level": "county",
        "responsible_unit": "县公路事业发展中心",
        "deadline": "2026-09-30",
    }
    assert history["facts"].iloc[3] == {"budget_yuan": 130_000.0}
    assert history["facts"].iloc[6]["checked_by"] == ["emergency", "police", "transport"]
    assert history["happened_on"].iloc[4] == pd.Timestamp("2026-07-01")
    assert works["cost_yuan"].tolist() == [125_000.0, 3500.0]
    assert works["measure_kind"].tolist() == ["guardrail", "warning"]
    assert looked[["observed_before", "odds_ratio"]].values.tolist() == [[9, 0.45]]
    row = store.hazards().loc[one]
    assert (row["status"], row["level"], row["code"]) == (
        "monitoring",
        "county",
        "t9-2026-0001",
    )
    assert row["due_on"] == pd.Timestamp("2026-09-30")
    assert row["closed_on"] == pd.Timestamp("2026-09-20")
    assert (row["unit_code"], row["match_code"], row["source"]) == ("a", "B1", "ledger")
    assert row["load_id"] is pd.NA
    # What is measured on incidents stays valid.
    assert store.version == version
    assert store.ledger_version == 1


def test_a_step_that_lacks_something_changes_nothing(case: Any, store: Store) -> None:
    with store.ledger() as desk:
        one = case.make(desk)
    before = store.ledger_version
    with (
        pytest.raises(HazardError, match="cannot be verified: photo_or_reason") as caught,
        store.ledger() as desk,
    ):
        case.take(desk, one, HazardEvent(kind="verified", role="police", on=case.DAY))
    assert caught.value.missing == ("photo_or_reason",)
    with pytest.raises(HazardError) as caught, store.ledger() as desk:
        case.take(desk, one, case.LISTED)
    assert caught.value.missing == ("transition",)
    # Also when the error is caught within the block.
    with store.ledger() as desk:
        case.verify(desk, one)
        case.take(desk, one, case.LISTED)
        endless = replace(case.PLANNED, measures=(Measure(kind="warning", quantity=1e12),))
        with pytest.raises(HazardError, match="a quantity is"):
            case.take(desk, one, endless)
    with store.ledger_reader() as ledger:
        assert ledger.history(one)["kind"].tolist() == ["found", "verified", "listed"]
        assert ledger.measures(one).empty
    assert store.ledger_version == before + 1


def test_a_document_is_no_picture_of_the_place(case: Any, store: Store) -> None:
    with store.ledger() as desk:
        one = case.make(desk)
        desk.attach(one, b"%PDF-1.4\n%%EOF", kind="before", role="police", at=case.AT)
        with pytest.raises(HazardError, match="photo_or_reason"):
            case.take(desk, one, HazardEvent(kind="verified", role="police", on=case.DAY))


def test_rework_needs_new_pictures(case: Any, store: Store) -> None:
    with store.ledger() as desk:
        one = case.make(desk)
        case.treat(desk, one)
        desk.attach(
            one, case.picture(), kind="after", role="transport", at=case.noon(case.SUBMITTED.on)
        )
        rework = replace(case.ACCEPTED, result="rework", note="护栏端头未处理")
        assert case.take(desk, one, case.SUBMITTED, rework) == "treating"
        again = replace(case.SUBMITTED, on=date(2026, 9, 25))
        with pytest.raises(HazardError, match="photo_after"):
            case.take(desk, one, again)
        desk.attach(
            one, case.picture(colour=1), kind="after", role="transport", at=case.noon(again.on)
        )
        last = replace(case.ACCEPTED, on=date(2026, 9, 28))
        assert case.take(desk, one, again, last) == "accepted"


def test_a_relapse_begins_anew(case: Any, store: Store) -> None:
    with store.ledger() as desk:
        one = case.make(desk)
        case.treat(desk, one)
        desk.attach(
            one, case.picture(), kind="after", role="transport", at=case.noon(case.SUBMITTED.on)
        )
        case.take(desk, one, case.SUBMITTED, case.ACCEPTED, case.CLOSED)
        back = HazardEvent(
            kind="relapsed", role="police", on=date(2026, 12, 1), note="又两起死亡"
        )
        assert case.take(desk, one, back) == "relapsed"
        seen = HazardEvent(kind="verified", role="police", on=date(2026, 12, 2))
        with pytest.raises(HazardError, match="photo_or_reason"):
            case.take(desk, one, seen)
    row = store.hazards().loc[one]
    assert row["closed_on"] is pd.NaT
    assert row["due_on"] is pd.NaT


def test_deadlines_extensions_and_who_is_late(case: Any, store: Store) -> None:
    with store.ledger() as desk:
        one, two = case.make(desk), case.make(desk, stake_from_m=15_000.0, stake_to_m=15_200.0)
        for each in (one, two):
            case.verify(desk, each)
            case.take(desk, each, case.LISTED)
        desk.extend_deadline(
            two,
            deadline=date(2026, 11, 30),
            role="leader",
            reason="汛期停工",
            on=date(2026, 9, 1),
            at=case.noon(date(2026, 9, 1)),
        )
        with pytest.raises(HazardError) as caught:
            desk.extend_deadline(
                one,
                deadline=date(2026, 12, 31),
                role="transport",
                reason="忙",
                on=date(2026, 9, 1),
                at=case.noon(date(2026, 9, 1)),
            )
        assert caught.value.missing == ("role",)
    with store.ledger_reader() as ledger:
        assert ledger.overdue(date(2026, 9, 30)).empty
        late = ledger.overdue(date(2026, 10, 3))
        assert late.index.tolist() == [one]
        assert late["days_overdue"].tolist() == [3]
        late = ledger.overdue(date(2026, 12, 2))
        assert late["days_overdue"].to_dict() == {one: 63, two: 2}
        extension = ledger.history(two).iloc[-1]
        figures = ledger.unit_figures(date(2026, 10, 3))
    assert (extension["kind"], extension["from_status"], extension["to_status"]) == (
        "extended",
        "listed",
        "listed",
    )
    assert extension["facts"] == {"deadline": "2026-11-30", "old_deadline": "2026-09-30"}
    assert figures.loc["县公路事业发展中心", ["hazards", "listed", "open", "closed", "overdue"]].tolist() == [
        2, 2, 2, 0, 1,
    ]  # fmt: skip
    assert figures["median_days_verified"].tolist() == [2.0]
    assert figures["median_days_found"].tolist() == [0.0]


def test_interim_control_is_a_flag_and_no_state(case: Any, store: Store) -> None:
    with store.ledger() as desk:
        one = case.make(desk)
        control = HazardEvent(
            kind="controlled", role="police", on=case.DAY, note="限速 40, 专人值守",
            control_until=date(2026, 8, 1),
        )  # fmt: skip
        assert case.take(desk, one, control) == "found"
    row = store.hazards().loc[one]
    assert row["controlled_on"] == pd.Timestamp(case.DAY)
    assert row["control_until_on"] == pd.Timestamp("2026-08-01")


def test_merging_and_rejecting_end_a_hazard(case: Any, store: Store) -> None:
    with store.ledger() as desk:
        one, two, three = case.make(desk), case.make(desk), case.make(desk)
        desk.merge(one, into=two, role="police", on=case.DAY, at=case.AT)
        desk.reject(three, reason="已改线, 不在路上", role="transport", on=case.DAY, at=case.AT)
        for ended in (one, three):
            with pytest.raises(HazardError, match="transition"):
                case.take(
                    desk,
                    ended,
                    HazardEvent(kind="verified", role="police", on=case.DAY, note="x"),
                )
            with pytest.raises(HazardError, match="nothing can be added"):
                desk.attach(ended, case.picture(), kind="before", role="police", at=case.AT)
        with pytest.raises(HazardError, match="is merged"):
            desk.merge(two, into=one, role="police", on=case.DAY, at=case.AT)
        with pytest.raises(HazardError, match="no hazard 99"):
            desk.merge(two, into=99, role="police", on=case.DAY, at=case.AT)
    rows = store.hazards()
    assert rows["status"].tolist() == ["merged", "found", "rejected"]
    assert rows.loc[one, "merged_into"] == two
    assert rows["code"].tolist() == ["t9-2026-0001", "t9-2026-0002", "t9-2026-0003"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": " "}, "needs the name"),
        ({"name": "电话 13812345678"}, "phone or a plate"),
        ({"kind": "dragon"}, "unknown"),
        ({"side": "up"}, "unknown"),
        ({"grade": "A+"}, "unknown"),
        ({"route_code": "S9"}, "no route S9"),
        ({"stake_from_m": 90_000.0, "stake_to_m": 91_000.0}, "no place"),
        ({"stake_to_m": None}, "no place"),
        ({"route_code": None}, "no place"),
        ({"geometry": shapely.Point(0, 0)}, "outside the region"),
        ({"section_id": 7}, "no screened section 7"),
    ],
)
def test_what_cannot_be_opened(
    case: Any, store: Store, changes: dict[str, Any], message: str
) -> None:
    with store.ledger() as desk, pytest.raises(HazardError, match=message) as caught:
        case.make(desk, **changes)
    assert "\n" not in str(caught.value)
    assert store.hazards().empty


def test_offices_times_and_days_are_checked(case: Any, store: Store) -> None:
    new = NewHazard(name="x", geometry=shapely.Point(114.0, 34.0))
    with store.ledger() as desk:
        with pytest.raises(HazardError, match="no office"):
            desk.open_hazard(new, role="王警官", on=case.DAY, at=case.AT)
        with pytest.raises(HazardError, match="time zone"):
            desk.open_hazard(new, role="police", on=case.DAY, at=datetime(2026, 6, 1))
        with pytest.raises(HazardError, match="in the future"):
            desk.open_hazard(new, role="police", on=date(2026, 6, 2), at=case.AT)
        # At 17:00 UTC it is tomorrow already where the region is.
        late = datetime(2026, 6, 1, 17, tzinfo=UTC)
        one = desk.open_hazard(new, role="police", on=date(2026, 6, 2), at=late)
    row = store.hazards().loc[one]
    assert (row["match_code"], row["r95_m"], row.geometry.geom_type) == ("A2", 100.0, "Point")


@pytest.mark.parametrize(
    "said",
    ["请联系 13812345678", "身份证11010519491231002X", "豫K12345 撞护栏", "豫K·D1234F"],
)
def test_texts_about_persons_are_refused(said: str) -> None:
    with pytest.raises(HazardError, match="places only"):
        clean_text(said, what="the note")


@pytest.mark.parametrize(
    "said", ["S103 K12+300", "安委〔2026〕3号 2026-06-01", "豫K段路口 12345 号"]
)
def test_texts_about_places_are_kept(said: str) -> None:
    assert clean_text(f" {said} ", what="the note") == said

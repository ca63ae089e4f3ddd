"""Every step from every state by every office, and every thing a step may lack."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.hazard_states import (
    CONTROLLED,
    ENDED,
    EVENT_KINDS,
    EXTENDED,
    TRANSITIONS,
    UNSETTLED,
    Evaluation,
    HazardEvent,
    HazardState,
    Measure,
    check,
    next_status,
    steps_from,
)
from geo.vocabulary import HAZARD_ROLES, HAZARD_STATUSES

DAY = date(2026, 6, 1)
EVALUATION = Evaluation(
    years=1,
    before_from=date(2024, 1, 1),
    before_to=date(2024, 12, 31),
    after_from=date(2025, 5, 1),
    after_to=date(2026, 4, 30),
    observed_before=7,
    observed_after=2,
)
# Complete events, each by an office that may take it.
COMPLETE = {
    "found": HazardEvent(kind="found", role="police", on=DAY),
    "verified": HazardEvent(kind="verified", role="police", on=DAY),
    "listed": HazardEvent(
        kind="listed",
        role="leader",
        on=DAY,
        level="county",
        doc_no="安委〔2026〕3号",
        responsible_unit="县公路事业发展中心",
        deadline=date(2026, 9, 30),
    ),
    "planned": HazardEvent(
        kind="planned",
        role="transport",
        on=DAY,
        measures=(Measure(kind="guardrail", quantity=400, quantity_unit="m", cost_wan=12.5),),
        budget_wan=12.5,
    ),
    "treating": HazardEvent(kind="treating", role="township", on=DAY, started_on=DAY),
    "submitted": HazardEvent(kind="submitted", role="transport", on=DAY),
    "accepted": HazardEvent(
        kind="accepted",
        role="emergency",
        on=DAY,
        checked_by=("police", "transport", "emergency"),
        result="pass",
    ),
    "closed": HazardEvent(kind="closed", role="emergency", on=DAY, doc_no="安委〔2026〕9号"),
    "monitoring": HazardEvent(kind="monitoring", role="police", on=DAY, evaluation=EVALUATION),
    "relapsed": HazardEvent(kind="relapsed", role="township", on=DAY, note="又发生两起"),
    "merged": HazardEvent(kind="merged", role="police", on=DAY, into=2),
    "rejected": HazardEvent(kind="rejected", role="police", on=DAY, note="不在道路上"),
    EXTENDED: HazardEvent(
        kind=EXTENDED, role="leader", on=DAY, deadline=date(2026, 12, 31), note="汛期停工"
    ),
    CONTROLLED: HazardEvent(kind=CONTROLLED, role="police", on=DAY, note="限速 40, 专人值守"),
}
LIVE = set(HAZARD_STATUSES) - {"merged", "rejected"}
# The table the product promises: from these states the event may follow.
ALLOWED = {
    "found": set(),
    "verified": {"found", "relapsed"},
    "listed": {"verified", "relapsed"},
    "planned": {"listed"},
    "treating": {"planned"},
    "submitted": {"treating"},
    "accepted": {"submitted"},
    "closed": {"accepted"},
    "monitoring": {"closed", "monitoring"},
    "relapsed": {"closed", "monitoring"},
    "merged": LIVE,
    "rejected": LIVE,
    EXTENDED: {"listed", "planned", "treating", "submitted"},
    CONTROLLED: LIVE - {"accepted", "closed", "monitoring"},
}
ROLES = {
    "verified": {"police", "transport", "township"},
    "listed": {"police", "emergency", "leader"},
    "planned": {"police", "transport", "township"},
    "treating": {"police", "transport", "township"},
    "submitted": {"police", "transport", "township"},
    "accepted": {"police", "transport", "emergency", "leader"},
    "closed": {"police", "emergency", "leader"},
    "monitoring": {"police", "transport", "emergency", "leader"},
    "relapsed": set(HAZARD_ROLES),
    "merged": {"police", "transport", "emergency", "leader"},
    "rejected": {"police", "transport", "emergency", "leader"},
    EXTENDED: {"emergency", "leader"},
    CONTROLLED: {"police", "transport", "township", "emergency"},
}


def state_of(status: str) -> HazardState:
    return HazardState(
        hazard_id=1,
        status=status,
        deadline=date(2026, 9, 30),
        accepted_on=date(2025, 5, 1),
        photos_before=1,
        photos_after=1,
        last_on=DAY,
    )


@pytest.mark.parametrize("status", HAZARD_STATUSES)
@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_each_step_from_each_state(kind: str, status: str) -> None:
    expected = () if status in ALLOWED[kind] else ("transition",)
    assert check(state_of(status), COMPLETE[kind]) == expected


@pytest.mark.parametrize("role", HAZARD_ROLES)
@pytest.mark.parametrize("kind", ROLES)
def test_each_step_by_each_office(kind: str, role: str) -> None:
    source = min(ALLOWED[kind])
    missing = check(state_of(source), replace(COMPLETE[kind], role=role))
    assert missing == (() if role in ROLES[kind] else ("role",))


def test_a_name_is_no_office() -> None:
    assert check(state_of("found"), replace(COMPLETE["verified"], role="老王")) == ("role",)


@pytest.mark.parametrize(
    ("kind", "changes", "missing"),
    [
        ("listed", {"level": ""}, ("level",)),
        ("listed", {"level": "village"}, ("level",)),
        ("listed", {"doc_no": "  "}, ("doc_no",)),
        ("listed", {"responsible_unit": ""}, ("responsible_unit",)),
        ("listed", {"deadline": None}, ("deadline",)),
        ("listed", {"deadline": DAY}, ("deadline",)),
        ("listed", {"level": "", "doc_no": ""}, ("level", "doc_no")),
        ("planned", {"measures": ()}, ("measures",)),
        ("planned", {"measures": (Measure(kind="prayer"),)}, ("measure",)),
        ("planned", {"measures": (Measure(kind="warning", cost_wan=-1.0),)}, ("measure",)),
        ("planned", {"budget_wan": None}, ("budget",)),
        ("planned", {"budget_wan": 0.0}, ("budget",)),
        ("treating", {"started_on": None}, ("started_on",)),
        ("treating", {"started_on": date(2026, 6, 2)}, ("started_on",)),
        ("accepted", {"checked_by": ("police", "transport")}, ("joint_check",)),
        ("accepted", {"result": ""}, ("result",)),
        ("accepted", {"result": "rework"}, ("rework_reason",)),
        ("closed", {"doc_no": ""}, ("doc_no",)),
        ("monitoring", {"evaluation": None}, ("evaluation",)),
        (
            "monitoring",
            {"evaluation": replace(EVALUATION, years=2)},
            ("evaluation_years", "evaluation_too_early"),
        ),
        ("monitoring", {"evaluation": replace(EVALUATION, years=3)}, ("evaluation_too_early",)),
        (
            "monitoring",
            {"evaluation": replace(EVALUATION, after_from=date(2024, 6, 1))},
            ("evaluation_period",),
        ),
        (
            "monitoring",
            {"evaluation": replace(EVALUATION, observed_after=-1)},
            ("evaluation_counts",),
        ),
        ("relapsed", {"note": ""}, ("reason",)),
        ("rejected", {"note": " "}, ("reason",)),
        ("merged", {"into": None}, ("into",)),
        ("merged", {"into": 1}, ("into",)),
        (EXTENDED, {"deadline": date(2026, 9, 30)}, ("deadline",)),
        (EXTENDED, {"note": ""}, ("reason",)),
        (CONTROLLED, {"note": ""}, ("reason",)),
        (CONTROLLED, {"control_until": date(2026, 5, 31)}, ("control_until",)),
        ("closed", {"on": date(2026, 5, 31)}, ("on",)),
        ("closed", {"on": date(2026, 5, 31), "role": "township"}, ("role", "on")),
    ],
)
def test_what_a_step_lacks(
    kind: str, changes: dict[str, object], missing: tuple[str, ...]
) -> None:
    event = replace(COMPLETE[kind], **changes)
    assert check(state_of(min(ALLOWED[kind])), event) == missing


def test_verifying_needs_a_picture_or_a_written_reason() -> None:
    state = replace(state_of("found"), photos_before=0)
    event = COMPLETE["verified"]
    assert check(state, event) == ("photo_or_reason",)
    assert check(state, replace(event, note="夜间勘查, 照片不清")) == ()


def test_submitting_needs_pictures_of_the_works() -> None:
    state = replace(state_of("treating"), photos_after=0)
    assert check(state, COMPLETE["submitted"]) == ("photo_after",)


def test_an_extension_needs_a_deadline_to_extend() -> None:
    state = replace(state_of("listed"), deadline=None)
    assert check(state, COMPLETE[EXTENDED]) == ("old_deadline",)


def test_where_a_step_leads() -> None:
    state = state_of("submitted")
    assert next_status(state, COMPLETE["accepted"]) == "accepted"
    rework = replace(COMPLETE["accepted"], result="rework", note="护栏未到位")
    assert check(state, rework) == ()
    assert next_status(state, rework) == "treating"
    for kind in (EXTENDED, CONTROLLED):
        assert next_status(state, COMPLETE[kind]) == "submitted"


def test_what_may_follow() -> None:
    assert steps_from("found") == ("verified", "merged", "rejected", CONTROLLED)
    assert steps_from("listed") == ("planned", "merged", "rejected", EXTENDED, CONTROLLED)
    assert steps_from("merged") == steps_from("rejected") == ()


def test_the_table_covers_the_vocabulary() -> None:
    assert set(TRANSITIONS) == set(EVENT_KINDS) - {"found"}
    assert UNSETTLED | {"accepted", "closed", "monitoring"} | ENDED == set(HAZARD_STATUSES)


@given(st.lists(st.sampled_from([k for k in EVENT_KINDS if k != "found"]), max_size=30))
def test_no_walk_leaves_the_vocabulary_nor_skips_acceptance(kinds: list[str]) -> None:
    state = state_of("found")
    been = ["found"]
    for kind in kinds:
        if check(state, COMPLETE[kind]) == ():
            state = replace(state, status=next_status(state, COMPLETE[kind]))
            been.append(state.status)
    assert set(been) <= set(HAZARD_STATUSES)
    if "closed" in been:
        assert been.index("accepted") < been.index("closed")
        assert been.index("listed") < been.index("treating") < been.index("submitted")
    if set(been) & ENDED:
        assert been[-1] in ENDED

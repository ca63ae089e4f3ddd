"""Decisions on places: what they bring in, what an undo takes back, and that nothing is lost."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.decisions import PlaceDecision
from data.hits import rates
from data.region import RegionPack
from data.store import Store
from etl.candidates import Options
from etl.geocode import Cascade, PlaceStatus
from etl.learned import LearnedPlaces
from etl.pipeline import load_file
from etl.profile import Profile
from etl.report import LoadReport
from etl.review import decide, reprocess
from geo.errors import StoreError
from geo.selection import IncidentSelection

AS_OF = datetime(2024, 6, 1, tzinfo=UTC)
HEADER = ("编号", "时间", "乡镇", "地点", "经度", "纬度", "死亡", "受伤", "备注")
NAMESAKE, NOWHERE, KNOWN = "连庄村", "北京路", "神垕镇关爷庙村"
EVERYTHING = IncidentSelection()


def row(number: int, place: str, *, unit: str = "", injured: str = "0") -> tuple[str, ...]:
    return (str(number), "2024-01-05 08:03", unit, place, "", "", "0", injured, "雨")


class Office:
    """One store with a loader and a clerk."""

    def __init__(self, folder: Path, region: RegionPack, store: Store, profile: Profile):
        self.folder, self.region, self.store, self.profile = folder, region, store, profile
        self.geocoder = Cascade(region)
        self._files = count()

    def load(self, *rows: tuple[str, ...], days: int = 0) -> LoadReport:
        path = self.folder / f"{next(self._files)}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADER, *rows])
        return load_file(
            path,
            kind="incidents",
            profile=self.profile,
            region=self.region,
            store=self.store,
            as_of=AS_OF + timedelta(days=days),
        )

    def place(self, text: str, lon: float = 113.15, lat: float = 34.15, **changes: object):
        values = {
            "verdict": "placed",
            "role": "clerk",
            "lon": lon,
            "lat": lat,
            "unit_code": "101",
            "match_code": "C2",
            "r95_m": 700.0,
        } | changes
        decision = PlaceDecision(place_text=text, **values)
        return decide(decision, store=self.store, region=self.region, geocoder=self.geocoder)

    def dismiss(self, text: str) -> PlaceDecision:
        nothing = dict.fromkeys(("lon", "lat", "unit_code", "match_code", "r95_m"))
        return self.place(text, verdict="unplaceable", **nothing)[0]

    def waiting(self) -> dict[str, int]:
        queue = self.store.review_queue()
        return dict(zip(queue["place_text"], queue["rows"].tolist(), strict=True))

    def placed(self):
        return self.store.incidents(EVERYTHING)


@pytest.fixture
def office(
    tmp_path: Path, region: RegionPack, profile: Profile, open_store: Callable[..., Store]
) -> Office:
    return Office(tmp_path, region, open_store(region), profile)


def test_the_queue_shows_each_text_once_with_its_reason(office: Office) -> None:
    office.load(row(1, NAMESAKE), row(2, NOWHERE))
    office.load(row(3, "连 庄　村"), row(4, KNOWN))
    queue = office.store.review_queue().set_index("place_text")
    assert queue.loc[NAMESAKE, ["rows", "loads", "code"]].tolist() == [2, 2, "AMBIGUOUS_PLACE"]
    assert queue.loc[NOWHERE, ["rows", "loads", "code"]].tolist() == [1, 1, "UNPLACED_TEXT"]
    assert queue.index[0] == NAMESAKE
    assert office.store.waiting() == (2, 3)


def test_a_decision_brings_the_rows_in_as_a_load_of_their_own(office: Office) -> None:
    report = office.load(row(1, NAMESAKE, injured="2"), row(2, KNOWN), row(3, NOWHERE))
    version = office.store.version
    decision, (review,) = office.place(NAMESAKE)
    assert (review.read, review.inserted, review.rejected) == (1, 1, 0)
    assert review.is_balanced
    assert office.store.version == version + 1
    record = office.placed().query("load_id == @review.load_id").iloc[0]
    assert (record["match_code"], record["r95_m"], record["unit_code"]) == ("C2", 700.0, "101")
    assert (record["lon"], record["lat"], record["injured"]) == (113.15, 34.15, 2)
    assert record["row_no"] == 2
    assert office.waiting() == {NOWHERE: 1}
    loads = office.store.loads()
    assert loads.loc[review.load_id, "status"] == "review"
    assert loads.loc[review.load_id, "as_of"] == AS_OF
    rejected = office.store.rejected(report.load_id).set_index("row_no")
    assert rejected["resolved_load_id"].fillna(0).to_dict() == {2: review.load_id, 4: 0}
    done = office.store.decisions()
    assert done.loc[decision.decision_id, ["rows", "code"]].tolist() == [1, "AMBIGUOUS_PLACE"]


def test_reprocessing_again_changes_nothing(office: Office) -> None:
    office.load(row(1, NAMESAKE))
    office.place(NAMESAKE)
    before = (office.store.version, len(office.store.loads()))
    for text in (NAMESAKE, NOWHERE):
        assert (
            reprocess(text, store=office.store, region=office.region, geocoder=office.geocoder)
            == []
        )
    assert (office.store.version, len(office.store.loads())) == before


def test_a_text_is_decided_once(office: Office) -> None:
    office.load(row(1, NAMESAKE))
    office.place(NAMESAKE)
    with pytest.raises(StoreError, match="decided already"):
        office.place(NAMESAKE)
    assert len(office.store.decisions()) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [({"role": "somebody"}, "role"), ({"lon": None}, "lon"), ({"verdict": "?"}, "verdict")],
)
def test_an_incomplete_decision_is_refused(office: Office, change: dict, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        office.place(NAMESAKE, **change)
    assert office.store.decisions().empty


def test_an_undo_takes_the_records_back_and_the_rows_wait_again(office: Office) -> None:
    office.load(row(1, NAMESAKE), row(2, KNOWN))
    decision, (review,) = office.place(NAMESAKE)
    undone = office.store.undo(decision.decision_id)
    assert (undone.withdrawn, undone.unplaced, undone.rows) == (1, 0, 1)
    assert len(office.placed()) == 1
    assert office.waiting() == {NAMESAKE: 1}
    assert office.store.loads().loc[review.load_id, "status"] == "withdrawn"
    with pytest.raises(StoreError, match="not in force"):
        office.store.undo(decision.decision_id)
    office.place(NAMESAKE, 113.35)
    assert office.placed()["lon"].tolist()[-1] == 113.35


def test_later_loads_use_the_decision_and_its_undo_reaches_them(office: Office) -> None:
    office.load(row(1, NAMESAKE))
    decision, _ = office.place(NAMESAKE)
    report = office.load(row(2, NAMESAKE), row(3, NAMESAKE), row(4, KNOWN))
    assert (report.inserted, report.rejected, report.learned) == (3, 0, 2)
    assert office.store.rejected(report.load_id).empty
    assert office.waiting() == {}
    undone = office.store.undo(decision.decision_id)
    assert (undone.withdrawn, undone.rows) == (3, 3)
    assert office.waiting() == {NAMESAKE: 3}
    assert office.placed()["place_text"].tolist() == [KNOWN]
    _, reviews = office.place(NAMESAKE)
    assert [review.inserted for review in reviews] == [1, 2]


def test_an_undo_never_takes_a_record_that_was_there_before(office: Office) -> None:
    office.load(row(1, KNOWN))
    office.load(row(1, NAMESAKE, injured="3"), days=1)
    decision, (review,) = office.place(NAMESAKE)
    assert review.updated == 1
    undone = office.store.undo(decision.decision_id)
    assert (undone.withdrawn, undone.unplaced) == (0, 1)
    record = office.placed().iloc[0]
    assert (record["match_code"], record["injured"]) == ("U", 3)
    assert record["geometry"] is None
    assert office.waiting() == {NAMESAKE: 1}
    _, (again,) = office.place(NAMESAKE)
    assert again.updated == 1
    assert office.placed().iloc[0]["match_code"] == "C2"


def test_a_late_row_never_overwrites_what_the_same_or_a_newer_extract_says(
    office: Office,
) -> None:
    office.load(row(1, NAMESAKE))
    office.load(row(1, KNOWN, injured="1"))
    _, (review,) = office.place(NAMESAKE)
    assert (review.accepted, review.stale) == (0, 1)
    assert office.placed()["place_text"].tolist() == [KNOWN]


def test_no_place_takes_a_text_out_of_the_queue_until_undone(office: Office) -> None:
    office.load(row(1, NOWHERE))
    decision = office.dismiss(NOWHERE)
    report = office.load(row(2, NOWHERE))
    assert report.rejected_by_code == {"UNPLACED_TEXT": 1}
    assert office.waiting() == {}
    assert len(office.placed()) == 0
    assert office.store.undo(decision.decision_id).rows == 0
    assert office.waiting() == {NOWHERE: 2}


def test_rows_with_personal_data_never_wait(office: Office) -> None:
    office.load(row(1, f"{NOWHERE}13812345678"), *(row(n, KNOWN) for n in range(2, 202)))
    assert office.waiting() == {}


def test_a_coordinate_needs_no_decision(office: Office) -> None:
    office.load(row(1, NAMESAKE))
    decision, _ = office.place(NAMESAKE)
    stated = list(row(2, NAMESAKE))
    stated[4:6] = "113.3", "34.1"
    assert office.load(tuple(stated)).learned == 0
    assert office.store.undo(decision.decision_id).withdrawn == 1
    assert office.placed()["lon"].tolist() == [113.3]


def test_a_key_of_all_columns_stays_the_key_of_the_file(
    tmp_path: Path, region: RegionPack, profile_text: str, open_store: Callable[..., Store]
) -> None:
    keyless = Profile.parse(
        profile_text.replace('[key]\ncolumns = ["编号"]', ""), name="keyless"
    )
    office = Office(tmp_path, region, open_store(region), keyless)
    office.load(row(1, NAMESAKE))
    office.place(NAMESAKE)
    report = office.load(row(1, NAMESAKE), row(2, KNOWN), days=1)
    assert (report.inserted, report.unchanged) == (1, 1)


def test_the_hit_rate_counts_what_waits(office: Office) -> None:
    report = office.load(row(1, NAMESAKE), row(2, KNOWN), row(3, "", unit="方山镇"))
    assert report.hit_rate == pytest.approx(1 / 3)
    assert "LOW_HIT_RATE" in [finding.code for finding in report.warnings]
    assert "33.3%" in report.to_text("zh")
    office.place(NAMESAKE)
    by_source = rates(office.store.hits(), "source")
    assert by_source.loc["test", ["hits", "rows"]].tolist() == [2, 3]
    by_unit = rates(office.store.hits(), "unit_code")
    assert by_unit["rate"].to_dict() == {"102": 0.0, "101": 1.0}


def test_learned_places_stand_before_any_geocoder(region: RegionPack) -> None:
    decisions = [
        PlaceDecision(
            decision_id=7, place_text=NOWHERE, verdict="placed", role="clerk", lon=113.1,
            lat=34.1, match_code="A2", r95_m=100.0, unit_code="101",
        ),
        PlaceDecision(decision_id=8, place_text=KNOWN, verdict="unplaceable", role="clerk"),
    ]  # fmt: skip
    texts = [NOWHERE, KNOWN, "方山村", NAMESAKE]
    placed = LearnedPlaces(Cascade(region), decisions).locate(texts)
    placed_, unplaced, ambiguous = (
        PlaceStatus.ACCEPTED.value,
        PlaceStatus.UNMATCHED.value,
        PlaceStatus.AMBIGUOUS.value,
    )
    assert placed.status.tolist() == [placed_, unplaced, placed_, ambiguous]
    assert placed.lon[0] == 113.1
    assert placed.match_code[0] == "A2"


def test_candidates_are_the_namesakes_with_their_precision(region: RegionPack) -> None:
    options = Options(region, Cascade(region))
    found = options.of(NAMESAKE + "口")
    assert {(one.place_code, one.unit_code) for one in found} == {
        ("101002", "101"),
        ("102001", "102"),
    }
    assert {one.match_code for one in found} == {"C2"}
    best = options.of("方山镇老连庄")[0]
    assert best.place_code == "102001"
    assert options.of("火星") == []
    assert options.unit_at(113.1, 34.1) == "101"
    assert options.unit_at(0.0, 0.0) is None


TEXTS = (NAMESAKE, NOWHERE, KNOWN)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("load"), st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4)),
        st.tuples(st.just("place"), st.sampled_from(TEXTS[:2])),
        st.tuples(st.just("dismiss"), st.sampled_from(TEXTS[:2])),
        st.tuples(st.just("undo"), st.integers(0, 5)),
    ),
    max_size=8,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_no_row_is_ever_lost(
    tmp_path_factory: pytest.TempPathFactory,
    region: RegionPack,
    profile: Profile,
    open_store: Callable[..., Store],
    steps: list,
) -> None:
    """Each row waits, is a record, or belongs to a text that is no place; never two of them."""
    office = Office(tmp_path_factory.mktemp("files"), region, open_store(region), profile)
    loaded = dict.fromkeys(TEXTS, 0)
    in_force: dict[str, PlaceDecision] = {}
    number = count(1)
    for what, value in steps:
        if what == "load":
            office.load(*(row(next(number), text) for text in value))
            for text in value:
                loaded[text] += 1
        elif what in {"place", "dismiss"} and value not in in_force:
            in_force[value] = (
                office.place(value)[0] if what == "place" else office.dismiss(value)
            )
        elif what == "undo" and in_force:
            text = sorted(in_force)[value % len(in_force)]
            office.store.undo(in_force.pop(text).decision_id)
        records = office.placed()["place_text"].value_counts()
        waiting = office.waiting()
        for text in TEXTS:
            decision = in_force.get(text)
            is_in = text == KNOWN or (decision is not None and decision.is_placed)
            assert records.get(text, 0) == (loaded[text] if is_in else 0)
            expected = 0 if is_in or decision is not None else loaded[text]
            assert waiting.get(text, 0) == expected

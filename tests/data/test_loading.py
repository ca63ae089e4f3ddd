from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from data import writing as data_writing
from data.loading import WriteCounts
from data.settings import Settings
from data.store import Store
from geo.errors import FrameError, StoreError
from geo.selection import IncidentSelection
from geo.vocabulary import RecordKind

DAY_0 = datetime(2024, 1, 1, tzinfo=UTC)
ALL = IncidentSelection()


def set_column(records: pa.Table, name: str, values: object) -> pa.Table:
    return records.set_column(records.column_names.index(name), name, pa.array(values))


def test_a_first_load_inserts(store: Store, kit: Any) -> None:
    assert kit.put(store, kit.incidents(500)) == WriteCounts(inserted=500)
    assert store.version == 1
    row = store.loads().loc[1]
    assert (row["status"], row["inserted"], row["file_name"]) == ("loaded", 500, "crashes.csv")
    assert row["as_of"] == DAY_0
    assert store.load_report(1) == kit.report(500)


def test_the_same_file_again_changes_nothing(store: Store, kit: Any) -> None:
    kit.put(store, kit.incidents(20))
    before = store.incidents(ALL)
    with store.load(kit.request(file_name="renamed.csv")) as load:
        assert load.already == 1
        with pytest.raises(StoreError, match="load 1 already"):
            load.write(RecordKind.INCIDENTS, kit.incidents(20))
    assert store.version == 1
    assert store.incidents(ALL).equals(before)
    loads = store.loads()
    assert loads["status"].tolist() == ["already_loaded", "loaded"]
    assert loads.loc[2, "repeats_load_id"] == 1
    assert store.load_report(2) == store.load_report(1)


@pytest.mark.parametrize("name", ["sha256", "profile_digest", "loader_version"])
def test_another_file_profile_or_reader_loads_again(store: Store, kit: Any, name: str) -> None:
    kit.put(store, kit.incidents(20))
    assert kit.put(store, kit.incidents(20), **{name: "x"}) == WriteCounts(unchanged=20)
    assert store.version == 1


def test_only_changed_rows_are_updated(store: Store, kit: Any) -> None:
    kit.put(store, kit.incidents(100))
    before = store.incidents(ALL)
    second = kit.incidents(110)
    content = np.where(np.arange(110) < 30, 7, 0)
    second = set_column(second, "content_hash", content)
    second = set_column(second, "severity", np.full(110, 4, dtype=np.uint8))
    counts = kit.put(store, second, sha256="bb", as_of=DAY_0 + timedelta(days=1))
    assert counts == WriteCounts(inserted=10, updated=30, unchanged=70)
    after = store.incidents(ALL)
    assert after.index.tolist() == list(range(1, 111))
    assert (after["severity"].iloc[:30] == 4).all()
    assert after["severity"].iloc[30:100].equals(before["severity"].iloc[30:])
    assert after["load_id"].value_counts().to_dict() == {1: 70, 2: 40}


def test_an_older_extract_never_overwrites(store: Store, kit: Any) -> None:
    kit.put(store, kit.incidents(10))
    older = kit.incidents(12, content=9)
    counts = kit.put(store, older, sha256="bb", as_of=DAY_0 - timedelta(days=1))
    assert counts == WriteCounts(inserted=2, stale=10)
    assert store.incidents(ALL)["load_id"].tolist() == [1] * 10 + [2] * 2


def test_a_newer_extract_that_agrees_makes_those_between_stale(store: Store, kit: Any) -> None:
    kit.put(store, kit.incidents(10))
    later, between = DAY_0 + timedelta(days=9), DAY_0 + timedelta(days=5)
    kit.put(store, kit.incidents(10), sha256="bb", as_of=later)
    assert store.version == 1
    counts = kit.put(store, kit.incidents(10, content=9), sha256="cc", as_of=between)
    assert counts == WriteCounts(stale=10)


def test_sources_do_not_touch_each_other(store: Store, kit: Any) -> None:
    kit.put(store, kit.incidents(10))
    other = kit.put(store, kit.incidents(10, content=9), source="other", sha256="bb")
    assert other == WriteCounts(inserted=10)
    assert store.incidents(ALL)["source"].value_counts().to_dict() == {
        "crashes": 10,
        "other": 10,
    }


numbers = count()
extract = st.tuples(
    st.integers(0, 3), st.dictionaries(st.integers(0, 9), st.integers(0, 2), min_size=1)
)


@hypothesis_settings(max_examples=25, deadline=None)
@given(extracts=st.lists(extract, min_size=1, max_size=4, unique_by=lambda e: e[0]))
def test_the_order_of_extracts_does_not_matter(
    extracts: list[tuple[int, dict[int, int]]],
    tmp_path_factory: pytest.TempPathFactory,
    kit: Any,
) -> None:
    """Each row ends as the newest extract that holds it says, and every row is counted."""
    expected = {
        key: value
        for _, rows in sorted(extracts, key=lambda e: e[0])
        for key, value in rows.items()
    }
    home = tmp_path_factory.mktemp("orders") / str(next(numbers))
    store = Store.open(Settings(home=home, region="t1"), kit.pack())
    for day, rows in extracts:
        keys, values = list(rows), list(rows.values())
        records = kit.incidents(len(rows))
        for name, column in (("key_hash", keys), ("content_hash", values), ("row_no", keys)):
            records = set_column(records, name, column)
        records = set_column(records, "injured", np.array(values, dtype=np.int16))
        counts = kit.put(store, records, sha256=str(day), as_of=DAY_0 + timedelta(days=day))
        assert counts.inserted + counts.updated + counts.unchanged + counts.stale == len(rows)
    frame = store.incidents(ALL)
    store.close()
    assert dict(zip(frame["row_no"], frame["injured"], strict=True)) == expected


@pytest.mark.parametrize("spoil", ["read", "accepted", "rejected", "duplicate"])
def test_an_unbalanced_report_loads_nothing(store: Store, kit: Any, spoil: str) -> None:
    def load() -> None:
        with store.load(kit.request()) as load:
            load.write(RecordKind.INCIDENTS, kit.incidents(10))
            report = kit.report(10)
            load.finish(report | {spoil: report[spoil] + 1})

    with pytest.raises(StoreError, match="does not balance"):
        load()
    assert store.version == 0
    assert len(store.incidents(ALL)) == 0
    assert store.loads().empty


def test_a_block_without_finish_loads_nothing(store: Store, kit: Any) -> None:
    def load() -> None:
        with store.load(kit.request()) as load:
            load.write(RecordKind.INCIDENTS, kit.incidents(10))

    with pytest.raises(StoreError, match="without finish"):
        load()
    assert store.loads().empty


def test_a_report_without_its_numbers_is_refused(store: Store, kit: Any) -> None:
    with (
        pytest.raises(StoreError, match="lacks 'duplicate'"),
        store.load(kit.request()) as load,
    ):
        load.finish({"read": 0, "accepted": 0, "rejected": 0})


def test_an_exception_leaves_the_store_and_its_indexes(store: Store, kit: Any) -> None:
    def load() -> None:
        with store.load(kit.request()) as load:
            load.write(RecordKind.INCIDENTS, kit.incidents(10))
            raise KeyError

    with pytest.raises(KeyError):
        load()
    assert kit.put(store, kit.incidents(10)).inserted == 10
    assert kit.put(store, kit.incidents(10), sha256="bb").unchanged == 10


@pytest.mark.parametrize("rows_before", [0, 30])
@pytest.mark.parametrize("reindex_rows", [0, 1000])
def test_a_key_that_comes_twice_is_refused(
    store: Store, kit: Any, monkeypatch: pytest.MonkeyPatch, rows_before: int, reindex_rows: int
) -> None:
    kit.put(store, kit.incidents(rows_before), source="other", sha256="00")
    monkeypatch.setattr(data_writing, "REINDEX_ROWS", reindex_rows)
    twice = pa.concat_tables([kit.incidents(10), kit.incidents(1)])
    with pytest.raises(StoreError, match="same key"):
        kit.put(store, twice)
    assert len(store.incidents(ALL)) == rows_before


def test_big_loads_without_and_with_live_indexes_agree(
    store: Store, kit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit.put(store, kit.incidents(300, seed=1))
    monkeypatch.setattr(data_writing, "REINDEX_ROWS", 0)
    monkeypatch.setattr(data_writing, "REINDEX_RATIO", 2)
    records = kit.incidents(1000, seed=2)
    with store.load(kit.request(source="second", sha256="bb")) as load:
        for start in range(0, 1000, 100):
            load.write(RecordKind.INCIDENTS, records.slice(start, 100))
        load.finish(kit.report(1000))
    again = kit.put(store, records, source="second", sha256="cc")
    assert again == WriteCounts(unchanged=1000)
    frame = store.incidents(ALL)
    found = frame[frame["source"] == "second"].sort_values("row_no")
    assert found["lon"].tolist()[:900] == records["lon"].to_pylist()[:900]


def test_an_unknown_unit_is_refused(store: Store, kit: Any) -> None:
    records = set_column(kit.incidents(2), "unit_code", ["u1", "u9"])
    with pytest.raises(StoreError, match="a unit that the region does not have"):
        kit.put(store, records)


def without(name: str) -> Callable[[pa.Table], pa.Table]:
    return lambda records: records.drop_columns([name])


def having(name: str, values: object) -> Callable[[pa.Table], pa.Table]:
    return lambda records: set_column(records, name, values)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without("severity"), "missing column 'severity'"),
        (
            lambda records: records.append_column("phone", pa.array(["1", "2"])),
            "unknown column",
        ),
        (having("category", ["theft", None]), "holds nulls"),
        (having("category", ["theft", "witchcraft"]), "unknown category 'witchcraft'"),
        (having("match_code", ["A1", "Z9"]), "unknown match_code 'Z9'"),
        (having("deaths", [0, 40_000]), "column 'deaths'"),
        (having("occurred_at", ["today", "now"]), "column 'occurred_at'"),
    ],
)
def test_columns_are_checked_at_the_door(
    store: Store, kit: Any, spoil: Callable[[pa.Table], pa.Table], words: str
) -> None:
    with pytest.raises(FrameError, match=words):
        kit.put(store, spoil(kit.incidents(2)))
    assert store.loads().empty


def test_an_extract_time_needs_its_zone(kit: Any) -> None:
    with pytest.raises(FrameError, match="no time zone"):
        kit.request(as_of=datetime(2024, 1, 1))


def test_rejected_rows_are_kept_with_their_reasons(store: Store, kit: Any) -> None:
    rows = pa.table(
        {
            "row_no": [9, 4],
            "code": ["BAD_TIME", "PERSON"],
            "field": ["time", "note"],
            "detail": ["30 February", None],
            "raw": ['{"time": "2024-02-30"}', None],
        }
    )
    with store.load(kit.request()) as load:
        load.write(RecordKind.INCIDENTS, kit.incidents(3))
        load.reject(rows)
        load.finish({"read": 6, "accepted": 3, "rejected": 2, "duplicate": 1})
    kept = store.rejected(1)
    assert kept["row_no"].tolist() == [4, 9]
    assert kept["code"].tolist() == ["PERSON", "BAD_TIME"]
    assert kept["raw"].isna().tolist() == [True, False]
    assert store.loads().loc[1, "rejected"] == 2
    assert store.rejected(2).empty


def test_a_load_of_refused_rows_only_is_no_new_version(store: Store, kit: Any) -> None:
    with store.load(kit.request()) as load:
        load.reject(pa.table({"code": ["BAD_TIME"]}))
        load.finish({"read": 1, "accepted": 0, "rejected": 1, "duplicate": 0})
    assert store.version == 0
    assert store.rejected(1)["row_no"].isna().all()

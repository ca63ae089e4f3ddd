"""Hazards of files and of earlier stores in the ledger."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely
from alembic import command

from data.decisions import PlaceDecision
from data.engine import alembic_config, make_engine, writing
from data.settings import Settings
from data.store import Store
from geo.vocabulary import RecordKind


def hazards_of(**changes: Any) -> pa.Table:
    values: dict[str, Any] = {
        "key_hash": [1, 2, 3],
        "content_hash": [1, 2, 3],
        "row_no": [2, 3, 4],
        "hazard_kind": ["road_section"] * 3,
        "name": ["甲弯", "乙坡", "丙口"],
        "status": ["found", "treating", None],
        "due_on": pa.array([20_700, 20_700, None], pa.int32()),
        "route_code": ["S1", "S1", "S1"],
        "stake_from_m": [11_000.0, 13_000.0, 15_000.0],
        "stake_to_m": [11_300.0, 13_300.0, 15_300.0],
        "match_code": ["D1", "D1", "B1"],
        "r95_m": [4100.0] * 3,
        "geometry": [shapely.to_wkb(shapely.Point(113.9, 34.0))] * 3,
    }
    return pa.table(values | changes)


def load(store: Store, kit: Any, table: pa.Table, **changes: Any) -> Any:
    return kit.put(store, table, kind=RecordKind.HAZARDS, source="bureau", **changes)


def test_loaded_hazards_enter_the_ledger_where_they_stand(
    case: Any, store: Store, kit: Any
) -> None:
    load(store, kit, hazards_of())
    with store.ledger() as desk:
        assert [desk.state(n).status for n in (1, 2, 3)] == ["found", "treating", "found"]
        desk.attach(2, case.picture(), kind="after", role="transport", at=case.AT)
        assert case.take(desk, 2, case.SUBMITTED) == "submitted"
        assert desk.history(2)["from_status"].tolist() == ["treating"]
        # A village's middle says nothing of the road; the stakes do.
        spans = desk.hazard_sections()
    assert spans["stake_from_m"].tolist() == pytest.approx([11_000, 13_000, 15_000], abs=0.1)
    assert store.hazards()["code"].isna().tolist() == [True, False, True]


def test_the_ledger_wins_over_a_file(case: Any, store: Store, kit: Any) -> None:
    load(store, kit, hazards_of())
    with store.ledger() as desk:
        case.verify(desk, 1)
    newer = hazards_of(
        content_hash=[11, 12, 3],
        status=["closed", "accepted", None],
        name=["甲弯改", "乙坡改", "丙口"],
    )
    counts = load(store, kit, newer, sha256="bb", as_of=datetime(2026, 12, 1, tzinfo=UTC))
    assert (counts.updated, counts.stale, counts.unchanged) == (1, 1, 1)
    rows = store.hazards()
    assert rows["status"].fillna("").tolist() == ["verified", "accepted", ""]
    assert rows["name"].tolist() == ["甲弯", "乙坡改", "丙口"]
    with store.ledger_reader() as ledger:
        assert ledger.history(1)["kind"].tolist() == ["verified"]
        assert len(ledger.evidence(1)) == 1


def test_an_undone_place_leaves_what_the_ledger_holds(
    case: Any, store: Store, kit: Any
) -> None:
    with store.review() as desk:
        decision = desk.decide(
            PlaceDecision(
                place_text="老桥",
                verdict="placed",
                role="clerk",
                lon=113.9,
                lat=34.0,
                match_code="A2",
                r95_m=100.0,
            )
        )
    learned = pa.table(
        {
            "row_no": [2, 3],
            "code": ["UNPLACED_TEXT"] * 2,
            "raw": ["{}"] * 2,
            "place_text": ["老桥"] * 2,
            "key_hash": [1, 2],
            "decision_id": [decision.decision_id] * 2,
        }
    )
    request = kit.request(kind=RecordKind.HAZARDS, source="bureau")
    with store.load(request) as batch:
        batch.keep(RecordKind.HAZARDS, learned)
        batch.write(RecordKind.HAZARDS, hazards_of().slice(0, 2))
        batch.finish(kit.report(2))
    with store.ledger() as desk:
        case.verify(desk, 1)
    undone = store.undo(decision.decision_id)
    assert (undone.withdrawn, undone.unplaced, undone.rows) == (1, 0, 2)
    rows = store.hazards()
    assert rows.index.tolist() == [1]
    assert rows.geometry.iloc[0].geom_type == "Point"


def test_a_store_of_earlier_keeps_its_hazards(case: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'home' / 't9.sqlite'}"
    engine = make_engine(url)
    pack = case.write_pack(tmp_path / "pack", "old")
    with writing(engine) as connection:
        command.upgrade(alembic_config(connection), "0002")
        for statement in (
            "INSERT INTO store_state VALUES (1, 't9', '{digest}', 3, 'k')",
            "INSERT INTO load_batch (load_id, kind, profile, profile_digest, loader_version,"
            " file_name, sha256, source, as_of, is_demo, status, started_at, inserted, updated,"
            " unchanged, stale, rejected) VALUES (1, 'hazards', 'p', 'd', '1', 'f', 's', 'q', 0,"
            " 0, 'loaded', 0, 1, 0, 0, 0, 0)",
            "INSERT INTO hazard (hazard_id, source, key_hash, content_hash, as_of, load_id,"
            " row_no, hazard_kind, name, status, match_code)"
            " VALUES (7, 'q', 1, 1, 0, 1, 2, 'road_section', '甲弯', 'planned', 'U')",
        ):
            connection.exec_driver_sql(statement.replace("{digest}", pack.digest))
    engine.dispose()
    store = Store.open(Settings(home=tmp_path / "home", region="t9"), pack)
    assert store.version == 4  # the pieces of the routes have been put in
    assert store.hazards().loc[7, ["name", "status", "load_id"]].tolist() == [
        "甲弯",
        "planned",
        1,
    ]
    with store.ledger() as desk:
        start = replace(case.TREATING, on=case.DAY, started_on=case.DAY)
        assert desk.advance(7, start, at=case.AT) == "treating"
    store.close()
    again = Store.open(Settings(home=tmp_path / "home", region="t9"), pack)
    assert again.version == 4
    with writing(again._engine) as connection:
        command.downgrade(alembic_config(connection), "0002")
        names = connection.exec_driver_sql("SELECT name, load_id FROM hazard").all()
    again.close()
    assert [tuple(row) for row in names] == [("甲弯", 1)]


def test_late_hazards_of_a_file_are_overdue_too(store: Store, kit: Any) -> None:
    load(store, kit, hazards_of(status=["found", "accepted", None]))
    with store.ledger_reader() as ledger:
        assert ledger.overdue(date(2027, 1, 1)).index.tolist() == [1]

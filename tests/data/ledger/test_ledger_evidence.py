"""Proofs on the disk and history that cannot be edited."""

import sqlite3
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image
from sqlalchemy import text

from data.engine import writing
from data.ledger.evidence import EvidenceFolder
from data.store import Store
from geo.errors import HazardError, StoreError


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_pictures_lose_the_cameras_notes(case: Any, store: Store, kind: str) -> None:
    raw = case.picture(kind)
    assert b"SecretCam" in raw
    with store.ledger() as desk:
        one = case.make(desk)
        number = desk.attach(one, raw, kind="before", role="police", at=case.AT, caption="弯道")
        content, mime = desk.evidence_file(number)
        listed = desk.evidence(one)
    assert mime == f"image/{kind.lower()}"
    assert b"SecretCam" not in content
    with Image.open(BytesIO(content)) as image:
        assert dict(image.getexif()) == {}
        assert image.size == (20, 40)  # turned upright before the note on that was dropped
    assert listed["size_bytes"].tolist() == [len(content)]
    assert listed["caption"].tolist() == ["弯道"]
    assert raw != content


def test_the_same_file_is_kept_once(case: Any, store: Store, tmp_path: Path) -> None:
    with store.ledger() as desk:
        one = case.make(desk)
        for kind in ("before", "during"):
            desk.attach(one, case.picture(), kind=kind, role="police", at=case.AT)
        hashes = desk.evidence(one)["sha256"].unique().tolist()
    folder = tmp_path / "home" / "evidence" / "t9"
    assert [path.name for path in folder.iterdir()] == hashes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no JPEG, PNG or PDF"),
        (b"GIF89a" + bytes(20), "no JPEG, PNG or PDF"),
        (b"<svg onload=alert(1)>", "no JPEG, PNG or PDF"),
        (b"PK\x03\x04" + bytes(20), "no JPEG, PNG or PDF"),
        (b"\xff\xd8\xff" + bytes(100), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged"),
        (None, "damaged"),  # a picture cut short
        (b"%PDF-1.7 cut", "cut off"),
        (b"%PDF-" + bytes(20 * 1024 * 1024), "at most 20 MB"),
    ],
    ids=["empty", "gif", "svg", "zip", "jpeg", "png", "half", "pdf", "large"],
)
def test_what_is_no_evidence(
    case: Any, tmp_path: Path, content: bytes | None, message: str
) -> None:
    folder = EvidenceFolder(tmp_path / "e")
    with pytest.raises(HazardError, match=message):
        folder.keep(case.picture()[:300] if content is None else content)
    assert not (tmp_path / "e").exists()


def test_a_picture_of_too_many_pixels_is_not_unpacked(tmp_path: Path) -> None:
    out = BytesIO()
    Image.new("1", (10_000, 7_000)).save(out, "PNG")
    with pytest.raises(HazardError, match="pixels"):
        EvidenceFolder(tmp_path / "e").keep(out.getvalue())


def test_a_changed_or_missing_file_is_told(case: Any, store: Store, tmp_path: Path) -> None:
    with store.ledger() as desk:
        one = case.make(desk)
        number = desk.attach(one, case.picture(), kind="before", role="police", at=case.AT)
        (path,) = (tmp_path / "home" / "evidence" / "t9").iterdir()
        path.write_bytes(b"other")
        with pytest.raises(HazardError, match="has been changed"):
            desk.evidence_file(number)
        path.unlink()
        with pytest.raises(HazardError, match="is missing"):
            desk.evidence_file(number)
        with pytest.raises(HazardError, match="no evidence 9"):
            desk.evidence_file(9)


def test_an_unwritable_folder_is_told(case: Any, tmp_path: Path) -> None:
    (tmp_path / "e").write_bytes(b"")
    with pytest.raises(HazardError, match="cannot be stored"):
        EvidenceFolder(tmp_path / "e").keep(case.picture())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hazard_event SET note = 'x'",
        "UPDATE hazard_event SET role = 'leader' WHERE seq = 1",
        "DELETE FROM hazard_event",
        "INSERT OR REPLACE INTO hazard_event SELECT event_id, hazard_id, seq, kind, from_status,"
        " to_status, happened_on, recorded_at, 'leader', doc_no, note, facts FROM hazard_event"
        " WHERE seq = 2",
        "INSERT OR REPLACE INTO hazard_event SELECT event_id + 100, hazard_id, seq, kind,"
        " from_status, to_status, happened_on, recorded_at, 'leader', doc_no, note, facts"
        " FROM hazard_event WHERE seq = 2",
        "UPDATE hazard_evidence SET sha256 = 'x'",
        "DELETE FROM hazard_evidence",
        "DELETE FROM hazard_measure",
        "DELETE FROM hazard WHERE hazard_id = 1",
    ],
)
def test_history_cannot_be_edited(
    case: Any, store: Store, statement: str, tmp_path: Path
) -> None:
    with store.ledger() as desk:
        one = case.make(desk)
        case.treat(desk, one)
        before = desk.history(one)
    with pytest.raises(StoreError), writing(store._engine) as connection:
        connection.execute(text(statement))
    # Nor by another program at the file.
    with closing(sqlite3.connect(tmp_path / "home" / "t9.sqlite")) as other:
        other.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            other.execute(statement)
    with store.ledger_reader() as ledger:
        pd.testing.assert_frame_equal(ledger.history(one), before)
        assert len(ledger.evidence(one)) == 1

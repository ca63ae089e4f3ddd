"""Loads that are killed, that meet, and that are read past: nothing in between is seen."""

import hashlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import event

from data.settings import Settings
from data.store import Store
from geo.errors import StoreError
from geo.selection import IncidentSelection

ROWS = 12_000

# Loads a file; says "open" once it is the writer, then a dot for each batch; at the pace
# "step" it waits there for a line.
CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
import pyarrow.parquet as pq
from data.settings import Settings
from data.store import LoadRequest, Store

home, file, source, pace = sys.argv[1:]
store = Store.open(
    Settings(home=Path(home), region="t1"), SimpleNamespace(code="t1", digest="one")
)
records = pq.read_table(file)
request = LoadRequest(
    kind="incidents", profile="crashes", profile_digest="d1", file_name=file, sha256=file,
    as_of=datetime(2024, 2, 1, tzinfo=UTC), source=source, is_demo=False, loader_version="1",
)
with store.load(request) as load:
    print("open", flush=True)
    if load.already is None:
        for start in range(0, len(records), 500):
            load.write("incidents", records.slice(start, 500))
            print(".", flush=True)
            if pace == "step":
                sys.stdin.readline()
        n = len(records)
        load.finish({"read": n, "accepted": n, "rejected": 0, "duplicate": 0})
        print("finished", flush=True)
print("done", flush=True)
"""


def start(
    settings: Settings, file: Path, source: str = "crashes", pace: str = "run"
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(settings.home), str(file), source, pace],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def digest(store: Store) -> str:
    frame = store.incidents(IncidentSelection())
    loads = store.loads()[["status", "inserted", "updated"]]
    text = frame.drop(columns="geometry").to_csv() + loads.to_csv() + str(store.version)
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def file(tmp_path: Path, kit: Any) -> Path:
    path = tmp_path / "second.parquet"
    pq.write_table(kit.incidents(ROWS, seed=2, content=1), path)
    return path


@pytest.mark.parametrize("source", ["crashes", "new"], ids=["updating", "appending"])
def test_a_killed_load_leaves_the_store_as_it_was(
    store: Store, settings: Settings, kit: Any, file: Path, source: str
) -> None:
    kit.put(store, kit.incidents(ROWS // 2))
    before = after = digest(store)
    batches = ROWS // 500
    moments = sorted(random.Random(source).sample(range(2, batches + 2), 3))
    for lines in [1, *moments, batches + 2]:
        if after == before:
            child = start(settings, file, source)
            assert child.stdout is not None
            for _ in range(lines):
                child.stdout.readline()
            # The child runs on while the line is read: it may even have committed.
            os.kill(child.pid, signal.SIGKILL)
            child.communicate()
            after = digest(store)
    if after == before:
        assert start(settings, file, source).communicate()[0].endswith("done\n")
        after = digest(store)
    assert after != before
    frame = store.incidents(IncidentSelection())
    assert (frame["load_id"] == 2).sum() == ROWS
    assert store.version == 2


def test_a_full_disk_changes_nothing_and_says_so(store: Store, kit: Any) -> None:
    kit.put(store, kit.incidents(ROWS // 2))
    before = digest(store)
    pages: list[int] = []

    def fill_the_disk(connection: Any, _: Any, __: Any) -> None:
        pages[:] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages[0] + 20}")

    event.listen(store._engine, "checkout", fill_the_disk)
    with pytest.raises(StoreError, match="no disk space left"):
        kit.put(store, kit.incidents(ROWS, seed=2), sha256="bb")
    event.remove(store._engine, "checkout", fill_the_disk)
    store.close()  # pooled connections keep the limit
    assert digest(store) == before
    kit.put(store, kit.incidents(ROWS, seed=2), sha256="bb")
    assert len(store.incidents(IncidentSelection())) == ROWS


def test_two_loads_at_once_take_turns(
    store: Store, settings: Settings, file: Path, tmp_path: Path
) -> None:
    children = [start(settings, file), start(settings, file), start(settings, file, "other")]
    for child in children:
        assert child.communicate()[0].endswith("done\n")
        assert child.returncode == 0
    # All three files are the same bytes: one is loaded, the others say so.
    assert sorted(store.loads()["status"]) == ["already_loaded", "already_loaded", "loaded"]
    assert len(store.incidents(IncidentSelection())) == ROWS


def test_two_different_files_at_once_both_arrive(
    store: Store, settings: Settings, kit: Any, file: Path, tmp_path: Path
) -> None:
    third = tmp_path / "third.parquet"
    pq.write_table(kit.incidents(ROWS, seed=3), third)
    children = [start(settings, file), start(settings, third, "other")]
    for child in children:
        assert child.communicate()[0].endswith("done\n")
    frame = store.incidents(IncidentSelection())
    assert frame["source"].value_counts().to_dict() == {"crashes": ROWS, "other": ROWS}
    assert store.version == 2


def test_readers_see_the_old_state_until_the_commit(
    store: Store, settings: Settings, kit: Any, file: Path
) -> None:
    kit.put(store, kit.incidents(100))
    before = digest(store)
    child = start(settings, file, pace="step")
    assert child.stdout is not None
    assert child.stdin is not None
    steps = 0
    for line in child.stdout:
        if line == ".\n":
            assert digest(store) == before
            steps += 1
            child.stdin.write("\n")
            child.stdin.flush()
    child.communicate()
    assert steps == ROWS // 500
    assert digest(store) != before

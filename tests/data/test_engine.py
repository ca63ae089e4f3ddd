import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from data.engine import alembic_config, make_engine, migrate, reading, writing
from data.geometry import Geom
from data.models import Base
from data.settings import Settings
from data.store import Store
from geo.errors import StoreError


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def test_connections_are_set_for_a_system_of_record(tmp_path: Path) -> None:
    engine = make_engine(url_of(tmp_path / "new" / "folder" / "s.sqlite"))
    migrate(engine)
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
        "trusted_schema": 0,
    }
    with reading(engine) as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected
        }
    engine.dispose()
    assert found == expected


def test_the_migrated_schema_is_the_models(tmp_path: Path) -> None:
    engine = make_engine(url_of(tmp_path / "s.sqlite"))
    migrate(engine)
    with reading(engine) as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": lambda *types: False if isinstance(types[4], Geom) else None,
                "compare_server_default": True,
            },
        )
        difference = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert difference == []


def test_downgrade_leaves_nothing(tmp_path: Path) -> None:
    engine = make_engine(url_of(tmp_path / "s.sqlite"))
    migrate(engine)
    with writing(engine) as connection:
        command.downgrade(alembic_config(connection), "base")
    with reading(engine) as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_the_step_for_reviews_keeps_what_was_there(tmp_path: Path) -> None:
    engine = make_engine(url_of(tmp_path / "s.sqlite"))
    with writing(engine) as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.exec_driver_sql(
            "INSERT INTO load_batch (load_id, kind, profile, profile_digest, loader_version,"
            " file_name, sha256, source, as_of, is_demo, status, started_at, inserted, updated,"
            " unchanged, stale, rejected) VALUES (1, 'sites', 'p', 'd', '1', 'f', 's', 'q', 0,"
            " 0, 'loaded', 0, 0, 0, 0, 0, 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO rejected_row (load_id, row_no, code, raw) VALUES (1, 2, 'X', '{}')"
        )
    migrate(engine)
    rows = "SELECT row_no, code, raw{} FROM rejected_row"
    with writing(engine) as connection:
        new = ", place_text, resolved_load_id, is_update"
        found = connection.exec_driver_sql(rows.format(new)).one()
        assert tuple(found) == (2, "X", "{}", None, None, 0)
        command.downgrade(alembic_config(connection), "0001")
        assert tuple(connection.exec_driver_sql(rows.format("")).one()) == (2, "X", "{}")
        names = inspect(connection).get_table_names()
        assert "place_decision" not in names
    engine.dispose()


def test_a_migration_that_fails_leaves_the_schema(tmp_path: Path) -> None:
    engine = make_engine(url_of(tmp_path / "s.sqlite"))

    def upgrade_half() -> None:
        with writing(engine) as connection:
            command.upgrade(alembic_config(connection), "head")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        upgrade_half()
    with reading(engine) as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()


def test_many_may_start_at_once(tmp_path: Path) -> None:
    engines = [make_engine(url_of(tmp_path / "s.sqlite")) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(migrate, engines)) == [None] * 6
    for engine in engines:
        engine.dispose()


def assert_refused(settings: Settings, words: str, opened: Callable[..., Store]) -> None:
    with pytest.raises(StoreError, match=words) as caught:
        opened(settings=settings)
    assert "\n" not in str(caught.value)


def test_a_damaged_file_is_refused(
    settings: Settings, open_store: Callable[..., Store], tmp_path: Path
) -> None:
    (tmp_path / "bad.sqlite").write_bytes(b"not a database at all" * 100)
    damaged = replace(settings, database=url_of(tmp_path / "bad.sqlite"))
    assert_refused(damaged, "damaged", open_store)


def test_a_newer_schema_is_refused(
    settings: Settings, open_store: Callable[..., Store]
) -> None:
    open_store().close()
    with sqlite3.connect(settings.home / "t1.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert_refused(settings, "newer version of the product", open_store)


def test_another_products_database_is_refused(
    settings: Settings, open_store: Callable[..., Store], tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "other.sqlite") as connection:
        connection.execute("CREATE TABLE cases (id INTEGER)")
    connection.close()
    other = replace(settings, database=url_of(tmp_path / "other.sqlite"))
    assert_refused(other, r"another product's tables \(cases\)", open_store)


def test_a_read_only_store_is_refused(
    settings: Settings, open_store: Callable[..., Store], tmp_path: Path
) -> None:
    path = tmp_path / "ro.sqlite"
    sqlite3.connect(path).close()
    path.touch()
    read_only = replace(settings, database=f"sqlite:///file:{path}?mode=ro&uri=true")
    assert_refused(read_only, "cannot be written", open_store)


def test_a_folder_that_is_a_file_is_refused(
    settings: Settings, open_store: Callable[..., Store], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    blocked = replace(settings, database=url_of(tmp_path / "file" / "s.sqlite"))
    assert_refused(blocked, "cannot make the folder", open_store)


def test_a_locked_store_says_so(tmp_path: Path) -> None:
    engine = make_engine(url_of(tmp_path / "s.sqlite") + "?timeout=0.05")
    migrate(engine)
    with (
        writing(engine),
        pytest.raises(StoreError, match="busy: another load is writing"),
        writing(engine),
    ):
        pass
    engine.dispose()


def test_readers_keep_their_view_while_a_writer_works(tmp_path: Path) -> None:
    engine = make_engine(url_of(tmp_path / "s.sqlite"))
    migrate(engine)
    count = "SELECT count(*) FROM unit"
    with reading(engine) as reader:
        assert reader.exec_driver_sql(count).scalar() == 0
        with writing(engine) as writer:
            writer.exec_driver_sql("INSERT INTO unit (unit_code, name) VALUES ('u', 'n')")
            assert reader.exec_driver_sql(count).scalar() == 0
        assert reader.exec_driver_sql(count).scalar() == 0
    with reading(engine) as reader:
        assert reader.exec_driver_sql(count).scalar() == 1
    engine.dispose()

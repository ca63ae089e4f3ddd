"""Connections: how they are opened, who may write, and what a failure means.

SQLite runs in WAL with full synchronisation. The driver never opens a transaction by
itself: a writer says BEGIN IMMEDIATE and so waits its turn at the start, where waiting
works; a reader says BEGIN and keeps one view of the data until it ends. PostgreSQL
gives the same by an advisory lock and a repeatable-read, read-only transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from geo.errors import StoreError

BUSY_TIMEOUT_S = 30
WRITER_LOCK = 0x50494E47  # "PING": the advisory lock of PostgreSQL writers
CACHE_KIB = 65_536
PRAGMAS = (
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    f"cache_size = -{CACHE_KIB}",
    "journal_size_limit = 67108864",  # bytes; a great load's journal is cut afterwards
)
MIGRATIONS = Path(__file__).with_name("migrations")

# (words of the driver, what it means and what to do), first match wins.
MEANINGS = (
    ("locked", "is busy: another load is writing; wait for it to end and try again"),
    (
        "readonly",
        "cannot be written; give this account write access to the file and its folder",
    ),
    (
        "not a database",
        "is damaged or no database at all; restore a backup or name another file",
    ),
    ("malformed", "is damaged; restore a backup or load the files into a new one"),
    ("is full", "has no disk space left; free some and try again (nothing has been changed)"),
    ("unable to open", "cannot be opened; check the path and the rights on its folder"),
    ("unique", "refuses the file: two of its rows have the same key; nothing has been loaded"),
    ("foreign key", "refuses the file: a row names a unit that the region does not have"),
)


def make_engine(url: str) -> Engine:
    """Engine for ``url``; an SQLite file's folder is made when missing.

    Raises
    ------
    StoreError
        When the folder cannot be made or the driver is not installed.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if "timeout" not in parsed.query:
            parsed = parsed.update_query_dict({"timeout": str(BUSY_TIMEOUT_S)})
        try:
            _sqlite_path(parsed).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make the folder of {url}: {error.strerror}") from error
    try:
        engine = create_engine(parsed)
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError(f"no driver for {parsed.drivername}: {error}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection with one unchanging view of the store.

    Raises
    ------
    StoreError
        In place of any error of the database.
    """
    with _explained(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """The only writer's connection: commits at the end, rolls back on any exception.

    Raises
    ------
    StoreError
        In place of any error of the database, such as another writer not ending in time.
    """
    with _explained(engine), engine.connect() as connection:
        writer = connection.execution_options(is_writer=True)
        with writer.begin():
            yield writer


def migrate(engine: Engine) -> None:
    """Bring the schema up to this product's, one process at a time.

    Raises
    ------
    StoreError
        When the store is damaged, cannot be written, is of a newer product or is
        another product's database.
    """
    script = ScriptDirectory(str(MIGRATIONS))
    with ExitStack() as stack:
        if engine.dialect.name == "sqlite":
            stack.enter_context(_migration_lock(engine))
            _use_wal(engine)
        with reading(engine) as connection:
            if _revision(connection, script) == script.get_current_head():
                return
        with writing(engine) as connection:
            if _revision(connection, script) != script.get_current_head():
                command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for commands run on ``connection``."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection, script: ScriptDirectory) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    known = {entry.revision for entry in script.walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"the store {_name(connection.engine)} was made by a newer version of the "
            "product; update the product or name another file"
        )
    if revision is None:
        foreign = set(inspect(connection).get_table_names()) - {"spatial_ref_sys"}
        if foreign:
            raise StoreError(
                f"{_name(connection.engine)} holds another product's tables "
                f"({', '.join(sorted(foreign)[:3])}); name another database"
            )
    return revision


@contextmanager
def _migration_lock(engine: Engine) -> Iterator[None]:
    path = _sqlite_path(engine.url)
    lock = FileLock(path.with_name(path.name + ".lock"), timeout=BUSY_TIMEOUT_S)
    try:
        with lock:
            yield
    except Timeout as error:
        raise StoreError(
            f"the store {path} is being set up by another process; try again"
        ) from error
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be written ({error.strerror}); "
            "check the rights on its folder"
        ) from error


def _use_wal(engine: Engine) -> None:
    # The mode stays in the file. It cannot be changed inside a transaction, hence the
    # bare driver connection.
    with _explained(engine):
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()


def _prepare_connection(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get("is_writer", False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")
    elif is_writer:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _explain(engine, error.orig or error) from error
    except sqlite3.Error as error:
        raise _explain(engine, error) from error


def _explain(engine: Engine, error: BaseException) -> StoreError:
    words = str(error).strip().partition("\n")[0]
    for sign, meaning in MEANINGS:
        if sign in words.lower():
            return StoreError(f"the store {_name(engine)} {meaning}")
    return StoreError(f"the store {_name(engine)} failed: {words}")


def _name(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True).partition("?")[0]


def _sqlite_path(url: URL) -> Path:
    return Path((url.database or "").removeprefix("file:")).absolute()

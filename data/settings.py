"""What the product is told from outside, read once at the door.

================== ==================================================================
PINGAN_HOME        folder for the store, caches and the key; default ``var`` here
PINGAN_REGION      name of a bundled region, or the folder of a pack; default: the sample
PINGAN_DB          SQLAlchemy URL; default ``sqlite:///{home}/{region code}.sqlite``
PINGAN_SECRET      key that signs URLs; default: a random one, kept in ``{home}/secret``
PINGAN_BASEMAP_URL XYZ tiles (Web Mercator, WGS-84 or CGCS2000) under the map; none
================== ==================================================================
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from geo.errors import SettingsError

BUNDLED = Path(__file__).with_name("sample")
SECRET_MIN_LENGTH = 16


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The product's settings.

    Parameters
    ----------
    home
        Absolute folder the product may write to.
    region
        Name of a bundled region, or the folder of a pack.
    database
        SQLAlchemy URL, or ``None`` for the default SQLite file under ``home``.
    given_secret
        URL-signing key as given from outside, or ``None``.
    basemap_url
        Template such as ``https://tiles.example/{z}/{x}/{y}.png``, or ``None``.
    """

    home: Path
    region: str
    database: str | None = None
    given_secret: str | None = field(default=None, repr=False)
    basemap_url: str | None = None

    @classmethod
    def load(
        cls, region: str | None = None, *, environ: Mapping[str, str] | None = None
    ) -> Settings:
        """Read the settings from environment variables.

        Parameters
        ----------
        region
            Takes the place of ``PINGAN_REGION`` when given.
        environ
            Variables to read; the process's own by default.

        Raises
        ------
        SettingsError
            When a variable cannot be used.
        """
        values = os.environ if environ is None else environ
        database = values.get("PINGAN_DB") or None
        secret = values.get("PINGAN_SECRET") or None
        if database is not None:
            _check_database(database)
        if secret is not None and len(secret) < SECRET_MIN_LENGTH:
            raise SettingsError(
                f"PINGAN_SECRET is shorter than {SECRET_MIN_LENGTH} characters; "
                "give a longer one, or unset it to have one made"
            )
        return cls(
            home=Path(values.get("PINGAN_HOME") or "var").expanduser().absolute(),
            region=region or values.get("PINGAN_REGION") or _bundled_region(),
            database=database,
            given_secret=secret,
            basemap_url=values.get("PINGAN_BASEMAP_URL") or None,
        )

    def database_url(self, region_code: str) -> str:
        """SQLAlchemy URL of the store of the region with this code."""
        return self.database or f"sqlite:///{self.home / region_code}.sqlite"

    @cached_property
    def secret(self) -> bytes:
        """URL-signing key; made on first use when none is given.

        Raises
        ------
        SettingsError
            When the key file cannot be read or made.
        """
        if self.given_secret is not None:
            return self.given_secret.encode()
        path = self.home / "secret"
        try:
            if not path.exists():
                _write_secret(path)
            key = path.read_bytes()
        except OSError as error:
            raise SettingsError(
                f"cannot keep the signing key in {path} ({error.strerror}); "
                "make the folder writable or set PINGAN_SECRET"
            ) from error
        if len(key) < SECRET_MIN_LENGTH:
            raise SettingsError(f"the signing key in {path} is too short; delete the file")
        return key


def _bundled_region() -> str:
    names = sorted(path.parent.name for path in BUNDLED.glob("*/region.toml"))
    if not names:
        raise SettingsError("no region is bundled; set PINGAN_REGION to the folder of a pack")
    return names[0]


def _check_database(url: str) -> None:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError(
            "PINGAN_DB is not a database URL; write sqlite:///path/to/file.sqlite"
        ) from error
    backend = parsed.get_backend_name()
    if backend not in {"sqlite", "postgresql"}:
        raise SettingsError(f"PINGAN_DB names {backend}; use sqlite or postgresql+psycopg")
    if backend == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise SettingsError("PINGAN_DB names no file; write sqlite:///path/to/file.sqlite")


def _write_secret(path: Path) -> None:
    """Make the key whole before it gets its name, so that two starts agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".secret-{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_hex(32).encode())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its key is the one to read
    finally:
        draft.unlink()

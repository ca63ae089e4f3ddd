from pathlib import Path

import pytest

from data.settings import Settings
from geo.errors import SettingsError


def test_everything_has_a_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.load(environ={})
    assert settings.home == tmp_path / "var"
    assert settings.database_url("t1") == f"sqlite:///{tmp_path}/var/t1.sqlite"
    assert not settings.home.exists()


def test_the_environment_is_read(tmp_path: Path) -> None:
    settings = Settings.load(
        environ={
            "PINGAN_HOME": str(tmp_path),
            "PINGAN_REGION": "packs/t2",
            "PINGAN_DB": "postgresql+psycopg://reader@db/atlas",
            "PINGAN_SECRET": "0123456789abcdef",
        }
    )
    assert settings.region == "packs/t2"
    assert settings.database_url("t2") == "postgresql+psycopg://reader@db/atlas"
    assert settings.secret == b"0123456789abcdef"
    assert "0123456789abcdef" not in repr(settings)


def test_a_region_given_by_hand_wins() -> None:
    assert Settings.load("t3", environ={"PINGAN_REGION": "t2"}).region == "t3"


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first, second = (Settings(home=home, region="t1") for _ in range(2))
    assert len(first.secret) == 64
    assert first.secret == second.secret
    assert (home / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir()] == ["secret"]


def test_a_damaged_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("short")
    with pytest.raises(SettingsError, match="too short"):
        _ = Settings(home=tmp_path, region="t1").secret


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PINGAN_DB", "nonsense", "not a database URL"),
        ("PINGAN_DB", "mysql://x/y", "use sqlite or postgresql"),
        ("PINGAN_DB", "sqlite://", "names no file"),
        ("PINGAN_DB", "sqlite:///:memory:", "names no file"),
        ("PINGAN_SECRET", "short", "shorter than 16"),
    ],
)
def test_a_bad_variable_is_one_clear_line(variable: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        Settings.load(environ={variable: value})
    assert "\n" not in str(caught.value)

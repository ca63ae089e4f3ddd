"""The laws of the house that a tool can check."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("geo", "data", "etl", "dashboard", "pingan")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
PAGES = sorted((ROOT / "dashboard" / "pages").glob("*.py"))


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_modules_stay_readable() -> None:
    assert {str(path): lines(path) for path in MODULES if lines(path) > 400} == {}


def test_pages_only_arrange() -> None:
    assert PAGES
    assert {path.name: lines(path) for path in PAGES if lines(path) > 60} == {}


def test_tests_are_not_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_test_names_are_unique() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_no_county_is_named_outside_the_sample() -> None:
    named = [
        str(path)
        for path in MODULES
        if "sample" not in path.parts
        and re.search("yuzhou|禹州|411081", path.read_text(encoding="utf-8"), re.IGNORECASE)
    ]
    assert named == []


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        (r"unsafe_allow_html", set()),
        (r"\bst\.html\(", {"markup.py"}),
        (r"components\.v1", set()),
        (r"sys\.path", set()),
        (r"\bpickle\b", set()),
        (r"except Exception\b", set()),
        (r"\bTODO\b|\bFIXME\b", set()),
    ],
)
def test_doors_that_stay_closed(pattern: str, allowed: set[str]) -> None:
    found = {path.name for path in MODULES if re.search(pattern, path.read_text("utf-8"))}
    assert found <= allowed


def test_requirements_start_with_the_project() -> None:
    assert (ROOT / "requirements.txt").read_text().splitlines()[0] == "-e ."

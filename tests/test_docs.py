"""Each command, option and setting is documented, in both languages where users read it."""

import re
from pathlib import Path

import click
import pytest
import typer

from pingan.cli import app

ROOT = Path(__file__).parents[1]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
GUIDES = {
    language: (ROOT / "docs" / f"user-guide.{language}.md").read_text("utf-8")
    for language in ("zh", "en")
}
DICTIONARY = (ROOT / "docs" / "data-dictionary.md").read_text("utf-8")


def walk(command: click.Command, path: str) -> dict[str, click.Command]:
    if isinstance(command, click.Group) or hasattr(command, "commands"):
        found: dict[str, click.Command] = {}
        for name, child in command.commands.items():
            found |= walk(child, f"{path} {name}")
        return found
    return {path: command}


COMMANDS = walk(typer.main.get_command(app), "pingan")


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_is_in_operations(path: str) -> None:
    assert f"`{path}" in OPERATIONS
    options = {
        flag
        for parameter in COMMANDS[path].params
        for flag in parameter.opts
        if flag.startswith("--") and flag != "--help"
    }
    assert {flag for flag in options if flag not in OPERATIONS} == set()


def test_every_setting_is_in_operations() -> None:
    code = "\n".join(
        path.read_text("utf-8")
        for package in ("geo", "data", "etl", "dashboard", "pingan")
        for path in (ROOT / package).rglob("*.py")
    )
    settings = set(re.findall(r"PINGAN_[A-Z_]+", code))
    assert settings
    assert {name for name in settings if name not in OPERATIONS} == set()


def test_the_readme_has_the_two_commands_and_a_picture() -> None:
    assert "make run" in README
    assert "make test" in README
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_links_between_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name} → {target}"


@pytest.mark.parametrize("language", GUIDES)
def test_the_user_guide_covers_every_page(language: str) -> None:
    pages = {path.stem for path in (ROOT / "dashboard" / "pages").glob("*.py")} - {"__init__"}
    assert {page for page in pages if f"/{page}" not in GUIDES[language]} == set()


def test_every_stored_column_is_in_the_dictionary() -> None:
    from data.models import Base

    missing = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if f"`{column.name}`" not in DICTIONARY
    }
    assert missing == set()
    assert {
        table.name
        for table in Base.metadata.sorted_tables
        if f"`{table.name}`" not in DICTIONARY
    } == set()

"""The way in for uploads and decisions, handed to the dashboard from above.

The dashboard never parses files or places texts. Whoever starts the server may register an
:class:`Intake` and a :class:`Reviewer`; without one its page says that it is not enabled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

Progress = Callable[[int], None]


class Intake(Protocol):
    """What the data page needs to take a file in."""

    def profiles(self) -> dict[str, str]:
        """Profile name → record kind it describes."""

    def preview(self, path: Path, profile: str) -> pd.DataFrame:
        """The first rows of the file as text, parsed in a child process.

        Raises
        ------
        SafetyError
            When the file cannot be used.
        """

    def load(self, path: Path, profile: str, progress: Progress) -> dict[str, Any]:
        """Load the whole file and return its report.

        ``progress`` is called with the number of rows read so far. The report holds at
        least ``load_id, read, accepted, rejected, duplicate``; ``already`` is true when
        the same file had been loaded before.

        Raises
        ------
        SafetyError
            When nothing of the file has been loaded.
        """


class Option(Protocol):
    """A place that a text may mean; WGS-84 degrees, ``score`` 0 to 100."""

    name: str
    lon: float
    lat: float
    match_code: str
    r95_m: float
    score: float
    unit_code: str | None
    place_code: str | None


class Reviewer(Protocol):
    """What the review page needs to decide on texts. Every method may raise SafetyError."""

    def options(self, text: str) -> Sequence[Option]:
        """Places the text may mean, best first."""

    def choose(self, text: str, option: Option, role: str) -> int:
        """Decide for an option; the number of rows brought in."""

    def point(self, text: str, lon: float, lat: float, role: str) -> int:
        """Decide for a point on the map; the number of rows brought in."""

    def dismiss(self, text: str, role: str) -> None:
        """Decide that the text is no place."""

    def undo(self, decision_id: int) -> int:
        """Take a decision back; the number of rows that wait again."""


class _Door:
    intake: Intake | None = None
    reviewer: Reviewer | None = None


_door = _Door()


def register(intake: Intake | None, reviewer: Reviewer | None = None) -> None:
    """Let uploads and decisions in for the whole process; ``None`` closes a door."""
    _door.intake, _door.reviewer = intake, reviewer


def registered() -> Intake | None:
    """The intake of this process, if there is one."""
    return _door.intake


def reviewer() -> Reviewer | None:
    """The reviewer of this process, if there is one."""
    return _door.reviewer

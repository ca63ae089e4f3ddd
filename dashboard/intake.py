"""The way in for uploads, handed to the dashboard from above.

The dashboard never parses files. Whoever starts the server may register an
:class:`Intake`; without one the data page says that uploads are not enabled.
"""

from __future__ import annotations

from collections.abc import Callable
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


class _Door:
    intake: Intake | None = None


_door = _Door()


def register(intake: Intake | None) -> None:
    """Let uploads in through ``intake`` for the whole process; ``None`` closes the door."""
    _door.intake = intake


def registered() -> Intake | None:
    """The intake of this process, if there is one."""
    return _door.intake

"""One shift to be planned: tasks, teams, travel times, and who may do what.

Times are minutes from the start of the shift; locations are rows of the travel matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import FrameError
from geo.patrol_routes import Instance

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

HARM_KINDS = ("hotspot", "stay")
TASK_COLUMNS = (
    "place",
    "kind",
    "block",
    "unit_code",
    "enter",
    "leave",
    "prize",
    "service_min",
    "open_min",
    "close_min",
    "is_must",
)
TEAM_COLUMNS = ("zone", "begin", "finish", "from_min", "to_min")


@dataclass(frozen=True, kw_only=True, eq=False)
class PatrolProblem:
    """Tasks, teams and travel times of one shift.

    Parameters
    ----------
    tasks
        Numbered from 0, with :data:`TASK_COLUMNS`: ``enter`` and ``leave`` are locations
        (rows of ``travel_min``), windows are of the start.
    teams
        Indexed by team code, with :data:`TEAM_COLUMNS` (``begin`` and ``finish`` are
        locations); optional ``mode``, which of the travel matrices.
    travel_min
        (modes, locations, locations) minutes.
    permitted
        (teams, tasks) whether a team may do a task, its time left aside.
    minute_cost, stop_cost
        Prize that a minute of travel costs, and times the squared stops of each team.

    Raises
    ------
    FrameError
        When a column is missing, a number is not finite or negative, or a location unknown.
    """

    tasks: pd.DataFrame
    teams: pd.DataFrame
    travel_min: Floats
    permitted: Booleans
    minute_cost: float = 0.0
    stop_cost: float = 0.0

    def __post_init__(self) -> None:
        require_columns(self.tasks, TASK_COLUMNS, what="tasks")
        require_columns(self.teams, TEAM_COLUMNS, what="teams")
        if self.travel_min.ndim != 3 or self.travel_min.shape[1] != self.travel_min.shape[2]:
            raise FrameError("travel_min must have the shape (modes, locations, locations)")
        if not (np.isfinite(self.travel_min).all() and (self.travel_min >= 0).all()):
            raise FrameError("travel_min must be finite and not negative; join what is apart")
        if self.permitted.shape != (len(self.teams), len(self.tasks)):
            raise FrameError("permitted must have the shape (teams, tasks)")
        if not self.teams.index.is_unique:
            raise FrameError("team codes repeat; number them")
        numbers = self.tasks[["prize", "service_min"]].to_numpy(dtype=float)
        if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
            raise FrameError("prizes and service times must be finite and not negative")
        times = (self.tasks[["open_min", "close_min"]], self.teams[["from_min", "to_min"]])
        if any(np.isnan(frame.to_numpy(dtype=float)).any() for frame in times):
            raise FrameError("windows of tasks and teams need both ends")
        places = self.travel_min.shape[1]
        used = (self.tasks[["enter", "leave"]], self.teams[["begin", "finish"]])
        for frame in used:
            at = frame.to_numpy(dtype=np.int64)
            if at.size and not (at.min() >= 0 and at.max() < places):
                raise FrameError(f"a location is not among the {places} rows of travel_min")
        if len(self.modes) and not 0 <= self.modes.min() <= self.modes.max() < len(
            self.travel_min
        ):
            raise FrameError("a team's mode has no travel matrix")

    @property
    def modes(self) -> npt.NDArray[np.int64]:
        """(teams) number of each team's travel matrix."""
        if "mode" not in self.teams:
            return np.zeros(len(self.teams), np.int64)
        return self.teams["mode"].to_numpy(np.int64, copy=True)

    @cached_property
    def start_min(self) -> Floats:
        """(teams, tasks) earliest start of each task as the only one of a team."""
        task, team = self.tasks, self.teams
        out = self.travel_min[
            self.modes[:, None],
            team["begin"].to_numpy(np.int64)[:, None],
            task["enter"].to_numpy(np.int64)[None, :],
        ]
        start = team["from_min"].to_numpy(float)[:, None] + out
        return np.asarray(np.maximum(start, task["open_min"].to_numpy(float)[None, :]))

    @cached_property
    def end_min(self) -> Floats:
        """(teams, tasks) when a team that does nothing else is back."""
        home = self.travel_min[
            self.modes[:, None],
            self.tasks["leave"].to_numpy(np.int64)[None, :],
            self.teams["finish"].to_numpy(np.int64)[:, None],
        ]
        service = self.tasks["service_min"].to_numpy(float)
        return np.asarray(self.start_min + service[None, :] + home)

    @cached_property
    def allowed(self) -> Booleans:
        """(teams, tasks) whether a team may do a task and can, when it does nothing else."""
        in_window = self.start_min <= self.tasks["close_min"].to_numpy(float)[None, :] + 1e-9
        is_back = self.end_min <= self.teams["to_min"].to_numpy(float)[:, None] + 1e-9
        return self.permitted & in_window & is_back

    @property
    def is_harm(self) -> Booleans:
        """(tasks) those whose prize is expected harm."""
        return self.tasks["kind"].isin(HARM_KINDS).to_numpy()

    def instance(self, *, is_fixed: Booleans, allowed: Booleans) -> Instance:
        """The arrays that the compiled search reads."""
        task, team = self.tasks, self.teams

        def floats(frame: pd.DataFrame, column: str) -> Floats:
            return frame[column].to_numpy(dtype=np.float64, copy=True)

        def integers(frame: pd.DataFrame, column: str) -> npt.NDArray[np.int64]:
            return frame[column].to_numpy(dtype=np.int64, copy=True)

        return Instance(
            travel_min=np.array(self.travel_min, dtype=np.float64),
            enter=integers(task, "enter"),
            leave=integers(task, "leave"),
            prize=floats(task, "prize"),
            service_min=floats(task, "service_min"),
            open_min=floats(task, "open_min"),
            close_min=floats(task, "close_min"),
            is_must=task["is_must"].to_numpy(dtype=np.bool_, copy=True),
            is_fixed=np.array(is_fixed, dtype=np.bool_),
            begin=integers(team, "begin"),
            finish=integers(team, "finish"),
            from_min=floats(team, "from_min"),
            to_min=floats(team, "to_min"),
            mode=np.array(self.modes),
            allowed=np.array(allowed, dtype=np.bool_),
            minute_cost=float(self.minute_cost),
            stop_cost=float(self.stop_cost),
        )


def require_columns(frame: pd.DataFrame, columns: Sequence[str], *, what: str) -> None:
    missing = [column for column in columns if column not in frame]
    if missing:
        raise FrameError(f"{what} lack the columns {', '.join(missing)}")

"""How the processes are: written by the supervisor, read by the health page."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec
import psutil

FILE = "processes.json"
METRICS_FOLDER = "metrics"


class State(StrEnum):
    """What a supervised process is doing."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"  # crashed; will start again soon
    STOPPED = "stopped"


class ProcessHealth(msgspec.Struct, frozen=True):
    """One process.

    Attributes:
        since: when it came into its state.
        restarts: how often it was started again since the supervisor began.
        last_error: how it ended the last time it crashed, with the last it said.
    """

    name: str
    state: State
    since: datetime
    pid: int | None = None
    restarts: int = 0
    last_error: str | None = None


class SystemHealth(msgspec.Struct, frozen=True):
    """All processes of one supervisor."""

    supervisor_pid: int
    supervisor_began: float
    processes: tuple[ProcessHealth, ...] = ()

    @property
    def supervised(self) -> bool:
        """Whether that very supervisor still lives (a process number may have been used again)."""
        try:
            return psutil.Process(self.supervisor_pid).create_time() == self.supervisor_began
        except psutil.Error:
            return False


def write_health(run_folder: Path, health: SystemHealth) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    run_folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    made = run_folder / f"{FILE}.new"
    made.write_bytes(msgspec.json.encode(health))
    made.replace(run_folder / FILE)


def read_health(run_folder: Path) -> SystemHealth | None:
    """Read what the supervisor of this data folder wrote last; None when there never was one."""
    try:
        return msgspec.json.decode((run_folder / FILE).read_bytes(), type=SystemHealth)
    except (OSError, msgspec.DecodeError):
        return None

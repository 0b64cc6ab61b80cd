"""What a node has yet to tell, on disk: a word leaves it only when the platform has taken it."""

import contextlib
import re
import shutil
from pathlib import Path

import msgspec
import structlog

from linli.sensing.vision.node.shelf import replaced

MOST_WAITING = 20_000
NAME = re.compile(r"\d{15}-[A-Za-z0-9_.-]{1,80}\.json")

log = structlog.get_logger()


class Enclosed(msgspec.Struct, frozen=True):
    """A file of evidence; `file_id` once the platform has it."""

    path: str
    media_type: str
    file_id: str | None = None


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a camera. The id makes it count once, however often it is sent."""

    id: str
    camera: str
    event: str
    at_ms: int
    fields: dict[str, str | float | bool] = {}
    files: tuple[Enclosed, ...] = ()


class Outbox:
    """Letters in the order they were written. Everything here is synchronous and short."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, letter: Letter) -> None:
        """Keep a letter, or what it has become; survives a power cut at return.

        Raises OSError: the disk is full.
        """
        replaced(self._path(letter), msgspec.json.encode(letter))

    def waiting(self) -> list[Letter]:
        """All letters, oldest first; beyond 20,000 the oldest are given up, said in the log."""
        names = sorted(path.name for path in self._folder.iterdir() if NAME.fullmatch(path.name))
        for name in names[:-MOST_WAITING]:
            log.error("letter_given_up", name=name)
            (self._folder / name).unlink(missing_ok=True)
        found: list[Letter] = []
        for name in names[-MOST_WAITING:]:
            path = self._folder / name
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=Letter))
            except FileNotFoundError:  # taken by the platform meanwhile
                continue
            except (OSError, msgspec.MsgspecError) as error:
                log.error("letter_unreadable", name=name, error=str(error))  # noqa: TRY400 (no bug of ours)
                with contextlib.suppress(OSError):
                    path.rename(path.with_suffix(".broken"))
        return found

    def done(self, letter: Letter) -> None:
        """The platform has it: the letter and its files go."""
        for enclosed in letter.files:
            path = Path(enclosed.path)
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # others of the same event may be left
                path.parent.rmdir()
        self._path(letter).unlink(missing_ok=True)

    def _path(self, letter: Letter) -> Path:
        return self._folder / f"{letter.at_ms:015d}-{letter.id}.json"


def forget_orphans(evidence: Path, outbox: Outbox) -> None:
    """Remove evidence that no letter encloses: its letter was taken just before a crash."""
    held = {Path(one.path).parent for letter in outbox.waiting() for one in letter.files}
    if not evidence.is_dir():
        return
    for folder in evidence.iterdir():
        if folder.is_dir() and folder not in held:
            shutil.rmtree(folder, ignore_errors=True)

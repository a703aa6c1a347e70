"""Where things lie in a workspace. Pure path arithmetic: nothing here touches the disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, unquote


@dataclass(frozen=True, slots=True)
class AttemptFolder:
    """The folder of one attempt: the truth about it, whoever is alive to read it."""

    path: Path

    @property
    def job(self) -> Path:
        """What the worker was asked to do, secrets masked."""
        return self.path / "job.json"

    @property
    def process(self) -> Path:
        """Pids and start times of the zygote and the step: how a later front finds them."""
        return self.path / "process.json"

    @property
    def events(self) -> Path:
        """What the step reported, one JSON object a line."""
        return self.path / "events.jsonl"

    @property
    def outcome(self) -> Path:
        """How it ended; written atomically, last of all."""
        return self.path / "outcome.json"

    @property
    def set_by_hand(self) -> Path:
        """There where the user set values of it while it was stopped."""
        return self.path / "set-by-hand"

    @property
    def stdout(self) -> Path:
        """Everything it printed, raw."""
        return self.path / "stdout.log"

    @property
    def stderr(self) -> Path:
        """Everything it printed to stderr, raw."""
        return self.path / "stderr.log"

    @property
    def scratch(self) -> Path:
        """Its working directory."""
        return self.path / "scratch"

    @property
    def returned(self) -> Path:
        """DataFrames that ``main`` returned."""
        return self.path / "returned"

    @property
    def inputs_before(self) -> Path:
        """Stamps of its input files, taken before it started."""
        return self.path / "inputs.json"

    @property
    def outputs(self) -> Path:
        """Holds a folder for each output channel."""
        return self.path / "output"

    def input(self, channel: str) -> Path:
        """The protected copy of an input channel, where one was made."""
        return self.path.joinpath("inputs", _quoted(channel))

    def output(self, channel: str) -> Path:
        """Where an output channel is written."""
        return self.outputs / _quoted(channel)


def attempt_folder(workspace: Path, run_id: str, step: str, attempt: int) -> AttemptFolder:
    """The folder of an attempt; step names are quoted so that none can leave the workspace."""
    return AttemptFolder(workspace.joinpath("runs", run_id, _quoted(step), str(attempt)))


def unquoted(folder: Path) -> str:
    """The name that a folder stands for: of an output channel, say."""
    return unquote(folder.name)


@lru_cache(maxsize=4096)
def _quoted(name: str) -> str:
    """A name that stays in its folder and is one: not above it, and not the folder itself."""
    quoted = quote(name, safe="")
    return (quoted.replace(".", "%2E") or "%") if set(quoted) <= {"."} else quoted

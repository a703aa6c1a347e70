"""Where a step spent its processor time, line by line."""

from __future__ import annotations

from dataclasses import dataclass

HOT_SHARE = 0.02
"""From this share of the samples on, a line is hot."""
_LIBRARIES = ("/site-packages/", "/dist-packages/", "/lib/python3", "/lib64/python3")


def is_library(file: str) -> bool:
    """Whether a file is of an installed library, or nobody's."""
    return file.startswith("<") or any(part in file for part in _LIBRARIES)


@dataclass(frozen=True, slots=True)
class LineShare:
    """What a line of the step's code was seen doing."""

    file: str
    line: int
    """From 1."""
    function: str
    total: float
    """Share of the samples in which it ran, or waited for what it had called; 0 to 1."""
    own: float
    """Share of the samples in which it ran itself, the C code of libraries that it called included."""

    text: str | None = None
    """The line as it was, so that it can be found in an edited file; None where it is not known, empty where the file
    was edited before it could be read."""

    @property
    def library(self) -> bool:
        """Whether it is of an installed library, or of nobody's file."""
        return is_library(self.file)


@dataclass(frozen=True, slots=True)
class Profile:
    """Samples of one attempt; ``lines`` has the hottest first."""

    run_id: str
    step: str
    attempt: int
    samples: int
    """How often a thread of the step was seen at work; one that waits is not seen."""
    seconds: float
    """How long it was looked at."""
    rate: int
    """Looks a second."""
    lines: tuple[LineShare, ...]

    @property
    def hot(self) -> tuple[LineShare, ...]:
        """Lines worth a look."""
        return tuple(each for each in self.lines if each.total >= HOT_SHARE)

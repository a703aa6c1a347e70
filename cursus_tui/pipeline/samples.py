"""The sample pipelines that travel in the package: listing, copying and opening them."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.pipeline.overrides import nearest
from cursus_tui.pipeline.private_folder import private_folder
from cursus_tui.records.errors import UserError

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
"""The folder of samples in the installed package."""

_DAG = "pipeline.dag.json"
_WORKSPACE = ".cursus-tui"
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", _WORKSPACE, ".DS_Store")


@dataclass(frozen=True, slots=True)
class SampleCopy:
    """A copy of a sample that the user may change."""

    folder: Path
    note: str
    """Where it is, and whether it was made just now."""


def sample_names(samples: Path = SAMPLES) -> tuple[str, ...]:
    """All samples, by name."""
    return tuple(sorted(each.parent.name for each in samples.glob(f"*/{_DAG}")))


def sample_summary(name: str, samples: Path = SAMPLES) -> str:
    """One line about a sample: the first line of text in its README."""
    try:
        lines = (samples / name / "README.md").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")


def copy_sample(name: str, folder: Path, samples: Path = SAMPLES) -> Path:
    """Copy a sample to a folder that does not exist yet, or into one that does, under its name.

    Returns:
        The folder of the copy.

    Raises:
        UserError: There is no such sample, something is already there, or it cannot be written.
    """
    source = _sample(name, samples)
    target = folder / name if folder.is_dir() else folder
    if os.path.lexists(target):
        raise UserError("this exists already, and nothing is overwritten", file=target, hint="name another folder")
    _copy(source, target)
    return target


def open_sample(name: str, samples: Path = SAMPLES) -> SampleCopy:
    """The user's private copy of a sample: the same one each time, so that edits to it and runs of it last.

    A copy that was never edited follows the sample when the program is updated; an edited one is left alone.

    Raises:
        UserError: There is no such sample, or it cannot be copied.
    """
    source = _sample(name, samples)
    target = private_folder("samples") / name
    origin = private_folder("samples") / f"{name}.origin"
    shipped = _content(source)
    if not (target / _DAG).is_file():
        shutil.rmtree(target, ignore_errors=True)
        note = f"{name} was copied to {target}; edit it there"
    else:
        copied = origin.read_text(encoding="ascii", errors="replace") if origin.is_file() else ""
        mine = _content(target)
        if shipped in (copied, mine):
            return SampleCopy(target, f"Sample: your copy of {name} in {target} (delete it to start afresh)")
        if mine != copied:
            note = f"your edited copy of {name} in {target}; the program now ships a newer one: delete yours to get it"
            return SampleCopy(target, f"Sample: {note}")
        note = f"your copy of {name} in {target} was brought up to date"
    _copy(source, target, keep=_WORKSPACE)
    origin.write_text(shipped, encoding="ascii")
    return SampleCopy(target, f"Sample: {note}")


def _content(folder: Path) -> str:
    """A hash of all that is copied of a sample, names and bytes."""
    digest = hashlib.sha256()
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in (_WORKSPACE, "__pycache__"))
        for name in sorted(files):
            file = Path(place) / name
            if not name.endswith((".pyc", ".DS_Store")):
                digest.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _sample(name: str, samples: Path) -> Path:
    names = sample_names(samples)
    if name not in names:
        close = nearest(name, names)
        raise UserError(
            f"there is no sample {name!r}",
            expected="one of " + ", ".join(names) if names else "samples in the installed package",
            hint=f"sample:{close}" if close else "cursus-tui sample lists them",
        )
    return samples / name


def _copy(source: Path, target: Path, keep: str = "") -> None:
    """Copy beside the target first, since a copy that was cut short must not look like a sample.

    Args:
        source: The sample.
        target: Where it goes; an older copy there is replaced.
        keep: A folder of the older copy that moves into the new one.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    old = draft.with_suffix(".old")
    try:
        shutil.copytree(source, draft, ignore=_LEFT_OUT)
        draft.chmod(0o700)
        for each in draft.rglob("*"):
            each.chmod(each.stat().st_mode | 0o600)
        if target.exists():
            target.rename(old)
            if keep and (old / keep).is_dir():
                (old / keep).rename(draft / keep)
        draft.rename(target)
    except (OSError, shutil.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(f"cannot copy the sample: {reason[:300]}", file=target) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)

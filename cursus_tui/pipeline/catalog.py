"""The step types that are known: folders of ``*.step.yaml``, of which only the needed files are parsed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cursus_tui.pipeline.documents import parse_yaml
from cursus_tui.pipeline.given_files import read_text
from cursus_tui.pipeline.interface import WHAT, build_interface
from cursus_tui.pipeline.names import NodeName, index_step_types, split_node
from cursus_tui.records.errors import UserError
from cursus_tui.records.pipeline import Finding, Interface, Severity

SUFFIXES = (".step.yaml", ".step.yml")

_STEP_TYPE_LINE = re.compile(r"^step_type:[ \t]*(['\"]?)([A-Za-z0-9_.-]+)\1[ \t]*(?:#.*)?$", re.MULTILINE)


@dataclass(slots=True)
class _InterfaceFile:
    """One file as it was at one moment: the text is read at once, everything else when it is asked for."""

    file: Path
    text: str
    step_type: str | None
    problem: UserError | None = None
    interfaces: dict[str | None, Interface] = field(default_factory=dict)
    document: Mapping[str, Any] | None = None

    def load(self) -> Mapping[str, Any]:
        if self.document is None:
            document = parse_yaml(self.text, self.file, WHAT)
            if not isinstance(document, Mapping):
                found = type(document).__name__
                raise UserError(
                    f"the whole file is a {found}", file=self.file, expected=WHAT, hint="see another interface"
                )
            self.document = document
        return self.document

    def interface(self, job_type: str | None) -> Interface:
        if job_type not in self.interfaces:
            self.interfaces[job_type] = build_interface(self.load(), self.file, job_type, self.text)
        return self.interfaces[job_type]


_files: dict[str, tuple[tuple[int, int], _InterfaceFile]] = {}
"""Files read by this process, by path, with the modification time and size they had then."""


def _read(entry: os.DirEntry[str]) -> _InterfaceFile:
    status = entry.stat()
    stamp = (status.st_mtime_ns, status.st_size)
    known = _files.get(entry.path)
    if known is not None and known[0] == stamp:
        return known[1]
    found = _open(Path(entry.path))
    _files[entry.path] = (stamp, found)
    return found


def _open(file: Path) -> _InterfaceFile:
    """Find a file's step type without parsing it where its line is plain, which it is in every file of Cursus."""
    try:
        opened = _InterfaceFile(file, read_text(file, WHAT), None)
    except UserError as error:
        return _InterfaceFile(file, "", None, error)
    lines = _STEP_TYPE_LINE.findall(opened.text)
    if len(lines) == 1:
        opened.step_type = lines[0][1]
        return opened
    try:
        declared = opened.load().get("step_type")
        opened.step_type = declared if isinstance(declared, str) else None
        if opened.step_type is None:
            opened.problem = UserError("step_type is missing", file=file, expected=WHAT, hint="add step_type")
    except UserError as error:
        opened.problem = error
    return opened


class StepCatalog:
    """The interfaces in some folders. In the first folder that has a step type, its first file by name wins.

    Args:
        folders: Folders of ``*.step.yaml``; one that does not exist is reported as a finding.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self._by_type: dict[str, _InterfaceFile] = {}
        findings: list[Finding] = []
        for folder in self.folders:
            findings += self._add(folder)
        self.findings = tuple(findings)
        self._index = index_step_types(self._by_type)

    def _add(self, folder: Path) -> list[Finding]:
        findings = []
        try:
            with os.scandir(folder) as entries:
                files = sorted((entry for entry in entries if entry.name.endswith(SUFFIXES)), key=lambda e: e.name)
                opened = [_read(entry) for entry in files if entry.is_file()]
        except OSError as error:
            message = f"The interface folder {folder} cannot be read: {error.strerror}."
            hint = "Give an existing folder with --interfaces."
            return [Finding(Severity.ERROR, "unreadable-interfaces", None, message, hint, file=folder)]
        here: dict[str, _InterfaceFile] = {}
        for found in opened:
            if found.step_type is None:
                message = (
                    f"{found.file.name} is not used: {found.problem.message if found.problem else 'no step type'}."
                )
                hint = f"It should be {WHAT}."
                line = found.problem.line if found.problem else None
                findings.append(
                    Finding(Severity.WARNING, "broken-interface", None, message, hint, file=found.file, line=line)
                )
            elif (first := here.setdefault(found.step_type, found)) is not found:
                message = f"{found.file.name} is not used: {first.file.name} already describes {found.step_type}."
                findings.append(
                    Finding(Severity.WARNING, "duplicate-interface", None, message, "Remove one.", file=found.file)
                )
        for step_type, found in here.items():
            self._by_type.setdefault(step_type, found)
        return findings

    @property
    def step_types(self) -> tuple[str, ...]:
        """Every step type that is known."""
        return tuple(self._by_type)

    def split_node(self, node: str) -> NodeName:
        """The step type and suffix that a node's name tells."""
        return split_node(node, self._index)

    def interface(self, step_type: str, job_type: str | None = None) -> Interface | None:
        """The interface of a step type with the variant of a job type; None where the step type is not known.

        Raises:
            UserError: Its file is broken; names the field.
        """
        found = self._by_type.get(step_type)
        return found.interface(job_type) if found else None

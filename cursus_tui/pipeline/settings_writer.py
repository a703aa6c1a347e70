"""Writing edits back into ``cursus-tui.yaml`` without disturbing the rest of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from cursus_tui.pipeline.settings import read_settings
from cursus_tui.records.errors import UserError
from cursus_tui.records.opening import Saved
from cursus_tui.records.pipeline import Overrides

Values = Mapping[str, Mapping[str, str]]


def write_settings(file: Path, overrides: Overrides, is_secret: Callable[[str], bool]) -> Saved:
    """Make these the file's overrides, atomically. Sections that do not change keep their text and their comments.

    No secret gets into the file that is not in it already: it may be shared, or committed.

    Args:
        file: The settings file; made where it is absent.
        overrides: Everything that the file shall decide, what it already decides included.
        is_secret: Whether the value of a variable or argument of this name is secret.

    Returns:
        What was written where, and what was left out.

    Raises:
        UserError: The file is not valid as it is, or cannot be written.
    """
    target = file.resolve()
    old = target.read_text(encoding="utf-8") if target.exists() else ""
    there = read_settings(target).overrides if old.strip() else Overrides()
    environment, without = _no_new_secrets(overrides.environment, there.environment, is_secret)
    arguments, without_too = _no_new_secrets(overrides.arguments, there.arguments, is_secret)
    left_out = (*(f"--env {name}" for name in without), *(f"--arg {name}" for name in without_too))
    overrides = replace(overrides, environment=environment, arguments=arguments)
    before = _sections(there, target.parent)
    after = _sections(overrides, target.parent)
    text = old
    for section in dict.fromkeys((*before, *after)):
        if before.get(section) != after.get(section):
            text = _replace_section(text, section, after.get(section))
    if text != old:
        _write_atomically(target, text, overrides)
    return Saved(file, left_out)


def _no_new_secrets(values: Values, there: Values, is_secret: Callable[[str], bool]) -> tuple[Values, list[str]]:
    """The values, secrets as the file has them already or not at all; and STEP.NAME of each that this changes."""
    left_out: list[str] = []
    kept: dict[str, dict[str, str]] = {}
    for step, each in values.items():
        kept[step] = {}
        for name, value in each.items():
            known = there.get(step, {}).get(name)
            if not (value and is_secret(name)) or value == known:
                kept[step][name] = value
                continue
            left_out.append(f"{step}.{name}")
            if known is not None:
                kept[step][name] = known
    return kept, left_out


def _sections(overrides: Overrides, folder: Path) -> dict[str, Any]:
    """The overrides as the file spells them; empty sections are left out."""

    def path(value: Path) -> str:
        relative = os.path.relpath(value, folder)
        return str(value) if relative.startswith(os.path.join("..", "..", "..")) else relative

    sections: dict[str, Any] = {
        "stubs": list(overrides.stubs),
        "inputs": {step: {name: path(p) for name, p in each.items()} for step, each in overrides.inputs.items()},
        "environment": {step: dict(each) for step, each in overrides.environment.items()},
        "arguments": {step: dict(each) for step, each in overrides.arguments.items()},
        "wiring": {
            step: {name: source and ".".join(source) for name, source in each.items()}
            for step, each in overrides.wiring.items()
        },
        "job_types": dict(overrides.job_types),
        "stand_ins": {step: path(p) for step, p in overrides.scripts.items()},
        "isolation": {step: str(kind) for step, kind in overrides.isolation.items()},
        "pythons": {step: path(p) for step, p in overrides.pythons.items()},
    }
    return {name: kept for name, value in sections.items() if (kept := _without_empty(value))}


def _without_empty(value: Any) -> Any:
    return {k: v for k, v in value.items() if v not in ({}, [])} if isinstance(value, dict) else value


def _replace_section(text: str, section: str, value: Any) -> str:
    dumped = "" if value is None else yaml.safe_dump({section: value}, sort_keys=False, allow_unicode=True, width=100)
    node = yaml.compose(text, Loader=yaml.SafeLoader) if text.strip() else None
    if isinstance(node, yaml.MappingNode) and node.flow_style:
        whole = yaml.safe_load(text)
        whole.pop(section, None)
        return yaml.safe_dump({**whole, **({section: value} if value is not None else {})}, sort_keys=False)
    lines = text.splitlines(keepends=True)
    starts = [key.start_mark.line for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    names = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    if section not in names:
        if text and not text.endswith("\n"):
            text += "\n"
        return text + dumped
    start = starts[names.index(section)]
    end = min((line for line in starts if line > start), default=len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1  # comments and blank lines above the next section belong to that one
    return "".join(lines[:start]) + dumped + "".join(lines[end:])


def _write_atomically(target: Path, text: str, expected: Overrides) -> None:
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".cursus-tui-", suffix=".yaml")
        draft = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            draft.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o644)
            _must_say(draft, target, expected)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"cannot write the settings: {error.strerror or error}", file=target) from None


def _must_say(draft: Path, target: Path, expected: Overrides) -> None:
    """Refuse a draft that does not read back as what was to be written, so that a file is never spoilt."""
    if _sections(read_settings(draft).overrides, target.parent) != _sections(expected, target.parent):
        raise UserError(
            "the settings cannot be changed in place without losing something",
            file=target,
            hint="write every section in block style (one key a line), without anchors, or delete the file",
        )

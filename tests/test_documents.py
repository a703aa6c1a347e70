"""The documents name files, commands and options that exist."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import click
import pytest
from needs import REPOSITORY

from cursus_tui.app.key_text import sections
from cursus_tui.app.keymap import Settings, build_keymap
from cursus_tui.cli.main import COMMANDS, cli
from cursus_tui.pipeline.settings import _SettingsFile, read_settings
from cursus_tui.storage import workspace

DOCUMENTS = [REPOSITORY / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]
DOCUMENTS += REPOSITORY.glob("sample_pipelines/**/*.md")
ROOTS = (REPOSITORY, REPOSITORY / "cursus_tui", REPOSITORY / "tests", REPOSITORY / "tests" / "execution")

ELSEWHERE = {
    "cursus-tui.yaml",
    "dockers/",
    "pipeline_config/",
    "shared/cursus",
    "tests/debugging/ide_client/node_modules",
}
"""Of a user's project, beside a checkout, or made by the tests."""


def words(document: Path) -> list[str]:
    """What stands between backticks, and each line of a block of code."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    plain = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [*re.findall(r"`([^`\n]+)`", plain), *(line for block in blocks for line in block.splitlines())]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: str(each.relative_to(REPOSITORY)))
def test_files_that_are_named_exist(document: Path) -> None:
    named = {
        word for word in words(document) if re.fullmatch(r"\.?[a-z_]+/[\w./-]*|[A-Za-z_]+\.(py|md|yaml|toml)", word)
    }
    named |= set(re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")))
    places = (document.parent, *document.parent.glob("*/"), *ROOTS)
    missing = {name for name in named if not any((place / name).exists() for place in places)}
    assert missing <= ELSEWHERE, missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: str(each.relative_to(REPOSITORY)))
def test_commands_and_options_that_are_named_exist(document: Path) -> None:
    context = click.Context(cli)
    for line in words(document):
        for call in re.findall(r"cursus-tui ([a-z]+\b.*)", line.partition(" #")[0]):
            name, *rest = shlex.split(call, posix=False)
            assert name in COMMANDS, line
            command = cli.get_command(context, name)
            assert command is not None
            known = {option for parameter in command.params for option in parameter.opts}
            given = {word.partition("=")[0].strip("[],.;") for word in rest if word.startswith("-")}
            assert given <= known, line


def test_the_workspace_is_drawn_as_it_is() -> None:
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert f"<workspace>/ {workspace.DATABASE}  {workspace.LOCK}  runs/" in text


def test_the_settings_of_the_readme_can_be_read(tmp_path: Path) -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "cursus-tui.yaml"
    file.write_text(example)
    assert read_settings(file).overrides.stubs == ("torch",)
    told = set(re.findall(r"\w+", example))
    assert {field.name for field in fields(_SettingsFile)} <= told, "each setting is named"


def test_the_keys_of_the_readme_are_keys() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    table = text.partition("| key | |")[2].partition("\n\n")[0]
    named = {key for row in table.splitlines()[2:] for key in re.findall(r"`([^`]+)`", row.split("|")[1])}
    known = {key for _, rows in sections(build_keymap(Settings({}))) for _, keys, _ in rows for key in keys.split()}
    assert len(named) > 20
    assert named <= known

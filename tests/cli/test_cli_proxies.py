"""What stands for a quick start on any machine: how many modules are imported."""

from __future__ import annotations

import subprocess
import sys

MOST_MODULES_FOR_HELP = 20
"""Beyond what ``import click`` takes."""


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('MODULES', *sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.rpartition("MODULES")[2].split())


def test_help_imports_little_beyond_click() -> None:
    ours = modules_after("from cursus_tui.cli.main import main\nassert main(['--help']) == 0")
    more = ours - modules_after("import click")
    assert "cursus_tui.cli.main" in more
    assert len(more) <= MOST_MODULES_FOR_HELP, sorted(more)

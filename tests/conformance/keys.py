"""Debugs real Cursus scripts with keys: ``python tests/conformance/keys.py --cursus DIR --python INTERPRETER``.

The real program in a real terminal of 80 x 24 (tmux), over unchanged copies of the checkout's scripts: stepped through,
looked into, made to fail by an edit, held, mended at the failing line and run again; and on most of them VS Code's own
test client is attached meanwhile. Prints what was seen of each, and the screen where something was wrong; then exits 1.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[1:1] = [str(TESTS), str(TESTS / "terminal"), str(TESTS / "debugging")]

from key_failures import failure, kept_traceback, mended  # noqa: E402
from key_points import breakpoints, hits  # noqa: E402
from key_runs import hangs, model, parameter, threads  # noqa: E402
from key_scenes import (  # noqa: E402
    At,
    Report,
    attach,
    console,
    ide_leaves,
    ide_steps,
    into_main,
    lines,
    paused,
    values,
)
from key_screen import KeyScreen, WrongError, expect  # noqa: E402
from key_scripts import SCRIPTS, Tried  # noqa: E402
from node_client import installed_client  # noqa: E402
from project import cursus_project  # noqa: E402


def tried(at: At, number: int) -> None:
    """Everything that is tried with one script."""
    original = at.script.read_bytes()
    if at.tried.ide in ("before", "between"):
        attach(at)
    into_main(at)
    if at.tried.ide == "during":
        attach(at)
    ide_steps(at)
    lines(at)
    values(at)
    console(at)
    breakpoints(at)
    ide_leaves(at, dies=number % 2 == 0)
    failure(at)
    mended(at, original)
    kept_traceback(at)
    hits(at)
    parameter(at)
    model(at)
    threads(at)
    hangs(at, original)
    if at.tried.ide == "running":
        paused(at)


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def script_of(folder: Path, step: str) -> Path:
    """The copy that a step of a Cursus pipeline runs: its type in snake case."""
    kind = step.partition("_")[0]
    words = kind.replace("XGBoost", "Xgboost")
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in words).lstrip("_")
    return folder / "cursus" / "steps" / "scripts" / f"{name}.py"


def dag(arguments: argparse.Namespace, name: str, wanted: list[Tried]) -> list[Report]:
    """The scripts of one DAG, in one session; after one that went wrong none is tried."""
    folder = arguments.work / name.replace("/", "-")
    file = cursus_project(arguments.cursus, name, folder)
    shutil.copytree(arguments.cursus / "src" / "cursus", folder / "cursus")
    steps, port = folder / "cursus" / "steps", free_port()
    screen = KeyScreen(
        arguments.work / f"home-{folder.name}", "debug", str(file),
        "--interfaces", str(steps / "interfaces"), "--scripts", str(steps / "scripts"),
        "--python", str(arguments.python), "--workspace", str(folder / "workspace"), "--ide", str(port),
    )  # fmt: skip
    reports: list[Report] = []
    try:
        screen.see("nothing ran yet", f"127.0.0.1:{port}")
        for number, each in enumerate(wanted):
            script = script_of(folder, each.step)
            report = Report(each.step, script.name)
            reports.append(report)
            at = At(screen, each, script, report, folder / "workspace" / "runs", port, arguments.node)
            try:
                tried(at, number)
            except Exception as problem:
                report.problem = f"{type(problem).__name__}: {problem}\n{screen.screen()}"
            finally:
                if at.ide is not None:
                    at.ide.close()
            print(f"{name} {each.step} ({script.name})", *report.lines, sep="\n")
            print(f"  WRONG: {report.problem}" if report.problem else "  as it should be", flush=True)
            if report.problem:
                return reports
        screen.keys("q")
        expect(screen.wait_ended() == 0, "it ends in peace")
    except (AssertionError, WrongError) as problem:
        reports.append(Report(name, "the session", problem=str(problem)))
        print(f"{name} WRONG: {problem}")
    finally:
        screen.close()
    return reports


def main() -> int:
    """Debug the scripts and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cursus", type=Path, required=True, help="a checkout of the public Cursus repository")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="has xgboost and sklearn")
    parser.add_argument("--step", action="append", default=[], help="only these")
    parser.add_argument("--work", type=Path, default=None, help="a folder that is not there yet")
    arguments = parser.parse_args()
    arguments.work = (arguments.work or Path(tempfile.mkdtemp(prefix="keys-"))).resolve()
    arguments.node = installed_client()
    began, reports = time.monotonic(), []
    for name, all_of_them in SCRIPTS.items():
        wanted = [each for each in all_of_them if not arguments.step or each.step in arguments.step]
        if wanted:
            reports += dag(arguments, name, wanted)
    wrong = sum(1 for report in reports if report.problem)
    scenes = sum(len(report.lines) for report in reports)
    print(f"\n{len(reports)} scripts, {scenes} scenes, {wrong} wrong, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

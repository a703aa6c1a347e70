"""A front whose workspace is on a small disk of its own that fills up. Started in a private mount namespace.

Usage: full_disk_front.py SCENARIO FOLDER
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fault_pipeline import NODES, FaultRun, script_with_main

from cursus_tui.records.run import PauseReason, Phase

DISK_BYTES = 6 << 20
FILL = """
with open(output_paths['result'] + '/big.bin', 'wb', buffering=0) as file:
    while True:
        file.write(b'x' * 65536)  # HERE
"""
FLOOD = "for n in range(400): print('x' * 65536)"
BALLAST = "ballast.bin"


def stands(run: FaultRun) -> tuple[Phase, PauseReason | None, str | None]:
    state = run.session.state
    return state.phase, state.reason, state.current


def everything_passes_in_the_end(run: FaultRun, attempts: list[str]) -> None:
    state = run.session.state
    assert {name: str(each.status) for name, each in state.steps.items()} == dict.fromkeys(NODES, "passed"), state
    assert [str(each.status) for each in run.session.attempts("Fault")] == attempts
    assert len(run.session.attempts("Seed")) == 1
    run.nothing_stays()


def a_script_fills_the_disk(folder: Path) -> None:
    with FaultRun(folder, script_with_main(FILL)) as run:
        run.go()
        assert stands(run) == (Phase.PAUSED, PauseReason.DISK_FULL, "Fault"), stands(run)
        assert "disk is full" in run.notices()
        (big,) = run.workspace.rglob("big.bin")
        big.unlink()
        run.go("step_over", "Next")
        assert run.status() == "failed", run.status()
        assert (run.error().type, run.error().line) == ("OSError", run.line()), run.error()
        run.mend()
        everything_passes_in_the_end(run, ["failed", "passed"])


def a_log_fills_the_disk(folder: Path) -> None:
    with FaultRun(folder, script_with_main(FLOOD)) as run:
        run.go()
        assert stands(run)[:2] == (Phase.PAUSED, PauseReason.DISK_FULL), stands(run)
        (log,) = (each for each in run.workspace.rglob("stdout.log") if each.stat().st_size > 1 << 20)
        assert log.parent.parent.name == "Fault"
        log.unlink()
        run.go()
        everything_passes_in_the_end(run, ["passed"])


def little_is_left_before_a_step(folder: Path) -> None:
    with FaultRun(folder, script_with_main("print('ran')"), minimum_free_bytes=3 << 20) as run:
        run.go("step_over")
        ballast = run.workspace / BALLAST
        ballast.write_bytes(bytes(4 << 20))
        run.go()
        assert stands(run) == (Phase.PAUSED, PauseReason.DISK_FULL, "Fault"), stands(run)
        assert "Fault was not started: only" in run.notices()
        ballast.unlink()
        run.go()
        everything_passes_in_the_end(run, ["passed"])


def nothing_is_left_when_the_store_is_written(folder: Path) -> None:
    with FaultRun(folder, script_with_main("print('ran')")) as run:
        run.go("step_over")
        ballast = run.workspace / BALLAST
        try:
            with ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        except OSError:
            pass
        run.go_refused()
        assert stands(run)[:2] == (Phase.PAUSED, PauseReason.DISK_FULL), stands(run)
        ballast.unlink()
        run.go()
        everything_passes_in_the_end(run, ["passed"])


SCENARIOS = {
    each.__name__: each
    for each in (
        a_script_fills_the_disk,
        a_log_fills_the_disk,
        little_is_left_before_a_step,
        nothing_is_left_when_the_store_is_written,
    )
}

if __name__ == "__main__":
    scenario, folder = sys.argv[1], Path(sys.argv[2])
    (folder / "workspace").mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none"]
    subprocess.run(["mount", *options, str(folder / "workspace")], check=True)
    SCENARIOS[scenario](folder)
    sys.stdout.write("contained\n")

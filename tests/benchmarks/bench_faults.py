"""Keys while a step does its worst: every containment of the fault tests, on the real screen."""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bench_screen import HERE, first_after, p95, press
from pseudo_terminal import PseudoTerminal
from row import Row, within

sys.path.insert(0, str(HERE.parent / "execution"))
from fault_pipeline import script_with_main, write_pipeline

SECONDS = 60.0
"""A fault that has not ended by then is one that a user would cancel."""
IDLE_KEYS = 50
WATCHED_SECONDS = 4.0
"""How long keys go on after a fault has ended, while the screen shows it."""
FAULTS = {
    "os._exit": "import os; os._exit(3)",
    "segfault": "import ctypes; ctypes.string_at(0)",
    "abort": "import os; os.abort()",
    "sys.exit": "import sys; sys.exit('no data')",
    "recursion": "def deeper(n): return deeper(n + 1) + 1\ndeeper(0)",
    "binary junk": "import os\nfor _ in range(400): os.write(1, os.urandom(65536))",
    "closed descriptors": "import os; os.closerange(0, 1024)",
    "input()": "input('which? ')",
    "swapped stdout": "import io, sys\nsys.stdout = io.StringIO()\nprint('x' * 1000000)",
    "CPU burn": "import time\nend = time.time() + 4\nwhile time.time() < end: pass",
    "CPU burn on all cores": (
        "import multiprocessing, time\ndef burn():\n    end = time.time() + 4\n    while time.time() < end: pass\n"
        "import os\nfor _ in range(os.cpu_count()):\n    if os.fork() == 0:\n        burn(); os._exit(0)\n"
        "for _ in range(os.cpu_count()): os.wait()"
    ),
    "1.5 GB of memory": "data = bytearray(1500 << 20)\nimport time; time.sleep(1)",
    "a million lines": "for number in range(1000000): print('line', number)",
    "one line of 100 MB": "import sys; sys.stdout.write('x' * (100 << 20) + '\\n')",
    "lingering thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(3,)).start()",
    "orphans": (
        "import subprocess\nsubprocess.Popen(['sleep', '60'])\n"
        "subprocess.Popen(['sleep', '60'], start_new_session=True)"
    ),
    "kills its parent": "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(5)",
    "a pool of processes": (
        "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(8) as pool:\n"
        "    print(sum(pool.map(abs, range(200000))))"
    ),
    "ten thousand files": (
        "import os\nfolder = output_paths['result']\n"
        "for n in range(10000): open(os.path.join(folder, f'{n}.txt'), 'w').close()"
    ),
}


def measure() -> Iterable[Row]:
    """One row a fault."""
    with tempfile.TemporaryDirectory() as name:
        for number, (fault, body) in enumerate(FAULTS.items()):
            idle, during = keys_around(Path(name) / str(number), body)
            what = f"key to handler, p95 of {len(during)} keys (idle {p95(idle) * 1000:.1f} ms): {fault}"
            yield within(what, p95(during), 0.010)


def keys_around(folder: Path, body: str) -> tuple[list[float], list[float]]:
    """Seconds from each key to its handler: while nothing runs, and while this is the body of a step's ``main``."""
    write_pipeline(folder / "pipeline", script_with_main(body))
    notes = folder / "handled"
    arguments = (folder / "pipeline", folder / "workspace", notes)
    with PseudoTerminal([sys.executable, str(HERE / "screen_probe.py"), *map(str, arguments)], folder) as terminal:
        terminal.wait_for(lambda display: "nothing ran yet" in display[-2])
        typed = itertools.cycle("51")
        idle = [press(terminal, next(typed)) for _ in range(IDLE_KEYS)]
        terminal.press("c")
        time.sleep(0.3)
        pressed: list[float] = []
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            pressed.append(press(terminal, next(typed)))
            if end > time.monotonic() + WATCHED_SECONDS and list(folder.glob("workspace/runs/*/Fault/1/outcome.json")):
                end = time.monotonic() + WATCHED_SECONDS
        time.sleep(0.3)
        handled = [float(line) for line in notes.read_text().split()]
    at_rest, during = ([first_after(handled, moment) - moment for moment in moments] for moments in (idle, pressed))
    return at_rest, during

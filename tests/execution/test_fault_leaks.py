"""What a step does to its process is gone with it: the next step starts as if nothing had been."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fault_pipeline import contained

POLLUTIONS = {
    "folder": "import os\nos.chdir('/')",
    "environment": "import os\nos.environ['LEAKED'] = os.environ['TMPDIR'] = 'yes'\nos.environ.pop('HOME', None)",
    "path": "import sys\nsys.path[:] = ['/leaked']\nsys.path_hooks.clear()\nsys.meta_path.clear()",
    "modules": "import json, sys\nsys.modules['json'] = sys.modules['os'] = None",
    "patches": """
        import builtins, json, os
        json.dumps = os.getcwd = builtins.print = builtins.open = lambda *a, **k: None
        builtins.leaked = True
        """,
    "umask": "import os\nos.umask(0o777)",
    "signals": """
        import signal
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGUSR1):
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
        """,
    "timers": "import signal\nsignal.signal(14, signal.SIG_IGN)\nsignal.setitimer(signal.ITIMER_REAL, 0.01)",
    "limits": "import resource\nfor n in range(4, 8): resource.setrlimit(n, (resource.getrlimit(n)[0],) * 2)",
    "recursion": "import sys\nsys.setrecursionlimit(50_000)",
    "switching": "import sys\nsys.setswitchinterval(1e-6)",
    "tracing": "import sys, threading\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)",
    "hooks": "import sys\nsys.excepthook = sys.displayhook = sys.breakpointhook = lambda *a, **k: None",
    "logging": "import logging\nlogging.basicConfig(level=0)\nlogging.disable(100)\nlogging.raiseExceptions = False",
    "warnings": "import warnings\nwarnings.simplefilter('error')",
    "descriptors": "import os\nfor _ in range(100): os.set_inheritable(os.open('/dev/null', os.O_RDONLY), True)",
    "threads": """
        import threading
        for _ in range(20):
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        """,
    "nice": "import os\nos.nice(5)",
    "collector": "import gc\ngc.disable()\ngc.set_threshold(0)",
    "locale": "import locale\nlocale.setlocale(locale.LC_ALL, 'C')",
    "streams": "import sys\nsys.stdout = sys.stderr = sys.stdin = sys.__stdout__ = None",
    "temporary": "import tempfile\ntempfile.tempdir = '/leaked'",
    "random": "import random\nrandom.seed(1)",
    "fork hooks": "import os\nos.register_at_fork(before=lambda: 1 / 0, after_in_child=lambda: 1 / 0)",
    "exit handlers": "import atexit\natexit._clear()\natexit.register(lambda: 1 / 0)",
}


@pytest.mark.parametrize("name", POLLUTIONS)
def test_nothing_leaks(tmp_path: Path, name: str) -> None:
    contained(tmp_path, POLLUTIONS[name], status="passed")
    assert "LEAKED" not in os.environ
    assert not os.path.exists("/leaked")


def test_nothing_leaks_of_a_step_that_fails_in_the_middle_of_it(tmp_path: Path) -> None:
    body = """
        import os, sys
        os.chdir('/')
        for each in (os.environ, sys.path, sys.modules):
            each.clear()
        raise ValueError('x')
        """
    assert contained(tmp_path, body).error().message == "x"


def test_random_numbers_differ_between_steps_unless_seeded(tmp_path: Path) -> None:
    body = """
        import os, random
        print(random.random(), os.urandom(4).hex())
        random.seed(7)
        print(random.random())
        """
    first, second = contained(tmp_path / "a", body, status="passed"), contained(tmp_path / "b", body, status="passed")
    drawn, seeded = (run.log().splitlines() for run in (first, second))
    assert drawn[0] != seeded[0]
    assert drawn[1] == seeded[1]
    chances = {run.began_with(step)["chance"] for run in (first, second) for step in ("Seed", "Next")}
    assert len(chances) == 4


def test_a_module_beside_the_script_is_imported_anew_in_every_step(tmp_path: Path) -> None:
    before = "import beside\n"
    (tmp_path / "scripts").mkdir(parents=True)
    (tmp_path / "scripts" / "beside.py").write_text("VALUE = [1]\n")
    run = contained(tmp_path, "beside.VALUE.append(2)\nprint(beside.VALUE)", before=before, status="passed")
    assert run.log() == "[1, 2]\n"


def test_the_workers_own_folder_is_left_as_it_was(tmp_path: Path) -> None:
    """No ``.pyc`` of a script, nor anything else, is written beside the user's scripts."""
    contained(tmp_path, "import sys\nsys.dont_write_bytecode = False", status="passed")
    assert sorted(os.listdir(tmp_path / "scripts")) == ["fault.py", "healthy.py"]

"""How a process becomes a step: as a fork of the zygote that waits for its job, or as an interpreter of its own."""

from __future__ import annotations

import array
import contextlib
import faulthandler
import os
import resource
import signal
import socket
import sys
import tempfile
from types import ModuleType
from typing import Any, Dict, Optional

from . import guards
from .call import MainCall
from .channel import LineReader, encode
from .child import StepRun
from .container_paths import ContainerPaths
from .environment import of_step
from .exit_order import flush_output, leave, lingering_threads
from .failure import FailureReporter
from .forking import ChildEnds
from .job import Job
from .kernel import die_with_parent
from .masking import Masker
from .modules import ModuleRecord
from .script_import import LoadedScript, split_at_main_block
from .streams import move_high, open_streams, redirect

_REHEARSAL = b"""import os
def main(a, b, c, d):
    return 1
if __name__ == '__main__':
    main({'a': '/opt/ml/a'}, {}, {'b': 'c'}, None)
"""


def wait_and_run(ends: ChildEnds, modules: ModuleRecord) -> None:
    """Be a step, in a fork of the zygote, as soon as a job comes down the control socket. Never returns.

    Whatever does not depend on the job is done before: while the child waits, nobody waits for it.
    """
    code = 70
    step: Optional[StepRun] = None
    try:
        _take_over(ends)
        control = move_high(ends.control)
        _seed_numpy()
        tempfile.tempdir = None
        _guard_process()
        rehearse()
        job = Job.from_json(_first_message(control))
        # Only now: a step that is cancelled before it is set up just ends.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        paths = ContainerPaths(job)
        os.environ.update(of_step(job, paths, temporary_folder(job)))
        step = StepRun(job, paths, control, modules)
        code = step.run()
    except BaseException:
        # Not the script's doing: its own exceptions end in StepRun. A full disk, say.
        sys.excepthook(*sys.exc_info())
    finally:
        leave(code, step.say_last_word if step is not None else None)


def run_in_fresh_interpreter(control: int) -> None:
    """Be a step, in an interpreter of its own. Never returns."""
    modules = ModuleRecord.of_now()
    job = Job.from_json(_first_message(control))
    guards.install(job.allow_network)
    os.set_inheritable(control, False)
    open_streams()
    _guard_process()
    step = StepRun(job, ContainerPaths(job), move_high(control), modules)
    leave(step.run(), step.say_last_word)


def exec_fresh_interpreter(ends: ChildEnds, job: Job) -> None:
    """Replace this fork of the zygote by a fresh interpreter that runs a job. Never returns."""
    try:
        _take_over(ends)
        os.set_inheritable(ends.control, True)
        launch = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launch.py")
        environment: Dict[str, str] = dict(os.environ)
        environment.update(of_step(job, ContainerPaths(job), temporary_folder(job)))
        os.execve(sys.executable, [sys.executable, launch, "step", str(ends.control)], environment)
    except BaseException as error:
        sys.stderr.write("cannot start %s: %s\n" % (sys.executable, error))
        flush_output()
    finally:
        os._exit(70)


def temporary_folder(job: Job) -> str:
    """The attempt's ``tmp``, or a short link to it where its path is too long for the sockets that pools put there."""
    folder = job.file("tmp")
    os.makedirs(folder, 0o700, exist_ok=True)
    link = job.short_tmp
    if link is None:
        return folder
    try:
        os.symlink(folder, link)
    except OSError:
        return folder
    return link


def _take_over(ends: ChildEnds) -> None:
    os.setsid()
    die_with_parent(ends.zygote)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    redirect(ends.output, ends.errors)


def _seed_numpy() -> None:
    """Random numbers of its own for each step; ``random`` sees to that itself after a fork."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        # Numpy's own way to such words takes five times as long.
        numpy_random.seed(array.array("I", os.urandom(32)))


def _guard_process() -> None:
    """Keep a crash's stack, write no core file, and be the one that the kernel takes when memory runs out."""
    faulthandler.enable(file=2, all_threads=False)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", 0) as file:
        file.write(b"500")


def rehearse() -> None:
    """Use what every step uses: the first use of a page after a fork copies it, most of what a small step takes.

    The zygote does it, too, before it forks: the interpreter writes into code until it has run it some twenty times,
    and what it wrote by then, no child copies and writes again.
    """
    job = Job(0, "", "/", "/script.py", contract_inputs={"a": "/opt/ml/a"}, input_paths={"a": "/a"})
    paths = ContainerPaths(job)
    of_step(job, paths, "/tmp")
    body, block = split_at_main_block(_REHEARSAL, job.script)
    module = ModuleType("__main__")
    exec(body, module.__dict__)

    def send(event: str, **fields: object) -> None:
        LineReader().feed(encode(dict(fields, event=event)))

    MainCall(job, LoadedScript(module, block, module.__dict__["main"]), paths, send, Masker([])).run()
    FailureReporter(job.is_user_file, Masker([]))
    lingering_threads()
    flush_output()


def _first_message(control: int) -> Dict[str, Any]:
    """The job. Requests may follow it at once: they are left for the agent to read."""
    line = b""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=control)
    try:
        while True:
            seen = channel.recv(1 << 16, socket.MSG_PEEK)
            if not seen:
                os._exit(0)
            line += channel.recv(seen.find(b"\n") + 1 or len(seen))
            if line.endswith(b"\n"):
                messages = LineReader().feed(line)
                if messages:
                    return messages[0]
                line = b""
    finally:
        channel.detach()

"""The life of one step: take over the process, put the guards up, run the script, report, leave in order."""

from __future__ import annotations

import faulthandler
import fcntl
import os
import random
import resource
import signal
import sys
import tempfile
import time
from typing import Any, Dict, List, NamedTuple, Tuple

from . import guards
from .agent import Agent
from .call import MainCall
from .channel import EventSender, LineReader
from .container_paths import ContainerPaths
from .environment import ignored_thread_counts, of_step
from .exit_order import flush_output, leave, lingering_threads
from .failure import FailureReporter
from .job import REPORTS_FILE, Job
from .kernel import die_with_parent
from .masking import Masker
from .modules import ModuleRecord
from .packing import pack_training_outputs
from .returned_frames import keep_frames
from .script_import import ScriptImportManager
from .script_package import prepare_package
from .streams import redirect
from .stubs import install_stubs

CONTROL_DESCRIPTOR = 5000
"""Scripts close low descriptors, often all below their soft limit (1,024): the control socket stays above."""
MEMORY_LIMIT_SLACK = 512 << 20


class Pipes(NamedTuple):
    """What a step's process is given: its ends of the control socket and the output pipes, and its parent's pid."""

    control: int
    output: int
    errors: int
    parent: int


def run_forked(job: Job, pipes: Pipes, modules: ModuleRecord) -> None:
    """Be the step, in a fresh fork of the zygote. Never returns."""
    code = 70
    try:
        _take_over(pipes)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        random.seed()
        numpy_random = sys.modules.get("numpy.random")
        if numpy_random is not None:
            numpy_random.seed()
        tempfile.tempdir = None
        os.environ.update(environment_of(job))
        code = StepRun(job, move_high(pipes.control), modules).run()
    finally:
        leave(code)


def run_in_fresh_interpreter(control: int) -> None:
    """Be the step, in an interpreter of its own: the job is the first line that comes down the control socket."""
    modules = ModuleRecord.of_now()
    job = Job.from_json(_first_line(control))
    guards.install(job.allow_network)
    os.set_inheritable(control, False)
    redirect(1, 2)
    leave(StepRun(job, move_high(control), modules).run())


def exec_fresh_interpreter(job: Job, pipes: Pipes) -> None:
    """Replace this fork of the zygote by a fresh interpreter. Never returns."""
    try:
        _take_over(pipes)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.set_inheritable(pipes.control, True)
        launch = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launch.py")
        environment = dict(os.environ, **environment_of(job))
        os.execve(sys.executable, [sys.executable, launch, "step", str(pipes.control)], environment)
    except BaseException as error:
        sys.stderr.write("cannot start %s: %s\n" % (sys.executable, error))
        flush_output()
    finally:
        os._exit(70)


def environment_of(job: Job) -> Dict[str, str]:
    """The step's own environment, with its private temporary folder made."""
    temporary = short_temporary_folder(job)
    return of_step(job, ContainerPaths(job), temporary)


def short_temporary_folder(job: Job) -> str:
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


def move_high(descriptor: int) -> int:
    """Move a descriptor out of the reach of scripts that close all the low ones."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONTROL_DESCRIPTOR if hard == resource.RLIM_INFINITY else min(CONTROL_DESCRIPTOR, hard - 1)
    try:
        if wanted >= soft:
            # An open descriptor may stay above the soft limit; only its making needs the higher one.
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted + 1, hard))
        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, wanted)
    except (OSError, ValueError):
        return descriptor
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    os.close(descriptor)
    return moved


def _take_over(pipes: Pipes) -> None:
    os.setsid()
    die_with_parent(pipes.parent)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    redirect(pipes.output, pipes.errors)


class StepRun:
    """Runs one job in this process, which by now is the step's own.

    Args:
        job: What to run.
        control: The step's end of its control socket.
        modules: What was imported before the script.
    """

    def __init__(self, job: Job, control: int, modules: ModuleRecord) -> None:
        self.job = job
        self.sender = EventSender(control, job.file(REPORTS_FILE))
        self.masker = Masker(os.environ.items())
        folders = [job.script_folder, *job.python_paths, *filter(None, [job.project_root])]
        self.failures = FailureReporter(folders, self.masker)
        self._modules = modules
        self._names: Tuple[str, ...] = ()

    def run(self) -> int:
        """Run it and report everything.

        Returns:
            The exit code that the interpreter would have had.
        """
        send = self.sender.send
        send("started", pid=os.getpid())
        guards.report_to(send)
        self._limit_resources()
        Agent(self.sender, self.failures).start()
        for name in ignored_thread_counts(self.job):
            text = "%s comes too late in a warm process: run this step as a subprocess" % name
            send("notice", message=text)
        code, call = self._run_script()
        if code == 0:
            code = self._after_main(call)
        self._report_modules()
        self._announce_end()
        return code

    def _run_script(self) -> "Tuple[int, MainCall | None]":
        call = None
        try:
            call = self._prepare()
            call.run()
            return 0, call
        except SystemExit as error:
            return self._report_exit(error, call), call
        except KeyboardInterrupt as error:
            self.sender.send("cancelled", chain=self.failures.chain(error))
            return 130, call
        except BaseException as error:
            self._report_exception(error, call)
            return 1, call

    def _prepare(self) -> MainCall:
        job, send = self.job, self.sender.send
        for folder in ("scratch", *job.output_paths.values()):
            os.makedirs(os.path.join(job.folder, folder), exist_ok=True)
        os.chdir(job.file("scratch"))
        sys.argv[:] = [job.script, *job.argv]
        send("importing")
        started = time.perf_counter()
        install_stubs(job.stubs, send)
        manager = ScriptImportManager(job.script, [job.script_folder, *job.python_paths])
        script = manager.import_script(prepare_package(job.script, send))
        self._names = script.imported_names
        send("imported", seconds=time.perf_counter() - started)
        return MainCall(job, script, ContainerPaths(job), send, self.masker)

    def _report_exception(self, error: BaseException, call: "MainCall | None") -> None:
        chain = self.failures.chain(error)
        if isinstance(error, MemoryError) and self.job.memory_limit_bytes:
            chain[0]["type"] = "memory"
        self.sender.send("exception", chain=chain, main_seconds=call.seconds if call else None)

    def _report_exit(self, error: SystemExit, call: "MainCall | None") -> int:
        code, message = _exit_code(error)
        if message is not None:
            sys.stderr.write(message + "\n")
        if code != 0 and call is not None and call.error is not None and not isinstance(call.error, SystemExit):
            # The block turned main's exception into an exit code: the exception is what the user needs.
            self._report_exception(call.error, call)
        chain = self.failures.chain(error) if code != 0 else []
        self.sender.send("sysexit", code=code, message=self.masker.text(message) if message else message, chain=chain)
        return code

    def _after_main(self, call: "MainCall | None") -> int:
        """Keep what main returned and pack as SageMaker does."""
        send = self.sender.send
        seconds = call.seconds if call else None
        if call is not None and call.error is not None and not isinstance(call.error, SystemExit):
            text = "main raised %s, but its __main__ block hid that: the exit code is 0" % type(call.error).__name__
            send("notice", message=text)
        try:
            returned = keep_frames(call.returned if call else None, self.job.file("returned"), send)
            send("result", main_seconds=seconds, returned=returned)
            if self.job.pack_outputs:
                started = time.perf_counter()
                pack_training_outputs(self.job, send)
                send("packed", seconds=time.perf_counter() - started)
        except KeyboardInterrupt as error:
            send("cancelled", chain=self.failures.chain(error))
            return 130
        except Exception as error:
            send("exception", chain=self.failures.chain(error), main_seconds=seconds)
            return 1
        return 0

    def _report_modules(self) -> None:
        files, libraries = self._modules.since(self._names, self.failures.is_user)
        self.sender.send("modules", files=[file for file in files if file != self.job.script], libraries=libraries)

    def _announce_end(self) -> None:
        lingering = lingering_threads()
        if lingering:
            self.sender.send("notice", message="main is over, but threads still run: %s" % ", ".join(lingering))
        flush_output()
        self.sender.send("finishing")

    def _limit_resources(self) -> None:
        faulthandler.enable(file=2, all_threads=False)
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        _prefer_for_oom_killer()
        limit = self.job.memory_limit_bytes
        if limit:
            with open("/proc/self/statm") as file:
                used = int(file.read().split()[0]) * resource.getpagesize()
            # Address space, not memory: thread stacks and arenas take much that is never touched.
            allowed = used + limit + MEMORY_LIMIT_SLACK + (os.cpu_count() or 1) * (72 << 20)
            resource.setrlimit(resource.RLIMIT_AS, (allowed, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _exit_code(error: SystemExit) -> "Tuple[int, str | None]":
    """What the interpreter would make of ``sys.exit(...)``: its code, and the text it would print."""
    if error.code is None:
        return 0, None
    if isinstance(error.code, int):
        return error.code & 0xFF, None
    return 1, str(error.code)


def _prefer_for_oom_killer() -> None:
    """When memory runs out, the kernel shall take the step, not the front or the zygote."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
    except OSError:
        pass


def _first_line(control: int) -> Dict[str, Any]:
    reader = LineReader()
    messages: List[Dict[str, Any]] = []
    while not messages:
        data = os.read(control, 65536)
        if not data:
            os._exit(70)
        messages = reader.feed(data)
    return messages[0]

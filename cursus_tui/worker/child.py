"""The life of one step in its process: import the script, call main, keep what it returned, report everything."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
from typing import Any, Callable, List, Optional, Tuple

from . import guards
from .agent import Agent
from .breakpoint_hook import BreakpointHook
from .call import MainCall, wanted_container_path
from .channel import EventSender
from .container_paths import ContainerPaths
from .debugger import Debugger, traceback_of_script
from .entry_stop import EntryStop
from .environment import SECURE_PYPI, secure_pypi_override
from .exit_order import flush_output, lingering_threads
from .failure import FailureReporter, raised_from
from .hold import park
from .job import REPORTS_FILE, Job
from .lending import DebuggerUnusableError
from .masking import Masker
from .modules import ModuleRecord
from .packing import pack_training_outputs
from .returned_frames import keep_frames
from .script_import import ScriptImportManager, read_source
from .script_package import prepare_package
from .stubs import install_stubs

MEMORY_LIMIT_SLACK = 512 << 20


class StepRun:
    """Runs one job in this process, which by now is the step's own.

    Args:
        job: What to run.
        paths: Its local paths for container paths.
        control: The step's end of its control socket.
        modules: What was imported before the script.
    """

    def __init__(self, job: Job, paths: ContainerPaths, control: int, modules: ModuleRecord) -> None:
        self.job = job
        self._pid = os.getpid()
        self._paths = paths
        self.sender = EventSender(control, job.file(REPORTS_FILE))
        self.masker = Masker(os.environ.items())
        self.failures = FailureReporter(job.is_user_file, self.masker)
        self._modules = modules
        self._source = b""
        patience = float((job.debug or {}).get("patience") or 0)
        self._debugger = Debugger(job.file("debugger.log"), self.sender.send, patience, self.masker.text)

    def run(self) -> int:
        """Run it and report everything.

        Returns:
            The exit code that the interpreter would have had.
        """
        send = self.sender.send
        self.sender.hold("started", pid=self._pid)
        guards.report_to(send)
        self._limit_memory()
        agent, debug = Agent(self.sender, self.failures, self._debugger), self.job.debug
        sys.breakpointhook = BreakpointHook(send, None if debug is None else self._debugger)
        if debug is not None and debug.get("at_start"):
            agent.start_marked()
        else:
            agent.start()
        code, call = self._run_script()
        if code == 0:
            code = self._after_main(call)
        self._report_modules()
        self._announce_end()
        return code

    def say_last_word(self, code: int) -> None:
        """Let go of the pipes to the zygote, and tell it how this process ends."""
        # Before the word, so that the zygote finds their ends when it comes.
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        own, below = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        self.sender.send(
            "left",
            code=code,
            peak_rss_bytes=max(own.ru_maxrss, below.ru_maxrss) * 1024,
            cpu_seconds=own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime,
        )

    def _run_script(self) -> "Tuple[int, MainCall | None]":
        call = None
        try:
            call = self._prepare()
            try:
                call.run()
            finally:
                self._debugger.forget_step()
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
            os.makedirs(os.path.join(job.folder, folder), 0o700, exist_ok=True)
        os.chdir(job.file("scratch"))
        sys.argv[:] = [job.script, *job.argv]
        before_main = self._start_debugger() if job.debug is not None and job.debug.get("at_start") else None
        send("importing")
        started = time.perf_counter()
        install_stubs(job.stubs, send)
        manager = ScriptImportManager(job.script, [job.script_folder, *job.python_paths])
        source = self._source = read_source(job.script)
        detail = secure_pypi_override(job, source)
        if detail is not None:
            send("override", kind="environment", name=SECURE_PYPI, detail=detail)
        script = manager.import_script(source, None if job.as_shipped else prepare_package(job.script, source, send))
        self.sender.hold("imported", seconds=time.perf_counter() - started)
        return MainCall(job, script, self._paths, send, self.masker, before_main)

    def _start_debugger(self) -> "Callable[[Any], None] | None":
        """Connect before the script is imported; returns what is to be told before its main."""
        order = self.job.debug or {}
        try:
            self._debugger.start(order, late=False)
        except DebuggerUnusableError as error:
            self.sender.send("debugger", attached=False, error=str(error))
            return None
        return EntryStop(self.sender.send, self._debugger).before if order.get("entry") else None

    def _report_exception(self, error: BaseException, call: "MainCall | None") -> None:
        chain = self.failures.chain(error)
        if isinstance(error, MemoryError) and self.job.memory_limit_bytes:
            chain[0]["type"] = "memory"
        wanted = wanted_container_path(error)
        if wanted is not None:
            text = "%s is written into the script: only paths that its __main__ block gives to main are mapped here"
            self.sender.send("notice", message=text % wanted)
        self.sender.send("exception", chain=chain, main_seconds=call.seconds if call else None)
        if self._holds(error):
            flush_output()
            park(self.sender.send, self._debugger, error)

    def _holds(self, error: BaseException) -> bool:
        if self.job.debug is None or not self.job.debug.get("hold") or os.getpid() != self._pid:
            return False
        return not isinstance(error, MemoryError) and traceback_of_script(error) is not None

    def _report_exit(self, error: SystemExit, call: "MainCall | None") -> int:
        code, message = _exit_code(error)
        if message is not None:
            sys.stderr.write(message + "\n")
        reason = _reason_of_exit(error, call) if code != 0 else None
        if reason is not None and any(frame["user"] for frame in self.failures.chain(reason)[0]["frames"]):
            self._report_exception(reason, call)
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
        if call is not None and call.was_passed_by:
            send("notice", message="the script ended without a call of its main")
        try:
            returned = keep_frames(call.returned if call else None, self.job.file("returned"), send)
            tell = send if self.job.pack_outputs else self.sender.hold
            tell("result", main_seconds=seconds, returned=returned)
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
        used = self._modules.since(self.job.script, self._source, self.job.is_own_file)
        self.sender.hold("modules", files=used.files, libraries=used.libraries, parts=used.parts)

    def _announce_end(self) -> None:
        lingering = lingering_threads()
        if lingering:
            self.sender.send("notice", message="main is over, but threads still run: %s" % ", ".join(lingering))
        else:
            self._debugger.end()
        flush_output()
        self.sender.send("finishing")

    def _limit_memory(self) -> None:
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


def _reason_of_exit(error: SystemExit, call: "MainCall | None") -> Optional[BaseException]:
    """The exception that a script turned into an exit code: it is what the user needs to see."""
    found: List[Optional[BaseException]] = [call.error if call is not None else None]
    context: Optional[BaseException] = error
    while context is not None and len(found) < 20:
        context = raised_from(context)
        found.append(context)
    return next((each for each in found if each is not None and not isinstance(each, SystemExit)), None)

"""Calling ``main`` as the script's own ``__main__`` block would, or from its contract where that cannot be."""

from __future__ import annotations

import argparse
import inspect
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional

from .container_paths import ContainerPaths, ContainerView, is_container_path
from .environment import local_value
from .failure import raised_from
from .job import Job
from .masking import MASK, Masker, is_secret_name
from .script_import import LoadedScript
from .summaries import one_line

LOGGER_NAMES = ("logger", "logger_fn", "logger_func")
Send = Callable[..., None]
_AWAIT = "call it with asyncio.run(main(...)) in the __main__ block, or make it a plain def"


class NeverAwaitedError(RuntimeError):
    """A script's main is a coroutine function, and its block only called it."""


class CallableLogger(logging.Logger):
    """A logger that can be called: some mains want one, some a function that takes a message."""

    def __call__(self, message: object, *args: Any, **options: Any) -> None:
        """Log at level INFO."""
        self.info(message, *args, **options)


class MainCall:
    """Stands in for a script's ``main`` until its ``__main__`` block calls it.

    Args:
        job: What to run.
        script: The imported script.
        paths: Local paths for container paths.
        send: Reports an event.
        masker: Hides secrets in what is reported.
        before: Told of ``main``, or of the block of a script that has none, right before it runs.
    """

    def __init__(
        self,
        job: Job,
        script: LoadedScript,
        paths: ContainerPaths,
        send: Send,
        masker: Masker,
        before: Optional[Callable[[Any], None]] = None,
    ) -> None:
        self.returned: Any = None
        self.error: Optional[BaseException] = None
        """What ``main`` raised, kept though the block may turn it into an exit code."""
        self.seconds: Optional[float] = None
        self._job = job
        self._script = script
        self._paths = paths
        self._send = send
        self._masker = masker
        self._before = before
        self.called = False
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(self, name, getattr(script.main, name, None))
        self.__wrapped__ = script.main
        self._view = ContainerView(paths, job.file("container"))

    @property
    def was_passed_by(self) -> bool:
        """Whether the script has a ``main`` that was not called."""
        return self._script.main is not None and not self.called

    def run(self) -> None:
        """Run the script's block, which calls ``main``; without a block call ``main`` from the contract.

        Raises:
            BaseException: Whatever the script raises.
        """
        if self._script.block is None:
            if self._script.main is not None:
                self._call_from_contract()
            return
        if self._script.main is not None:
            self._script.module.__dict__["main"] = self
        else:
            self._report_call("__main__ block", {})
            if self._before is not None:
                self._before(self._script.block)
        self._view.show()
        try:
            exec(self._script.block, self._script.module.__dict__)
        except SystemExit:
            self._require_awaited()
            raise
        except Exception as error:
            wanted = wanted_container_path(error)
            if self.called or self._job.as_shipped or self._script.main is None or wanted is None:
                raise
            self._view.hide()
            self._send("notice", message="the __main__ block failed for want of its container (%s)" % error)
            self._call_from_contract()
        finally:
            self._view.hide()
        self._require_awaited()

    def _require_awaited(self) -> None:
        """An ``async def main`` that its block calls like a function does nothing, and no exit code tells."""
        coroutine = self.returned
        if inspect.iscoroutine(coroutine) and inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
            # Raised inside of it, so that the traceback shows which function it is.
            coroutine.throw(
                NeverAwaitedError("main is asynchronous and was never awaited, so nothing of it ran: %s" % _AWAIT)
            )

    def __reduce__(self) -> str:
        """By its name, as the function that it stands for."""
        return "main"

    def __repr__(self) -> str:
        """As the function that it stands for: a traceback lists it among the block's variables."""
        return repr(self._script.main)

    def __call__(self, *args: Any, **options: Any) -> Any:
        """What the block calls in place of ``main``: maps its paths, then calls the real one."""
        main = self._restore_main()
        self._view.hide()
        try:
            return self._call_mapped(main, args, options)
        finally:
            # A block may call it again.
            self._script.module.__dict__["main"] = self
            self._view.show()

    def _call_mapped(self, main: Callable[..., Any], args: Any, options: Dict[str, Any]) -> Any:
        try:
            signature = inspect.signature(main)
            bound = signature.bind_partial(*args, **options)
        except TypeError:
            # The call itself is wrong: let the script's own main say so.
            return self._timed(main, args, options)
        given = bound.arguments
        self._map(given)
        self._add_logger(signature, given)
        self._report_call("__main__ block", given)
        return self._timed(main, bound.args, bound.kwargs)

    def _call_from_contract(self) -> None:
        main = self._restore_main()
        signature = inspect.signature(main)
        given = self._contract_arguments(signature)
        self._add_logger(signature, given)
        self._report_call("contract", given)
        self._timed(main, (), given)
        if inspect.iscoroutine(self.returned):
            import asyncio

            self._timed(asyncio.run, (self.returned,), {})

    def _restore_main(self) -> Callable[..., Any]:
        main = self._script.main
        assert main is not None
        self._script.module.__dict__["main"] = main
        return main

    def _timed(self, main: Callable[..., Any], args: Any, options: Dict[str, Any]) -> Any:
        self.called = True
        if self._before is not None:
            self._before(main)
        started = time.perf_counter()
        try:
            self.returned = main(*args, **options)
        except BaseException as error:
            self.error = error
            raise
        finally:
            self.seconds = time.perf_counter() - started
        return self.returned

    def _map(self, given: Dict[str, Any]) -> None:
        if isinstance(given.get("input_paths"), Mapping):
            given["input_paths"] = self._local_paths(given["input_paths"], "input")
        if isinstance(given.get("output_paths"), Mapping):
            given["output_paths"] = self._local_paths(given["output_paths"], "output")
        if isinstance(given.get("environ_vars"), Mapping):
            temporary = os.environ.get("TMPDIR", "/tmp")
            given["environ_vars"] = {
                name: local_value(value, self._paths, temporary) if isinstance(value, str) else value
                for name, value in given["environ_vars"].items()
            }

    def _local_paths(self, built: Mapping[str, Any], direction: str) -> Dict[str, Any]:
        """The block's own dict with local paths, and the contract's names beside it."""
        find = self._paths.input if direction == "input" else self._paths.output
        wired = self._job.input_paths if direction == "input" else self._job.output_paths
        local: Dict[str, Any] = {}
        renamed = set()
        for name, path in built.items():
            if not isinstance(path, (str, os.PathLike)):
                local[name] = path
                continue
            found, contract_name = find(name, os.fspath(path))
            local[name] = Path(found) if isinstance(path, Path) else found
            if contract_name is not None:
                renamed.add(contract_name)
                detail = "the script's name for %s %r of the contract" % (direction, contract_name)
                self._send("override", kind="call", name=name, detail=detail)
        if not self._job.as_shipped:
            for name, path in wired.items():
                if local.get(name) is None:
                    local[name] = path
                    if name not in renamed:
                        detail = "%s of the contract that the __main__ block leaves out" % direction
                        self._send("override", kind="call", name=name, detail=detail)
        return local

    def _contract_arguments(self, signature: inspect.Signature) -> Dict[str, Any]:
        job = self._job
        offered: Dict[str, Any] = {
            "input_paths": dict(job.input_paths),
            "output_paths": dict(job.output_paths),
            "environ_vars": {name: os.environ.get(name, value) for name, value in job.environment.items()},
            "job_args": arguments_of(job.argv, job.job_type),
        }
        return {name: value for name, value in offered.items() if name in signature.parameters}

    def _add_logger(self, signature: inspect.Signature, given: Dict[str, Any]) -> None:
        if self._job.as_shipped:
            return
        for name in LOGGER_NAMES:
            if name in signature.parameters and given.get(name) is None:
                given[name] = _logger(self._script)
                self._send("override", kind="call", name=name, detail="a logger, where the __main__ block gives none")

    def _report_call(self, how: str, given: Mapping[str, Any]) -> None:
        known = ("input_paths", "output_paths", "environ_vars", "job_args")
        arguments = given.get("job_args")
        self._send(
            "called",
            how=how,
            input_paths=_texts(given.get("input_paths")),
            output_paths=_texts(given.get("output_paths")),
            environ_vars=self._reprs(given.get("environ_vars")),
            job_args=self._reprs(vars(arguments) if hasattr(arguments, "__dict__") else arguments),
            extra=self._reprs({name: value for name, value in given.items() if name not in known}),
        )

    def _reprs(self, values: object) -> Dict[str, str]:
        if not isinstance(values, Mapping):
            return {}
        return {
            str(name): MASK if value and is_secret_name(str(name)) else self._shown(value)
            for name, value in values.items()
        }

    def _shown(self, value: object) -> str:
        return self._masker.text(one_line(value, 500))


def arguments_of(argv: List[str], job_type: Optional[str]) -> argparse.Namespace:
    """A command line as a namespace, for a ``main`` whose script has no parser: flags become attributes."""
    values: Dict[str, Any] = {"job_type": job_type} if job_type is not None else {}
    position = 0
    while position < len(argv):
        flag = argv[position]
        position += 1
        if not flag.startswith("--"):
            continue
        name, equals, value = flag[2:].partition("=")
        if equals:
            values[name.replace("-", "_")] = value
        elif position < len(argv) and not argv[position].startswith("--"):
            values[name.replace("-", "_")] = argv[position]
            position += 1
        else:
            values[name.replace("-", "_")] = True
    return argparse.Namespace(**values)


def _logger(script: LoadedScript) -> CallableLogger:
    stem = os.path.splitext(os.path.basename(script.module.__file__ or "step"))[0]
    logger = CallableLogger(stem, logging.INFO)
    root = logging.getLogger()
    if root.handlers and root.isEnabledFor(logging.INFO):
        logger.parent = root
    else:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.propagate = False
    return logger


def _texts(values: object) -> Dict[str, str]:
    return {str(name): str(value) for name, value in values.items()} if isinstance(values, Mapping) else {}


def wanted_container_path(error: Optional[BaseException]) -> Optional[str]:
    """The path of the container that an exception, or one that it came from, is about; None where it is not."""
    seen = 0
    while error is not None and seen < 20:
        if isinstance(error, OSError) and is_container_path(error.filename):
            return str(os.fspath(error.filename))
        error = raised_from(error)
        seen += 1
    return None

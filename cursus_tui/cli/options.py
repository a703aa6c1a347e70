"""The options that every command with a ``PATH`` shares."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from click import ParamType as ParamType
else:

    class ParamType(click.ParamType):
        """Click's own, which says what it converts to only since 8.3."""

        def __class_getitem__(cls, _: type) -> type:
            return cls


F = TypeVar("F", bound=Callable[..., Any])


class GivenPath(ParamType[Path]):
    """A path that need not exist, but where the system can look."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Absolute; what is wrong with it names the option."""
        from cursus_tui.pipeline.given_files import given_path

        what = param.opts[0] if isinstance(param, click.Option) else "the path"
        return value if isinstance(value, Path) else given_path(str(value), what)


GIVEN_PATH = GivenPath()
LEAST_MEMORY = 32 << 20
"""No script starts with less; a limit of ``4`` is a ``4GB`` that lost its unit."""


class _Seconds(ParamType[float]):
    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds < math.inf:
            self.fail(f"{value!r} is not a number of seconds above 0, such as 90 or 0.5", param, ctx)
        return seconds


class _Library(ParamType[str]):
    name = "library"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value).isidentifier():
            self.fail(f"{value!r} is not the top-level name of a library, such as torch", param, ctx)
        return str(value)


class _StepValue(ParamType[tuple[str, str, str]]):
    """``STEP.NAME=VALUE``. The last dot before the ``=`` parts step and name, since channels have no dots."""

    def __init__(self, form: str) -> None:
        self.name = form

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str, str]:
        if isinstance(value, tuple):
            return value
        key, equals, text = str(value).partition("=")
        step, dot, name = key.rpartition(".")
        if not (equals and dot and step and name):
            self.fail(f"{value!r} is not {self.name}", param, ctx)
        return step, name, text


class _StepPair(ParamType[tuple[str, str]]):
    """``STEP=VALUE``."""

    def __init__(self, form: str) -> None:
        self.name = form

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        step, equals, text = str(value).partition("=")
        if not (equals and step and text):
            self.fail(f"{value!r} is not {self.name}", param, ctx)
        return step, text


_OPTIONS = (
    click.option(
        "--interfaces", type=GIVEN_PATH, multiple=True, metavar="DIR", help="Folder of *.step.yaml; may be repeated."
    ),
    click.option(
        "--scripts", type=GIVEN_PATH, multiple=True, metavar="DIR", help="Folder of step scripts; may be repeated."
    ),
    click.option("--config", type=GIVEN_PATH, metavar="FILE", help="Config JSON."),
    click.option("--hyperparameters", type=GIVEN_PATH, metavar="FILE", help="Hyperparameters JSON."),
    click.option("--root", type=GIVEN_PATH, metavar="DIR", help="The project's top folder."),
    click.option(
        "--settings", type=GIVEN_PATH, metavar="FILE", help="Settings, by default cursus-tui.yaml beside the pipeline."
    ),
    click.option("--python", metavar="PYTHON", help="Interpreter for the scripts: a path or a command."),
    click.option("--stub", type=_Library(), multiple=True, metavar="LIB", help="Allow a stub for an absent library."),
    click.option(
        "--input",
        "inputs",
        multiple=True,
        type=_StepValue("STEP.CHANNEL=PATH"),
        help="Give a step's input, or a source step's output.",
    ),
    click.option(
        "--env", multiple=True, type=_StepValue("STEP.NAME=VALUE"), help="Set an environment variable of a step."
    ),
    click.option("--arg", multiple=True, type=_StepValue("STEP.NAME=VALUE"), help="Set an argument of a step."),
    click.option(
        "--wire",
        multiple=True,
        type=_StepValue("STEP.INPUT=SOURCE.OUTPUT"),
        help="Wire an input yourself; an empty value unwires it.",
    ),
    click.option("--job-type", "job_types", multiple=True, type=_StepPair("STEP=TYPE"), help="Set a step's job type."),
    click.option(
        "--stand-in", "stand_ins", multiple=True, type=_StepPair("STEP=SCRIPT"), help="Run this script for a step."
    ),
)


def path_options(command: F) -> F:
    """Give a command the ``PATH`` argument and all options about opening it.

    The command is called with ``path: str`` and ``options: OpenOptions`` beside its own parameters.
    """

    @functools.wraps(command)
    def with_options(*args: Any, **kwargs: Any) -> Any:
        given = {name: kwargs.pop(name) for name in _NAMES}
        return command(*args, options=_open_options(given), **kwargs)

    decorated: Any = with_options
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return cast("F", click.argument("path", metavar="PATH")(decorated))


_RUN_OPTIONS = (
    click.option(
        "--workspace",
        type=GIVEN_PATH,
        metavar="DIR",
        help="Where runs are kept, by default .cursus-tui beside the pipeline.",
    ),
    click.option("--allow-network", is_flag=True, help="Let scripts reach the network."),
    click.option("--as-shipped", is_flag=True, help="Add nothing to a script's call: see what the container sees."),
    click.option("--timeout", type=_Seconds(), metavar="SECONDS", help="How long each step may run."),
    click.option("--memory-limit", metavar="SIZE", help="How much memory each step may take, such as 4GB."),
)


def run_options(command: F) -> F:
    """Give a command the options about how steps are run.

    The command is called with ``workspace: Path | None`` and ``limits: RunOptions`` beside its own parameters.
    """

    @functools.wraps(command)
    def with_options(*args: Any, **kwargs: Any) -> Any:
        from cursus_tui.execution.options import RunOptions

        limits = RunOptions(
            allow_network=kwargs.pop("allow_network"),
            as_shipped=kwargs.pop("as_shipped"),
            timeout_seconds=kwargs.pop("timeout"),
            memory_limit_bytes=byte_size(kwargs.pop("memory_limit"), "--memory-limit", LEAST_MEMORY),
            command=_command_line(),
        )
        return command(*args, workspace=kwargs.pop("workspace"), limits=limits, **kwargs)

    decorated: Any = with_options
    for option in reversed(_RUN_OPTIONS):
        decorated = option(decorated)
    return cast("F", decorated)


def byte_size(text: str | None, option: str, least: int = 1) -> int | None:
    """A size such as ``4GB`` in bytes.

    Args:
        text: As it was written; None where it was not.
        option: Where it was written.
        least: How many bytes make sense there.

    Raises:
        click.BadParameter: It is none, or too small.
    """
    if text is None:
        return None
    from pydantic import ByteSize, TypeAdapter, ValidationError

    try:
        size = int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError:
        size = 0
    if size <= 0:
        raise click.BadParameter(f"{text!r} is not a size such as 500MB or 4GiB", param_hint=option)
    if size < least:
        raise click.BadParameter(f"{text!r} is {size:,} bytes, at least {least >> 20}MB are needed", param_hint=option)
    return size


def _command_line() -> str:
    """How the program was called, for the list of runs; the values of secrets are hidden."""
    import shlex
    import sys

    from cursus_tui.storage.secrets import MASK, is_secret

    words = []
    for word in sys.argv[1:]:
        # --env STEP.NAME=VALUE is two words, or one with another equals sign.
        option, _, given = word.partition("=") if word.startswith("--") else ("", "", word)
        name, equals, _ = given.partition("=")
        hidden = equals and is_secret(name.rpartition(".")[2])
        words.append(f"{option}{'=' if option else ''}{name}={MASK}" if hidden else word)
    return shlex.join(["cursus-tui", *words])


_NAMES = (
    "interfaces",
    "scripts",
    "config",
    "hyperparameters",
    "root",
    "settings",
    "python",
    "stub",
    "inputs",
    "env",
    "arg",
    "wire",
    "job_types",
    "stand_ins",
)


def _open_options(given: dict[str, Any]) -> Any:
    from cursus_tui.pipeline.given_files import given_path
    from cursus_tui.records.opening import LayoutFlags, OpenOptions
    from cursus_tui.records.pipeline import Overrides

    return OpenOptions(
        layout=LayoutFlags(
            interfaces=given["interfaces"],
            scripts=given["scripts"],
            config=given["config"],
            hyperparameters=given["hyperparameters"],
            root=given["root"],
        ),
        python=given["python"],
        settings=given["settings"],
        overrides=Overrides(
            inputs=_by_step(
                (step, name, given_path(text, f"--input {step}.{name}")) for step, name, text in given["inputs"]
            ),
            environment=_by_step(given["env"]),
            arguments=_by_step((step, name.lstrip("-"), text) for step, name, text in given["arg"]),
            wiring=_by_step((step, name, _source(text)) for step, name, text in given["wire"]),
            job_types=dict(given["job_types"]),
            scripts={step: given_path(text, f"--stand-in {step}") for step, text in given["stand_ins"]},
            stubs=tuple(given["stub"]),
        ),
    )


def _source(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    step, dot, output = text.rpartition(".")
    if not (dot and step and output):
        raise click.BadParameter(f"{text!r} is not SOURCE.OUTPUT", param_hint="--wire")
    return step, output


def _by_step(triples: Iterable[tuple[str, str, Any]]) -> dict[str, dict[str, Any]]:
    steps: dict[str, dict[str, Any]] = {}
    for step, name, value in triples:
        steps.setdefault(step, {})[name] = value
    return steps

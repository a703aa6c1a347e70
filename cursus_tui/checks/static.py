"""Findings from the scripts' source alone: what will go wrong, or be refused, before anything has run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from cursus_tui.checks.facts import KeyRead, ParserArgument, ScriptFacts
from cursus_tui.checks.imports import AbsentProjectModule, NeededModule, library_modules, needed_modules
from cursus_tui.checks.source import read_facts
from cursus_tui.records.pipeline import Finding, Pipeline, Severity, Step, StepKind
from cursus_tui.storage.secrets import MASK, is_secret

_USUAL_PARAMETERS = ("input_paths", "output_paths", "environ_vars", "job_args")
_USUAL_EXTRAS = {"logger", "logger_fn", "logger_func", "log", "logger_function"}
_TRUE = {"true", "1", "yes", "on"}

Check = Callable[[Pipeline, Step, ScriptFacts], Iterator[Finding]]
AbsentModules = Callable[[Path | None, frozenset[str]], frozenset[str]]
"""(a step's own interpreter, None for the pipeline's; top-level modules) -> those of them that it lacks."""


def static_findings(pipeline: Pipeline, absent: AbsentModules) -> tuple[Finding, ...]:
    """Everything the source of the scripts tells, in the order of the steps.

    Args:
        pipeline: The resolved pipeline; only its steps with a script are looked at.
        absent: Says which modules an interpreter lacks; called once for each interpreter.
    """
    scripts = list(_scripts(pipeline))
    imports = {step.name: needed_modules(facts, _module_folders(pipeline, step)) for step, facts in scripts}
    wanted: dict[Path | None, set[str]] = {}
    for step, _ in scripts:
        wanted.setdefault(step.python, set()).update(each.name for each in imports[step.name][0])
    lacking = {python: absent(python, frozenset(names)) for python, names in wanted.items()}
    found: list[Finding] = []
    for step, facts in scripts:
        if facts.error:
            found.append(_unparsable(step, facts))
            continue
        for check in _CHECKS:
            found.extend(check(pipeline, step, facts))
        needed, lost = imports[step.name]
        missing = [each for each in needed if each.name in lacking[step.python]]
        found.extend(_missing_library(pipeline, step, facts, each) for each in missing)
        found.extend(_missing_project_module(step, each) for each in lost)
    return tuple(found)


def preloadable(pipeline: Pipeline) -> dict[Path | None, frozenset[str]]:
    """Interpreter (None for the pipeline's) -> the library modules that its steps import, dotted."""
    wanted: dict[Path | None, frozenset[str]] = {}
    for step, facts in _scripts(pipeline):
        modules = library_modules(facts, _module_folders(pipeline, step))
        wanted[step.python] = wanted.get(step.python, frozenset()) | modules
    return wanted


def _scripts(pipeline: Pipeline) -> Iterator[tuple[Step, ScriptFacts]]:
    for step in pipeline.steps.values():
        if step.script is not None and step.kind in (StepKind.SCRIPT, StepKind.SOURCE):
            yield step, read_facts(step.script)


def _module_folders(pipeline: Pipeline, step: Step) -> tuple[Path, ...]:
    return (*((step.script.parent,) if step.script else ()), *pipeline.python_paths)


def _unparsable(step: Step, facts: ScriptFacts) -> Finding:
    line = f" in line {facts.error_line}" if facts.error_line else ""
    message = (
        f"{facts.file.name} is not valid Python{line}: {facts.error}"
        if facts.error_line
        else (f"{facts.file.name} {facts.error}")
    )
    return Finding(Severity.ERROR, "syntax-error", step.name, message, "mend the script", facts.file, facts.error_line)


def _main(pipeline: Pipeline, step: Step, facts: ScriptFacts) -> Iterator[Finding]:
    if facts.main is None:
        yield Finding(
            Severity.WARNING,
            "no-main",
            step.name,
            "the script has no main()",
            "it runs as a whole, and its paths cannot be handed over: give it a main(input_paths, output_paths, "
            "environ_vars, job_args)",
            facts.file,
        )
        return
    names = [each.name for each in facts.main]
    unknown = [
        each.name for each in facts.main[len(_USUAL_PARAMETERS) :] if each.required and each.name not in _USUAL_EXTRAS
    ]
    if not names:
        yield Finding(
            Severity.INFO,
            "main-without-parameters",
            step.name,
            "main() takes no parameters: it finds its paths itself",
            "if it reads /opt/ml directly, it will not find the run's files",
            facts.file,
            facts.main_line,
        )
    elif tuple(names[: len(_USUAL_PARAMETERS)]) != _USUAL_PARAMETERS or unknown:
        yield Finding(
            Severity.WARNING,
            "main-signature",
            step.name,
            f"main({', '.join(names)}) is not what Cursus calls",
            f"Cursus scripts take main({', '.join(_USUAL_PARAMETERS)}), and perhaps a logger",
            facts.file,
            facts.main_line,
        )


def _arguments(pipeline: Pipeline, step: Step, facts: ScriptFacts) -> Iterator[Finding]:
    given = {value.name.lstrip("-").replace("-", "_"): value for value in pipeline.arguments.get(step.name, ())}
    known: set[str] = set()
    for argument in facts.arguments:
        flags = [flag.lstrip("-").replace("-", "_") for flag in argument.flags]
        known.update(flags)
        value = next((given[flag] for flag in flags if flag in given), None)
        if value is not None and argument.choices is not None and value.value not in argument.choices:
            yield _rejected(step, facts, argument, value.value, value.origin)
        if value is None and argument.required and argument.flags[0].startswith("-"):
            yield Finding(
                Severity.WARNING,
                "missing-argument",
                step.name,
                f"the script requires {argument.flags[0]}, and nothing gives it a value",
                f"give it: --arg {step.name}.{flags[0]}=VALUE",
                facts.file,
                argument.line,
            )
    if not (facts.arguments and facts.strict_arguments):
        return
    for name, value in given.items():
        if name not in known:
            yield Finding(
                Severity.WARNING,
                "unknown-argument",
                step.name,
                f"the script does not know {value.name}, and ends with exit code 2 on it",
                "the interface's job_arguments and the script's parser disagree: mend one of them",
                facts.file,
            )


def _rejected(step: Step, facts: ScriptFacts, argument: ParserArgument, value: str, origin: str) -> Finding:
    flag = argument.flags[0]
    value = MASK if is_secret(flag) else value
    name = flag.lstrip("-").replace("-", "_")
    choices = ", ".join(argument.choices or ())
    change = f"--job-type {step.name}=TYPE" if name == "job_type" else f"--arg {step.name}.{name}=VALUE"
    return Finding(
        Severity.ERROR,
        "choice-rejected",
        step.name,
        f"the script rejects {flag} {value} (from {origin})",
        f"it accepts {choices}: {change}",
        facts.file,
        argument.line,
    )


def _guarded_actions(pipeline: Pipeline, step: Step, facts: ScriptFacts) -> Iterator[Finding]:
    if place := facts.pip_at_import:
        yield Finding(
            Severity.INFO,
            "pip-at-import",
            step.name,
            "the script installs packages with pip at import",
            "the install is refused here, and what the interpreter has is used",
            facts.file,
            place.line,
        )
    if (place := facts.aws_at_import) and (switch := _aws_switch(pipeline, step, facts)) is not None:
        yield Finding(
            Severity.WARNING,
            "aws-at-import",
            step.name,
            f"the script contacts AWS ({place.text}) at import",
            "the network is refused unless you allow it"
            + (f"; switch it off: --env {step.name}.{switch}=false" if switch else ""),
            facts.file,
            place.line,
        )
    if place := facts.aws_when_run:
        yield Finding(
            Severity.WARNING,
            "aws-when-run",
            step.name,
            f"the script may contact AWS ({place.text}) when it runs",
            "the network is refused unless you allow it: run --allow-network, or a stand-in script",
            facts.file,
            place.line,
        )


def _aws_switch(pipeline: Pipeline, step: Step, facts: ScriptFacts) -> str | None:
    """The variable that switches a contact at import on; empty where there is none, None where it is off."""
    given = {value.name: value.value for value in pipeline.environment.get(step.name, ())}
    switches = {name: default for name, default in facts.switches.items() if default.lower() in {*_TRUE, "false"}}
    secure = {name: given.get(name, default) for name, default in switches.items() if "SECURE" in name.upper()}
    if not secure:
        return ""
    on = [name for name, value in secure.items() if value.lower() in _TRUE]
    return on[0] if on else None


def _container_paths(pipeline: Pipeline, step: Step, facts: ScriptFacts) -> Iterator[Finding]:
    if not facts.container_paths:
        return
    first = facts.container_paths[0]
    more = len(facts.container_paths) - 1
    yield Finding(
        Severity.WARNING,
        "container-path",
        step.name,
        f"the script uses {first.text} outside its __main__ block" + (f", and {more} more such paths" if more else ""),
        "that folder exists only in the container: take the path from input_paths or output_paths",
        facts.file,
        first.line,
    )


def _keys(pipeline: Pipeline, step: Step, facts: ScriptFacts) -> Iterator[Finding]:
    if step.interface is None:
        return
    contract = step.interface.contract
    for what, block, reads, ports in (
        ("input_paths", facts.block_inputs, facts.input_reads, {each.name for each in contract.inputs}),
        ("output_paths", facts.block_outputs, facts.output_reads, {each.name for each in contract.outputs}),
    ):
        if block is not None:
            yield from _mismatches(step, facts, what, block, reads, ports)


def _mismatches(
    step: Step,
    facts: ScriptFacts,
    what: str,
    block: Mapping[str, str | None],
    reads: Sequence[KeyRead],
    ports: Collection[str],
) -> Iterator[Finding]:
    """Keys that ``main`` reads and the ``__main__`` block does not give: shipped, the script finds nothing there.

    A key read with ``get`` may be optional; it counts where the block gives one that nobody reads in its place.
    """
    read_keys = {each.key for each in reads}
    unread = [key for key in block if key not in read_keys]
    seen: set[str] = set()
    for each in reads:
        if each.key in block or each.key in seen or not (each.needed or (each.key in ports and unread)):
            continue
        seen.add(each.key)
        instead = f"; it gives {', '.join(unread)}" if unread else ""
        yield Finding(
            Severity.WARNING,
            "main-block-mismatch",
            step.name,
            f"main() reads {what}[{each.key!r}], which the script's __main__ block does not give{instead}",
            "so it fails in the container"
            + ("; here the contract's name is added, unless --as-shipped" if each.key in ports else ""),
            facts.file,
            each.line,
        )


def _missing_library(pipeline: Pipeline, step: Step, facts: ScriptFacts, module: NeededModule) -> Finding:
    if module.name in pipeline.overrides.stubs:
        return Finding(
            Severity.INFO,
            "stubbed-import",
            step.name,
            f"{module.name} is absent, and a stub stands in for it",
            "the step fails where it really uses it",
            module.file,
            module.line,
        )
    if module.lazy:
        return Finding(
            Severity.WARNING,
            "missing-lazy-import",
            step.name,
            f"{module.name} is absent, and the script imports it while it runs",
            "install it in the chosen interpreter, or choose another with --python",
            module.file,
            module.line,
        )
    return Finding(
        Severity.ERROR,
        "missing-import",
        step.name,
        f"{module.name} is absent, and the script imports it",
        _where_else(module, facts.file)
        or f"install it in the chosen interpreter, choose another with --python, or allow a stub: --stub {module.name}",
        module.file,
        module.line,
    )


def _where_else(module: NeededModule, script: Path) -> str:
    """A folder of that name above the script: the project's own module, only not on the path."""
    for folder in script.parents[1:5]:
        if (folder / module.name).is_dir() and any((folder / module.name).glob("*.py")):
            return f"it is in {folder}: export PYTHONPATH={folder}"
    return ""


def _missing_project_module(step: Step, absent: AbsentProjectModule) -> Finding:
    return Finding(
        Severity.WARNING if absent.lazy else Severity.ERROR,
        "missing-project-module",
        step.name,
        f"{absent.file.name} imports {absent.shown}, which the project does not have",
        "give the project's top folder with --root, or mend the import",
        absent.file,
        absent.line,
    )


_CHECKS: tuple[Check, ...] = (_main, _arguments, _keys, _guarded_actions, _container_paths)

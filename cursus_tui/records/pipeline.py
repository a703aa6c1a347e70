"""What a pipeline is: its steps, their contracts, the wiring between them and the values they are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class StepKind(StrEnum):
    """How a step can be treated on this box."""

    SCRIPT = "script"
    """Its script was found: it runs here."""
    SOURCE = "source"
    """It brings data in from elsewhere; the user gives a folder, a data set or a stand-in script."""
    REMOTE = "remote"
    """It exists only in the cloud (a registration, a model, an upload); its inputs are still checked."""
    MISSING_SCRIPT = "missing script"
    """It should run here, but its script was not found; the user gives a path."""


class Severity(StrEnum):
    """How bad a finding is. Only ERROR makes ``check`` exit with 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Isolation(StrEnum):
    """In which process a step runs."""

    ZYGOTE = "zygote"
    """A child forked from a warm process of its interpreter."""
    SUBPROCESS = "subprocess"
    """A fresh interpreter: slower, but nothing is imported before the step's own environment is set."""


@dataclass(frozen=True, slots=True)
class InputChannel:
    """One logical input of a contract."""

    name: str
    path: str | None
    """The container path (``/opt/ml/...``), as the interface gives it."""
    required: bool = True
    channels: tuple[str, ...] = ()
    """SageMaker training channels below ``path`` (``train``, ``val``, ``test``)."""


@dataclass(frozen=True, slots=True)
class OutputChannel:
    """One logical output of a contract."""

    name: str
    path: str | None


@dataclass(frozen=True, slots=True)
class JobArgument:
    """One command-line flag that Cursus passes to the script."""

    flag: str
    source: str | None
    """The config field that the value comes from."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The ``contract`` section of a step interface."""

    entry_point: str | None
    inputs: tuple[InputChannel, ...] = ()
    outputs: tuple[OutputChannel, ...] = ()
    required_env: tuple[str, ...] = ()
    optional_env: Mapping[str, str] = field(default_factory=dict)
    job_arguments: tuple[JobArgument, ...] = ()
    skip_inputs: tuple[str, ...] = ()
    input_source_overrides: Mapping[str, str] = field(default_factory=dict)
    sink: bool = False
    computed_env_paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Variable -> folder names under the S3 prefix of a pipeline's execution, which only the cloud knows."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One input of an interface's ``spec`` section: what may be wired to it."""

    name: str
    type: str = "processing_output"
    required: bool = True
    compatible_sources: tuple[str, ...] = ()
    semantic_keywords: tuple[str, ...] = ()
    data_type: str = "S3Uri"


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """One output of an interface's ``spec`` section."""

    name: str
    type: str = "processing_output"
    aliases: tuple[str, ...] = ()
    data_type: str = "S3Uri"
    property_path: str | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """One ``*.step.yaml``, with the variant of a job type already merged in."""

    step_type: str
    sagemaker_step_type: str
    """``Processing``, ``Training``, ``CreateModel``, ...: decides packing and the kind of step."""
    contract: Contract
    dependencies: tuple[Dependency, ...]
    outputs: tuple[OutputSpec, ...]
    file: Path
    node_type: str = "internal"
    """``source``, ``internal``, ``sink`` or ``singular``: where Cursus expects it in a DAG."""


@dataclass(frozen=True, slots=True)
class Step:
    """One node of the DAG, resolved as far as this box allows."""

    name: str
    step_type: str
    job_type: str | None
    kind: StepKind
    script: Path | None
    """The script that runs for it here: its own, or a stand-in that the user gave."""
    interface: Interface | None
    """None where no interface has this node's step type."""
    why: str
    """Why it is of this kind, in one sentence, and what the user can do where it cannot run."""
    tried: tuple[Path, ...] = ()
    """Where its script was looked for, in order."""
    isolation: Isolation = Isolation.ZYGOTE
    python: Path | None = None
    """An interpreter of its own; None for the pipeline's."""
    given: Mapping[str, Path] = field(default_factory=dict)
    """Input or (for a source or remote step) output channel -> a path that the user gave."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One output that feeds one input."""

    step: str
    input: str
    source_step: str
    source_output: str
    score: float
    """Cursus' compatibility, 0 to 1; 1.0 where the user decided."""
    reason: str
    """Why this output was chosen, in words: the parts of the score."""
    doubt: str | None = None
    """Why it may be the wrong one (a tie, neither name nor source matches, ...)."""
    overridden: bool = False
    """True where the user decided it."""


@dataclass(frozen=True, slots=True)
class Value:
    """One environment variable or argument of a step, and where it came from."""

    name: str
    value: str
    origin: str
    """Such as ``config label_name``, ``interface default``, ``--env``, ``job type``."""
    certain: bool
    bare: bool = False
    """A command-line flag that stands without a value."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a check noticed."""

    severity: Severity
    code: str
    """A stable slug: ``unwired-input``, ``cycle``, ``pip-at-import``, ..."""
    step: str | None
    message: str
    hint: str
    """What the user can do next."""
    file: Path | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Overrides:
    """Everything a user decides about a pipeline: flags, ``cursus-tui.yaml`` and edits on screen all become this.

    Later ones win: the file, then the flags, then the session's edits.
    """

    inputs: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    """Step -> channel -> path. For a source or remote step the channel may be one of its outputs."""
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    arguments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Step -> flag without dashes -> value."""
    wiring: Mapping[str, Mapping[str, tuple[str, str] | None]] = field(default_factory=dict)
    """Step -> input -> (source step, output), or None to unwire."""
    job_types: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, Path] = field(default_factory=dict)
    """Step -> script: a path for a missing script, or a stand-in for a source step."""
    isolation: Mapping[str, Isolation] = field(default_factory=dict)
    pythons: Mapping[str, Path] = field(default_factory=dict)
    stubs: tuple[str, ...] = ()
    """Libraries that the user allows to be replaced by a stub that raises when used."""


@dataclass(frozen=True, slots=True)
class ProjectLayout:
    """Where everything that belongs to a pipeline was found."""

    dag_file: Path
    root: Path
    """The project's top folder; paths are shown relative to it."""
    interfaces: tuple[Path, ...] = ()
    """Folders of ``*.step.yaml``, first wins."""
    scripts: tuple[Path, ...] = ()
    """Folders that scripts are looked for in, first wins."""
    config: Path | None = None
    hyperparameters: Path | None = None
    settings: Path | None = None
    """The ``cursus-tui.yaml`` in force, if there is one."""
    notes: tuple[str, ...] = ()
    """How each was found, one sentence each."""
    dag_source: Path | None = None
    """The Python file that built the DAG, if one did; ``dag_file`` is then a private JSON copy of what it built."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline, resolved: everything that is known before anything runs."""

    name: str
    layout: ProjectLayout
    steps: Mapping[str, Step]
    """In topological order."""
    edges: tuple[tuple[str, str], ...]
    bindings: tuple[Binding, ...]
    environment: Mapping[str, tuple[Value, ...]]
    arguments: Mapping[str, tuple[Value, ...]]
    """Step -> its command line; ``Value.name`` is the flag with its dashes."""
    findings: tuple[Finding, ...]
    overrides: Overrides
    python_paths: tuple[Path, ...] = ()
    """Folders that go on ``sys.path`` of every step, after the script's own."""

"""The environment of a step: what the front has, without what is not the step's business, plus its own."""

from __future__ import annotations

import json
import os
import sys
from typing import Dict, List, Mapping, Optional

from .container_paths import ContainerPaths, is_container_path
from .job import REPORTS_FILE, Job

ATTEMPT = "CURSUS_TUI_ATTEMPT"
"""Marks every process that a step starts, so that orphans can be told apart."""
REPORTS = "CURSUS_TUI_REPORTS"
NETWORK = "CURSUS_TUI_NETWORK"
AWS_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
)
SECURE_PYPI = "USE_SECURE_PYPI"
"""Cursus' scripts ask AWS for a token before they install packages, unless this is ``false``. Nothing is installed
here, so there is nothing to ask for; without AWS they would die of it while they are imported."""
THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Read once, when the library is loaded: too late for a step that is forked from a warm process."""
INHERITED_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inherited")
"""Holds the ``sitecustomize`` that puts the guards up in Python processes that a step starts."""


def of_worker(front: Mapping[str, str], allow_network: bool) -> Dict[str, str]:
    """What a zygote starts with: the front's environment without our internals, and without AWS credentials."""
    kept = {name: value for name, value in front.items() if not name.startswith("CURSUS_TUI_")}
    # Matplotlib reads it when it is imported, which may be before there is a step.
    kept.setdefault("MPLBACKEND", "Agg")
    if not allow_network:
        for name in AWS_CREDENTIALS:
            kept.pop(name, None)
    return kept


def of_step(job: Job, paths: ContainerPaths, temporary: str) -> Dict[str, str]:
    """What is set for a step over its worker's environment.

    Args:
        job: Its own variables win over everything but ``TMPDIR`` and the guards.
        paths: Values that are container paths are mapped.
        temporary: The private folder that stands for ``/tmp``.
    """
    # A process that the script starts has nobody to talk to a debugger with: its stdin is at its end.
    values = {"MPLBACKEND": os.environ.get("MPLBACKEND", "Agg"), "PYTHONBREAKPOINT": "0"}
    if job.pack_outputs:
        values.update(_sagemaker_training(paths))
    for name, value in job.environment.items():
        values[name] = local_value(value, paths, temporary)
    if not job.allow_network:
        values["AWS_EC2_METADATA_DISABLED"] = "true"
        if not job.as_shipped:
            values[SECURE_PYPI] = "false"
    values.update(
        {
            "TMPDIR": temporary,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, (INHERITED_FOLDER, os.environ.get("PYTHONPATH")))),
            ATTEMPT: job.folder,
            REPORTS: job.file(REPORTS_FILE),
            NETWORK: "allowed" if job.allow_network else "refused",
        }
    )
    return values


def secure_pypi_override(job: Job, source: bytes) -> Optional[str]:
    """Says what was changed for a script that would ask AWS for a token; None where nothing was."""
    if job.as_shipped or job.allow_network or SECURE_PYPI.encode() not in source:
        return None
    asked = job.environment.get(SECURE_PYPI, "not set")
    return None if asked.lower() == "false" else "false (was: %s): nothing is installed, so no token is fetched" % asked


def local_value(value: str, paths: ContainerPaths, temporary: str) -> str:
    """A variable's value with container paths and shared ``/tmp`` folders replaced by private ones."""
    if value == "/tmp" or value.startswith("/tmp/"):
        return temporary + value[len("/tmp") :]
    return paths.any(value) if is_container_path(value) else value


def ignored_thread_counts(job: Job) -> List[str]:
    """Variables that come too late for a step that is forked from this process, since numpy is already loaded here."""
    if "numpy" not in sys.modules or job.isolation != "zygote":
        return []
    return [name for name in THREAD_COUNTS if job.environment.get(name, os.environ.get(name)) != os.environ.get(name)]


def _sagemaker_training(paths: ContainerPaths) -> Dict[str, str]:
    """The variables that SageMaker's training toolkit sets and that scripts read."""
    values = {
        "SM_MODEL_DIR": paths.any("/opt/ml/model"),
        "SM_OUTPUT_DIR": paths.any("/opt/ml/output"),
        "SM_OUTPUT_DATA_DIR": paths.any("/opt/ml/output/data"),
        "SM_CHECKPOINT_DIR": paths.any("/opt/ml/checkpoints"),
        "SM_INPUT_DIR": paths.any("/opt/ml/input"),
        "SM_CURRENT_HOST": "algo-1",
        "SM_HOSTS": '["algo-1"]',
        "SM_NUM_GPUS": "0",
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
    }
    channels = {}
    for port in paths.inputs:
        if port.local is None or not port.container:
            continue
        if port.container == "/opt/ml/input/data":
            channels.update(_channel_folders(port.local))
        elif os.path.dirname(port.container) == "/opt/ml/input/data":
            channels[os.path.basename(port.container)] = port.local
    values["SM_CHANNELS"] = json.dumps(sorted(channels))
    values.update({"SM_CHANNEL_" + name.upper(): path for name, path in channels.items()})
    return values


def _channel_folders(folder: str) -> Dict[str, str]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.path for entry in entries if entry.is_dir()}
    except OSError:
        return {}

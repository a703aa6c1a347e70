"""SageMaker's packing of a training job's outputs, which later steps rely on."""

from __future__ import annotations

import contextlib
import gzip
import os
import tarfile
from typing import Any, Callable

from .job import Job

ARCHIVES = {"/opt/ml/model": "model.tar.gz", "/opt/ml/output/data": "output.tar.gz"}
"""What SageMaker uploads of a training job: two archives. The unpacked files stay beside them, to be looked at."""


def pack_training_outputs(job: Job, send: Callable[..., Any]) -> None:
    """Pack the model and output folders as SageMaker would, into themselves.

    Raises:
        OSError: When the disk is full or a file cannot be read.
    """
    for name, container in job.contract_outputs.items():
        archive = ARCHIVES.get(os.path.normpath(container)) if container else None
        folder = job.output_paths.get(name)
        if archive is None or folder is None or not os.path.isdir(folder):
            continue
        if os.path.lexists(os.path.join(folder, archive)):
            send("notice", message="%s already holds a %s of the script's own: it is kept" % (name, archive))
            continue
        _pack(folder, archive)


def _pack(folder: str, archive: str) -> None:
    entries = sorted(os.listdir(folder))
    target = os.path.join(folder, archive)
    # The same files give the same bytes: no time of packing, no name of this machine.
    with contextlib.ExitStack() as stack:
        raw = stack.enter_context(open(target + ".part", "wb"))
        packed = stack.enter_context(gzip.GzipFile("", "wb", 1, raw, mtime=0))
        tar = stack.enter_context(tarfile.open(mode="w", fileobj=packed))
        for entry in entries:
            tar.add(os.path.join(folder, entry), arcname=entry)
    os.replace(target + ".part", target)

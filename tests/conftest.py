"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def missing(what: str) -> None:
    """Skip for want of something this machine lacks; on CI that is a failure, so that nothing goes untested unseen."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def cursus_data() -> Path:
    """The folder of real Cursus DAGs, interfaces, configs and ground truth."""
    folder = Path(os.environ.get("CURSUS_DATA") or REPOSITORY.parent / "shared" / "cursus")
    if not (folder / "wiring_truth.json").is_file():
        missing(f"real Cursus files in CURSUS_DATA ({folder})")
    return folder

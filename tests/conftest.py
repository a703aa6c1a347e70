"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from needs import REPOSITORY, missing


@pytest.fixture(scope="session")
def cursus_data() -> Path:
    """The folder of real Cursus DAGs, interfaces, configs and ground truth."""
    folder = Path(os.environ.get("CURSUS_DATA") or REPOSITORY.parent / "shared" / "cursus")
    if not (folder / "wiring_truth.json").is_file():
        missing(f"real Cursus files in CURSUS_DATA ({folder})")
    return folder

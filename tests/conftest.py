"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from needs import REPOSITORY, missing

# A busy machine is slow without being wrong; on CI the same change must give the same answer twice.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A value too long to read in a report is named by its length."""
    return f"{argname} of {len(val)}" if isinstance(val, str | bytes) and len(val) > 80 else None


@pytest.fixture(scope="session")
def cursus_data() -> Path:
    """The folder of real Cursus DAGs, interfaces, configs and ground truth."""
    folder = Path(os.environ.get("CURSUS_DATA") or REPOSITORY.parent / "shared" / "cursus")
    if not (folder / "wiring_truth.json").is_file():
        missing(f"real Cursus files in CURSUS_DATA ({folder})")
    return folder

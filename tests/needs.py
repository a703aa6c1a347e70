"""What a test may need of its machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def missing(what: str) -> NoReturn:
    """Skip for want of something this machine lacks; on CI that is a failure, so that nothing goes untested unseen."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"needs {what}")

"""Real steps for the debugger's tests, started as the engine's tests start theirs; and VS Code's own test client."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "execution"))


@pytest.fixture(scope="session")
def node() -> Path:
    """The node that can run VS Code's test client."""
    from node_client import installed_client

    return installed_client()

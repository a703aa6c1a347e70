"""Real steps for the debugger's tests: they are started as the engine's tests start theirs."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "execution"))

"""Everything that must hold before a change lands: ``python -m tests``. Stops at the first thing that does not."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("types", [str(BIN / "mypy")]),
    ("import contracts", [str(BIN / "lint-imports"), "--no-logo"]),
    ("tests", [sys.executable, "-m", "pytest", "-q", "-n", str(os.cpu_count() or 2), "--dist", "worksteal"]),
)


def main() -> int:
    """Run each check from the top of the repository; further arguments go to pytest."""
    for name, command in CHECKS:
        extra = sys.argv[1:] if name == "tests" else []
        print(f"== {name}", flush=True)
        code = subprocess.run([*command, *extra], cwd=ROOT, check=False).returncode
        if code:
            print(f"== {name} failed", flush=True)
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())

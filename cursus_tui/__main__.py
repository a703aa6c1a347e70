"""``python -m cursus_tui`` is the same program as ``cursus-tui``."""

from cursus_tui.cli.main import run

if __name__ == "__main__":
    run()

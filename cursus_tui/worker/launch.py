"""The file that a script's interpreter is started with: ``<python> launch.py zygote|step FD``.

It loads the worker as a package under a private name, so that none of its modules can meet a user's module of the
same name, and removes its own folder from ``sys.path`` before anything else is imported. It is written so that even
an interpreter that is too old can read it and say so.
"""

import sys

PACKAGE = "_cursus_tui_worker"


def load_worker():  # type: () -> None
    """Import the worker package under its private name, once."""
    import importlib.util
    import os

    if PACKAGE in sys.modules:
        return
    folder = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


def say_unusable(descriptor, reason):  # type: (int, str) -> None
    """Tell the front why this interpreter cannot run scripts, in the protocol's own words."""
    import json
    import os

    os.write(descriptor, (json.dumps({"event": "unusable", "reason": reason}) + "\n").encode("utf-8"))


def start(mode, descriptor):  # type: (str, int) -> None
    """Become a zygote, or run the one step that comes down the descriptor."""
    import importlib

    load_worker()
    if mode == "zygote":
        importlib.import_module(PACKAGE + ".zygote").serve(descriptor)
    else:
        importlib.import_module(PACKAGE + ".entry").run_in_fresh_interpreter(descriptor)


if __name__ == "__main__":
    del sys.path[0]
    sys.dont_write_bytecode = True
    if sys.version_info < (3, 9):
        say_unusable(int(sys.argv[2]), "it is Python %d.%d, and scripts need 3.9 or newer" % sys.version_info[:2])
        sys.exit(3)
    start(sys.argv[1], int(sys.argv[2]))

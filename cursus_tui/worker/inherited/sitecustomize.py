"""Puts the guards up in Python processes that a step starts: pools that spawn, and scripts that it runs itself.

A step's environment has this folder on ``PYTHONPATH``. Afterwards the environment's own ``sitecustomize`` runs, as it
would have without us. Written so that any Python can read it.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


def _guard():  # type: () -> None
    import importlib

    sys.path.insert(0, os.path.dirname(_HERE))
    try:
        launch = importlib.import_module("launch")
    finally:
        del sys.path[0]
        sys.modules.pop("launch", None)
    launch.load_worker()
    importlib.import_module(launch.PACKAGE + ".descendant").put_guards_up()


def _run_the_next_one():  # type: () -> None
    import importlib.machinery
    import importlib.util

    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != _HERE]
if sys.version_info >= (3, 9) and "CURSUS_TUI_REPORTS" in os.environ:
    try:
        _guard()
    except Exception as error:
        sys.stderr.write("[cursus-tui] no guards in %s: %r\n" % (sys.argv[:1], error))
if sys.version_info >= (3, 4):
    _run_the_next_one()

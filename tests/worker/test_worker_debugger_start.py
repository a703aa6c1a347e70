"""Starting the debugger where the process can have no more threads."""

from __future__ import annotations

from typing import Any

import pytest

from cursus_tui.worker import debugger as module


def test_a_start_that_fails_is_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(*_: Any, **__: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(module, "lend", lambda *_: None)
    monkeypatch.setattr(module, "_Thread", no_more)
    debugger = module.Debugger("debugger.log", lambda *_, **__: None, 1)
    order = {"socket": "s", "token": "t", "lent": "l", "pycache": "p"}
    for _ in range(2):
        with pytest.raises(RuntimeError, match="can't start new thread"):
            debugger.start(order, late=True)

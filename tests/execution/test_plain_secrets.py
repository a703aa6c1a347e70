"""Secrets that look like any other word are told by their names, wherever they stand."""

from __future__ import annotations

from pathlib import Path

from fault_pipeline import FaultRun, script_with_main

from cursus_tui.records.opening import OpenOptions
from cursus_tui.records.pipeline import Overrides

BLOCK = """
if __name__ == "__main__":
    import argparse
    import os

    parser = argparse.ArgumentParser()
    parser.add_argument("--api_key")
    names = {"result": "/opt/ml/processing/output/result"}
    settings = {"DB_PASSWORD": os.environ["DB_PASSWORD"], "DEPTH": "3"}
    main({"data": "/opt/ml/processing/input/data"}, names, settings, parser.parse_args())
"""


def test_a_plain_password_is_in_nothing_that_is_kept(tmp_path: Path) -> None:
    given = Overrides(environment={"Fault": {"DB_PASSWORD": "hunter"}}, arguments={"Fault": {"api_key": "sesame"}})
    body = """
        import os
        copy = dict(environ_vars)
        environment = os.environ
        raise ValueError("no luck")
        """
    with FaultRun(tmp_path, script_with_main(body, block=BLOCK), opening=OpenOptions(overrides=given)) as run:
        run.go()
        shown = run.error().frames[-1].locals
        assert shown["copy"] == "{'DB_PASSWORD': '********', 'DEPTH': '3'}"
        assert shown["job_args"] == "Namespace(api_key='********')"
    kept = [path for path in run.workspace.rglob("*") if path.is_file()]
    assert {"job.json", "outcome.json", "events.jsonl", "runs.sqlite3"} <= {path.name for path in kept}
    leaks = [(path, word) for path in kept for word in (b"hunter", b"sesame") if word in path.read_bytes()]
    assert leaks == []

"""What is kept of a call: packed models, returned frames, and what its variables held."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from engine_runner import Runner

from cursus_tui.records.pipeline import Isolation


def test_a_training_step_is_packed_as_sagemaker_does(runner: Runner, tmp_path: Path) -> None:
    model, data = tmp_path / "model", tmp_path / "data"
    source = """
import os
def main(input_paths, output_paths, environ_vars, job_args):
    print(os.environ["SM_MODEL_DIR"] == output_paths["model_output"], os.environ["SM_CHANNEL_TRAIN"])
    os.makedirs(output_paths["model_output"] + "/deep")
    open(output_paths["model_output"] + "/deep/model.bst", "w").write("trees")
    open(output_paths["evaluation_output"] + "/val.tar.gz", "w").write("inner")
if __name__ == "__main__":
    main({"input_path": "/opt/ml/input/data"},
         {"model_output": "/opt/ml/model", "evaluation_output": "/opt/ml/output/data"}, {}, None)
"""
    train = tmp_path / "in" / "train"
    train.mkdir(parents=True)
    fields: dict[str, Any] = {
        "contract_inputs": {"input_path": "/opt/ml/input/data"},
        "contract_outputs": {"model_output": "/opt/ml/model", "evaluation_output": "/opt/ml/output/data"},
        "input_paths": {"input_path": tmp_path / "in"},
        "output_paths": {"model_output": model, "evaluation_output": data},
        "pack_outputs": True,
    }
    attempt = runner.run(source, **fields)
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.stdout == f"True {train}\n"
    with tarfile.open(model / "model.tar.gz") as archive:
        assert sorted(archive.getnames()) == ["deep", "deep/model.bst"]
    with tarfile.open(data / "output.tar.gz") as archive:
        assert archive.getnames() == ["val.tar.gz"]
    assert (model / "deep" / "model.bst").exists()
    assert json.loads((attempt.folder / "outcome.json").read_text())["pack_seconds"] is not None
    assert [e.name for e in attempt.events if e.name in ("result", "packed", "finishing")] == [
        "result",
        "packed",
        "finishing",
    ]


@pytest.mark.parametrize("isolation", list(Isolation))
def test_returned_frames_are_kept(runner: Runner, isolation: Isolation) -> None:
    pandas = pytest.importorskip("pandas")
    attempt = runner.run_main(
        """
        frame = pandas.DataFrame({'a': [1, 2], 'b': ['x', None]})
        odd = pandas.DataFrame([[1, 'x'], ['y', 2]], columns=['same', 'same'])
        return {'train': frame, 'te/st': odd, 'n': 3}, frame
        """,
        before="import pandas",
        isolation=isolation,
    )
    assert attempt.result.status == "passed", attempt.stderr
    returned = attempt.result.returned
    assert list(returned) == ["train", "te/st", "returned[1]"]
    assert pandas.read_parquet(returned["train"]).to_dict("list")["a"] == [1, 2]
    assert returned["te/st"].suffix == ".csv"
    assert returned["te/st"].parent == attempt.folder / "returned"
    assert attempt.named("result")[0].fields["returned"]["train"] == str(returned["train"])


def test_a_large_returned_frame_is_cut_and_said(runner: Runner) -> None:
    pandas = pytest.importorskip("pandas")
    attempt = runner.run_main(
        "import numpy, pandas\nreturn pandas.DataFrame({c: numpy.zeros(300_000) for c in map(str, range(40))})"
    )
    assert attempt.result.status == "passed", attempt.stderr
    assert len(pandas.read_parquet(attempt.result.returned["returned"])) == 100_000
    assert "first 100,000 of 300,000 rows" in attempt.notices()


def test_summaries_of_locals_survive_anything(runner: Runner) -> None:
    result = runner.run_main(
        """
        class Rude:
            def __repr__(self): raise SystemExit('rude')
            shape = property(lambda self: 1 / 0)
        rude, big, huge = Rude(), list(range(1000)), 10 ** 9999
        deep = []
        for _ in range(5000): deep = [deep]
        password = 'hunter2hunter2'
        raise ValueError('x') from KeyError('cause')
        """
    ).result
    assert result.error is not None
    values = result.error.frames[-1].locals
    assert values["big"].startswith("list of 1,000: [")
    assert "bits" in values["huge"]
    assert "Rude" in values["rude"]
    assert "hunter2" not in values["password"]
    assert [cause.type for cause in result.error.causes] == ["KeyError"]

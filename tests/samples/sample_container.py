"""Runs a sample's scripts as SageMaker would, without cursus-tui: each whole script, in DAG order, in a container
folder of its own that its ``/opt/ml`` is rewritten to. An independent judge of the samples.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import logging
import os
import shutil
import sys
import tarfile
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import yaml

ALIASES = {
    "LABEL_FIELD": "label_name",
    "ID_FIELD": "id_name",
    "CONTENT_TYPES": "source_model_inference_content_types",
}
"""Environment variable -> the config field that Cursus fills it from, where the names differ."""

JSON_LISTS = {"CURRENCY_CONVERSION_VARS"}
"""Lists that Cursus passes as JSON; it joins all others with commas."""

Wiring = Mapping[str, Mapping[str, tuple[str, str]]]
"""Step -> input -> (source step, source output)."""


@dataclass(frozen=True)
class StepRun:
    """How one script ended, and everything it logged or printed."""

    step: str
    exit_code: int
    log: str


@dataclass(frozen=True)
class Sample:
    """A sample's files, read without any of cursus-tui's own readers."""

    folder: Path

    @property
    def nodes(self) -> list[str]:
        return json.loads((self.folder / "pipeline.dag.json").read_text())["dag"]["nodes"]

    @property
    def config(self) -> dict:
        return json.loads((self.folder / "config.json").read_text())["configuration"]

    @property
    def settings(self) -> dict:
        file = self.folder / "cursus-tui.yaml"
        return yaml.safe_load(file.read_text()) if file.exists() else {}

    def interface(self, step: str) -> dict:
        wanted = step.split("_")[0]
        for file in (self.folder / "interfaces").glob("*.step.yaml"):
            document = yaml.safe_load(file.read_text())
            if document["step_type"] == wanted:
                return document
        raise LookupError(step)

    def script(self, step: str) -> Path | None:
        if stand_in := self.settings.get("stand_ins", {}).get(step):
            return self.folder / stand_in
        fields = self.config["specific"].get(step, {})
        entry = fields.get("processing_entry_point") or fields.get("training_entry_point")
        return self.folder / "scripts" / entry if entry else None

    def given(self, step: str) -> dict[str, Path]:
        return {channel: self.folder / path for channel, path in self.settings.get("inputs", {}).get(step, {}).items()}

    def environment(self, step: str) -> dict[str, str]:
        fields = {**self.config["shared"], **self.config["specific"].get(step, {})}
        declared = self.interface(step)["contract"].get("env_vars", {})
        values = dict(declared.get("optional", {}))
        for name in [*declared.get("required", []), *values]:
            for field in (ALIASES.get(name, name.lower()), name.lower()):
                if field in fields:
                    values[name] = json.dumps(fields[field]) if name in JSON_LISTS else _text(fields[field])
                    break
        return values

    def arguments(self, step: str) -> list[str]:
        fields = self.config["specific"].get(step, {})
        declared = self.interface(step)["contract"].get("job_arguments", [])
        return [word for each in declared for word in (each["flag"], fields[each["source"]])]


def run(sample: Sample, wiring: Wiring, outputs: Path) -> list[StepRun]:
    """Run every step that has a script, in the DAG file's order, until one fails; outputs in ``<step>/<channel>/``."""
    runs: list[StepRun] = []
    for step in sample.nodes:
        script = sample.script(step)
        contract = sample.interface(step)["contract"]
        if script is None:
            for channel, path in sample.given(step).items():
                if channel in contract["outputs"]:
                    shutil.copytree(path, outputs / step / channel, dirs_exist_ok=True)
            continue
        runs.append(_run_step(sample, step, script, contract, wiring.get(step, {}), outputs))
        if runs[-1].exit_code:
            break
    return runs


def _run_step(
    sample: Sample, step: str, script: Path, contract: dict, bound: Mapping[str, tuple[str, str]], outputs: Path
) -> StepRun:
    container = outputs / ".containers" / step
    shutil.rmtree(container, ignore_errors=True)
    feeds = {name: outputs / source / output for name, (source, output) in bound.items()}
    feeds.update({name: path for name, path in sample.given(step).items() if name in contract["inputs"]})
    for name, path in sorted(feeds.items(), key=lambda each: len(contract["inputs"][each[0]]["path"])):
        inside = _inside(container, contract["inputs"][name]["path"])
        inside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(path, inside, dirs_exist_ok=True) if path.is_dir() else shutil.copyfile(path, inside)
    code, log = _execute(script, container, sample.environment(step), sample.arguments(step))
    for name, output in contract["outputs"].items():
        inside, target = _inside(container, output["path"]), outputs / step / name
        shutil.rmtree(target, ignore_errors=True)
        if inside.is_dir():
            shutil.copytree(inside, target)
    if sample.interface(step)["registry"]["sagemaker_step_type"] == "Training" and not code:
        _pack(outputs / step / "model_output", "model.tar.gz")
        _pack(outputs / step / "evaluation_output", "output.tar.gz")
    return StepRun(step, code, log)


def _inside(container: Path, path: str) -> Path:
    return container / Path(path).relative_to("/")


def _execute(script: Path, container: Path, environment: Mapping[str, str], arguments: list[str]) -> tuple[int, str]:
    source = script.read_text().replace('"/opt/ml', f'"{container}/opt/ml')
    code, text = 0, io.StringIO()
    with _captured(text), mock.patch.dict(os.environ, environment), mock.patch.object(sys, "argv", [script.name]):
        sys.argv += arguments
        try:
            exec(compile(source, str(script), "exec"), {"__name__": "__main__", "__file__": str(script)})
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
        except Exception:
            text.write(traceback.format_exc())
            code = 1
    return code, text.getvalue()


@contextlib.contextmanager
def _captured(text: io.StringIO) -> Iterator[None]:
    root, handler = logging.getLogger(), logging.StreamHandler(text)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(str, value))
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _pack(folder: Path, name: str) -> None:
    """Replace a folder's content by one archive of it, always of the same bytes."""
    packed = folder.with_name(name)
    with gzip.GzipFile(packed, "wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            entry = tarfile.TarInfo(str(file.relative_to(folder)))
            entry.size = file.stat().st_size
            archive.addfile(entry, io.BytesIO(file.read_bytes()))
    shutil.rmtree(folder)
    folder.mkdir()
    packed.rename(folder / name)


if __name__ == "__main__":
    folder_, wiring_, outputs_ = map(Path, sys.argv[1:4])
    for each in run(Sample(folder_), json.loads(wiring_.read_text()), outputs_):
        print(each.step, each.exit_code)

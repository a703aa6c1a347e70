"""What PATH means, and what is found around it."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from cursus_tui.pipeline.discovery import find_project, project_folders
from cursus_tui.pipeline.target import find_target
from cursus_tui.records.errors import UserError
from cursus_tui.records.opening import LayoutFlags
from cursus_tui.records.pipeline import ProjectLayout

NODES = ["Load_training", "Train"]


def write_dag(file: Path, nodes: list[str] | None = None) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"dag": {"nodes": nodes or NODES, "edges": []}}))
    return file


def write_config(file: Path, nodes: list[str]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"configuration": {"shared": {"region": "NA"}, "specific": {n: {} for n in nodes}}}))
    return file


def touch(file: Path, text: str = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def layout_of(path: Path, flags: LayoutFlags | None = None) -> ProjectLayout:
    return find_project(find_target(str(path)), flags or LayoutFlags())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The shape of a Cursus checkout."""
    package = tmp_path / "src/cursus"
    touch(tmp_path / ".git/HEAD")
    touch(package / "steps/interfaces/load.step.yaml")
    touch(package / "steps/scripts/load.py")
    write_dag(package / "pipeline_catalog/shared_dags/xgboost/simple.dag.json")
    write_dag(package / "pipeline_catalog/shared_dags/xgboost/full.dag.json")
    return tmp_path


@pytest.fixture
def project(checkout: Path) -> Path:
    """A project with ``dockers/`` and ``pipeline_config/`` inside that checkout."""
    folder = checkout / "projects/shop"
    touch(folder / "dockers/scripts/load.py")
    touch(folder / "dockers/train.py")
    touch(folder / "dockers/hyperparams/hyperparameters_NA.json", "{}")
    touch(folder / "dockers/hyperparams/hyperparameters_EU.json", "{}")
    write_config(folder / "pipeline_config/config.json", ["Other"])
    write_config(folder / "pipeline_config/config_full.json", NODES)
    touch(folder / "pipeline_config/execute_doc.json", "{}")
    touch(folder / "shop_pipeline.py", "dag = PipelineDAG()\n")
    return folder


def test_a_dag_in_a_checkout_finds_its_interfaces_and_scripts(checkout: Path) -> None:
    dag = checkout / "src/cursus/pipeline_catalog/shared_dags/xgboost/full.dag.json"
    layout = layout_of(dag)
    assert layout.dag_file == dag
    assert layout.root == checkout
    assert layout.interfaces == (checkout / "src/cursus/steps/interfaces",)
    assert layout.scripts[0] == checkout / "src/cursus/steps/scripts"
    assert layout.config is None
    assert any(note.startswith("Interfaces: ") for note in layout.notes)


def test_a_project_has_its_own_scripts_before_the_checkouts(project: Path, checkout: Path) -> None:
    dag = write_dag(project / "shop.dag.json")
    layout = layout_of(dag)
    assert layout.root == project
    assert layout.scripts[:2] == (project / "dockers/scripts", project / "dockers")
    assert checkout / "src/cursus/steps/scripts" in layout.scripts
    assert layout.interfaces == (checkout / "src/cursus/steps/interfaces",)


def test_the_config_that_knows_most_steps_is_taken(project: Path) -> None:
    layout = layout_of(write_dag(project / "shop.dag.json"))
    assert layout.config == project / "pipeline_config/config_full.json"
    assert any("which has all steps (passed over config.json" in note for note in layout.notes)


def test_hyperparameters_of_the_configs_region_are_taken(project: Path) -> None:
    layout = layout_of(write_dag(project / "shop.dag.json"))
    assert layout.hyperparameters == project / "dockers/hyperparams/hyperparameters_NA.json"


def test_flags_beat_what_is_found(project: Path, tmp_path: Path) -> None:
    dag = write_dag(project / "shop.dag.json")
    touch(tmp_path / "mine/i/x.step.yaml")
    flags = LayoutFlags(
        interfaces=(tmp_path / "mine/i",),
        scripts=(tmp_path / "mine",),
        config=project / "pipeline_config/config.json",
        hyperparameters=project / "dockers/hyperparams/hyperparameters_EU.json",
        root=tmp_path,
    )
    layout = layout_of(dag, flags)
    assert (layout.interfaces, layout.scripts, layout.config, layout.hyperparameters, layout.root) == (
        flags.interfaces,
        flags.scripts,
        flags.config,
        flags.hyperparameters,
        flags.root,
    )


@pytest.mark.parametrize("flag", ["interfaces", "scripts", "config", "hyperparameters", "root"])
def test_a_flag_that_names_nothing_is_refused(project: Path, flag: str) -> None:
    absent = project / "absent"
    value = (absent,) if flag in ("interfaces", "scripts") else absent
    with pytest.raises(UserError, match=f"--{flag}"):
        layout_of(write_dag(project / "shop.dag.json"), LayoutFlags(**{flag: value}))  # type: ignore[arg-type]


def test_our_own_sample_layout(tmp_path: Path) -> None:
    sample = tmp_path / "sample_pipelines/small"
    write_dag(sample / "pipeline.dag.json")
    touch(sample / "interfaces/load.step.yaml")
    touch(sample / "scripts/load.py")
    write_config(sample / "config.json", NODES)
    touch(sample / "hyperparameters.json", "{}")
    layout = layout_of(sample)
    assert layout.dag_file == sample / "pipeline.dag.json"
    assert layout.root == sample
    assert layout.scripts == (sample / "scripts",)
    assert layout.config == sample / "config.json"
    assert layout.hyperparameters == sample / "hyperparameters.json"


def test_no_interfaces_says_what_was_looked_for_and_where(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        layout_of(write_dag(tmp_path / "a/x.dag.json"))
    assert "*.step.yaml" in raised.value.message
    assert str(tmp_path / "a") in raised.value.expected
    assert "--interfaces" in raised.value.hint


def test_interfaces_of_an_installed_cursus_are_the_last_resort(tmp_path: Path) -> None:
    touch(tmp_path / "lib/cursus/steps/interfaces/load.step.yaml")
    target = find_target(str(write_dag(tmp_path / "a/x.dag.json")))
    layout = find_project(target, LayoutFlags(), cursus_package=tmp_path / "lib/cursus")
    assert layout.interfaces == (tmp_path / "lib/cursus/steps/interfaces",)


def test_a_folder_with_several_dags_lists_them(checkout: Path) -> None:
    with pytest.raises(UserError) as raised:
        find_target(str(checkout))
    assert "there are 2 pipelines here" in raised.value.message
    assert "full.dag.json" in raised.value.message
    assert "full.dag.json" in raised.value.hint


def test_a_folder_with_one_dag_further_down_takes_it(tmp_path: Path) -> None:
    dag = write_dag(tmp_path / "a/b/only.dag.json")
    write_dag(tmp_path / ".hidden/x.dag.json")
    write_dag(tmp_path / "node_modules/x.dag.json")
    target = find_target(str(tmp_path))
    assert target.file == dag
    assert target.notes


def test_a_project_folder_without_a_dag_takes_its_python_file(project: Path) -> None:
    target = find_target(str(project))
    assert target.file == project / "shop_pipeline.py"
    assert target.is_python


def test_a_python_file_may_name_one_dag(project: Path) -> None:
    target = find_target(f"{project / 'shop_pipeline.py'}:create_dag")
    assert (target.file.name, target.dag_name) == ("shop_pipeline.py", "create_dag")


def test_a_config_finds_the_dag_whose_steps_it_has(tmp_path: Path) -> None:
    write_dag(tmp_path / "one.dag.json", ["A", "B"])
    two = write_dag(tmp_path / "two.dag.json", ["C"])
    config = write_config(tmp_path / "pipeline_config/config.json", ["C"])
    target = find_target(str(config))
    assert (target.file, target.config) == (two, config)


def test_a_config_of_a_project_finds_its_python_file(project: Path) -> None:
    config = project / "pipeline_config/config.json"
    target = find_target(str(config))
    assert (target.file, target.config) == (project / "shop_pipeline.py", config)


def test_a_config_far_from_any_dag_is_refused(tmp_path: Path) -> None:
    config = write_config(tmp_path / "a/b/c/config.json", ["A"])
    with pytest.raises(UserError, match="no DAG near it"):
        find_target(str(config))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.dag.json", b"{nope", "not valid JSON"),
        ("x.json", b"\x00\x01\xff\xfe", "not UTF-8 text"),
        ("x.json", b'{"other": 1}', "neither a DAG nor a config"),
        ("x.json", b"[" * 100_000, "nested too deeply"),
        ("x.txt", b"hello", "no pipeline"),
        ("x.ipynb", b"{}", "a notebook"),
    ],
    ids=["broken", "binary", "other", "deep", "text", "notebook"],
)
def test_junk_files_are_the_users_error(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    touch(tmp_path / "interfaces/x.step.yaml")
    with pytest.raises(UserError, match=message) as raised:
        layout_of(file)
    assert raised.value.file == file


def test_an_empty_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no pipeline in this folder"):
        find_target(str(tmp_path))
    with pytest.raises(UserError, match="the path is empty"):
        find_target("")
    write_dag(tmp_path / "training.dag.json")
    with pytest.raises(UserError, match="no such file") as raised:
        find_target(str(tmp_path / "trainin.dag.json"))
    assert raised.value.hint.endswith("training.dag.json")


def test_a_path_that_the_system_refuses_is_said_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="cannot look there: File name too long"):
        find_target(str(tmp_path / ("a" * 300)))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    # Root may read everything: refuse as the system does for everybody else.
    refused = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    plain_stat, plain_access = os.stat, os.access

    def stat(path: Any, *rest: Any, **named: Any) -> os.stat_result:
        if str(path).startswith(f"{closed}/"):
            raise refused
        return plain_stat(path, *rest, **named)

    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed and plain_access(path, mode))
    with pytest.raises(UserError, match="cannot look there: Permission denied") as raised:
        find_target(str(closed / "x.dag.json"))
    assert raised.value.file == closed / "x.dag.json"
    with pytest.raises(UserError, match="you may not read this folder"):
        find_target(str(closed))


def test_nothing_is_taken_from_a_folder_that_everybody_may_write_to(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    touch(shared / "interfaces/x.step.yaml")
    touch(shared / "scripts/evil.py")
    dag = write_dag(shared / "mine/x.dag.json")
    assert layout_of(dag).interfaces == (shared / "interfaces",)
    shared.chmod(0o1777)
    with pytest.raises(UserError, match="no step interfaces"):
        layout_of(dag)


def test_a_virtual_environment_is_looked_for_up_to_the_projects_root(project: Path, checkout: Path) -> None:
    assert project_folders(project / "pipeline_config") == [project / "pipeline_config", project]
    catalog = checkout / "src/cursus/pipeline_catalog"
    assert project_folders(catalog)[-1] == checkout

"""The built wheel holds everything as real files, and the program starts from it in a fresh environment."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from needs import REPOSITORY


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(REPOSITORY)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_claims_one_import_name_and_holds_real_files(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        links = [entry.filename for entry in archive.infolist() if (entry.external_attr >> 16) & 0o170000 == 0o120000]
    tops = {name.split("/")[0] for name in names}
    assert tops == {"cursus_tui", next(top for top in tops if top.endswith(".dist-info"))}
    assert not links
    for folder in ("widgets", "sample_pipelines"):
        inside = {"widgets": "cursus_tui/widgets", "sample_pipelines": "cursus_tui/samples"}[folder]
        tracked = subprocess.run(
            ["git", "ls-files", folder], cwd=REPOSITORY, check=True, capture_output=True, text=True
        ).stdout.split()
        expected = {inside + path.removeprefix(folder) for path in tracked}
        assert expected <= set(names)


def test_the_program_starts_from_a_fresh_install(wheel: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"cursus-tui[samples] @ {wheel.as_uri()}"], check=True, capture_output=True, text=True)
    program = str(venv / "bin" / "cursus-tui")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True, env=environment)
    assert "cursus-tui" in version.stdout
    check = subprocess.run(
        [program, "check", "sample:fraud_training", "--json"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert check.returncode == 0, check.stderr
    assert len(json.loads(check.stdout)["steps"]) >= 10

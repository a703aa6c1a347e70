"""Scripts that meddle with files: their attempt's, their inputs', their outputs', their own source."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fault_pipeline import FaultRun, contained, contained_script, script_with_main

from cursus_tui.records.opening import OpenOptions
from cursus_tui.records.pipeline import Overrides

ATTEMPT = "import os, shutil\nattempt = os.environ['CURSUS_TUI_ATTEMPT']\n"


@pytest.fixture
def in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs as big ones on a file system that cannot share blocks: read where they lie."""
    monkeypatch.setattr("cursus_tui.execution.protection.SMALL_BYTES", 0)
    monkeypatch.setattr("cursus_tui.execution.protection._FICLONE", 0)


# The attempt's own files


def test_a_script_that_removes_its_whole_attempt(tmp_path: Path) -> None:
    body = ATTEMPT + "print('gone')\nshutil.rmtree(attempt)\nraise ValueError('after that')  # HERE"
    with FaultRun(tmp_path, script_with_main(body)) as run:
        run.go()
        assert (run.error().message, run.error().line, run.attempt().exit_code) == ("after that", run.line(), 1)
        run.is_contained()


def test_a_script_that_removes_its_attempt_and_passes_has_no_output(tmp_path: Path) -> None:
    with FaultRun(tmp_path, script_with_main(ATTEMPT + "shutil.rmtree(attempt)")) as run:
        run.go()
        assert run.status() == "passed"
        assert "empty-output" in [each.code for each in run.findings()]
        # What needs the output cannot pretend that it is there.
        assert run.status("Needs") == "waiting"
        assert "gone" in (run.state.steps["Fault"].stale or "")
        assert run.status("Next") == "passed"
        run.nothing_stays()
        run.mend()
        assert {str(each.status) for each in run.state.steps.values()} == {"passed"}


@pytest.mark.parametrize(
    "name", ["events.jsonl", "process.json", "stdout.log", "job.json", "inputs.json", "scratch", "tmp", "inputs"]
)
def test_a_script_that_removes_one_of_its_attempts_files(tmp_path: Path, name: str) -> None:
    body = f"""
        import os, shutil
        path = os.path.join(os.environ['CURSUS_TUI_ATTEMPT'], '{name}')
        print('printed')
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        raise ValueError('after that')
        """
    assert contained(tmp_path, body).error().message == "after that"


def test_a_script_that_writes_an_outcome_of_its_own(tmp_path: Path) -> None:
    body = ATTEMPT + "open(attempt + '/outcome.json', 'w').write('{\"status\": \"passed\"}')\nos._exit(4)"
    run = contained(tmp_path, body)
    assert run.attempt().exit_code == 4


def test_a_script_that_makes_its_attempt_read_only(tmp_path: Path) -> None:
    body = ATTEMPT + "os.chmod(attempt, 0o500)\nraise ValueError('after that')"
    with FaultRun(tmp_path, script_with_main(body)) as run:
        run.go()
        os.chmod(run.attempt().folder, 0o700)
        assert run.error().message == "after that"
        run.is_contained()


# Inputs


def test_a_changed_private_copy_is_noted_and_harms_nobody(tmp_path: Path) -> None:
    body = """
        import os
        folder = input_paths['data']
        open(folder + '/rows.txt', 'a').write('spoilt')
        open(folder + '/more.txt', 'w').write('new')
        """
    run = contained(tmp_path, body, status="passed")
    (finding,) = (each for each in run.findings() if each.code == "input-changed")
    assert "data/rows.txt (changed)" in finding.message
    assert "data/more.txt (added)" in finding.message
    (artifact,) = run.attempt("Seed").artifacts
    assert artifact.path.read_text() == "a row\n"


MEDDLING = {
    "changed": "open(folder + '/rows.txt', 'a').write('spoilt')",
    "removed": "os.unlink(folder + '/rows.txt')",
    "added": "open(folder + '/more.txt', 'w').write('new')",
}


@pytest.mark.usefixtures("in_place")
@pytest.mark.parametrize("what", MEDDLING)
def test_an_input_that_is_read_in_place_must_not_be_changed(tmp_path: Path, what: str) -> None:
    body = f"import os\nfolder = input_paths['data']\n{MEDDLING[what]}"
    with FaultRun(tmp_path, script_with_main(body)) as run:
        run.go()
        name = "more.txt" if what == "added" else "rows.txt"
        (seed,) = run.attempt("Seed").artifacts
        assert (run.status(), run.error().type) == ("failed", "input changed")
        assert f"data/{name} ({what})" in run.error().message
        assert run.error().file == str(seed.path.with_name(name))
        assert "run the step that wrote it again" in run.error().hint
        assert run.status("Needs") == "waiting"
        run.nothing_stays()
        # As the hint says.
        run.script.write_text((tmp_path / "scripts" / "healthy.py").read_text())
        run.go("run_from", "Seed")
        assert {str(each.status) for each in run.state.steps.values()} == {"passed"}


@pytest.mark.usefixtures("in_place")
def test_reading_in_place_is_no_fault(tmp_path: Path) -> None:
    run = contained(tmp_path, "print(open(input_paths['data'] + '/rows.txt').read())", status="passed")
    assert run.log() == "a row\n\n"
    assert not (run.attempt().folder / "inputs" / "data").exists()


@pytest.mark.parametrize("place", ["copied", "in place"])
def test_a_file_that_the_user_gave_is_never_changed_in_silence(
    tmp_path: Path, place: str, request: pytest.FixtureRequest
) -> None:
    if place == "in place":
        request.getfixturevalue("in_place")
    own = tmp_path / "mine.txt"
    own.write_text("mine\n")
    given = OpenOptions(overrides=Overrides(inputs={"Fault": {"data": own}}))
    body = "import os\npath = input_paths['data']\nopen(path, 'a').write('spoilt')"
    with FaultRun(tmp_path / "pipeline", script_with_main(body), opening=given) as run:
        run.go()
        if place == "copied":
            assert (run.status(), own.read_text()) == ("passed", "mine\n")
        else:
            assert (run.error().type, run.error().file) == ("input changed", str(own))
        assert run.status("Next") == "passed"


# The script itself


def test_a_script_that_is_removed_before_its_turn(tmp_path: Path) -> None:
    with FaultRun(tmp_path, script_with_main("pass")) as run:
        run.go("step_over")
        run.script.unlink()
        run.go()
        assert run.status() == "failed"
        assert (run.error().type, run.error().file) == ("FileNotFoundError", str(run.script))
        run.is_contained()


def test_a_script_that_cannot_be_read(tmp_path: Path) -> None:
    with FaultRun(tmp_path, script_with_main("pass")) as run:
        run.script.chmod(0)
        if os.access(run.script, os.R_OK):
            pytest.skip("this user may read everything")
        run.go()
        assert (run.error().type, run.error().file) == ("PermissionError", str(run.script))
        run.script.chmod(0o600)
        run.is_contained()


def test_a_script_that_has_become_a_folder(tmp_path: Path) -> None:
    with FaultRun(tmp_path, script_with_main("pass")) as run:
        run.script.unlink()
        run.script.mkdir()
        run.go()
        assert (run.error().type, run.error().file) == ("IsADirectoryError", str(run.script))
        run.script.rmdir()
        run.is_contained()


def test_a_script_that_has_become_a_pipe_hangs_nobody(tmp_path: Path) -> None:
    with FaultRun(tmp_path, script_with_main("pass"), timeout_seconds=2.0) as run:
        run.script.unlink()
        os.mkfifo(run.script)
        run.go()
        assert run.status() == "failed"
        run.script.unlink()
        run.is_contained()


def test_a_script_that_rewrites_itself_is_told_as_it_was_and_is_stale_after(tmp_path: Path) -> None:
    body = "open(__file__, 'w').write('# nothing\\n' * 50)\nraise ValueError('x')  # HERE"
    script = script_with_main(body)
    with FaultRun(tmp_path, script) as run:
        line = run.line()
        run.go()
        assert (run.error().line, run.error().frames[-1].source) == (line, "raise ValueError('x')  # HERE")
        run.is_contained(mended=False)
        run.begin("script_changed", "Fault")
        assert run.state.steps["Fault"].stale
        run.goes_on_once_mended()


# Outputs


def replaced(how: str) -> str:
    return f"import os, shutil\nfolder = output_paths['result']\nshutil.rmtree(folder)\n{how}"


def test_an_output_folder_that_is_replaced_by_a_file(tmp_path: Path) -> None:
    run = contained(tmp_path, replaced("open(folder, 'w').write('one file')"), status="passed")
    assert [(each.name, each.bytes) for each in run.attempt().artifacts] == [("result", 8)]


def test_an_output_folder_that_is_replaced_by_a_link(tmp_path: Path) -> None:
    body = replaced(
        "os.mkdir('elsewhere')\nopen('elsewhere/rows.txt', 'w').write('x')\nos.symlink('elsewhere', folder)"
    )
    body = body.replace("os.symlink('elsewhere'", "os.symlink(os.path.abspath('elsewhere')")
    run = contained(tmp_path, body, status="passed")
    assert [each.name for each in run.attempt().artifacts] == ["rows.txt"]


@pytest.mark.parametrize("target", ["nowhere", "self"])
def test_an_output_folder_that_is_replaced_by_a_link_to_nothing(tmp_path: Path, target: str) -> None:
    link = "folder" if target == "self" else "'/nowhere/at/all'"
    with FaultRun(tmp_path, script_with_main(replaced(f"os.symlink({link}, folder)"))) as run:
        run.go()
        assert (run.status(), run.attempt().artifacts) == ("passed", ())
        assert [each.code for each in run.findings()] == ["empty-output"]
        assert run.status("Next") == "passed"
        assert run.status("Needs") == "missing input"
        assert "run Fault again" in run.state.steps["Needs"].note


def test_loops_pipes_sockets_and_devices_in_an_output(tmp_path: Path) -> None:
    body = """
        import os, socket
        folder = output_paths['result']
        os.symlink(folder, folder + '/loop')
        os.symlink('/nowhere', folder + '/dangling')
        os.symlink('/dev/zero', folder + '/zero.csv')
        os.mkfifo(folder + '/pipe.csv')
        os.chdir(folder)
        socket.socket(socket.AF_UNIX).bind('socket')
        open('rows.txt', 'w').write('x')
        """
    run = contained(tmp_path, body, status="passed")
    assert [each.name for each in run.attempt().artifacts] == ["rows.txt"]


NASTY_NAMES = (
    b"\x1b[2Jescape.txt", b"new\nline.txt", b"tab\t.txt", b"\xff\xfe.txt", b"-rf", b" ", b"\r", b"a" * 255,
    "\u202eevil.txt".encode(), b"; rm -rf ~", b"[bold]x", b"'; drop table runs; --", b"*", b"$(id)",
)  # fmt: skip


def test_names_that_could_hurt_a_terminal_or_a_table(tmp_path: Path) -> None:
    body = f"for name in {list(NASTY_NAMES)!r}: open(output_paths['result'].encode() + b'/' + name, 'wb').write(b'x')"
    run = contained(tmp_path, body, status="passed")
    written = run.attempt().artifacts
    assert sorted(os.fsencode(each.name) for each in written) == sorted(NASTY_NAMES)
    assert all(each.path.exists() for each in written)
    assert run.report()["outputs"][0]["files"] == len(NASTY_NAMES)
    # ``Needs`` got every one of them.
    copies = run.attempt("Needs").folder / "inputs" / "result"
    assert sorted(os.listdir(os.fsencode(copies))) == sorted(NASTY_NAMES)


def test_a_huge_number_of_small_files(tmp_path: Path) -> None:
    body = "for n in range(5000): open(output_paths['result'] + f'/{n}.txt', 'w').write('x')"
    run = contained(tmp_path, body, status="passed")
    assert len(run.attempt().artifacts) == 2000
    (finding,) = run.findings()
    assert finding.code == "many-files"
    assert "5000 files" in finding.message


def test_a_huge_sparse_file_is_not_copied(tmp_path: Path) -> None:
    body = "with open(output_paths['result'] + '/sparse.bin', 'w') as file: file.truncate(1 << 40)"
    run = contained(tmp_path, body, status="passed")
    assert [each.bytes for each in run.attempt().artifacts] == [1 << 40]


def test_a_very_deep_folder(tmp_path: Path) -> None:
    body = """
        import os
        os.chdir(output_paths['result'])
        for _ in range(60):
            os.mkdir('d' * 100)
            os.chdir('d' * 100)
        open('rows.txt', 'w').write('x')
        """
    run = contained(tmp_path, body, status="passed")
    assert run.attempt().error is None


def test_a_full_device_pauses_the_run_as_disk_full(tmp_path: Path) -> None:
    body = "import os\nos.symlink('/dev/full', output_paths['result'] + '/rows.txt')\n"
    body += "with open(output_paths['result'] + '/rows.txt', 'w') as file: file.write('x' * 10_000)  # HERE"
    with FaultRun(tmp_path, script_with_main(body)) as run:
        state = run.go()
        assert (str(state.phase), str(state.reason), state.current) == ("paused", "disk full", "Fault")
        assert (run.error().type, run.error().line) == ("OSError", run.line())
        assert "disk is full" in run.notices()
        run.go("step_over", "Next")
        run.is_contained()


def test_training_outputs_that_cannot_be_packed(tmp_path: Path) -> None:
    run = contained_script(
        tmp_path, script_with_main("open(output_paths['result'] + '/model.bin', 'w').write('x')"), status="passed",
        training=True,
    )  # fmt: skip
    assert run.attempt().error is None

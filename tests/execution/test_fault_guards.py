"""Scripts that install packages, talk to the network or look for credentials: refused, said, and the run goes on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from fault_pipeline import FaultRun, contained, contained_script, script_with_main

from cursus_tui.records.opening import OpenOptions
from cursus_tui.records.pipeline import Overrides

PACKAGE = "cursus-tui-no-such-package"
OUTSIDE = "192.0.2.1"
"""An address of TEST-NET-1, which nobody has: nothing of these tests can reach anyone."""


def blocked(run: FaultRun) -> list[tuple[str, str]]:
    said = [(each["kind"], each["detail"]) for each in run.report()["blocked_actions"]]
    assert said == [(each.kind, each.detail) for each in run.attempt().blocked]
    return said


INSTALLERS = {
    "check_call": "import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'PACKAGE'])",
    "a shell": "import subprocess\nsubprocess.run('pip install PACKAGE', shell=True, check=True)",
    "check_output": "import subprocess\nsubprocess.check_output(['pip', 'install', '-q', 'PACKAGE'])",
    "os.system": "import os\nassert os.system('python -m pip install PACKAGE') == 0",
    "popen": "import os\nassert os.popen('pip3 install PACKAGE').read()",
    "pip.main": "import pip\npip.main(['install', 'PACKAGE'])",
    "pip's insides": "from pip._internal.cli.main import main as run\nassert run(['install', 'PACKAGE']) == 0",
    "a fork": """
        import os
        pid = os.fork()
        if pid == 0:
            os.execlp('pip', 'pip', 'install', 'PACKAGE')
        assert os.waitpid(pid, 0)[1] == 0
        """,
    "a script of its own": """
        import subprocess
        open('install.sh', 'w').write('set -e\\npython -m pip install PACKAGE\\necho after it\\n')
        assert 'after it' in subprocess.check_output(['sh', 'install.sh'], text=True)
        """,
    "an uninstall": "import subprocess\nsubprocess.check_call(['pip', 'uninstall', '-y', 'PACKAGE'])",
}


@pytest.mark.parametrize("name", INSTALLERS)
def test_installing_packages_does_nothing_and_is_said(tmp_path: Path, name: str) -> None:
    if name.startswith("pip") and not _has_pip():
        pytest.skip("this interpreter has no pip")
    run = contained(tmp_path, INSTALLERS[name].replace("PACKAGE", PACKAGE), status="passed")
    ((kind, detail),) = blocked(run)
    assert (kind, detail) == ("pip", f"{PACKAGE} (not installed)")
    assert f"blocked pip: {PACKAGE}" in run.notices()


def _has_pip() -> bool:
    import importlib.util

    return importlib.util.find_spec("pip") is not None


def test_installing_at_import_says_what_is_there_instead(tmp_path: Path) -> None:
    before = (
        "import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'psutil==0.1', 'x>1'])"
    )
    run = contained(tmp_path, "print('went on')", before=before, status="passed")
    ((kind, detail),) = blocked(run)
    assert kind == "pip"
    assert detail.startswith("psutil==0.1 (here: ")
    assert "x>1 (not installed)" in detail
    assert run.log().endswith("went on\n")


def test_a_library_that_an_install_would_have_brought_is_told_by_name(tmp_path: Path) -> None:
    before = "import os\nos.system('pip install PACKAGE')\nimport cursus_tui_no_such_package  # HERE"
    run = contained(tmp_path, "pass", before=before.replace("PACKAGE", PACKAGE))
    assert (run.error().type, run.error().line) == ("ModuleNotFoundError", run.line())
    assert blocked(run) == [("pip", f"{PACKAGE} (not installed)")]


def test_other_programs_and_pips_other_commands_run(tmp_path: Path) -> None:
    body = """
        import subprocess, sys
        print(subprocess.check_output(['echo', 'install', 'pip'], text=True), end='')
        print(subprocess.check_output([sys.executable, '-c', 'print(1)'], text=True), end='')
        """
    run = contained(tmp_path, body, status="passed")
    assert run.log() == "install pip\n1\n"
    assert blocked(run) == []


NETWORK = {
    "socket": ("import socket\nsocket.create_connection(('OUTSIDE', 80), timeout=5)  # HERE", f"{OUTSIDE}:80"),
    "datagram": (
        "import socket\nsocket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('OUTSIDE', 53))  # HERE",
        f"{OUTSIDE}:53",
    ),
    "name": ("import socket\nsocket.getaddrinfo('data.example', 443)  # HERE", "data.example (its address)"),
    "urllib": (
        "import urllib.request\nurllib.request.urlopen('http://data.example/', timeout=5)  # HERE",
        "data.example (its address)",
    ),
    "asyncio": ("import asyncio\nasyncio.run(asyncio.open_connection('OUTSIDE', 80))  # HERE", f"{OUTSIDE}:80"),
}


@pytest.mark.parametrize("name", NETWORK)
def test_the_network_is_refused_and_said(tmp_path: Path, name: str) -> None:
    body, detail = NETWORK[name]
    run = contained(tmp_path, body.replace("OUTSIDE", OUTSIDE))
    assert blocked(run) == [("network", detail)]
    assert (run.error().file, run.error().line) == (str(run.script), run.line())
    assert "--allow-network" in "".join(each.message for each in (run.error(), *run.error().causes))
    assert f"blocked network: {detail}" in run.notices()


def test_aws_is_refused_at_once(tmp_path: Path) -> None:
    pytest.importorskip("boto3")
    body = """
        import boto3
        client = boto3.client('s3', region_name='us-east-1', aws_access_key_id='x', aws_secret_access_key='y')
        client.list_buckets()  # HERE
        """
    run = contained(tmp_path, body)
    ((kind, host),) = blocked(run)
    assert kind == "network"
    assert host.endswith(".amazonaws.com")
    assert run.error().line == run.line()
    assert (run.attempt().main_seconds or 0) < 20, "no retries"


def test_a_script_that_gets_along_without_the_network_passes(tmp_path: Path) -> None:
    body = f"""
        import urllib.request
        try:
            urllib.request.urlopen('http://{OUTSIDE}/', timeout=5)
        except OSError as problem:
            print('offline:', type(problem).__name__)
        """
    run = contained(tmp_path, body, status="passed")
    assert run.log() == "offline: URLError\n"
    assert blocked(run) == [("network", f"{OUTSIDE}:80")]


def test_loopback_and_local_sockets_work(tmp_path: Path) -> None:
    body = """
        import os, socket, threading
        for family, address in ((socket.AF_INET, ('127.0.0.1', 0)), (socket.AF_UNIX, 'local.sock')):
            server = socket.socket(family)
            server.bind(address)
            server.listen()
            threading.Thread(target=lambda s=server: s.accept()[0].sendall(b'hello')).start()
            client = socket.socket(family)
            client.connect(server.getsockname())
            print(client.recv(5).decode())
        print(socket.getaddrinfo('localhost', 80)[0][4][1])
        """
    run = contained(tmp_path, body, status="passed")
    assert run.log() == "hello\nhello\n80\n"
    assert blocked(run) == []


def test_the_network_of_a_python_child_is_refused_and_said(tmp_path: Path) -> None:
    body = f"""
        import subprocess, sys
        code = "import socket; socket.create_connection(('{OUTSIDE}', 80), timeout=5)"
        print(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stderr)
        """
    run = contained(tmp_path, body, status="passed")
    assert "keeps this step off the network" in run.log()
    assert blocked(run) == [("network", f"{OUTSIDE}:80")]


def test_the_network_of_any_child_is_refused_where_a_namespace_can_be_had(tmp_path: Path) -> None:
    if shutil.which("bash") is None:
        pytest.skip("needs bash, which can open sockets")
    body = f"""
        import os, subprocess
        print(os.readlink('/proc/self/ns/net'))
        print(subprocess.run(['bash', '-c', 'exec 3<>/dev/tcp/{OUTSIDE}/80'], capture_output=True, text=True).stderr)
        """
    with FaultRun(tmp_path, script_with_main(body), timeout_seconds=20.0) as run:
        run.go()
        if os.readlink("/proc/self/ns/net") in run.log():
            pytest.skip("no network namespace without privileges here: only Python's sockets are guarded")
        assert "unreachable" in run.log()
        run.is_contained("passed")


def test_a_run_that_allows_the_network_blocks_nothing(tmp_path: Path) -> None:
    body = f"""
        import os, socket
        print(os.readlink('/proc/self/ns/net'))
        probe = socket.socket()
        probe.setblocking(False)
        try:
            probe.connect(('{OUTSIDE}', 80))
        except OSError as problem:
            print(type(problem).__name__)
        """
    run = contained(tmp_path, body, status="passed", allow_network=True)
    assert os.readlink("/proc/self/ns/net") in run.log()
    assert "NetworkRefusedError" not in run.log()
    assert blocked(run) == []


def test_a_guard_that_a_script_takes_down_is_up_again_in_the_next_step(tmp_path: Path) -> None:
    body = """
        import socket, subprocess
        socket.socket.connect = socket.getaddrinfo = subprocess.Popen.__init__ = None
        """
    with FaultRun(tmp_path, script_with_main(body)) as run:
        run.go()
        run.is_contained("passed", mended=False)
        run.mend(f"import socket\nsocket.create_connection(('{OUTSIDE}', 80), timeout=5)")
        assert blocked(run) == [("network", f"{OUTSIDE}:80")]


def test_credentials_of_the_front_are_not_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.setenv(name, "taken-from-the-front-7")
    run = contained(tmp_path, "import os\nprint([n for n in os.environ if n.startswith('AWS_')])", status="passed")
    assert "SECRET" not in run.log()
    assert "PROFILE" not in run.log()


def test_a_secret_is_in_nothing_that_is_kept_but_what_the_script_prints(tmp_path: Path) -> None:
    secret = "correct-horse-battery-7-staple"
    given = Overrides(environment={"Fault": {"SERVICE_TOKEN": secret}})
    body = """
        import os
        token = os.environ['SERVICE_TOKEN']
        header = 'Bearer ' + token
        raise ValueError('refused: ' + header)  # HERE
        """
    run = contained(tmp_path, body, opening=OpenOptions(overrides=given))
    assert run.error().message == "refused: Bearer ********"
    kept = [path for path in (tmp_path / "workspace").rglob("*") if path.is_file() and path.name != "stdout.log"]
    assert {"job.json", "outcome.json", "events.jsonl", "runs.sqlite3"} <= {path.name for path in kept}
    assert [path for path in kept if secret.encode() in path.read_bytes()] == []


def test_temporary_files_stay_in_the_attempt(tmp_path: Path) -> None:
    given = Overrides(environment={"Fault": {"CACHE_FOLDER": "/tmp/cache-of-a-script"}})
    body = """
        import os, tempfile
        os.makedirs(os.environ['CACHE_FOLDER'])
        for folder in (tempfile.gettempdir(), tempfile.mkdtemp(), os.environ['CACHE_FOLDER'], os.getcwd()):
            print(os.path.realpath(folder))
        """
    run = contained(tmp_path, body, status="passed", opening=OpenOptions(overrides=given))
    own = os.path.realpath(run.attempt().folder)
    assert [line.startswith(own + os.sep) for line in run.log().splitlines()] == [True] * 4
    assert not os.path.exists("/tmp/cache-of-a-script")


def test_a_subprocess_step_is_guarded_and_contained_as_well(tmp_path: Path) -> None:
    settings = tmp_path / "cursus-tui.yaml"
    tmp_path.mkdir(exist_ok=True)
    settings.write_text("isolation:\n  Fault: subprocess\n")
    script = script_with_main(f"import os\nos.system('pip install {PACKAGE}')\nos.environ['LEAKED'] = 'y'\nos._exit(5)")
    run = contained_script(tmp_path, script)
    assert run.attempt().exit_code == 5
    assert blocked(run) == [("pip", f"{PACKAGE} (not installed)")]

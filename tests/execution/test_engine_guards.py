"""What a script must not do here, tried from Python, from a shell, from C and from processes that it starts."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_runner import Runner

from cursus_tui.execution.local_executor import LocalExecutor
from cursus_tui.records.pipeline import Isolation

HEARD: list[dict[str, Any]] = []
OUTSIDE = "192.0.2.1"
"""A documentation address: nobody answers there, so a test that gets through hangs or fails, but harms nobody."""


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    secrets = {"AWS_SECRET_ACCESS_KEY": "abc", "AWS_PROFILE": "work", "CURSUS_TUI_NETWORK": "?", "KEPT": "yes"}
    import os

    HEARD.clear()
    executor = LocalExecutor(
        environment={**os.environ, **secrets}, noticed=lambda python, message: HEARD.append(dict(message))
    )
    yield executor
    executor.close()


@pytest.fixture
def runner(executor: LocalExecutor, tmp_path: Path) -> Runner:
    return Runner(executor, tmp_path)


def needs_namespace(runner: Runner) -> None:
    runner.run_main("pass")
    if HEARD[0]["guard"] != "namespace":
        pytest.skip("no unprivileged network namespace here")


INSTALLS = {
    "check_call": "subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'no-such-dist==1.0', '-q'])",
    "run": "assert subprocess.run('pip install no-such-dist==1.0', shell=True).returncode == 0",
    "popen": "subprocess.Popen(['pip3', 'install', '--index-url', 'https://u:p@x/s', 'no-such-dist==1.0']).wait()",
    "output": "subprocess.check_output(['bash', '-c', 'cd / && python -m pip install no-such-dist==1.0'])",
    "system": "assert os.system('true && pip install no-such-dist==1.0') == 0",
    "spawn": "os.waitpid(os.posix_spawn('/bin/pip', ['pip', 'install', 'no-such-dist==1.0'], os.environ), 0)",
    "pip": "import pip; assert pip.main(['install', 'no-such-dist==1.0']) == 0",
    "grandchild": "subprocess.check_call(['sh', '-c', 'x=pi; $0 -m ${x}p install no-such-dist==1.0', sys.executable])",
    "module at once": "subprocess.check_call([sys.executable, '-Impip', 'install', 'no-such-dist==1.0'])",
    "run by runpy": "sys.argv = ['pip', 'install', 'no-such-dist==1.0']; runpy.run_module('pip', run_name='__main__')",
    "code": "subprocess.check_call([sys.executable, '-c', RUNPY])",
    "no environment": "subprocess.check_call(['env', '-i', PIP, 'install', 'no-such-dist==1.0'])",
    "condition": "subprocess.check_call('if true; then (pip install no-such-dist==1.0); fi', shell=True)",
    "list and shell": "subprocess.check_call(['pip install no-such-dist==1.0'], shell=True)",
    "executable": "subprocess.check_call(['x', '-mpip', 'install', 'no-such-dist==1.0'], executable=sys.executable)",
    "exec": "os.execv(sys.executable, [sys.executable, '-m', 'pip', 'install', 'no-such-dist==1.0'])",
}


@pytest.mark.parametrize("how", INSTALLS)
def test_packages_are_not_installed(runner: Runner, how: str) -> None:
    code = "import runpy, sys; " + INSTALLS["run by runpy"]
    before = f"import os, runpy, subprocess, sys; RUNPY = {code!r}; PIP = sys.executable.replace('python', 'pip')"
    attempt = runner.run_main(INSTALLS[how], before=before)
    assert attempt.result.status == "passed", attempt.stderr
    assert [(blocked.kind, blocked.detail) for blocked in attempt.result.blocked] == [
        ("pip", "no-such-dist==1.0 (not installed)")
    ], attempt.stdout + attempt.stderr


def test_what_is_there_instead_is_said(runner: Runner) -> None:
    body = "subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'pytest==1.0', '-r', 'needs.txt'])"
    attempt = runner.run_main(body, before="import subprocess, sys")
    detail = attempt.result.blocked[0].detail
    assert detail == f"pytest==1.0 (here: {pytest.__version__}), -r needs.txt"
    assert "packages are not installed" in attempt.stdout


@pytest.mark.parametrize(
    "command",
    ["['pip', '--version']", "[sys.executable, '-m', 'pip', 'list']", "['echo', 'pip', 'install', 'x']", "'echo done'"],
)
def test_other_commands_run(runner: Runner, command: str) -> None:
    body = f"subprocess.run({command}, shell=isinstance({command}, str), check=True)"
    attempt = runner.run_main(body, before="import subprocess, sys")
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.result.blocked == ()
    assert attempt.stdout


CONNECTIONS = {
    "connect": f"socket.create_connection(('{OUTSIDE}', 80), timeout=2)",
    "connect_ex": f"if socket.socket().connect_ex(('{OUTSIDE}', 80)): raise ConnectionRefusedError",
    "udp": f"socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('{OUTSIDE}', 53))",
    "name": "socket.getaddrinfo('example.com', 443)",
    "urllib": "import urllib.request; urllib.request.urlopen('http://example.com', timeout=2)",
    "six": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
    "mapped": f"socket.socket(socket.AF_INET6).connect(('::ffff:{OUTSIDE}', 80))",
    "disguised": f"""
        class Host(str):
            def __str__(self): return 'localhost'
            strip = lower = partition = __str__
        socket.socket().connect((Host('{OUTSIDE}'), 80))
        """,
    "alias": f"from socket import create_connection as reach; reach(('{OUTSIDE}', 80), 2)",
    "bytes": "socket.getaddrinfo(b'example.com', 443)",
    "bytearray": "socket.gethostbyname(bytearray(b'example.com'))",
    "keyword": "socket.getaddrinfo(port=443, host='example.com')",
    "reverse": f"socket.gethostbyaddr('{OUTSIDE}')",
    "service": f"socket.getnameinfo(('{OUTSIDE}', 80), 0)",
    "message": f"socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('{OUTSIDE}', 53))",
    "flags": f"socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', 0, ('{OUTSIDE}', 53))",
    "http.client": f"import http.client; http.client.HTTPConnection('{OUTSIDE}', timeout=2).request('GET', '/')",
    "asyncio": f"import asyncio; asyncio.run(asyncio.open_connection('{OUTSIDE}', 80))",
    "asyncio by name": "import asyncio; asyncio.run(asyncio.open_connection('example.com', 80))",
    "asyncio udp": f"""
        import asyncio
        async def send():
            await asyncio.get_running_loop().create_datagram_endpoint(
                asyncio.DatagramProtocol, remote_addr=('{OUTSIDE}', 53))
        asyncio.run(send())
        """,
}


@pytest.mark.parametrize("how", CONNECTIONS)
def test_the_network_is_refused_at_once(runner: Runner, how: str) -> None:
    attempt = runner.run_main(CONNECTIONS[how], before="import socket")
    result = attempt.result
    assert result.error is not None
    assert result.error.type in ("NetworkRefusedError", "gaierror", "URLError", "ConnectionRefusedError")
    assert len(result.blocked) == 1
    assert result.blocked[0].kind == "network"
    assert result.main_seconds is None or result.main_seconds < 1


def test_aws_is_refused_without_its_retries(runner: Runner) -> None:
    pytest.importorskip("botocore")
    attempt = runner.run_main(
        """
        client = boto3.client('sts', region_name='us-east-1', aws_access_key_id='a', aws_secret_access_key='b')
        client.get_caller_identity()
        """,
        before="import boto3",
    )
    result = attempt.result
    assert result.error is not None
    assert "cursus-tui keeps this step off the network" in result.error.message
    assert result.blocked[0].detail.startswith("sts.")
    assert result.main_seconds is not None
    assert result.main_seconds < 2


def test_loopback_and_unix_sockets_work(runner: Runner) -> None:
    attempt = runner.run_main(
        """
        for host in ('127.0.0.1', 'localhost'):
            server = socket.create_server((host, 0))
            client = socket.create_connection(server.getsockname())
            client.sendall(b'x')
        a, b = socket.socketpair()
        server = socket.socket(socket.AF_UNIX); server.bind('here'); server.listen()
        socket.socket(socket.AF_UNIX).connect('here')
        socket.getaddrinfo(socket.gethostname(), None)
        """,
        before="import socket",
    )
    assert attempt.result.status == "passed", attempt.result.error
    assert attempt.result.blocked == ()


def test_a_namespace_holds_for_other_programs(runner: Runner) -> None:
    needs_namespace(runner)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.5)
    reached = []
    thread = threading.Thread(target=lambda: reached.append(_accepts(listener)))
    thread.start()
    code = f"import socket; socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 1)"
    attempt = runner.run_main(
        f"print(subprocess.run([sys.executable, '-I', '-S', '-c', {code!r}], capture_output=True).returncode)",
        before="import subprocess, sys",
    )
    thread.join()
    assert attempt.stdout == "1\n"
    assert reached == [False]


def _accepts(listener: socket.socket) -> bool:
    try:
        listener.accept()
    except TimeoutError:
        return False
    return True


def test_files_and_processes_are_what_they_were(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "ours").write_text("x")
    attempt = runner.run_main(
        f"""
        print(os.stat('{tmp_path}/ours').st_uid == os.getuid(), open('{tmp_path}/ours').read())
        open('mine', 'w').close()
        print(subprocess.run(['id', '-u'], capture_output=True, text=True).stdout.strip() == str(os.getuid()))
        """,
        before="import os, subprocess",
    )
    assert attempt.stdout == "True x\nTrue\n"
    assert (attempt.folder / "scratch" / "mine").stat().st_uid == (tmp_path / "ours").stat().st_uid


def test_python_processes_of_a_step_are_guarded(runner: Runner) -> None:
    attempt = runner.run_main(
        f"""
        code = "import socket; socket.socket().connect(('{OUTSIDE}', 80))"
        print(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stderr)
        with multiprocessing.get_context('spawn').Pool(1) as pool:
            print(pool.apply(reach))
        """,
        before=f"""
        import multiprocessing, socket, subprocess, sys
        def reach():
            try:
                socket.socket().connect(('{OUTSIDE}', 81))
            except OSError as error:
                return type(error).__name__
        """,
    )
    assert attempt.result.status == "passed", attempt.stderr
    assert "NetworkRefusedError" in attempt.stdout
    assert attempt.stdout.endswith("NetworkRefusedError\n")
    assert {blocked.detail for blocked in attempt.result.blocked} == {f"{OUTSIDE}:80", f"{OUTSIDE}:81"}


def test_the_environments_own_sitecustomize_still_runs(runner: Runner, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("print('own sitecustomize')")
    body = f"os.environ['PYTHONPATH'] += ':{own}'\nsubprocess.run([sys.executable, '-c', 'import launch'])"
    attempt = runner.run_main(body, before="import os, subprocess, sys")
    assert attempt.stdout == "own sitecustomize\n"
    assert "No module named 'launch'" in attempt.stderr


def test_credentials_stay_with_the_front(runner: Runner) -> None:
    body = (
        "import os\nprint([n for n in ('AWS_PROFILE', 'AWS_SECRET_ACCESS_KEY') if n in os.environ], os.environ['KEPT'])"
    )
    attempt = runner.run_main(body)
    assert attempt.stdout == "[] yes\n"


def test_the_network_can_be_allowed(runner: Runner) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    attempt = runner.run_main(
        f"socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 2)\nprint(os.environ['AWS_PROFILE'])",
        before="import os, socket",
        allow_network=True,
    )
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.stdout == "work\n"
    assert HEARD[-1]["guard"] == "none"
    installs = runner.run_main(INSTALLS["system"], before="import os", allow_network=True)
    assert installs.result.blocked


def test_guards_hold_in_an_interpreter_of_its_own(runner: Runner) -> None:
    body = INSTALLS["check_call"] + "\n" + CONNECTIONS["connect"]
    attempt = runner.run_main(body, before="import os, socket, subprocess, sys", isolation=Isolation.SUBPROCESS)
    assert [blocked.kind for blocked in attempt.result.blocked] == ["pip", "network"]


def test_a_script_that_asks_aws_before_it_installs(runner: Runner) -> None:
    source = """
import os
if os.environ.get("USE_SECURE_PYPI", "true").lower() == "true":
    raise RuntimeError("no token")
def main():
    pass
if __name__ == "__main__":
    main()
"""
    attempt = runner.run(source, environment={"USE_SECURE_PYPI": "true"})
    assert attempt.result.status == "passed"
    assert [(override.kind, override.name) for override in attempt.result.overrides] == [
        ("environment", "USE_SECURE_PYPI")
    ]
    assert runner.run(source, as_shipped=True).result.status == "failed"
    assert runner.run(source, environment={"USE_SECURE_PYPI": "false"}).result.overrides == ()


def test_worker_modules_meet_no_module_of_the_user(runner: Runner) -> None:
    attempt = runner.run_main(
        """
        import sys
        print(sorted(n for n in ('channel', 'call', 'job', 'guards', 'zygote', 'launch', 'child') if n in sys.modules))
        print([path for path in sys.path if 'cursus_tui/worker' in path])
        """
    )
    assert attempt.stdout == "[]\n[]\n"


def test_the_step_runs_in_the_interpreter_that_was_named(runner: Runner) -> None:
    assert runner.run_main("import sys\nprint(sys.executable)").stdout.strip() == sys.executable

"""``cursus-tui ide``: how an IDE attaches to the debugger of the screen."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

IDES = ("vscode", "pycharm", "neovim")
FIRST_PORT = 5678
PLACES = {
    "vscode": Path(".vscode", "launch.json"),
    "pycharm": Path(".run", "cursus-tui.run.xml"),
    "neovim": Path(".nvim.lua"),
}
"""Where each IDE looks for it, in the project's folder."""
STEPS = {
    "vscode": 'with the extension "Python Debugger": Run and Debug, {name}',
    "pycharm": 'Run, Edit Configurations, "Attach to DAP" (PyCharm 2025.3 or later): remote address {address}, '
    "remote project path {project}; then Debug {name}",
    "neovim": "with nvim-dap: :lua require('dap').continue(), {name}; .nvim.lua is read where 'exrc' is set, "
    "from Neovim 0.9 on, once you have allowed it (:trust); else :luafile .nvim.lua",
}


@click.command()
@click.argument("ide", metavar="IDE", type=click.Choice(IDES))
@click.argument("path", metavar="[PATH]", default=".")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    default=FIRST_PORT,
    show_default=True,
    help="That of debug --ide.",
)
@click.option("--write", is_flag=True, help="Write it where the IDE looks for it, instead of printing it.")
def ide(ide: str, path: str, port: int, write: bool) -> int:
    """Print or write the launch configuration with which an IDE attaches, and the SSH line.

    IDE is vscode, pycharm or neovim. PATH is the folder that the IDE opens, by default the current one, or a pipeline:
    then it is the project that this belongs to.

    The screen opens its door for IDEs with `cursus-tui debug PATH --ide [PORT]`, or with the key A.
    """
    from cursus_tui.debugging.ide_config import HOST, NAME

    project = _project(path)
    place = project / PLACES[ide]
    text = _configuration(ide, place if write else None, project, port)
    if write:
        _write(place, text)
        click.echo(f"wrote {_shown(place)}")
    else:
        click.echo(text, nl=False)
        click.echo(f"\nIt goes into {_shown(place)}; --write puts it there.", err=True)
    for line in (
        STEPS[ide].format(name=NAME, address=f"{HOST}:{port}", project=_shown(project)),
        f"The screen opens the door:  cursus-tui debug PATH --ide {port}",
        f"An IDE on another machine reaches it through:  {_ssh(port)}",
    ):
        click.echo(line, err=True)
    return 0


def _configuration(ide: str, place: Path | None, project: Path, port: int) -> str:
    """What is to be printed; with a place, what its file is to hold."""
    from cursus_tui.debugging import ide_config
    from cursus_tui.debugging.jsonc import BrokenJsonError
    from cursus_tui.records.errors import UserError

    if why := ide_config.unnameable(project):
        raise UserError(why, file=project, hint="rename the folder, or make a link to it and go through that")
    before = _before(place) if place is not None else ""
    if ide == "pycharm":
        try:
            return ide_config.ended_alike(ide_config.run_xml(before, project, port), before)
        except ide_config.ForeignFileError as error:
            raise UserError(
                f"it cannot be changed: {error}",
                file=place,
                expected=f"the configuration of an earlier --write, in which only {ide_config.HOST}:PORT is changed",
                hint="move it away, or run this without --write and copy what it prints",
            ) from None
    if ide == "neovim":
        return ide_config.ended_alike(ide_config.nvim_lua(before, project, port), before)
    try:
        return ide_config.ended_alike(ide_config.launch_json(before, project, port), before)
    except BrokenJsonError as error:
        raise UserError(
            f"it cannot be read: {error}",
            file=place,
            line=error.line,
            expected="JSON, with or without comments",
            hint="mend it, or run this without --write and copy what it prints",
        ) from None


def _project(path: str) -> Path:
    from cursus_tui.pipeline.discovery import project_folders
    from cursus_tui.pipeline.given_files import absolute
    from cursus_tui.pipeline.target import find_target

    folder = absolute(path)
    return folder if path.strip() and os.path.isdir(folder) else project_folders(find_target(path).home)[-1]


def _before(place: Path) -> str:
    from cursus_tui.records.errors import UserError

    try:
        with open(place, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"it cannot be read: {reason}", file=place, expected="a text file in UTF-8") from None


def _write(place: Path, text: str) -> None:
    """All of it or nothing: another program may have it open."""
    from cursus_tui.records.errors import UserError

    target = Path(os.path.realpath(place))
    try:
        target.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".cursus-tui-")
        draft = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                stream.write(text)
            draft.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o644)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"it cannot be written: {error.strerror or error}", file=place) from None


def _ssh(port: int) -> str:
    import getpass
    import socket

    from cursus_tui.debugging.ide_config import ssh_line

    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "USER"  # no name in the environment, and none for our uid
    return ssh_line(port, user, socket.gethostname() or "HOST")


def _shown(path: Path) -> str:
    from cursus_tui.text import safe

    return safe(str(path))

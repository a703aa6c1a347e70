"""Launch configurations with which VS Code, PyCharm and Neovim attach to the door for IDEs. Pure.

The door speaks the Debug Adapter Protocol as debugpy's own does, so each IDE takes what it has for debugpy.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from cursus_tui.debugging.jsonc import BrokenJsonError, items_of, members_of, plain

NAME = "cursus-tui: attach"
"""What the configuration is called in each IDE."""
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_ADDRESS = re.compile(r"""(<option\s+name=["']remoteAddress["']\s+)value=(?:"[^"]*"|'[^']*')""")
HOST = "127.0.0.1"
BEGIN, END = f"-- {NAME}: begin", f"-- {NAME}: end"


def vscode(project: Path, port: int) -> dict[str, Any]:
    """The configuration of VS Code's Python debugger, as an entry of ``launch.json``."""
    return {
        "name": NAME,
        "type": "debugpy",
        "request": "attach",
        "connect": {"host": HOST, "port": port},
        "justMyCode": True,
        "pathMappings": [{"localRoot": "${workspaceFolder}", "remoteRoot": str(project)}],
    }


def launch_json(before: str, project: Path, port: int) -> str:
    """A ``launch.json`` with our configuration in it; everything else of it stays, comments too.

    In a configuration of ours that is there already only the port is changed.

    Args:
        before: The file's text; empty where there is none.
        project: The folder that the IDE opens, as it is called here.
        port: Of the door.

    Raises:
        BrokenJsonError: It cannot be read.
    """
    ours = vscode(project, port)
    text = plain(before)
    if not text.strip():
        return _dumped({"version": "0.2.0", "configurations": [ours]}, 0) + "\n"
    configurations = dict(members_of(text)).get("configurations")
    if configurations is None:
        return _put_first(before, text, text.index("{"), '"configurations": ' + _dumped([ours], 1), 1)
    for item, (start, end) in items_of(text, configurations[0]):
        if isinstance(item, dict) and item.get("name") == NAME:
            connect = dict(members_of(text[:end], start)).get("connect")
            if connect is not None:
                return before[: connect[0]] + _dumped(ours["connect"], 3) + before[connect[1] :]
            return _put_first(before, text, start, '"connect": ' + _dumped(ours["connect"], 3), 3)
    return _put_first(before, text, configurations[0], _dumped(ours, 2), 2)


def _put_first(before: str, text: str, opening: int, new: str, depth: int) -> str:
    """Something new right after an opening bracket."""
    is_alone = text[opening + 1 :].lstrip()[:1] in ("}", "]")
    rest = before[opening + 1 :]
    newline = "\n" + "    " * (depth - 1) if is_alone and rest.lstrip(" ")[:1] in ("}", "]") else ""
    return before[: opening + 1] + "\n" + "    " * depth + new + ("" if is_alone else ",") + newline + rest


def _dumped(value: object, depth: int) -> str:
    return json.dumps(value, indent=4).replace("\n", "\n" + "    " * depth)


def pycharm(project: Path, port: int) -> str:
    """A run configuration of PyCharm's, "Attach to DAP", as a file of its ``.run`` folder."""
    component = ElementTree.Element("component", name="ProjectRunConfigurationManager")
    configuration = ElementTree.SubElement(
        component, "configuration", default="false", name=NAME, type="PythonDapAttachConfiguration"
    )
    ElementTree.SubElement(configuration, "option", name="remoteAddress", value=f"{HOST}:{port}")
    settings = ElementTree.SubElement(configuration, "PathMappingSettings")
    rows = ElementTree.SubElement(ElementTree.SubElement(settings, "option", name="pathMappings"), "list")
    ElementTree.SubElement(rows, "mapping", {"local-root": "$PROJECT_DIR$", "remote-root": str(project)})
    ElementTree.SubElement(configuration, "method", v="2")
    ElementTree.indent(component)
    return ElementTree.tostring(component, encoding="unicode") + "\n"


class ForeignFileError(ValueError):
    """A file in our place is not as we write it."""


def run_xml(before: str, project: Path, port: int) -> str:
    """The file of PyCharm's configuration: only the port is changed in one that is there.

    Raises:
        ForeignFileError: The file that is there is no such configuration.
    """
    if not before.strip():
        return pycharm(project, port)
    try:
        # The declaration may name another encoding than the text was read in.
        root = ElementTree.fromstring(_DECLARATION.sub("", before, count=1))
    except ElementTree.ParseError as error:
        raise ForeignFileError(str(error)) from None
    addresses = _ADDRESS.findall(before)
    if len(root.findall("configuration[@type='PythonDapAttachConfiguration']")) != 1 or len(addresses) != 1:
        raise ForeignFileError('no single configuration of the kind "Attach to DAP" with a remote address')
    return _ADDRESS.sub(lambda match: f'{match[1]}value="{HOST}:{port}"', before)


def unnameable(project: Path) -> str:
    """Why an IDE cannot be told of a folder; empty where it can."""
    try:
        str(project).encode()
    except UnicodeEncodeError:
        return "the name of the project's folder is not UTF-8: IDEs and debuggers speak JSON, which cannot say it"
    return ""


def neovim(project: Path, port: int) -> str:
    """Lua for nvim-dap; the comments around it tell what is ours in a file."""
    mapped = f"{{ localRoot = vim.fn.getcwd(), remoteRoot = {_lua(str(project))} }}"
    return f"""{BEGIN}
do
  local dap = require("dap")
  dap.adapters.cursus_tui = {{ type = "server", host = {_lua(HOST)}, port = {port} }}
  local attach = {{
    name = {_lua(NAME)},
    type = "cursus_tui",
    request = "attach",
    justMyCode = true,
    pathMappings = {{ {mapped} }},
  }}
  local kept = vim.tbl_filter(function(one) return one.name ~= attach.name end, dap.configurations.python or {{}})
  table.insert(kept, attach)
  dap.configurations.python = kept
end
{END}
"""


def nvim_lua(before: str, project: Path, port: int) -> str:
    """A ``.nvim.lua`` with our part in it, in the place of an older one; everything else of it stays."""
    ours = neovim(project, port)
    start, end = before.find(BEGIN), before.find(END)
    if 0 <= start < end:
        return before[:start] + ours + before[end + len(END) :].removeprefix("\r").removeprefix("\n")
    return before + ("\n" if before and not before.endswith("\n") else "") + ours


def ended_alike(text: str, before: str) -> str:
    """A text whose lines end as those of another one do, where that has Windows' ends alone."""
    is_windows = before.count("\n") == before.count("\r\n") > 0
    return re.sub(r"\r?\n", "\r\n", text) if is_windows else text


def _lua(text: str) -> str:
    # JSON's short escapes are Lua's, but for \u and the slash, which json.dumps does not write without ensure_ascii.
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(one if one >= " " and one != "\x7f" else f"\\{ord(one):03}" for one in quoted)


def ssh_line(port: int, user: str, host: str) -> str:
    """What makes the door reachable from the box on which the IDE runs."""
    return f"ssh -N -L {port}:{HOST}:{port} {user}@{host}"


__all__ = [
    "BrokenJsonError",
    "ForeignFileError",
    "launch_json",
    "neovim",
    "nvim_lua",
    "pycharm",
    "run_xml",
    "ssh_line",
    "unnameable",
    "vscode",
]

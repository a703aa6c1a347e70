"""What a worker is asked to do: one attempt of one step."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional

from .modules import is_installed

REPORTS_FILE = "reports.jsonl"
"""Events that could not, or cannot, go over the control socket: from processes that the script started."""


@dataclass(frozen=True)
class Job:
    """The ``run`` request of the protocol; all paths are absolute."""

    id: int
    step: str
    folder: str
    script: str
    isolation: str = "zygote"
    contract_inputs: Mapping[str, Optional[str]] = field(default_factory=dict)
    contract_outputs: Mapping[str, Optional[str]] = field(default_factory=dict)
    input_paths: Mapping[str, str] = field(default_factory=dict)
    output_paths: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    argv: "List[str]" = field(default_factory=list)
    job_type: Optional[str] = None
    python_paths: "List[str]" = field(default_factory=list)
    project_root: Optional[str] = None
    stubs: "List[str]" = field(default_factory=list)
    as_shipped: bool = False
    allow_network: bool = False
    pack_outputs: bool = False
    timeout_seconds: Optional[float] = None
    memory_limit_bytes: Optional[int] = None
    log_limit_bytes: int = 512 << 20
    debug: Optional[Mapping[str, Any]] = None
    """How its debugger is to be started, if ever: ``socket, token, lent, pycache, at_start, entry, hold, patience``;
    None where nobody could debug it."""
    short_tmp: Optional[str] = None
    """Where the zygote wants a short link to the attempt's ``tmp``; None where its path is short enough."""

    @classmethod
    def from_json(cls, message: "Dict[str, Any]") -> "Job":
        """Read a request; unknown fields are left out, so that an older worker survives a newer front."""
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in message.items() if name in known})

    def file(self, name: str) -> str:
        """A file or folder of the attempt."""
        return os.path.join(self.folder, name)

    @property
    def script_folder(self) -> str:
        """Where the script lies: first on its ``sys.path``."""
        return os.path.dirname(self.script)

    def is_user_file(self, file: str) -> bool:
        """Whether a file belongs to the script's project: below its folders, but no installed library."""
        folders = filter(None, [self.script_folder, *self.python_paths, self.project_root])
        below = any(file.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)
        return below and not is_installed(file)

    def is_own_file(self, file: str) -> bool:
        """Whether an imported file is one that the user may edit: no library's, and not made by the step itself."""
        made = filter(None, [self.folder, self.short_tmp])
        return os.path.isabs(file) and not is_installed(file) and not file.startswith(tuple(f + os.sep for f in made))

"""A run as a JUnit file, for CI systems."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

_XML_ILLEGAL = {code: None for code in range(0x20) if code not in (0x9, 0xA, 0xD)} | {0xFFFE: None, 0xFFFF: None}


def _clean(text: str) -> str:
    """Text without what XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets)."""
    return text.translate(_XML_ILLEGAL).encode("utf-8", "replace").decode("utf-8")


def junit(report: dict[str, Any], pipeline: str) -> bytes:
    """One test case for each step: a failed step is a failure, one that could not run is skipped.

    Args:
        report: What ``run_report`` returned.
        pipeline: Name of the test suite.
    """
    steps = report["steps"]
    failed = [step for step in steps if step["status"] in ("failed", "cancelled")]
    skipped = [step for step in steps if step["status"] not in ("passed", "reused", "failed", "cancelled")]
    suite = ElementTree.Element(
        "testsuite",
        name=_clean(pipeline),
        tests=str(len(steps)),
        failures=str(len(failed)),
        errors="0",
        skipped=str(len(skipped)),
        time=f"{sum(step['seconds'] or 0 for step in steps):.3f}",
    )
    for step in steps:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_clean(pipeline),
            name=_clean(step["name"]),
            time=f"{step['seconds'] or 0:.3f}",
        )
        if step in failed:
            error = step["error"] or {"type": step["status"], "message": "", "file": None, "line": None, "hint": ""}
            failure = ElementTree.SubElement(
                case, "failure", type=_clean(str(error["type"])), message=_clean(str(error["message"]))
            )
            where = f"{error['file']}:{error['line']}" if error["file"] else ""
            failure.text = _clean("\n".join(part for part in (error["message"], where, error["hint"]) if part))
        elif step in skipped:
            ElementTree.SubElement(case, "skipped", message=_clean(f"{step['status']}: {step['note']}".strip(": ")))
    return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))

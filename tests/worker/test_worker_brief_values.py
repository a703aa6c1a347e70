"""How tables and arrays read where pydevd lists variables."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import json
import debugpy._vendored.force_pydevd
import numpy, pandas
from _pydevd_bundle.pydevd_xml import get_variable_details
from cursus_tui.worker import brief_values

brief_values.register()
brief_values.register()

def told(value, context=None):
    return get_variable_details(value, to_string=repr, context=context)[4]

frame = pandas.DataFrame({"id": range(5_000), "amount": 0.5})

class Broken:
    @property
    def shape(self):
        raise SystemExit(3)

from _pydevd_bundle.pydevd_suspended_frames import _ObjectVariable

def listed(name, value, context=None):
    return _ObjectVariable(object(), name, value, lambda one: None).get_var_data(context=context)

print(json.dumps([
    told(frame), told(frame["amount"]), told(numpy.zeros((20, 3))), told(numpy.array([1, 2])), told(numpy.float64(2.5)),
    told([1, 2]), told(frame, "watch"), told(frame, "repl"), told(Broken()),
    told({"a": {"db_password": "hunter2"}}),
    listed("frame", frame), listed("api_token", "hunter2"), listed("api_token", "hunter2", "repl"),
]))
"""


def test_a_shape_instead_of_rows_except_where_the_value_is_asked_for() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    told = json.loads(ended.stdout)
    frame, series, array, few, number, plain, watch, console, broken, nested, *listed = told
    assert frame == watch == "DataFrame 5,000 x 2 [id, amount]"
    assert series == "Series 5,000 float64"
    assert array == "ndarray 20 x 3 float64"
    assert few == "ndarray [1, 2] int64"
    assert "2.5" in number
    assert plain == "[1, 2]"
    assert "4999" in console
    assert broken.startswith("<Broken, not shown")
    assert nested == "{'a': {'db_password': '********'}}"
    assert listed[0]["presentationHint"]["attributes"] == ["cursus-tui:table"]
    assert listed[0]["variablesReference"]
    assert listed[1]["value"] == "'********'"
    assert listed[2]["value"] == "'hunter2'"

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

print(json.dumps([
    told(frame), told(frame["amount"]), told(numpy.zeros((20, 3))), told(numpy.array([1, 2])), told(numpy.float64(2.5)),
    told([1, 2]), told(frame, "watch"), told(frame, "repl"), told(Broken()),
]))
"""


def test_a_shape_instead_of_rows_except_where_the_value_is_asked_for() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    frame, series, array, few, number, plain, watch, console, broken = json.loads(ended.stdout)
    assert frame == watch == "DataFrame 5,000 x 2 [id, amount]"
    assert series == "Series 5,000 float64"
    assert array == "ndarray 20 x 3 float64"
    assert few == "array([1, 2])"
    assert "2.5" in number
    assert plain == "[1, 2]"
    assert "4999" in console
    assert broken.startswith("<Broken, not shown")

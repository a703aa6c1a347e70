"""Whatever a script raises is told by type, message, file and line, and the run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from fault_pipeline import FaultRun, contained, contained_script, script_with_main

from cursus_tui.records.run import StepError


def place(run: FaultRun) -> tuple[str, str | None, int | None]:
    error = run.error()
    return error.type, error.file, error.line


def test_an_endless_recursion_is_trimmed(tmp_path: Path) -> None:
    run = contained(tmp_path, "again(0)", before="def again(n):\n    return again(n + 1)  # HERE\n")
    assert place(run) == ("RecursionError", str(run.script), run.line())
    assert "maximum recursion depth" in run.error().message
    assert 5 < len(run.error().frames) <= 40


def test_a_recursion_in_a_repr_of_a_local(tmp_path: Path) -> None:
    before = "class Deep:\n    def __repr__(self):\n        return repr(self)\n"
    run = contained(tmp_path, "deep = Deep()\nraise ValueError('x')  # HERE", before=before)
    assert place(run) == ("ValueError", str(run.script), run.line())
    assert "Deep" in run.error().frames[-1].locals["deep"]


def test_memory_error(tmp_path: Path) -> None:
    run = contained(tmp_path, "kept = bytearray(1 << 62)  # HERE")
    assert place(run) == ("MemoryError", str(run.script), run.line())


def test_an_exception_that_cannot_be_shown(tmp_path: Path) -> None:
    before = "class Silent(Exception):\n    def __str__(self):\n        raise RuntimeError('no')\n"
    run = contained(tmp_path, "raise Silent()  # HERE", before=before)
    assert place(run) == ("Silent", str(run.script), run.line())
    assert "cannot be shown: RuntimeError" in run.error().message


def test_an_exception_whose_message_is_no_text(tmp_path: Path) -> None:
    before = "class Odd(Exception):\n    def __str__(self):\n        return 3\n"
    run = contained(tmp_path, "raise Odd()  # HERE", before=before)
    assert place(run) == ("Odd", str(run.script), run.line())


def test_an_exception_whose_attributes_are_traps(tmp_path: Path) -> None:
    before = """
        class Trap(Exception):
            def __getattribute__(self, name):
                if name in ('__notes__', 'exceptions', '__cause__', '__context__'):
                    raise SystemExit(0)
                return super().__getattribute__(name)
        """
    run = contained(tmp_path, "raise Trap('x')  # HERE", before=before)
    assert place(run) == ("Trap", str(run.script), run.line())


@pytest.mark.parametrize("attribute", ["__notes__ = 5", "exceptions = 3", "exceptions = {1: 2}", "__notes__ = [Bad()]"])
def test_an_exception_that_uses_our_names_for_its_own(tmp_path: Path, attribute: str) -> None:
    before = f"""
        class Bad:
            def __str__(self):
                raise SystemExit(0)
        class Own(Exception):
            {attribute}
        """
    run = contained(tmp_path, "raise Own('x')  # HERE", before=before)
    assert place(run) == ("Own", str(run.script), run.line())
    assert run.error().message.startswith("x")


def test_an_exception_with_an_endless_message_is_cut(tmp_path: Path) -> None:
    run = contained(tmp_path, "raise ValueError('x' * 50_000_000)")
    assert len(run.error().message) <= 4000


def test_a_message_with_escapes_and_lone_surrogates_is_kept(tmp_path: Path) -> None:
    run = contained(tmp_path, r"raise ValueError('\x1b[31mred\x1b[0m \ud800 \x00 end')")
    assert "end" in run.error().message


def chain_of(error: StepError) -> list[tuple[str, str, int | None]]:
    return [(each.type, each.message, each.line) for each in (error, *error.causes)]


@pytest.mark.parametrize("link", [" from problem", "", " from None"])
def test_a_chain_of_exceptions(tmp_path: Path, link: str) -> None:
    body = f"""
        try:
            {{}}['amount']  # FIRST
        except KeyError as problem:
            raise ValueError('no amounts'){link}  # HERE
        """
    run = contained(tmp_path, body)
    first = [("KeyError", "'amount'", run.line("# FIRST"))]
    assert chain_of(run.error()) == [("ValueError", "no amounts", run.line()), *(first if link != " from None" else [])]


def test_an_exception_that_causes_itself(tmp_path: Path) -> None:
    body = "error, other = ValueError('a'), KeyError('b')\nerror.__cause__, other.__cause__ = other, error\nraise error"
    run = contained(tmp_path, body)
    assert [each[0] for each in chain_of(run.error())] == ["ValueError", "KeyError"]


def test_a_group_of_exceptions(tmp_path: Path) -> None:
    run = contained(tmp_path, "raise ExceptionGroup('several', [ValueError('a'), KeyError('b')])  # HERE")
    assert place(run) == ("ExceptionGroup", str(run.script), run.line())
    assert "several" in run.error().message
    assert "KeyError" in run.error().message


def test_a_base_exception(tmp_path: Path) -> None:
    run = contained(tmp_path, "raise Strange('x')  # HERE", before="class Strange(BaseException): pass\n")
    assert place(run) == ("Strange", str(run.script), run.line())


def test_generator_exit(tmp_path: Path) -> None:
    assert place(contained(tmp_path, "raise GeneratorExit"))[0] == "GeneratorExit"


def test_a_keyboard_interrupt_that_nobody_asked_for_is_a_failure(tmp_path: Path) -> None:
    run = contained(tmp_path, "raise KeyboardInterrupt('mine')  # HERE")
    assert place(run) == ("KeyboardInterrupt", str(run.script), run.line())


def test_locals_with_a_broken_repr(tmp_path: Path) -> None:
    before = """
        class Broken:
            def __repr__(self):
                raise SystemExit(5)
        class Hostile:
            shape = property(lambda self: 1 / 0)
            def __len__(self):
                raise MemoryError
            def __getattr__(self, name):
                raise KeyboardInterrupt
        """
    body = "broken, hostile, plain = Broken(), Hostile(), 3\napi_key = 'abc'\nraise ValueError('x')  # HERE"
    run = contained(tmp_path, body, before=before)
    assert place(run) == ("ValueError", str(run.script), run.line())
    shown = run.error().frames[-1].locals
    assert "SystemExit" in shown["broken"]
    assert "Hostile" in shown["hostile"]
    assert shown["plain"] == "3"
    assert "abc" not in shown["api_key"]


def test_main_is_shown_as_what_it_is_in_the_script(tmp_path: Path) -> None:
    run = contained(tmp_path, "raise ValueError('x')  # HERE")
    block = run.error().frames[0]
    assert block.function == "<module>"
    assert block.locals["main"].startswith("<function main")


def test_a_syntax_error(tmp_path: Path) -> None:
    run = contained_script(tmp_path, "x = 1\ny = = 2  # HERE\n")
    assert place(run) == ("SyntaxError", str(run.script), 2)
    assert run.error().frames[-1].source.startswith("y = = 2")


@pytest.mark.parametrize("source", ["x = '\0'\n", "def main(:\n", "\xff = 1", "  x = 1\n y = 2\n"])
def test_sources_that_do_not_compile(tmp_path: Path, source: str) -> None:
    with FaultRun(tmp_path) as run:
        run.script.write_bytes(source.encode("latin-1"))
        run.go()
        assert run.error().type in ("SyntaxError", "IndentationError", "ValueError", "UnicodeDecodeError")
        assert run.error().message
        run.is_contained()


def test_an_exception_at_import(tmp_path: Path) -> None:
    run = contained(tmp_path, "pass", before="import json\nraise ImportError('no such library')  # HERE")
    assert place(run) == ("ImportError", str(run.script), run.line())
    assert run.attempt().main_seconds is None


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    run = contained(tmp_path, "pass", before="import a_library_that_nobody_has  # HERE")
    assert place(run) == ("ModuleNotFoundError", str(run.script), run.line())
    assert "a_library_that_nobody_has" in run.error().message


def test_a_script_without_main_runs_its_block(tmp_path: Path) -> None:
    script = "if __name__ == '__main__':\n    print('no main')\n    raise ValueError('x')  # HERE\n"
    run = contained_script(tmp_path, script)
    assert place(run) == ("ValueError", str(run.script), run.line())
    assert run.log() == "no main\n"


def test_a_script_that_does_nothing_passes_and_its_empty_output_is_noticed(tmp_path: Path) -> None:
    with FaultRun(tmp_path, "x = 1\n") as run:
        run.go()
        assert run.status() == "passed"
        assert [each.code for each in run.findings()] == ["empty-output"]
        assert run.status("Next") == "passed"


@pytest.mark.parametrize("signature", ["def main():", "def main(input_paths):", "def main(a, b, c, d, e):"])
def test_a_main_with_another_signature(tmp_path: Path, signature: str) -> None:
    script = script_with_main("pass").replace("def main(input_paths, output_paths, environ_vars, job_args):", signature)
    run = contained_script(tmp_path, script)
    assert run.error().type == "TypeError"
    assert "main()" in run.error().message
    assert run.error().file == str(run.script)


def test_main_is_not_callable(tmp_path: Path) -> None:
    run = contained_script(tmp_path, "main = 3\nif __name__ == '__main__':\n    main({}, {}, {}, None)  # HERE\n")
    assert place(run) == ("TypeError", str(run.script), run.line())


@pytest.mark.parametrize("call", ["main({", "raise SystemExit(main({"])
def test_a_main_that_is_a_coroutine_and_never_awaited_fails(tmp_path: Path, call: str) -> None:
    script = "async " + script_with_main("print('never')").lstrip().replace("):", "):  # HERE", 1)
    script = script.replace("    main({", f"    {call}").replace(", None)", ", None" + ")" * call.count("("))
    run = contained_script(tmp_path, script)
    assert place(run) == ("NeverAwaitedError", str(run.script), run.line())
    assert "asyncio.run(main(" in run.error().message
    assert "never" not in run.log()


def test_a_main_that_is_a_coroutine_and_awaited_runs(tmp_path: Path) -> None:
    script = "import asyncio\nasync " + script_with_main("print('awaited')").lstrip()
    script = script.replace("    main({", "    asyncio.run(main({").replace(", None)", ", None))")
    with FaultRun(tmp_path, script) as run:
        run.go()
        assert (run.status(), run.log()) == ("passed", "awaited\n")

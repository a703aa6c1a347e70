"""Code that runs inside the interpreter of the scripts. Standard library only, Python 3.9 syntax.

``<python> launch.py zygote FD`` is the warm process of one interpreter; ``<python> launch.py step FD`` runs one step in
a fresh interpreter. FD is a Unix stream socket that carries JSON lines. Raw output never travels there.

Front to zygote: ``{op, ...}``
    run: a job, the fields of :class:`job.Job`, with an ``id`` that names it from then on
    cancel: ``id, reason`` (``cancelled``, ``timeout``, ``memory``): INT, TERM, KILL to the step's process group
    ask: ``id, request, name, args``: passed on to the agent inside of the step
    clock: ``id, held``: the time limit stands still while held
    preload: ``modules``: import these when no step runs
    lend: ``folder, pycache``: import the debugger from there when nothing else is to be done
    fork_probe: ``id``: fork a child that exits at once
    stop: end the steps, then the zygote
    When the front's end closes, running steps finish, write their outcomes, and then the zygote ends.

Zygote to front, about itself: ``{event, ...}``
    ready: ``pid, python, guard`` (``namespace``, ``python``, ``none``: see :mod:`guards`), ``failed``
    preloaded: ``seconds, failed`` {module: why}, ``left`` {module: why}: to the steps, which import them anew
    lent: ``failed`` {module: why}
    probed: ``id``
    unusable: ``reason``

Zygote to front, about a job: ``{event, job, ...}``. Those marked + are also lines of ``events.jsonl``, with ``time``.
    + forked: ``pid, guard``
    + started: ``pid``: the process is set up
    + importing: no fields
    + imported: ``seconds``
    + called: ``how`` (``__main__ block``, ``contract``), ``input_paths, output_paths`` {name: path},
      ``environ_vars, job_args, extra`` {name: repr, secrets masked}
    + blocked: ``kind`` (``pip``, ``network``), ``detail``: at any time
    + override: ``kind`` (``call``, ``stub``, ``package``), ``name, detail``
    + notice: ``message``
    + exception: ``chain`` (a list of {type, message, file, line, frames, skipped}: the exception, then its causes,
      nearest first; frames outermost first as {file, line, function, user, source, column, end_column, locals}),
      ``main_seconds``
    + sysexit: ``code, message, chain``
    + cancelled: ``chain``
    + result: ``main_seconds, returned`` {name: file}
    + packed: ``seconds``
    + modules: ``files`` (that the user may edit), ``libraries`` {name: version}
    + debugger: ``attached, error``: the step's debugger was started, or why not
    + entering: ``file, line``: the first line of ``main``, where it waits for ``go``
    + breakpoint: ``file, line``: ``breakpoint()`` was called without a debugger; waits for ``go``
    + parked: ``type``: of the exception that was just reported; waits for ``release``
    + unparked: no fields: a parked step goes on to its end
    + finishing: no fields: everything is reported, exit handlers run
    + orphan: ``pid, name``: left behind, and killed
    + ended: no fields: the last line
    output: ``stdout_bytes, stderr_bytes``: sizes of the log files, at most 20 times a second
    reply: ``id, ok, body`` or ``error``: the agent's answer
    outcome: ``outcome``: the content of ``outcome.json``, which exists by then; the last message of a job
    refused: ``message``: it could not be started; the last message of a job

Zygote to step: first of all the job, then requests of the agent, ``{id, op, args}``: ``stack {locals}``;
``peek {expression, path, first, rows}``; ``debug {socket, token, lent, pycache}``; ``go``; ``release``;
``alone``; ``end_evaluation``; ``condition``; ``end_condition``; ``allow_tracer {pid}`` (see :mod:`agent`). Step to
zygote: the events above, from ``started`` to ``finishing``, and ``left``: ``code, peak_rss_bytes, cpu_seconds``:
nothing is left to do but the exit itself, which nobody waits for unless the step leaves processes behind.

Files of an attempt, all in its folder: ``stdout.log, stderr.log, events.jsonl, process.json`` (``boot, zygote, step``
as {pid, start}: start in clock ticks since boot; made once, before the step gets its job: a front that gives up an
attempt without one makes it first, and the zygote then refuses the job), ``scratch/, tmp/, returned/, container/``
(what a block wrote to unmapped container paths), ``live/`` (rows of values that were looked at), ``debugger.PID.log``,
``reports.jsonl`` (events of processes that the script started), ``cancel.json`` (``reason`` of a front that adopted the
step), and ``outcome.json``: ``version, status, exit_code, error`` {type, message, file, line, frames, causes, hint},
``call, import_seconds, main_seconds, pack_seconds, held_seconds, peak_rss_bytes, cpu_seconds, started, ended, blocked,
overrides, imported_files, libraries, returned, orphans, guard``.
"""

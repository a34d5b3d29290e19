"""Short tracebacks in notebooks: of a misuse the caller's line and the message, nothing of ours."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from types import TracebackType
from typing import Any

#: What this package raises; syntax errors, which are shown in other ways, are not among it.
RAISED = (
    *(ArithmeticError, AttributeError, ImportError, LookupError),
    *(OSError, RuntimeError, TypeError, ValueError),
)
HERE = f"{Path(__file__).parent}/".replace("\\", "/")
#: Where no line of a student's own stands.
LIBRARIES = (
    *("<frozen", "<__array", HERE),
    *(f"{sysconfig.get_path(name)}/".replace("\\", "/") for name in ("stdlib", "purelib")),
)


def shorten_in_notebooks() -> None:
    """Leave this package's own lines out of an error it raises in a notebook.

    What another library raises within it is shown whole, and after ``%xmode Verbose`` everything
    is. A handler of somebody else's stays.
    """
    if "IPython" not in sys.modules:
        return
    shell = sys.modules["IPython"].get_ipython()
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc(RAISED, _show)


def _show(
    shell: Any, kind: type, error: Exception, trace: TracebackType, tb_offset: int | None = None
) -> None:
    if trace.tb_frame.f_code.co_name == "run_cell_async":  # the cell could not even be read
        shell.showsyntaxerror()
        return
    if shell.InteractiveTB.mode != "Verbose":
        short = _callers(trace)
        if short is not trace:
            error.__cause__, error.__suppress_context__ = None, True
        trace = short
    given = (kind, error, trace)
    shell.showtraceback(given, tb_offset=tb_offset, running_compiled_code=True)


def _callers(trace: TracebackType) -> TracebackType:
    """Return the lines of who called, if this package raised the error itself; else all.

    A function of the caller's own, called by one of ours, is among them.
    """
    steps = []
    step: TracebackType | None = trace
    while step is not None:
        steps.append(step)
        step = step.tb_next
    ours = [_file(one).startswith(HERE) for one in steps]
    if not ours[-1] or ours[0]:
        return trace
    first = ours.index(True)
    kept = steps[:first] + [one for one in steps[first:] if not _file(one).startswith(LIBRARIES)]
    short: TracebackType | None = None
    for one in reversed(kept):
        short = TracebackType(short, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return short or trace


def _file(step: TracebackType) -> str:
    return step.tb_frame.f_code.co_filename.replace("\\", "/")

"""Short tracebacks in notebooks: of a misuse the caller's line and the message, nothing of ours."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Any

#: What this package raises; syntax errors, which are shown in other ways, are not among it.
RAISED = (
    *(ArithmeticError, AttributeError, ImportError, LookupError),
    *(OSError, RuntimeError, TypeError, ValueError),
)
HERE = f"{Path(__file__).parent}/".replace("\\", "/")


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
    """Return what leads to this package, if it raised the error itself; else all."""
    steps = []
    step: TracebackType | None = trace
    while step is not None:
        steps.append(step)
        step = step.tb_next
    ours = [_is_ours(one) for one in steps]
    if not ours[-1] or ours[0]:
        return trace
    short: TracebackType | None = None
    for one in reversed(steps[: ours.index(True)]):
        short = TracebackType(short, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return short or trace


def _is_ours(step: TracebackType) -> bool:
    return step.tb_frame.f_code.co_filename.replace("\\", "/").startswith(HERE)

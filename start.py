#!/usr/bin/env python3
"""Set up `.venv` and run one task. Needs nothing but Python 3.11 or newer.

python3 start.py demo      release an exercise to a sample class, grade it, show the marks
python3 start.py test      the checks and tests; --all adds slow and browser tests, as CI does
python3 start.py lab       open the course in JupyterLab
python3 start.py course    build the notebooks from course/
python3 start.py bench     the benchmarks
python3 start.py setup     only set up
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENV = HERE / ".venv"
BIN = ENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = ENV / "whobuys-setup.txt"


def main(arguments: list[str]) -> int:
    """Run the task named by the first argument; the rest goes to the task."""
    if sys.version_info < (3, 11):
        print(f"Who Buys? needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
        return 2
    task, *rest = arguments or ["help"]
    if task not in TASKS:
        print(__doc__)
        return 0 if task in ("help", "-h", "--help") else 2
    try:
        setup()
        return TASKS[task](rest)
    except subprocess.CalledProcessError as error:
        shown = " ".join(map(str, error.cmd))
        print(f"\nThis step failed (exit {error.returncode}): {shown}", file=sys.stderr)
        return error.returncode or 1


def setup() -> None:
    """Make `.venv` and install the locked packages, unless that is already done."""
    lock = HERE / "constraints.txt"
    wanted = hashlib.sha256(
        lock.read_bytes() + (HERE / "pyproject.toml").read_bytes() + sys.version.encode()
    ).hexdigest()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    print(f"Setting up {ENV} (once; about a minute) ...", flush=True)
    if ENV.exists():
        shutil.rmtree(ENV)
    venv.create(ENV, with_pip=True)
    if _run(PYTHON, "-m", "pip", "install", "--quiet", "uv", check=False) == 0:
        pip: list[str | Path] = [PYTHON, "-m", "uv", "pip", "install", "--quiet"]
        pip += ["--python", PYTHON]
        locked = _run(*pip, "--require-hashes", "-r", lock, check=False) == 0
    else:
        locked = False
    if not locked:
        print("uv did not do it; trying plain pip (slower) ...", flush=True)
        pip = [PYTHON, "-m", "pip", "install", "--quiet"]
        _run(*pip, "--require-hashes", "-r", lock)
    _run(*pip, "--no-deps", "-e", HERE)
    STAMP.write_text(wanted)


def demo(rest: list[str]) -> int:
    """Release, hand in, grade, and say where everything is."""
    return _run(PYTHON, "-m", "whobuys.cli.demo", *rest, check=False)


def test(rest: list[str]) -> int:
    """Lint, types, built notebooks and tests; every one is run, all must pass."""
    if rest not in ([], ["--all"]):
        return _run(PYTHON, "-m", "pytest", *rest, check=False)
    chosen = [] if rest else ["-m", "not slow and not browser"]
    checks: list[list[str | Path]] = [
        [BIN / "ruff", "check", "."],
        [BIN / "ruff", "format", "--check", "."],
        [BIN / "mypy"],
        [PYTHON, "-m", "pytest", "-n", "auto", "--no-loadscope-reorder", *chosen],
    ]
    codes = [_run(*check, check=False) for check in checks]
    return max(codes)


def lab(rest: list[str]) -> int:
    """Open JupyterLab at the course's top folder, with the first lesson in view."""
    first = "--LabApp.default_url=/lab/tree/notebooks/01_why_segment.ipynb"
    return _run(PYTHON, "-m", "jupyterlab", *(rest or [first]), check=False)


def course(rest: list[str]) -> int:
    """Build every notebook from its source in course/."""
    return _run(PYTHON, "-m", "whobuys.course.build", *rest, check=False)


def bench(rest: list[str]) -> int:
    """Run each benchmark, or only those named."""
    scripts = sorted((HERE / "benchmarks").glob("*.py"))
    chosen = [script for script in scripts if not rest or script.stem in rest]
    return max((_run(PYTHON, script, check=False) for script in chosen), default=2)


def _run(*command: str | Path, check: bool = True) -> int:
    environment = os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    return subprocess.run(
        list(map(str, command)), cwd=HERE, check=check, env=environment
    ).returncode


TASKS = {
    "setup": lambda rest: 0,
    "demo": demo,
    "test": test,
    "lab": lab,
    "course": course,
    "bench": bench,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

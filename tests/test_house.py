"""The house holds together: packages, lock, rooms, start.py."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ROOMS = [
    "market",
    "data",
    "archive",
    "segment",
    "target",
    "value",
    "strategy",
    "canvas",
    "plot",
    "widgets",
    "report",
    "course",
    "sandbox",
    "pages",
    "grade",
    "review",
    "desk",
    "cli",
]
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
FIXED = {"jupyterlab", "ipywidgets", "pandas", "seaborn", "scikit-learn", "nbconvert", "papermill"}


def test_environment_lists_what_the_package_needs() -> None:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    plain = {entry for entry in listed if isinstance(entry, str)} - {"pip"}
    wanted = {f"python{PROJECT['requires-python']}"}
    for requirement in PROJECT["dependencies"]:
        name, version = re.fullmatch(r"([a-z0-9-]+)(>=.*)", requirement).groups()
        wanted.add(CONDA_NAMES.get(name, name) + version)
    assert plain == wanted
    assert [entry["pip"] for entry in listed if isinstance(entry, dict)] == [
        ["-e .[data,grade,print]"]
    ]
    assert {
        re.match(r"[a-z-]+", requirement)[0] for requirement in PROJECT["dependencies"]
    } >= FIXED


def test_every_dependency_says_why_it_is_there() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    requirements = [line for line in lines if re.match(r'\s+"[a-z0-9-]+[><=]', line)]
    assert len(requirements) > 20
    assert [line for line in requirements if "#" not in line] == []


def test_the_lock_is_hashed_and_names_no_host() -> None:
    lock = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index-url" not in lock
    pins = re.findall(r"^([a-z0-9._-]+)==\S+.*?(?=^[a-z0-9]|\Z)", lock, re.MULTILINE | re.DOTALL)
    entries = re.split(r"\n(?=[a-z0-9])", lock.strip())
    assert len(pins) == len(entries)
    assert all("--hash=sha256:" in entry for entry in entries)
    locked = ("data", "grade", "dev")
    extras = [r for name in locked for r in PROJECT["optional-dependencies"][name]]
    for requirement in [*PROJECT["dependencies"], *extras]:
        assert re.match(r"[a-z0-9-]+", requirement)[0] in pins


def imported(room: str) -> Iterator[tuple[Path, str]]:
    """Yield each file of a room with each name of this package that it imports."""
    for path in (ROOT / "toolkit" / "whobuys" / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                if name.startswith("whobuys."):
                    yield path.relative_to(ROOT), name


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_below_it(room: str) -> None:
    above = set(ROOMS[ROOMS.index(room) + 1 :])
    for path, name in imported(room):
        assert name.split(".")[1] not in above, f"{path} imports {name}"


def test_every_room_has_its_floor() -> None:
    package = ROOT / "toolkit" / "whobuys"
    assert {path.parent.name for path in package.glob("*/__init__.py")} == set(ROOMS)


def test_where_notebooks_run_nothing_is_known_of_exercises_keys_and_marks() -> None:
    """The rule of trust, held by what can be imported."""
    known = {name for _, name in imported("sandbox") if not name.startswith("whobuys.sandbox")}
    assert known == {
        "whobuys._errors.InstructorError",
        "whobuys._tracebacks.shorten_in_notebooks",
        "whobuys.market._places.datasets_folder",
    }


def test_students_need_no_grading_package() -> None:
    """What a student imports must not need the extras."""
    code = (
        "import sys; import whobuys.course, whobuys.segment, whobuys.plot, whobuys.data; "
        "bad = {'typer', 'sqlalchemy', 'nh3', 'jupytext', 'polib', 'lifetimes'}; "
        "sys.exit(bool(bad & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_tables_need_no_heavy_import() -> None:
    """Each hand-in starts a kernel: what only clustering or models need is imported by them."""
    code = (
        "import sys; import whobuys.course, whobuys.archive, whobuys.segment; "
        "print([m for m in ('sklearn', 'scipy.stats', 'scipy.optimize', 'matplotlib') "
        "if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_start_says_what_it_can_do() -> None:
    run = [sys.executable, str(ROOT / "start.py")]
    helped = subprocess.run([*run, "help"], capture_output=True, text=True, check=False)
    assert helped.returncode == 0
    for task in ("setup", "demo", "test", "lab", "course", "bench"):
        assert task in helped.stdout
    wrong = subprocess.run([*run, "dmeo"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "demo" in wrong.stdout


def test_files_name_no_machine() -> None:
    """No path of a developer's machine and no registry host in what is committed."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    hosts = [
        "pypi" + ".org",
        "pythonhosted" + ".org",
        "/ro" + "ot/",
        "/wo" + "rk/",
        "anaconda" + ".org",
    ]
    for name in filter(None, tracked):
        text = (ROOT / name).read_bytes().decode("utf-8", errors="replace")
        assert not [host for host in hosts if host in text], name


def test_a_file_of_tests_stays_with_one_worker() -> None:
    """What a file sets up is set up once; a newer pytest once ended that without a word."""
    command = [sys.executable, "-m", "pytest", "-v", "-n", "2", "-p", "no:cacheprovider"]
    files = ["tests/grade/test_secret.py", "tests/segment/test_rules.py"]
    run = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True, check=False)
    at = set(re.findall(r"\[(gw\d)\].*PASSED (tests/\S+?)::", run.stdout))
    assert sorted(file for _, file in at) == files, run.stdout[-2000:]

"""One small release and one run of a hand-in, for every room that handles hand-ins."""

import copy
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from whobuys.course import load_key, unit_folder
from whobuys.course._units import CHECKOUT
from whobuys.grade import Secret, Student, release
from whobuys.grade._handins import cells_of
from whobuys.market import market

UNIT = "05_rfm"
SECRET = Secret("5f" * 32)
CLASS = [Student("ana", "Ana Silva"), Student("bo", "Bo Lin"), Student("ana-maria", "Ana Maria")]


def _read(folder: str) -> dict:
    return json.loads((CHECKOUT / folder / f"{UNIT}.ipynb").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def secret():
    return SECRET


@pytest.fixture(scope="session")
def exercise():
    return load_key(unit_folder(UNIT) / "key.py")


@pytest.fixture(scope="session")
def case():
    return market("teahouse", 7)


@pytest.fixture
def template():
    return _read("exercises")


@pytest.fixture
def solution():
    return _read("solutions")


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """Return the folder of a release to three students."""
    to = tmp_path_factory.mktemp("release")
    release(UNIT, CLASS, to, SECRET)
    return to


@pytest.fixture
def with_code():
    """Return a function that puts code into cells of a notebook, by cell id."""

    def put(notebook: dict, **sources: str) -> dict:
        made = copy.deepcopy(notebook)
        cells = {cell["id"].replace("-", "_"): cell for cell in made["cells"]}
        for id, source in sources.items():
            cells[id]["source"] = source
        return made

    return put


@pytest.fixture
def cells(template):
    """Return a function from a notebook to the cells of a hand-in."""
    return lambda notebook: cells_of(notebook, template)


@pytest.fixture
def handed_in(tmp_path):
    """Return a function that writes notebooks (or raw bytes) into a folder of hand-ins."""
    folder = tmp_path / "handed_in"
    folder.mkdir()

    def write(place: str, content: dict | bytes) -> Path:
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(raw)
        return folder

    write.folder = folder
    return write


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL server of our own, on a socket in a short folder."""
    pytest.importorskip("psycopg")
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("no PostgreSQL on this machine")
    socket = Path("/tmp") / f"wb-pg-{os.getpid()}"  # noqa: S108 - a socket's path must be short
    socket.mkdir()
    user = "nobody" if os.getuid() == 0 else None
    if user is not None:
        shutil.chown(socket, user)
    folder = socket / "server"
    run = {"check": True, "capture_output": True, "cwd": socket, "user": user}
    subprocess.run(["initdb", "-D", folder, "-A", "trust", "-U", "teacher"], **run)
    options = f"-k {socket} -c listen_addresses="
    log = socket / "log"
    start = ["pg_ctl", "-D", folder, "-o", options, "-l", log, "-w", "start"]
    subprocess.run(start, **(run | {"capture_output": False, "stdout": subprocess.DEVNULL}))
    yield f"postgresql://teacher@/postgres?host={socket}"
    subprocess.run(["pg_ctl", "-D", folder, "-m", "immediate", "stop"], **run)
    shutil.rmtree(socket)


@pytest.fixture
def database(server, request):
    """Return the address of an empty database on the server."""
    import psycopg

    name = f"t{abs(hash(request.node.nodeid))}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")

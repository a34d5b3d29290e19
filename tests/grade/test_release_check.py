"""A release is looked through: each thing that must not leave the house is found, named, placed."""

import base64
import bz2
import gzip
import io
import json
import lzma
import os
import re
import shutil
import tarfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from whobuys._errors import InstructorError
from whobuys.cli.main import app
from whobuys.course import Judge, unit_folder
from whobuys.grade import Release, Secret, Student, release
from whobuys.grade._unpack import unpack
from whobuys.grade.release import case_of
from whobuys.grade.release_check import (
    Finding,
    check,
    look,
    of_case,
    of_everybody,
    of_others,
)
from whobuys.market import truth

UNIT = "05_rfm"


@pytest.fixture(scope="module")
def clean(released, secret):
    return check(released, secret)


@pytest.fixture(scope="module")
def wanted(released, exercise, secret):
    """Return what must not reach Ana."""
    record = Release.read(released / "release.json")
    common = of_everybody(exercise, secret, record)
    own = of_case(exercise, secret, record.students[0])
    texts = {**common.texts, **own.texts}
    others = of_others(exercise, record, "ana")
    return replace(own, texts=texts, words=others.words, values=others.values)


@pytest.fixture(scope="module")
def ana(exercise, secret, released):
    student = Release.read(released / "release.json").students[0]
    case = case_of(exercise, secret, "ana", student.attempt)
    return case, Judge(exercise, case), secret.case_seed(UNIT, "ana", student.attempt)


def test_a_release_is_clean(clean):
    assert clean.findings == ()
    assert (clean.students, clean.full) == (3, False)
    assert clean.files == 3 * 5
    assert clean.needles > 10_000


# each thing is found ------------------------------------------------------------------------------


def secrets_of(ana, exercise, secret, released):
    """Return every kind of thing that must not get out, and what it should be called."""
    case, judge, seed = ana
    behind = truth(case).customers
    mistake = next(m for m in exercise.questions["q1"].mistakes if m.words)
    shares = judge.right("q3")["revenue_share"]
    money = judge.right("q1").query("frequency >= 5").nlargest(3, "monetary")["monetary"]
    other = Release.read(released / "release.json").students[1]
    key = (unit_folder(UNIT) / "key.py").read_text(encoding="utf-8")
    return {
        "right number": (f"q5 is {judge.right('q5'):.6f}", "six decimals"),
        "full precision": (repr(float(shares.iloc[0])), "six decimals"),
        "per cent": (f"{shares.iloc[1] * 100:.6f} %", "six decimals"),
        "money": (" ".join(f"{value:.2f}" for value in money), "a number"),
        "label": (str(judge.right("q3")["segment"].iloc[0]), "a name"),
        "truth": (f"{behind['p_alive'].dropna().iloc[4]:.7f}", "six decimals"),
        "segment": (str(behind["segment"].iloc[0]), "segment behind"),
        "mistake": (max(re.split(r"\{.*?\}", mistake.words), key=len)[:40], "known mistake"),
        "name of a mistake": ("counted_lines", "name of a known mistake"),
        "key": (key, "words of the key"),
        "seed": (str(seed), "the seed of ana"),
        "hexadecimal seed": (f"{seed:X}", "the seed of ana"),
        "secret": (secret.text, "the secret"),
        "fingerprint": (secret.fingerprint, "fingerprint"),
        "ticket": (f"see {other.ticket}!", "the ticket of bo"),
        "name": ("Ana Maria and I", "the id or name of ana-maria"),
    }


KINDS = (
    *("right number", "full precision", "per cent", "money", "label", "truth", "segment"),
    *("mistake", "name of a mistake", "key", "seed", "hexadecimal seed", "secret"),
    *("fingerprint", "ticket", "name"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_each_thing_is_found_and_named(kind, ana, exercise, secret, released, wanted):
    text, what = secrets_of(ana, exercise, secret, released)[kind]
    found = look("note.txt", f"Dear student,\n{text}\n".encode(), wanted)
    assert any(what in finding.what for finding in found), found
    assert all(finding.place == "note.txt" for finding in found)


def test_a_name_of_a_file_gives_away_as_much(secret, wanted):
    assert look(f"{secret.text}.txt", b"", wanted) == [Finding(f"{secret.text}.txt", "the secret")]


@pytest.mark.parametrize("form", ["csv", "records", "columns", "printed", "in a table"])
def test_the_rows_of_an_answer_are_found(form, ana, wanted, released):
    """Scores from 1 to 5: no single one tells anything, side by side with the customers they do."""
    table = ana[1].right("q2")[["customer_id", "f_score"]]
    text = {
        "csv": table.to_csv(index=False),
        "records": table.to_json(orient="records", indent=1),
        "columns": json.dumps(
            dict(zip(table["customer_id"], map(int, table["f_score"]), strict=True))
        ),
        "printed": table.head(40).to_string(),
        "in a table": ana[0]["customers"].merge(table, on="customer_id").to_csv(),
    }[form]
    what = {finding.what for finding in look("a.txt", text.encode(), wanted)}
    assert "a right answer to q2: rows of f_score" in what
    wrong = table.assign(f_score=(table["f_score"].astype(int) % 5) + 1).to_csv(index=False)
    assert look("a.txt", wrong.encode(), wanted) == []
    few = look("a.txt", table.head(5).to_csv().encode(), wanted)
    assert few == []


def test_a_short_id_counts_as_a_value_and_not_inside_words(wanted):
    assert look("a.txt", b"bo went to see ana", wanted) == []
    assert look("a.csv", b"name\nBo\n", wanted) == []
    found = [Finding("a.json", "the id or name of bo")]
    assert look("a.json", b'{"partner": "BO"}', wanted) == found
    assert look("bo/a.txt", b"", wanted) == [Finding("bo/a.txt", "the id or name of bo")]
    assert look("a.json", b'{"partner": "ana"}', wanted) == []


def test_all_kinds_are_tried(ana, exercise, secret, released):
    assert set(KINDS) == set(secrets_of(ana, exercise, secret, released))


# wherever it is packed ----------------------------------------------------------------------------


def zipped(raw: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside/a.txt", raw)
    return made.getvalue()


def tarred(raw: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.size = len(raw)
        archive.addfile(entry, io.BytesIO(raw))
    return made.getvalue()


def in_notebook(place: str, text: str) -> bytes:
    output = {"output_type": "stream", "name": "stdout", "text": ["a\n", text]}
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": [], "outputs": [output]}
    cell["execution_count"] = 1
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    if place == "metadata":
        notebook["metadata"]["whobuys"] = {"hint": text}
        output["text"] = []
    if place == "attachment":
        output["text"] = []
        cell["attachments"] = {"a.png": {"image/png": base64.b64encode(text.encode()).decode()}}
    return json.dumps(notebook).encode()


PACKED = {
    "zip": zipped,
    "zip in zip": lambda raw: zipped(zipped(raw)),
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "tar.gz": lambda raw: gzip.compress(tarred(raw)),
    "base64": base64.b64encode,
    "base64 in lines": base64.encodebytes,
    "base64 for addresses": base64.urlsafe_b64encode,
    "base64 of gz": lambda raw: base64.b64encode(gzip.compress(raw)),
    "hexadecimal": lambda raw: raw.hex().encode(),
    "JSON escapes": lambda raw: (
        json.dumps({"a": "".join(f"\\u{ord(c):04x}" for c in raw.decode())})
        .replace("\\\\", "\\")
        .encode()
    ),
    "UTF-16": lambda raw: raw.decode().encode("utf-16"),
    "output": lambda raw: in_notebook("output", raw.decode()),
    "metadata": lambda raw: in_notebook("metadata", raw.decode()),
    "attachment": lambda raw: in_notebook("attachment", raw.decode()),
    "text of a picture": lambda raw: b"\x89PNG\r\n\x1a\n\x00\x00\x00\x40tEXtComment\x00" + raw,
    "capitals": bytes.upper,
    "base64 after words": lambda raw: b"The hint is " + base64.b64encode(raw) + b" they say",
    "base64 in lines after words": lambda raw: b"see\n" + base64.encodebytes(raw) + b"and so on",
    "base64 in a table": lambda raw: b"a,b\n1," + base64.b64encode(raw).rstrip(b"="),
    "hexadecimal after a digit": lambda raw: b"a" + raw.hex().encode(),
    "UTF-16 the other way round": lambda raw: raw.decode().encode("utf-16-be"),
    "JSON escapes after a blank": lambda raw: (
        b' \n["' + "".join(f"\\u{c:04x}" for c in raw).encode() + b'"]'
    ),
}


@pytest.mark.parametrize("how", PACKED)
def test_it_is_found_wherever_it_is_packed(how, secret, wanted):
    raw = PACKED[how](f"Keep this: {secret.text} and nothing else, please.".encode())
    found = look("extra.bin", raw, wanted)
    assert [finding.what for finding in found] == ["the secret"] * len(found)
    assert found
    assert all(finding.place.startswith("extra.bin") for finding in found)


def test_what_cannot_be_opened_is_named(wanted):
    broken = look("a.zip", b"PK\x03\x04 broken", wanted)
    assert broken == [Finding("a.zip", "cannot be opened, and so not be looked through")]
    raw = b"0" * 400_000_000
    bomb = look("b.gz", gzip.compress(raw, 1), wanted)
    assert [finding.what for finding in bomb] == ["unpacks to more than can be looked through"]


@pytest.mark.parametrize("link", ["a.txt", "b.txt", "/etc/passwd", "../../a"])
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_in_an_archive_are_named_and_not_followed(link, kind, wanted):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, leads_to in (("a.txt", link), ("b.txt", "a.txt")):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, leads_to
            archive.addfile(entry)
    found = look("a.tar", made.getvalue(), wanted)
    assert [one.place for one in found] == ["a.tar > a.txt", "a.tar > b.txt"]
    assert {one.what for one in found} == {"is a link to another file"}


def test_damaged_archives_are_named_or_read_and_stop_nothing():
    rng = np.random.default_rng(3)
    whole = [zipped(b"text " * 30), tarred(b"text " * 30), gzip.compress(tarred(b"text " * 30))]
    for round in range(900):
        raw = bytearray(whole[round % 3])
        for place in rng.integers(len(raw), size=4):
            raw[place] = rng.integers(256)
        assert list(unpack("a.bin", bytes(raw)))


@pytest.mark.parametrize(
    "kind", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a", b"%PDF-1.7", b"PAR1", b"\x93NUMPY"]
)
def test_what_is_not_read_here_is_named(kind, wanted):
    for raw in (kind + bytes(range(200)), base64.b64encode(kind + bytes(range(200)))):
        (found,) = look("a.bin", raw, wanted)
        assert found.what == "cannot be opened, and so not be looked through"


@pytest.mark.parametrize("text", [b"n" * 23 + b"!", b"\\n" * 23 + b"!", b"A", b"A" * 30 + b" "])
def test_no_text_takes_long(text, wanted):
    raw = text * (300_000 // len(text))
    start = time.process_time()
    look("a.txt", raw, wanted)
    assert time.process_time() - start < 10


def test_more_pieces_than_can_be_looked_through_are_named(monkeypatch, wanted):
    monkeypatch.setattr("whobuys.grade._unpack.MOST_PIECES", 50)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(60):
            archive.writestr(str(number), b"")
    assert look("a.zip", made.getvalue(), wanted) == [
        Finding("a.zip", "unpacks to more than can be looked through")
    ]


def test_an_archive_in_an_archive_without_end_is_named():
    raw = b"x"
    for _ in range(9):
        raw = zipped(raw)
    assert any("more than can be" in piece.problem for piece in unpack("a.zip", raw))


# a whole release ----------------------------------------------------------------------------------


@pytest.fixture
def copy(released, tmp_path):
    return shutil.copytree(released, tmp_path / "release")


def test_what_is_planted_in_a_release_is_named_with_its_place(copy, secret):
    students = copy / "students"
    key = (unit_folder(UNIT) / "key.py").read_bytes()
    (students / "ana" / "extra.zip").write_bytes(zipped(key))
    bo = students / "bo" / "05_rfm.ipynb"
    notebook = json.loads(bo.read_text(encoding="utf-8"))
    notebook["metadata"]["whobuys"]["seed"] = secret.case_seed(UNIT, "bo", 0)
    bo.write_text(json.dumps(notebook), encoding="utf-8")
    (students / "stranger").mkdir()
    (students / "bo" / "link").symlink_to("/etc/hostname")
    (students / "ana-maria.zip").write_bytes(zipped(secret.text.encode()))
    found = {(one.place, one.what) for one in check(copy, secret).findings}
    assert ("ana/extra.zip > inside/a.txt", "words of the key") in found
    assert ("bo/05_rfm.ipynb", "the seed of bo") in found
    assert ("stranger", "belongs to nobody in the release") in found
    assert ("bo/link", "is a link to another file") in found
    assert ("ana-maria.zip > inside/a.txt", "the secret") in found
    assert {place.split("/")[0].split(".")[0] for place, _ in found} == {
        "ana",
        "bo",
        "stranger",
        "ana-maria",
    }


def test_links_pipes_and_what_cannot_be_read_are_named(copy, secret, tmp_path, monkeypatch):
    ana = copy / "students" / "ana"
    shutil.move(copy / "students" / "bo", tmp_path / "elsewhere")
    (copy / "students" / "bo").symlink_to(tmp_path / "elsewhere")
    (ana / "circle").symlink_to(ana)
    (ana / secret.text).mkdir()
    os.mkfifo(ana / "pipe")
    with (ana / "huge.csv").open("wb") as file:
        file.truncate(50_000_000_000)  # a hole: it takes no room on the disk
    (ana / "shut.txt").write_text("a")
    (ana / "shut").mkdir()
    read, scan = Path.read_bytes, os.scandir

    def refuse(do, path):
        if str(path).removesuffix(".txt").endswith("shut"):
            raise PermissionError
        return do(path)

    monkeypatch.setattr(Path, "read_bytes", lambda path: refuse(read, path))
    monkeypatch.setattr("whobuys.grade.release_check.os.scandir", lambda path: refuse(scan, path))
    found = {(one.place, one.what) for one in check(copy, secret).findings}
    assert found == {
        ("bo", "is a link to another file"),
        ("ana/circle", "is a link to another file"),
        (f"ana/{secret.text}", "the secret"),
        ("ana/pipe", "is no file"),
        ("ana/huge.csv", "unpacks to more than can be looked through"),
        ("ana/shut.txt", "cannot be opened, and so not be looked through"),
        ("ana/shut", "cannot be opened, and so not be looked through"),
    }


def test_a_name_that_cannot_be_printed_stops_nothing(copy, tmp_path, secret):
    (tmp_path / "s").write_text(secret.text)
    strange = os.fsdecode(b"\x1b]0;you\xff.txt")
    (copy / "students" / "ana" / strange).write_text(secret.text)
    run = CliRunner().invoke(app, ["check-release", str(copy), "--secret", str(tmp_path / "s")])
    assert run.exit_code == 1
    assert ".txt: the secret" in run.output
    assert "\x1b" not in run.output


def test_another_students_answers_and_the_truth_in_a_table_are_found(copy, exercise, secret):
    record = Release.read(copy / "release.json")
    other = case_of(exercise, secret, "bo", record.students[1].attempt)
    right = Judge(exercise, other).right("q3")["revenue_share"].iloc[0]
    (copy / "students" / "ana" / "notes.md").write_text(f"somebody had {right}")
    table = copy / "students" / "bo" / "data" / "customers.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    alive = truth(other).customers["p_alive"]
    made = [f"{lines[0]},p", *(f"{a},{b}" for a, b in zip(lines[1:], alive, strict=True))]
    table.write_text("\n".join(made), encoding="utf-8")
    found = check(copy, secret).findings
    assert {one.place for one in found} == {"ana/notes.md", "bo/data/customers.csv"}


def test_full_feedback_ships_the_key_by_choice_and_no_other(tmp_path, secret):
    release(UNIT, [Student("ana", "Ana")], tmp_path, secret, "full")
    checked = check(tmp_path, secret)
    assert (checked.full, checked.findings) == (True, ())
    key = tmp_path / "students" / "ana" / "key.py"
    key.write_text(key.read_text(encoding="utf-8") + f"# {secret.text}\n", encoding="utf-8")
    assert [one.what for one in check(tmp_path, secret).findings] == [
        "is another key than that of the unit"
    ]


def test_a_wrong_secret_or_an_empty_folder_is_refused(released, tmp_path, secret):
    with pytest.raises(InstructorError, match="is not the one"):
        check(released, Secret("0" * 32))
    with pytest.raises(InstructorError, match=r"release\.json"):
        check(tmp_path, secret)
    shutil.copy(released / "release.json", tmp_path)
    with pytest.raises(InstructorError, match="nothing to look through"):
        check(tmp_path, secret)


def test_the_command_says_what_and_where_and_fails(copy, tmp_path, secret):
    (tmp_path / "s").write_text(secret.text)
    run = CliRunner()
    asked = ["check-release", str(copy), "--secret", str(tmp_path / "s")]
    clean = run.invoke(app, asked)
    assert clean.exit_code == 0, clean.output
    assert "Clean: 15 files of 3 students" in clean.output
    (copy / "students" / "ana" / "a.txt").write_text(secret.text)
    found = run.invoke(app, asked)
    assert found.exit_code == 1
    assert "ana/a.txt: the secret" in found.output
    assert secret.text not in found.output

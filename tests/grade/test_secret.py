import os
import stat
import traceback

import pytest

from whobuys._errors import InstructorError
from whobuys.grade import Secret

TEXT = "0123456789abcdef" * 4


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "keys" / "my.secret"
    first = Secret.read_or_make(path)
    assert len(first.text) == 64
    assert Secret.read_or_make(path) == first == Secret.read(path)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_secrets_differ(tmp_path):
    made = [Secret.read_or_make(tmp_path / name) for name in ("a", "b")]
    assert made[0] != made[1]
    assert made[0].fingerprint != made[1].fingerprint


def test_seeds_are_stable_from_version_to_version():
    """A changed number here means that every released case changes: raise VERSION, or undo it."""
    secret = Secret(TEXT)
    assert secret.case_seed("05_rfm", "ana") == 254363640947673045970485708907090386285
    assert secret.ticket("05_rfm", "ana") == "QVQS-YCYD"
    assert secret.fingerprint == "bf671c62b729"


def test_seed_and_ticket_depend_on_secret_unit_student_and_attempt_only():
    secret = Secret(TEXT)
    seeds = {
        secret.case_seed(unit, student, attempt)
        for unit in ("05_rfm", "06_x")
        for student in ("ana", "bo", "ana0")
        for attempt in (0, 1, 10)
    } | {Secret(TEXT[::-1]).case_seed("05_rfm", "ana")}
    assert len(seeds) == 19
    assert all(0 <= seed < 2**128 for seed in seeds)
    tickets = {secret.ticket("05_rfm", f"s{n}") for n in range(500)}
    assert len(tickets) == 500
    assert secret.case_seed("a", "bc") != secret.case_seed("ab", "c")


@pytest.mark.parametrize("content", ["", "short", " " * 64, "x" * 31 + "\n"])
def test_a_short_secret_is_refused_and_not_repeated(tmp_path, content):
    path = tmp_path / "my.secret"
    path.write_text(content)
    with pytest.raises(InstructorError, match="at least 32") as caught:
        Secret.read(path)
    assert "x" * 31 not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_or_unreadable_secret_is_named(tmp_path):
    with pytest.raises(InstructorError, match="--secret"):
        Secret.read(tmp_path / "none")
    with pytest.raises(InstructorError, match="cannot be read"):
        Secret.read(tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe" * 40)
    with pytest.raises(InstructorError, match="cannot be read"):
        Secret.read(tmp_path / "bytes")


def test_the_secret_is_never_printed():
    secret = Secret(TEXT)
    try:
        secret.case_seed("05_rfm", None)  # type: ignore[arg-type]
    except TypeError:
        trace = traceback.format_exc()
    shown = [repr(secret), str(secret), f"{secret}", repr([secret]), repr({"s": secret}), trace]
    assert not any(TEXT in text for text in shown)
    assert TEXT[:12] not in secret.fingerprint

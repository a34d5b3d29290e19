"""The numbers of system calls, held against the kernel's own headers where they are installed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("Linux only", allow_module_level=True)

from whobuys.sandbox import _confine_calls as calls

X86_64 = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
GENERIC = Path("/usr/include/asm-generic/unistd.h")  # what aarch64 uses


def numbers(header: Path) -> dict[str, int]:
    """Read `#define __NR_name 12`, and `#define __NR3264_name 12` of the generic table."""
    if not header.exists():
        pytest.skip(f"{header.name} is not installed")
    text = header.read_text()
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", text, re.MULTILINE)
    return {name: int(number) for name, number in found}


@pytest.mark.parametrize(("column", "header"), [(0, X86_64), (1, GENERIC)])
def test_every_number_is_the_kernels(column: int, header: Path) -> None:
    known = numbers(header)
    newest = max(known.values())
    for name, pair in calls._NUMBERS.items():
        number = pair[column]
        if number < 0:
            assert name not in known, name
        elif number <= newest:
            assert known.get(name) == number, name


@pytest.mark.parametrize(
    ("name", "table"),
    [("pivot_root", calls._PIVOT_ROOT), ("capset", calls._CAPSET)],
)
def test_those_called_by_number(name: str, table: dict[str, int]) -> None:
    for machine, header in (("x86_64", X86_64), ("aarch64", GENERIC)):
        assert numbers(header)[name] == table[machine]


ONE_NUMBER = {
    "open_tree": calls._OPEN_TREE,
    "move_mount": calls._MOVE_MOUNT,
    "mount_setattr": calls._MOUNT_SETATTR,
    "landlock_create_ruleset": calls._LANDLOCK_CREATE,
    "landlock_add_rule": calls._LANDLOCK_ADD,
    "landlock_restrict_self": calls._LANDLOCK_ENTER,
}


@pytest.mark.parametrize("header", [X86_64, GENERIC])
def test_those_with_one_number_everywhere(header: Path) -> None:
    known = numbers(header)  # older headers do not name the newest
    assert {name: known.get(name, number) for name, number in ONE_NUMBER.items()} == ONE_NUMBER

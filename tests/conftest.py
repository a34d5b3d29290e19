"""How the tests are dealt to the cores: a file stays together, but for the long ones."""

from __future__ import annotations

import re

import pytest
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["tests.handins"]
BY_UNIT = ("test_solutions", "test_keys", "test_lessons")
UNIT = re.compile(r"\[(?:\w+-)*?(\d\d_\w+)")


class ByFile(LoadScopeScheduling):
    """Deal whole files, so that what a file sets up is set up once."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def group(nodeid: str) -> str:
    """Name the tests that stay together; in a file over all units, those of one unit."""
    file, _, rest = nodeid.partition("::")
    unit = UNIT.search(rest)
    if unit and file.removesuffix(".py").endswith(BY_UNIT):
        return f"{file}:{unit[1]}"
    return file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """Put `ByFile` in place of the scheduler that `--dist` names."""
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups with a slow test go first, so that none is left over at the end."""
    slow = {group(item.nodeid) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: group(item.nodeid) not in slow)

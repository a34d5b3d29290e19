"""How the tests are dealt to the cores: a file stays together, but for the long ones."""

from __future__ import annotations

import pytest

BY_UNIT = ("test_solutions", "test_keys", "test_lessons")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group by file, in a file over all units by unit too; groups with a slow test go first."""
    slow = set()
    for item in items:
        group = item.location[0]
        unit = getattr(item, "callspec", None) and item.callspec.params.get("unit")
        if unit and item.path.stem in BY_UNIT:
            group = f"{group}:{unit}"
        item.add_marker(pytest.mark.xdist_group(group))
        if item.get_closest_marker("slow") is not None:
            slow.add(group)
    items.sort(key=lambda item: item.get_closest_marker("xdist_group").args[0] not in slow)

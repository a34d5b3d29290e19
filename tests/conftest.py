"""How the tests are dealt to the cores: a file stays together, but for the long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

BY_UNIT = ("test_solutions", "test_keys", "test_lessons")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test its group: its file, and in a file over all units, its unit too."""
    for item in items:
        group = Path(item.location[0]).as_posix()
        unit = getattr(item, "callspec", None) and item.callspec.params.get("unit")
        if unit and item.path.stem in BY_UNIT:
            group = f"{group}:{unit}"
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)

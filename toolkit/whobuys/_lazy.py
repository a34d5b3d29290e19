"""Public names of a room that are imported when they are first asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any


def import_name(room: str, places: Mapping[str, str], name: str) -> Any:
    """Import a public name of a room.

    Parameters
    ----------
    room : str
        The package, such as "whobuys.grade".
    places : mapping of str to str
        Each public name to the module of the room it stands in.
    name : str
        What is asked for.

    Raises
    ------
    AttributeError
        If it is no public name.
    """
    if name not in places:
        raise AttributeError(f"module {room!r} has no attribute {name!r}")
    value = getattr(import_module(f"{room}.{places[name]}"), name)
    setattr(sys.modules[room], name, value)
    return value

"""Caps on what one process may take. Standard library only: imported wherever a process starts."""

from __future__ import annotations

from contextlib import suppress

MOST_MEMORY = 8 * 2**30
LARGEST_FILE = 2**29


def limit_resources(memory: int = MOST_MEMORY) -> None:
    """Cap the memory of a process and the size of a file, here and in every process started.

    Parameters
    ----------
    memory : int
        Address space in bytes.
    """
    try:
        import resource
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(OSError, ValueError):
            hard = resource.getrlimit(kind)[1]
            allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (allowed, allowed))

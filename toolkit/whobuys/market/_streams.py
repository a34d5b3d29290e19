"""Random streams: one for each named thing, none of which shifts another."""

from __future__ import annotations

import hashlib
import operator
from dataclasses import dataclass

import numpy as np

LARGEST_SEED = 2**256 - 1


def check_seed(seed: object) -> int:
    """Return the seed as an int, or say what a seed is."""
    try:
        if isinstance(seed, bool | np.bool_):
            raise TypeError
        number = operator.index(seed)  # type: ignore[arg-type]
    except TypeError:
        number = -1
    if not 0 <= number <= LARGEST_SEED:
        raise ValueError(f"seed: must be a whole number from 0 to 2**256 - 1, is {seed!r}.")
    return number


@dataclass(frozen=True)
class Streams:
    """The random streams of one case.

    Company and seed give the entropy; the attempt and the stream's name give the spawn key. A new
    name is a new stream, so adding a table or a column leaves every other one as it was.
    """

    company: str
    seed: int
    attempt: int = 0

    def __call__(self, name: str) -> np.random.Generator:
        """Return the generator of the stream with this name, always from its beginning."""
        entropy = _number(f"whobuys.market|{self.company}|{self.seed}")
        key = (self.attempt, _number(name))
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy, spawn_key=key)))


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")

"""Say beforehand how long something takes, then how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

LONG = 5.0
"""Seconds from which work is worth a word when nobody said whether to report."""

Report = Callable[[int, int, float], object]


class Progress:
    """Counts steps of equal length and reports them.

    Parameters
    ----------
    what : str
        What is being done, such as "Stability of 9 solutions, 20 pairs of samples".
    steps : int
        How many steps there are.
    show : bool or callable, optional
        True writes to standard error, False is silent, None writes only when the first step says
        that the whole will take more than five seconds. A callable gets the steps done, all steps,
        and the seconds left, after every step.
    """

    def __init__(
        self,
        what: str,
        steps: int,
        show: bool | Report | None = None,
        stream: TextIO | None = None,
    ) -> None:
        self.what, self.steps, self.show = what, steps, show
        self.stream = stream or sys.stderr
        self.done, self.began, self.said = 0, time.monotonic(), 0.0
        self.loud = show is True
        self.wide = 0

    def step(self) -> None:
        """Count one step, and report when there is something to say."""
        self.done += 1
        now = time.monotonic()
        left = (now - self.began) / self.done * (self.steps - self.done)
        if callable(self.show):
            self.show(self.done, self.steps, left)
            return
        if self.done == 1 and self.show is not False:
            self.loud = self.loud or left > LONG
            if self.loud:
                self._write(f"{self.what}: {in_words(left + now - self.began)}.\n")
        if not self.loud or self.done == 1:
            return
        if self.done == self.steps:
            took = in_words(now - self.began).removeprefix("about ")
            self._write(f"\r{f'Done in {took}.':<{self.wide}}\n")
        elif now - self.said >= 1:
            self.said = now
            line = f"{self.done} of {self.steps} done, {in_words(left)} left"
            self.wide = max(self.wide, len(line))
            self._write(f"\r{line:<{self.wide}}")

    def _write(self, words: str) -> None:
        self.stream.write(words)
        self.stream.flush()


def in_words(seconds: float) -> str:
    """Return a time as a person would say it.

    Examples
    --------
    >>> in_words(0.4), in_words(42.3), in_words(700)
    ('under a second', 'about 42 seconds', 'about 12 minutes')
    """
    if seconds < 1:
        return "under a second"
    if seconds < 90:
        whole = round(seconds)
        return f"about {whole} second{'' if whole == 1 else 's'}"
    return f"about {round(seconds / 60)} minutes"

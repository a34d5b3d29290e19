"""Season by time change: the season's own clock runs fast in busy days and slow in quiet ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._company import Company


class Clock:
    """Season time of a company's window.

    A purchase process with a steady rate in season time Λ(t) = ∫ s(u) du has the rate times s(t) in
    days. The season s is 1 on average over the window, so that the whole window lasts as long in
    season time as in days, and every closed form holds with Λ in the place of t.
    """

    def __init__(self, company: Company) -> None:
        days = company.window.days
        self.at: NDArray[np.float64] = np.arange(days + 1, dtype=float)
        if company.season is not None:
            first = np.datetime64(company.window.start, "D")
            day = first + np.arange(1, days + 1).astype("timedelta64[D]")
            month = day.astype("datetime64[M]").astype(np.int64) % 12
            weekday = (day.astype(np.int64) + 3) % 7
            busy = np.array(company.season.months)[month]
            busy = busy * np.array(company.season.weekdays)[weekday]
            self.at = np.concatenate([[0.0], np.cumsum(busy / busy.mean())])

    def left(self, day: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the season time from the end of each day to the end of the window."""
        left: NDArray[np.float64] = self.at[-1] - self.at[day]
        return left

    def days_after(self, day: NDArray[np.int64], part: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many days after ``day`` a part of the season time left has passed."""
        wanted = self.at[day] + part * self.left(day)
        return np.asarray(np.searchsorted(self.at, wanted, side="left") - day, dtype=np.int64)

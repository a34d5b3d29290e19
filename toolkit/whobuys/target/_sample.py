"""How many to ask, and how sure the answer then is."""

from __future__ import annotations

import math
from statistics import NormalDist


def sample_size(
    margin: float,
    *,
    level: float = 0.95,
    share: float = 0.5,
    population: int | None = None,
    response: float = 1.0,
    design_effect: float = 1.0,
) -> int:
    """Return how many people to ask for a share known within a margin.

    Parameters
    ----------
    margin : float
        Half the width of the interval: 0.05 is 5 points up and down.
    level : float
        Confidence level.
    share : float
        The share expected; 0.5 is the safe choice.
    population : int, optional
        How many there are in all, where they are few.
    response : float
        The share of those asked who will answer; below 1 the number to *invite* is returned.
    design_effect : float
        How many times larger the variance is than in a simple random sample.

    Returns
    -------
    int
        The number, rounded up; never more than the population.

    Raises
    ------
    ValueError
        A share or the level is not between 0 and 1, or a number is not positive.

    Notes
    -----
    Cochran (1977), *Sampling Techniques*, chapter 4: z² p (1 − p) / margin², with the finite
    population correction n / (1 + (n − 1) / N). It covers chance alone: inviting more people does
    not mend an unfair choice of respondents.

    Examples
    --------
    >>> sample_size(0.05), sample_size(0.03), sample_size(0.05, population=1500)
    (385, 1068, 306)
    >>> sample_size(0.05, population=1500, response=0.35)
    875
    """
    _between(margin=margin, level=level, share=share)
    if not 0 < response <= 1:
        raise ValueError(f"response must be a share above 0 and up to 1, not {response!r}.")
    if design_effect <= 0 or (population is not None and population < 1):
        raise ValueError("design_effect and population must be above zero.")
    needed = normal_reach(level) ** 2 * share * (1 - share) / margin**2 * design_effect
    if population is not None:
        needed = needed / (1 + (needed - 1) / population)
    answers = math.ceil(round(needed, 9))
    if population is not None:
        answers = min(answers, population)
    invited = math.ceil(round(answers / response, 9))
    return invited if population is None else min(invited, population)


def margin_of_error(
    answers: int,
    *,
    level: float = 0.95,
    share: float = 0.5,
    population: int | None = None,
    design_effect: float = 1.0,
) -> float:
    """Return the margin that goes with a number of answers.

    Parameters
    ----------
    answers : int
        People who answered.
    level, share, population, design_effect
        As for `sample_size`.

    Returns
    -------
    float
        Half the width of the interval, as a share.

    Raises
    ------
    ValueError
        As `sample_size`; or more answers than population.

    Notes
    -----
    Normal approximation (Cochran, 1977). True for a random sample in which everybody answers.

    Examples
    --------
    >>> round(margin_of_error(385), 3), round(margin_of_error(281, population=1500), 3)
    (0.05, 0.053)
    """
    _between(level=level, share=share)
    if answers < 1 or design_effect <= 0:
        raise ValueError("answers must be 1 or more, and design_effect above zero.")
    if population is not None and answers > population:
        raise ValueError(f"{answers:,} answers are more than the population of {population:,}.")
    variance = share * (1 - share) / answers * design_effect
    if population is not None and population > 1:
        variance *= (population - answers) / (population - 1)
    return normal_reach(level) * math.sqrt(variance)


def normal_reach(level: float) -> float:
    """Return how many standard errors a normal interval of this level reaches to each side."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def _between(**shares: float) -> None:
    for name, value in shares.items():
        if not 0 < value < 1:
            raise ValueError(f"{name} must be between 0 and 1, not {value!r}.")
